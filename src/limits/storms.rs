//! Bounds of what keeps a storm of alerts from becoming a storm of notices.

use crate::model::time::Span;

/// The newest alerts whose times are kept, which is 8 KiB. The oldest gives way: long before there
/// are so many within an hour, it is a storm.
pub const STORM_STAMPS_MAX: usize = 1_024;

/// Days in which an hour of the day has to be seen before its usual number of alerts counts. Until
/// then only many within a short time make a storm.
pub const STORM_DAYS_LEARNED: u16 = 3;

/// Days over which that number is a mean; then the older ones fade.
pub const STORM_DAYS_KEPT: u16 = 14;

/// No hour is taken to have fewer usual alerts: one in ten minutes is what an operator can bear for
/// a whole shift (EEMUA 191), so that a quiet night makes no storm out of three alerts.
pub const STORM_USUAL_LEAST: f32 = 6.0;

/// The sample of a storm that grows is taken at most this often.
pub const STORM_LOOK_EVERY: Span = Span::secs(60);

/// A storm that has lasted this long is escalated, as the alerts would be that it speaks for.
pub const STORM_ESCALATES: Span = Span::secs(600);

/// Names and counts of each kind that the text of a storm gives. The others are only in the sum.
pub const STORM_TOP: usize = 3;

/// After our own link is back, what begins within this time is the backlog of a while in which
/// nothing was seen, and makes no storm. By then each source has been asked.
pub const LINK_BACKLOG: Span = Span::secs(120);
