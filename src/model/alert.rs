//! The lasting record of one problem: its identity, its episode, and the trail of what was decided.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::borrow::Borrow;
use core::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::limits::{ALERT_BREACHES_MAX, ALERT_CONTEXT_MAX};
use crate::model::business::Business;
use crate::model::condition::Lapse;
use crate::model::dependency::Kin;
use crate::model::few::Few;
use crate::model::flap::Flap;
use crate::model::hand::Hand;
use crate::model::metric::Metric;
use crate::model::name::{EntityId, SourceName};
use crate::model::notice::{Hold, Reason};
use crate::model::rule::{Operator, Priority, Severity};
use crate::model::thread::Correction;
use crate::model::time::{Stamp, Tick, UtcMs};
use crate::model::totals::Totals;

pub use crate::model::trail::Trail;

pub use crate::model::suppression::{Causes, Suppression};

/// The identity of an alert: short, stable, readable, `cxone-prod:tier-2:calls_waiting:9f3a61c2`.
///
/// The last part is a hash of source, platform, metric and entity (guide 1, section 3). Priority is
/// no part of it, so P2 rising to P1 is the same incident growing worse.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AlertKey(Arc<str>);

/// Guide 1's phases of an alert, as far as they occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// A breach holds.
    Detected,
    /// Every breach has cleared.
    Resolved,
}

/// One rule that holds for the alert's metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Breach {
    /// Where the rule stands in the config file.
    pub rule: Arc<str>,
    /// How urgent it is.
    pub priority: Priority,
    /// How the value was compared.
    pub operator: Operator,
    /// With what, after scaling, in the metric's unit.
    pub threshold: f64,
    /// From the rule: no second notice within this time.
    pub cooldown_seconds: u32,
    /// From the rule: the age at which the breach is escalated.
    pub escalation_threshold_seconds: u32,
    /// When this rule began to hold: the first sample in breach.
    pub since: Stamp,
    /// Whether the value is clear, and the off-delay runs. A restart begins that anew, so the
    /// ledger does not keep it.
    #[serde(skip)]
    pub clearing: bool,
}

/// The lasting record of one problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Its identity.
    pub key: AlertKey,
    /// The tenant.
    pub source: SourceName,
    /// The platform.
    pub platform: Arc<str>,
    /// The queue, trunk, ... as the platform identifies it.
    pub entity: EntityId,
    /// As people call it; the identifier where the platform gives no name.
    pub entity_name: Arc<str>,
    /// What is in trouble.
    pub metric: Metric,
    /// Where it is in its life.
    pub phase: Phase,
    /// Counts the episodes of this key, from 1.
    pub episode: u32,
    /// The first breach of the episode.
    pub first_breach: Stamp,
    /// The newest sample in breach.
    pub last_breach: Stamp,
    /// When the episode ended, while [`Phase::Resolved`].
    pub cleared: Option<Stamp>,
    /// The value of the newest sample, in the metric's unit; no number where nobody knows it.
    pub value: f64,
    /// The rules that hold. Empty once resolved.
    pub breaches: Few<Breach, ALERT_BREACHES_MAX>,
    /// The breach that was, or is, the most urgent of the episode: what a recovery speaks of.
    pub worst: Breach,
    /// The other metrics of the entity in the same answer.
    pub context: Few<(Metric, f64), ALERT_CONTEXT_MAX>,
    /// The platform's own page about the entity.
    pub monitoring_url: Option<Box<str>>,
    /// What the entity means to the business; nothing where the config names no place to ask.
    pub business: Option<Box<Business>>,
    /// In words what the numbers do not say: why a source is blind, what a storm is made of.
    pub detail: Option<Box<str>>,
    /// Why nobody hears of it, if so.
    pub suppression: Suppression,
    /// When it became an alert that stands in the dependency graph: what a child waits from.
    pub entered: Option<Tick>,
    /// What it has to do with others by the dependency graph.
    pub kin: Option<Box<Kin>>,
    /// Who has it in hand.
    pub hand: Option<Box<Hand>>,
    /// How restless it is.
    pub flap: Flap,
    /// What the episode comes to.
    pub totals: Totals,
    /// From the rule that opened it: how long a reopening may be untold since the last notice.
    pub max_quiet_seconds: u32,
    /// The decisions about it, oldest first.
    pub trail: Trail,
}

/// One decision about an alert, for `explain`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// When; of a repeated decision, the last time.
    pub at: UtcMs,
    /// How often in a row.
    pub times: u32,
    /// What was decided.
    pub what: Decision,
}

/// What can be decided about an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Decision {
    /// A rule began to hold.
    Breached {
        /// Its priority.
        priority: Priority,
        /// Where it stands in the config file.
        rule: Arc<str>,
        /// The value that broke it.
        value: f64,
        /// The threshold at that moment.
        threshold: f64,
    },
    /// A rule stopped holding: the value is past the threshold by the margin.
    Cleared {
        /// Its priority.
        priority: Priority,
        /// The value that cleared it.
        value: f64,
        /// What the value had to pass, margin included.
        boundary: f64,
    },
    /// A notice was made.
    Told {
        /// Why.
        reason: Reason,
        /// For whom: the names of the targets.
        targets: Box<str>,
    },
    /// A notice was not made.
    Held {
        /// About which priority.
        priority: Priority,
        /// Why not.
        hold: Hold,
    },
    /// A target took a notice.
    Delivered {
        /// Which target.
        target: Box<str>,
        /// Which notice.
        reason: Reason,
    },
    /// A target will not take a notice; it is a dead letter.
    Undeliverable {
        /// Which target.
        target: Box<str>,
        /// What it said.
        why: Box<str>,
    },
    /// The hub started again and took the alert up where it was.
    Restored,
    /// The rule, or what it watched, has left the config file.
    Unwatched,
    /// Another alert speaks for it.
    Explained {
        /// Which.
        root: AlertKey,
        /// Where the dependency stands in the config file.
        dependency: Arc<str>,
    },
    /// What explained it is over, and it is not.
    Outlived {
        /// What that was.
        root: AlertKey,
        /// Where the dependency stands in the config file.
        dependency: Arc<str>,
    },
    /// It is as urgent as the most urgent alert that it holds back.
    Raised {
        /// How urgent.
        priority: Priority,
        /// By which alert.
        by: AlertKey,
    },
    /// An event came after a newer one, and changed nothing.
    Late {
        /// When it happened, by its sender's clock.
        of: UtcMs,
        /// What it said, in the metric's unit.
        value: f64,
    },
    /// A breach ended without a value past its boundary.
    Lapsed(Priority, Lapse),
    /// It opened again so soon that it is the same problem.
    Reopened,
    /// Somebody has it in hand.
    Acknowledged {
        /// Who.
        by: Box<str>,
        /// Where they said so.
        via: Box<str>,
    },
    /// Nobody hears of it for a while.
    Muted {
        /// What mutes it, in words.
        by: Box<str>,
        /// Until when.
        until: UtcMs,
    },
    /// That is over.
    Unmuted {
        /// What muted it, in words.
        by: Box<str>,
    },
    /// Nobody has it in hand any more: by their word, or since nobody said so again in time.
    Unacknowledged {
        /// Whose word, or why.
        by: Box<str>,
    },
    /// What waited for a target, and had never been sent, became one notice or none.
    Collapsed {
        /// Which target.
        target: Box<str>,
        /// Which notice is left; none where it would have paged for what is over.
        into: Option<Reason>,
    },
    /// A target did not take a notice, so that another is told.
    FellBack {
        /// Who did not.
        from: Box<str>,
        /// Who is.
        to: Box<str>,
        /// Which notice.
        reason: Reason,
    },
    /// A target took a notice in the stead of another.
    StoodIn {
        /// Which target.
        target: Box<str>,
        /// Which notice.
        reason: Reason,
        /// Who had not taken it.
        instead_of: Box<str>,
    },
    /// A dead letter is sent again, by order.
    Retried {
        /// To whom.
        target: Box<str>,
    },
    /// A target said something else of it, which was set right or left.
    Corrected {
        /// Which target.
        target: Box<str>,
        /// What was found and done.
        what: Correction,
    },
}

impl AlertKey {
    /// The key of an entity's metric at a source.
    #[must_use]
    pub fn of(source: &SourceName, platform: &str, metric: Metric, entity: &EntityId) -> Self {
        let mut hash = Sha256::new();
        for part in [source.as_str(), platform, metric.name(), entity.as_str()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let hash = hash.finalize();
        let mut key = format!("{source}:{}:{}:", slug(entity.as_str()), metric.short());
        for byte in hash.iter().take(4) {
            key.push_str(&format!("{byte:02x}"));
        }
        Self(key.into())
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A readable part for the key: letters and digits, at most 24 of them; the hash tells twins apart.
fn slug(text: &str) -> String {
    let mapped =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let slug: String = mapped.take(24).collect();
    slug.trim_matches('-').into()
}

impl Alert {
    /// The breach that speaks for the alert: the most urgent that holds, else the worst there was.
    #[must_use]
    pub fn leading(&self) -> &Breach {
        self.breaches.iter().min_by_key(|breach| breach.priority).unwrap_or(&self.worst)
    }

    /// Whether it is open, the config names places to ask, and none has told what it means.
    #[must_use]
    pub fn is_unmapped(&self) -> bool {
        let unmapped = self.business.as_ref().is_some_and(|business| !business.is_mapped());
        unmapped && self.phase == Phase::Detected
    }

    /// Guide 1's word for where it is in its life: an open alert of which nobody hears is
    /// `suppressed`.
    #[must_use]
    pub fn phase_shown(&self) -> &'static str {
        match self.phase {
            Phase::Detected if self.suppression.hold().is_some() => "suppressed",
            Phase::Detected if self.hand.is_some() => "acknowledged",
            Phase::Detected => "detected",
            Phase::Resolved => "resolved",
        }
    }

    /// How bad the alert is, escalation left aside.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.leading().priority.severity()
    }
}

impl Borrow<str> for AlertKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AlertKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_readable_and_its_hash_tells_twins_apart() {
        let source = SourceName::new("cxone-prod").unwrap();
        let metric = Metric::find("calls_waiting").unwrap();
        let key = |entity: &str| {
            AlertKey::of(&source, "nice-cxone", metric, &EntityId::new(entity).unwrap())
        };
        assert!(key("Tier 2").as_str().starts_with("cxone-prod:tier-2:calls_waiting:"));
        assert_ne!(key("Tier 2"), key("Tier-2"));
        assert_eq!(key("Tier 2"), key("Tier 2"));
    }
}
