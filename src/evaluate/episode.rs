//! The episode of an alert: what is a new problem, and what the problem of a moment ago again.
//!
//! After its end an alert stays the same problem for a window: it keeps its number, its first
//! breach, its place on the ladder of escalations and its incident. The window is longer, the more
//! restless the alert is (guide 1, section 4). An alert that is held as unstable goes on.
//!
//! # Promises
//! - `within_the_window_it_is_the_same_problem`
//! - `the_window_is_longer_for_what_is_restless`

use crate::evaluate::flap;
use crate::evaluate::threshold::Compared;
use crate::model::alert::{Alert, Breach, Decision, Phase};
use crate::model::flap::RAISE;
use crate::model::rule::Rule;
use crate::model::time::{Span, Stamp};
use crate::model::totals::Totals;

/// An alert that was over opens by a rule; nothing is done to one that is open.
pub(super) fn open(
    alert: &mut Alert,
    rule: &Rule,
    breach: &Breach,
    numbers: Compared,
    at: Stamp,
) -> Opened {
    if alert.phase != Phase::Resolved {
        return Opened::Again;
    }
    // It may have held since before another rule's breach ended the last episode.
    let cleared = alert.cleared.filter(|cleared| cleared.tick > breach.since.tick);
    let since = cleared.unwrap_or(breach.since);
    let same = is_the_same(alert, rule, since);
    if same == Same::Yes {
        alert.trail.note(Decision::Reopened, at.utc);
    } else {
        alert.episode = alert.episode.saturating_add(1);
        alert.first_breach = since;
        alert.worst = breach.clone();
        alert.totals = Totals::new(numbers.value);
    }
    alert.phase = Phase::Detected;
    alert.cleared = None;
    alert.totals.raises = alert.totals.raises.saturating_add(1);
    alert.totals.opened = since.tick;
    let max_quiet = rule.max_quiet.max(rule.cooldown).whole_secs();
    alert.max_quiet_seconds = u32::try_from(max_quiet).unwrap_or(0);
    // A storm that comes, or rages, counts problems, and this may be none that is new.
    if let Some(causes) = alert.suppression.causes() {
        (causes.storm, causes.outlived_storm) = (None, None);
    }
    flap::raised(alert, rule.flap, at);
    if same == Same::Yes { Opened::Again } else { Opened::Anew }
}

/// What a rule's beginning is to its alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// Another problem.
    Anew,
    /// The same, there again or growing worse.
    Again,
}

/// An alert whose last breach has gone is over.
pub(super) fn close_if_over(alert: &mut Alert, at: Stamp) {
    if alert.breaches.is_empty() && alert.phase == Phase::Detected {
        alert.phase = Phase::Resolved;
        alert.cleared = Some(at);
        alert.totals.open_before = alert.totals.open_until(at.tick);
        alert.totals.opened = at.tick;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Same {
    Yes,
    No,
}

fn is_the_same(alert: &Alert, rule: &Rule, at: Stamp) -> Same {
    let Some(cleared) = alert.cleared else { return Same::No };
    let stretch = 1.0 + flap::penalty(&alert.flap, at.tick) / RAISE;
    let since = flap::millis((at.tick - cleared.tick).max(Span::ZERO));
    let is_within = since <= flap::millis(rule.dedup_window) * stretch;
    let is_on = rule.dedup_window > Span::ZERO;
    let same = alert.suppression.flapping.is_some() || (is_on && is_within);
    if same { Same::Yes } else { Same::No }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::fixtures::{answer_of_waiting, evaluate, now, rule};
    use crate::model::flap::Pace;
    use alloc::vec::Vec;

    /// A queue in breach for ten seconds from each of these seconds on: the episode, and how often
    /// it began.
    fn after(rule: Rule, begins: &[i64]) -> (u32, u32) {
        let mut evaluate = evaluate(Vec::from([rule]));
        for second in begins {
            evaluate.observe(0, &answer_of_waiting("q", 22.0), now(*second));
            evaluate.observe(0, &answer_of_waiting("q", 2.0), now(*second + 10));
        }
        let alert = evaluate.alerts.iter().next().unwrap();
        (alert.episode, alert.totals.raises)
    }

    fn waiting() -> Rule {
        Rule { flap: Pace::Off, ..rule("calls_waiting", ">=", 15.0) }
    }

    #[test]
    fn within_the_window_it_is_the_same_problem() {
        assert_eq!(after(waiting(), &[0, 310]), (1, 2));
        assert_eq!(after(waiting(), &[0, 311]), (2, 1));
        let never = Rule { dedup_window: Span::ZERO, ..waiting() };
        assert_eq!(after(never, &[0, 10]), (2, 1));
    }

    #[test]
    fn the_window_is_longer_for_what_is_restless() {
        let restless = || rule("calls_waiting", ">=", 15.0);
        assert_eq!(after(restless(), &[0, 420]), (1, 2));
        assert_eq!(after(restless(), &[0, 430]), (2, 1));
        assert_eq!(after(restless(), &[0, 290, 720]), (1, 3));
        // What is held as unstable goes on, whatever the window.
        let held = Rule { dedup_window: Span::ZERO, ..restless() };
        assert_eq!(after(held, &[0, 20, 40, 60, 100]), (3, 3));
    }

    #[test]
    fn an_episode_says_how_long_and_how_bad_it_was() {
        let mut evaluate = evaluate(Vec::from([waiting()]));
        for (second, value) in [(0, 22.0), (10, 40.0), (20, 2.0), (50, 16.0), (90, 1.0)] {
            evaluate.observe(0, &answer_of_waiting("q", value), now(second));
        }
        let totals = evaluate.alerts.iter().next().unwrap().totals;
        assert_eq!(totals.open_before, Span::secs(60));
        assert!((totals.low - 1.0).abs() + (totals.high - 40.0).abs() < 1e-9);
    }
}
