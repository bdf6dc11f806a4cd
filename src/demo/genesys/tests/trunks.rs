//! Trunks, edges and their metrics.

use super::*;

const TRUNKS: &str = "/api/v2/telephony/providers/edges/trunks";
const EDGES: &str = "/api/v2/telephony/providers/edges";

#[test]
fn trunks_are_listed_for_each_edge_in_the_vendors_shape() {
    let mut visit = Visit::of_two_queues();
    visit.get(DATE);
    visit.orders(r#"{"fault":"trunk_down","seconds":60,"trunk":"t-1"}"#);
    let listing = visit.listed(&format!("{TRUNKS}?pageSize=100"));
    assert_eq!(
        listing["entities"][0],
        json!({
            "id": "t-1",
            "name": "SBC-East",
            "state": "active",
            "trunkType": "EXTERNAL",
            "inService": false,
            "enabled": true,
            "edge": { "id": "e-1" },
            "trunkBase": { "id": "tb-1" },
            "connectedStatus": {
                "connected": false, "connectedStateTime": "2024-05-15T14:32:11.000Z",
            },
            "optionsStatus": [{
                "proxyAddress": "203.0.113.10:5061",
                "optionState": false,
                "optionStateTime": "2024-05-15T14:32:11.000Z",
                "errorInfo": { "text": "no response", "code": "timeout" },
            }],
            "optionsEnabledStatus": "ENABLED",
            "selfUri": "/api/v2/telephony/providers/edges/trunks/t-1",
        })
    );
    let second = &listing["entities"][1];
    assert_eq!(
        (&second["trunkBase"]["id"], &second["edge"]["id"]),
        (&json!("tb-1"), &json!("e-2"))
    );
    assert_eq!(second["connectedStatus"]["connected"], true);
    assert_eq!(listing["total"], 4);
    assert_eq!(visit.listed(&format!("{TRUNKS}?trunkBase.id=tb-2"))["total"], 2);
    assert_eq!(visit.listed(&format!("{TRUNKS}?edge.id=e-1&trunkBase.id=tb-2"))["total"], 1);
    assert_eq!(visit.listed(&format!("{TRUNKS}?trunkType=PHONE"))["total"], 0);
}

#[test]
fn metrics_are_a_bare_array() {
    let mut visit = Visit::of_two_queues();
    visit.orders(r#"{"fault":"trunk_down","seconds":60,"trunk":"t-1"}"#);
    assert_eq!(
        visit.listed(&format!("{TRUNKS}/metrics?trunkIds=t-1,t-2,t-9")),
        json!([
            { "eventTime": "2024-05-15T14:32:11.000Z",
              "trunk": { "id": "t-1", "name": "SBC-East" },
              "calls": { "inboundCallCount": 0, "outboundCallCount": 0 },
              "qos": { "mismatchCount": 0 } },
            { "eventTime": "2024-05-15T14:32:11.000Z",
              "trunk": { "id": "t-2", "name": "SBC-East" },
              "calls": { "inboundCallCount": 3, "outboundCallCount": 0 },
              "qos": { "mismatchCount": 0 } },
        ]),
        "nine calls on three trunks"
    );
    let edges = visit.listed(&format!("{EDGES}/metrics?edgeIds=e-1"));
    assert_eq!(edges[0]["edge"]["id"], "e-1");
    assert_eq!(edges[0]["processors"][0]["cpuId"], "total");
    assert_eq!(visit.get(&format!("{TRUNKS}/metrics")).status, 400);
    let many = (0..101).map(|n| format!("e-{n}")).collect::<Vec<_>>().join(",");
    assert_eq!(visit.get(&format!("{EDGES}/metrics?edgeIds={many}")).status, 400);
}

#[test]
fn an_edge_that_is_offline_takes_its_trunks_with_it() {
    let mut visit = Visit::of_two_queues();
    visit.orders(r#"{"fault":"edge_offline","seconds":60,"edge":"e-2"}"#);
    let edges = visit.listed(EDGES);
    let online = |row: usize| edges["entities"][row]["onlineStatus"].clone();
    assert_eq!((online(0), online(1)), (json!("ONLINE"), json!("OFFLINE")));
    let trunks = visit.listed(TRUNKS);
    let connected: Vec<&Value> = trunks["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trunk| &trunk["connectedStatus"]["connected"])
        .collect();
    assert_eq!(connected, [true, false, true, false]);
    let metrics = visit.listed(&format!("{EDGES}/metrics?edgeIds=e-1,e-2"));
    assert_eq!(metrics.as_array().unwrap().len(), 1, "one that is offline says nothing");
}
