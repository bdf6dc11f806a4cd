//! Alerts, moments and a config for the tests of this room.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::dispatch::settle::Tellings;
use crate::dispatch::settlement::Order;
use crate::dispatch::{Dispatch, Step, notices, telling};
use crate::ledger::{Remembered, Row, Table, Write, restore};
use crate::limits::OUTBOX_NOTICES_MAX;
use crate::model::alert::{Alert, AlertKey, Breach, Decision, Phase, Suppression, Trail};
use crate::model::business::Enrichment;
use crate::model::calibration::Calibration;
use crate::model::config::{Config, Digest, HubConfig, Rhythm, Templates, TextOrSecret};
use crate::model::few::Few;
use crate::model::flap::Flap;
use crate::model::http::{LinkFault, Method, Reply};
use crate::model::login::HttpLogin;
use crate::model::matcher::Matcher;
use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName, TargetName};
use crate::model::network::NetworkConfig;
use crate::model::notice::{AlertFacts, Notice, Reason, Subject};
use crate::model::passage::Passage;
use crate::model::route::{Route, Routes, Rung};
use crate::model::rule::{Operator, Priority};
use crate::model::secret::{Secret, SecretRef, Secrets};
use crate::model::target::{PagerDuty, Slack, TargetConfig, TargetKind, Webhook};
use crate::model::time::{ClockTrust, Now, Span, Tick, UtcMs};
use crate::model::totals::Totals;
use crate::target::Texts;

/// A moment, in seconds on both clocks.
pub(super) fn at(seconds: i64) -> Now {
    Now { tick: Tick(seconds * 1_000), utc: UtcMs(seconds * 1_000), trust: ClockTrust::Ntp }
}

/// An open alert that began at second 0, in its n-th episode.
pub(super) fn alert(episode: u32, priority: Priority) -> Alert {
    let source = SourceName::new("cxone").unwrap();
    let entity = EntityId::new("tier-2").unwrap();
    let metric = Metric::find("calls_waiting").unwrap();
    let breach = Breach {
        rule: "andon.toml:1:1".into(),
        priority,
        operator: Operator::AtLeast,
        threshold: 15.0,
        cooldown_seconds: 300,
        escalation_threshold_seconds: 600,
        since: at(0).stamp(),
        clearing: false,
    };
    Alert {
        key: AlertKey::of(&source, "nice-cxone", metric, &entity),
        source,
        platform: "nice-cxone".into(),
        entity,
        entity_name: "Tier 2".into(),
        metric,
        phase: Phase::Detected,
        episode,
        first_breach: at(0).stamp(),
        last_breach: at(0).stamp(),
        cleared: None,
        value: 22.0,
        breaches: [breach.clone()].into_iter().collect(),
        worst: breach,
        context: Few::new(),
        monitoring_url: None,
        business: None,
        detail: None,
        suppression: Suppression::default(),
        entered: None,
        kin: None,
        hand: None,
        flap: Flap::default(),
        totals: Totals { raises: 1, ..Totals::new(22.0) },
        max_quiet_seconds: 300,
        trail: Trail::default(),
    }
}

/// P1 to `pager`, P2 to `slack`, P3 and what is old into a digest for `slack`.
pub(super) fn config() -> Config {
    let name = |text: &str| TargetName::new(text).unwrap();
    let secret = |text: &str| SecretRef::Credential(text.into());
    let url = |text: &str| TextOrSecret::Text(text.into());
    let route = |priority: Priority, target: Option<&str>| Route {
        matcher: Matcher { priority: vec![priority], ..Matcher::default() },
        targets: target.map(name).into_iter().collect(),
        digest_only: target.is_none(),
        ladder: vec![Rung::default()],
        ..Route::default()
    };
    let urgent = [route(Priority::P1, Some("pager")), route(Priority::P2, Some("slack"))];
    let routes =
        Routes { ordered: urgent.into_iter().chain([route(Priority::P3, None)]).collect() };
    let pager = TargetKind::PagerDuty(PagerDuty::new(url("https://pager/"), secret("pager")));
    let slack = TargetKind::Slack(Slack { url: url("https://slack/") });
    Config {
        revision: None,
        ingest: None,
        dead_man: None,
        heartbeats: Vec::new(),
        network: NetworkConfig::default(),
        vault: None,
        storm: crate::model::storm::StormConfig::default(),
        except: Vec::new(),
        hub: HubConfig {
            zone: crate::model::zone::Zone::utc(),
            state_directory: "/x".into(),
            admin_listen: "127.0.0.1:1".parse().unwrap(),
            blind_after: Span::secs(120),
            link_down_after: Span::secs(45),
            acknowledged_for: Span::secs(3_600),
            blind_priority: Priority::P2,
        },
        sources: Vec::new(),
        targets: vec![
            TargetConfig::new(name("pager"), pager),
            TargetConfig::new(name("slack"), slack),
        ],
        dependencies: Vec::new(),
        windows: Vec::new(),
        rules: Vec::new(),
        routes,
        digest: Digest {
            targets: vec![name("slack")],
            rhythm: Rhythm::Every(Span::secs(1_800)),
            after: Span::secs(1_800),
        },
        templates: Templates::default(),
        enrichment: Enrichment::default(),
        calibration: Calibration::default(),
    }
}

/// A notice about an alert, as it is.
pub(super) fn notice(number: u64, target: &str, alert: &Alert, reason: Reason) -> Notice {
    let facts = notices::facts(alert, &telling::begin(alert, &alert.worst));
    Notice {
        number,
        target: TargetName::new(target).unwrap(),
        idempotency_key: format!("key-{number}").into(),
        reason,
        subject: Subject::Alert(Box::new(facts)),
        made: at(0).stamp(),
        passage: Passage::new(at(0).tick),
    }
}

/// A target has taken a notice.
pub(super) fn taken(dispatch: &mut Dispatch, notice: &Notice) {
    dispatch.outbox.withdraw(&notice.target, notice.number);
    let Some(lane) = dispatch.outbox.lanes.get_mut(&notice.target) else { return };
    for facts in notice.subject.alerts() {
        if facts.resolved { lane.forgets(&facts.key) } else { lane.hears(&facts.key) }
    }
}

/// A kind of target that takes notices as fast as they come.
pub(super) fn webhook() -> TargetKind {
    TargetKind::Webhook(Webhook {
        url: TextOrSecret::Text("https://hook/".into()),
        method: Method::Post,
        headers: Vec::new(),
        body: None,
        login: HttpLogin::None,
        signing_secret: Some(SecretRef::Credential("hook".into())),
    })
}

/// There is always room for a notice.
pub(super) const ROOM: usize = OUTBOX_NOTICES_MAX;

/// Settles an alert and says what came of it: `first_breach>pager held:cooldown`.
pub(super) fn settle(
    tellings: &mut Tellings,
    alert: &mut Alert,
    second: i64,
    room: usize,
) -> String {
    let settlement = tellings.settle(alert, &config(), room, at(second));
    let orders = settlement.orders.iter().map(|order| {
        let names: Vec<&str> = order.targets.iter().map(TargetName::as_str).collect();
        format!("{}>{}", order.reason.as_str(), names.join(","))
    });
    let held = settlement.held.iter().map(|(_, hold)| format!("held:{}", hold.as_str()));
    orders.chain(held).collect::<Vec<_>>().join(" ")
}

/// It is over.
pub(super) fn resolve(alert: &mut Alert, second: i64) {
    alert.phase = Phase::Resolved;
    alert.breaches.clear();
    alert.cleared = Some(at(second).stamp());
}

/// A dispatch at which notices are placed one by one, and its ledger.
pub(super) struct Counter {
    pub(super) dispatch: Dispatch,
    config: Config,
    rows: BTreeMap<(Table, Box<[u8]>), Vec<u8>>,
    notes: Vec<Decision>,
}

impl Counter {
    pub(super) fn new() -> Self {
        Self::with(config())
    }

    pub(super) fn with(config: Config) -> Self {
        let mut remembered = Remembered::default();
        let rc = Rc::new(config.clone());
        let dispatch = Dispatch::new(rc, Texts::default(), &mut remembered, 1, at(0));
        Self { dispatch, config, rows: BTreeMap::new(), notes: Vec::new() }
    }

    /// The process ends and begins.
    pub(super) fn restart(&mut self) {
        self.drain();
        let row = |(key, value): (&(Table, Box<[u8]>), &Vec<u8>)| Row {
            table: key.0,
            key: key.1.clone(),
            value: value.clone(),
        };
        let mut remembered = restore(self.rows.iter().map(row), "", at(0)).unwrap();
        remembered.next_notice = self.dispatch.next_notice();
        let config = Rc::new(self.config.clone());
        self.dispatch = Dispatch::new(config, Texts::default(), &mut remembered, 1, at(0));
    }

    pub(super) fn place(&mut self, target: &str, reason: Reason, alert: &Alert, second: i64) {
        let targets = vec![TargetName::new(target).unwrap()];
        let facts = notices::facts(alert, &telling::begin(alert, &alert.worst));
        self.dispatch.place(&Order { reason, targets, facts }, at(second));
        self.drain();
    }

    /// Settles an alert, and sends what is due.
    pub(super) fn settle(&mut self, alert: &mut Alert, second: i64) {
        self.dispatch.settle(alert, at(second));
        self.look(alert, second);
    }

    pub(super) fn look(&mut self, alert: &Alert, second: i64) {
        let mut secrets = Secrets::default();
        for name in ["pager", "hook"] {
            let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
            secrets.put(SecretRef::Credential(name.into()), secret);
        }
        self.dispatch.wake(&|_| Some(alert), &secrets, at(second));
        self.drain();
    }

    /// Sends what is due without a word about alerts.
    pub(super) fn send(&mut self, second: i64) {
        self.dispatch.outbox.send_due(at(second), |_, _| {});
    }

    /// A target says yes, or nothing.
    pub(super) fn answer(&mut self, number: u64, yes: bool) {
        self.reply(number, &if yes { Ok(Reply::empty(202)) } else { Err(LinkFault::Timeout) }, 0);
    }

    pub(super) fn reply(&mut self, number: u64, reply: &Result<Reply, LinkFault>, second: i64) {
        self.dispatch.answered(number, reply, at(second));
        self.drain();
    }

    pub(super) fn hears(&mut self, target: &str, alert: &Alert) {
        let target = TargetName::new(target).unwrap();
        self.dispatch.outbox.lanes.get_mut(&target).unwrap().hears(&alert.key);
    }

    fn drain(&mut self) {
        while let Some(step) = self.dispatch.next_step() {
            match step {
                Step::Write(Write { table, key, value: Some(value) }) => {
                    self.rows.insert((table, key), value);
                }
                Step::Write(Write { table, key, value: None }) => {
                    self.rows.remove(&(table, key));
                }
                Step::Note { what, .. } => self.notes.push(what),
                Step::Ask { .. }
                | Step::Read { .. }
                | Step::LogIn { .. }
                | Step::RereadSecrets
                | Step::Delivered { .. }
                | Step::Say(..) => {}
            }
        }
    }

    /// `0 first_breach`, in the order in which they are sent.
    pub(super) fn waiting(&self, target: &str) -> Vec<String> {
        let lane = &self.dispatch.outbox.lanes[&TargetName::new(target).unwrap()];
        let word = |one: &Notice| format!("{} {}", one.number, one.reason.as_str());
        lane.notices.values().map(word).collect()
    }

    pub(super) fn first(&self, target: &str) -> &AlertFacts {
        let lane = &self.dispatch.outbox.lanes[&TargetName::new(target).unwrap()];
        &lane.first().unwrap().subject.alerts()[0]
    }

    /// The numbers of the notices on disk.
    pub(super) fn rows(&self) -> Vec<String> {
        let of_outbox = self.rows.keys().filter(|(table, _)| *table == Table::Outbox);
        let number = |key: &[u8]| u64::from_be_bytes(key.try_into().unwrap());
        of_outbox.map(|(_, key)| format!("{}", number(key))).collect()
    }

    /// What was noted of what collapsed and fell back since the last look.
    pub(super) fn noted(&mut self) -> Vec<String> {
        let word = |what: &Decision| {
            if let Decision::Collapsed { target, into } = what {
                return Some(format!("{target} became {}", into.map_or("none", Reason::as_str)));
            }
            if let Decision::FellBack { from, to, reason } = what {
                return Some(format!("{from} fell back on {to}: {}", reason.as_str()));
            }
            if let Decision::StoodIn { target, instead_of, .. } = what {
                return Some(format!("{target} stood in for {instead_of}"));
            }
            let Decision::Retried { target } = what else { return None };
            Some(format!("{target} retried"))
        };
        core::mem::take(&mut self.notes).iter().filter_map(word).collect()
    }
}
