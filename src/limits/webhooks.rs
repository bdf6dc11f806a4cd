//! The bounds of how webhooks are registered and missed.

use crate::model::time::Span;

/// Webhooks of ours, and of others, that a registration reads out of a platform's list. Those
/// beyond it are not shown and not removed.
pub const WEBHOOKS_LISTED_MAX: usize = 1_000;

/// What a definition compares between a listed webhook and ours. More are a problem in it.
pub const WEBHOOK_COMPARED_MAX: usize = 16;

/// A registration at start that fails so often in a row is tried again seldom.
pub const REGISTRATION_TRIES_MAX: u32 = 5;

/// How seldom: what is refused waits for a person, and a person for no longer than this.
pub const REGISTRATION_AGAIN_AFTER: Span = Span::secs(3_600);

/// Deliveries after which a source has a rhythm that can be missed. Fewer say nothing.
pub const RHYTHM_DELIVERIES_MIN: u32 = 20;

/// Deliveries that follow each other within this time count as one: a burst is no rhythm.
pub const BURST_WITHIN: Span = Span::secs(10);

/// A silence is one after so many times the longest usual gap.
pub const SILENCE_GAPS: i64 = 4;

/// No shorter gap is a silence. It is less than the five minutes of guide 1's polling, so that one
/// whole cycle in which things happened and nothing was pushed is enough.
pub const SILENCE_MIN: Span = Span::secs(240);

/// What polls show as new within this time of a delivery may be what it told: reports of whole
/// minutes lag by so much.
pub const TOLD_WITHIN: Span = Span::secs(60);

/// A source whose gaps are usually longer has no rhythm that could be missed.
pub const RHYTHM_GAP_MAX: Span = Span::secs(6 * 3_600);

/// The longest gap is forgotten over so many times its own length.
pub const RHYTHM_FORGETS: i64 = 32;

/// One answer makes no longer time busy, however long the one before it is ago.
pub const BUSY_STEP_MAX: Span = Span::secs(600);

/// How often a silent source is asked at least, where its definition does not say.
pub const FALLBACK_INTERVAL: Span = Span::secs(60);

/// While a source is silent the alert hears of it so often, for cooldown and escalation.
pub const SILENCE_SAID_EVERY: Span = Span::secs(60);

/// A rhythm reaches the ledger so often, and with a delivery's own write.
pub const RHYTHM_WRITTEN_EVERY: Span = Span::secs(300);
