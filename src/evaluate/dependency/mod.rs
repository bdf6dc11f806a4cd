//! One outage, one incident: what depends on something in trouble is held back and listed there.
//!
//! A child that begins waits a moment for its parent. While a parent is in trouble, its children
//! are held, those that were told before it among them, and the topmost alert speaks for all of
//! them. After its end they stay held for a while; those that are still bad then are told.
//!
//! # Promises
//! - `a_child_that_begins_waits_for_its_parent`: and is told if none comes.
//! - `a_parent_takes_in_the_children_that_were_told_before`
//! - `a_child_that_outlives_its_parent_is_freed_after_the_shadow`
//! - `the_topmost_alert_speaks_for_all_below_it`
//! - `a_parent_is_as_urgent_as_what_it_holds`
//! - `an_unsure_parent_holds_nothing`
//! - `a_parent_that_nobody_sees_holds_no_page_for_long`
//! - `a_restart_finds_everything_where_it_was`
//!
//! # Not here
//! What is told of it: that is the dispatch's, by what stands in the alert.

mod families;
mod index;
#[cfg(test)]
mod place_tests;
mod standing;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::evaluate::alerts::Alerts;
use crate::evaluate::{Change, Touched};
use crate::limits::{ALERTS_MAX, BLIND_PARENT_HOLDS, DEPENDENTS_TOLD_EVERY};
use crate::model::alert::{Alert, AlertKey, Decision, Phase};
use crate::model::context::ContextTable;
use crate::model::dependency::{Behind, Dependency, Stage, kin_name};
use crate::model::metric::Metric;
use crate::model::name::SourceName;
use crate::model::time::{Now, Tick, Wake};

use families::Families;
use index::{Index, Places};

/// Every dependency, and the open alerts at its ends.
#[derive(Debug, Default)]
pub(super) struct Graph {
    dependencies: Box<[Dependency]>,
    ends: Box<[Ends]>,
    index: Index,
    /// What the operator wrote of entities, for the labels at the ends.
    context: Rc<ContextTable>,
    /// Where the alerts stand that stand anywhere, looked for once.
    places: BTreeMap<AlertKey, Rc<Places>>,
    /// The newest of them.
    latest: Rc<Places>,
    families: Families,
    /// When to look at which alert again.
    due: BTreeSet<(Tick, AlertKey)>,
    /// Since when a source has been blind.
    blind: BTreeMap<SourceName, Tick>,
}

/// The alerts at the ends of one dependency.
#[derive(Debug, Clone, Default)]
struct Ends {
    /// The open ones, and since when each is.
    parents: BTreeMap<AlertKey, Tick>,
    /// The open ones.
    children: BTreeSet<AlertKey>,
    /// The last parent that has cleared, and when.
    cleared: Option<(AlertKey, Tick)>,
}

/// One look at what has turned.
struct Round<'a> {
    alerts: &'a mut Alerts,
    now: Now,
    /// Alerts whose place is to be judged.
    pending: BTreeSet<AlertKey>,
    /// Alerts for which others may have come or gone.
    roots: BTreeSet<AlertKey>,
    touched: Vec<Touched>,
}

impl Graph {
    /// The graph of a config over the alerts that were remembered.
    pub(super) fn new(
        dependencies: &[Dependency],
        context: Rc<ContextTable>,
        alerts: &mut Alerts,
        now: Now,
    ) -> Self {
        let mut graph = Self {
            dependencies: dependencies.into(),
            ends: dependencies.iter().map(|_| Ends::default()).collect(),
            index: Index::new(dependencies),
            context,
            ..Self::default()
        };
        let keys: Vec<AlertKey> = alerts.iter().map(|alert| alert.key.clone()).collect();
        let mut round = Round::new(alerts, now);
        for key in &keys {
            graph.take_up(key, &mut round);
        }
        graph.settle(&mut round);
        if graph.dependencies.is_empty() {
            graph.due.clear();
        }
        graph
    }

    /// Weighs what was touched, and what is due; what that touches beside it joins the list.
    pub(super) fn weigh(&mut self, alerts: &mut Alerts, touched: &mut Vec<Touched>, now: Now) {
        if self.dependencies.is_empty() {
            return;
        }
        let mut round = Round::new(alerts, now);
        for Touched { key, .. } in touched.iter().filter(|one| one.change == Change::Turned) {
            self.turned(key, &mut round);
        }
        while let Some((at, _)) = self.due.first()
            && *at <= now.tick
            && let Some((_, key)) = self.due.pop_first()
        {
            self.ring(key, &mut round);
        }
        self.settle(&mut round);
        join(touched, round.touched);
    }

    /// When it wants to look again.
    pub(super) fn next_wake(&self) -> Option<Wake> {
        self.due.first().map(|(at, _)| Wake { at: *at, why: "dependency" })
    }

    /// The open alerts that stand behind an alert, or that it may have caused.
    pub(super) fn dependents<'a>(&'a self, root: &str) -> impl Iterator<Item = &'a AlertKey> {
        self.families.of(root)
    }

    /// An alert of before the start.
    fn take_up(&mut self, key: &AlertKey, round: &mut Round<'_>) {
        let Some(alert) = round.alerts.get_mut(key.as_str()) else { return };
        let places = self.index.places(alert, &self.dependencies, &self.context);
        let is_held = alert.suppression.parent.is_some();
        if places.is_empty() {
            // Its dependency has left the file.
            alert.suppression.parent = None;
            (alert.entered, alert.kin) = (None, None);
        }
        if let Some(root) = alert.suppression.parent.as_ref().and_then(|behind| behind.root.clone())
        {
            self.families.hold(&root, key);
            round.roots.insert(root);
        }
        if is_held {
            // Most are settled by their next sample; what only pushes may have none for days.
            self.due.insert((round.now.tick + DEPENDENTS_TOLD_EVERY, key.clone()));
        }
        self.note_blind(round.alerts.get(key.as_str()), &mut round.pending, round.now);
        self.enter(key, &Rc::new(places), round);
    }

    /// A rule of an alert began to hold or has cleared.
    fn turned(&mut self, key: &AlertKey, round: &mut Round<'_>) {
        let Some(alert) = round.alerts.get(key.as_str()) else { return };
        self.note_blind(Some(alert), &mut round.pending, round.now);
        // It may have become more urgent.
        let behind = alert.suppression.parent.as_ref();
        round.roots.extend(behind.and_then(|behind| behind.root.clone()));
        let places = match self.places.get(key) {
            Some(places) => Rc::clone(places),
            None => {
                let places = self.index.places(alert, &self.dependencies, &self.context);
                // Alerts of one entity come one after another and stand in the same places.
                if *self.latest != places {
                    self.latest = Rc::new(places);
                }
                Rc::clone(&self.latest)
            }
        };
        if self.enter(key, &places, round) == Entered::Anew
            && let Some(alert) = round.alerts.get_mut(key.as_str())
        {
            (alert.entered, alert.kin) = (Some(round.now.tick), None);
        }
    }

    /// Puts an alert where it belongs, or takes it away once it is resolved.
    fn enter(&mut self, key: &AlertKey, places: &Rc<Places>, round: &mut Round<'_>) -> Entered {
        let Some(alert) = round.alerts.get(key.as_str()) else { return Entered::Before };
        if places.is_empty() {
            return Entered::Before;
        }
        self.remember(key, places, round.alerts);
        round.pending.insert(key.clone());
        round.roots.insert(key.clone());
        let mut entered = Entered::Before;
        for at in &places.child_of {
            let Some(ends) = self.ends.get_mut(*at) else { continue };
            if alert.phase == Phase::Resolved {
                ends.children.remove(key);
            } else if ends.children.insert(key.clone()) {
                entered = Entered::Anew;
            }
        }
        for at in &places.parent_of {
            let Some(ends) = self.ends.get_mut(*at) else { continue };
            if let Some(cleared) = alert.cleared {
                ends.parents.remove(key);
                if ends.cleared.as_ref().is_none_or(|(_, at)| *at < cleared.tick) {
                    ends.cleared = Some((key.clone(), cleared.tick));
                    round.pending.extend(ends.children.iter().cloned());
                }
            } else if ends.parents.insert(key.clone(), alert.first_breach.tick).is_none() {
                entered = Entered::Anew;
                round.pending.extend(ends.children.iter().cloned());
            }
        }
        entered
    }

    /// Something is due about an alert.
    fn ring(&self, key: AlertKey, round: &mut Round<'_>) {
        if let Some(alert) = round.alerts.get(key.as_str()) {
            if alert.metric == Metric::DATA_AGE {
                self.look_below(&alert.source, &mut round.pending);
            }
            let outlived = alert.kin.as_ref().is_some_and(|kin| kin.outlived.is_some());
            if alert.phase == Phase::Detected && outlived {
                // What was freed while the hub was away is settled at the latest now.
                round.touch(&key, Change::Lasts);
            }
        }
        round.roots.insert(key.clone());
        round.pending.insert(key);
    }

    /// Judges what is pending, from parents to children, and tells the roots what they hold.
    fn settle(&mut self, round: &mut Round<'_>) {
        while let Some(key) = round.pending.pop_first() {
            self.judge(&key, round);
        }
        for root in core::mem::take(&mut round.roots) {
            if let Some(again) = self.families.tell(&root, round.alerts, round.now) {
                round.touch(&root, again.change);
                self.due.extend(again.at.map(|at| (at, root)));
            }
        }
    }

    /// Finds out what stands above an alert.
    fn judge(&mut self, key: &AlertKey, round: &mut Round<'_>) {
        let (Some(places), Some(alert)) = (self.places.get(key), round.alerts.get(key.as_str()))
        else {
            return;
        };
        let places = Rc::clone(places);
        let (mut after, mut cause) = (None, None);
        if alert.phase == Phase::Detected {
            after = self.stands_behind(alert, &places, round);
            cause = self.cause(&places, round.alerts);
        }
        if let Some((_, until)) = &after {
            self.due.extend(until.map(|at| (at, key.clone())));
        }
        let after = after.map(|(behind, _)| behind);
        let before = self.families.cause(key, cause.as_ref().map(|(root, _)| root));
        round.roots.extend(before.into_iter().chain(cause.as_ref().map(|(root, _)| root.clone())));
        let Some(alert) = round.alerts.get_mut(key.as_str()) else { return };
        match (cause, &mut alert.kin) {
            (Some((_, name)), kin) => kin.get_or_insert_default().cause = Some(name),
            (None, Some(kin)) => kin.cause = None,
            (None, None) => {}
        }
        if is_same(alert.suppression.parent.as_deref(), after.as_ref()) {
            return;
        }
        let outlived = note(alert, after.as_ref(), round.now);
        let since = alert.suppression.parent.as_ref().map(|behind| behind.since);
        let before = alert.suppression.parent.take().and_then(|behind| behind.root);
        alert.suppression.parent =
            after.map(|behind| Box::new(Behind { since: since.unwrap_or(behind.since), ..behind }));
        let root = alert.suppression.parent.as_ref().and_then(|behind| behind.root.clone());
        if let Some(outlived) = outlived {
            let name = round.alerts.get(outlived.as_str()).map(kin_name);
            if let Some(alert) = round.alerts.get_mut(key.as_str()) {
                let kin = alert.kin.get_or_insert_default();
                (kin.outlived, kin.freed) = (name, Some(round.now.stamp()));
            }
        }
        if let Some(before) = before {
            self.families.free(&before, key);
            round.roots.insert(before);
        }
        if let Some(root) = root {
            self.families.hold(&root, key);
            round.roots.insert(root);
        }
        round.touch(key, Change::Turned);
        let below = places.parent_of.iter().filter_map(|at| self.ends.get(*at));
        round.pending.extend(below.flat_map(|ends| ends.children.iter().cloned()));
    }

    /// Notes whether the source that an alert is about is blind.
    fn note_blind(&mut self, alert: Option<&Alert>, pending: &mut BTreeSet<AlertKey>, now: Now) {
        let Some(alert) = alert.filter(|alert| alert.metric == Metric::DATA_AGE) else { return };
        if alert.phase == Phase::Detected {
            let since = *self.blind.entry(alert.source.clone()).or_insert(now.tick);
            self.due.insert((since + BLIND_PARENT_HOLDS, alert.key.clone()));
        } else if self.blind.remove(&alert.source).is_some() {
            self.look_below(&alert.source, pending);
        }
    }

    /// The children of every parent at a source are judged again.
    fn look_below(&self, source: &SourceName, pending: &mut BTreeSet<AlertKey>) {
        let of_source =
            |(dependency, _): &(&Dependency, &Ends)| dependency.parent.source == *source;
        for (_, ends) in self.dependencies.iter().zip(&self.ends).filter(of_source) {
            pending.extend(ends.children.iter().cloned());
        }
    }

    fn remember(&mut self, key: &AlertKey, places: &Rc<Places>, alerts: &Alerts) {
        if self.places.contains_key(key) {
            return;
        }
        if self.places.len() >= ALERTS_MAX {
            self.places.retain(|key, _| alerts.get(key.as_str()).is_some());
        }
        self.places.insert(key.clone(), Rc::clone(places));
    }
}

/// Whether an alert has just come to its places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entered {
    Before,
    Anew,
}

impl<'a> Round<'a> {
    fn new(alerts: &'a mut Alerts, now: Now) -> Self {
        let (pending, roots) = (BTreeSet::new(), BTreeSet::new());
        Self { alerts, now, pending, roots, touched: Vec::new() }
    }

    fn touch(&mut self, key: &AlertKey, change: Change) {
        self.touched.push(Touched { key: key.clone(), change });
    }
}

/// Whether nothing has changed, the moment left aside.
fn is_same(before: Option<&Behind>, after: Option<&Behind>) -> bool {
    let what = |behind: &'_ Behind| (behind.stage, behind.root.clone(), behind.dependency.clone());
    before.map(what) == after.map(what)
}

/// Notes on the trail who speaks for an alert, or that nobody does any more; what it outlived.
fn note(alert: &mut Alert, after: Option<&Behind>, now: Now) -> Option<AlertKey> {
    let before = alert.suppression.parent.as_deref();
    let was_held =
        before.and_then(|behind| Some((behind.root.clone()?, behind.dependency.clone())));
    let is_held = after.filter(|behind| behind.stage != Stage::Waits);
    if let Some(Behind { root: Some(root), dependency, .. }) = is_held {
        if was_held.as_ref().map(|(root, _)| root) != Some(root) {
            let (root, dependency) = (root.clone(), dependency.clone());
            alert.trail.note(Decision::Explained { root, dependency }, now.utc);
        }
        return None;
    }
    let (root, dependency) = was_held.filter(|_| alert.phase == Phase::Detected)?;
    alert.trail.note(Decision::Outlived { root: root.clone(), dependency }, now.utc);
    Some(root)
}

/// Adds what was touched to a list that may have some of it.
fn join(touched: &mut Vec<Touched>, further: Vec<Touched>) {
    if further.is_empty() {
        return;
    }
    let mut at: BTreeMap<AlertKey, usize> =
        touched.iter().enumerate().map(|(at, one)| (one.key.clone(), at)).collect();
    for one in further {
        match at.get(&one.key).and_then(|at| touched.get_mut(*at)) {
            Some(known) => known.change = known.change.max(one.change),
            None => {
                at.insert(one.key.clone(), touched.len());
                touched.push(one);
            }
        }
    }
}
