//! Alerts of the platform's own, operational events, and the status page.

use super::*;

#[test]
fn a_full_queue_is_an_alert_of_the_platform_itself() {
    let earlier = "1715783500,tier-2,3,9,0,0,0,0,0,9\n1715783510,tier-2,10,9,0,0,0,0,0,9\n";
    let mut visit = Visit::new(recorded(&format!("{earlier}{ROWS}")));
    let listing = visit.told(native::ALERTS, &json!({ "alertStatus": "Active" }));
    assert_eq!(listing["total"], 1);
    let alert = &listing["entities"][0];
    assert_eq!(alert["dateStart"], "2024-05-15T14:31:55.000Z", "when ten waited first");
    assert_eq!((&alert["active"], &alert["muted"]), (&json!(true), &json!(false)));
    let predicate = &alert["conditions"]["predicates"][0];
    assert_eq!((&predicate["metric"], &predicate["value"]), (&json!("oWaiting"), &json!(10)));
    assert_eq!(predicate["entity"]["queue"]["id"], "tier-2");
    let total =
        |visit: &mut Visit, query: Value| visit.told(native::ALERTS, &query)["total"].clone();
    assert_eq!(total(&mut visit, json!({ "alertStatus": "Inactive" })), 0);
    assert_eq!(total(&mut visit, json!({ "ruleType": "Presence" })), 0);
    assert_eq!(total(&mut visit, json!({ "ruleType": "All", "queryType": "Count" })), 1);
    assert_eq!(visit.post(native::ALERTS, &json!({ "pageSize": 26 })).status, 400);
    assert_eq!(visit.post(native::ALERTS, &json!({ "alertStatus": "active" })).status, 400);
}

#[test]
fn events_are_read_by_cursor() {
    let mut visit = Visit::of_two_queues();
    visit.get(DATE);
    visit.orders(r#"{"fault":"edge_offline","seconds":60,"edge":"e-2"}"#);
    let query = json!({
        "interval": "2024-05-15T14:30:00.000Z/2024-05-15T15:00:00.000Z",
        "sortOrder": "ASC",
    });
    let (mut seen, mut next) = (Vec::new(), Some(format!("{}?pageSize=2", native::EVENTS)));
    while let Some(path) = next {
        let page = visit.told(&path, &query);
        seen.extend(page["entities"].as_array().unwrap().clone());
        next = page.get("nextUri").map(|uri| uri.as_str().unwrap().into());
    }
    let ids: Vec<&Value> = seen.iter().map(|event| &event["entityId"]).collect();
    assert_eq!(ids, ["e-2", "t-2", "t-4"]);
    assert_eq!(
        seen[1],
        json!({
            "eventDefinition": {
                "id": "trunk-connection-state",
                "selfUri": "/api/v2/usage/events/definitions/trunk-connection-state",
            },
            "entityId": "t-2",
            "entityName": "SBC-East",
            "parentEntityId": "e-2",
            "previousValue": "CONNECTED",
            "currentValue": "DISCONNECTED",
            "dateCreated": "2024-05-15T14:32:11.000Z",
        })
    );
    let edges = json!({
        "interval": "2024-05-15T14:30:00Z/2024-05-15T15:00:00Z",
        "eventDefinitionIds": ["edge-online-status"],
    });
    let found = visit.told(native::EVENTS, &edges);
    assert_eq!(found["entities"].as_array().unwrap().len(), 1);
    assert_eq!(visit.post(&format!("{}?pageSize=201", native::EVENTS), &edges).status, 400);
    assert_eq!(visit.post(native::EVENTS, &json!({})).status, 400);
}

#[test]
fn the_status_page_tells_of_an_outage() {
    let mut visit = Visit::of_two_queues();
    let page = |visit: &mut Visit, name: &str| {
        let incoming = Incoming::new("GET", &format!("/status/api/v2/{name}"));
        json_of(visit.genesys.receive(&incoming, NOW).reply().unwrap())
    };
    assert_eq!(page(&mut visit, "incidents/unresolved.json")["incidents"], json!([]));
    visit.orders(r#"{"fault":"unavailable","seconds":60}"#);
    visit.orders(r#"{"fault":"incident","seconds":60}"#);
    assert_eq!(visit.get(DATE).status, 503);
    assert_eq!(json_of(&visit.get(DATE))["code"], "service.unavailable");
    let components = page(&mut visit, "components.json");
    let status = |row: usize| components["components"][row]["status"].clone();
    assert_eq!((status(0), status(1)), (json!("operational"), json!("major_outage")));
    let incident = page(&mut visit, "incidents/unresolved.json")["incidents"][0].clone();
    assert_eq!(incident["started_at"], "2024-05-15T14:32:11.000Z");
    assert_eq!((&incident["impact"], &incident["resolved_at"]), (&json!("major"), &Value::Null));
    assert_eq!(page(&mut visit, "status.json")["status"]["indicator"], "major");
}
