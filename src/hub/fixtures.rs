//! A small config and moments for the tests of this room.

use alloc::format;

use crate::hub::{Library, Loaded, load};
use crate::model::time::{ClockTrust, Now, Tick, UtcMs};

/// A moment, in seconds on both clocks.
pub(super) fn at(seconds: i64) -> Now {
    Now { tick: Tick(seconds * 1_000), utc: UtcMs(seconds * 1_000), trust: ClockTrust::Ntp }
}

/// One source, one threshold, one target.
pub(super) fn loaded() -> Loaded {
    loaded_with("")
}

/// The same with more in the file.
pub(super) fn loaded_with(more: &str) -> Loaded {
    let text = r#"
[[source]]
name = "cxone"
definition = "nice-cxone-guide"
client_id = "andon"
client_secret = { credential = "cxone" }

[[rules]]
thresholds = [{ metric = "calls_waiting", operator = ">=", static_value = 15, priority = "P1" }]

[[target]]
name = "slack"
kind = "slack"
url = { credential = "slack" }

[routes]
P1 = { targets = ["slack"] }
P2 = { targets = ["slack"] }
"#;
    load("andon.toml", &format!("{text}{more}"), &Library::built_in()).unwrap()
}
