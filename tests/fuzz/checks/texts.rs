//! Texts that people write: config, source definition, expression, template, question, recording.

use alloc::collections::BTreeMap;
use core::str::from_utf8;

use andon::api::{self, Question};
use andon::demo::recording::Recording;
use andon::document::Problems;
use andon::hub::Library;
use andon::limits::{EXPRESSION_BYTES_MAX, RECORDING_FAULTS_MAX};
use andon::model::answer::Bucket;
use andon::model::catalogue::ParameterKind;
use andon::model::config::{Parameter, SourceConfig};
use andon::model::expression::Expression;
use andon::model::metric::Metric;
use andon::model::name::SourceName;
use andon::model::secret::{Secret, SecretRef, Secrets};
use andon::model::time::{Span, UtcMs};
use andon::platform::{About, Definition, Lists, LoginDraft, Session};
use andon::target::check_template;

use super::world::World;

/// A config is accepted, and a hub starts on it, or each problem has its place in the text.
pub fn config(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    match andon::hub::load("andon.toml", text, &Library::built_in()) {
        Ok(loaded) => {
            assert_eq!(loaded.config.sources.len(), loaded.definitions.len());
            World::start(loaded, BTreeMap::new()).wake();
        }
        Err(problems) => point(&problems, text),
    }
}

/// A definition is accepted, and makes sound requests, or each problem has its place in the text.
pub fn definition(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    match Definition::parse("platform.toml", text) {
        Ok(definition) => requests(&definition),
        Err(problems) => point(&problems, text),
    }
}

/// An expression has a finite value or none, and none without the metrics that it names.
pub fn expression(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(fault) => {
            let within = text.is_char_boundary(fault.at) || text.len() > EXPRESSION_BYTES_MAX;
            assert!(within && !fault.what.is_empty(), "{fault:?}");
            return;
        }
    };
    let mut metrics = Vec::new();
    expression.metrics(&mut |metric| metrics.push(metric));
    for of_all in [0.0, -0.0, 1.0, -7.5, 1e-308, f64::MAX] {
        let value = expression.value(&|_| Some(of_all));
        assert!(value.is_none_or(f64::is_finite), "{value:?}");
    }
    for missing in metrics {
        let others = |metric: Metric| (metric != missing).then_some(1.0);
        assert_eq!(expression.value(&others), None, "without {}", missing.name());
    }
}

/// A template is accepted or told its fault; neither takes more than its fuel.
pub fn template(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    if let Err(fault) = check_template(text) {
        assert!(!fault.what.is_empty());
        let lines = text.split('\n').count();
        assert!(fault.line.is_none_or(|line| line <= lines), "{fault:?} of {lines} lines");
    }
}

/// A question is understood or answered with what there is. The first line is the method.
pub fn question(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (method, path) = text.split_once('\n').unwrap_or(("GET", &text));
    match api::question(method, path) {
        Ok(Question::Explain(key)) => assert!(!key.is_empty()),
        Ok(Question::Healthy | Question::Ready | Question::Metrics) => {}
        Ok(
            Question::Alerts
            | Question::Silences
            | Question::Unread
            | Question::DeadLetters
            | Question::Month,
        ) => {}
        Err(reply) => {
            assert!([400, 404, 405].contains(&reply.status) && !reply.body.is_empty());
        }
    }
}

/// A recording plays, or its bad lines are named in order.
pub fn recording(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    let mut recording = match Recording::parse(text) {
        Ok(recording) => recording,
        Err(faults) => {
            let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
            assert!((1..=RECORDING_FAULTS_MAX).contains(&lines.len()) && lines.is_sorted());
            let beyond = text.lines().count().max(1);
            assert!(lines.iter().all(|line| (1..=beyond).contains(line)), "{faults:?}");
            return;
        }
    };
    let day = recording.busiest_day();
    assert_eq!(day.is_none(), recording.queues().is_empty(), "a row is a queue's");
    let Some(hour) = day.and_then(|day| recording.busiest_hour_start(day)) else { return };
    recording.play(hour, hour);
    for queue in 0..recording.queues().len() {
        let whole = recording.window(queue, hour, hour + Span::secs(3_600));
        assert!(whole.is_some(), "whole cycles can be asked for");
    }
}

/// Each problem has a place inside of the text, and no report steers a terminal.
pub(super) fn point(problems: &Problems, text: &str) {
    assert!(problems.lines().count() > 0, "a refusal says why");
    for problem in problems.lines() {
        let line = problem.line.checked_sub(1).and_then(|index| text.split('\n').nth(index));
        let line = line.unwrap_or_else(|| panic!("{problem:?} is on no line"));
        let width = line.chars().count();
        assert!((1..=width + 1).contains(&problem.column), "{problem:?} in {width} columns");
        assert!(!problem.message.is_empty() && !problem.help.is_empty(), "{problem:?}");
    }
    for report in [problems.to_string(), problems.render(false)] {
        let steers = |c: char| c.is_control() && c != '\n';
        assert!(!report.contains(steers), "{report:?}");
    }
}

/// Every request of a definition can be made, and its body is JSON.
fn requests(definition: &Definition) {
    match definition.requests() {
        0 => assert!(definition.webhook().is_some(), "neither asked nor pushed"),
        _ => assert!(definition.interval(0) > Span::ZERO),
    }
    let mut secrets = Secrets::default();
    let reference = SecretRef::Credential("key".into());
    secrets.put(reference.clone(), Secret::new("\"&{} %"));
    let parameters = definition.summary().parameters.into_iter().map(|spec| {
        let value = match spec.kind {
            ParameterKind::Text => Parameter::Text("\"a b\" {x} \u{e9}".into()),
            ParameterKind::Secret => Parameter::Secret(reference.clone()),
            ParameterKind::List => Parameter::List(["\"".into(), "q".into()].into()),
        };
        (spec.name, value)
    });
    let source = SourceConfig {
        name: SourceName::new("source").unwrap(),
        definition: definition.name().into(),
        platform: definition.summary().platform,
        parameters: parameters.collect(),
        entities: Vec::new(),
        webhook_register: false,
    };
    // Texts that a login would have taken from answers are not there: that is a fault, no panic.
    drop(definition.login(&source, &secrets, &LoginDraft::default()));
    let (session, lists) = (Session::of(Secret::new("token"), Span::secs(60)), Lists::new());
    for index in 0..definition.requests() {
        let bucket = Bucket { start: UtcMs(0), length: definition.interval(index) };
        let exchange = definition.first_exchange(index, bucket, None, UtcMs(0));
        let made = definition.data_request(
            About { source: &source, lists: &lists },
            &secrets,
            &session,
            index,
            &exchange,
        );
        let Ok(request) = made else { continue };
        let is_json = serde_json::from_slice::<serde_json::Value>(&request.body).is_ok();
        assert!(is_json || request.body.is_empty(), "{:?}", request.body.escape_ascii());
    }
}
