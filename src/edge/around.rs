//! What is around the hub on its box: the room on the disk, and the config file that lies there to
//! be taken over.
//!
//! # Promises
//! - `a_file_that_has_not_changed_is_not_checked_again`

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::event::Surroundings;

/// The places that are looked at.
#[derive(Debug)]
pub struct Around {
    /// Of the ledger.
    directory: PathBuf,
    /// The file that is taken over by a restart.
    config: PathBuf,
    /// The problems of it; nothing where it cannot be read.
    check: fn(&Path) -> Option<Vec<String>>,
    /// What it was when it was checked, and what came of it.
    checked: Option<(Version, Option<Vec<String>>)>,
}

/// What tells one version of a file from another: its time and its length.
type Version = (SystemTime, u64);

impl Around {
    /// Looks at a ledger's directory, and has a config file checked.
    #[must_use]
    pub const fn new(
        directory: PathBuf,
        config: PathBuf,
        check: fn(&Path) -> Option<Vec<String>>,
    ) -> Self {
        Self { directory, config, check, checked: None }
    }

    /// Looks.
    pub fn look(&mut self) -> Surroundings {
        let (disk_room_mb, config_problems) = (self.room(), self.problems());
        Surroundings { disk_room_mb, config_problems }
    }

    fn room(&self) -> Option<u32> {
        let disk = rustix::fs::statvfs(&self.directory).ok()?;
        u32::try_from(disk.f_bavail.saturating_mul(disk.f_frsize) / 1_000_000).ok()
    }

    fn problems(&mut self) -> Option<Vec<String>> {
        let version = version(&self.config)?;
        if let Some((known, problems)) = &self.checked
            && *known == version
        {
            return problems.clone();
        }
        let problems = (self.check)(&self.config);
        self.checked = Some((version, problems.clone()));
        problems
    }
}

fn version(path: &Path) -> Option<Version> {
    let file = fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_has_not_changed_is_not_checked_again() {
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("andon.toml");
        let check = |path: &Path| {
            let text = fs::read_to_string(path).ok()?;
            // A check that is made leaves a trace.
            fs::write(path.with_extension("seen"), &text).unwrap();
            Some(text.lines().map(String::from).collect())
        };
        let mut around = Around::new(directory.path().into(), config.clone(), check);
        assert_eq!(around.look().config_problems, None);
        fs::write(&config, "one\n").unwrap();
        let seen = around.look();
        assert_eq!(seen.config_problems, Some(vec!["one".into()]));
        assert!(seen.disk_room_mb.is_some());
        fs::remove_file(config.with_extension("seen")).unwrap();
        assert_eq!(around.look().config_problems, Some(vec!["one".into()]));
        assert!(!config.with_extension("seen").exists());
        fs::write(&config, "one\ntwo\n").unwrap();
        assert_eq!(around.look().config_problems.map(|problems| problems.len()), Some(2));
    }
}
