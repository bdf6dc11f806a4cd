//! The environment, read once.
#![expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]

use std::env::{var, var_os};
use std::fs;
use std::path::PathBuf;

use andon::edge::outward::ProxyEnvironment;

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
    /// The proxy that the environment names.
    pub(crate) proxy: ProxyEnvironment,
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
            proxy: ProxyEnvironment {
                proxy: first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
                no_proxy: first(&["NO_PROXY", "no_proxy"]),
            },
        }
    }
}

/// The first of these that says something. `HTTP_PROXY` is none of them: all that leaves the box is
/// HTTPS.
fn first(names: &[&str]) -> Option<String> {
    names.iter().filter_map(|name| var(name).ok()).find(|text| !text.trim().is_empty())
}

/// systemd writes the identifier without dashes, the kernel with them.
fn normal(boot: &str) -> String {
    boot.trim().chars().filter(|c| *c != '-').collect()
}
