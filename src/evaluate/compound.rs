//! A rule with more than its threshold: enough traffic, and all or any of further conditions.
//!
//! Three-valued logic: what nobody knows decides nothing, unless the rest decides it already. A
//! rule clears when the whole is clearly false, each condition by its own margin.
//!
//! # Promises
//! - `all_must_hold_and_of_any_one`
//! - `what_nobody_knows_decides_nothing`
//! - `the_whole_clears_when_a_part_is_clearly_false`
//! - `too_little_traffic_neither_raises_nor_clears`

use alloc::string::ToString;

use crate::evaluate::rate::Value;
use crate::evaluate::threshold::{Compared, Test, Verdict, Why, compare};
use crate::model::alert::Decision;
use crate::model::condition::{Condition, Group, Lapse};
use crate::model::metric::Metric;
use crate::model::rule::Rule;

/// The verdict on a whole rule; `own` is that on its threshold, `value` gives the entity's newest
/// values.
pub(super) fn whole(rule: &Rule, own: Verdict, value: &impl Fn(Metric) -> Value) -> Verdict {
    if let Some(volume) = rule.minimum_volume {
        match value(volume.metric) {
            Value::Exact(traffic) if traffic < volume.least => {
                return Verdict::Unknown(Why::LowVolume);
            }
            Value::AtLeast(traffic) if traffic < volume.least => {
                return Verdict::Unknown(Why::NoVolume);
            }
            Value::Unknown => return Verdict::Unknown(Why::NoVolume),
            Value::Exact(_) | Value::AtLeast(_) => {}
        }
    }
    let (mine, numbers) = match own {
        Verdict::Breach(numbers) => (Truth::Yes, numbers),
        Verdict::Between(numbers) => (Truth::Hardly, numbers),
        Verdict::Clear(_) | Verdict::Unknown(_) => return own,
    };
    let mut all = (mine, None);
    let mut any: Option<(Truth, Option<u8>)> = None;
    for (place, condition) in (0_u8..).zip(&*rule.conditions) {
        let truth = (truth(condition, value(condition.metric)), Some(place));
        match condition.group {
            Group::All if truth.0 < all.0 => all = truth,
            Group::Any if any.is_none_or(|best| best.0 < truth.0) => any = Some(truth),
            Group::All | Group::Any => {}
        }
    }
    let (truth, condition) = any.filter(|any| any.0 < all.0).unwrap_or(all);
    let numbers = Compared { condition, ..numbers };
    match (truth, condition) {
        (Truth::Yes, _) => Verdict::Breach(numbers),
        (Truth::Nobody, Some(place)) => Verdict::Unknown(Why::NoCondition(place)),
        (Truth::Hardly | Truth::Nobody, _) => Verdict::Between(numbers),
        (Truth::No, _) => Verdict::Clear(numbers),
    }
}

/// What ends a breach whose rule is clearly false: its own value, or another condition.
pub(super) fn ending(rule: &Rule, numbers: Compared) -> Decision {
    let Compared { value, boundary, condition, .. } = numbers;
    let priority = rule.priority;
    match condition.and_then(|place| rule.conditions.get(usize::from(place))) {
        Some(condition) => {
            Decision::Lapsed(priority, Lapse::Condition(condition.to_string().into()))
        }
        None => Decision::Cleared { priority, value, boundary },
    }
}

/// How true a condition is; of several that must hold the least decides, of several of which one
/// must the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Truth {
    /// By its margin it is not.
    No,
    /// Nobody can say.
    Nobody,
    /// It is not, but by less than its margin.
    Hardly,
    /// It is.
    Yes,
}

fn truth(condition: &Condition, value: Value) -> Truth {
    let test = Test {
        metric: condition.metric,
        operator: condition.operator,
        margin_percent: condition.margin_percent,
        margin_value: condition.margin_value,
    };
    match compare(test, condition.value, value) {
        Verdict::Breach(_) => Truth::Yes,
        Verdict::Between(_) => Truth::Hardly,
        Verdict::Clear(_) => Truth::No,
        Verdict::Unknown(_) => Truth::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::boxed::Box;
    use alloc::string::String;
    use alloc::vec::Vec;

    use crate::evaluate::fixtures;
    use crate::evaluate::threshold::judge;
    use crate::model::condition::Volume;
    use crate::model::rule::Operator;

    /// `calls_waiting >= 15` with more conditions, each as `all agents_available < 3`.
    fn rule(conditions: &[&str]) -> Rule {
        let condition = |text: &&str| {
            let words: Vec<&str> = text.split(' ').collect();
            let metric = Metric::find(words[1]).unwrap();
            Condition {
                group: if words[0] == "all" { Group::All } else { Group::Any },
                metric,
                operator: Operator::parse(words[2]).unwrap(),
                value: words[3].parse().unwrap(),
                margin_percent: 10.0,
                margin_value: metric.margin_floor(),
            }
        };
        let conditions: Box<[Condition]> = conditions.iter().map(condition).collect();
        Rule { conditions, ..fixtures::rule("calls_waiting", ">=", 15.0) }
    }

    /// The verdict on values of waiting, longest wait and agents; a minus is unknown.
    fn says(rule: &Rule, values: [f64; 3]) -> String {
        let names = ["calls_waiting", "longest_wait", "agents_available"];
        let value = |metric: Metric| {
            let place = names.iter().position(|name| *name == metric.short()).unwrap();
            if values[place] < 0.0 { Value::Unknown } else { Value::Exact(values[place]) }
        };
        let own = judge(rule, value(rule.metric), None, &|_| None);
        match whole(rule, own, &value) {
            Verdict::Breach(_) => "breach".into(),
            Verdict::Between(_) => "between".into(),
            Verdict::Clear(numbers) => match numbers.condition {
                Some(place) => ["clear by ", &place.to_string()].concat(),
                None => "clear".into(),
            },
            Verdict::Unknown(why) => alloc::format!("{why:?}"),
        }
    }

    #[test]
    fn all_must_hold_and_of_any_one() {
        let all = rule(&["all longest_wait >= 60", "all agents_available < 3"]);
        assert_eq!(says(&all, [20.0, 90.0, 1.0]), "breach");
        assert_eq!(says(&all, [20.0, 90.0, 9.0]), "clear by 1");
        assert_eq!(says(&all, [20.0, 10.0, 1.0]), "clear by 0");
        assert_eq!(says(&all, [2.0, 90.0, 1.0]), "clear");
        let any = rule(&["any longest_wait >= 60", "any agents_available < 3"]);
        assert_eq!(says(&any, [20.0, 90.0, 9.0]), "breach");
        assert_eq!(says(&any, [20.0, 10.0, 1.0]), "breach");
        assert_eq!(says(&any, [20.0, 10.0, 9.0]), "clear by 0");
        assert_eq!(says(&any, [2.0, 90.0, 1.0]), "clear");
        assert_eq!(says(&rule(&[]), [20.0, -1.0, -1.0]), "breach");
    }

    #[test]
    fn what_nobody_knows_decides_nothing() {
        let all = rule(&["all longest_wait >= 60", "all agents_available < 3"]);
        assert_eq!(says(&all, [20.0, -1.0, 1.0]), "NoCondition(0)");
        assert_eq!(says(&all, [20.0, -1.0, 9.0]), "clear by 1", "whatever the wait is");
        assert_eq!(says(&all, [-1.0, 90.0, 9.0]), "NoValue");
        let any = rule(&["any longest_wait >= 60", "any agents_available < 3"]);
        assert_eq!(says(&any, [20.0, -1.0, 1.0]), "breach", "whatever the wait is");
        assert_eq!(says(&any, [20.0, -1.0, 9.0]), "NoCondition(0)");
    }

    #[test]
    fn the_whole_clears_when_a_part_is_clearly_false() {
        let all = rule(&["all longest_wait >= 60"]);
        assert_eq!(says(&all, [20.0, 55.0, 0.0]), "between");
        assert_eq!(says(&all, [20.0, 54.0, 0.0]), "clear by 0");
        assert_eq!(says(&all, [14.0, 90.0, 0.0]), "between");
        assert_eq!(says(&all, [14.0, 10.0, 0.0]), "clear by 0");
        let any = rule(&["any longest_wait >= 60", "any agents_available < 3"]);
        assert_eq!(says(&any, [20.0, 55.0, 9.0]), "between");
    }

    #[test]
    fn too_little_traffic_neither_raises_nor_clears() {
        let mut guarded = rule(&[]);
        let metric = Metric::find("longest_wait").unwrap();
        guarded.minimum_volume = Some(Volume { metric, least: 10.0 });
        assert_eq!(says(&guarded, [20.0, 9.0, 0.0]), "LowVolume");
        assert_eq!(says(&guarded, [1.0, 9.0, 0.0]), "LowVolume");
        assert_eq!(says(&guarded, [20.0, 10.0, 0.0]), "breach");
        assert_eq!(says(&guarded, [20.0, -1.0, 0.0]), "NoVolume");
        let part = whole(&guarded, Verdict::Unknown(Why::NoValue), &|_| Value::AtLeast(4.0));
        assert_eq!(part, Verdict::Unknown(Why::NoVolume), "there may have been more");
    }
}
