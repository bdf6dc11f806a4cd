//! What is made of an alert once its rule holds: the machines that look at whole alerts, in one
//! fixed order, after each answer and at each wake-up.
//!
//! Each sets its own cause in [`crate::model::alert::Suppression`] and may touch further alerts.

use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::evaluate::dependency::Graph;
use crate::evaluate::flap::{self, Looked};
use crate::evaluate::{Change, Evaluate, Touched};
use crate::model::alert::{Alert, AlertKey};
use crate::model::dependency::Dependency;
use crate::model::time::{Now, Wake};

impl Evaluate {
    /// Weighs the alerts that were touched; those that a machine touches beside them join the list.
    pub(super) fn weigh(&mut self, touched: &mut Vec<Touched>, now: Now) {
        for Touched { key, change } in touched.iter_mut() {
            if self.weigh_flapping(key, now) == Looked::Released {
                *change = Change::Turned;
            }
        }
        self.graph.weigh(&mut self.alerts, touched, now);
        self.weigh_mutes(touched, now);
        self.weigh_storm(touched, now);
    }

    /// Does what is due; the alerts that were touched by it. Spurious calls are no-ops.
    pub fn wake(&mut self, now: Now) -> Vec<Touched> {
        let mut touched = self.end_hours(now);
        let released = self.alerts.flapping.iter().filter(|(_, release)| **release <= now.tick);
        for (key, _) in released {
            if touched.iter().all(|touched| touched.key != *key) {
                touched.push(Touched { key: key.clone(), change: Change::Turned });
            }
        }
        self.weigh(&mut touched, now);
        touched
    }

    /// When it wants to be woken.
    #[must_use]
    pub fn next_wake(&self) -> Option<Wake> {
        let release = self.alerts.flapping.values().min();
        let release = release.map(|at| Wake { at: *at, why: "an unstable alert settles" });
        let others = Wake::earlier(self.storm.next_wake(), self.graph.next_wake());
        let others = Wake::earlier(others, self.next_look());
        Wake::earlier(Wake::earlier(self.calendar.next_wake(), release), others)
    }

    /// Puts the alerts that were remembered where they stand in the dependency graph.
    pub fn depend(&mut self, dependencies: &[Dependency], now: Now) {
        let is_held = |alert: &&Alert| alert.suppression.parent.is_some();
        let held = self.alerts.iter().filter(is_held).map(|alert| alert.key.clone());
        self.storm.expect_untold(held.collect());
        let context = Rc::clone(&self.context);
        self.graph = Graph::new(dependencies, context, &mut self.alerts, now);
    }

    /// The open alerts that another one holds back, or that it may have caused.
    pub fn dependents<'a>(&'a self, root: &str) -> impl Iterator<Item = &'a AlertKey> {
        self.graph.dependents(root)
    }

    fn weigh_flapping(&mut self, key: &AlertKey, now: Now) -> Looked {
        let Some(alert) = self.alerts.get_mut(key.as_str()) else {
            self.alerts.flapping.remove(key);
            return Looked::AsItWas;
        };
        let (looked, release) = (flap::look(alert, now.stamp()), alert.flap.release);
        match release {
            Some(release) => drop(self.alerts.flapping.insert(key.clone(), release)),
            None => drop(self.alerts.flapping.remove(key)),
        }
        looked
    }
}
