//! What operators and tools ask, answered from what the rooms know.
//!
//! # Promises
//! - `a_key_is_found_in_each_form_that_people_type`
//! - `a_rule_that_never_paged_is_explained_too`

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::api::{
    self, AlertView, CalibrationView, ExplainView, Question, Readiness, SilenceView, UnreadView,
    WatchState, WatchView, WindowView,
};
use crate::evaluate::{Latch, Verdict, Watching, Why};
use crate::hub::{Hub, LedgerHealth, steps, vitals};
use crate::limits::DEPENDENTS_EXPLAINED_MAX;
use crate::model::alert::Alert;
use crate::model::calibration::Factor;
use crate::model::condition::Volume;
use crate::model::http::Reply;
use crate::model::metric::Metric;
use crate::model::rule::{Operator, Rule};
use crate::model::time::Now;
use crate::poll::Freshness;

impl Hub {
    /// Answers a question to the admin listener.
    pub(super) fn reply(&self, method: &str, path: &str, now: Now) -> Reply {
        match api::question(method, path) {
            Err(reply) => reply,
            Ok(Question::Healthy) => api::healthy(),
            Ok(Question::Ready) => api::ready(&self.readiness()),
            Ok(Question::Metrics) => api::metrics(&vitals::families(self, now)),
            Ok(Question::Alerts) => {
                api::alerts(self.evaluate.alerts.iter().map(|alert| self.view(alert)).collect())
            }
            Ok(Question::Silences) => {
                api::silences(self.dispatch.silences().map(SilenceView::of).collect())
            }
            Ok(Question::Unread) => {
                api::unread(self.unread.payloads.iter().map(UnreadView::of).collect())
            }
            Ok(Question::DeadLetters) => api::dead_letters(self.dispatch.letters()),
            Ok(Question::Month) => self.month(now),
            Ok(Question::Explain(key)) => api::explain(self.explain(&key, now).as_ref()),
        }
    }

    fn readiness(&self) -> Readiness {
        let mut missing: Vec<Box<str>> = Vec::new();
        for (source, poll) in self.config.sources.iter().zip(&self.polls) {
            if let Freshness::Stale { why, .. } = &poll.health().freshness {
                missing.push(format!("source {} gives no data: {why}", source.name).into());
            }
        }
        if let LedgerHealth::Failing(why) = &self.ledger {
            missing.push(format!("the ledger cannot be written: {why}").into());
        }
        Readiness { missing }
    }

    fn view(&self, alert: &Alert) -> AlertView {
        let tellings: Vec<_> = self.dispatch.tellings_of(&alert.key).collect();
        AlertView::of(alert, &tellings)
    }

    fn explain(&self, key: &str, now: Now) -> Option<ExplainView> {
        let alert = self.find(key);
        let (source, entity, metric) = match alert {
            Some(alert) => {
                (alert.source.as_str().to_string(), alert.entity.as_str().to_string(), alert.metric)
            }
            None => self.watched(key)?,
        };
        let factor = self.config.calibration.of(&source, metric);
        let watches: Vec<WatchView> = self
            .evaluate
            .watching(&source, &entity, metric)
            .map(|one| {
                let mut view = watch_view(&one, factor);
                view.why.push_str(&self.explain_baseline(&one, now));
                view
            })
            .collect();
        match alert {
            Some(alert) => {
                let tellings: Vec<_> = self.dispatch.tellings_of(&alert.key).collect();
                let undelivered = self.dispatch.undelivered(&alert.key);
                let mut view = ExplainView::of(alert, &tellings, undelivered, watches);
                let mut behind = self.evaluate.dependents(alert.key.as_str());
                let first = behind.by_ref().take(DEPENDENTS_EXPLAINED_MAX);
                view.dependents = first.map(ToString::to_string).collect();
                view.dependents_left_out = u32::try_from(behind.count()).unwrap_or(u32::MAX);
                Some(ExplainView { judged: steps::of_alert(alert), ..view })
            }
            None if watches.is_empty() => None,
            None => Some(ExplainView::quiet(key, watches)),
        }
    }

    /// The alert of a key in any form: its own, guide 2's `entity:metric:priority`, or the entity's
    /// name or identifier with the metric.
    pub(super) fn find(&self, key: &str) -> Option<&Alert> {
        if let Some(alert) = self.evaluate.alerts.get(key) {
            return Some(alert);
        }
        let (entity, metric) = parts(key)?;
        self.evaluate.alerts.iter().find(|alert| {
            alert.metric == metric
                && (alert.entity.as_str() == entity || *alert.entity_name == *entity)
        })
    }

    /// The source, entity and metric that a key without an alert means.
    fn watched(&self, key: &str) -> Option<(String, String, Metric)> {
        let (entity, metric) = parts(key)?;
        self.evaluate
            .entities()
            .find(|(_, _, id, name)| id.as_str() == entity || *name == entity)
            .map(|(source, _, id, _)| (source.to_string(), id.to_string(), metric))
    }
}

/// `entity:metric` or `entity:metric:P1`.
fn parts(key: &str) -> Option<(&str, Metric)> {
    let of = |key: &str| {
        let (entity, metric) = key.rsplit_once(':')?;
        Some((entity.len(), Metric::find(metric).ok()?))
    };
    let (length, metric) =
        of(key).or_else(|| key.rsplit_once(':').and_then(|(front, _)| of(front)))?;
    Some((key.get(..length)?, metric))
}

fn watch_view(watching: &Watching<'_>, factor: Option<&Factor>) -> WatchView {
    let rule = watching.rule;
    let unit = rule.metric.unit();
    let (value, threshold, why) = match watching.last {
        Verdict::Breach(numbers) | Verdict::Between(numbers) | Verdict::Clear(numbers) => {
            let boundary = unit.show(numbers.boundary);
            let condition = numbers.condition.map(usize::from);
            let condition = condition.and_then(|place| rule.conditions.get(place));
            let why = match (watching.latch, rule.operator) {
                (Latch::Clear, _) => match condition {
                    Some(condition) => format!("it does not hold: it needs {condition}"),
                    None => "it does not hold".into(),
                },
                (Latch::Pending(run), _) => {
                    let (seen, needed) = (run.seen, rule.on_delay);
                    format!("it has held for {seen}, and is an alert after {needed}")
                }
                (Latch::Clearing(run), _) => {
                    let (seen, needed) = (run.seen, rule.off_delay);
                    format!("it has been clear for {seen}, and ends after {needed}")
                }
                (Latch::Breached, Operator::Equal | Operator::NotEqual) => "it holds".into(),
                (Latch::Breached, Operator::Above | Operator::AtLeast) => {
                    format!("it holds until the value is down to {boundary}")
                }
                (Latch::Breached, Operator::Below | Operator::AtMost) => {
                    format!("it holds until the value is up to {boundary}")
                }
            };
            (Some(numbers.value), Some(numbers.threshold), why)
        }
        Verdict::Unknown(why) => (None, None, unknown(why, rule)),
    };
    let state = match (watching.last, watching.latch) {
        (Verdict::Unknown(_), _) => WatchState::Unknown,
        (_, Latch::Breached) => WatchState::Breached,
        (_, Latch::Pending(_)) => WatchState::Pending,
        (_, Latch::Clearing(_)) => WatchState::Clearing,
        (_, Latch::Clear) => WatchState::Clear,
    };
    WatchView {
        rule: rule.origin.to_string(),
        priority: rule.priority.to_string(),
        operator: rule.operator.to_string(),
        value,
        threshold,
        state,
        why,
        calibration: factor.map(|factor| CalibrationView {
            rule: factor.origin.to_string(),
            factor: factor.factor,
            raw_value: value.and_then(|value| factor.raw(value)),
        }),
        window: watching.window.zip(rule.window).map(|(start, window)| WindowView {
            start: start.rfc3339(),
            seconds: window.length.whole_secs(),
            buffer_seconds: window.buffer.whole_secs(),
        }),
        steps: steps::of_rule(watching),
    }
}

fn unknown(why: Why, rule: &Rule) -> String {
    match why {
        Why::NoSample => "no sample has come yet".into(),
        Why::NoValue => "the platform gave no value for the metric".into(),
        Why::NoThreshold => {
            "the scaling expression has no value: a metric in it is missing or zero".into()
        }
        Why::NotLearned => "it compares with what is usual, which is not learned yet".into(),
        Why::PartOfWindow => {
            "part of the window is missing, and the rest does not decide it".into()
        }
        Why::OutsideHours => match &rule.hours {
            Some(hours) => format!("outside of the hours \"{}\"", hours.name),
            None => "outside of its hours".into(),
        },
        Why::LowVolume => traffic("too little traffic to judge by", rule),
        Why::NoVolume => traffic("nobody knows whether there is traffic enough", rule),
        Why::NoCondition(place) => match rule.conditions.get(usize::from(place)) {
            Some(condition) => format!("nobody knows whether {condition}"),
            None => "nobody knows whether a condition of it holds".into(),
        },
        Why::WindowOpen => "no window has been closed for its buffer since the start".into(),
    }
}

fn traffic(what: &str, rule: &Rule) -> String {
    rule.minimum_volume.map_or_else(String::new, |Volume { metric, least }| {
        format!("{what}: it needs {} of {}", metric.short(), metric.unit().show(least))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::fixtures::{self, at};
    use crate::model::answer::{Answer, Reading, Row};
    use crate::model::name::EntityId;

    /// A hub that has seen one queue once.
    fn hub(calls_waiting: f64) -> Hub {
        let mut hub = fixtures::hub();
        let row = Row { entity: EntityId::new("q:1").unwrap(), name: Some("Tier 2".into()) };
        let answer = Answer {
            vendor_time: at(10).utc,
            bucket: None,
            every: None,
            metrics: [Metric::find("calls_waiting").unwrap()].into(),
            rows: [row].into(),
            readings: [Reading::Value(calls_waiting)].into(),
            rows_refused: 0,
        };
        hub.observe(0, &answer, at(10));
        hub
    }

    fn states(hub: &Hub, key: &str) -> Option<Vec<WatchState>> {
        let view = hub.explain(key, at(10))?;
        Some(view.watches.iter().map(|watch| watch.state).collect())
    }

    #[test]
    fn a_key_is_found_in_each_form_that_people_type() {
        let hub = hub(22.0);
        let key = hub.evaluate.alerts.iter().next().unwrap().key.clone();
        for form in [
            key.as_str(),
            "q:1:calls_waiting:P1",
            "q:1:calls_waiting",
            "q:1:routing.queue.calls_waiting",
            "Tier 2:calls_waiting",
        ] {
            let view = hub.explain(form, at(10)).unwrap_or_else(|| panic!("{form}"));
            assert_eq!(view.alert.map(|alert| alert.alert_key), Some(key.to_string()), "{form}");
        }
        for form in ["", "calls_waiting", "Tier 3:calls_waiting", "Tier 2:longest_wait"] {
            assert!(hub.explain(form, at(10)).is_none(), "{form}");
        }
    }

    #[test]
    fn a_rule_that_never_paged_is_explained_too() {
        let hub = hub(3.0);
        assert_eq!(states(&hub, "Tier 2:calls_waiting"), Some(Vec::from([WatchState::Clear])));
        assert!(hub.explain("Tier 2:calls_waiting", at(10)).unwrap().alert.is_none());
    }
}
