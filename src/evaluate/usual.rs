//! What an answer's judging asks of the baselines, and what it teaches them.

use crate::evaluate::baseline::{Seat, Usual};
use crate::evaluate::entity::{Cell, Entity};
use crate::evaluate::pass::Pass;
use crate::evaluate::rate::Value;
use crate::evaluate::threshold::Verdict;
use crate::model::alert::Phase;
use crate::model::rule::Rule;

impl Pass<'_> {
    /// What is usual for the metric of a rule at this hour, where the rule wants to know and
    /// enough is known.
    pub(super) fn usual(&mut self, rule: &Rule, entity: &mut Entity, at: usize) -> Option<f64> {
        let baseline = rule.baseline?;
        let watch = entity.watches.get_mut(at)?;
        if watch.seat == Seat::Unasked {
            watch.seat = self.baselines.seat(baseline.series(rule, &entity.id));
        }
        self.baselines.usual(watch.seat).and_then(|it: Usual| it.value(rule.operator))
    }

    /// What is seen is how it usually is, unless there is trouble.
    pub(super) fn teach(
        &mut self,
        rule: &Rule,
        entity: &Entity,
        at: usize,
        cell: &Cell,
        verdict: Verdict,
    ) {
        let (Some(_), Value::Exact(value)) = (rule.baseline, cell.value(rule)) else { return };
        let Some(seat) = entity.watches.get(at).map(|watch| watch.seat) else { return };
        let (alerts, at) = (&*self.alerts, self.moment.at.tick);
        self.baselines.read(seat, value, || {
            let key = entity.keys.iter().find(|(metric, _)| *metric == rule.metric);
            let alert = key.and_then(|(_, key)| alerts.get(key.as_str()));
            let open = alert.filter(|alert| alert.phase == Phase::Detected);
            let begins = matches!(verdict, Verdict::Breach(_)).then_some(at);
            open.map(|alert| alert.first_breach.tick).or(begins)
        });
    }
}
