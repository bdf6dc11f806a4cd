//! The end of an alert: who hears of it, and what nobody has heard of.
//!
//! # Promises
//! - `a_recovery_goes_to_everybody_who_was_told`
//! - `a_recovery_that_finds_no_room_is_deferred`
//! - `a_breach_that_ended_untold_is_counted_in_the_next_notice`
//! - `a_breach_that_is_only_in_the_digest_recovers_there`
//! - `who_reads_the_digest_and_heard_of_the_end_does_not_read_it_again`
//! - `what_is_held_as_unstable_recovers_when_it_has_settled`

use alloc::format;
use alloc::vec::Vec;

use crate::dispatch::Step;
use crate::dispatch::decide::Way;
use crate::dispatch::notices::facts;
use crate::dispatch::route::Plan;
use crate::dispatch::settle::{Tellings, add, digest_after};
use crate::dispatch::settlement::{Order, Settlement};
use crate::model::alert::Alert;
use crate::model::config::Config;
use crate::model::name::TargetName;
use crate::model::notice::{AlertFacts, Hold, Reason};
use crate::model::rule::Priority;
use crate::model::telling::{Raise, Telling};
use crate::model::time::{Now, Span};

impl Tellings {
    pub(super) fn settle_resolved(
        &mut self,
        alert: &Alert,
        config: &Config,
        room: usize,
        now: Now,
        settlement: &mut Settlement,
    ) {
        if alert.suppression.flapping.is_some() {
            self.settle_pause(alert, now, settlement);
            return;
        }
        let mut told: Vec<TargetName> = Vec::new();
        let mut speaker: Option<&Telling> = None;
        let mut held_back: u32 = 0;
        let mut known = Known::ToNobody;
        for record in self.records(alert).filter(|record| !record.ended) {
            add(&mut told, &record.told);
            held_back = held_back.saturating_add(record.held_back);
            let is_told = matches!(record.raise, Raise::Told { .. }) || !record.told.is_empty();
            if is_told || record.digest_since.is_some() {
                known = Known::ToSomebody;
            }
            speaker = speaker.or(Some(record).filter(|record| !record.told.is_empty()));
        }
        if told.len() > room {
            settlement.held.push((alert.worst.priority, Hold::OutboxFull));
            return;
        }
        let digest = &config.digest.targets;
        let heard = !digest.is_empty() && digest.iter().all(|target| told.contains(target));
        if let Some(speaker) = speaker {
            let facts = AlertFacts { held_back, ..facts(alert, speaker) };
            settlement.orders.push(Order { reason: Reason::Recovered, targets: told, facts });
        }
        for priority in Priority::ALL {
            let record = self.by_key.get_mut(&(alert.key.clone(), priority));
            let Some(record) = record.filter(|record| !record.ended) else { continue };
            if known == Known::ToNobody && matches!(record.raise, Raise::Untold) {
                record.held_back = record.held_back.saturating_add(1);
                settlement.held.push((priority, Hold::EndedUntold));
            }
            let long_enough = |after| alert_lasted(alert, record) >= after;
            let in_digest = Plan::of(config, alert, priority).way() == Way::InDigest
                || digest_after(config, alert).is_some_and(long_enough);
            if heard {
                // Who reads the digest has just been told.
                record.digest_since = None;
            } else if in_digest && record.notification_count > 0 && record.digest_since.is_none() {
                record.digest_since = Some(now.tick);
                self.no_line_before = self.no_line_before.or(Some(now.tick));
            }
            end(record, alert, now);
            settlement.changed.push(priority);
        }
    }

    /// An alert that is held as unstable is clear for a while: nobody hears of it until it settles,
    /// and what had not been told is counted.
    fn settle_pause(&mut self, alert: &Alert, now: Now, settlement: &mut Settlement) {
        for priority in Priority::ALL {
            let record = self.by_key.get_mut(&(alert.key.clone(), priority));
            let Some(record) = record.filter(|record| !record.ended) else { continue };
            settlement.held.push((priority, Hold::Flapping));
            if matches!(record.raise, Raise::Over { .. }) {
                continue;
            }
            if matches!(record.raise, Raise::Untold) {
                record.held_back = record.held_back.saturating_add(1);
            }
            record.raise = over(alert, now);
            settlement.changed.push(priority);
        }
    }
}

/// Guide 1: each that nobody heard of is in the log, for audit and capacity planning.
pub(super) fn logged(alert: &Alert, hold: Hold) -> Option<Step> {
    let text = || format!("{}: {hold}", alert.key);
    (hold == Hold::EndedUntold).then(|| Step::Say(log::Level::Info, text()))
}

/// The end has been dealt with.
fn end(record: &mut Telling, alert: &Alert, now: Now) {
    if !record.told.is_empty() {
        record.last_told = Some(now.stamp());
        record.held_back = 0;
    }
    record.told.clear();
    record.ended = true;
    record.unstable = false;
    if !matches!(record.raise, Raise::Over { .. }) {
        record.raise = over(alert, now);
    }
}

fn over(alert: &Alert, now: Now) -> Raise {
    Raise::Over { since: alert.cleared.map_or(now.tick, |cleared| cleared.tick) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    ToSomebody,
    ToNobody,
}

/// How long the breaches that a record speaks of lasted.
fn alert_lasted(alert: &Alert, record: &Telling) -> Span {
    alert.cleared.map_or(Span::ZERO, |cleared| cleared.tick - record.first_breach)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{ROOM, alert, at, config, resolve, settle};
    use crate::dispatch::telling;
    use crate::model::alert::Phase;

    #[test]
    fn a_recovery_goes_to_everybody_who_was_told() {
        let mut tellings = Tellings::default();
        let mut alert = alert(1, Priority::P2);
        assert_eq!(settle(&mut tellings, &mut alert, 0, ROOM), "first_breach>slack");
        assert_eq!(settle(&mut tellings, &mut alert, 10, ROOM), "held:cooldown");
        assert_eq!(settle(&mut tellings, &mut alert, 600, ROOM), "escalation>pager");
        resolve(&mut alert, 700);
        assert_eq!(settle(&mut tellings, &mut alert, 700, ROOM), "recovered>slack,pager");
        assert_eq!(settle(&mut tellings, &mut alert, 710, ROOM), "");
    }

    #[test]
    fn a_recovery_that_finds_no_room_is_deferred() {
        let mut tellings = Tellings::default();
        let mut alert = alert(1, Priority::P1);
        assert_eq!(settle(&mut tellings, &mut alert, 0, 0), "held:outbox_full");
        assert_eq!(settle(&mut tellings, &mut alert, 10, 1), "first_breach>pager");
        resolve(&mut alert, 20);
        assert_eq!(settle(&mut tellings, &mut alert, 20, 0), "held:outbox_full");
        assert_eq!(settle(&mut tellings, &mut alert, 30, 1), "recovered>pager");
    }

    #[test]
    fn a_breach_that_ended_untold_is_counted_in_the_next_notice() {
        let mut tellings = Tellings::default();
        let mut first = alert(1, Priority::P1);
        settle(&mut tellings, &mut first, 0, ROOM);
        resolve(&mut first, 10);
        settle(&mut tellings, &mut first, 10, ROOM);
        let mut second = alert(2, Priority::P1);
        assert_eq!(settle(&mut tellings, &mut second, 20, ROOM), "held:cooldown");
        resolve(&mut second, 30);
        assert_eq!(settle(&mut tellings, &mut second, 30, ROOM), "held:ended_untold");
        let mut third = alert(3, Priority::P1);
        let settlement = tellings.settle(&mut third, &config(), ROOM, at(400));
        assert_eq!(settlement.orders[0].facts.held_back, 1);
        assert_eq!(tellings.get(&third.key, Priority::P1).unwrap().held_back, 0);
    }

    #[test]
    fn a_breach_that_is_only_in_the_digest_recovers_there() {
        let mut tellings = Tellings::default();
        let mut alert = alert(1, Priority::P3);
        assert_eq!(settle(&mut tellings, &mut alert, 0, ROOM), "held:in_digest");
        for record in tellings.iter_mut() {
            assert_eq!(record.digest_since.take(), Some(at(0).tick));
            telling::told(record, Reason::Digest, at(1_800));
        }
        resolve(&mut alert, 1_900);
        assert_eq!(settle(&mut tellings, &mut alert, 1_900, ROOM), "");
        let record = tellings.get(&alert.key, Priority::P3).unwrap();
        assert_eq!(record.digest_since, Some(at(1_900).tick));
    }

    #[test]
    fn who_reads_the_digest_and_heard_of_the_end_does_not_read_it_again() {
        let mut tellings = Tellings::default();
        let mut alert = alert(1, Priority::P2);
        assert_eq!(settle(&mut tellings, &mut alert, 0, ROOM), "first_breach>slack");
        assert_eq!(settle(&mut tellings, &mut alert, 600, ROOM), "escalation>pager");
        assert_eq!(settle(&mut tellings, &mut alert, 3_000, ROOM), "held:in_digest");
        resolve(&mut alert, 4_000);
        assert_eq!(settle(&mut tellings, &mut alert, 4_000, ROOM), "recovered>slack,pager");
        assert_eq!(tellings.get(&alert.key, Priority::P2).unwrap().digest_since, None);
    }

    #[test]
    fn a_breach_that_nobody_heard_of_ends_without_a_line_in_the_digest() {
        let mut tellings = Tellings::default();
        let mut alert = alert(1, Priority::P2);
        assert_eq!(settle(&mut tellings, &mut alert, 0, 0), "held:outbox_full");
        resolve(&mut alert, 4_000);
        assert_eq!(settle(&mut tellings, &mut alert, 4_000, ROOM), "held:ended_untold");
        assert_eq!(tellings.get(&alert.key, Priority::P2).unwrap().digest_since, None);
    }

    #[test]
    fn what_is_held_as_unstable_recovers_when_it_has_settled() {
        let mut tellings = Tellings::default();
        let mut alert = alert(1, Priority::P1);
        let breach = alert.worst.clone();
        settle(&mut tellings, &mut alert, 0, ROOM);
        (alert.flap.penalty, alert.suppression.flapping) = (2_600.0, Some(at(10).stamp()));
        assert_eq!(settle(&mut tellings, &mut alert, 10, ROOM), "unstable>pager");
        for second in [20, 40, 60] {
            resolve(&mut alert, second);
            assert_eq!(settle(&mut tellings, &mut alert, second, ROOM), "held:flapping");
            assert_eq!(settle(&mut tellings, &mut alert, second + 5, ROOM), "held:flapping");
            (alert.phase, alert.cleared) = (Phase::Detected, None);
            alert.breaches.push(breach.clone()).unwrap();
            assert_eq!(settle(&mut tellings, &mut alert, second + 10, ROOM), "held:flapping");
        }
        let mut bad = alert.clone();
        resolve(&mut alert, 80);
        assert_eq!(settle(&mut tellings, &mut alert, 80, ROOM), "held:flapping");
        alert.suppression.flapping = None;
        let settlement = tellings.settle(&mut alert, &config(), ROOM, at(700));
        assert_eq!(settlement.orders[0].reason, Reason::Recovered);
        assert_eq!(settlement.orders[0].facts.held_back, 3);
        assert_eq!(settle(&mut tellings, &mut alert, 710, ROOM), "");
        // The other way it can end.
        let mut tellings = Tellings::default();
        settle(&mut tellings, &mut bad, 10, ROOM);
        bad.suppression.flapping = None;
        assert_eq!(settle(&mut tellings, &mut bad, 700, 0), "held:outbox_full");
        assert_eq!(settle(&mut tellings, &mut bad, 700, ROOM), "settled>pager");
        assert_eq!(settle(&mut tellings, &mut bad, 710, ROOM), "escalation>pager");
    }
}
