//! Observations, activity and aggregates.

use super::*;
use crate::demo::centre::Centre;
use crate::demo::week::{WeekHour, Weekday};

fn centre() -> Traffic {
    let at = WeekHour { weekday: Weekday::Thursday, hour: 10 };
    Traffic::Simulated(Box::new(Centre::bank(1, NOW, at)))
}

fn aggregation() -> Value {
    json!({
        "interval": "2024-05-15T14:30:00.000Z/2024-05-15T15:00:00.000Z",
        "groupBy": ["queueId", "mediaType"],
        "filter": { "type": "or", "predicates": [
            { "dimension": "queueId", "value": "tier-2" },
            { "dimension": "queueId", "value": "night" },
        ]},
        "metrics": ["nOffered", "tAbandon", "tWait", "tAnswered", "nOverSla", "oServiceLevel"],
    })
}

#[test]
fn queues_are_observed_in_the_vendors_shape() {
    let mut visit = Visit::of_two_queues();
    let available = "6a3af858-942f-489d-9700-5f9bcdcdae9b";
    assert_eq!(
        visit.told(OBSERVATIONS, &observation()),
        json!({
            "systemToOrganizationMappings": {
                "AVAILABLE": [available],
                "ON_QUEUE": ["e08eaf1b-ee47-4fa9-a231-1200e284798f"],
            },
            "results": [
                { "group": { "queueId": "tier-2", "mediaType": "voice" }, "data": [
                    { "metric": "oWaiting", "stats": { "count": 22 } },
                    { "metric": "oInteracting", "stats": { "count": 9 } },
                    { "metric": "oLongestWaiting",
                      "stats": { "calculatedMetricValue": 1_715_783_405_000_i64 } },
                ]},
                { "group": { "queueId": "tier-2" }, "data": [
                    { "metric": "oOnQueueUsers", "qualifier": "IDLE", "stats": { "count": 4 } },
                    { "metric": "oOnQueueUsers", "qualifier": "INTERACTING",
                      "stats": { "count": 9 } },
                    { "metric": "oUserPresences", "qualifier": available,
                      "stats": { "count": 13 } },
                ]},
            ],
        }),
        "the other queue has nothing and is not there"
    );
}

#[test]
fn a_filter_on_the_medium_drops_the_users() {
    let mut visit = Visit::of_two_queues();
    let mut query = observation();
    let queues = query["filter"].clone();
    let voice = json!({ "type": "or", "predicates": [
        { "dimension": "mediaType", "value": "voice" },
    ]});
    query["filter"] = json!({ "type": "and", "clauses": [queues, voice] });
    let answer = visit.told(OBSERVATIONS, &query);
    let groups: Vec<&Value> =
        answer["results"].as_array().unwrap().iter().map(|result| &result["group"]).collect();
    assert_eq!(groups, [&json!({ "queueId": "tier-2", "mediaType": "voice" })]);
}

#[test]
fn an_observation_that_is_off_is_refused() {
    let mut visit = Visit::of_two_queues();
    let mut status = |change: &dyn Fn(&mut Value)| {
        let mut query = observation();
        change(&mut query);
        visit.post(OBSERVATIONS, &query).status
    };
    assert_eq!(status(&|_| ()), 200);
    assert_eq!(status(&|query| drop(query.as_object_mut().unwrap().remove("filter"))), 400);
    assert_eq!(status(&|query| query["metrics"] = json!([])), 400);
    assert_eq!(status(&|query| query["metrics"] = json!(["oWaitin"])), 400);
    assert_eq!(status(&|query| query["interval"] = json!("PT10S")), 400);
    let queue = |n: u32| json!({ "dimension": "queueId", "value": format!("q{n}") });
    let queues: Value = (0..101).map(queue).collect();
    assert_eq!(status(&|query| query["filter"]["predicates"] = queues.clone()), 400);
}

#[test]
fn whoever_asks_for_persons_is_counted() {
    let mut visit = Visit::of_two_queues();
    visit.told(OBSERVATIONS, &observation());
    assert_eq!(visit.genesys.seen.asked_for_persons, 0);
    let mut query = observation();
    query["detailMetrics"] = json!(["oWaiting"]);
    visit.told(OBSERVATIONS, &query);
    assert_eq!(visit.genesys.seen.asked_for_persons, 1);
    assert_eq!(visit.genesys.seen.answers, BTreeMap::from([(OBSERVATIONS, 2)]));
}

#[test]
fn activity_is_told_flat_and_in_pages() {
    let mut visit = Visit::of_two_queues();
    let query = json!({
        "metrics": [{ "metric": "oWaiting", "details": false }, { "metric": "oLongestWaiting" }],
        "groupBy": ["queueId"],
    });
    assert_eq!(
        visit.told(CONVERSATIONS, &query),
        json!({ "results": [{
            "group": { "queueId": "tier-2" },
            "data": [
                { "metric": "oWaiting", "count": 22, "entityIds": [] },
                { "metric": "oLongestWaiting", "calculatedMetricValue": 1_715_783_405_000_i64,
                  "entityIds": [] },
            ],
            "truncated": false,
            "entities": [],
        }]})
    );
    let agents = json!({ "metrics": [{ "metric": "oOnQueueUsers" }], "groupBy": ["queueId"] });
    let told = visit.told(ROUTING, &agents);
    assert_eq!(
        told["results"][0]["data"][0],
        json!({ "metric": "oOnQueueUsers", "qualifier": "IDLE", "count": 4, "entityIds": [] })
    );
    let second = format!("{ROUTING}?pageSize=1&pageNumber=2");
    assert_eq!(visit.told(&second, &agents), json!({ "results": [] }));
    assert_eq!(visit.post(CONVERSATIONS, &agents).status, 400, "not of conversations");
    let ungrouped = json!({ "metrics": [{ "metric": "oWaiting" }] });
    assert_eq!(visit.post(CONVERSATIONS, &ungrouped).status, 400, "groupBy is mandatory");
}

#[test]
fn an_interval_is_summed_in_the_vendors_shape() {
    let mut visit = Visit::of_two_queues();
    assert_eq!(
        visit.told(AGGREGATES, &aggregation()),
        json!({ "results": [{
            "group": { "queueId": "tier-2", "mediaType": "voice" },
            "data": [{
                "interval": "2024-05-15T14:30:00.000Z/2024-05-15T15:00:00.000Z",
                "metrics": [
                    { "metric": "nOffered", "stats": { "count": 50 } },
                    { "metric": "tAbandon", "stats": { "count": 9 } },
                    { "metric": "tWait", "stats": { "count": 48 } },
                    { "metric": "tAnswered", "stats": { "count": 39 } },
                    { "metric": "nOverSla", "stats": { "count": 8 } },
                    { "metric": "oServiceLevel", "stats": {
                        "ratio": 31.0 / 48.0, "numerator": 31, "denominator": 48, "target": 0.8,
                    }},
                ],
            }],
        }]}),
        "a recording has no sums of waits, and nothing is known beyond this moment"
    );
}

#[test]
fn a_simulation_knows_how_long_callers_waited() {
    let mut visit = Visit::new(centre());
    let (from, to) = (UtcMs(NOW.0 - 601_000), UtcMs(NOW.0 - 1_000));
    let query = json!({
        "interval": format!("{}/{}", view::written(from), view::written(to)),
        "groupBy": ["queueId"],
        "metrics": ["tAbandon", "tAnswered"],
    });
    let told = visit.told(AGGREGATES, &query);
    let happened = visit.genesys.traffic().window(0, from, to).unwrap();
    let first = &told["results"][0];
    assert_eq!(first["group"], json!({ "queueId": "queue-retail-1" }));
    let waits = happened.abandoned_waits.unwrap();
    let stats = json!({
        "count": happened.abandoned, "sum": waits.sum, "min": waits.min, "max": waits.max,
    });
    assert_eq!(first["data"][0]["metrics"][0], json!({ "metric": "tAbandon", "stats": stats }));
    assert!(waits.min > 0 && waits.min < waits.max && waits.max < waits.sum, "{waits:?}");
}

#[test]
fn buckets_of_an_interval_add_up_to_it() {
    let mut visit = Visit::new(centre());
    let mut query = json!({
        "interval": "2024-05-15T14:12:00Z/2024-05-15T14:42:00Z",
        "groupBy": [],
        "metrics": ["nOffered"],
    });
    let offered = |told: &Value| -> (usize, u64) {
        let data = told["results"][0]["data"].as_array().unwrap();
        let count = |bucket: &Value| bucket["metrics"][0]["stats"]["count"].as_u64().unwrap();
        (data.len(), data.iter().map(count).sum())
    };
    let (one, whole) = offered(&visit.told(AGGREGATES, &query));
    query["granularity"] = json!("PT3M");
    let (seven, sum) = offered(&visit.told(AGGREGATES, &query));
    assert_eq!((one, seven, sum), (1, 7, whole), "what lies ahead is not there");
    query["interval"] = json!("2024-05-15T12:00:00Z/2024-05-15T14:42:00Z");
    assert_eq!(visit.post(AGGREGATES, &query).status, 400, "long forgotten");
}

#[test]
fn an_aggregation_that_is_off_is_refused() {
    let mut visit = Visit::of_two_queues();
    let mut status = |field: &str, value: Value| {
        let mut query = aggregation();
        query[field] = value;
        visit.post(AGGREGATES, &query).status
    };
    assert_eq!(status("timeZone", json!("UTC")), 200);
    assert_eq!(status("interval", json!("PT30M")), 400);
    assert_eq!(status("granularity", json!("30")), 400);
    assert_eq!(status("granularity", json!("PT0M")), 400);
    assert_eq!(status("groupBy", json!(["edgeId"])), 400);
    assert_eq!(status("metrics", json!(["oWaiting"])), 400);
    assert_eq!(status("views", json!([])), 400);
}
