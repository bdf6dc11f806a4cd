//! What comes of settling an alert: what to tell, and what was held back.

use alloc::vec::Vec;

use crate::model::alert::{Alert, Decision};
use crate::model::name::TargetName;
use crate::model::notice::{AlertFacts, Hold, Reason};
use crate::model::rule::Priority;
use crate::model::time::{Now, Tick};

/// One thing to tell several targets.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Order {
    pub(super) reason: Reason,
    pub(super) targets: Vec<TargetName>,
    pub(super) facts: AlertFacts,
}

/// What comes of settling an alert.
#[derive(Debug, Default)]
pub(super) struct Settlement {
    /// What to tell.
    pub(super) orders: Vec<Order>,
    /// What was held back.
    pub(super) held: Vec<(Priority, Hold)>,
    /// The priorities whose record has changed in a way that has to outlive a power cut.
    pub(super) changed: Vec<Priority>,
    /// When a quiet time is over that holds back what nobody has heard of.
    pub(super) quiet_until: Option<Tick>,
}

/// What settling did to an alert's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Somebody is told, or will be in the digest: the alert has to be written.
    Told,
    /// Nobody is.
    Quiet,
}

impl Settlement {
    /// Notes on the alert's trail what has been decided.
    pub(super) fn note(&self, alert: &mut Alert, now: Now) {
        // What stands in the dependency graph may have others behind it later.
        if !self.orders.is_empty() && (alert.entered.is_some() || alert.kin.is_some()) {
            let kin = alert.kin.get_or_insert_default();
            kin.told = Some((kin.dependents(), now.stamp()));
        }
        for &(priority, hold) in &self.held {
            alert.trail.note(Decision::Held { priority, hold }, now.utc);
        }
        for order in &self.orders {
            let names: Vec<&str> = order.targets.iter().map(TargetName::as_str).collect();
            let told = Decision::Told { reason: order.reason, targets: names.join(", ").into() };
            alert.trail.note(told, now.utc);
        }
    }
}
