//! What a target calls an alert that it was told of: found again by the next notice, a read-back
//! and whoever acknowledges there.

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use crate::model::alert::AlertKey;
use crate::model::name::TargetName;

/// What a target calls an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Which alert.
    pub alert: AlertKey,
    /// Who was told.
    pub target: TargetName,
    /// In the target's own words: Slack's channel and `ts`, ServiceNow's `sys_id`.
    pub reference: Box<str>,
}
