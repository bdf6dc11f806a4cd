//! Notices that no target takes are trouble of the hub itself: somebody was to hear of something
//! and did not.
//!
//! How many became dead letters since the last quiet hour is a sample of the metric
//! `hub.dead_letters`. It reaches whoever is routed to another target.
//!
//! # Promises
//! - `dead_letters_are_counted_until_an_hour_has_passed_without_one`
//! - `a_restart_counts_on`: or it would say that all is well.

use crate::hub::own;
use crate::limits::DEAD_LETTERS_ALERT_FOR;
use crate::model::config::Config;
use crate::model::metric::Metric;
use crate::model::rule::Rule;
use crate::model::time::{Now, Span, Tick, UtcMs, Wake};

/// What has died since the last quiet hour, and what was said of it.
#[derive(Debug, Default)]
pub(super) struct Letters {
    /// How many had died within that hour when the hub started.
    inherited: u64,
    /// How many had died before.
    before: u64,
    /// How many are known of.
    known: u64,
    last: Option<Tick>,
    /// Nothing yet, where there are none: an alert from before a restart waits for that word.
    told: Option<u64>,
}

impl Letters {
    /// Goes on with the letters that the ledger holds, by when they died. An operator may have
    /// dropped some of them.
    pub(super) fn restore(died: impl DoubleEndedIterator<Item = UtcMs>, now: Now) -> Self {
        let mut restored = Self::default();
        let mut later = now.utc;
        for died in died.rev() {
            // A clock that has lost the time says that they died later than this.
            let ago = (later - died).max(Span::ZERO);
            if ago >= DEAD_LETTERS_ALERT_FOR {
                break;
            }
            restored.last.get_or_insert(now.tick + (died - later).min(Span::ZERO));
            restored.inherited += 1;
            later = died;
        }
        restored.known = restored.inherited;
        // They were told before the restart, which is no news.
        restored.told = Some(restored.inherited).filter(|inherited| *inherited > 0);
        restored
    }

    /// Looks at how many have died since the start; the number to tell, where that is news.
    pub(super) fn see(&mut self, dead: u64, now: Now) -> Option<f64> {
        let died = self.inherited.saturating_add(dead);
        if died > self.known {
            self.known = died;
            self.last = Some(now.tick);
        }
        if self.last.is_some_and(|last| now.tick - last >= DEAD_LETTERS_ALERT_FOR) {
            self.last = None;
            self.before = self.known;
        }
        let count = self.known.saturating_sub(self.before);
        let is_news = self.told.replace(count) != Some(count);
        #[expect(
            clippy::as_conversions,
            clippy::cast_precision_loss,
            reason = "fewer than 2^52 letters die in an hour"
        )]
        is_news.then_some(count as f64)
    }

    /// When it wants to look.
    pub(super) fn next_wake(&self) -> Option<Wake> {
        self.last.map(|last| Wake { at: last + DEAD_LETTERS_ALERT_FOR, why: "dead letters age" })
    }
}

/// The rule that makes them trouble.
pub(super) fn rule(config: &Config) -> Option<Rule> {
    own::hub_rule(config, "the hub's own: dead letters", Metric::DEAD_LETTERS, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::fixtures::at;

    #[test]
    fn dead_letters_are_counted_until_an_hour_has_passed_without_one() {
        let mut letters = Letters::default();
        let mut see = |dead, second| letters.see(dead, at(second));
        assert_eq!([see(0, 0), see(0, 10)], [Some(0.0), None]);
        assert_eq!([see(1, 20), see(1, 30), see(3, 1_000)], [Some(1.0), None, Some(3.0)]);
        assert_eq!([see(3, 4_599), see(3, 4_600)], [None, Some(0.0)]);
        assert_eq!(see(4, 9_000), Some(1.0));
    }

    #[test]
    fn a_restart_counts_on() {
        let start = |second| {
            let died = [100, 5_000, 8_000, 8_500].map(|second| at(second).utc);
            Letters::restore(died.into_iter(), at(second))
        };
        let mut restored = start(9_000);
        let mut see = |dead, second| restored.see(dead, at(second));
        assert_eq!([see(0, 9_000), see(1, 9_100)], [None, Some(4.0)]);
        let mut restored = start(9_000);
        assert_eq!(restored.see(0, at(12_099)), None);
        assert_eq!(restored.see(0, at(12_100)), Some(0.0), "an hour after the last of them");
        assert_eq!(start(12_100).see(0, at(12_100)), Some(0.0));
        let mut in_1970 = start(0);
        assert_eq!(in_1970.see(0, at(3_599)), None, "none of them has grown old");
    }
}
