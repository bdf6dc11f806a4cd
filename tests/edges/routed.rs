//! `andon route` and `andon windows preview` on guide 1's routing as it stands, and where clocks
//! change.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::hub::{andon, ended, text};

/// Guide 1's routing example, in a file that needs little more.
fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/config/good/guide-1.json")
}

/// The same with more in it.
fn guide_with(directory: &Path, key: &str, more: &[Value]) -> PathBuf {
    let text = std::fs::read_to_string(guide()).unwrap();
    let mut file: Value = serde_json::from_str(&text).unwrap();
    let mut list = file[key].as_array().cloned().unwrap_or_default();
    list.extend_from_slice(more);
    file[key] = list.into();
    let path = directory.join("andon.json");
    std::fs::write(&path, file.to_string()).unwrap();
    path
}

/// What a command says about a file that is good, without the file's name.
fn said(file: &Path, arguments: &[&str]) -> String {
    let output = ended(andon().args(arguments).arg("--config").arg(file));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout).replace(&format!("{}:", file.display()), "")
}

/// What it says of a command line that makes no sense.
fn refused(arguments: &[&str]) -> String {
    let output = ended(andon().args(arguments).arg("--config").arg(guide()));
    assert_eq!(output.status.code(), Some(64), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
    text(&output.stderr)
}

fn route<'a>(key: &'a str, at: &'a str) -> Vec<&'a str> {
    vec!["route", "--for", key, "--at", at, "--source", "cxone-prod"]
}

#[test]
fn guide_1s_routes_say_where_an_alert_goes_and_why() {
    let page = said(&guide(), &route("tier-2:longest_wait:P2", "2026-12-06T01:00:00Z"));
    let wanted = "\
tier-2:longest_wait:P2 of cxone-prod, at 2026-12-06T01:00:00Z
  46:5  severity critical or high, business impact sla_violation_risk or trunk_failure: does not \
take it: severity; not in maintenance-01, cutover-02
  55:5  severity medium or low, metric type routing.queue.longest_wait or \
telephony.trunk.latency: takes it
  55:5, for what no rule takes  every alert: not asked
  told at once: slack-ops-channel
  after 3600 s, at 2026-12-06T02:00:00Z: slack-ops-channel, one step worse
";
    assert_eq!(page, wanted);
    // What no rule takes goes by the last.
    let page = said(&guide(), &route("tier-2:calls_waiting:P1", "2026-12-06T01:00:00Z"));
    assert!(page.contains("46:5") && page.contains("does not take it: business_impact"), "{page}");
    assert!(page.contains("for what no rule takes  every alert: takes it"), "{page}");
    assert!(page.contains("  told at once: slack-ops-channel\n"), "{page}");
    // Each source and each priority, where nobody says which.
    let pages = said(&guide(), &["route", "--for", "tier-2:calls_waiting", "--json"]);
    let keys: Vec<Value> = pages.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |answer: &Value| format!("{} {}", answer["source"], answer["key"]);
    let keys: Vec<String> = keys.iter().map(of).collect();
    assert_eq!(keys.len(), 6, "{keys:?}");
    assert_eq!(keys[5], "\"genesys-prod\" \"tier-2:calls_waiting:P3\"");
}

#[test]
fn a_window_that_is_open_then_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let trunk = json!({
        "source": "cxone-prod", "entity": "trunk-*", "business_impact": "trunk_failure",
    });
    let file = guide_with(directory.path(), "context", &[trunk]);
    // A Sunday: 02:00 to 04:00 of UTC, and the cutover from 22:00 of the day before in New York.
    for (at, by) in [
        ("2026-12-06T01:59:59Z", None),
        ("2026-12-06T02:00:00Z", Some("maintenance-01 until 2026-12-06T04:00:00Z")),
        ("2026-12-06T03:00:00Z", Some("cutover-02 until 2026-12-06T09:00:00Z")),
        ("2026-12-06T08:59:59Z", Some("cutover-02 until 2026-12-06T09:00:00Z")),
        ("2026-12-06T09:00:00Z", None),
    ] {
        let page = said(&file, &route("trunk-7:calls_waiting:P1", at));
        assert!(page.contains(", business impact trunk_failure, at "), "{page}");
        assert_eq!(by.is_none(), page.contains("told at once: pagerduty-critical-queue"), "{page}");
        let muted = by.map(|by| format!("  muted by the window {by}; if it is bad then,\n"));
        assert!(muted.is_none_or(|muted| page.contains(&muted)), "{page}");
        assert_eq!(by.is_some(), page.contains("told at its end: pagerduty-critical-queue"));
        let due = "  after 900 s, at 2026-12-06T";
        assert!(page.contains(due), "{page}");
        // The channel's route names no window.
        let page = said(&file, &route("trunk-7:longest_wait:P2", at));
        assert!(page.contains("  told at once: slack-ops-channel\n"), "{page}");
    }
    let arguments = [&route("trunk-7:calls_waiting:P1", "2026-12-06T03:30:00Z")[..], &["--json"]];
    let answer: Value = serde_json::from_str(&said(&file, &arguments.concat())).unwrap();
    let by: Vec<&Value> =
        answer["muted"].as_array().unwrap().iter().map(|one| &one["by"]).collect();
    assert_eq!(by, ["maintenance-01", "cutover-02"]);
}

#[test]
fn guide_1s_windows_are_shown_as_they_come() {
    let preview = ["windows", "preview", "--at", "2026-11-28T03:00:00Z"];
    let page = said(&guide(), &preview);
    let lines: Vec<&str> = page.lines().collect();
    assert_eq!(lines.len(), 1 + 10 + 1 + 2, "ten of what comes again: {page}");
    assert_eq!(lines[0], "maintenance-01 (UTC), mutes what the routes tell that name it");
    let first =
        "  2026-11-29 02:00 to 2026-11-29 04:00  2026-11-29T02:00:00Z to 2026-11-29T04:00:00Z";
    assert_eq!(lines[1], first);
    let cutover =
        "  2026-12-05 22:00 to 2026-12-06 04:00  2026-12-06T03:00:00Z to 2026-12-06T09:00:00Z";
    assert_eq!(lines[13], cutover);
    let open = ["windows", "preview", "cutover-02", "--at", "2026-12-06T04:00:00Z"];
    let page = said(&guide(), &open);
    assert_eq!(page.lines().nth(1).unwrap(), format!("{cutover}  open now"));
    let over = ["windows", "preview", "cutover-02", "--at", "2026-12-06T09:00:00Z"];
    assert_eq!(said(&guide(), &over).lines().nth(1), Some("  never again: it is over"));
}

/// The first line of a window's preview at a time, from the begin of its times on.
fn first(file: &Path, name: &str, at: &str) -> String {
    let page = said(file, &["windows", "preview", name, "--at", at]);
    page.lines().nth(1).unwrap().trim().to_owned()
}

#[test]
fn what_the_clocks_do_with_a_window_is_marked() {
    let directory = tempfile::tempdir().unwrap();
    let again = |name: &str, from: &str, rule: &str, minutes: u16| {
        json!({
            "name": name, "zone": "America/New_York", "from": from, "rrule": rule,
            "duration_minutes": minutes, "match": { "priority": "P3" },
        })
    };
    let windows = [
        again("nightly", "2026-01-01T02:30", "FREQ=DAILY", 60),
        again("early", "2026-01-01T01:30", "FREQ=DAILY", 60),
        again("weekend", "2026-01-03T23:00", "FREQ=WEEKLY", 240),
    ];
    let file = guide_with(directory.path(), "window", &windows);
    let skipped = "2026-03-08 03:30 to 2026-03-08 04:30  2026-03-08T07:30:00Z to \
                   2026-03-08T08:30:00Z";
    let mark = "  ! the clocks skip its time, it begins later by what they skip";
    assert_eq!(first(&file, "nightly", "2026-03-07T12:00:00Z"), format!("{skipped}{mark}"));
    let open = first(&file, "nightly", "2026-03-08T07:45:00Z");
    assert_eq!(open, format!("{skipped}  open now{mark}"), "marked while it is open, too");
    let twice = "2026-11-01 01:30 to 2026-11-01 01:30  2026-11-01T05:30:00Z to \
                 2026-11-01T06:30:00Z  ! the clocks show its time twice, it begins at the first";
    assert_eq!(first(&file, "early", "2026-10-31T12:00:00Z"), twice);
    let longer = "2026-03-07 23:00 to 2026-03-08 04:00  2026-03-08T04:00:00Z to \
                  2026-03-08T08:00:00Z  ! the clocks change meanwhile, its length does not";
    assert_eq!(first(&file, "weekend", "2026-03-07T12:00:00Z"), longer);
    let arguments = ["windows", "preview", "nightly", "--at", "2026-03-07T12:00:00Z", "--json"];
    let list: Value = serde_json::from_str(&said(&file, &arguments)).unwrap();
    let next = &list["windows"][0]["occurrences"][0];
    assert_eq!((&next["seconds"], &next["is_open"]), (&json!(3_600), &json!(false)));
    assert!(next["clock_change"].as_str().unwrap().starts_with("the clocks skip"));
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_can() {
    let no_key = refused(&["route", "--for", "tier-2"]);
    assert!(no_key.contains("--for takes entity:metric or entity:metric:priority"), "{no_key}");
    assert!(refused(&["route", "--for", "tier-2:moods"]).contains("no metric is called moods"));
    let no_time = refused(&["route", "--for", "tier-2:calls_waiting", "--at", "yesterday"]);
    assert!(no_time.contains("--at takes a time such as"), "{no_time}");
    let source = ["route", "--for", "tier-2:calls_waiting", "--source", "nobody"];
    assert!(refused(&source).contains("the config has no such source"));
    let unknown = refused(&["windows", "preview", "upgrade"]);
    assert!(unknown.contains("no window is called upgrade; there are maintenance-01"), "{unknown}");
    assert!(refused(&["windows", "preview", "--at", "soon"]).contains("\"soon\" is no time"));
}
