//! Who hears of a priority, and how.
//!
//! # Promises
//! - `a_target_does_not_hear_that_it_does_not_listen`

use alloc::vec::Vec;

use crate::dispatch::decide::Way;
use crate::dispatch::settle::add;
use crate::model::alert::Alert;
use crate::model::config::{Config, Route};
use crate::model::matcher::Matcher;
use crate::model::metric::Metric;
use crate::model::name::TargetName;
use crate::model::notice::Reason;
use crate::model::rule::Priority;
use crate::model::telling::{Telling, TellingState};

/// How a route tells.
pub(super) const fn way(route: &Route) -> Way {
    match route {
        Route { digest_only: true, .. } => Way::InDigest,
        Route { targets, .. } if targets.is_empty() => Way::Nowhere,
        Route { .. } => Way::AtOnce,
    }
}

/// Who hears it. An escalation goes to the route's own `escalate_to`, else to the targets of the
/// next more urgent priority, else to those who know of it already; what is there again or unstable
/// after an escalation goes to both. A target that is stuck is left
/// out of what is told about it: it would hear of it when it is over.
pub(super) fn targets(
    config: &Config,
    alert: &Alert,
    record: &Telling,
    reason: Reason,
) -> Vec<TargetName> {
    let route = config.routes.of(record.priority);
    let higher = config.routes.of(record.priority.higher());
    let choices = [&route.escalate_to, &higher.targets, &route.targets];
    let higher = choices.into_iter().find(|targets| !targets.is_empty());
    let is_escalated = record.state == TellingState::Escalated;
    let mut chosen = Vec::new();
    if reason != Reason::Escalation {
        add(&mut chosen, &route.targets);
    }
    let again = matches!(reason, Reason::Reopened | Reason::Unstable) && is_escalated;
    if reason == Reason::Escalation || again {
        add(&mut chosen, higher.map_or(&[], Vec::as_slice));
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
    for priority in Priority::ALL {
        let is_asked = matcher.priority.is_empty() || matcher.priority.contains(&priority);
        let severity = priority.severity();
        if is_asked && (matcher.severity.is_empty() || matcher.severity.contains(&severity)) {
            let route = config.routes.of(priority);
            let in_digest = way(route) == Way::InDigest;
            add(&mut concerned, if in_digest { &config.digest.targets } else { &route.targets });
        }
    }
    concerned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{alert, config};
    use crate::dispatch::telling::begin;
    use crate::model::name::EntityId;

    #[test]
    fn a_target_does_not_hear_that_it_does_not_listen() {
        let config = config();
        let mut about = alert(1, Priority::P1);
        let record = begin(&about, &about.worst);
        let all = targets(&config, &about, &record, Reason::FirstBreach);
        about.metric = Metric::BACKLOG_AGE;
        about.entity = EntityId::new(all[0].as_str()).unwrap();
        assert_eq!(targets(&config, &about, &record, Reason::FirstBreach), all[1..]);
    }
}
