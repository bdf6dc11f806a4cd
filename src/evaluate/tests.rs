//! Answers in, alerts out.

use alloc::boxed::Box;
use alloc::vec;

use super::*;
use crate::evaluate::fixtures::{evaluate, now, rule};
use crate::limits::{ALERTS_MAX, CONDITION_KEPT, ENTITIES_PER_SOURCE_MAX};
use crate::model::alert::{Alert, Phase};
use crate::model::answer::{Bucket, Reading, Row};
use crate::model::condition::{Condition, Group};
use crate::model::expression::Expression;
use crate::model::name::EntityId;
use crate::model::rule::{Operator, Scope};
use crate::model::scope::Selection;
use crate::model::time::{Span, UtcMs};

fn metrics(names: &[&str]) -> Box<[Metric]> {
    names.iter().map(|name| Metric::find(name).unwrap()).collect()
}

fn answer(secs: i64, names: &[&str], rows: &[(&str, &[Reading])]) -> Answer {
    let row = |(id, _): &(&str, &[Reading])| Row { entity: EntityId::new(id).unwrap(), name: None };
    Answer {
        vendor_time: UtcMs(secs * 1_000),
        bucket: Some(Bucket { start: UtcMs((secs - 10) * 1_000), length: Span::secs(10) }),
        every: Some(Span::secs(10)),
        metrics: metrics(names),
        rows: rows.iter().map(row).collect(),
        readings: rows.iter().flat_map(|(_, readings)| readings.iter().copied()).collect(),
        rows_refused: 0,
    }
}

/// One cycle of one queue's `calls_waiting`; what it touched.
fn waiting(evaluate: &mut Evaluate, secs: i64, reading: Reading) -> Vec<Change> {
    let answer = answer(secs, &["calls_waiting"], &[("q", &[reading])]);
    evaluate.observe(0, &answer, now(secs)).into_iter().map(|touched| touched.change).collect()
}

fn only(evaluate: &Evaluate) -> &Alert {
    evaluate.alerts.iter().next().expect("an alert")
}

#[test]
fn a_breach_begins_lasts_and_ends_as_one_alert() {
    let mut evaluate = evaluate(vec![rule("calls_waiting", ">=", 15.0)]);
    assert_eq!(waiting(&mut evaluate, 10, Reading::Value(14.0)), []);
    assert_eq!(waiting(&mut evaluate, 20, Reading::Value(22.0)), [Change::Turned]);
    assert_eq!(waiting(&mut evaluate, 30, Reading::Value(14.0)), [Change::Lasts]);
    assert_eq!(waiting(&mut evaluate, 40, Reading::Value(13.0)), [Change::Turned]);
    let alert = only(&evaluate);
    assert_eq!((alert.phase, alert.episode), (Phase::Resolved, 1));
    assert_eq!((alert.first_breach.utc, alert.last_breach.utc), (UtcMs(20_000), UtcMs(30_000)));
    let compared = Counts { samples: 4, checks: 4, ..Counts::default() };
    assert_eq!(evaluate.counts, Counts { breaches: 1, breaching_checks: 1, ..compared });
}

#[test]
fn an_entity_that_is_left_out_is_held() {
    let mut evaluate = evaluate(vec![rule("calls_waiting", ">=", 15.0)]);
    waiting(&mut evaluate, 10, Reading::Value(22.0));
    assert_eq!(waiting(&mut evaluate, 20, Reading::Absent), []);
    assert_eq!(evaluate.observe(0, &answer(30, &["calls_waiting"], &[]), now(30)), []);
    assert_eq!(only(&evaluate).phase, Phase::Detected);
    // Null is another thing than absence: no calls are waiting.
    assert_eq!(waiting(&mut evaluate, 40, Reading::Null), [Change::Turned]);
    assert_eq!(only(&evaluate).phase, Phase::Resolved);
}

#[test]
fn null_of_a_ratio_is_undefined() {
    let mut evaluate = evaluate(vec![rule("service_level", "<", 0.8)]);
    let mut say = |secs, reading: Reading| {
        let answer = answer(secs, &["service_level"], &[("q", &[reading])]);
        evaluate.observe(0, &answer, now(secs)).len()
    };
    assert_eq!(say(10, Reading::Null), 0);
    assert_eq!(say(20, Reading::Value(0.5)), 1);
    assert_eq!(say(30, Reading::Null), 0);
    assert_eq!(only(&evaluate).phase, Phase::Detected);
    assert_eq!(evaluate.counts.unknown_checks, 2);
}

#[test]
fn a_restart_takes_open_alerts_up_where_they_were() {
    let rules = vec![rule("calls_waiting", ">=", 15.0)];
    let mut before = evaluate(rules.clone());
    waiting(&mut before, 10, Reading::Value(22.0));
    let remembered = only(&before).clone();
    let mut after = evaluate(rules);
    after.alerts.restore(remembered, now(60).stamp());
    // Between the margin and the threshold: only a latch that remembers goes on.
    waiting(&mut after, 70, Reading::Value(14.0));
    assert_eq!((only(&after).phase, only(&after).episode), (Phase::Detected, 1));
    waiting(&mut after, 80, Reading::Value(2.0));
    assert_eq!(only(&after).phase, Phase::Resolved);
}

#[test]
fn a_metric_that_comes_with_another_answer_is_taken_up_too() {
    let rules = vec![rule("calls_waiting", ">=", 15.0), rule("agents_busy", ">=", 50.0)];
    let mut before = evaluate(rules.clone());
    waiting(&mut before, 10, Reading::Value(22.0));
    let remembered = only(&before).clone();
    let mut after = evaluate(rules);
    after.alerts.restore(remembered, now(60).stamp());
    let busy = answer(65, &["agents_busy"], &[("q", &[Reading::Value(1.0)])]);
    assert_eq!(after.observe(0, &busy, now(65)), []);
    waiting(&mut after, 70, Reading::Value(14.0));
    assert_eq!((only(&after).phase, only(&after).episode), (Phase::Detected, 1));
    waiting(&mut after, 80, Reading::Value(2.0));
    assert_eq!(only(&after).phase, Phase::Resolved);
}

#[test]
fn a_rule_that_left_the_file_ends_its_breach() {
    let mut before = evaluate(vec![rule("calls_waiting", ">=", 15.0)]);
    waiting(&mut before, 10, Reading::Value(22.0));
    let remembered = only(&before).clone();
    let mut after = evaluate(Vec::new());
    after.alerts.restore(remembered, now(60).stamp());
    assert_eq!(waiting(&mut after, 70, Reading::Value(22.0)), [Change::Turned]);
    assert_eq!(only(&after).phase, Phase::Resolved);
}

#[test]
fn scaling_reads_the_metrics_of_the_same_answer() {
    let mut scaled = rule("longest_wait", ">=", 120.0);
    scaled.scaling = Some(Expression::parse("agents_available * 20").unwrap());
    let mut evaluate = evaluate(vec![scaled]);
    let mut say = |secs, wait: f64, agents: Reading| {
        let cells = [Reading::Value(wait), agents];
        let answer = answer(secs, &["longest_wait", "agents_available"], &[("q", &cells)]);
        evaluate.observe(0, &answer, now(secs)).len()
    };
    assert_eq!(say(10, 150.0, Reading::Value(10.0)), 0);
    assert_eq!(say(20, 150.0, Reading::Value(2.0)), 1);
    assert_eq!(say(30, 1.0, Reading::Absent), 0);
    let alert = only(&evaluate);
    assert!((alert.worst.threshold - 120.0).abs() < 1e-9, "{}", alert.worst.threshold);
    assert_eq!(alert.context.as_slice(), [(Metric::find("agents_available").unwrap(), 2.0)]);
}

#[test]
fn a_scope_is_kept_and_each_entity_stands_alone() {
    let scoped = Rule {
        scope: Scope::One(EntityId::new("b").unwrap()),
        ..rule("calls_waiting", ">=", 15.0)
    };
    let mut evaluate = evaluate(vec![scoped]);
    let high: &[Reading] = &[Reading::Value(99.0)];
    let touched =
        evaluate.observe(0, &answer(10, &["calls_waiting"], &[("a", high), ("b", high)]), now(10));
    assert_eq!(touched.len(), 1);
    assert_eq!(only(&evaluate).entity.as_str(), "b");
    // The order of the rows does not matter.
    let low: &[Reading] = &[Reading::Value(0.0)];
    let swapped = answer(20, &["calls_waiting"], &[("b", low), ("a", high)]);
    assert_eq!(evaluate.observe(0, &swapped, now(20)).len(), 1);
    assert_eq!(only(&evaluate).phase, Phase::Resolved);
}

#[test]
fn a_number_that_is_none_is_no_value() {
    let mut evaluate = evaluate(vec![rule("calls_waiting", ">=", 15.0)]);
    waiting(&mut evaluate, 10, Reading::Value(22.0));
    for broken in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(waiting(&mut evaluate, 20, Reading::Value(broken)), []);
    }
    assert_eq!((evaluate.counts.unknown_checks, evaluate.counts.samples), (3, 1));
}

#[test]
fn a_breach_without_room_is_counted_and_begins_once_there_is_room() {
    let mut evaluate = evaluate(vec![rule("calls_waiting", ">=", 15.0)]);
    waiting(&mut evaluate, 10, Reading::Value(22.0));
    let open = only(&evaluate).clone();
    evaluate.alerts = Alerts::default();
    for n in 0..ALERTS_MAX {
        let entity = EntityId::new(&alloc::format!("other-{n}")).unwrap();
        let key = AlertKey::of(&open.source, &open.platform, open.metric, &entity);
        evaluate.alerts.restore(Alert { key, entity, ..open.clone() }, now(10).stamp());
    }
    let say = |evaluate: &mut Evaluate, secs| {
        let row: (&str, &[Reading]) = ("late", &[Reading::Value(22.0)]);
        evaluate.observe(0, &answer(secs, &["calls_waiting"], &[row]), now(secs)).len()
    };
    assert_eq!((say(&mut evaluate, 20), say(&mut evaluate, 30)), (0, 0));
    assert_eq!((evaluate.counts.alerts_refused, evaluate.counts.breaches), (2, 1));
    evaluate.end_orphans(&[], now(40).stamp());
    assert_eq!(say(&mut evaluate, 50), 1);
    assert_eq!((evaluate.counts.alerts_refused, evaluate.counts.breaches), (2, 2));
}

#[test]
fn rows_beyond_the_bound_are_counted() {
    let mut evaluate = evaluate(vec![rule("calls_waiting", ">=", 15.0)]);
    let ids = (0..ENTITIES_PER_SOURCE_MAX + 2).map(|n| alloc::format!("q{n}"));
    let ids: Vec<String> = ids.collect();
    let high: &[Reading] = &[Reading::Value(22.0)];
    let rows: Vec<(&str, &[Reading])> = ids.iter().map(|id| (id.as_str(), high)).collect();
    let touched = evaluate.observe(0, &answer(10, &["calls_waiting"], &rows), now(10));
    assert_eq!((touched.len(), evaluate.counts.entities_refused), (ENTITIES_PER_SOURCE_MAX, 2));
}

#[test]
fn a_queue_that_was_renamed_is_told_of_by_its_new_name() {
    let mut evaluate = evaluate(vec![rule("calls_waiting", ">=", 15.0)]);
    for (secs, name) in [(10, "Tier 2"), (20, "Tier 2 (new)")] {
        let mut said = answer(secs, &["calls_waiting"], &[("q", &[Reading::Value(2.0)])]);
        said.rows[0].name = Some(name.into());
        evaluate.observe(0, &said, now(secs));
        assert_eq!(evaluate.entities().next().map(|(.., shown)| shown), Some(name));
    }
}

#[test]
fn a_queue_whose_new_name_is_out_of_scope_is_watched_no_longer() {
    let entities = Vec::from(["VIP*".into()]);
    let scope = Scope::Some(Box::new(Selection { entities, ..Selection::default() }));
    let mut evaluate = evaluate(vec![Rule { scope, ..rule("calls_waiting", ">=", 15.0) }]);
    let mut phases = Vec::new();
    for (secs, name) in [(10, "VIP line"), (20, "VIP"), (30, "Sales"), (40, "VIP line")] {
        let mut said = answer(secs, &["calls_waiting"], &[("q", &[Reading::Value(22.0)])]);
        said.rows[0].name = Some(name.into());
        let touched = evaluate.observe(0, &said, now(secs)).len();
        phases.push((touched, only(&evaluate).phase, only(&evaluate).episode));
    }
    let (open, over) = (Phase::Detected, Phase::Resolved);
    assert_eq!(phases, [(1, open, 1), (1, open, 1), (1, over, 1), (1, open, 1)]);
}

#[test]
fn a_condition_of_another_answer_counts_until_it_is_old() {
    let agents = Metric::find("agents_available").unwrap();
    let condition = Condition {
        group: Group::All,
        metric: agents,
        operator: Operator::Below,
        value: 3.0,
        margin_percent: 10.0,
        margin_value: 1.0,
    };
    let few = Rule { conditions: [condition].into(), ..rule("calls_waiting", ">=", 15.0) };
    let mut evaluate = evaluate(vec![few]);
    assert_eq!(waiting(&mut evaluate, 10, Reading::Value(22.0)), [], "nobody knows of agents");
    let agents = answer(20, &["agents_available"], &[("q", &[Reading::Value(1.0)])]);
    evaluate.observe(0, &agents, now(20));
    assert_eq!(waiting(&mut evaluate, 30, Reading::Value(22.0)), [Change::Turned]);
    let late = 20 + CONDITION_KEPT.whole_secs();
    assert_eq!(waiting(&mut evaluate, late, Reading::Value(22.0)), [Change::Lasts]);
    assert_eq!(waiting(&mut evaluate, late + 10, Reading::Value(22.0)), [], "it is too old");
    assert_eq!(waiting(&mut evaluate, late + 20, Reading::Value(1.0)), [Change::Turned]);
}
