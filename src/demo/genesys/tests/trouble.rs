//! What is ordered to go wrong.

use super::*;
use crate::limits::ANSWER_BYTES_MAX;

fn under(fault: &str) -> Visit {
    let mut visit = Visit::of_two_queues();
    visit.orders(fault);
    visit
}

fn reply(fault: &str) -> Reply {
    under(fault).post(OBSERVATIONS, &observation())
}

#[test]
fn every_fault_of_genesys_shows_as_it_is_named() {
    let status = |fault: &str| {
        let mut visit = under(fault);
        let token = ask_for_token(&mut visit.genesys, TOKEN, NOW).status;
        (visit.post(OBSERVATIONS, &observation()).status, token)
    };
    let asked = || Incoming::post_json(OBSERVATIONS, observation().to_string());
    assert_eq!(under(r#"{"fault":"hang","seconds":9}"#).send(asked(), NOW), Reaction::Hang);
    assert_eq!(under(r#"{"fault":"close","seconds":9}"#).send(asked(), NOW), Reaction::Close);
    assert_eq!(status(r#"{"fault":"unavailable","seconds":9}"#), (503, 503));
    assert_eq!(status(r#"{"fault":"throttle","seconds":9}"#), (429, 200));
    assert_eq!(status(r#"{"fault":"refuse","seconds":9}"#), (403, 200));
    assert_eq!(status(r#"{"fault":"unauthorized","seconds":9}"#), (401, 200));
    assert_eq!(status(r#"{"fault":"token_refused","seconds":9}"#), (200, 401));
    assert_eq!(status(r#"{"fault":"token_error","seconds":9}"#), (200, 500));
    let throttled = reply(r#"{"fault":"throttle","seconds":9,"retry_after_seconds":42}"#);
    assert_eq!(throttled.header("retry-after"), Some("42"));
    let message = "Rate limit exceeded the maximum. Retry the request in [42] seconds";
    assert_eq!(json_of(&throttled)["message"], message);
    let page = reply(r#"{"fault":"not_json","seconds":9}"#);
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    assert!(reply(r#"{"fault":"huge","seconds":9}"#).body.len() > ANSWER_BYTES_MAX);
}

#[test]
fn distorted_numbers_are_distorted_everywhere() {
    let waiting = |fault: &str| json_of(&reply(fault))["results"][0]["data"][0].clone();
    let strings = waiting(r#"{"fault":"strings","seconds":9}"#);
    assert_eq!(strings, json!({ "metric": "oWaiting", "stats": { "count": "22" } }));
    let nulls = waiting(r#"{"fault":"nulls","seconds":9}"#);
    assert_eq!(nulls, json!({ "metric": "oWaiting", "stats": { "count": null } }));
    let missing = waiting(r#"{"fault":"missing_metric","seconds":9}"#);
    assert_eq!(missing["metric"], "oInteracting", "the first that was asked for is left out");
    let capitals = json_of(&reply(r#"{"fault":"case_changed","seconds":9}"#));
    let count = &capitals["results"][0]["Data"][0]["Stats"]["Count"];
    assert_eq!(
        (count, &capitals["results"][0]["Group"]["QueueId"]),
        (&json!(22), &json!("tier-2"))
    );
    let trunks = "/api/v2/telephony/providers/edges/trunks";
    let mut visit = under(r#"{"fault":"missing_metric","seconds":9}"#);
    assert_eq!(visit.listed(trunks)["entities"][0].get("connectedStatus"), None);
    let mut visit = under(r#"{"fault":"strings","seconds":9}"#);
    let listing = visit.listed(trunks);
    assert_eq!(listing["entities"][0]["connectedStatus"]["connected"], "true");
    assert_eq!(listing["total"], 4, "the pages themselves stay sound");
}

#[test]
fn a_page_can_lead_to_itself() {
    let mut visit = under(r#"{"fault":"paging_loop","seconds":9}"#);
    let path = "/api/v2/routing/queues?pageSize=1&pageNumber=2";
    assert_eq!(visit.listed(path)["nextUri"], path);
}

#[test]
fn what_is_stale_comes_from_a_cache() {
    let rows = "1715783400,tier-2,7,20,1,0,0,0,1,3\n";
    let mut visit = Visit::new(recorded(&format!("{rows}{ROWS}")));
    visit.orders(r#"{"fault":"stale","seconds":9}"#);
    let reply = visit.post(OBSERVATIONS, &observation());
    assert_eq!(reply.header("age"), Some("120"));
    assert_eq!(reply.header("date"), Some("Wed, 15 May 2024 14:30:11 GMT"));
    let data = json_of(&reply)["results"][0]["data"].clone();
    assert_eq!(data[0]["stats"]["count"], 7);
    assert_eq!(data[2]["stats"]["calculatedMetricValue"], 1_715_783_390_000_i64);
}

#[test]
fn a_clock_that_is_wrong_is_wrong_everywhere() {
    let fault = r#"{"fault":"clock_skew","seconds":9,"offset_seconds":-307}"#;
    let reply = reply(fault);
    assert_eq!(reply.header("date"), Some("Wed, 15 May 2024 14:27:04 GMT"));
    let data = json_of(&reply)["results"][0]["data"].clone();
    assert_eq!(data[0]["stats"]["count"], 22, "the numbers are those of this moment");
    assert_eq!(data[2]["stats"]["calculatedMetricValue"], 1_715_783_405_000_i64 - 307_000);
    let mut visit = under(fault);
    assert_eq!(visit.listed(DATE), json!({ "currentDate": "2024-05-15T14:27:04.000Z" }));
    let query = json!({
        "interval": "2024-05-15T14:26:00.000Z/2024-05-15T14:27:04.000Z",
        "groupBy": ["queueId"],
        "metrics": ["nOffered"],
    });
    let told = visit.told(AGGREGATES, &query);
    assert_eq!(told["results"][0]["data"][0]["metrics"][0]["stats"]["count"], 50);
}
