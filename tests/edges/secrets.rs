//! No secret leaves the hub but to whom it belongs, not even when a server quotes it.

use std::fs;

use andon::demo::http::{Incoming, Reaction};
use andon::edge::store::FILE_NAME;
use andon::model::http::Reply;
use andon::model::time::UtcMs;

use crate::hub::{Hub, andon, ended, text};
use crate::patience::wait_until;
use crate::server::{Desk, Server};
use crate::world::{CLIENT_SECRET, Mood, Platform, ROUTING_KEY, SLACK_PATH, World, queue};

#[test]
fn no_secret_shows_while_all_is_well() {
    let world = World::new(2, Mood::Busy);
    let hub = Hub::start(&world);
    wait_until("everything is told", 25, || {
        world.pagerduty.desk().events().count() == 2 && world.slack.desk().messages().count() == 2
    });
    assert_no_secret_shows(&world, hub);
}

#[test]
fn no_secret_shows_when_servers_quote_what_they_were_sent() {
    let world = World::new(2, Mood::Busy);
    let [token, events, hook] = [400, 400, 404].map(|status| Server::start(Echo::new(status)));
    let data = Server::start(Echo { tokens: Some(Platform::new(2, Mood::Busy)), ..Echo::new(500) });
    let mut sources = world.source("bank", &format!("http://{}", world.platform.address));
    sources += &world.source("quotes-secret", &format!("http://{}", token.address));
    sources += &world.source("quotes-token", &format!("http://{}", data.address));
    let [good, quoting] = [world.pagerduty.address, events.address]
        .map(|address| format!("http://{address}/v2/enqueue"));
    world.write("andon.toml", &world.config(&sources).replace(&good, &quoting));
    world.write("slack", &format!("http://{}{SLACK_PATH}", hook.address));
    let hub = Hub::start(&world);
    wait_until("each has quoted something", 30, || {
        [&token, &events, &hook, &data].iter().all(|echo| echo.desk().quoted > 0)
    });
    wait_until("the hub says so", 20, || {
        let said = hub.said();
        ["quotes-secret", "quotes-token", "pagerduty", "slack"].iter().all(|w| said.contains(w))
    });
    assert_no_secret_shows(&world, hub);
}

/// Answers with what it was sent.
struct Echo {
    /// Gives out tokens instead of quoting the requests for them.
    tokens: Option<Platform>,
    status: u16,
    quoted: u32,
}

impl Echo {
    const fn new(status: u16) -> Self {
        Self { tokens: None, status, quoted: 0 }
    }
}

impl Desk for Echo {
    fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if let (Some(tokens), "/oauth/token") = (&mut self.tokens, incoming.route()) {
            return tokens.receive(incoming, utc);
        }
        self.quoted += 1;
        let authorization = incoming.header("authorization").unwrap_or_default();
        let body = text(&incoming.body);
        let quote = format!("bad: {} {authorization} {body}", incoming.path);
        Reaction::Reply(Reply::new(self.status, "text/plain", quote))
    }
}

/// Looks at everything that the hub shows, keeps and says.
fn assert_no_secret_shows(world: &World, hub: Hub) {
    let mut shown = vec![(String::from("the log"), String::new())];
    for path in ["/-/ready", "/metrics", "/api/v1/alerts"] {
        shown.push((path.into(), hub.get(path).body));
    }
    for number in 0..2 {
        for metric in ["calls_waiting", "longest_wait"] {
            let path = format!("/api/v1/explain/{}:{metric}", queue(number));
            let page = hub.get(&path);
            assert_eq!(page.status, 200, "{path}");
            shown.push((path, page.body));
        }
    }
    let (status, said) = hub.stop();
    assert!(status.success(), "{status}: {said}");
    shown[0].1 = said;
    let mut command = andon();
    command.arg("alerts").arg("--config").arg(world.path("andon.toml"));
    shown.push(("andon alerts".into(), text(&ended(&mut command).stdout)));
    let ledger = fs::read(world.path("state").join(FILE_NAME)).unwrap();
    shown.push(("the ledger".into(), text(&ledger)));
    for (place, text) in shown {
        assert!(text.len() > 5, "{place} is empty");
        for secret in [CLIENT_SECRET, ROUTING_KEY, "edgesSlackSecret", TOKENS] {
            assert!(!text.contains(secret), "{place} shows {secret}:\n{text}");
        }
    }
}

/// How every token of the simulated platform begins.
const TOKENS: &str = "demo-";
