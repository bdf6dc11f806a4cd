//! The life of every alert: begun by the first rule that holds, ended by the last that clears.
//!
//! # Promises
//! - `two_rules_of_one_metric_are_one_alert`: P2 rising to P1 is the same incident growing worse.
//! - `a_full_table_forgets_the_oldest_resolved_alert`: never one that is open.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::evaluate::birth::{About, breach, new_alert};
use crate::evaluate::compound::ending;
use crate::evaluate::episode::{self, Opened};
use crate::evaluate::threshold::Compared;
use crate::limits::{ALERTS_MAX, RESOLVED_KEPT};
use crate::model::alert::{Alert, AlertKey, Breach, Decision, Phase};
use crate::model::condition::Lapse;
use crate::model::rule::Rule;
use crate::model::time::{Stamp, Tick};

/// Every alert there is, open or lately resolved.
#[derive(Debug, Default)]
pub struct Alerts {
    by_key: BTreeMap<AlertKey, Box<Alert>>,
    /// Resolved alerts that gave way to new ones, until they are forgotten on disk too.
    given_way: Vec<AlertKey>,
    /// Whose episode has begun since somebody last looked.
    pub(super) begun: Vec<AlertKey>,
    /// Those that are held as unstable, and until when.
    pub(super) flapping: BTreeMap<AlertKey, Tick>,
}

/// What became of a rule's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// The alert has it.
    Taken,
    /// The table is full of open alerts, or the alert of breaches.
    Full,
}

impl Alerts {
    /// Takes up an alert that was remembered.
    pub fn restore(&mut self, mut alert: Alert, at: Stamp) {
        if alert.phase == Phase::Detected {
            alert.trail.note(Decision::Restored, at.utc);
        }
        if let Some(release) = alert.flap.release {
            self.flapping.insert(alert.key.clone(), release);
        }
        self.by_key.insert(alert.key.clone(), Box::new(alert));
    }

    /// The alert of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Alert> {
        self.by_key.get(key).map(|alert| &**alert)
    }

    /// The alert of a key, to note on its trail what was decided.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Alert> {
        self.by_key.get_mut(key).map(|alert| &mut **alert)
    }

    /// Every alert, by key.
    pub fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.by_key.values().map(|alert| &**alert)
    }

    /// Every alert, by key, for the machines that weigh them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Alert> {
        self.by_key.values_mut().map(|alert| &mut **alert)
    }

    /// A rule has held for its on-delay; `since` is the first sample in breach.
    pub fn begin(
        &mut self,
        key: &AlertKey,
        about: About<'_>,
        (rule, since): (&Rule, Stamp),
        numbers: Compared,
        at: Stamp,
    ) -> Begun {
        let breach = breach(rule, numbers, since);
        if !self.by_key.contains_key(key) {
            if self.make_room() == Begun::Full {
                return Begun::Full;
            }
            self.by_key.insert(key.clone(), Box::new(new_alert(key, about, &breach)));
        }
        let Some(alert) = self.by_key.get_mut(key) else { return Begun::Full };
        if episode::open(alert, rule, &breach, numbers, at) == Opened::Anew {
            self.begun.push(key.clone());
        }
        alert.totals.see(numbers.value);
        alert.entity_name = Arc::clone(about.entity_name);
        alert.last_breach = at;
        alert.value = numbers.value;
        alert.trail.note(
            Decision::Breached {
                priority: rule.priority,
                rule: rule.origin.clone(),
                value: numbers.value,
                threshold: numbers.threshold,
            },
            at.utc,
        );
        if breach.priority < alert.worst.priority {
            alert.worst = breach.clone();
        }
        match alert.breaches.push(breach) {
            Ok(()) => Begun::Taken,
            Err(_) => Begun::Full,
        }
    }

    /// A rule goes on holding.
    pub fn lasts(&mut self, key: &AlertKey, rule: &Rule, numbers: Compared, at: Stamp) {
        let Some(alert) = self.by_key.get_mut(key) else { return };
        alert.last_breach = at;
        alert.value = numbers.value;
        alert.totals.see(numbers.value);
        // One that lends its urgency to another's alert stands there twice.
        for breach in alert.breaches.iter_mut().filter(|breach| is_of(breach, rule)) {
            breach.threshold = numbers.threshold;
            breach.clearing = false;
        }
    }

    /// The value is clear by a rule whose off-delay runs.
    pub fn clears(&mut self, key: &AlertKey, rule: &Rule, numbers: Compared) {
        let Some(alert) = self.by_key.get_mut(key) else { return };
        alert.value = numbers.value;
        alert.totals.see(numbers.value);
        for breach in alert.breaches.iter_mut().filter(|breach| is_of(breach, rule)) {
            breach.clearing = true;
        }
    }

    /// A rule has cleared; with the last one the alert is resolved.
    pub fn end(&mut self, key: &AlertKey, rule: &Rule, numbers: Compared, at: Stamp) {
        let Some(alert) = self.by_key.get_mut(key) else { return };
        alert.value = numbers.value;
        alert.totals.see(numbers.value);
        close(alert, rule, ending(rule, numbers), at);
    }

    /// A rule is not judged any longer, and what it began ends with it.
    pub fn lapse(&mut self, key: &AlertKey, rule: &Rule, why: Lapse, at: Stamp) {
        if let Some(alert) = self.by_key.get_mut(key) {
            close(alert, rule, Decision::Lapsed(rule.priority, why), at);
        }
    }

    /// It is over for this reason, whichever rules hold.
    pub(super) fn close(&mut self, key: &AlertKey, why: &Lapse, at: Stamp) {
        let Some(alert) = self.by_key.get_mut(key) else { return };
        for breach in &core::mem::take(&mut alert.breaches) {
            alert.trail.note(Decision::Lapsed(breach.priority, why.clone()), at.utc);
        }
        episode::close_if_over(alert, at);
    }

    /// The entity of an open alert is seen for the first time since the start: rules that still
    /// stand in the config take their breaches up again, and breaches whose rule is gone end.
    pub fn take_up<'a>(
        &mut self,
        key: &AlertKey,
        rules: &(impl Iterator<Item = &'a Rule> + Clone),
        at: Stamp,
    ) {
        let Some(alert) = self.by_key.get_mut(key) else { return };
        let before = alert.breaches.len();
        alert.breaches.retain_mut(|breach| {
            // At its place may stand another rule, of another priority.
            let like = || rules.clone().filter(|rule| is_like(breach, rule));
            let rule = like().find(|rule| is_at(breach, rule)).or_else(|| like().next());
            let origin = rule.map(|rule| rule.origin.clone());
            let goes_on = origin.is_some();
            breach.rule = origin.unwrap_or_else(|| "".into());
            goes_on
        });
        if alert.breaches.len() < before {
            alert.trail.note(Decision::Unwatched, at.utc);
        }
        episode::close_if_over(alert, at);
    }

    /// Whether an open alert has this rule among its breaches.
    #[must_use]
    pub fn holds(&self, key: &AlertKey, rule: &Rule) -> Option<&Breach> {
        self.by_key.get(key)?.breaches.iter().find(|breach| is_of(breach, rule))
    }

    /// Forgets what was resolved long enough ago; the keys of it, and of what has given way since
    /// the last call.
    pub fn forget(&mut self, now: Tick) -> Vec<AlertKey> {
        let mut forgotten = core::mem::take(&mut self.given_way);
        // A key that came back since has a row of its own again.
        forgotten.retain(|key| !self.by_key.contains_key(key));
        let expired = self.by_key.extract_if(.., |_, alert| {
            alert.cleared.is_some_and(|cleared| now - cleared.tick >= RESOLVED_KEPT)
        });
        forgotten.extend(expired.map(|(key, _)| key));
        forgotten
    }

    /// When the next resolved alert can be forgotten.
    #[must_use]
    pub fn next_forgetting(&self) -> Option<Tick> {
        self.iter().filter_map(|alert| alert.cleared).map(|at| at.tick + RESOLVED_KEPT).min()
    }

    fn make_room(&mut self) -> Begun {
        if self.by_key.len() < ALERTS_MAX {
            return Begun::Taken;
        }
        let oldest = self
            .iter()
            // How those settle that are held as unstable is still to be told.
            .filter(|alert| alert.suppression.flapping.is_none())
            .filter_map(|alert| alert.cleared.map(|cleared| (cleared.tick, alert.key.clone())))
            .min();
        match oldest {
            Some((_, key)) => {
                self.by_key.remove(&key);
                self.given_way.push(key);
                Begun::Taken
            }
            None => Begun::Full,
        }
    }
}

/// Ends a rule's breach, and with the last one the alert.
fn close(alert: &mut Alert, rule: &Rule, decision: Decision, at: Stamp) {
    alert.trail.note(decision, at.utc);
    alert.breaches.retain(|breach| !is_of(breach, rule));
    episode::close_if_over(alert, at);
}

/// The very rule, by its place in the file, which is told to the column.
fn is_of(breach: &Breach, rule: &Rule) -> bool {
    breach.rule == rule.origin
}

/// The rule at the place that a breach remembers, which was told to the line once.
fn is_at(breach: &Breach, rule: &Rule) -> bool {
    let rest = rule.origin.strip_prefix(&*breach.rule);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// The same rule in an edited file, where its line may have moved.
fn is_like(breach: &Breach, rule: &Rule) -> bool {
    breach.priority == rule.priority && breach.operator == rule.operator
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::fixtures::rule;
    use crate::model::name::EntityId;
    use crate::model::rule::Priority;
    use crate::model::time::UtcMs;

    const NUMBERS: Compared =
        Compared { value: 20.0, threshold: 15.0, boundary: 13.5, condition: None };

    fn at(secs: i64) -> Stamp {
        Stamp { tick: Tick(secs * 1_000), utc: UtcMs(secs * 1_000) }
    }

    fn begin(alerts: &mut Alerts, entity: &str, rule: &Rule, at: Stamp) -> (AlertKey, Begun) {
        let entity = EntityId::new(entity).unwrap();
        let about = About {
            source: &rule.source,
            platform: &"nice-cxone".into(),
            entity: &entity,
            entity_name: &"Tier 2".into(),
            metric: rule.metric,
        };
        let key = AlertKey::of(&rule.source, "nice-cxone", rule.metric, &entity);
        let begun = alerts.begin(&key, about, (rule, at), NUMBERS, at);
        (key, begun)
    }

    #[test]
    fn two_rules_of_one_metric_are_one_alert() {
        let mut alerts = Alerts::default();
        let p1 = Rule { origin: "a:2".into(), ..rule("calls_waiting", ">=", 15.0) };
        let p2 = Rule { priority: Priority::P2, ..rule("calls_waiting", ">=", 10.0) };
        let (key, _) = begin(&mut alerts, "q", &p2, at(0));
        let (same, _) = begin(&mut alerts, "q", &p1, at(10));
        assert_eq!(key, same);
        alerts.end(&key, &p1, NUMBERS, at(20));
        let alert = alerts.get(key.as_str()).unwrap();
        assert_eq!((alert.phase, alert.leading().priority), (Phase::Detected, Priority::P2));
        assert_eq!(alert.worst.priority, Priority::P1);
        alerts.end(&key, &p2, NUMBERS, at(30));
        let alert = alerts.get(key.as_str()).unwrap();
        assert_eq!((alert.phase, alert.cleared), (Phase::Resolved, Some(at(30))));
        begin(&mut alerts, "q", &p2, at(4_000));
        let alert = alerts.get(key.as_str()).unwrap();
        assert_eq!((alert.episode, alert.first_breach), (2, at(4_000)));
    }

    #[test]
    fn a_full_table_forgets_the_oldest_resolved_alert() {
        let mut alerts = Alerts::default();
        let rule = rule("calls_waiting", ">=", 15.0);
        let keys: Vec<AlertKey> = (0..ALERTS_MAX)
            .map(|n| begin(&mut alerts, &alloc::format!("q{n}"), &rule, at(0)).0)
            .collect();
        assert_eq!(begin(&mut alerts, "one-more", &rule, at(1)).1, Begun::Full);
        alerts.end(&keys[7], &rule, NUMBERS, at(3));
        alerts.end(&keys[5], &rule, NUMBERS, at(2));
        assert_eq!(begin(&mut alerts, "one-more", &rule, at(4)).1, Begun::Taken);
        assert!(alerts.get(keys[5].as_str()).is_none());
        assert!(alerts.get(keys[7].as_str()).is_some());
        assert_eq!(alerts.forget(at(5).tick), [keys[5].clone()]);
        assert!(alerts.forget(at(5).tick).is_empty());
    }

    #[test]
    fn a_breach_whose_rule_left_the_file_ends() {
        let mut alerts = Alerts::default();
        let old = rule("calls_waiting", ">=", 15.0);
        let (key, _) = begin(&mut alerts, "q", &old, at(0));
        let moved = Rule { origin: "andon.toml:9".into(), ..old.clone() };
        alerts.take_up(&key, &[&moved].into_iter(), at(10));
        assert!(alerts.holds(&key, &moved).is_some());
        let steps = |alerts: &Alerts| alerts.get(key.as_str()).unwrap().trail.steps().count();
        assert_eq!(steps(&alerts), 1, "it goes on, and nothing was decided");
        alerts.take_up(&key, &core::iter::empty(), at(20));
        let alert = alerts.get(key.as_str()).unwrap();
        assert_eq!(alert.phase, Phase::Resolved);
        assert_eq!(alert.trail.steps().last().map(|step| step.what), Some(Decision::Unwatched));
    }

    #[test]
    fn a_breach_that_remembers_only_its_line_is_that_of_the_rule_there() {
        let mut alerts = Alerts::default();
        let at_line = |origin: &str, value| Rule {
            origin: origin.into(),
            ..rule("calls_waiting", ">=", value)
        };
        let [old, other] = [at_line("andon.toml:1", 15.0), at_line("andon.toml:12", 20.0)];
        let (key, _) = begin(&mut alerts, "q", &old, at(0));
        begin(&mut alerts, "q", &other, at(0));
        let [new, another] = ["andon.toml:1:3", "andon.toml:12:3"].map(|new| at_line(new, 15.0));
        alerts.take_up(&key, &[&another, &new].into_iter(), at(10));
        assert!(alerts.holds(&key, &new).is_some() && alerts.holds(&key, &another).is_some());
        assert_eq!(alerts.get(key.as_str()).unwrap().breaches.len(), 2);
    }

    #[test]
    fn the_first_of_two_breaches_of_one_priority_stays_the_worst() {
        let mut alerts = Alerts::default();
        let first = Rule { origin: "a:2".into(), ..rule("calls_waiting", ">=", 15.0) };
        let (key, _) = begin(&mut alerts, "q", &first, at(0));
        begin(&mut alerts, "q", &rule("calls_waiting", ">=", 10.0), at(10));
        assert_eq!(alerts.get(key.as_str()).unwrap().worst.rule, first.origin);
    }

    #[test]
    fn only_an_open_alert_notes_that_it_was_taken_up() {
        let mut before = Alerts::default();
        let rule = rule("calls_waiting", ">=", 15.0);
        let (open, _) = begin(&mut before, "a", &rule, at(0));
        let (over, _) = begin(&mut before, "b", &rule, at(0));
        before.end(&over, &rule, NUMBERS, at(10));
        let mut after = Alerts::default();
        for alert in before.iter() {
            after.restore(alert.clone(), at(20));
        }
        let last =
            |key: &AlertKey| after.get(key.as_str()).unwrap().trail.steps().last().unwrap().what;
        assert_eq!(last(&open), Decision::Restored);
        assert_ne!(last(&over), Decision::Restored);
    }

    #[test]
    fn a_resolved_alert_is_forgotten_after_a_day() {
        let mut alerts = Alerts::default();
        let rule = rule("calls_waiting", ">=", 15.0);
        let (key, _) = begin(&mut alerts, "q", &rule, at(0));
        assert_eq!(alerts.next_forgetting(), None);
        alerts.end(&key, &rule, NUMBERS, at(60));
        let due = at(60).tick + RESOLVED_KEPT;
        assert_eq!(alerts.next_forgetting(), Some(due));
        assert!(alerts.forget(Tick(due.0 - 1)).is_empty());
        assert_eq!(alerts.forget(due), [key]);
    }
}
