//! Snapshots, pages, deltas and reports.

use alloc::collections::BTreeSet;

use super::*;

#[test]
fn a_snapshot_has_a_row_for_each_skill() {
    let (mut platform, token) = opened();
    // Ten minutes on, the bank is busy and somebody waits.
    let now = NOW + Span::secs(600);
    let reply = get(&mut platform, &token, ACTIVITY, now);
    assert_eq!(reply.header("date"), Some("Wed, 15 May 2024 14:42:22 GMT"));
    let body = json(&reply);
    assert_eq!(
        (&body["totalRecords"], &body["lastPollTime"]),
        (&json!(6), &json!("2024-05-15T14:42:20.000Z"))
    );
    let own = format!("{API}{ACTIVITY}?skip=0&top=100");
    assert_eq!(body["_links"], json!({ "self": own }));
    let rows = body["skillActivity"].as_array().unwrap();
    let at = UtcMs(now.0 - now.0 % 5_000);
    let mut waits = 0;
    for (position, row) in rows.iter().enumerate() {
        let queue = platform.traffic().window(position, UtcMs(at.0 - 5_000), at).unwrap();
        assert_eq!(row["skillId"], InContact::skill_id(position));
        assert_eq!(row["skillName"], *platform.traffic().queues()[position].name);
        assert_eq!(row["serverTime"], "2024-05-15T14:42:20.000Z");
        assert_eq!(row["queueCount"], queue.calls_waiting);
        assert_eq!(row["agentsAvailable"], queue.agents_available);
        assert_eq!(row["isOutbound"], false);
        let level = row["serviceLevel"].as_u64().unwrap();
        assert!(level <= 100, "percent");
        match row["earliestQueueTime"].as_str() {
            None => assert_eq!(queue.calls_waiting, 0),
            Some(since) => {
                let wait = at - UtcMs::from_rfc3339(since).unwrap();
                assert_eq!(wait.whole_secs(), i64::from(queue.longest_wait_seconds));
                waits += 1;
            }
        }
    }
    assert!((1..6).contains(&waits), "some wait, some do not");
    assert_eq!(rows[0].as_object().unwrap().len(), 27);
}

#[test]
fn fields_are_those_that_are_asked_for() {
    let (mut platform, token) = opened();
    let path = format!("{ACTIVITY}?fields=skillId,queueCount&mediaTypeId=4&IsOutbound=false");
    let body = json(&get(&mut platform, &token, &path, NOW));
    let names: Vec<&String> = body["skillActivity"][0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["queueCount", "skillId"]);
    let mut status =
        |query: &str| get(&mut platform, &token, &format!("{ACTIVITY}?{query}"), NOW).status;
    assert_eq!(status("mediaTypeId=3"), 204, "nobody chats here");
    assert_eq!(status("isOutbound=true"), 204);
    assert_eq!(status("skip=6"), 204);
    for off in [
        "fields=agentsAvaliable",
        "fields=",
        "colour=red",
        "top=0",
        "top=x",
        "skip=-1",
        "updatedSince=yesterday",
        "top=1&top=2",
    ] {
        assert_eq!(status(off), 400, "{off}");
    }
}

#[test]
fn pages_are_followed_by_their_links() {
    let (mut platform, token) = opened();
    platform.access.page_rows = 4;
    let mut path = format!("{ACTIVITY}?fields=skillId&top=100");
    let mut seen = BTreeSet::new();
    let mut pages = Vec::new();
    loop {
        let body = json(&get(&mut platform, &token, &path, NOW));
        let rows = body["skillActivity"].as_array().unwrap();
        pages.push(rows.len());
        seen.extend(rows.iter().map(|row| row["skillId"].as_u64().unwrap()));
        let Some(next) = body["_links"]["next"].as_str() else {
            let previous = format!("{API}{ACTIVITY}?fields=skillId&skip=0&top=4");
            assert_eq!(body["_links"]["previous"], previous);
            break;
        };
        path = next.strip_prefix(API).unwrap().into();
    }
    assert_eq!((pages, seen.len()), (Vec::from([4, 2]), 6));
}

#[test]
fn a_delta_has_what_changed_and_304_means_nothing_did() {
    let (mut platform, token) = opened();
    let since = |moment: &str| format!("{ACTIVITY}?updatedSince={moment}");
    let first = json(&get(&mut platform, &token, &since("1970-01-01T00:00:00.000Z"), NOW));
    assert_eq!(first["totalRecords"], 6, "since ever");
    let polled = text(&first["lastPollTime"]);
    let again = get(&mut platform, &token, &since(&polled), NOW);
    assert_eq!((again.status, again.body.len()), (304, 0));
    let later = NOW + Span::secs(10);
    let delta = json(&get(&mut platform, &token, &since(&polled), later));
    let whole = json(&get(&mut platform, &token, ACTIVITY, later));
    let rows = |body: &Value| body["skillActivity"].as_array().unwrap().clone();
    assert!((1..6).contains(&rows(&delta).len()), "some changed in ten seconds");
    for (old, new) in rows(&first).into_iter().zip(rows(&whole)) {
        let same = |name: &str| name == "serverTime" || old[name] == new[name];
        let told = rows(&delta).contains(&new);
        assert_eq!(told, !old.as_object().unwrap().keys().all(|name| same(name)));
    }
    assert_eq!(platform.seen.statuses[&304], 1);
}

#[test]
fn names_of_people_are_given_only_to_who_asks_for_all_fields() {
    let (mut platform, token) = opened();
    let path = format!("{STATES}?fields=agentId,agentStateName,skillId");
    let body = json(&get(&mut platform, &token, &path, NOW));
    let rows = body["agentStates"].as_array().unwrap();
    let total: u32 = json(&get(&mut platform, &token, ACTIVITY, NOW))["skillActivity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| u32::try_from(row["agentsLoggedIn"].as_u64().unwrap()).unwrap())
        .sum();
    assert_eq!(body["totalRecords"], total);
    assert_eq!(rows[0].as_object().unwrap().len(), 3);
    let states: BTreeSet<&str> =
        rows.iter().map(|row| row["agentStateName"].as_str().unwrap()).collect();
    assert!(states.contains("InboundContact"), "{states:?}");
    assert_eq!(platform.seen.names_given, 0);
    let all = json(&get(&mut platform, &token, STATES, NOW));
    assert!(all["agentStates"][0]["firstName"].is_string());
    get(&mut platform, &token, &format!("{STATES}?fields=lastName"), NOW);
    assert_eq!(platform.seen.names_given, 2);
    let since = format!("{STATES}?fields=agentId&updatedSince={}", text(&all["lastPollTime"]));
    assert_eq!(get(&mut platform, &token, &since, NOW).status, 304);
    let later = json(&get(&mut platform, &token, &since, NOW + Span::secs(30)));
    assert!(later["totalRecords"].as_u64().unwrap() < u64::from(total));
}

fn report(name: &str, start: i64, end: i64) -> String {
    let moment = |seconds| (NOW + Span::secs(seconds)).rfc3339();
    let (start, end) = (moment(start), moment(end));
    format!("/inContactAPI/services/v34.0/skills/{name}?startDate={start}&endDate={end}")
}

#[test]
fn a_summary_counts_its_window_in_strings() {
    let (mut platform, token) = opened();
    let body = json(&get(&mut platform, &token, &report("summary", -600, 0), NOW));
    assert_eq!(body.as_object().unwrap().len(), 1, "no pages");
    let row = &body["skillSummaries"][0];
    let at = UtcMs(NOW.0 - NOW.0 % 5_000);
    // NOW without its fraction is no grain, and its grain counts from its start.
    let queue = platform.traffic().window(0, UtcMs(at.0 - 600_000), at).unwrap();
    assert_eq!(row["contactsOffered"], format!("{}", queue.offered));
    assert_eq!(row["abandonCount"], format!("{}", queue.abandoned));
    assert_eq!(row["isOutbound"], "False");
    assert!(queue.offered > 0 && row.as_object().unwrap().values().all(Value::is_string));

    let ahead = json(&get(&mut platform, &token, &report("summary", 60, 120), NOW));
    assert_eq!(ahead["skillSummaries"][0]["contactsOffered"], "0", "it has not been");
    let long = json(&get(&mut platform, &token, &report("summary", -86_400, 0), NOW));
    let offered = text(&long["skillSummaries"][0]["contactsOffered"]);
    assert!(offered.parse::<u32>().unwrap() > queue.offered, "as far as is remembered");
    assert_eq!(get(&mut platform, &token, &report("summary", 0, 0), NOW).status, 400);
    let halves = report("summary", 0, 1).replace("startDate", "startdat");
    assert_eq!(get(&mut platform, &token, &halves, NOW).status, 400);
}

#[test]
fn a_repeated_and_an_overlapping_window_are_counted() {
    let (mut platform, token) = opened();
    for step in 0..3 {
        let path = report("sla-summary", step * 60 - 60, step * 60);
        get(&mut platform, &token, &path, NOW + Span::secs(step * 60));
    }
    get(&mut platform, &token, &report("summary", 60, 120), NOW + Span::secs(120));
    assert_eq!((platform.seen.windows_repeated, platform.seen.windows_overlapping), (0, 0));
    get(&mut platform, &token, &report("sla-summary", 60, 120), NOW + Span::secs(180));
    get(&mut platform, &token, &report("sla-summary", 119, 180), NOW + Span::secs(180));
    assert_eq!((platform.seen.windows_repeated, platform.seen.windows_overlapping), (1, 1));
    let status = Incoming::new("GET", "/simulate/status");
    let shown = json(&heard(&mut platform, &status));
    assert_eq!(shown["answers"], json!({ "skills/sla-summary": 5, "skills/summary": 1 }));
}

#[test]
fn a_service_level_summary_may_have_capitals() {
    let (mut platform, token) = opened();
    let path = report("sla-summary", -600, 0);
    let body = json(&get(&mut platform, &token, &path, NOW));
    let row = body["serviceLevelSummaries"][0].clone();
    let count = |name: &str| row[name].as_u64().unwrap();
    assert_eq!(count("contactsWithinSLA") + count("contactsOutOfSLA"), count("totalContacts"));
    platform.faults.set(Fault::CaseChanged, NOW + Span::secs(1));
    let other = &json(&get(&mut platform, &token, &path, NOW))["serviceLevelSummaries"][0];
    assert_eq!(
        (&other["SkillId"], &other["ServiceLevel"]),
        (&row["skillId"], &row["serviceLevel"])
    );
}
