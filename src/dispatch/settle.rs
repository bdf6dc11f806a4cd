//! Brings what has been told of an alert in line with what is true of it.
//!
//! Settling goes by state, not by event: what could not be told (a full outbox, a cooldown) is told
//! by the next settling.
//!
//! # Promises
//! - `a_recovery_goes_to_everybody_who_was_told`
//! - `a_recovery_that_finds_no_room_is_deferred`
//! - `a_breach_that_ended_untold_is_counted_in_the_next_notice`
//! - `a_breach_that_is_only_in_the_digest_recovers_there`

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::dispatch::notices::facts;
use crate::dispatch::route;
use crate::dispatch::settlement::{Order, Settlement};
use crate::dispatch::telling::{self, Outranked, Side, Situation, Verdict, Way};
use crate::model::alert::{Alert, AlertKey, Breach, Phase};
use crate::model::config::Config;
use crate::model::name::TargetName;
use crate::model::notice::{AlertFacts, Hold, Reason};
use crate::model::rule::Priority;
use crate::model::telling::Telling;
use crate::model::time::{Now, Span, Tick};

/// What has been told of every alert, by priority.
#[derive(Debug, Default)]
pub(super) struct Tellings {
    by_key: BTreeMap<(AlertKey, Priority), Telling>,
    /// There may be thousands of them, and each turn asks.
    no_line_before: Option<Tick>,
}

impl Tellings {
    pub(super) fn restore(tellings: Vec<Telling>) -> Self {
        let by_key = tellings.into_iter().map(|one| ((one.alert.clone(), one.priority), one));
        let mut tellings = Self { by_key: by_key.collect(), no_line_before: None };
        tellings.look_for_lines();
        tellings
    }

    /// No line of the digest has waited since before this.
    pub(super) const fn no_line_before(&self) -> Option<Tick> {
        self.no_line_before
    }

    /// Looks for the line that has waited longest.
    pub(super) fn look_for_lines(&mut self) {
        self.no_line_before = self.iter().filter_map(|telling| telling.digest_since).min();
    }

    pub(super) fn get(&self, alert: &AlertKey, priority: Priority) -> Option<&Telling> {
        self.by_key.get(&(alert.clone(), priority))
    }

    pub(super) fn get_mut(&mut self, alert: &AlertKey, priority: Priority) -> Option<&mut Telling> {
        self.by_key.get_mut(&(alert.clone(), priority))
    }

    pub(super) fn remove(&mut self, alert: &AlertKey, priority: Priority) -> Option<Telling> {
        self.by_key.remove(&(alert.clone(), priority))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Telling> {
        self.by_key.values()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Telling> {
        self.by_key.values_mut()
    }

    /// Settles an alert; `room` is how many notices the outbox can take.
    pub(super) fn settle(
        &mut self,
        alert: &mut Alert,
        config: &Config,
        room: usize,
        now: Now,
    ) -> Settlement {
        let mut settlement = Settlement::default();
        match alert.phase {
            Phase::Detected => {
                self.settle_open(alert, config, room, now, &mut settlement);
                self.update(alert, config, room, now, &mut settlement);
            }
            Phase::Resolved => self.settle_resolved(alert, config, room, now, &mut settlement),
        }
        settlement.note(alert, now);
        settlement
    }

    fn settle_open(
        &mut self,
        alert: &Alert,
        config: &Config,
        room: usize,
        now: Now,
        settlement: &mut Settlement,
    ) {
        let leading = alert.leading().priority;
        let freed = alert.kin.as_ref().and_then(|kin| kin.freed).map(|freed| freed.tick);
        for priority in Priority::ALL {
            let Some(breach) = oldest(alert, priority) else { continue };
            let record = self
                .by_key
                .entry((alert.key.clone(), priority))
                .or_insert_with(|| telling::begin(alert, breach));
            telling::follow(record, alert, breach);
            let situation = Situation {
                age: now.tick
                    - freed.map_or(breach.since.tick, |freed| freed.max(breach.since.tick)),
                outranked: if priority == leading { Outranked::No } else { Outranked::Yes },
                suppressed: alert.suppression.hold(),
                value: side(alert, priority),
                route: route::way(config.routes.of(priority)),
                digest_after: digest_after(config, alert),
                now: now.tick,
            };
            match telling::decide(record, &situation) {
                Verdict::Tell(reason) => {
                    let targets = route::targets(config, alert, priority, reason);
                    if targets.is_empty() || targets.len() > room {
                        let nobody = targets.is_empty();
                        let hold = if nobody { Hold::NoRoute } else { Hold::OutboxFull };
                        settlement.held.push((priority, hold));
                        continue;
                    }
                    let held_back = record.held_back;
                    telling::told(record, reason, now);
                    let facts = AlertFacts { held_back, ..facts(alert, record) };
                    for target in &targets {
                        if !record.told.contains(target) {
                            record.told.push(target.clone());
                        }
                    }
                    settlement.orders.push(Order { reason, targets, facts });
                    settlement.changed.push(priority);
                }
                Verdict::Digest => {
                    settlement.held.push((priority, Hold::InDigest));
                    if record.digest_since.is_none() {
                        record.digest_since = Some(now.tick);
                        self.no_line_before = self.no_line_before.or(Some(now.tick));
                        settlement.changed.push(priority);
                    }
                }
                Verdict::Hold(hold) => {
                    telling::held(record, hold);
                    settlement.held.push((priority, hold));
                }
            }
        }
    }

    fn settle_resolved(
        &mut self,
        alert: &Alert,
        config: &Config,
        room: usize,
        now: Now,
        settlement: &mut Settlement,
    ) {
        let mut told: Vec<TargetName> = Vec::new();
        let mut speaker: Option<&Telling> = None;
        let mut known = Known::ToNobody;
        for record in self.open_records(alert) {
            for target in &record.told {
                if !told.contains(target) {
                    told.push(target.clone());
                }
            }
            if record.notification_count > 0 || record.digest_since.is_some() {
                known = Known::ToSomebody;
            }
            speaker = speaker.or(Some(record).filter(|record| !record.told.is_empty()));
        }
        if told.len() > room {
            settlement.held.push((alert.worst.priority, Hold::OutboxFull));
            return;
        }
        if let Some(speaker) = speaker {
            let facts = facts(alert, speaker);
            settlement.orders.push(Order { reason: Reason::Recovered, targets: told, facts });
        }
        for priority in Priority::ALL {
            let record = self.by_key.get_mut(&(alert.key.clone(), priority));
            let Some(record) = record.filter(|record| !record.ended) else { continue };
            if known == Known::ToNobody && priority == alert.worst.priority {
                record.held_back = record.held_back.saturating_add(1);
                settlement.held.push((priority, Hold::EndedUntold));
            }
            let long_enough = |after| alert_lasted(alert, record) >= after;
            let in_digest = route::way(config.routes.of(priority)) == Way::InDigest
                || digest_after(config, alert).is_some_and(long_enough);
            if in_digest && record.notification_count > 0 && record.digest_since.is_none() {
                record.digest_since = Some(now.tick);
                self.no_line_before = self.no_line_before.or(Some(now.tick));
            }
            record.told.clear();
            record.ended = true;
            settlement.changed.push(priority);
        }
    }

    /// Whose end has not been dealt with. One of an earlier episode is among them where its alert
    /// ended and began anew in one answer, as when an edited file has another rule for it.
    fn open_records<'a>(&'a self, alert: &'a Alert) -> impl Iterator<Item = &'a Telling> {
        Priority::ALL
            .into_iter()
            .filter_map(|priority| self.get(&alert.key, priority))
            .filter(|record| !record.ended)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    ToSomebody,
    ToNobody,
}

/// The oldest breach of a priority speaks for it.
fn oldest(alert: &Alert, priority: Priority) -> Option<&Breach> {
    let of_priority = alert.breaches.iter().filter(|breach| breach.priority == priority);
    of_priority.min_by_key(|breach| breach.since.tick)
}

/// A priority is in breach while any of its breaches is.
fn side(alert: &Alert, priority: Priority) -> Side {
    let mut of_priority = alert.breaches.iter().filter(|breach| breach.priority == priority);
    if of_priority.all(|breach| breach.clearing.is_some()) { Side::Clear } else { Side::InBreach }
}

/// How old a breach speaks only in the digest. One that outlived a storm does from then on.
fn digest_after(config: &Config, alert: &Alert) -> Option<Span> {
    let outlived_storm = alert.suppression.outlived_storm.is_some();
    let after = if outlived_storm { Span::ZERO } else { config.digest.after };
    (!config.digest.targets.is_empty()).then_some(after)
}

/// How long the breach that a record speaks of lasted.
fn alert_lasted(alert: &Alert, record: &Telling) -> Span {
    alert.cleared.map_or(Span::ZERO, |cleared| cleared.tick - record.first_breach)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{alert, at, config};
    use crate::limits::OUTBOX_NOTICES_MAX;
    use crate::model::config::Route;
    use alloc::format;
    use alloc::string::String;

    /// Settles an alert and says what came of it: `first_breach>pager held:cooldown`.
    fn settle(tellings: &mut Tellings, alert: &mut Alert, second: i64, room: usize) -> String {
        let settlement = tellings.settle(alert, &config(), room, at(second));
        let orders = settlement.orders.iter().map(|order| {
            let names: Vec<&str> = order.targets.iter().map(TargetName::as_str).collect();
            format!("{}>{}", order.reason.as_str(), names.join(","))
        });
        let held = settlement.held.iter().map(|(_, hold)| format!("held:{}", hold.as_str()));
        orders.chain(held).collect::<Vec<_>>().join(" ")
    }

    fn resolve(alert: &mut Alert, second: i64) {
        alert.phase = Phase::Resolved;
        alert.breaches.clear();
        alert.cleared = Some(at(second).stamp());
    }

    const ROOM: usize = OUTBOX_NOTICES_MAX;

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
    fn a_route_to_nobody_tells_nobody_and_says_so() {
        let mut tellings = Tellings::default();
        let mut alert = alert(1, Priority::P2);
        let mut config = config();
        config.routes.set(Priority::P2, Route::default());
        let settlement = tellings.settle(&mut alert, &config, ROOM, at(0));
        assert_eq!(settlement.held, [(Priority::P2, Hold::NoRoute)]);
        assert!(settlement.orders.is_empty());
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
    fn the_worse_priority_speaks_and_the_other_is_silent() {
        let mut tellings = Tellings::default();
        let mut alert = alert(1, Priority::P2);
        settle(&mut tellings, &mut alert, 0, ROOM);
        let worse = Breach { priority: Priority::P1, ..alert.worst.clone() };
        alert.breaches.push(worse.clone()).unwrap();
        alert.worst = worse;
        assert_eq!(
            settle(&mut tellings, &mut alert, 10, ROOM),
            "first_breach>pager held:outranked"
        );
        resolve(&mut alert, 20);
        assert_eq!(settle(&mut tellings, &mut alert, 20, ROOM), "recovered>pager,slack");
    }
}
