//! Who stands behind whom, and what an alert tells of those behind it.
//!
//! # Promises
//! - `a_parent_counts_all_and_names_a_few`

use alloc::collections::{BTreeMap, BTreeSet};

use crate::evaluate::Change;
use crate::evaluate::alerts::Alerts;
use crate::limits::{DEPENDENTS_NAMED_MAX, DEPENDENTS_TOLD_EVERY};
use crate::model::alert::{Alert, AlertKey, Breach, Decision, Phase};
use crate::model::dependency::{Stage, kin_name};
use crate::model::time::{Now, Tick};

/// The alerts behind each alert.
#[derive(Debug, Default)]
pub(super) struct Families {
    by_root: BTreeMap<AlertKey, Family>,
    /// What may have caused an alert.
    causes: BTreeMap<AlertKey, AlertKey>,
}

/// The open alerts behind one alert.
#[derive(Debug, Default)]
struct Family {
    held: BTreeSet<AlertKey>,
    related: BTreeSet<AlertKey>,
}

/// An alert tells something else now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Again {
    pub(super) change: Change,
    /// When it may be told, where that is not at once.
    pub(super) at: Option<Tick>,
}

impl Families {
    /// An alert is held back by another.
    pub(super) fn hold(&mut self, root: &AlertKey, key: &AlertKey) {
        self.by_root.entry(root.clone()).or_default().held.insert(key.clone());
    }

    /// It is not any more.
    pub(super) fn free(&mut self, root: &AlertKey, key: &AlertKey) {
        if let Some(family) = self.by_root.get_mut(root) {
            family.held.remove(key);
            self.tidy(root);
        }
    }

    /// Notes what may have caused an alert; what was thought so before, where that is another.
    pub(super) fn cause(&mut self, key: &AlertKey, cause: Option<&AlertKey>) -> Option<AlertKey> {
        if self.causes.get(key) == cause {
            return None;
        }
        let before = match cause {
            Some(cause) => {
                self.by_root.entry(cause.clone()).or_default().related.insert(key.clone());
                self.causes.insert(key.clone(), cause.clone())
            }
            None => self.causes.remove(key),
        };
        if let Some(before) = &before {
            if let Some(family) = self.by_root.get_mut(before) {
                family.related.remove(key);
            }
            self.tidy(before);
        }
        before
    }

    /// Those behind an alert.
    pub(super) fn of<'a>(&'a self, root: &str) -> impl Iterator<Item = &'a AlertKey> {
        let family = self.by_root.get(root);
        family.into_iter().flat_map(|family| family.held.iter().chain(&family.related))
    }

    /// Gives an alert what it tells of those behind it; nothing where that is as before.
    pub(super) fn tell(&self, root: &AlertKey, alerts: &mut Alerts, now: Now) -> Option<Again> {
        let none = Family::default();
        let family = self.by_root.get(root).unwrap_or(&none);
        let all = family.held.iter().chain(&family.related).take(DEPENDENTS_NAMED_MAX);
        let names = all.filter_map(|key| alerts.get(key.as_str())).map(kin_name).collect();
        let urgent = most_urgent(family, alerts);
        let alert = alerts.get_mut(root.as_str())?;
        let (held, related) = (count(&family.held), count(&family.related));
        let is_open = alert.phase == Phase::Detected;
        let raised =
            urgent.filter(|_| is_open).and_then(|(breach, by)| raise(alert, &breach, by, now));
        let kin = match &mut alert.kin {
            Some(kin) => kin,
            None if held == 0 && related == 0 => return None,
            none => none.get_or_insert_default(),
        };
        let is_news = (kin.held, kin.related, &kin.names) != (held, related, &names);
        (kin.held, kin.related, kin.names) = (held, related, names);
        let waits = kin.told.filter(|(told, _)| *told != kin.dependents());
        let at = waits.map(|(_, at)| at.tick + DEPENDENTS_TOLD_EVERY).filter(|at| *at > now.tick);
        let change = if raised.is_some() { Change::Turned } else { Change::Below };
        // What is over has been told, or is being told, by its own turn.
        let tells = is_open && (is_news || raised.is_some() || (waits.is_some() && at.is_none()));
        tells.then_some(Again { change, at })
    }

    fn tidy(&mut self, root: &AlertKey) {
        let is_over = |family: &Family| family.held.is_empty() && family.related.is_empty();
        if self.by_root.get(root).is_some_and(is_over) {
            self.by_root.remove(root);
        }
    }
}

fn count(keys: &BTreeSet<AlertKey>) -> u32 {
    u32::try_from(keys.len()).unwrap_or(u32::MAX)
}

/// The most urgent breach among those that an alert holds back.
fn most_urgent(family: &Family, alerts: &Alerts) -> Option<(Breach, AlertKey)> {
    let held = |key: &AlertKey| {
        let alert = alerts.get(key.as_str())?;
        let stage = alert.suppression.parent.as_ref()?.stage;
        (stage == Stage::Held).then_some(alert)
    };
    let held = family.held.iter().filter_map(held);
    let alert = held.min_by_key(|alert| (alert.leading().priority, &alert.key))?;
    Some((alert.leading().clone(), alert.key.clone()))
}

/// What holds a page back has to page itself: it speaks as urgently as what it holds, until its own
/// breach ends.
fn raise(alert: &mut Alert, breach: &Breach, by: AlertKey, now: Now) -> Option<()> {
    let own = alert.leading();
    if own.priority <= breach.priority {
        return None;
    }
    let priority = breach.priority;
    // It ends with the breach of the rule that it lends its urgency to.
    let lent = Breach { priority, since: now.stamp(), ..own.clone() };
    if alert.worst.priority > priority {
        alert.worst = lent.clone();
    }
    alert.breaches.push(lent).ok()?;
    alert.trail.note(Decision::Raised { priority, by }, now.utc);
    Some(())
}
