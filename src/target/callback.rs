//! What people say of an alert in a target's own system, as it comes back to us.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::model::secret::SecretRef;
use crate::model::time::UtcMs;

/// By what a target's own deliveries are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed<'a> {
    /// The name of a scheme of proofs, as source definitions have it.
    pub scheme: &'static str,
    /// The secrets in force, at least one.
    pub secrets: Vec<&'a SecretRef>,
}

/// What somebody said there about one alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// The alert's key, where their system has it.
    pub alert: Option<Box<str>>,
    /// The first breach of the episode that was meant, where their system has it.
    pub first_breach: Option<UtcMs>,
    /// What their system calls the alert, as [`crate::model::thread::Thread::reference`] has it.
    pub thread: Option<Box<str>>,
    /// What was said.
    pub what: Said,
    /// Which person; none where their system did it by itself, or at our own word.
    pub by: Option<Box<str>>,
}

/// What can be said of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// It is in hand.
    Acknowledged,
    /// It is in nobody's hand any more.
    Unacknowledged,
    /// It is over.
    Resolved,
    /// It is not over after all.
    Reopened,
}
