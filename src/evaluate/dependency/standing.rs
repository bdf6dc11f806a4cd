//! What stands above an alert: a parent in trouble, one that has just cleared, or one that may be
//! about to fail.

use alloc::boxed::Box;

use crate::evaluate::alerts::Alerts;
use crate::evaluate::dependency::index::Places;
use crate::evaluate::dependency::{Ends, Graph, Round};
use crate::limits::BLIND_PARENT_HOLDS;
use crate::model::alert::{Alert, AlertKey};
use crate::model::dependency::{Behind, Dependency, Stage, Tie, kin_name};
use crate::model::rule::Priority;
use crate::model::time::Tick;

impl Graph {
    /// What holds an alert back, and when to look again.
    pub(super) fn stands_behind(
        &self,
        alert: &Alert,
        places: &Places,
        round: &Round<'_>,
    ) -> Option<(Behind, Option<Tick>)> {
        let now = round.now.tick;
        let behind = |stage, root, dependency: &Dependency| Behind {
            stage,
            root,
            dependency: dependency.origin.clone(),
            since: round.now.stamp(),
        };
        let sure = || self.at(places).filter(|(dependency, _)| dependency.tie == Tie::Sure);
        let end =
            |dependency: &Dependency, since: Tick| dependency.cooldown.map(|span| since + span);
        let oldest = sure()
            .flat_map(|(dependency, ends)| ends.parents.iter().map(move |one| (one, dependency)))
            .filter(|((_, since), dependency)| end(dependency, **since).is_none_or(|end| end > now))
            .filter(|((parent, _), _)| self.is_believed(parent, alert, round))
            .min_by_key(|((parent, since), _)| (**since, *parent));
        if let Some(((parent, since), dependency)) = oldest {
            let root = Some(topmost(parent, round.alerts));
            return Some((behind(Stage::Held, root, dependency), end(dependency, *since)));
        }
        let shadow = |(dependency, ends): (&Dependency, &'_ Ends)| {
            let (root, at) = ends.cleared.clone().filter(|_| ends.parents.is_empty())?;
            let until = at + dependency.shadow;
            (until > now).then(|| (until, behind(Stage::Shadow, Some(root), dependency)))
        };
        if let Some((until, behind)) = sure().filter_map(shadow).max_by_key(|(until, _)| *until) {
            return Some((behind, Some(until)));
        }
        let entered = alert.entered?;
        let waits = sure().filter(|(_, ends)| ends.parents.is_empty());
        let waits = waits.map(|(dependency, _)| (entered + dependency.hold_child, dependency));
        let (until, dependency) = waits.max_by_key(|(until, _)| *until)?;
        (until > now).then(|| (behind(Stage::Waits, None, dependency), Some(until)))
    }

    /// What may have caused an alert.
    pub(super) fn cause(&self, places: &Places, alerts: &Alerts) -> Option<(AlertKey, Box<str>)> {
        let unsure = self.at(places).filter(|(dependency, _)| dependency.tie == Tie::Unsure);
        let parents = unsure.flat_map(|(_, ends)| &ends.parents);
        let (parent, _) = parents.min_by_key(|(parent, since)| (**since, *parent))?;
        let root = topmost(parent, alerts);
        let name = kin_name(alerts.get(root.as_str())?);
        Some((root, name))
    }

    fn at<'a>(&'a self, places: &'a Places) -> impl Iterator<Item = (&'a Dependency, &'a Ends)> {
        let at = |at: &usize| Some((self.dependencies.get(*at)?, self.ends.get(*at)?));
        places.child_of.iter().filter_map(at)
    }

    /// Whether a parent is known well enough to hold this alert back.
    fn is_believed(&self, parent: &AlertKey, child: &Alert, round: &Round<'_>) -> bool {
        let source = round.alerts.get(parent.as_str()).map(|parent| &parent.source);
        let since = source.and_then(|source| self.blind.get(source));
        let long = since.is_some_and(|since| round.now.tick - *since >= BLIND_PARENT_HOLDS);
        !long || child.leading().priority != Priority::P1
    }
}

/// The alert that speaks for a parent and its children.
fn topmost(parent: &AlertKey, alerts: &Alerts) -> AlertKey {
    let behind = alerts.get(parent.as_str()).and_then(|alert| alert.suppression.parent.as_ref());
    let above = behind.filter(|behind| behind.stage == Stage::Held);
    above.and_then(|behind| behind.root.as_ref()).unwrap_or(parent).clone()
}
