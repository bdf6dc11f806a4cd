//! The end of a storm: what it held is told in one message to each target, and not as a burst.
//!
//! What is still bad stands first, then what came and went. From then on what is still bad speaks
//! in the digest. Its escalation is due as ever, from its first breach, as the storm's own incident
//! is over and nobody else has one; only where all whom it would tell read that message it counts
//! as told. Where a target takes no digest, since each of its events is an incident, what is still
//! bad is told one by one.
//!
//! # Promises
//! - `a_storm_ends_with_one_message_to_each_target`
//! - `what_was_told_before_the_storm_and_is_over_is_not_listed_again`
//! - `a_pager_gets_each_incident_that_is_still_bad`
//! - `what_outlives_a_storm_is_escalated_as_ever`

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::dispatch::decide::Way;
use crate::dispatch::notices::{self, facts};
use crate::dispatch::route::{self, Plan};
use crate::dispatch::{Dispatch, telling};
use crate::limits::DIGEST_LINES_MAX;
use crate::model::alert::{Alert, Decision, Phase};
use crate::model::config::Config;
use crate::model::name::TargetName;
use crate::model::notice::{AlertFacts, Reason, Subject};
use crate::model::rule::Priority;
use crate::model::time::Now;
use crate::target::{self, Digests};

/// The lines for each target.
type Lines = BTreeMap<TargetName, Vec<AlertFacts>>;

impl Dispatch {
    /// Tells what a storm has left. What is not told here is told by the next settling.
    pub fn tell_storm<'a>(&mut self, left: impl Iterator<Item = &'a Alert>, now: Now) {
        let config = Rc::clone(&self.config);
        let mut lines = Lines::new();
        let mut told: Vec<(&Alert, Priority, Vec<TargetName>)> = Vec::new();
        for alert in left {
            let priority = alert.leading().priority;
            let Some(targets) = who_reads(&config, alert, priority) else { continue };
            let Some(record) = self.tellings.get_mut(&alert.key, priority) else { continue };
            let was_told = record.notification_count > 0 || record.digest_since.is_some();
            if alert.phase == Phase::Resolved && was_told {
                continue;
            }
            let facts = AlertFacts { held_back: record.held_back, ..facts(alert, record) };
            for target in &targets {
                lines.entry(target.clone()).or_default().push(facts.clone());
            }
            told.push((alert, priority, targets));
        }
        // Without room each is told by itself when there is some.
        let messages: usize =
            lines.values().map(|lines| lines.len().div_ceil(DIGEST_LINES_MAX)).sum();
        if messages > self.outbox.room() {
            return;
        }
        for (alert, priority, targets) in told {
            self.note_told(alert, priority, &targets, Reason::Digest, now);
        }
        for (target, mut lines) in lines {
            lines.sort_by_key(|line| (line.resolved, line.priority));
            for part in lines.chunks(DIGEST_LINES_MAX) {
                let key = notices::digest_key(self.next_notice, now, &target);
                self.enqueue(&target, key, Reason::Digest, Subject::Digest(part.to_vec()), now);
            }
        }
    }

    /// An alert stands in an announcement: those who read it there have been told of it, if they
    /// are all who would be.
    pub(super) fn note_announced(&mut self, alert: &Alert, told: &[TargetName], now: Now) {
        let priority = alert.leading().priority;
        let targets = who_reads(&self.config, alert, priority).unwrap_or_default();
        if !targets.is_empty() && targets.iter().all(|target| told.contains(target)) {
            self.note_told(alert, priority, &targets, Reason::Announcement, now);
        }
    }

    fn note_told(
        &mut self,
        alert: &Alert,
        priority: Priority,
        targets: &[TargetName],
        reason: Reason,
        now: Now,
    ) {
        let config = &self.config;
        let Some(record) = self.tellings.get_mut(&alert.key, priority) else { return };
        if record.ended {
            record.held_back = 0;
        } else {
            telling::told(record, reason, now);
            let age = now.tick - record.first_breach;
            let plan = Plan::of(config, alert, priority);
            while let Some(rung) = plan.rung(record.climb.rungs) {
                let due = route::due(rung, record);
                let higher = route::targets(config, alert, record, Reason::Escalation, now);
                if age < due || !higher.iter().all(|target| targets.contains(target)) {
                    break;
                }
                telling::climb(record, rung);
            }
            if reason == Reason::Announcement || config.digest.targets.is_empty() {
                // There is no digest to recover in.
                let new = targets.iter().filter(|target| !record.told.contains(target));
                let new: Vec<TargetName> = new.cloned().collect();
                record.told.extend(new);
            }
        }
        self.write_telling(&alert.key, priority);
        let names: Vec<&str> = targets.iter().map(TargetName::as_str).collect();
        let what = Decision::Told { reason, targets: names.join(", ").into() };
        self.steps.push_back(super::Step::Note { alert: alert.key.clone(), what });
    }
}

/// The targets that are told of an alert at once, if all of them take a digest.
fn who_reads(config: &Config, alert: &Alert, priority: Priority) -> Option<Vec<TargetName>> {
    let reads = |name: &TargetName| {
        let target = config.targets.iter().find(|target| target.name == *name);
        target.is_some_and(|target| target::manner(&target.kind).digests == Digests::Takes)
    };
    let plan = Plan::of(config, alert, priority);
    let targets = plan.targets();
    let all = plan.way() == Way::AtOnce && targets.iter().all(reads);
    all.then_some(targets)
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;
    use crate::dispatch::fixtures::{alert, at, config, taken};
    use crate::dispatch::{Settled, Step};
    use crate::ledger::Remembered;
    use crate::model::alert::AlertKey;
    use crate::model::metric::Metric;
    use crate::model::name::EntityId;
    use crate::target::Texts;

    fn dispatch(config: Config) -> Dispatch {
        Dispatch::new(Rc::new(config), Texts::default(), &mut Remembered::default(), 1, at(0))
    }

    /// Some that begin in a storm, and go on or not.
    fn in_storm(
        dispatch: &mut Dispatch,
        priority: Priority,
        open: usize,
        over: usize,
    ) -> Vec<Alert> {
        let one = |n: usize| {
            let mut one = alert(1, priority);
            one.entity = EntityId::new(&format!("q{n}")).unwrap();
            one.key = AlertKey::of(&one.source, "nice-cxone", Metric::DATA_AGE, &one.entity);
            one.suppression.storm = Some(at(0).stamp());
            assert_eq!(dispatch.settle(&mut one, at(0)), Settled::Quiet);
            if n >= open {
                one.phase = Phase::Resolved;
                one.breaches.clear();
                one.cleared = Some(at(60).stamp());
                dispatch.settle(&mut one, at(60));
            }
            one
        };
        (0..open + over).map(one).collect()
    }

    /// Nobody is above those who read the digest.
    fn all_to_slack() -> Config {
        let mut config = config();
        let [p1, p2, ..] = &mut config.routes.ordered[..] else { panic!() };
        p1.targets.clone_from(&p2.targets);
        config
    }

    fn over(dispatch: &mut Dispatch, alerts: &mut [Alert]) {
        for alert in alerts.iter_mut() {
            let was = alert.suppression.storm.take();
            alert.suppression.outlived_storm = was;
        }
        dispatch.tell_storm(alerts.iter(), at(1_200));
        for alert in alerts {
            dispatch.settle(alert, at(1_200));
        }
    }

    /// `digest 2/3>slack`: two lines of three are of what is still bad.
    fn told(dispatch: &mut Dispatch) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(step) = dispatch.next_step() {
            let Step::Write(write) = step else { continue };
            if write.table != crate::ledger::Table::Outbox {
                continue;
            }
            let row = crate::ledger::Row {
                table: write.table,
                key: write.key,
                value: write.value.unwrap(),
            };
            let notice = crate::ledger::restore([row], "b", at(0)).unwrap().notices.remove(0);
            taken(dispatch, &notice);
            told.push(match &notice.subject {
                Subject::Alert(_) => format!("{}>{}", notice.reason.as_str(), notice.target),
                Subject::Word(_) => "word".into(),
                Subject::Digest(lines) => {
                    let open = lines.iter().filter(|line| !line.resolved).count();
                    format!("digest {open}/{}>{}", lines.len(), notice.target)
                }
            });
        }
        told
    }

    #[test]
    fn a_storm_ends_with_one_message_to_each_target() {
        let mut dispatch = dispatch(all_to_slack());
        let mut alerts = in_storm(&mut dispatch, Priority::P2, 2, 3);
        assert!(told(&mut dispatch).is_empty());
        over(&mut dispatch, &mut alerts);
        assert_eq!(told(&mut dispatch), ["digest 2/5>slack"]);
        // They have read of it: neither an escalation nor a repetition of each follows, and the
        // digest goes on with them.
        for second in [1_210, 1_600, 3_000] {
            for alert in &mut alerts[..2] {
                dispatch.settle(alert, at(second));
            }
        }
        assert!(told(&mut dispatch).is_empty());
        let many = DIGEST_LINES_MAX + 1;
        let mut dispatch = self::dispatch(all_to_slack());
        let mut alerts = in_storm(&mut dispatch, Priority::P2, many, 0);
        over(&mut dispatch, &mut alerts);
        assert_eq!(told(&mut dispatch), ["digest 100/100>slack", "digest 1/1>slack"]);
    }

    #[test]
    fn what_outlives_a_storm_is_escalated_as_ever() {
        let mut dispatch = dispatch(config());
        let mut alerts = in_storm(&mut dispatch, Priority::P2, 2, 3);
        over(&mut dispatch, &mut alerts);
        assert_eq!(
            told(&mut dispatch),
            ["digest 2/5>slack", "escalation>pager", "escalation>pager"]
        );
        for alert in &mut alerts[..2] {
            dispatch.settle(alert, at(3_000));
        }
        assert!(told(&mut dispatch).is_empty(), "once, and then in the digest");
    }

    #[test]
    fn what_was_told_before_the_storm_and_is_over_is_not_listed_again() {
        let mut dispatch = dispatch(config());
        let mut before = alert(1, Priority::P2);
        dispatch.settle(&mut before, at(0));
        assert_eq!(told(&mut dispatch), ["first_breach>slack"]);
        before.suppression.storm = Some(at(10).stamp());
        before.phase = Phase::Resolved;
        before.breaches.clear();
        before.cleared = Some(at(60).stamp());
        dispatch.settle(&mut before, at(60));
        assert_eq!(told(&mut dispatch), ["recovered>slack"]);
        over(&mut dispatch, &mut [before]);
        assert!(told(&mut dispatch).is_empty());
    }

    #[test]
    fn a_pager_gets_each_incident_that_is_still_bad() {
        let mut config = config();
        let [p1, p2, ..] = &mut config.routes.ordered[..] else { panic!() };
        p2.targets.clone_from(&p1.targets);
        let mut dispatch = dispatch(config);
        let mut alerts = in_storm(&mut dispatch, Priority::P2, 2, 3);
        over(&mut dispatch, &mut alerts);
        assert_eq!(told(&mut dispatch), ["first_breach>pager"; 2]);
    }

    #[test]
    fn without_a_digest_each_recovers_by_itself() {
        let mut config = config();
        config.digest.targets.clear();
        let mut dispatch = dispatch(config);
        let mut alerts = in_storm(&mut dispatch, Priority::P2, 1, 0);
        over(&mut dispatch, &mut alerts);
        assert_eq!(told(&mut dispatch), ["digest 1/1>slack", "escalation>pager"]);
        alerts[0].phase = Phase::Resolved;
        alerts[0].breaches.clear();
        alerts[0].cleared = Some(at(1_300).stamp());
        dispatch.settle(&mut alerts[0], at(1_300));
        assert_eq!(told(&mut dispatch), ["recovered>slack", "recovered>pager"]);
    }
}
