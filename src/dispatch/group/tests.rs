//! What is told at once, and what with others.

use alloc::format;
use alloc::rc::Rc;

use super::*;
use crate::dispatch::fixtures::{alert, at, config, resolve};
use crate::ledger::{Remembered, Row, Table, restore};
use crate::model::alert::Alert;
use crate::model::business::ContextRow;
use crate::model::metric::Metric;
use crate::model::mute::{Mute, Muter};
use crate::model::name::EntityId;
use crate::model::secret::{Secret, SecretRef, Secrets};
use crate::model::time::Span;
use crate::target::Texts;

/// Both targets have groups of all P1 and P2; the pager is none that can.
fn grouped(by: &[GroupBy]) -> Config {
    let mut config = config();
    for target in &mut config.targets {
        target.group = Some(Grouping { by: by.into(), every: Span::secs(60) });
    }
    config
}

fn dispatch(config: Config) -> Dispatch {
    Dispatch::new(Rc::new(config), Texts::default(), &mut Remembered::default(), 1, at(0))
}

fn about(entity: &str, priority: Priority) -> Alert {
    let alert = alert(1, priority);
    let entity = EntityId::new(entity).unwrap();
    let key = AlertKey::of(&alert.source, "nice-cxone", Metric::DATA_AGE, &entity);
    Alert { key, entity_name: entity.as_str().into(), entity, ..alert }
}

/// What leaves the box by this second; every request is answered with yes.
fn sent(dispatch: &mut Dispatch, second: i64) -> String {
    sent_knowing(dispatch, &[], second)
}

/// The same, while these alerts are known.
fn sent_knowing(dispatch: &mut Dispatch, alerts: &[Alert], second: i64) -> String {
    let alert_of = |key: &AlertKey| alerts.iter().find(|alert| alert.key == *key);
    let mut secrets = Secrets::default();
    secrets.put(SecretRef::Credential("pager".into()), Secret::new("key"));
    let mut said = Vec::new();
    for _ in 0..100 {
        dispatch.wake(&alert_of, &secrets, at(second));
        let mut asked = Vec::new();
        let mut notices = Vec::new();
        while let Some(step) = dispatch.next_step() {
            match step {
                Step::Ask { notice, .. } => asked.push(notice),
                Step::Note { what: Decision::Held { hold, .. }, .. } => {
                    notices.push(format!("held:{}", hold.as_str()));
                }
                Step::Note { .. }
                | Step::Write(_)
                | Step::RereadSecrets
                | Step::Read { .. }
                | Step::LogIn { .. }
                | Step::Delivered { .. }
                | Step::Say(..) => {}
            }
        }
        said.append(&mut notices);
        if asked.is_empty() {
            break;
        }
        for number in asked {
            let (notice, _) = dispatch.outbox.under_way(number).unwrap();
            let names = notice.subject.alerts().iter().map(|line| line.entity.as_str());
            let names = names.collect::<Vec<_>>().join("+");
            said.push(format!("{}:{names}>{}", notice.reason.as_str(), notice.target));
            let status = if notice.target.as_str() == "pager" { 202 } else { 200 };
            let body = if status == 202 { "{\"status\":\"success\"}" } else { "ok" };
            let reply = crate::model::http::Reply::new(status, "text/plain", body);
            dispatch.answered(number, &Ok(reply), at(second));
        }
    }
    said.join(" ")
}

/// Alerts that begin together; what is told of them at once.
fn begin(dispatch: &mut Dispatch, alerts: &mut [Alert], second: i64) -> String {
    for alert in alerts {
        dispatch.settle(alert, at(second));
    }
    sent(dispatch, second)
}

fn three() -> [Alert; 3] {
    ["a", "b", "c"].map(|entity| about(entity, Priority::P2))
}

#[test]
fn the_first_of_a_group_is_told_at_once_and_the_others_together() {
    let mut dispatch = dispatch(grouped(&[]));
    let told = begin(&mut dispatch, &mut three(), 0);
    assert_eq!(told, "held:grouped held:grouped first_breach:a>slack");
    assert_eq!(dispatch.counts.held.get(&Hold::Grouped), Some(&2));
    assert_eq!(sent(&mut dispatch, 59), "");
    assert_eq!(dispatch.next_wake().unwrap().at, at(60).tick);
    assert_eq!(sent(&mut dispatch, 60), "first_breach:b+c>slack");
    // The next interval has begun; one alone is told as ever.
    let mut late = [about("d", Priority::P2)];
    assert_eq!(begin(&mut dispatch, &mut late, 70), "held:grouped");
    assert_eq!(sent(&mut dispatch, 120), "first_breach:d>slack");
    assert_eq!(sent(&mut dispatch, 180), "");
    let mut later = [about("e", Priority::P2)];
    assert_eq!(begin(&mut dispatch, &mut later, 200), "first_breach:e>slack");
}

#[test]
fn alerts_that_have_nothing_in_common_are_told_by_themselves() {
    let mut config = grouped(&[GroupBy::Label("site".into())]);
    let row = |entity: &str, site: &str| ContextRow {
        source: None,
        entity: entity.into(),
        business: Business::default(),
        labels: Vec::from([("site".into(), site.into())]),
    };
    config.enrichment.rows = Vec::from([row("a", "Haifa"), row("b", "Leeds"), row("c", "Haifa")]);
    let mut dispatch = dispatch(config);
    let told = begin(&mut dispatch, &mut three(), 0);
    assert_eq!(told, "held:grouped first_breach:a>slack");
    assert_eq!(sent(&mut dispatch, 1), "first_breach:b>slack");
    let mut dispatch = self::dispatch(grouped(&[GroupBy::Entity]));
    let told = begin(&mut dispatch, &mut three(), 0);
    assert_eq!(told, "first_breach:a>slack");
}

#[test]
fn what_is_over_before_its_turn_is_told_to_nobody_and_counted() {
    let mut dispatch = dispatch(grouped(&[]));
    let mut alerts = three();
    begin(&mut dispatch, &mut alerts, 0);
    resolve(&mut alerts[1], 20);
    assert_eq!(begin(&mut dispatch, &mut alerts[1..2], 20), "held:ended_untold");
    assert_eq!(dispatch.counts.held.get(&Hold::EndedUntold), Some(&1));
    resolve(&mut alerts[0], 30);
    assert_eq!(begin(&mut dispatch, &mut alerts[..1], 30), "recovered:a>slack");
    assert_eq!(sent(&mut dispatch, 60), "first_breach:c>slack");
    assert_eq!(dispatch.outbox_depths().map(|(_, depth)| depth).sum::<usize>(), 0);
}

#[test]
fn what_is_silenced_before_its_turn_is_told_when_the_silence_is_over() {
    let mut config = grouped(&[]);
    config.routes.ordered[1].targets.push(TargetName::new("pager").unwrap());
    let alone = (grouped(&[]), "", "first_breach:b>slack", 3);
    // Who was told before hears of it again in its time, and the channel with them.
    let both = (config, "first_breach:b>pager", "repeat:b>pager repeat:b>slack", 5);
    for (config, before, after, made) in [alone, both] {
        let mut dispatch = dispatch(config);
        let mut alerts = three();
        begin(&mut dispatch, &mut alerts, 0);
        let told = [1, 2].map(|second| sent(&mut dispatch, second));
        assert_eq!(told[0], before);
        let by = Muter::Silence { id: 1, owner: "Noa".into() };
        let mute = Mute { by, since: at(20).stamp(), until: at(90).utc };
        alerts[1].suppression.mute = Some(Box::new(mute));
        let told = sent_knowing(&mut dispatch, &alerts, 60);
        assert_eq!(told, "held:silence first_breach:c>slack");
        assert_eq!(begin(&mut dispatch, &mut alerts[1..2], 70), "");
        alerts[1].suppression.mute = None;
        assert_eq!(begin(&mut dispatch, &mut alerts[1..2], 400), after);
        assert_eq!(dispatch.counts.made.get(&Reason::FirstBreach), Some(&made));
    }
}

#[test]
fn what_grows_worse_waits_for_no_group() {
    let mut dispatch = dispatch(grouped(&[]));
    let mut alerts = three();
    begin(&mut dispatch, &mut alerts, 0);
    let facts = notices::facts(&alerts[1], &telling::begin(&alerts[1], &alerts[1].worst));
    let slack = TargetName::new("slack").unwrap();
    let order = Order { reason: Reason::Escalation, targets: Vec::from([slack]), facts };
    dispatch.place(&order, at(10));
    assert_eq!(sent(&mut dispatch, 10), "first_breach:b>slack");
    assert_eq!(sent(&mut dispatch, 11), "escalation:b>slack", "in their order");
    assert_eq!(sent(&mut dispatch, 60), "first_breach:c>slack");
}

#[test]
fn the_urgent_waits_for_no_group() {
    let mut config = grouped(&[]);
    config.routes.ordered[0].targets = config.routes.ordered[1].targets.clone();
    let mut dispatch = dispatch(config);
    let mut alerts = three();
    begin(&mut dispatch, &mut alerts[..2], 0);
    let mut urgent = [about("u", Priority::P1)];
    assert_eq!(begin(&mut dispatch, &mut urgent, 5), "first_breach:u>slack");
}

#[test]
fn an_incident_system_gets_each_by_itself() {
    let mut config = grouped(&[]);
    config.routes.ordered[1].targets = config.routes.ordered[0].targets.clone();
    let mut dispatch = dispatch(config);
    assert_eq!(begin(&mut dispatch, &mut three(), 0), "first_breach:a>pager");
    assert_eq!(sent(&mut dispatch, 1), "first_breach:b>pager");
}

#[test]
fn what_waits_for_its_group_outlives_a_restart() {
    let mut dispatch = dispatch(grouped(&[]));
    let mut rows = BTreeMap::new();
    for alert in &mut three() {
        dispatch.settle(alert, at(0));
    }
    while let Some(step) = dispatch.next_step() {
        if let Step::Write(Write { table: Table::Outbox, key, value }) = step {
            rows.insert(key, value);
        }
    }
    let rows = rows
        .into_iter()
        .filter_map(|(key, value)| Some(Row { table: Table::Outbox, key, value: value? }));
    let mut remembered = restore(rows, "b", at(5)).unwrap();
    remembered.next_notice = 10;
    let config = Rc::new(grouped(&[]));
    let mut dispatch = Dispatch::new(config, Texts::default(), &mut remembered, 1, at(5));
    let told = [5, 6, 7].map(|second| sent(&mut dispatch, second));
    assert_eq!(told, ["first_breach:a>slack", "first_breach:b>slack", "first_breach:c>slack"]);
}

#[test]
fn what_of_a_group_nobody_takes_falls_back_alert_by_alert() {
    let mut config = grouped(&[]);
    config.targets[1].patience.fallback = Some(config.targets[0].name.clone());
    config.targets[1].patience.fallback_after = Span::secs(30);
    let mut dispatch = dispatch(config);
    let mut alerts = three();
    for alert in &mut alerts {
        dispatch.settle(alert, at(0));
    }
    let alert_of = |key: &AlertKey| alerts.iter().find(|alert| alert.key == *key);
    let mut secrets = Secrets::default();
    secrets.put(SecretRef::Credential("pager".into()), Secret::new("key"));
    let mut told = Vec::new();
    // The pager takes what it is given, and the channel never answers.
    let taken = crate::model::http::Reply::new(202, "application/json", r#"{"status":"success"}"#);
    for second in [0, 59, 60, 89, 90, 91] {
        dispatch.wake(&alert_of, &secrets, at(second));
        while let Some(step) = dispatch.next_step() {
            let Step::Ask { notice, .. } = step else { continue };
            let (asked, _) = dispatch.outbox.under_way(notice).unwrap();
            if asked.target.as_str() == "pager" {
                let names = asked.subject.alerts().iter().map(|line| line.entity.as_str());
                told.push((second, names.collect::<Vec<_>>().join("+")));
                dispatch.answered(notice, &Ok(taken.clone()), at(second));
            }
        }
    }
    // The first has waited since it began, the others since their group was told.
    let told: Vec<(i64, &str)> = told.iter().map(|(at, name)| (*at, name.as_str())).collect();
    assert_eq!(told, [(59, "a"), (90, "b"), (91, "c")]);
}
