//! The bounds of the dependency graph.

use crate::model::time::Span;

/// `[[dependency]]` tables: a centre of 100 trunks and queues needs about as many, and each new
/// alert is compared with all of them once. More are a config problem.
pub const DEPENDENCIES_MAX: usize = 256;

/// Entities or patterns, and metrics, at one end of a dependency. More are a config problem; a
/// pattern with `*` takes in any number of entities.
pub const DEPENDENCY_NAMES_MAX: usize = 256;

/// Names of held alerts in a notice about what holds them. The ones beyond it are counted.
pub const DEPENDENTS_NAMED_MAX: usize = 8;

/// Keys of held alerts in an answer of `explain`. The ones beyond it are counted.
pub const DEPENDENTS_EXPLAINED_MAX: usize = 100;

/// Characters of an entity's name in such a list. The rest of a longer one is cut off.
pub const DEPENDENT_NAME_CHARS_MAX: usize = 64;

/// What holds others is told anew at most this often because their number has changed, and only
/// where that changes an incident in place.
pub const DEPENDENTS_TOLD_EVERY: Span = Span::secs(60);

/// A parent whose source has been blind for so long holds no alert of P1 any more: nobody knows
/// whether it is still in trouble, and what wakes people must not wait for that.
pub const BLIND_PARENT_HOLDS: Span = Span::secs(600);
