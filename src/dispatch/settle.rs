//! Brings what has been told of an alert in line with what is true of it.
//!
//! Settling goes by state, not by event: what could not be told (a full outbox, a cooldown) is told
//! by the next settling.
//!
//! # Promises
//! - `the_worse_priority_speaks_and_the_other_is_silent`
//! - `a_route_to_nobody_tells_nobody_and_says_so`
//! - `a_breach_that_is_there_again_is_told_where_it_had_come_to`
//! - `a_priority_that_is_there_again_is_told_again`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::dispatch::decide::{Outranked, Settling, Side, Situation, Verdict, quiet_until};
use crate::dispatch::hand::{Handed, handed};
use crate::dispatch::ladder;
use crate::dispatch::notices::facts;
use crate::dispatch::route::{self, Plan};
use crate::dispatch::settlement::{Order, Settlement};
use crate::dispatch::telling;
use crate::model::alert::{Alert, AlertKey, Breach, Phase};
use crate::model::config::Config;
use crate::model::flap::RAISE;
use crate::model::name::TargetName;
use crate::model::notice::{AlertFacts, Hold, Reason};
use crate::model::rule::Priority;
use crate::model::telling::{Raise, Telling};
use crate::model::time::{Now, Span, Tick};

/// What has been told of every alert, by priority.
#[derive(Debug, Default)]
pub(super) struct Tellings {
    /// Boxed, since each node of a map has room for eleven.
    pub(super) by_key: BTreeMap<(AlertKey, Priority), Box<Telling>>,
    /// There may be thousands of them, and each turn asks.
    pub(super) no_line_before: Option<Tick>,
}

impl Tellings {
    pub(super) fn restore(tellings: Vec<Telling>) -> Self {
        let by_key =
            tellings.into_iter().map(|one| ((one.alert.clone(), one.priority), Box::new(one)));
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
        self.by_key.get(&(alert.clone(), priority)).map(|telling| &**telling)
    }

    pub(super) fn get_mut(&mut self, alert: &AlertKey, priority: Priority) -> Option<&mut Telling> {
        self.by_key.get_mut(&(alert.clone(), priority)).map(|telling| &mut **telling)
    }

    /// There is a record of the priority that speaks for an alert.
    pub(super) fn ensure(&mut self, alert: &Alert) {
        let breach = alert.leading();
        let key = (alert.key.clone(), breach.priority);
        self.by_key.entry(key).or_insert_with(|| Box::new(telling::begin(alert, breach)));
    }

    pub(super) fn remove(&mut self, alert: &AlertKey, priority: Priority) -> Option<Telling> {
        self.by_key.remove(&(alert.clone(), priority)).map(|telling| *telling)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Telling> {
        self.by_key.values().map(|telling| &**telling)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Telling> {
        self.by_key.values_mut().map(|telling| &mut **telling)
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
        let owed = self.owed(alert);
        for priority in Priority::ALL {
            let Some(breach) = oldest(alert, priority) else {
                self.lapse(alert, priority, now, settlement);
                continue;
            };
            let record = self
                .by_key
                .entry((alert.key.clone(), priority))
                .or_insert_with(|| Box::new(telling::begin(alert, breach)));
            telling::follow(record, alert, breach);
            let plan = Plan::of(config, alert, priority);
            let mut situation = Situation {
                freed,
                outranked: if priority == leading { Outranked::No } else { Outranked::Yes },
                suppressed: alert.suppression.hold(),
                handed: handed(alert, priority, now),
                value: side(alert, priority),
                settling: if owed.is_empty() { Settling::No } else { Settling::Yes },
                route: plan.way(),
                rung: None,
                digest_after: digest_after(config, alert),
                repeats: plan.repeats(),
                max_quiet: Span::secs(i64::from(alert.max_quiet_seconds)),
                now: now.tick,
            };
            match ladder::decided(record, &plan, &mut situation, settlement, now) {
                Verdict::Tell(reason) => {
                    let mut targets = route::targets(config, alert, record, reason, now);
                    add(&mut targets, &owed);
                    if targets.is_empty() {
                        ladder::told_nobody(record, reason, settlement);
                        continue;
                    }
                    if targets.len() > room {
                        settlement.held.push((priority, Hold::OutboxFull));
                        continue;
                    }
                    let held_back = record.held_back;
                    ladder::climb(record, &plan, reason);
                    record.routes = plan.origins();
                    telling::told(record, reason, now);
                    // The alert is let go once it is told that nobody has it in hand any more.
                    let hand = alert.hand.clone().filter(|_| reason != Reason::Lapsed);
                    let facts = AlertFacts { held_back, hand, ..facts(alert, record) };
                    add(&mut record.told, &targets);
                    settlement.orders.push(Order { reason, targets, facts });
                    settlement.changed.push(priority);
                    if reason == Reason::Settled {
                        self.settled(alert, settlement);
                    }
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
                    let quiet = quiet_until(record, &situation, hold);
                    settlement.quiet_until =
                        lapses(alert, &situation).or(quiet).or(settlement.quiet_until);
                }
            }
        }
    }

    /// Who was told that the alert is unstable and has to hear how it settles; nobody while it is
    /// held so.
    fn owed(&self, alert: &Alert) -> Vec<TargetName> {
        let mut owed = Vec::new();
        // One raise alone, as most alerts have, holds nothing.
        if alert.flap.penalty > RAISE && alert.suppression.flapping.is_none() {
            let told = self.records(alert).filter(|record| record.unstable);
            told.for_each(|record| add(&mut owed, &record.told));
        }
        owed
    }

    /// They have heard it.
    fn settled(&mut self, alert: &Alert, settlement: &mut Settlement) {
        for priority in Priority::ALL {
            let record = self.by_key.get_mut(&(alert.key.clone(), priority));
            if let Some(record) = record.filter(|record| record.unstable) {
                record.unstable = false;
                settlement.changed.push(priority);
            }
        }
    }

    /// A priority has no breach while another one has.
    fn lapse(&mut self, alert: &Alert, priority: Priority, now: Now, settlement: &mut Settlement) {
        let record = self.by_key.get_mut(&(alert.key.clone(), priority));
        let Some(record) = record.filter(|record| !record.ended) else { return };
        if !matches!(record.raise, Raise::Over { .. }) {
            record.raise = Raise::Over { since: now.tick };
            settlement.changed.push(priority);
        }
    }

    /// What was told of an alert, the most urgent priority first.
    pub(super) fn records<'a>(&'a self, alert: &'a Alert) -> impl Iterator<Item = &'a Telling> {
        Priority::ALL.into_iter().filter_map(|priority| self.get(&alert.key, priority))
    }
}

/// Adds the names that are not among them.
pub(super) fn add(names: &mut Vec<TargetName>, more: &[TargetName]) {
    for name in more {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
}

/// When nobody has it in hand any more, where somebody has.
fn lapses(alert: &Alert, situation: &Situation<'_>) -> Option<Tick> {
    let hand = alert.hand.as_ref().filter(|_| situation.handed == Handed::Yes);
    hand.map(|hand| hand.lapses())
}

/// The oldest breach of a priority speaks for it.
fn oldest(alert: &Alert, priority: Priority) -> Option<&Breach> {
    let of_priority = alert.breaches.iter().filter(|breach| breach.priority == priority);
    of_priority.min_by_key(|breach| breach.since.tick)
}

/// A priority is in breach while any of its breaches is.
fn side(alert: &Alert, priority: Priority) -> Side {
    let mut of_priority = alert.breaches.iter().filter(|breach| breach.priority == priority);
    if of_priority.all(|breach| breach.clearing) { Side::Clear } else { Side::InBreach }
}

/// How old a breach speaks only in the digest. One that outlived a storm does from then on.
pub(super) fn digest_after(config: &Config, alert: &Alert) -> Option<Span> {
    let outlived_storm = alert.suppression.outlived_storm.is_some();
    let after = if outlived_storm { Span::ZERO } else { config.digest.after };
    (!config.digest.targets.is_empty()).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{ROOM, alert, at, config, resolve, settle};

    #[test]
    fn a_route_to_nobody_tells_nobody_and_says_so() {
        let mut tellings = Tellings::default();
        let mut alert = alert(1, Priority::P2);
        let mut config = config();
        config.routes.ordered.retain(|route| route.matcher.priority != [Priority::P2]);
        let settlement = tellings.settle(&mut alert, &config, ROOM, at(0));
        assert_eq!(settlement.held, [(Priority::P2, Hold::NoRoute)]);
        assert!(settlement.orders.is_empty());
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

    fn there_again(alert: &mut Alert, second: i64) {
        alert.phase = Phase::Detected;
        alert.cleared = None;
        alert.totals.raises += 1;
        let breach = Breach { since: at(second).stamp(), ..alert.worst.clone() };
        alert.breaches.push(breach).unwrap();
    }

    #[test]
    fn a_breach_that_is_there_again_is_told_where_it_had_come_to() {
        let mut tellings = Tellings::default();
        let mut alert = alert(1, Priority::P2);
        settle(&mut tellings, &mut alert, 0, ROOM);
        assert_eq!(settle(&mut tellings, &mut alert, 600, ROOM), "escalation>pager");
        resolve(&mut alert, 700);
        assert_eq!(settle(&mut tellings, &mut alert, 700, ROOM), "recovered>slack,pager");
        there_again(&mut alert, 800);
        assert_eq!(settle(&mut tellings, &mut alert, 800, ROOM), "held:duplicate");
        resolve(&mut alert, 900);
        assert_eq!(settle(&mut tellings, &mut alert, 900, ROOM), "held:ended_untold");
        there_again(&mut alert, 950);
        assert_eq!(settle(&mut tellings, &mut alert, 950, ROOM), "held:duplicate");
        let settlement = tellings.settle(&mut alert, &config(), ROOM, at(1_000));
        let [order] = &settlement.orders[..] else { panic!("{settlement:?}") };
        assert_eq!((order.reason, order.targets.len()), (Reason::Reopened, 2));
        assert_eq!((order.facts.held_back, order.facts.notification_count), (1, 3));
        resolve(&mut alert, 1_100);
        assert_eq!(settle(&mut tellings, &mut alert, 1_100, ROOM), "recovered>slack,pager");
    }

    #[test]
    fn a_priority_that_is_there_again_is_told_again() {
        let mut tellings = Tellings::default();
        let mut alert = alert(1, Priority::P2);
        let worse = Breach { priority: Priority::P1, ..alert.worst.clone() };
        alert.breaches.push(worse.clone()).unwrap();
        let mut config = config();
        for route in &mut config.routes.ordered {
            route.repeats = Vec::from([Span::secs(86_400)]);
        }
        let mut say = |alert: &mut Alert, second: i64| {
            let settlement = tellings.settle(alert, &config, ROOM, at(second));
            let orders = settlement.orders.iter().map(|order| order.reason);
            orders.collect::<Vec<_>>()
        };
        assert_eq!(say(&mut alert, 0), [Reason::FirstBreach]);
        alert.breaches.retain(|breach| breach.priority == Priority::P2);
        assert_eq!(say(&mut alert, 10), [Reason::FirstBreach], "P2 has the word now");
        alert.breaches.push(worse).unwrap();
        assert_eq!(say(&mut alert, 20), []);
        assert_eq!(say(&mut alert, 300), [Reason::Reopened], "not after a day");
    }
}
