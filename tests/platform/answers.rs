//! Answers as the vendors' schemas have them, read by definitions as people would write them.
//!
//! The payloads are made by hand: Genesys Cloud (observations, aggregates, trunks, edges) and NICE
//! CXone (skills/activity, skills/summary, in both spellings).

use andon::limits::ANSWER_ROWS_MAX;
use andon::model::answer::{Bucket, Reading};
use andon::model::http::Reply;
use andon::model::name::EntityId;
use andon::model::time::{Span, UtcMs};
use andon::platform::{Asking, Definition, Extract, Held, Part, VendorFault, Window};

use crate::asking;

const GUIDE: &str = include_str!("../../src/platform/definitions/nice-cxone-guide.toml");

const OBSERVATIONS: &str = r#"
rows = "results"
entity_id = "group.queueId"
time_from = "header"
metrics = [
    { metric = "calls_waiting", path = "data[?metric=='oWaiting'].stats.count | [0]" },
    { metric = "longest_wait", unit = "epoch-ms",
      path = "data[?metric=='oLongestWaiting'].stats.calculatedMetricValue | [0]" },
    { metric = "agents_available",
      path = "data[?metric=='oOnQueueUsers' && qualifier=='IDLE'].stats.count | [0]" },
]
"#;

const AGGREGATES: &str = r#"
rows = "results"
entity_id = "group.queueId"
metrics = [
    { metric = "offered_calls", missing = "zero",
      path = "data[0].metrics[?metric=='nOffered'].stats.count | [0]" },
    { metric = "abandoned_calls", missing = "zero",
      path = "data[0].metrics[?metric=='tAbandon'].stats.count | [0]" },
    { metric = "service_level",
      path = "data[0].metrics[?metric=='oServiceLevel'].stats.ratio | [0]" },
    { metric = "answered_calls", keep = false,
      path = "sum(data[0].metrics[?metric=='tAnswered'].stats.count)" },
]
derived = [
    { metric = "abandon_rate", value = "abandoned_calls / offered_calls",
      at_least = { offered_calls = 20 } },
]
"#;

const ACTIVITY: &str = r#"
rows = "skillactivity"
entity_id = "skillid"
entity_name = "skillname"
time = "lastpolltime"
row_time = "servertime"
case = "ignored"
metrics = [
    { metric = "calls_waiting", path = "queuecount" },
    { metric = "longest_wait", path = "earliestqueuetime", unit = "instant" },
    { metric = "agents_available", path = "agentsavailable" },
    { metric = "service_level", path = "servicelevel", unit = "percent" },
]
"#;

const SUMMARY: &str = r#"
rows = "skillsummaries"
entity_id = "skillid"
case = "ignored"
metrics = [
    { metric = "abandoned_calls", path = "abandoncount" },
    { metric = "offered_calls", path = "contactsoffered" },
    { metric = "longest_wait", path = "longestqueuedur" },
    { metric = "abandon_rate", path = "abandonrate", unit = "percent" },
    { metric = "telephony.edge.online", path = "isactive" },
]
"#;

const VALUE: fn(f64) -> Reading = Reading::Value;

fn definition(answer: &str) -> Definition {
    let (before, _) = GUIDE.split_once("[request.answer]").unwrap();
    Definition::parse("f.toml", &format!("{before}[request.answer]{answer}")).unwrap()
}

fn reply(body: &str) -> Reply {
    let reply = Reply::new(200, "application/json", body);
    reply.with_header("date", "Wed, 15 May 2024 14:32:25 GMT")
}

fn part(answer: &str, body: &str, asking: &Asking) -> Result<Part, VendorFault> {
    definition(answer).read_part(0, &reply(body), asking)
}

fn read(answer: &str, body: &str, window: Window) -> Extract {
    definition(answer).read_answer(0, &reply(body), &asking(window)).unwrap()
}

/// A bucket that the hub asked for by its start and end.
fn named() -> Asking {
    let start = at("2024-05-15T14:32:10Z");
    Asking { bucket: Some(Bucket { start, length: Span::secs(10) }), ..asking(Window::Interval) }
}

fn at(text: &str) -> UtcMs {
    UtcMs::from_rfc3339(text).unwrap()
}

fn entities(names: &[&str]) -> Vec<EntityId> {
    names.iter().map(|name| EntityId::new(name).unwrap()).collect()
}

/// The rows of an answer: entity and readings.
fn rows(extract: &Extract) -> Vec<(&str, &[Reading])> {
    extract.answer.iter().map(|(row, readings)| (row.entity.as_str(), readings)).collect()
}

#[test]
fn several_rows_of_an_entity_are_one() {
    let body = include_str!("payloads/genesys-observations.json");
    let extract = read(OBSERVATIONS, body, Window::Snapshot);
    assert_eq!(extract.answer.vendor_time, at("2024-05-15T14:32:25Z"));
    assert_eq!(extract.answer.bucket, None);
    let wanted = [
        ("6c1d3a52", &[VALUE(25.0), VALUE(140.0), VALUE(4.0)][..]),
        ("b8626ee0", &[VALUE(0.0), Reading::Null, Reading::Absent]),
    ];
    assert_eq!(rows(&extract), wanted);
    assert_eq!((extract.cells_coerced, extract.cells_refused), (0, 0));
}

#[test]
fn what_was_asked_for_and_is_missing_is_zero_where_the_definition_says_so() {
    let body = include_str!("payloads/genesys-aggregates.json");
    let parts = vec![part(AGGREGATES, body, &named()).unwrap()];
    let asked = entities(&["6c1d3a52", "quiet"]);
    let extract = definition(AGGREGATES).gather(0, parts, &asked, &mut Held::default()).unwrap();
    assert_eq!(extract.answer.bucket, named().bucket);
    assert_eq!(extract.answer.vendor_time, at("2024-05-15T14:32:20Z"));
    let names: Vec<&str> = extract.answer.metrics.iter().map(|metric| metric.short()).collect();
    assert_eq!(names, ["offered_calls", "abandoned_calls", "service_level", "abandon_rate"]);
    let wanted = [
        ("6c1d3a52", &[VALUE(60.0), VALUE(9.0), VALUE(0.62), VALUE(0.15)][..]),
        ("few", &[VALUE(2.0), VALUE(2.0), Reading::Absent, Reading::Absent]),
        ("quiet", &[VALUE(0.0), VALUE(0.0), Reading::Absent, Reading::Absent]),
    ];
    assert_eq!(rows(&extract), wanted);
    // Nobody who was not asked for is missing, and nothing comes of nothing.
    let empty = r#"{"results":[]}"#;
    let parts = vec![part(AGGREGATES, empty, &named()).unwrap()];
    let extract = definition(AGGREGATES).gather(0, parts, &[], &mut Held::default()).unwrap();
    assert_eq!(rows(&extract), []);
    assert_eq!(definition(AGGREGATES).gather(0, vec![], &asked, &mut Held::default()), None);
    let parts = vec![part(OBSERVATIONS, empty, &named()).unwrap()];
    let extract = definition(OBSERVATIONS).gather(0, parts, &asked, &mut Held::default()).unwrap();
    assert_eq!(rows(&extract), [], "no metric of these is zero where it is missing");
}

#[test]
fn what_is_left_out_is_what_it_was_last_for_a_while() {
    let hold = "missing = { hold_seconds = 15 }, path = \"data[?metric=='oWaiting']";
    let hold = OBSERVATIONS.replacen("path = \"data[?metric=='oWaiting']", hold, 1);
    assert_ne!(hold, OBSERVATIONS);
    let definition = definition(&hold);
    let mut held = Held::default();
    let mut first = |body: &str, seconds: i64, asked: &[&str]| {
        let now = at("2024-05-15T14:32:25Z") + Span::secs(seconds);
        let date = now.http_date();
        let reply = Reply::new(200, "application/json", body).with_header("date", &date);
        let asking = asking(Window::Snapshot);
        let part = definition.read_part(0, &reply, &asking).unwrap();
        let extract = definition.gather(0, vec![part], &entities(asked), &mut held).unwrap();
        extract.answer.readings.first().copied()
    };
    let body = include_str!("payloads/genesys-observations.json");
    let empty = r#"{"results":[]}"#;
    assert_eq!(first(body, 0, &[]), Some(VALUE(25.0)));
    assert_eq!(first(empty, 10, &[]), None, "nobody asked for it by name");
    assert_eq!(first(empty, 10, &["6c1d3a52"]), Some(VALUE(25.0)));
    assert_eq!(first(empty, 16, &["6c1d3a52"]), Some(Reading::Absent));
}

#[test]
fn what_cannot_be_read_is_never_zero() {
    let metrics = |offered: &str| {
        let metrics = format!(r#"[{{"metric":"nOffered","stats":{{"count":{offered}}}}}]"#);
        format!(r#"{{"group":{{"queueId":"q1"}},"data":[{{"metrics":{metrics}}}]}}"#)
    };
    let first = |offered: &[&str]| {
        let rows: Vec<String> = offered.iter().map(|offered| metrics(offered)).collect();
        let body = format!(r#"{{"results":[{}]}}"#, rows.join(","));
        let parts = vec![part(AGGREGATES, &body, &named()).unwrap()];
        let extract = definition(AGGREGATES)
            .gather(0, parts, &entities(&["q1"]), &mut Held::default())
            .unwrap();
        (extract.answer.readings.first().copied(), extract.cells_refused)
    };
    assert_eq!(first(&["7", "8"]), (Some(VALUE(15.0)), 0));
    assert_eq!(first(&["null", "8"]), (Some(VALUE(8.0)), 0));
    assert_eq!(first(&["\"many\"", "8"]), (Some(Reading::Absent), 1));
    assert_eq!(first(&["8", "-1"]), (Some(Reading::Absent), 1));
    // An expression that does not fit is no answer either.
    let sum = AGGREGATES.replace("keep = false", "missing = \"zero\"");
    let sum = sum.replace("tAnswered", "nOffered");
    let answered = |offered: &str| {
        let body = format!(r#"{{"results":[{}]}}"#, metrics(offered));
        let parts = vec![part(&sum, &body, &named()).unwrap()];
        let extract = definition(&sum).gather(0, parts, &[], &mut Held::default()).unwrap();
        extract.answer.readings.get(3).copied()
    };
    assert_eq!(answered("7"), Some(VALUE(7.0)));
    assert_eq!(answered("\"7\""), Some(Reading::Absent));
}

#[test]
fn a_derived_metric_below_its_volume_says_nothing() {
    let rate = |offered: u32| {
        let metrics = format!(
            r#"[{{"metric":"nOffered","stats":{{"count":{offered}}}}},
                {{"metric":"tAbandon","stats":{{"count":5}}}}]"#
        );
        let row = format!(r#"{{"group":{{"queueId":"q"}},"data":[{{"metrics":{metrics}}}]}}"#);
        let parts = vec![part(AGGREGATES, &format!(r#"{{"results":[{row}]}}"#), &named()).unwrap()];
        let extract = definition(AGGREGATES).gather(0, parts, &[], &mut Held::default()).unwrap();
        extract.answer.readings.get(3).copied()
    };
    assert_eq!(rate(20), Some(VALUE(0.25)));
    assert_eq!(rate(19), Some(Reading::Absent));
}

#[test]
fn a_trunk_is_connected_where_any_of_its_sites_is() {
    let trunks = r#"
rows = "entities"
entity_id = "trunkBase.id"
entity_name = "trunkBase.name"
time_from = "header"
metrics = [{ metric = "telephony.trunk.connected", path = "connectedStatus.connected" }]
"#;
    let body = include_str!("payloads/genesys-trunks.json");
    let extract = read(trunks, body, Window::Snapshot);
    assert_eq!(rows(&extract), [("tb-1", &[VALUE(1.0)][..]), ("tb-2", &[VALUE(0.0)])]);
    let all = trunks.replace("connected\" }", "connected\", combine = \"all\" }");
    let extract = read(&all, body, Window::Snapshot);
    assert_eq!(rows(&extract), [("tb-1", &[VALUE(0.0)][..]), ("tb-2", &[VALUE(0.0)])]);
}

#[test]
fn words_for_true_and_a_body_that_is_nothing_but_rows() {
    let edges = r#"
rows = "entities"
entity_id = "id"
time_from = "receipt"
metrics = [{ metric = "telephony.edge.online", path = "onlineStatus", true_when = ["online"] }]
"#;
    let body = include_str!("payloads/genesys-edges.json");
    let extract = read(edges, body, Window::Snapshot);
    assert_eq!(extract.answer.vendor_time, at("2024-05-15T14:32:30Z"));
    let wanted = [("e-1", &[VALUE(1.0)][..]), ("e-2", &[VALUE(0.0)]), ("e-3", &[Reading::Absent])];
    assert_eq!(rows(&extract), wanted);
    let metrics = r#"
rows = "@"
entity_id = "trunk.id"
row_time = "eventTime"
metrics = [{ metric = "calls_waiting", path = "sum(values(calls))" }]
"#;
    let body = include_str!("payloads/genesys-trunk-metrics.json");
    let extract = read(metrics, body, Window::Snapshot);
    assert_eq!(extract.answer.vendor_time, at("2024-05-15T14:32:00Z"));
    assert_eq!(rows(&extract), [("t-1", &[VALUE(3.0)][..])]);
}

#[test]
fn an_age_is_measured_by_the_platforms_clock() {
    let body = include_str!("payloads/cxone-skills-activity.json");
    let Extract { answer, cells_coerced, cells_refused } = read(ACTIVITY, body, Window::Snapshot);
    assert_eq!(answer.vendor_time, at("2024-05-15T14:32:20Z"));
    assert_eq!((cells_coerced, cells_refused, answer.rows_refused), (2, 0, 0));
    let extract = Extract { answer, cells_coerced, cells_refused };
    let wanted = [
        ("8408918", &[VALUE(22.0), VALUE(135.113), VALUE(4.0), VALUE(0.68)][..]),
        ("10477448", &[VALUE(0.0), Reading::Null, VALUE(0.0), VALUE(1.0)]),
        ("10477449", &[VALUE(3.0), VALUE(80.0), VALUE(1.0), Reading::Absent]),
    ];
    assert_eq!(rows(&extract), wanted);
    // A caller who came after the moment of the answer has not waited.
    let later = body.replace("14:30:05", "14:40:00");
    let extract = read(ACTIVITY, &later, Window::Snapshot);
    assert_eq!(extract.answer.readings.get(1), Some(&VALUE(0.0)));
}

#[test]
fn both_spellings_of_a_summary_say_the_same() {
    let strings = include_str!("payloads/cxone-skills-summary.json");
    let pascal = include_str!("payloads/cxone-skills-summary-pascal.json");
    let readings = [VALUE(9.0), VALUE(50.0), VALUE(142.0), VALUE(0.18), VALUE(1.0)];
    for (body, coerced) in [(strings, 5), (pascal, 0)] {
        let part = part(SUMMARY, body, &named()).unwrap();
        let extract = definition(SUMMARY).gather(0, vec![part], &[], &mut Held::default()).unwrap();
        assert_eq!(rows(&extract), [("8408918", &readings[..])]);
        assert_eq!((extract.cells_coerced, extract.cells_refused), (coerced, 0));
    }
}

#[test]
fn parts_are_as_old_as_the_oldest() {
    let page = |time: &str, id: &str, waiting: u32| {
        let row = format!(r#"{{"skillId":{id},"queueCount":{waiting}}}"#);
        let body = format!(r#"{{"lastPollTime":"{time}","skillActivity":[{row},{{}}]}}"#);
        part(ACTIVITY, &body, &asking(Window::Snapshot)).unwrap()
    };
    let parts = vec![
        page("2024-05-15T14:32:20Z", "1", 1),
        page("2024-05-15T14:32:18Z", "2", 2),
        page("2024-05-15T14:32:19Z", "1", 4),
    ];
    assert!(parts.iter().all(|part| part.rows() == 2));
    let extract = definition(ACTIVITY).gather(0, parts, &[], &mut Held::default()).unwrap();
    assert_eq!(extract.answer.vendor_time, at("2024-05-15T14:32:18Z"));
    assert_eq!(extract.answer.rows_refused, 3);
    let waiting: Vec<_> = rows(&extract).iter().map(|(id, cells)| (*id, cells[0])).collect();
    assert_eq!(waiting, [("1", VALUE(5.0)), ("2", VALUE(2.0))]);
}

#[test]
fn a_row_of_an_older_bucket_is_not_filled_with_zeros() {
    let dated = AGGREGATES.replacen(
        "
metrics =",
        "
bucket_start = \"start\"
metrics =",
        1,
    );
    let body = r#"{"results":[{"group":{"queueId":"old"},"start":"2024-05-15T14:31:00Z"},
                              {"group":{"queueId":"new"},"start":"2024-05-15T14:32:10Z"}]}"#;
    let parts = vec![part(&dated, body, &named()).unwrap()];
    let extract = definition(&dated)
        .gather(0, parts, &entities(&["old", "gone"]), &mut Held::default())
        .unwrap();
    let names: Vec<&str> = rows(&extract).iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["new", "gone"]);
}

#[test]
fn nothing_to_tell_is_an_empty_answer_where_its_time_is_known() {
    let empty = |answer: &str, asking: &Asking| {
        let reply = Reply::empty(204).with_header("date", "Wed, 15 May 2024 14:32:25 GMT");
        definition(answer).read_part(0, &reply, asking).map(|part| part.rows())
    };
    for window in [Window::Interval, Window::Snapshot, Window::Rolling] {
        assert_eq!(empty(OBSERVATIONS, &asking(window)), Ok(0));
        assert_eq!(empty(SUMMARY, &asking(window)), Err(VendorFault::NoVendorTime));
    }
    assert_eq!(empty(SUMMARY, &named()), Ok(0));
}

#[test]
fn an_answer_that_is_cut_off_or_of_another_shape_is_refused() {
    let body = include_str!("payloads/cxone-skills-activity.json");
    for end in 0..body.trim_end().len() {
        let cut = body.get(..end).unwrap_or_default();
        let fault = part(ACTIVITY, cut, &asking(Window::Snapshot)).unwrap_err();
        assert!(matches!(fault, VendorFault::NotJson(_)), "{end}: {fault}");
    }
    for body in [r#"{"lastPollTime":"2024-05-15T14:32:20Z"}"#, "[]", r#"{"skillActivity":{}}"#] {
        let fault = part(ACTIVITY, body, &asking(Window::Snapshot)).unwrap_err();
        assert!(matches!(fault, VendorFault::NoRows { .. }), "{body}: {fault}");
    }
}

#[test]
fn rows_of_one_entity_are_bounded_too() {
    let row = r#"{"skillId":1,"queueCount":1,"earliestQueueTime":"2024-05-15T14:30:05Z"}"#;
    let rows = vec![row; ANSWER_ROWS_MAX + 2].join(",");
    let body = format!(r#"{{"lastPollTime":"2024-05-15T14:32:20Z","skillActivity":[{rows}]}}"#);
    let extract = read(ACTIVITY, &body, Window::Snapshot);
    let [waiting, wait, ..] = extract.answer.readings.as_slice() else { panic!("one row") };
    assert_eq!((waiting, wait), (&VALUE(f64::from(1 << 15)), &VALUE(135.0)));
    assert_eq!(extract.answer.rows_refused, 2);
    let cut = body.get(..body.len() - 9).unwrap();
    assert!(part(ACTIVITY, cut, &asking(Window::Snapshot)).is_err());
}
