//! What senders push in a world: when it happened by their clock, how often they try, and what is
//! wrong with it.
//!
//! Parcels come as plans have them: in any order, again under the same id, forged, unreadable, from
//! senders whose clock is wrong. A sender that tries again does so with the same bytes.

use alloc::collections::BTreeSet;

use andon::model::rng::Rng;
use andon::model::time::Span;

use crate::sights::{METRICS, Numbers, SEVERITY};
use crate::site::BEGIN;
use crate::swarm::level::Level;
use crate::swarm::plan::{Act, Dice, Timed};

/// One thing that a sender says.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) id: usize,
    pub(crate) about: About,
    /// Since the world began, by the sender's clock.
    pub(crate) happened: Span,
    /// Whether it comes from somebody who does not know the secret.
    pub(crate) is_forged: bool,
}

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// A number that is polled, too.
    Queue { queue: usize, level: Level, value: u16 },
    /// The sender's own judgement, see [`WORDS`].
    Trunk { trunk: usize, severity: u16 },
    /// Nothing that anybody could read.
    Nothing,
}

/// Trunks that anybody speaks of.
const TRUNKS: usize = 2;

/// What the severities from nought to four are called.
const WORDS: [&str; 5] = ["resolved", "low", "medium", "high", "critical"];

/// The names of [`METRICS`] in the guides' events.
const KINDS: [&str; METRICS.len()] = [
    "routing.queue.calls_waiting",
    "routing.queue.longest_wait",
    "",
    "routing.queue.agents_available",
    "telephony.trunk.event",
];

/// The trunks as entities.
pub(crate) fn trunks() -> impl Iterator<Item = String> {
    (0..TRUNKS).map(|trunk| About::Trunk { trunk, severity: 0 }.entity())
}

impl About {
    /// The entity's identifier.
    pub(crate) fn entity(self) -> String {
        match self {
            Self::Queue { .. } | Self::Nothing => self.name(),
            Self::Trunk { .. } => format!("{}/{}", KINDS[SEVERITY], self.name()),
        }
    }

    /// Which metric it is about, and the number.
    pub(crate) fn number(self) -> (usize, u16) {
        match self {
            Self::Queue { level, value, .. } => (level.metric(), value),
            Self::Trunk { severity, .. } => (SEVERITY, severity),
            Self::Nothing => (0, 0),
        }
    }

    /// As the model reads it.
    pub(crate) fn numbers(self) -> Numbers {
        let (metric, value) = self.number();
        let mut numbers = Numbers::default();
        numbers[metric] = Some(value.into());
        numbers
    }

    fn name(self) -> String {
        match self {
            Self::Queue { queue, .. } => format!("tier-{}", queue + 1),
            Self::Trunk { trunk, .. } => format!("trunk-{}", trunk + 1),
            Self::Nothing => String::new(),
        }
    }
}

impl Parcel {
    /// Its bytes, if it happened at a moment.
    pub(crate) fn body(&self, happened: Span) -> String {
        let (metric, value) = self.about.number();
        let (kind, name) = (KINDS[metric], self.about.name());
        let severity = if metric == SEVERITY { WORDS[usize::from(value)] } else { "high" };
        let timestamp = (BEGIN + happened).rfc3339();
        match self.about {
            About::Nothing if self.id.is_multiple_of(2) => "severity=critical".into(),
            About::Nothing => format!(r#"{{"alert_key": "k", "timestamp": "{timestamp}"}}"#),
            About::Queue { .. } | About::Trunk { .. } => format!(
                r#"{{"alert_key": "k", "metric_type": "{kind}", "entity_id": "{name}",
                    "entity_name": "{name}", "current_value": {value}, "severity": "{severity}",
                    "timestamp": "{timestamp}"}}"#
            ),
        }
    }
}

/// What is pushed in a world. It has dice of its own, so that a seed means the same without it.
pub(crate) fn acts(seed: u64, queues: usize, hours: usize, lasts: Span) -> Vec<Timed> {
    let mut dice = Dice(Rng::new(seed ^ 0x0070_7573_6864_6f6f));
    let mut acts = Vec::new();
    let mut taken = BTreeSet::new();
    if dice.one_in(2) {
        return acts;
    }
    let parcels = hours * dice.between(1, 8);
    for id in 0..parcels {
        let began = dice.span(Span::secs(30), lasts);
        let fault = dice.of(&[0, 0, 0, 0, 0, 0, -600, 600, 260_000]);
        // No two are of one moment, nor of the end of a bucket: what comes first is never moot.
        let minute = Span::secs((began + Span::secs(fault)).whole_secs() / 60 * 60);
        let second = (1..60).filter(|second| second % 10 != 0);
        let mut free = second.map(|second| minute + Span::secs(second));
        let Some(happened) = free.find(|at| taken.insert(*at)) else { continue };
        let about = if dice.one_in(8) { About::Nothing } else { dice.about(queues) };
        let parcel = Parcel { id, about, happened, is_forged: false };
        let most = dice.of(&[0, 1, 5, 30, 600]);
        let mut at = began + dice.seconds(0, most);
        for _ in 0..dice.of(&[1, 1, 2, 3, 4]) {
            if dice.one_in(8) {
                let forged = Parcel { is_forged: true, ..parcel.clone() };
                acts.push(Timed { at, lasts: Span::ZERO, act: Act::Pushes { parcel: forged } });
            }
            let act = Act::Pushes { parcel: parcel.clone() };
            acts.push(Timed { at, lasts: Span::ZERO, act });
            let gap = dice.of(&[2, 5, 30, 120, 1_800]);
            at = at + dice.seconds(1, gap);
        }
    }
    acts
}

impl Dice {
    fn about(&mut self, queues: usize) -> About {
        if self.one_in(2) {
            let severity = self.of(&[0, 0, 1, 2, 3, 4, 4]);
            return About::Trunk { trunk: self.between(0, TRUNKS - 1), severity };
        }
        let level = self.of(&[Level::Waiting, Level::LongestWait, Level::Agents]);
        About::Queue { queue: self.between(0, queues - 1), level, value: self.value(level) }
    }
}
