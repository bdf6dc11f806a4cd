//! Waits for what has to become true, and no longer than a deadline.

use core::time::Duration;
use std::thread;

use andon::edge::clock::Clock;
use andon::model::time::{Span, UtcMs};

/// Looks until there is something to see; fails with `what` when there is nothing after `seconds`.
pub(crate) fn wait_for<T>(what: &str, seconds: i64, mut look: impl FnMut() -> Option<T>) -> T {
    let clock = Clock::real();
    let deadline = clock.now().tick + Span::secs(seconds);
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(clock.now().tick < deadline, "not within {seconds} s: {what}");
        pause(20);
    }
}

/// Waits until a condition holds.
pub(crate) fn wait_until(what: &str, seconds: i64, mut holds: impl FnMut() -> bool) {
    wait_for(what, seconds, || holds().then_some(()));
}

/// Lets some of the world's time pass.
#[expect(clippy::disallowed_methods, reason = "the binary under test lives in the world's time")]
pub(crate) fn pause(millis: u64) {
    thread::sleep(Duration::from_millis(millis));
}

/// The wall clock.
pub(crate) fn utc() -> UtcMs {
    Clock::real().now().utc
}
