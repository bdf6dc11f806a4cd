//! Maintenance windows and silences: what the dispatch says of them is carried to the alerts, and
//! what was muted back to be told.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::api::{self, Family, SilenceView};
use crate::config::{Tenant, read_silence};
use crate::dispatch::Turn;
use crate::evaluate::{Change, Touched};
use crate::hub::{Hub, vitals};
use crate::limits::SILENCES_MAX;
use crate::model::alert::{Alert, Phase};
use crate::model::http::Reply;
use crate::model::mute::Muter;
use crate::model::time::{ClockTrust, Now};

impl Hub {
    /// What was muted before the start goes on, and windows that have no future are named.
    pub(super) fn take_up_mutes(&mut self, now: Now) {
        self.look_at_mutes(now);
        if now.trust == ClockTrust::Untrusted {
            return;
        }
        let over = self.config.windows.iter().filter(|window| window.is_over(now.utc));
        let over: Vec<&str> = over.map(|window| window.name.as_str()).collect();
        if !over.is_empty() {
            let names = over.join(", ");
            self.say(log::Level::Warn, format!("these windows are over for ever: {names}"));
        }
    }

    /// Opens and closes what is due.
    pub(super) fn look_at_mutes(&mut self, now: Now) {
        let now = self.as_told(now);
        if let Some(turns) = self.dispatch.look_at_mutes(now) {
            self.follow_mutes(&turns, now);
        }
    }

    /// Marks the alerts that are muted now, announces what has happened, and settles those that
    /// are muted no more.
    pub(super) fn follow_mutes(&mut self, turns: &[Turn], now: Now) {
        let remarks = self.evaluate.mute(self.dispatch.mutings(now), now);
        for turn in turns {
            let alerts = &self.evaluate.alerts;
            let left: Vec<&Alert> = match (turn.over(), turn) {
                (Some(over), _) => {
                    let freed = remarks.iter().filter(|remark| remark.was.as_ref() == Some(&over));
                    let freed = freed.filter_map(|remark| alerts.get(remark.key.as_str()));
                    freed.filter(|alert| alert.suppression.mute.is_none()).collect()
                }
                (None, Turn::Reminder(id)) => {
                    let by = |alert: &&Alert| match &alert.suppression.mute {
                        Some(mute) => matches!(&mute.by, Muter::Silence { id: by, .. } if by == id),
                        None => false,
                    };
                    alerts
                        .iter()
                        .filter(|alert| alert.phase == Phase::Detected)
                        .filter(by)
                        .collect()
                }
                (None, _) => Vec::new(),
            };
            self.dispatch.announce(turn, &left, now);
        }
        let turned = remarks.into_iter();
        let touched = turned.map(|one| Touched { key: one.key, change: Change::Turned });
        self.settle_touched(None, touched.collect(), now);
    }
}

impl Hub {
    /// Somebody wants to hear nothing of some alerts for a while.
    pub(super) fn silence(&mut self, body: &str, now: Now) -> Reply {
        let now = self.as_told(now);
        let sources = self.config.sources.iter();
        let tenants: Vec<Tenant<'_>> =
            sources.map(|source| (source.name.as_str(), &*source.platform)).collect();
        let asked = match read_silence(body, &tenants, now.utc) {
            Ok(asked) => asked,
            Err(problems) => {
                let said: Vec<String> = problems
                    .lines()
                    .map(|line| format!("{}. {}", line.message, line.help))
                    .collect();
                return api::unreadable_order(&format!("{}\n", said.join(" ")));
            }
        };
        let Some(turn) = self.dispatch.silence(asked, now) else {
            let said = format!("There are {SILENCES_MAX} silences, which is the most.\n");
            return api::conflict(&said);
        };
        self.follow_mutes(core::slice::from_ref(&turn), now);
        match self.dispatch.silences().last() {
            Some(silence) => api::silence(&SilenceView::of(silence)),
            None => api::no_silence(),
        }
    }

    /// They are told of them again.
    pub(super) fn end_silence(&mut self, id: u64, now: Now) -> Reply {
        let now = self.as_told(now);
        let Some(turn) = self.dispatch.end_silence(id) else { return api::no_silence() };
        self.follow_mutes(core::slice::from_ref(&turn), now);
        match &turn {
            Turn::Expired(silence) => api::silence(&SilenceView::of(silence)),
            Turn::Opened(_) | Turn::Closed(_) | Turn::Silenced(_) | Turn::Reminder(_) => {
                api::no_silence()
            }
        }
    }
}

/// What mutes alerts, and how many.
pub(super) fn families(hub: &Hub) -> Vec<Family> {
    let muted = hub
        .evaluate
        .alerts
        .iter()
        .filter(|alert| alert.phase == Phase::Detected && alert.suppression.mute.is_some());
    vec![
        vitals::gauge(
            "andon_windows_open",
            "Maintenance windows that are open.",
            vitals::count(hub.dispatch.open_windows().count()),
        ),
        vitals::gauge(
            "andon_silences",
            "Silences that there are.",
            vitals::count(hub.dispatch.silences().count()),
        ),
        vitals::gauge(
            "andon_alerts_muted",
            "Open alerts of which nobody hears, by a window or a silence.",
            vitals::count(muted.count()),
        ),
    ]
}
