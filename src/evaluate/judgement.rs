//! What is made of an alert once its rule holds: the machines that look at whole alerts, in one
//! fixed order, after each answer and at each wake-up.
//!
//! Each sets its own cause in [`crate::model::alert::Suppression`] and may touch further alerts.

use alloc::vec::Vec;

use crate::evaluate::dependency::Graph;
use crate::evaluate::{Evaluate, Touched};
use crate::model::alert::AlertKey;
use crate::model::dependency::Dependency;
use crate::model::time::{Now, Wake};

impl Evaluate {
    /// Weighs the alerts that were touched; those that a machine touches beside them join the list.
    pub(super) fn weigh(&mut self, touched: &mut Vec<Touched>, now: Now) {
        self.graph.weigh(&mut self.alerts, touched, now);
        self.weigh_storm(touched, now);
    }

    /// Does what is due; the alerts that were touched by it. Spurious calls are no-ops.
    pub fn wake(&mut self, now: Now) -> Vec<Touched> {
        let mut touched = self.end_hours(now);
        touched.extend(self.end_delays(now.tick));
        self.weigh(&mut touched, now);
        touched
    }

    /// When it wants to be woken.
    #[must_use]
    pub fn next_wake(&self) -> Option<Wake> {
        let delay = self.delay_over.map(|at| Wake { at, why: "a delay is over" });
        let delay = Wake::earlier(delay, self.calendar.next_wake());
        let delay = Wake::earlier(delay, self.storm.next_wake());
        Wake::earlier(delay, self.graph.next_wake())
    }

    /// Puts the alerts that were remembered where they stand in the dependency graph.
    pub fn depend(&mut self, dependencies: &[Dependency], now: Now) {
        self.graph = Graph::new(dependencies, &mut self.alerts, now);
    }

    /// The open alerts that another one holds back, or that it may have caused.
    pub fn dependents<'a>(&'a self, root: &str) -> impl Iterator<Item = &'a AlertKey> {
        self.graph.dependents(root)
    }
}
