//! How many connections the admin listener takes, where the system lets us open few files.
//!
//! # Promises
//! - `asking_never_takes_the_files_that_polling_needs`

use rustix::process::{Resource, getrlimit};

use crate::limits::{ADMIN_CONNECTIONS_MAX, FILES_AT_REST};

/// What the process may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptors {
    /// The system's limit.
    pub limit: usize,
    /// What the hub needs beside the admin listener's connections.
    pub needed: usize,
}

impl Descriptors {
    /// Of this process, as a hub of so many sources and targets.
    #[must_use]
    pub fn of(sources: usize, targets: usize) -> Self {
        let limit = getrlimit(Resource::Nofile).current;
        let limit = limit.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
        Self { limit, needed: FILES_AT_REST + 2 * sources + targets }
    }

    /// The connections for people who ask: what is left over, and one in any case.
    #[must_use]
    pub fn admin_connections(self) -> usize {
        self.limit.saturating_sub(self.needed).clamp(1, ADMIN_CONNECTIONS_MAX)
    }

    /// What the operator should know, where the limit is too low.
    #[must_use]
    pub fn complaint(self) -> Option<String> {
        let Self { limit, needed } = self;
        let (taken, enough) = (self.admin_connections(), needed + ADMIN_CONNECTIONS_MAX);
        (limit < enough).then(|| {
            format!(
                "this process may open {limit} files and needs up to {enough}; the admin listener \
                 takes {taken} connections at a time, so that polling goes on. Raise LimitNOFILE= \
                 of the service, or `ulimit -n`"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_never_takes_the_files_that_polling_needs() {
        let of = |limit| Descriptors { limit, needed: 40 };
        for limit in [0, 39, 40, 41, 50, 55] {
            let taken = of(limit).admin_connections();
            assert!(taken + 40 <= limit || taken == 1, "{limit}: {taken}");
            let said = of(limit).complaint().unwrap();
            assert!(said.contains(&format!("open {limit} files and needs up to 56")), "{said}");
        }
        assert_eq!((of(56).admin_connections(), of(56).complaint()), (16, None));
        assert_eq!(of(usize::MAX).admin_connections(), 16);
    }
}
