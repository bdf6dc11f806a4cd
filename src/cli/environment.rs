//! The environment, read once.
#![expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]

use std::env::{var, var_os};
use std::fs;
use std::path::PathBuf;

/// What the service manager says through the environment.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    /// `STATE_DIRECTORY`: wins over the config's.
    pub(crate) state_directory: Option<PathBuf>,
    /// `CREDENTIALS_DIRECTORY`: where credentials lie.
    pub(crate) credentials: Option<PathBuf>,
    /// The kernel's identifier of this boot.
    pub(crate) boot: String,
    /// Whether stderr goes to the journal.
    pub(crate) journal: bool,
}

/// Where the kernel tells the boot's identifier, for a hub that the unit's `ANDON_BOOT_ID` has not
/// told.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

impl Environment {
    pub(crate) fn read() -> Self {
        let boot = var("ANDON_BOOT_ID").ok().or_else(|| fs::read_to_string(BOOT_ID).ok());
        Self {
            state_directory: var_os("STATE_DIRECTORY").map(PathBuf::from),
            credentials: var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            boot: normal(&boot.unwrap_or_default()),
            journal: var_os("JOURNAL_STREAM").is_some(),
        }
    }
}

/// systemd writes the identifier without dashes, the kernel with them.
fn normal(boot: &str) -> String {
    boot.trim().chars().filter(|c| *c != '-').collect()
}
