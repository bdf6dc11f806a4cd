//! The simulated Amazon Connect as a client sees it. The requests are signed by the test itself,
//! beside one that the vendor's own Python library signed.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::*;
use crate::demo::centre::Centre;
use crate::demo::week::{WeekHour, Weekday};
use crate::limits::ANSWER_BYTES_MAX;

/// 2015-08-30T12:36:00Z.
const NOW: UtcMs = UtcMs(1_440_938_160_000);
const INSTANCE: &str = "11111111-2222-3333-4444-555555555555";

fn platform() -> Connect {
    let at = WeekHour { weekday: Weekday::Thursday, hour: 10 };
    let traffic = Traffic::Simulated(Box::new(Centre::bank(1, NOW, at)));
    let keys = Keys {
        access_key_id: "AKIDEXAMPLE".into(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
        region: "us-east-1".into(),
        service: "connect".into(),
    };
    Connect::new(traffic, Access { instance_id: INSTANCE.into(), keys, requests_per_minute: 120 })
}

/// A request with a body, signed at [`NOW`] by the steps that AWS describes.
fn signed(path: &str, body: &str) -> Incoming {
    let keyed = |key: &[u8], text: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let canonical = format!(
        "POST\n{path}\n\ncontent-type:application/json\nhost:connect.example\n\
         x-amz-date:20150830T123600Z\n\ncontent-type;host;x-amz-date\n{}",
        hex(&Sha256::digest(body))
    );
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/connect/aws4_request\n{}",
        hex(&Sha256::digest(canonical))
    );
    let mut key = b"AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_vec();
    for part in ["20150830", "us-east-1", "connect", "aws4_request"] {
        key = keyed(&key, part);
    }
    with_signature(path, body, "connect.example", &hex(&keyed(&key, &to_sign)))
}

fn with_signature(path: &str, body: &str, host: &str, signature: &str) -> Incoming {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/connect/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date, Signature={signature}"
    );
    Incoming::post_json(path, body)
        .with_header("host", host)
        .with_header("x-amz-date", "20150830T123600Z")
        .with_header("authorization", &authorization)
}

fn path() -> String {
    format!("/metrics/current/{INSTANCE}")
}

fn ask(groupings: &str, more: &str) -> String {
    format!(
        r#"{{"Filters":{{"Queues":["queue-retail-1",
        "arn:aws:connect:x:1:instance/i/queue/queue-securities-1"],
        "Channels":["VOICE"]}},"Groupings":[{groupings}],"CurrentMetrics":[
        {{"Name":"CONTACTS_IN_QUEUE","Unit":"COUNT"}},
        {{"Name":"OLDEST_CONTACT_AGE","Unit":"SECONDS"}},
        {{"Name":"AGENTS_ONLINE","Unit":"COUNT"}}]{more}}}"#
    )
}

fn told(platform: &mut Connect, body: &str) -> Reply {
    platform.receive(&signed(&path(), body), NOW).reply().unwrap().clone()
}

fn json(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.excerpt());
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn queues_and_channels_group_the_metrics() {
    let mut platform = platform();
    let body = json(&told(&mut platform, &ask(r#""QUEUE","CHANNEL""#, "")));
    assert_eq!(
        (&body["DataSnapshotTime"], &body["ApproximateTotalCount"]),
        (&json!(1_440_938_160), &json!(2))
    );
    let queue = platform.traffic().window(0, UtcMs(NOW.0 - 5_000), NOW).unwrap();
    let arn = format!("arn:aws:connect:us-east-1:123456789012:instance/{INSTANCE}");
    let online = f64::from(queue.agents_available + queue.agents_busy);
    assert_eq!(
        body["MetricResults"][0],
        json!({
            "Dimensions": {
                "Queue": {
                    "Id": "queue-retail-1",
                    "Arn": format!("{arn}/queue/queue-retail-1"),
                },
                "Channel": "VOICE",
            },
            "Collections": [
                { "Metric": { "Name": "CONTACTS_IN_QUEUE", "Unit": "COUNT" },
                  "Value": f64::from(queue.calls_waiting) },
                { "Metric": { "Name": "OLDEST_CONTACT_AGE", "Unit": "SECONDS" },
                  "Value": f64::from(queue.longest_wait_seconds) },
                { "Metric": { "Name": "AGENTS_ONLINE", "Unit": "COUNT" }, "Value": online },
            ],
        })
    );
    let chat = ask(r#""QUEUE""#, "").replace("VOICE", "CHAT");
    assert_eq!(json(&told(&mut platform, &chat))["MetricResults"], json!([]), "no data");
}

#[test]
fn without_groupings_the_oldest_age_is_in_milliseconds() {
    let mut platform = platform();
    let value = |body: &Value, row: usize, metric: usize| {
        body["MetricResults"][row]["Collections"][metric]["Value"].as_f64().unwrap()
    };
    let apart = json(&told(&mut platform, &ask(r#""QUEUE""#, "")));
    let together = json(&told(&mut platform, &ask("", "")));
    assert_eq!(together["MetricResults"][0]["Dimensions"], json!({}));
    let sum = value(&apart, 0, 2) + value(&apart, 1, 2);
    assert!((value(&together, 0, 2) - sum).abs() < 0.1);
    let oldest = value(&apart, 0, 1).max(value(&apart, 1, 1));
    assert!((value(&together, 0, 1) - oldest * 1_000.0).abs() < 0.1);
}

#[test]
fn pages_follow_the_token() {
    let mut platform = platform();
    let first = json(&told(&mut platform, &ask(r#""QUEUE""#, r#","MaxResults":1"#)));
    let token = first["NextToken"].as_str().unwrap();
    let more = format!(r#","MaxResults":1,"NextToken":"{token}""#);
    let second = json(&told(&mut platform, &ask(r#""QUEUE""#, &more)));
    assert_eq!(second["MetricResults"][0]["Dimensions"]["Queue"]["Id"], "queue-securities-1");
    assert_eq!(second.get("NextToken"), None);
    let old = token_for(1, UtcMs(NOW.0 - 300_001));
    let more = format!(r#","NextToken":"{old}""#);
    assert_eq!(told(&mut platform, &ask(r#""QUEUE""#, &more)).status, 400);
}

#[test]
fn a_request_of_the_vendors_library_is_accepted() {
    let signature = "50f36a58718e88ebc2493b9e96d604926f7264d574b023bee6ab8635c9b3dbf4";
    let host = "connect.us-east-1.amazonaws.com";
    let incoming = with_signature(&path(), r#"{"Filters":{}}"#, host, signature);
    let reply = platform().receive(&incoming, NOW).reply().unwrap().clone();
    let kind = reply.header("x-amzn-errortype");
    assert_eq!(
        (reply.status, kind),
        (400, Some("InvalidParameterException")),
        "its signature is good"
    );
}

#[test]
fn a_request_that_is_off_is_refused() {
    let mut platform = platform();
    for (right, wrong) in [
        ("\"COUNT\"", "\"PERCENT\""),
        ("CONTACTS_IN_QUEUE", "CONTACTS_WAITING"),
        ("QUEUE\"]", "ROUTING_PROFILE\"]"),
        ("VOICE", "FAX"),
        ("Filters", "filters"),
        ("\"Groupings\"", "\"MaxResults\":101,\"Groupings\""),
        ("\"Groupings\"", "\"NextToken\":\"x\",\"Groupings\""),
    ] {
        let body = ask(r#""QUEUE""#, "").replacen(right, wrong, 1);
        assert_eq!(told(&mut platform, &body).status, 400, "{right} -> {wrong}");
    }
    let many = ask("", "").replace("\"queue-retail-1\"", &["\"q\""; 100].join(","));
    assert_eq!(told(&mut platform, &many).status, 400);
    let mut status = |incoming: &Incoming| platform.receive(incoming, NOW).reply().unwrap().status;
    assert_eq!(status(&Incoming::post_json(&path(), ask("", ""))), 403);
    assert_eq!(status(&signed("/metrics/current/other", "{}")), 404);
    assert_eq!(status(&signed("/", "{}")), 404);
    let tampered = Incoming { body: b"{}".to_vec(), ..signed(&path(), &ask("", "")) };
    assert_eq!(status(&tampered), 403);
}

#[test]
fn every_fault_shows_as_it_is_named() {
    let under = |order: &str| {
        let mut platform = platform();
        let ordered = Incoming::post_json("/simulate/faults", order);
        assert_eq!(platform.receive(&ordered, NOW).reply().unwrap().status, 200, "{order}");
        platform.receive(&signed(&path(), &ask(r#""QUEUE""#, "")), NOW)
    };
    assert_eq!(under(r#"{"fault":"hang","seconds":9}"#), Reaction::Hang);
    assert_eq!(under(r#"{"fault":"close","seconds":9}"#), Reaction::Close);
    let reply = |order: &str| under(order).reply().unwrap().clone();
    let kind = |order: &str| {
        let reply = reply(order);
        (reply.status, String::from(reply.header("x-amzn-errortype").unwrap_or_default()))
    };
    assert_eq!(kind(r#"{"fault":"unavailable","seconds":9}"#).0, 503);
    let throttled = (429, "ThrottlingException".into());
    assert_eq!(kind(r#"{"fault":"throttle","seconds":9}"#), throttled);
    let refused = (403, "AccessDeniedException".into());
    assert_eq!(kind(r#"{"fault":"refuse","seconds":9}"#), refused);
    let unknown = (403, "UnrecognizedClientException".into());
    assert_eq!(kind(r#"{"fault":"unauthorized","seconds":9}"#), unknown);
    let skewed = r#"{"fault":"clock_skew","seconds":9,"offset_seconds":301}"#;
    assert_eq!(kind(skewed), (403, "InvalidSignatureException".into()), "too late for its clock");
    let page = reply(r#"{"fault":"not_json","seconds":9}"#);
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    assert!(reply(r#"{"fault":"huge","seconds":9}"#).body.len() > ANSWER_BYTES_MAX);
    let body = |order: &str| json(&reply(order));
    assert_eq!(body(r#"{"fault":"stale","seconds":9}"#)["DataSnapshotTime"], 1_440_938_040);
    assert!(body(r#"{"fault":"paging_loop","seconds":9}"#)["NextToken"].is_string());
    let first = |order: &str| body(order)["MetricResults"][0]["Collections"][0].clone();
    assert!(first(r#"{"fault":"strings","seconds":9}"#)["Value"].is_string());
    assert!(first(r#"{"fault":"nulls","seconds":9}"#)["Value"].is_null());
    let missing = first(r#"{"fault":"missing_metric","seconds":9}"#);
    assert_eq!(missing["Metric"]["Name"], OLDEST_CONTACT_AGE);
}
