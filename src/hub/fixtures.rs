//! A small config and moments for the tests of this room.

use alloc::format;

use crate::hub::{Hub, Library, Loaded, Setup, load};
use crate::ledger::Remembered;
use crate::model::secret::Secrets;
use crate::model::time::{ClockTrust, Now, Tick, UtcMs};

/// A moment, in seconds on both clocks.
pub(super) fn at(seconds: i64) -> Now {
    Now { tick: Tick(seconds * 1_000), utc: UtcMs(seconds * 1_000), trust: ClockTrust::Ntp }
}

/// One source, one threshold that waits for nothing, one target.
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
thresholds = [{ metric = "calls_waiting", operator = ">=", static_value = 15, priority = "P1",
    on_delay_seconds = 0, off_delay_seconds = 0 }]

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

/// A hub of it that has been nowhere, at second 0.
pub(super) fn hub() -> Hub {
    hub_with("")
}

/// The same with more in the file.
pub(super) fn hub_with(more: &str) -> Hub {
    let (secrets, remembered) = (Secrets::default(), Remembered::default());
    let setup =
        Setup { loaded: loaded_with(more), secrets, remembered, boot: "boot".into(), seed: 1 };
    Hub::new(setup, at(0))
}
