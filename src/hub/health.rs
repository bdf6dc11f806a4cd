//! The hub's own health: what it sees of itself is a sample, and trouble with it an alert like any
//! other (DESIGN section 7).
//!
//! Here are the targets that take nothing, the clock that nobody vouches for, the room on the disk
//! and the config file that cannot be taken over. Dead letters are looked at in [`super::letters`],
//! sources in [`super::blind`], [`super::renewal`], [`super::fallback`], [`super::unread`] and
//! [`super::enrichment`].
//!
//! # Promises
//! - `a_target_that_takes_nothing_is_looked_at_each_minute_until_it_does`
//! - `a_clock_that_nobody_vouches_for_is_as_old_as_the_doubt`
//! - `a_full_disk_and_a_bad_file_are_samples_when_they_are_news`

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::dispatch::Flow;
use crate::event::Surroundings;
use crate::hub::letters::Letters;
use crate::hub::{Hub, letters, own};
use crate::limits::{CLOCK_DOUBT_TOLD, DISK_ROOM_MIN_MB, STUCK_TARGET_TOLD};
use crate::model::config::Config;
use crate::model::metric::Metric;
use crate::model::name::TargetName;
use crate::model::passage::DeadLetter;
use crate::model::rule::{Operator, Rule};
use crate::model::target::TargetConfig;
use crate::model::time::{ClockTrust, Now, Span, Tick, Wake};

/// What was last seen of the hub itself.
#[derive(Debug)]
pub(super) struct Health {
    letters: Letters,
    backlog: Backlog,
    doubt: Doubt,
    around: Option<Surroundings>,
}

/// One thing seen: which entity, which metric, its value.
type Seen = (String, Metric, f64);

impl Health {
    pub(super) fn new(targets: &[TargetConfig], dead: &[DeadLetter], now: Now) -> Self {
        Self {
            letters: Letters::restore(dead.iter().map(|letter| letter.died), now),
            backlog: Backlog::new(targets),
            doubt: Doubt::new(now),
            around: None,
        }
    }

    /// When it wants to look.
    pub(super) fn next_wake(&self) -> Option<Wake> {
        let (letters, backlog) = (self.letters.next_wake(), self.backlog.next_look());
        let looks = [backlog, self.doubt.next_look].into_iter().flatten().min();
        Wake::earlier(letters, looks.map(|at| Wake { at, why: "the hub's own health" }))
    }
}

/// Which targets do not take what they are told.
#[derive(Debug)]
struct Backlog {
    /// When each was last looked at. Before the first word there is none.
    looked: BTreeMap<TargetName, Option<Tick>>,
}

impl Backlog {
    /// Nothing is known of any target: an alert from before a restart waits for the first word.
    fn new(targets: &[TargetConfig]) -> Self {
        Self { looked: targets.iter().map(|target| (target.name.clone(), None)).collect() }
    }

    fn see<'a>(
        &mut self,
        flows: impl Iterator<Item = (&'a TargetName, Flow)>,
        now: Now,
    ) -> Vec<Seen> {
        let mut seen = Vec::new();
        for (target, flow) in flows {
            let looked = self.looked.get(target);
            let is_due = looked
                .is_none_or(|looked| looked.is_none_or(|looked| now.tick - looked >= LOOK_EVERY));
            let age = match flow {
                Flow::Stuck { since } if is_due => {
                    self.looked.insert(target.clone(), Some(now.tick));
                    now.tick - since
                }
                Flow::Empty if looked.is_some() => {
                    self.looked.remove(target);
                    Span::ZERO
                }
                // It takes one after the other again; the last of them is the word.
                Flow::Waits if looked.is_some() => {
                    self.looked.insert(target.clone(), None);
                    continue;
                }
                Flow::Stuck { .. } | Flow::Empty | Flow::Waits => continue,
            };
            seen.push((target.as_str().into(), Metric::BACKLOG_AGE, seconds(age)));
        }
        seen
    }

    fn next_look(&self) -> Option<Tick> {
        self.looked.values().flatten().min().map(|looked| *looked + LOOK_EVERY)
    }
}

/// Since when nothing vouches for the wall clock.
#[derive(Debug)]
struct Doubt {
    since: Tick,
    next_look: Option<Tick>,
    /// Nothing yet: an alert from before a restart waits for the first word.
    told: Option<ClockTrust>,
}

impl Doubt {
    const fn new(now: Now) -> Self {
        Self { since: now.tick, next_look: None, told: None }
    }

    fn see(&mut self, now: Now) -> Option<Seen> {
        if now.trust != ClockTrust::Untrusted {
            self.next_look = None;
            self.since = now.tick;
            let is_news = self.told.is_none_or(|told| told == ClockTrust::Untrusted);
            self.told = Some(now.trust);
            return is_news.then(|| ("clock".into(), Metric::CLOCK_UNTRUSTED, 0.0));
        }
        let due = *self.next_look.get_or_insert(self.since + CLOCK_DOUBT_TOLD);
        if now.tick < due {
            return None;
        }
        self.next_look = Some(now.tick + LOOK_EVERY);
        self.told = Some(now.trust);
        Some(("clock".into(), Metric::CLOCK_UNTRUSTED, seconds(now.tick - self.since)))
    }
}

impl Hub {
    /// What is news of the hub itself becomes a sample.
    pub(super) fn look_at_itself(&mut self, now: Now) {
        let mut seen = self.health.backlog.see(self.dispatch.flows(), now);
        seen.extend(self.health.doubt.see(now));
        if let Some(dead) = self.health.letters.see(self.dispatch.counts.dead, now) {
            seen.push(("targets".into(), Metric::DEAD_LETTERS, dead));
        }
        for (entity, metric, value) in seen {
            self.observe_own(&entity, metric, value, now);
        }
    }

    /// Takes what the edge sees around the hub.
    pub(super) fn look_around(&mut self, around: &Surroundings, now: Now) {
        let before = self.health.around.replace(around.clone());
        let room = around.disk_room_mb.filter(|_| {
            before.as_ref().is_none_or(|before| before.disk_room_mb != around.disk_room_mb)
        });
        if let Some(room) = room {
            self.observe_own("disk", Metric::DISK_ROOM, f64::from(room), now);
        }
        let problems = around.config_problems.as_ref().map(Vec::len);
        let known = before.and_then(|before| before.config_problems);
        if known != around.config_problems
            && let Some(problems) = problems
        {
            for problem in around.config_problems.iter().flatten().take(PROBLEMS_SAID) {
                self.say(log::Level::Error, format!("the new config is not used: {problem}"));
            }
            let count = super::vitals::count(problems);
            self.observe_own("config", Metric::CONFIG_PROBLEMS, count, now);
        }
    }
}

/// The rules that make it trouble.
pub(super) fn rules(config: &Config) -> Vec<Rule> {
    let (stuck, doubt) = (seconds(STUCK_TARGET_TOLD), seconds(CLOCK_DOUBT_TOLD));
    let room = f64::from(DISK_ROOM_MIN_MB);
    let disk = own::hub_rule(config, "the hub's own: room on disk", Metric::DISK_ROOM, room);
    let rules = [
        letters::rule(config),
        own::hub_rule(config, "the hub's own: stuck targets", Metric::BACKLOG_AGE, stuck),
        own::hub_rule(config, "the hub's own: the clock", Metric::CLOCK_UNTRUSTED, doubt),
        disk.map(|rule| Rule { operator: Operator::AtMost, ..rule }),
        own::hub_rule(config, "the hub's own: a new config", Metric::CONFIG_PROBLEMS, 1.0),
    ];
    rules.into_iter().flatten().collect()
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "whole seconds of an uptime fit a f64 exactly"
)]
const fn seconds(span: Span) -> f64 {
    span.whole_secs() as f64
}

/// How often what goes on is looked at again.
const LOOK_EVERY: Span = Span::secs(60);

/// Problems of a new config that are said in the log; `andon check` says all.
const PROBLEMS_SAID: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::fixtures::{at, hub, loaded};
    use crate::model::alert::Alert;

    #[test]
    fn a_target_that_takes_nothing_is_looked_at_each_minute_until_it_does() {
        let targets = loaded().config.targets;
        let mut backlog = Backlog::new(&targets);
        let mut see = |flow, second| {
            let seen = backlog.see([(&targets[0].name, flow)].into_iter(), at(second));
            seen.first().map(|(_, _, age)| *age)
        };
        let stuck = Flow::Stuck { since: at(5).tick };
        assert_eq!(see(Flow::Waits, 0), None, "nothing is known of it after the start");
        assert_eq!([see(Flow::Empty, 1), see(Flow::Empty, 2)], [Some(0.0), None]);
        assert_eq!([see(stuck, 10), see(stuck, 69), see(stuck, 70)], [Some(5.0), None, Some(65.0)]);
        assert_eq!([see(Flow::Waits, 80), see(Flow::Empty, 90)], [None, Some(0.0)]);
    }

    #[test]
    fn a_clock_that_nobody_vouches_for_is_as_old_as_the_doubt() {
        let mut doubt = Doubt::new(at(0));
        let mut see = |second, trust| doubt.see(Now { trust, ..at(second) }).map(|seen| seen.2);
        assert_eq!([0, 599].map(|second| see(second, ClockTrust::Untrusted)), [None, None]);
        assert_eq!(see(600, ClockTrust::Untrusted), Some(600.0));
        assert_eq!(see(630, ClockTrust::Untrusted), None);
        assert_eq!(see(660, ClockTrust::Untrusted), Some(660.0));
        assert_eq!([700, 710].map(|second| see(second, ClockTrust::Ntp)), [Some(0.0), None]);
        assert_eq!([800, 1_310].map(|second| see(second, ClockTrust::Untrusted))[1], Some(600.0));
    }

    #[test]
    fn a_full_disk_and_a_bad_file_are_samples_when_they_are_news() {
        let mut hub = hub();
        let bad = || Some(Vec::from([String::from("andon.toml:3:1 no")]));
        let mut seen = |room, problems, second| {
            let around = Surroundings { disk_room_mb: Some(room), config_problems: problems };
            hub.look_around(&around, at(second));
            let open = hub.evaluate.alerts.iter().filter(|alert| alert.cleared.is_none());
            open.map(|alert: &Alert| alert.metric.short()).collect::<Vec<_>>()
        };
        assert_eq!(seen(900, Some(Vec::new()), 0), Vec::<&str>::new());
        assert_eq!(seen(DISK_ROOM_MIN_MB, None, 300), ["room"]);
        assert_eq!(seen(40, bad(), 600), ["problems", "room"]);
        assert_eq!(seen(900, bad(), 900), ["problems"]);
        assert_eq!(seen(900, Some(Vec::new()), 1_200), Vec::<&str>::new());
    }
}
