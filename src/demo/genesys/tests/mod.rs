//! The simulated Genesys Cloud as its clients see it, endpoint by endpoint.

mod analytics;
mod signals;
mod trouble;
mod trunks;

use alloc::vec::Vec;

use crate::demo::genesys::routes::{AGGREGATES, CONVERSATIONS, DATE, OBSERVATIONS, ROUTING};
use crate::demo::genesys::*;
use crate::demo::recording::Recording;

/// One second after the end of a cycle of ten: 14:32:11 on 15 May 2024.
pub(super) const NOW: UtcMs = UtcMs(1_715_783_531_000);

/// A queue in trouble, and one in which nothing is.
const ROWS: &str = "1715783520,tier-2,22,125,50,39,31,9,4,9\n\
                    1715783520,night,0,0,0,0,0,0,0,0\n";

pub(super) fn recorded(rows: &str) -> Traffic {
    let header = "ts,queue,calls_waiting,longest_wait,offered,answered,answered_20s,abandoned,\
                  agents_available,agents_busy";
    Traffic::Recorded(Recording::parse(&format!("{header}\n{rows}")).unwrap())
}

pub(super) fn access(login_prefix: &str, api_prefix: &str) -> Access {
    Access {
        client_id: "hub".into(),
        client_secret: "se+cret:x".into(),
        token_life: Span::secs(86_400),
        requests_per_minute: 300,
        login_prefix: login_prefix.into(),
        api_prefix: api_prefix.into(),
    }
}

pub(super) fn json_of(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

/// A platform and somebody with a token.
struct Visit {
    genesys: Genesys,
    bearer: String,
}

impl Visit {
    fn new(traffic: Traffic) -> Self {
        let mut genesys = Genesys::new(traffic, access("", ""), 1);
        let token = ask_for_token(&mut genesys, TOKEN, NOW);
        let bearer = format!("Bearer {}", json_of(&token)["access_token"].as_str().unwrap());
        Self { genesys, bearer }
    }

    fn of_two_queues() -> Self {
        Self::new(recorded(ROWS))
    }

    fn send(&mut self, incoming: Incoming, utc: UtcMs) -> Reaction {
        let incoming = incoming.with_header("authorization", &self.bearer);
        self.genesys.receive(&incoming, utc)
    }

    fn get(&mut self, path: &str) -> Reply {
        self.send(Incoming::new("GET", path), NOW).reply().unwrap().clone()
    }

    fn post(&mut self, path: &str, body: &Value) -> Reply {
        let incoming = Incoming::post_json(path, body.to_string());
        self.send(incoming, NOW).reply().unwrap().clone()
    }

    /// The body of an answer that has to be one.
    fn told(&mut self, path: &str, body: &Value) -> Value {
        let reply = self.post(path, body);
        assert_eq!(reply.status, 200, "{}", reply.excerpt());
        json_of(&reply)
    }

    fn listed(&mut self, path: &str) -> Value {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{}", reply.excerpt());
        json_of(&reply)
    }

    fn orders(&mut self, fault: &str) {
        let ordered = Incoming::post_json("/simulate/faults", fault);
        assert_eq!(self.genesys.receive(&ordered, NOW).reply().unwrap().status, 200, "{fault}");
    }
}

/// As the official SDK asks. The credentials are `hub` and `se+cret:x`.
fn ask_for_token(genesys: &mut Genesys, path: &str, utc: UtcMs) -> Reply {
    let incoming = Incoming::new("POST", path)
        .with_header("content-type", "application/x-www-form-urlencoded")
        .with_header("authorization", "Basic aHViOnNlK2NyZXQ6eA==");
    let incoming = Incoming { body: b"grant_type=client_credentials".to_vec(), ..incoming };
    genesys.receive(&incoming, utc).reply().unwrap().clone()
}

/// What a hub asks of both queues; users have no medium, so it does not filter by one.
fn observation() -> Value {
    json!({
        "filter": { "type": "or", "predicates": [
            { "dimension": "queueId", "value": "tier-2" },
            { "dimension": "queueId", "value": "night" },
        ]},
        "metrics": [
            "oWaiting", "oInteracting", "oLongestWaiting", "oOnQueueUsers", "oUserPresences",
        ],
    })
}

#[test]
fn the_official_prefixes_of_a_gateway_are_kept_apart() {
    let mut genesys = Genesys::new(recorded(ROWS), access("/login", "/gate"), 1);
    assert_eq!(ask_for_token(&mut genesys, "/oauth/token", NOW).status, 404);
    let token = ask_for_token(&mut genesys, "/login/oauth/token", NOW);
    assert_eq!(token.status, 200);
    let bearer = format!("Bearer {}", json_of(&token)["access_token"].as_str().unwrap());
    let mut status = |path: &str| {
        let incoming = Incoming::new("GET", path).with_header("authorization", &bearer);
        genesys.receive(&incoming, NOW).reply().unwrap().clone()
    };
    let listed = json_of(&status("/gate/api/v2/routing/queues"));
    let first = "/api/v2/routing/queues?pageSize=25&pageNumber=1";
    assert_eq!(listed["firstUri"], first, "the platform knows nothing of a gateway");
    assert_eq!(status("/api/v2/routing/queues").status, 404);
    assert_eq!(status("/login/api/v2/routing/queues").status, 404);
}

#[test]
fn each_reply_has_the_headers_of_the_vendor() {
    let mut visit = Visit::of_two_queues();
    let first = visit.post(OBSERVATIONS, &observation());
    let header = |name: &str| first.header(name).unwrap_or_default();
    assert_eq!(header("date"), "Wed, 15 May 2024 14:32:11 GMT");
    assert_eq!((header("inin-ratelimit-count"), header("inin-ratelimit-allowed")), ("1", "300"));
    assert_eq!(header("inin-ratelimit-reset"), "50", "seconds to go");
    let second = visit.get("/api/v2/nothing");
    assert_eq!((second.status, second.header("inin-ratelimit-count")), (404, Some("2")));
    let body = json_of(&second);
    assert_eq!((&body["code"], &body["status"]), (&json!("not.found"), &json!(404)));
    assert_eq!(body["contextId"].as_str(), second.header("inin-correlation-id"));
    assert_ne!(first.header("inin-correlation-id"), second.header("inin-correlation-id"));
}

#[test]
fn without_a_valid_token_there_is_no_answer() {
    let mut visit = Visit::of_two_queues();
    let asked = Incoming::new("GET", DATE);
    let reply = visit.genesys.receive(&asked, NOW).reply().unwrap().clone();
    assert_eq!(
        (reply.status, json_of(&reply)["code"].as_str()),
        (401, Some("authentication.required"))
    );
    let tomorrow = NOW + Span::secs(86_400);
    let reply = visit.send(asked, tomorrow).reply().unwrap().clone();
    assert_eq!((reply.status, json_of(&reply)["code"].as_str()), (401, Some("bad.credentials")));
    assert_eq!(visit.genesys.seen.statuses, BTreeMap::from([(200, 1), (401, 2)]));
}

#[test]
fn the_quota_of_a_token_ends_in_429() {
    let mut visit = Visit::of_two_queues();
    let statuses: Vec<u16> = (0..301).map(|_| visit.get(DATE).status).collect();
    assert!(statuses[..300].iter().all(|status| *status == 200));
    assert_eq!(statuses[300], 429);
    let reply = visit.get(DATE);
    assert_eq!(reply.header("retry-after"), Some("50"));
    assert_eq!(json_of(&reply)["code"], "too.many.requests.retry.after");
    let token = json_of(&ask_for_token(&mut visit.genesys, TOKEN, NOW));
    visit.bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    assert_eq!(visit.get(DATE).status, 200, "another token has a quota of its own");
}

#[test]
fn the_platform_tells_its_clock() {
    let mut visit = Visit::of_two_queues();
    assert_eq!(visit.listed(DATE), json!({ "currentDate": "2024-05-15T14:32:11.000Z" }));
}

#[test]
fn queues_are_listed_by_name() {
    let mut visit = Visit::of_two_queues();
    let listing = visit.listed("/api/v2/routing/queues?pageSize=1");
    assert_eq!(listing["entities"][0]["name"], "night");
    assert_eq!((&listing["total"], &listing["pageCount"]), (&json!(2), &json!(2)));
    let next = listing["nextUri"].as_str().unwrap().to_owned();
    assert_eq!(next, "/api/v2/routing/queues?pageSize=1&pageNumber=2");
    assert_eq!(
        visit.listed(&next)["entities"][0],
        json!({
            "id": "tier-2",
            "name": "tier-2",
            "division": { "id": "division-1", "name": "Home" },
            "memberCount": 13,
            "joinedMemberCount": 13,
            "selfUri": "/api/v2/routing/queues/tier-2",
        })
    );
    let count = |listing: Value| listing["total"].as_u64().unwrap();
    assert_eq!(count(visit.listed("/api/v2/routing/queues?name=*ER-*")), 1);
    assert_eq!(count(visit.listed("/api/v2/routing/queues?name=tier")), 0);
    assert_eq!(count(visit.listed("/api/v2/routing/queues?id=night,tier-2,x")), 2);
}

#[test]
fn what_is_not_done_is_405_and_what_is_not_json_415() {
    let mut visit = Visit::of_two_queues();
    assert_eq!(visit.get(OBSERVATIONS).status, 405);
    assert_eq!(visit.post(DATE, &json!({})).status, 405);
    assert_eq!(visit.get(TOKEN).status, 405);
    assert_eq!(visit.send(Incoming::new("POST", OBSERVATIONS), NOW).reply().unwrap().status, 415);
}
