//! Bounds of finding out whether it is our own link that is down.

use crate::model::time::Span;

/// A platform that does not answer for this long makes the hub ask a target for a sign of life:
/// two who have nothing to do with each other and do not answer are a dead link.
pub const PROBE_AFTER: Span = Span::secs(10);

/// While nobody answers, a target is asked for a sign of life this often.
pub const PROBE_EVERY_IN_DOUBT: Span = Span::secs(15);

/// While a platform does not answer and a target does, it is asked this often: the link may die
/// too.
pub const PROBE_EVERY: Span = Span::secs(300);

/// A sign of life is waited for this long.
pub const PROBE_DEADLINE: Span = Span::secs(10);

/// Hosts and blocks that are asked without a proxy. More are a config problem.
pub const NO_PROXY_MAX: usize = 64;

/// Ways of asking that are kept ready: one for each deadline, with and without the proxy, and one
/// for each client certificate. With more all are made anew, which costs a handshake for each host;
/// certificates that were renewed are forgotten so, too.
pub const AGENTS_MAX: usize = 64;
