//! A platform with everything at once: a login of several steps, look-ups, batches, pages, changes.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use log::Level;

use super::feed::Cycle;
use super::world::{Outcome, Vendor, World};
use super::{Asked, Freshness, TokenState};
use crate::model::answer::Reading;
use crate::model::http::{LinkFault, Reply};
use crate::model::rng::Rng;
use crate::model::time::Span;

const HEAD: &str = r#"
name = "test"
platform = "test"
interval_seconds = 10
offset_seconds = 1
window = "snapshot"
entities = "queues"
parameter = [
    { name = "base_url", kind = "text", help = "" },
    { name = "client_secret", kind = "secret", help = "" },
    { name = "queues", kind = "list", default = [], help = "" },
]
"#;

const LOGIN: &str = r#"
[auth]
kind = "json-login"
url = "{base_url}/login"
body = { key = "{client_secret}" }
token = "access_token"
life_seconds = "expires_in"
refresh_token = "refresh"
take = { tenant = "tenant" }

[auth.refresh]
url = "{base_url}/renew/{tenant}"
body = { token = "{refresh_token}" }
token = "token"
life_seconds = "life"

[[discovery]]
name = "cluster"
url = "{base_url}/where?t={tenant}"
headers = { authorization = "Bearer {token}" }
take = { api_url = "api" }
"#;

const REQUESTS: &str = r#"
[[request]]
name = "data"
method = "GET"
url = "{api_url}/data?ids={queues}&page={page}"
headers = { authorization = "Bearer {token}" }
batch = { list = "queues", size = 2 }
paging = { kind = "number", pages = "pages" }

[request.answer]
rows = "rows"
entity_id = "id"
time_from = "receipt"
metrics = [{ metric = "calls_waiting", path = "n" }]

[[request]]
name = "names"
interval_seconds = 3600
method = "GET"
url = "{api_url}/names"
names = { rows = "rows", entity_id = "id", entity_name = "name", fills = "queues" }
"#;

const CHANGES: &str = r#"
[auth]
kind = "none"

[[request]]
name = "changes"
method = "GET"
url = "{base_url}/changes?since={since}"
since = { first = "ever", next = "next" }

[request.answer]
rows = "rows"
entity_id = "id"
time_from = "receipt"
metrics = [{ metric = "calls_waiting", path = "n" }]
"#;

fn whole() -> World {
    World::with(&format!("{HEAD}{LOGIN}{REQUESTS}"), None, 1)
}

fn json(body: &str) -> Outcome {
    Ok(Reply::new(200, "application/json", body))
}

/// The path and query that a request is for.
fn target(vendor: &Vendor) -> &str {
    vendor.request.url.strip_prefix("https://cxone.example").unwrap()
}

/// What the platform answers when all is well: three queues, two of them at once, a page each.
fn good(vendor: &Vendor) -> Outcome {
    let path = target(vendor);
    let row = |id: &str| format!(r#"{{"id":"{id}","n":{}}}"#, id.trim_start_matches('q'));
    match path {
        "/login" => json(
            r#"{"access_token":"tokentoken","expires_in":3600,"refresh":"fresh1","tenant":"t/1"}"#,
        ),
        "/renew/t%2F1" => {
            assert_eq!(vendor.request.body, br#"{"token":"fresh1"}"#);
            json(r#"{"token":"tokenagain","life":3600}"#)
        }
        "/where?t=t%2F1" => json(r#"{"api":"https://cxone.example/api/"}"#),
        "/api/names" => json(
            r#"{"rows":[{"id":"q1","name":"One"},{"id":"q2","name":"Two"},
                {"id":"q3","name":"Three"}]}"#,
        ),
        _ => {
            let query = path.strip_prefix("/api/data?ids=").unwrap();
            let (ids, page) = query.split_once("&page=").unwrap();
            let ids: Vec<&str> = ids.split(',').collect();
            let id = ids[page.parse::<usize>().unwrap() - 1];
            json(&format!(r#"{{"pages":{},"rows":[{}]}}"#, ids.len(), row(id)))
        }
    }
}

/// What was answered, in order of the rows: name and reading.
fn rows(world: &World) -> Vec<(String, Reading)> {
    let answer = world.answers.last().unwrap();
    let row = |(row, readings): (&crate::model::answer::Row, &[Reading])| {
        (row.name.clone().unwrap_or_default().to_string(), readings[0])
    };
    answer.iter().map(row).collect()
}

fn wanted() -> Vec<(String, Reading)> {
    let pairs = [("One", 1.0), ("Two", 2.0), ("Three", 3.0)];
    pairs.map(|(name, n)| (name.into(), Reading::Value(n))).into()
}

#[test]
fn batches_and_pages_of_a_bucket_are_one_answer() {
    let mut world = whole();
    let mut asked = Vec::new();
    world.run(5, |vendor, _| {
        asked.push(String::from(target(vendor)));
        good(vendor)
    });
    let wanted_urls = [
        "/login",
        "/where?t=t%2F1",
        "/api/names",
        "/api/data?ids=q1,q2&page=1",
        "/api/data?ids=q1,q2&page=2",
        "/api/data?ids=q3&page=1",
    ];
    assert_eq!((asked, world.answers.len()), (wanted_urls.map(String::from).into(), 1));
    assert_eq!(rows(&world), wanted(), "named by the look-up");
    assert_eq!(world.poll.health().freshness, Freshness::Fresh);
    world.run(25, |vendor, _| good(vendor));
    assert_eq!(world.answers.len(), 3);
    assert_eq!(world.counters().buckets_given_up, 0);
}

#[test]
fn a_page_that_fails_is_asked_for_again_and_the_others_are_kept() {
    let mut world = whole();
    let mut asked = Vec::new();
    let mut faults =
        Vec::from([Ok(Reply::empty(401)), Err(LinkFault::Timeout), Ok(Reply::empty(503))]);
    world.run(9, |vendor, _| {
        asked.push(String::from(target(vendor)));
        if target(vendor).ends_with("page=2") && !faults.is_empty() {
            return faults.remove(0);
        }
        good(vendor)
    });
    let of = |text: &str| asked.iter().filter(|url| url.contains(text)).count();
    assert_eq!((of("page=1"), of("page=2"), world.answers.len()), (2, 4, 1));
    assert_eq!((of("/login"), of("/renew")), (2, 0), "what renewed a refused token may be as bad");
    assert_eq!(rows(&world), wanted());
}

#[test]
fn pages_without_an_end_are_given_up_with_their_bucket() {
    let slow = REQUESTS.replace("name = \"data\"", "name = \"data\"\ninterval_seconds = 60");
    let slow = || World::with(&format!("{HEAD}{LOGIN}{slow}"), None, 1);
    let mut world = slow();
    world.run(25, |vendor, _| match target(vendor).starts_with("/api/data") {
        true => json(r#"{"pages":1000,"rows":[]}"#),
        false => good(vendor),
    });
    assert_eq!((world.answers.len(), world.said(Level::Warn, "without an end: 64")), (0, 1));
    let many: Vec<String> = (0..3_000).map(|n| format!(r#"{{"id":"q{n}","n":1}}"#)).collect();
    let many = format!(r#"{{"pages":20,"rows":[{}]}}"#, many.join(","));
    let mut world = slow();
    world.run(9, |vendor, _| match target(vendor).starts_with("/api/data") {
        true => json(&many),
        false => good(vendor),
    });
    assert_eq!((world.answers.len(), world.said(Level::Warn, "without an end: 11")), (0, 1));
}

#[test]
fn data_waits_for_the_names_that_it_is_asked_by() {
    let mut world = whole();
    world.run(200, |vendor, _| match target(vendor) {
        "/api/names" => Ok(Reply::empty(403)),
        _ => good(vendor),
    });
    let names = world.asked.iter().filter(|(_, asked)| *asked == Asked::Data(1)).count();
    assert!((3..=5).contains(&names), "{names}: every minute until the first answer");
    assert_eq!(world.said(Level::Warn, "data: no fresh data: there are no queues to ask for"), 1);
    world.run(270, |vendor, _| good(vendor));
    assert_eq!(rows(&world), wanted());
    // Those that are gone are not asked for any more, and a new name counts.
    world.run(7_300, |vendor, _| match target(vendor) {
        "/api/names" => json(r#"{"rows":[{"id":"q2","name":"Second"}]}"#),
        _ => good(vendor),
    });
    assert_eq!(rows(&world), [("Second".into(), Reading::Value(2.0))]);
}

#[test]
fn a_bucket_is_asked_for_by_the_names_that_it_began_with() {
    let often = REQUESTS.replace("interval_seconds = 3600", "interval_seconds = 10");
    let missing = often.replace("path = \"n\"", "path = \"n\", missing = \"zero\"");
    let mut world = World::with(&format!("{HEAD}{LOGIN}{missing}"), None, 1);
    world.run(9, |vendor, _| good(vendor));
    let mut asked = Vec::new();
    world.run(15, |vendor, _| {
        asked.push(String::from(target(vendor)));
        match target(vendor) {
            "/api/names" => json(r#"{"rows":[{"id":"q9"},{"id":"q1","name":"One"}]}"#),
            _ => good(vendor),
        }
    });
    // The answer with the new names came between the first page and the second.
    assert_eq!(asked[..2], ["/api/data?ids=q1,q2&page=1", "/api/names"]);
    assert_eq!(asked[2..], ["/api/data?ids=q1,q2&page=2", "/api/data?ids=q3&page=1"]);
    let readings: Vec<Reading> = rows(&world).into_iter().map(|(_, reading)| reading).collect();
    assert_eq!(readings, [1.0, 2.0, 3.0].map(Reading::Value));
}

#[test]
fn names_are_asked_for_at_once_after_a_restart() {
    let text = format!("{HEAD}{LOGIN}{REQUESTS}");
    let mut world = World::with(&text, Some(super::world::NOON), 1);
    world.run(3, |vendor, _| good(vendor));
    assert_eq!(rows(&world), wanted());
}

#[test]
fn a_session_is_renewed_by_its_refresh_token_and_discovered_again() {
    let mut world = whole();
    let mut asked = Vec::new();
    world.run(3 * 3_600, |vendor, kind| {
        if kind == Asked::Token {
            asked.push(String::from(target(vendor)));
        }
        good(vendor)
    });
    // What was taken at the login stands in the renewal's address, and the refresh token holds
    // until there is another.
    let renewal = ["/renew/t%2F1", "/where?t=t%2F1"].map(String::from);
    assert_eq!(asked[..2], ["/login", "/where?t=t%2F1"]);
    assert!(asked.len() >= 6 && asked[2..].chunks(2).all(|pair| pair == renewal), "{asked:?}");
    assert_eq!(world.counters().token_failures, 0);
    assert!(world.answers.len() > 1_000);
}

#[test]
fn a_refresh_that_fails_falls_back_to_the_whole_login() {
    let mut world = whole();
    let mut asked = Vec::new();
    world.run(3_500, |vendor, kind| {
        if kind == Asked::Token {
            asked.push(String::from(target(vendor)));
        }
        match target(vendor).starts_with("/renew") {
            true => Ok(Reply::new(400, "application/json", r#"{"error":"invalid_grant"}"#)),
            false => good(vendor),
        }
    });
    let wanted =
        ["/login", "/where?t=t%2F1", "/renew/t%2F1", "/login", "/where?t=t%2F1"].map(String::from);
    assert_eq!(asked, wanted);
    let said = "no new token (the old one still works): the platform answered 400: invalid_grant";
    assert_eq!(world.said(Level::Warn, said), 1);
    assert!(matches!(world.poll.health().token, TokenState::Held { .. }));
    assert_eq!(world.counters().buckets_given_up, 0, "the old session was used meanwhile");
}

#[test]
fn a_refused_login_quotes_no_token_that_it_was_sent() {
    let quoting = |said: &'static str| Ok(Reply::new(403, "application/json", said));
    let mut world = whole();
    let login = r#"{"access_token":"tokentoken","expires_in":3600,"refresh":"refreshing-it",
        "tenant":"t/1"}"#;
    world.run(3_500, |vendor, _| match target(vendor) {
        "/login" => json(login),
        "/renew/t%2F1" => quoting(r#"{"error":"no refreshing-it"}"#),
        _ => good(vendor),
    });
    let withheld = "the platform answered 403: (it quotes the token)";
    assert_eq!(world.said(Level::Warn, withheld), 1);
    // A token that is not in use yet.
    let mut world = whole();
    world.run(20, |vendor, _| match target(vendor) {
        "/where?t=t%2F1" => quoting(r#"{"error":"Bearer tokentoken"}"#),
        _ => good(vendor),
    });
    assert_eq!(world.said(Level::Error, withheld), 1);
    assert!(world.said.iter().all(|(_, text)| !text.contains("refreshing-it")));
}

#[test]
fn a_discovery_that_fails_is_named_and_begins_again_at_the_login() {
    let mut world = whole();
    world.run(20, |vendor, _| match target(vendor) {
        "/where?t=t%2F1" => Ok(Reply::empty(503)),
        _ => good(vendor),
    });
    assert_eq!(world.said(Level::Error, "no new cluster (polling stops or will soon)"), 1);
    assert!(world.answers.is_empty());
    world.run(90, |vendor, _| good(vendor));
    assert_eq!(rows(&world), wanted());
    let mut world = whole();
    world.run(20, |vendor, _| match target(vendor) {
        "/where?t=t%2F1" => json(r#"{"api":"https://evil.example"}"#),
        _ => good(vendor),
    });
    assert_eq!(world.said(Level::Error, "no new cluster"), 1);
    assert_eq!(world.said(Level::Error, "leads to https://evil.example"), 1);
}

#[test]
fn a_source_without_login_polls_and_what_has_not_changed_stays_fresh() {
    let mut world = World::with(&format!("{HEAD}{CHANGES}"), None, 1);
    let mut asked = Vec::new();
    world.run(45, |vendor, _| {
        asked.push(String::from(target(vendor)));
        match target(vendor) {
            "/changes?since=ever" => {
                json(r#"{"next":"a","rows":[{"id":"1","n":1},{"id":"2","n":2}]}"#)
            }
            "/changes?since=a" if asked.len() < 4 => Ok(Reply::empty(304)),
            "/changes?since=a" => json(r#"{"next":"b","rows":[{"id":"2","n":5}]}"#),
            _ => Ok(Reply::empty(404)),
        }
    });
    let wanted = ["ever", "a", "a", "a", "b"].map(|since| format!("/changes?since={since}"));
    assert_eq!(asked, wanted);
    assert_eq!(world.answers.len(), 4);
    let times: Vec<i64> = world.answers.iter().map(|answer| answer.vendor_time.0).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] > 5_000), "{times:?}");
    let readings: Vec<Reading> = rows(&world).into_iter().map(|(_, reading)| reading).collect();
    assert_eq!(readings, [5.0, 1.0].map(Reading::Value), "what did not change is carried over");
    assert!(matches!(world.poll.health().freshness, Freshness::Stale { .. }));
}

#[test]
fn no_outcome_of_the_world_breaks_the_rules_of_everything_at_once() {
    for seed in 0..20 {
        let mut world = whole();
        world.lateness = Span(i64::try_from(seed).unwrap());
        let mut dice = Rng::new(seed);
        for secs in (5..7_200).step_by(5) {
            world.run(secs, |vendor, _| match dice.next() % 16 {
                0 => Err(LinkFault::Timeout),
                1 => Ok(Reply::empty(500)),
                2 => Ok(Reply::empty(429).with_header("retry-after", "7")),
                3 => Ok(Reply::empty(401)),
                4 => Ok(Reply::empty(304)),
                5 => json("{}"),
                _ => good(vendor),
            });
            for feed in &world.poll.feeds {
                assert!(!matches!(feed.cycle, Cycle::Running(run) if run.tries > 5), "{seed}");
            }
        }
        assert!(world.answers.len() > 20, "{seed}: {}", world.answers.len());
    }
}
