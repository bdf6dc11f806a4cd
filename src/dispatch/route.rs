//! Who hears of a priority, and how.
//!
//! # Promises
//! - `a_target_does_not_hear_that_it_does_not_listen`

use alloc::vec::Vec;

use crate::dispatch::telling::Way;
use crate::model::alert::Alert;
use crate::model::config::{Config, Route};
use crate::model::metric::Metric;
use crate::model::name::TargetName;
use crate::model::notice::Reason;
use crate::model::rule::Priority;

/// How a route tells.
pub(super) const fn way(route: &Route) -> Way {
    match route {
        Route { digest_only: true, .. } => Way::InDigest,
        Route { targets, .. } if targets.is_empty() => Way::Nowhere,
        Route { .. } => Way::AtOnce,
    }
}

/// Who hears it. An escalation goes to the route's own `escalate_to`, else to the targets of the
/// next more urgent priority, else to those who know of it already. A target that is stuck is left
/// out of what is told about it: it would hear of it when it is over.
pub(super) fn targets(
    config: &Config,
    alert: &Alert,
    priority: Priority,
    reason: Reason,
) -> Vec<TargetName> {
    let route = config.routes.of(priority);
    let higher = config.routes.of(priority.higher());
    let chosen = if reason == Reason::Escalation {
        let choices = [&route.escalate_to, &higher.targets, &route.targets];
        choices.into_iter().find(|targets| !targets.is_empty())
    } else {
        Some(&route.targets)
    };
    let is_stuck = |target: &TargetName| {
        alert.metric == Metric::BACKLOG_AGE && target.as_str() == alert.entity.as_str()
    };
    chosen.into_iter().flatten().filter(|target| !is_stuck(target)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{alert, config};
    use crate::model::name::EntityId;

    #[test]
    fn a_target_does_not_hear_that_it_does_not_listen() {
        let config = config();
        let mut about = alert(1, Priority::P1);
        let all = targets(&config, &about, Priority::P1, Reason::FirstBreach);
        about.metric = Metric::BACKLOG_AGE;
        about.entity = EntityId::new(all[0].as_str()).unwrap();
        assert_eq!(targets(&config, &about, Priority::P1, Reason::FirstBreach), all[1..]);
    }
}
