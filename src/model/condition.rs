//! What a rule asks for beside its own threshold: further conditions, and enough traffic to judge
//! by.

use alloc::boxed::Box;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::model::metric::Metric;
use crate::model::rule::Operator;

/// One more condition of a rule, on the same entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// With which others it counts.
    pub group: Group,
    /// What is compared.
    pub metric: Metric,
    /// How.
    pub operator: Operator,
    /// With what, in the metric's unit.
    pub value: f64,
    /// Hysteresis: the share of the value, in percent, that being clearly false needs.
    pub margin_percent: f64,
    /// Hysteresis: the least margin, in the metric's unit.
    pub margin_value: f64,
}

/// With which others a condition counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// It must hold, whatever the others do.
    All,
    /// It or another of this group must hold.
    Any,
}

/// The traffic without which a rule's number means nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Volume {
    /// What counts as traffic.
    pub metric: Metric,
    /// The least of it, in its unit.
    pub least: f64,
}

/// Why a breach ended without a value past its boundary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lapse {
    /// The business hours of its rule are over; their name.
    OutsideHours(Box<str>),
    /// For long there has been too little traffic to judge by.
    LowVolume,
    /// Another condition of its rule no longer holds; as it is written.
    Condition(Box<str>),
    /// Somebody said that it is over; who.
    ByHand(Box<str>),
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.metric.unit().show(self.value);
        write!(f, "{} {} {value}", self.metric.short(), self.operator)
    }
}

impl fmt::Display for Lapse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutsideHours(name) => write!(f, "outside of the hours \"{name}\""),
            Self::LowVolume => f.write_str("too little traffic to judge by, for long"),
            Self::ByHand(by) => write!(f, "said to be over by {by}"),
            Self::Condition(condition) => write!(f, "no longer {condition}"),
        }
    }
}
