//! Who hears of an alert at a priority, and how: the routes that take it, and their ladder.
//!
//! How it is told (at once or in the digest, how often again) is what the first of the routes says.
//! The targets of all of them are told, and the rungs of all their ladders add up. A route is
//! chosen by how urgent the breach is and never by how far it has been escalated, so that one
//! incident does not move from one target to another by growing old.
//!
//! # Promises
//! - `a_target_does_not_hear_that_it_does_not_listen`
//! - `the_targets_of_all_routes_that_take_it_are_told_and_their_rungs_add_up`
//! - `a_rung_without_targets_is_for_those_of_the_next_priority`

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::dispatch::decide::Way;
use crate::dispatch::settle::add;
use crate::model::alert::Alert;
use crate::model::calendar::Open;
use crate::model::config::Config;
use crate::model::matcher::{Facts, Matcher};
use crate::model::metric::Metric;
use crate::model::name::TargetName;
use crate::model::notice::Reason;
use crate::model::route::{Route, Rung, ladder};
use crate::model::rule::Priority;
use crate::model::telling::Telling;
use crate::model::time::{Now, Span};
use crate::model::window::Window;

/// The routes that take an alert at one priority.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    first: Option<&'a Route>,
    /// Those that the first ones let have it, too.
    others: Vec<&'a Route>,
}

impl<'a> Plan<'a> {
    pub(super) fn of(config: &'a Config, alert: &'a Alert, priority: Priority) -> Self {
        let facts = Facts { severity: priority.severity(), priority, ..Facts::of(alert) };
        let mut taking = config.routes.taking(facts);
        let first = taking.next();
        // Most routes end there, and a list of none costs nothing.
        let goes_on = first.is_some_and(|route| route.continues);
        Self { first, others: if goes_on { taking.collect() } else { Vec::new() } }
    }

    /// How it is told.
    pub(super) fn way(&self) -> Way {
        match self.first {
            None => Way::Nowhere,
            Some(route) if route.digest_only => Way::InDigest,
            Some(_) => Way::AtOnce,
        }
    }

    pub(super) fn repeats(&self) -> &'a [Span] {
        self.first.map_or(&[], |route| &route.repeats)
    }

    pub(super) fn targets(&self) -> Vec<TargetName> {
        let mut targets = Vec::new();
        self.routes().for_each(|route| add(&mut targets, &route.targets));
        targets
    }

    /// Where the routes stand in the config file.
    pub(super) fn origins(&self) -> Box<str> {
        let origins: Vec<&str> = self.routes().map(|route| &*route.origin).collect();
        String::into(origins.join(", "))
    }

    /// A rung of the ladder by its place.
    pub(super) fn rung(&self, place: u16) -> Option<&'a Rung> {
        let place = usize::from(place);
        if self.others.is_empty() {
            // As nearly always.
            return self.first?.ladder.get(place);
        }
        let taking: Vec<&Route> = self.routes().collect();
        ladder(&taking).get(place).copied()
    }

    fn routes(&self) -> impl Iterator<Item = &'a Route> {
        self.first.into_iter().chain(self.others.iter().copied())
    }
}

/// How old the breaches of the episode are when a rung is due.
pub(super) fn due(rung: &Rung, record: &Telling) -> Span {
    let by_rule = Span::secs(record.escalation_threshold_seconds.into());
    if record.climb.unheard { Span::ZERO } else { rung.after.unwrap_or(by_rule) }
}

/// Who hears it. An escalation goes to the next rung of the ladder; what is there again or unstable
/// goes to the rungs that are behind it, too. A target that is stuck is left out of what is told
/// about it: it would hear of it when it is over.
pub(super) fn targets(
    config: &Config,
    alert: &Alert,
    record: &Telling,
    reason: Reason,
    now: Now,
) -> Vec<TargetName> {
    let plan = Plan::of(config, alert, record.priority);
    let behind = record.climb.rungs;
    let is_again = matches!(reason, Reason::Reopened | Reason::Unstable);
    let (mut chosen, rungs) = if reason == Reason::Escalation {
        (Vec::new(), behind..behind.saturating_add(1))
    } else {
        (plan.targets(), 0..if is_again { behind } else { 0 })
    };
    let rungs = rungs.map_while(|place| plan.rung(place));
    for rung in rungs.filter(|rung| rung.open(now) == Open::Yes) {
        let mut told = rung.targets.clone();
        if told.is_empty() {
            told = Plan::of(config, alert, record.priority.higher()).targets();
        }
        if told.is_empty() {
            told = plan.targets();
        }
        add(&mut chosen, &told);
    }
    let is_stuck = |target: &TargetName| {
        alert.metric == Metric::BACKLOG_AGE && target.as_str() == alert.entity.as_str()
    };
    chosen.retain(|target| !is_stuck(target));
    chosen
}

/// Who would hear of the alerts that a matcher takes: they are told when nobody is for a while.
pub(super) fn concerned(config: &Config, matcher: &Matcher) -> Vec<TargetName> {
    let mut concerned = Vec::new();
    let takes = |matcher: &Matcher, priority: Priority| {
        (matcher.priority.is_empty() || matcher.priority.contains(&priority))
            && (matcher.severity.is_empty() || matcher.severity.contains(&priority.severity()))
    };
    for route in &config.routes.ordered {
        let both = |priority| takes(matcher, priority) && takes(&route.matcher, priority);
        if Priority::ALL.into_iter().any(both) {
            let in_digest = route.digest_only;
            add(&mut concerned, if in_digest { &config.digest.targets } else { &route.targets });
        }
    }
    concerned
}

/// Who would hear of the alerts that a window mutes: by its own `match`, or by a route that names
/// it.
pub(super) fn concerned_by(config: &Config, window: &Window) -> Vec<TargetName> {
    let by_match = window.matcher.as_ref().map(|matcher| concerned(config, matcher));
    let mut concerned = by_match.unwrap_or_default();
    for route in &config.routes.ordered {
        if route.windows.iter().any(|name| **name == *window.name.as_str()) {
            let in_digest = route.digest_only;
            add(&mut concerned, if in_digest { &config.digest.targets } else { &route.targets });
        }
    }
    concerned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{alert, at, config};
    use crate::dispatch::telling::begin;
    use crate::model::name::EntityId;

    #[test]
    fn a_target_does_not_hear_that_it_does_not_listen() {
        let config = config();
        let mut about = alert(1, Priority::P1);
        let record = begin(&about, &about.worst);
        let all = targets(&config, &about, &record, Reason::FirstBreach, at(0));
        about.metric = Metric::BACKLOG_AGE;
        about.entity = EntityId::new(all[0].as_str()).unwrap();
        assert_eq!(targets(&config, &about, &record, Reason::FirstBreach, at(0)), all[1..]);
    }

    fn name(text: &str) -> TargetName {
        TargetName::new(text).unwrap()
    }

    fn rung(after: i64, target: &str) -> Rung {
        let targets = Vec::from([name(target)]);
        Rung { after: Some(Span::secs(after)), targets, ..Rung::default() }
    }

    fn route(target: &str, continues: bool, ladder: Vec<Rung>) -> Route {
        Route { targets: Vec::from([name(target)]), continues, ladder, ..Route::default() }
    }

    #[test]
    fn the_targets_of_all_routes_that_take_it_are_told_and_their_rungs_add_up() {
        let mut config = config();
        let audit = Route { origin: "f:1:1".into(), ..route("audit", true, Vec::new()) };
        let team = route("team", true, Vec::from([rung(600, "lead"), rung(1_800, "manager")]));
        let rest = route("rest", false, Vec::from([rung(900, "duty")]));
        let nobody = route("nobody", false, Vec::new());
        config.routes.ordered = Vec::from([audit, team, rest, nobody]);
        let about = alert(1, Priority::P2);
        let plan = Plan::of(&config, &about, Priority::P2);
        assert_eq!(plan.targets(), ["audit", "team", "rest"].map(name));
        let rungs = (0..).map_while(|place| plan.rung(place));
        let rungs: Vec<TargetName> = rungs.flat_map(|rung| rung.targets.clone()).collect();
        assert_eq!(rungs, ["lead", "duty", "manager"].map(name));
        assert_eq!(&*plan.origins(), "f:1:1, , ");
    }

    #[test]
    fn a_rung_without_targets_is_for_those_of_the_next_priority() {
        let mut config = config();
        for route in &mut config.routes.ordered {
            route.ladder = Vec::from([Rung::default()]);
        }
        let escalated = |config: &Config, priority| {
            let about = alert(1, priority);
            let record = begin(&about, &about.worst);
            targets(config, &about, &record, Reason::Escalation, at(600))
        };
        assert_eq!(escalated(&config, Priority::P2), [name("pager")]);
        assert_eq!(escalated(&config, Priority::P1), [name("pager")]);
        config.routes.ordered.remove(0);
        assert_eq!(escalated(&config, Priority::P2), [name("slack")], "nobody hears of P1");
    }
}
