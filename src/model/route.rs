//! Who hears of an alert: routes in their order, each with its ladder.
//!
//! # Promises
//! - `the_first_route_that_fits_takes_an_alert_and_one_that_continues_lets_others_have_it_too`

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::model::calendar::{Hours, Open};
use crate::model::matcher::{Facts, Matcher};
use crate::model::name::TargetName;
use crate::model::rule::Priority;
use crate::model::time::{ClockTrust, Now, Span};

/// `[[route]]`, in the file's order, and then `[routes]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routes {
    /// Asked one after the other.
    pub ordered: Vec<Route>,
}

/// Who hears of some alerts, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Route {
    /// Where it stands in the config file.
    pub origin: Box<str>,
    /// Of which alerts.
    pub matcher: Matcher,
    /// Told at once.
    pub targets: Vec<TargetName>,
    /// Nothing is told at once; everything enters the digest.
    pub digest_only: bool,
    /// How long after the last notice of a breach that goes on each repeat comes; the last figure
    /// goes on. Empty: after each cooldown, as guide 2 has it. Never sooner than the cooldown.
    pub repeats: Vec<Span>,
    /// Whether routes after it are asked, too, where it takes an alert.
    pub continues: bool,
    /// Who hears of what lasts, in the order of their delays. Empty: nobody more.
    pub ladder: Vec<Rung>,
    /// The names of the maintenance windows in which its targets hear nothing.
    pub windows: Vec<Box<str>>,
}

/// One step of a ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// How long after the first breach of the episode. None: as long as the rule says, which is
    /// what a route without a ladder of its own does.
    pub after: Option<Span>,
    /// Who hears. Empty: the targets of the next more urgent priority, else the route's own.
    pub targets: Vec<TargetName>,
    /// Whether the alert is one step worse from then on.
    pub raises: bool,
    /// Outside of them the rung is passed over. None: at any time.
    pub hours: Option<Rc<Hours>>,
}

impl Default for Rung {
    fn default() -> Self {
        Self { after: None, targets: Vec::new(), raises: true, hours: None }
    }
}

impl Rung {
    /// Whether somebody is there at this moment. A clock that nobody vouches for passes over
    /// nobody.
    #[must_use]
    pub fn open(&self, now: Now) -> Open {
        match (&self.hours, now.trust) {
            (None, _) | (_, ClockTrust::Untrusted) => Open::Yes,
            (Some(hours), ClockTrust::HttpDate | ClockTrust::Ntp) => hours.at(now.utc),
        }
    }
}

impl Routes {
    /// The routes that take an alert, in their order: the first that fits, and more of them for as
    /// long as each of them continues.
    pub fn taking<'a>(&'a self, facts: Facts<'a>) -> impl Iterator<Item = &'a Route> {
        let mut rest = Some(self.ordered.iter());
        core::iter::from_fn(move || {
            let route = rest.as_mut()?.find(|route| route.matcher.takes(&facts))?;
            if !route.continues {
                rest = None;
            }
            Some(route)
        })
    }

    /// The priorities of which somebody may be told at once.
    pub fn loud(&self) -> impl Iterator<Item = Priority> {
        let is_loud = |priority: &Priority| {
            let tells =
                |route: &Route| !route.digest_only && route.matcher.urgencies().contains(priority);
            self.ordered.iter().any(tells)
        };
        Priority::ALL.into_iter().filter(is_loud)
    }
}

/// The ladder of the routes that take an alert. Where some of several have one of their own, they
/// add up, and what rules say of escalation is none of them.
#[must_use]
pub fn ladder<'a>(taking: &[&'a Route]) -> Vec<&'a Rung> {
    let Some(first) = taking.first() else { return Vec::new() };
    let rungs = taking.iter().flat_map(|route| &route.ladder);
    let mut own: Vec<&Rung> = rungs.filter(|rung| rung.after.is_some()).collect();
    if taking.len() == 1 || own.is_empty() {
        return first.ladder.iter().collect();
    }
    own.sort_by_key(|rung| rung.after);
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metric::Metric;

    #[test]
    fn the_first_route_that_fits_takes_an_alert_and_one_that_continues_lets_others_have_it_too() {
        let route = |origin: &str, priority: &[Priority], continues| Route {
            origin: origin.into(),
            matcher: Matcher { priority: priority.into(), ..Matcher::default() },
            continues,
            ..Route::default()
        };
        let ordered = Vec::from([
            route("audit", &[], true),
            route("urgent", &[Priority::P1], false),
            route("others", &[], false),
            route("never", &[], false),
        ]);
        let routes = Routes { ordered };
        let taking = |priority: Priority| {
            let facts = Facts {
                severity: priority.severity(),
                priority,
                impact: None,
                metric: Metric::DATA_AGE,
                platform: "p",
                source: "s",
                entity: "e",
                entity_name: "e",
                unit: None,
                key: "k",
            };
            routes.taking(facts).map(|route| &*route.origin).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(taking(Priority::P1), "audit urgent");
        assert_eq!(taking(Priority::P2), "audit others");
    }
}
