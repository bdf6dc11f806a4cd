//! How many connections our listeners take, where the system lets us open few files.
//!
//! # Promises
//! - `asking_and_pushing_never_take_the_files_that_polling_needs`

use rustix::process::{Resource, getrlimit};

use crate::limits::{ADMIN_CONNECTIONS_MAX, FILES_AT_REST, INGEST_CONNECTIONS_MAX};

/// What the process may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptors {
    /// The system's limit.
    pub limit: usize,
    /// What the hub needs beside the connections to its listeners.
    pub needed: usize,
    /// What the push door would take; 0 where there is none.
    pub ingest: usize,
}

impl Descriptors {
    /// Of this process, as a hub of so many sources and targets.
    #[must_use]
    pub fn of(sources: usize, targets: usize) -> Self {
        let limit = getrlimit(Resource::Nofile).current;
        let limit = limit.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
        Self { limit, needed: FILES_AT_REST + 2 * sources + targets, ingest: 0 }
    }

    /// The same with a push door: its socket, a connection that waits for a place, and the others.
    #[must_use]
    pub const fn with_push_door(self) -> Self {
        Self { needed: self.needed + 2, ingest: INGEST_CONNECTIONS_MAX, ..self }
    }

    /// The connections for people who ask: what is left over, and one in any case.
    #[must_use]
    pub fn admin_connections(self) -> usize {
        self.limit.saturating_sub(self.needed).clamp(1, ADMIN_CONNECTIONS_MAX)
    }

    /// The connections for senders: what is left over then, and one in any case.
    #[must_use]
    pub fn ingest_connections(self) -> usize {
        let left = self.limit.saturating_sub(self.needed + self.admin_connections());
        left.clamp(1, self.ingest.max(1))
    }

    /// What the operator should know, where the limit is too low.
    #[must_use]
    pub fn complaint(self) -> Option<String> {
        let Self { limit, needed, ingest } = self;
        let enough = needed + ADMIN_CONNECTIONS_MAX + ingest;
        let pushing = match ingest {
            0 => String::new(),
            _ => format!(" and the ingest port {}", self.ingest_connections()),
        };
        (limit < enough).then(|| {
            format!(
                "this process may open {limit} files and needs up to {enough}; the admin listener \
                 takes {}{pushing} connections at a time, so that polling goes on. Raise \
                 LimitNOFILE= of the service, or `ulimit -n`",
                self.admin_connections()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_and_pushing_never_take_the_files_that_polling_needs() {
        let of = |limit| Descriptors { limit, needed: 40, ingest: 0 };
        for limit in [0, 39, 40, 41, 50, 55] {
            let taken = of(limit).admin_connections();
            assert!(taken + 40 <= limit || taken == 1, "{limit}: {taken}");
            let said = of(limit).complaint().unwrap();
            assert!(said.contains(&format!("open {limit} files and needs up to 56")), "{said}");
        }
        assert_eq!((of(56).admin_connections(), of(56).complaint()), (16, None));
        assert_eq!(of(usize::MAX).admin_connections(), 16);
        for limit in [0, 58, 59, 100, 825] {
            let both = of(limit).with_push_door();
            let taken = both.admin_connections() + both.ingest_connections();
            assert!(taken + 42 <= limit || both.ingest_connections() == 1, "{limit}: {taken}");
            let said = both.complaint().unwrap();
            assert!(said.contains("needs up to 826") && said.contains("ingest port"), "{said}");
        }
        let both = of(826).with_push_door();
        assert_eq!((both.ingest_connections(), both.complaint()), (768, None));
        assert_eq!(of(usize::MAX).with_push_door().ingest_connections(), 768);
    }
}
