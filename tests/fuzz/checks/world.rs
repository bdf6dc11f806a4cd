//! What stands around a hub in a check: clocks, rows, and the requests that are under way.

use alloc::collections::BTreeMap;
use core::cell::OnceCell;

use andon::effect::Effect;
use andon::event::{Asker, Event, Ticket};
use andon::hub::{Hub, Library, Loaded, Setup};
use andon::ledger::{Row, Table, restore};
use andon::limits::REQUESTS_IN_FLIGHT_MAX;
use andon::model::authority::Authority;
use andon::model::delivery::Delivery;
use andon::model::http::{LinkFault, Reply};
use andon::model::secret::{Secret, SecretRef, Secrets};
use andon::model::time::{ClockTrust, Now, Span, Tick, UtcMs};

use super::webhooks;

/// Every check begins at this moment.
pub const BEGIN: UtcMs = UtcMs(1_715_781_600_000);

/// How each secret begins, scheme and host of an address left aside.
pub const SECRET_HEAD: &[u8] = b"hunter2-hunter2";

/// A hub that is due again at once so many times in a row spins.
const WAKES_OF_MOMENT_MAX: usize = 64;

/// Rows by where they lie.
pub type Disk = BTreeMap<(Table, Box<[u8]>), Vec<u8>>;

/// A hub, and what it asked of the world.
pub struct World {
    /// What its clocks show.
    pub now: Now,
    /// Whether nobody outside says a secret.
    pub secrets_are_ours: bool,
    /// How many times people were told.
    pub told: usize,
    /// What the log says.
    pub said: Vec<String>,
    hub: Hub,
    loaded: Loaded,
    disk: Disk,
    boots: u32,
    /// With the status that is the server's yes.
    under_way: Vec<(Ticket, u16)>,
    replies: usize,
    /// Of the last reply.
    status: u16,
}

/// Bytes to be used up from the front.
pub struct Bytes<'a>(pub &'a [u8]);

impl World {
    /// A hub starts on what the disk holds, where it can be restored at all.
    pub fn start(loaded: Loaded, disk: Disk) -> Self {
        let now = Now { tick: Tick(7_000), utc: BEGIN, trust: ClockTrust::Ntp };
        let mut world = Self {
            now,
            secrets_are_ours: true,
            told: 0,
            said: Vec::new(),
            hub: hub(&loaded, &disk, 1, now),
            loaded,
            disk,
            boots: 1,
            under_way: Vec::new(),
            replies: 0,
            status: 0,
        };
        world.drain();
        world
    }

    /// Something happens.
    pub fn happens(&mut self, event: Event) {
        self.hub.handle(event, self.now);
        self.drain();
    }

    /// What is due is done, until nothing is.
    pub fn wake(&mut self) {
        for _ in 0..WAKES_OF_MOMENT_MAX {
            self.happens(Event::Woke);
            if self.next_wake() > self.now.tick {
                return;
            }
        }
        panic!("the loop spins: {:?} at {:?}", self.hub.next_wake(), self.now);
    }

    /// Time passes from wake to wake, and every server answers well: so many callers wait.
    pub fn live(&mut self, rounds: usize, waiting: u8) {
        for _ in 0..rounds {
            let passes = (self.next_wake() - self.now.tick).max(Span::ZERO);
            self.now.tick = self.now.tick + passes;
            self.now.utc = self.now.utc + passes;
            self.wake();
            for _ in 0..self.under_way.len() {
                let reply = self.good_reply(waiting);
                self.answer_one(0, Ok(reply));
            }
        }
    }

    /// One of the requests that are under way has its outcome.
    pub fn answer_one(&mut self, which: u8, outcome: Result<Reply, LinkFault>) {
        if self.under_way.is_empty() {
            return;
        }
        let (ticket, _) = self.under_way.remove(usize::from(which) % self.under_way.len());
        self.happens(Event::Answered { ticket, outcome });
    }

    /// Any request has its outcome, whether it is under way or not.
    pub fn answer(&mut self, ticket: Ticket, outcome: Result<Reply, LinkFault>) {
        self.under_way.retain(|(other, _)| *other != ticket);
        self.happens(Event::Answered { ticket, outcome });
    }

    /// A server refuses and quotes what it was sent.
    pub fn answer_with_secret(&mut self, which: u8) {
        let head = String::from_utf8_lossy(SECRET_HEAD);
        let body =
            format!("{{\"error\":\"{head}-{which}\",\"message\":\"{head}-{which} is bad\"}}");
        let status = [400, 401, 403, 404, 410, 429, 500][usize::from(which) % 7];
        self.answer_one(which, Ok(Reply::new(status, "application/json", body)));
    }

    /// Somebody asks, and gets a reply.
    pub fn ask(&mut self, method: &str, path: &str) {
        let before = self.replies;
        self.happens(Event::Asked {
            asker: Asker(1),
            method: method.into(),
            path: path.into(),
            body: Box::default(),
            authority: Authority::Operator,
        });
        assert_eq!(self.replies, before + 1, "{method} {path}");
    }

    /// Somebody pushes, and gets a reply; who does not know the secret is refused.
    pub fn push(&mut self, source: &str, mut delivery: Delivery, is_genuine: bool) {
        if is_genuine {
            delivery.headers.retain(|(name, _)| &**name != "x-signature");
            let signature = webhooks::signature(WEBHOOK_SECRET, &delivery.body);
            delivery.headers.push(("x-signature".into(), signature.into()));
        }
        let (before, path) = (self.replies, format!("/ingest/{source}").into());
        self.happens(Event::Pushed { asker: Asker(1), path, delivery });
        assert_eq!(self.replies, before + 1, "{source}");
        assert!(is_genuine || self.status >= 400, "forged, and answered {}", self.status);
    }

    /// The hub dies and starts again, after a boot or without.
    pub fn restart(&mut self, boots: bool) {
        if boots {
            self.boots += 1;
            self.now.tick = Tick(7_000);
        }
        self.under_way.clear();
        self.hub = hub(&self.loaded, &self.disk, self.boots, self.now);
        self.drain();
    }

    fn next_wake(&self) -> Tick {
        self.hub.next_wake().unwrap_or_else(|| panic!("no next wake at {:?}", self.now)).at
    }

    /// A yes to the first request under way.
    fn good_reply(&self, waiting: u8) -> Reply {
        let time = self.now.utc.rfc3339();
        let data = format!(
            r#"{{"_time":"{time}","queues":[{{"queue":{{"id":"q","name":"Queue"}},"metrics":[
            {{"metric":"calls_waiting","value":{waiting}}},
            {{"metric":"longest_wait","value":{waiting}0}},
            {{"metric":"abandoned_calls","value":1}},
            {{"metric":"agents_available","value":2}}]}}]}}"#
        );
        let (status, body) = match self.under_way.first() {
            Some((Ticket::Token(_), status)) => {
                (*status, r#"{"access_token":"t","expires_in":3600}"#)
            }
            Some((Ticket::Data(..), status)) => (*status, data.as_str()),
            Some((Ticket::Webhook(_), status)) => (*status, r#"{"webhooks":[]}"#),
            Some((Ticket::Notice(_) | Ticket::Login(_), status)) => (*status, "ok"),
            Some((Ticket::CheckIn | Ticket::Readback(_) | Ticket::Probe, status)) => {
                (*status, "ok")
            }
            Some((Ticket::Context(_), status)) => {
                (*status, r#"{"result":[{"business_impact":"risk"}]}"#)
            }
            None => (200, ""),
        };
        let date = self.now.utc.http_date();
        Reply::new(status, "application/json", body).with_header("date", &date)
    }

    fn drain(&mut self) {
        while let Some(write) = self.hub.next_write() {
            match write.value {
                Some(value) => self.disk.insert((write.table, write.key), value),
                None => self.disk.remove(&(write.table, write.key)),
            };
        }
        while let Some(effect) = self.hub.next_effect() {
            match effect {
                Effect::Fetch { ticket, request } => {
                    let is_new = self.under_way.iter().all(|(other, _)| *other != ticket);
                    assert!(is_new, "{ticket:?} twice");
                    assert!(!request.url.is_empty() && request.deadline > Span::ZERO);
                    let is_pagerduty = request.origin().contains("pagerduty");
                    self.under_way.push((ticket, if is_pagerduty { 202 } else { 200 }));
                    assert!(self.under_way.len() <= REQUESTS_IN_FLIGHT_MAX);
                }
                Effect::Submit { ticket, .. } => self.under_way.push((ticket, 250)),
                Effect::Respond { reply, .. } => {
                    self.replies += 1;
                    self.status = reply.status;
                    self.shown(&String::from_utf8_lossy(&reply.body));
                }
                Effect::RereadSecrets | Effect::LookAround => {}
                Effect::Told { text, .. } => {
                    self.told += 1;
                    self.shown(&text);
                }
                Effect::Say { text, .. } => {
                    self.shown(&text);
                    self.said.push(text);
                }
            }
        }
        self.next_wake();
    }

    fn shown(&self, text: &str) {
        let quotes = text.as_bytes().windows(SECRET_HEAD.len()).any(|head| head == SECRET_HEAD);
        assert!(!(quotes && self.secrets_are_ours), "a secret is shown: {text}");
    }
}

impl<'a> Bytes<'a> {
    /// The next byte.
    pub fn take(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// The next byte; zero at the end.
    pub fn number(&mut self) -> u8 {
        self.take().unwrap_or_default()
    }

    /// The bytes behind their length, which is one byte, or two more if that is 255.
    pub fn long(&mut self) -> &'a [u8] {
        let length = match self.number() {
            255 => usize::from(u16::from_le_bytes([self.number(), self.number()])),
            length => length.into(),
        };
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// The config of the checks. It is read once, since reading takes longer than most checks.
pub fn loaded() -> Loaded {
    thread_local! {
        static LOADED: OnceCell<Loaded> = const { OnceCell::new() };
    }
    LOADED.with(|cell| {
        copy(
            cell.get_or_init(|| {
                andon::hub::load("andon.toml", CONFIG, &Library::built_in()).unwrap()
            }),
        )
    })
}

fn copy(loaded: &Loaded) -> Loaded {
    Loaded {
        config: loaded.config.clone(),
        definitions: loaded.definitions.clone(),
        texts: loaded.texts.clone(),
        cmdb: loaded.cmdb.clone(),
    }
}

fn hub(loaded: &Loaded, disk: &Disk, boots: u32, now: Now) -> Hub {
    let rows = disk.iter().map(|((table, key), value)| Row {
        table: *table,
        key: key.clone(),
        value: value.clone(),
    });
    let boot = format!("boot-{boots}");
    let remembered = restore(rows, &boot, now).unwrap();
    let boot = boot.into();
    Hub::new(Setup { loaded: copy(loaded), secrets: secrets(), remembered, boot, seed: 1 }, now)
}

/// Every secret that [`CONFIG`] refers to.
pub fn secrets() -> Secrets {
    let head = String::from_utf8_lossy(SECRET_HEAD);
    let mut secrets = Secrets::default();
    let all = [
        ("cxone", format!("{head}-cxone")),
        ("pagerduty", format!("{head}-pagerduty")),
        ("slack", format!("https://slack.test/{head}")),
        ("webhook", "whsec_aHVudGVyMi1odW50ZXIyLWh1bnRlcjItaHVudGVyMi0=".into()),
        ("pushed", WEBHOOK_SECRET.into()),
    ];
    for (name, secret) in all {
        secrets.put(SecretRef::Credential(name.into()), Secret::new(&secret));
    }
    secrets
}

/// By which deliveries are signed.
const WEBHOOK_SECRET: &str = "hunter2-hunter2-pushed";

const CONFIG: &str = r#"
[[source]]
name = "one"
definition = "nice-cxone-guide"
base_url = "https://one.test"
client_id = "hub"
client_secret = { credential = "cxone" }
webhook_secret = { credential = "pushed" }

[[source]]
name = "two"
definition = "nice-cxone-guide"
base_url = "https://two.test"
client_id = "hub"
client_secret = { credential = "cxone" }
webhook_secret = { credential = "pushed" }
queues = ["q", "r"]

[[rules]]
source = "one"
thresholds = [
    { metric = "calls_waiting", operator = ">=", static_value = 15, priority = "P1",
      cooldown_seconds = 60, escalation_threshold_seconds = 120 },
    { metric = "abandoned_calls", operator = ">=", static_value = 5, priority = "P2" },
    { metric = "longest_wait", operator = ">", static_value = 120, priority = "P2",
      dynamic_scaling = true, scaling_factor = "agents_available * 20" },
]

[[rules]]
source = "two"
queue_id = "q"
thresholds = [
    { metric = "calls_waiting", operator = ">=", static_value = 50, priority = "P2" },
    { metric = "calls_waiting", operator = ">=", static_value = 90, priority = "P3" },
    { metric = "agents_available", operator = "==", static_value = 0, priority = "P3" },
]

[[target]]
name = "pagerduty"
kind = "pagerduty"
routing_key = { credential = "pagerduty" }

[[target]]
name = "slack"
kind = "slack"
url = { credential = "slack" }

[[target]]
name = "webhook"
kind = "webhook"
url = "https://webhook.test/"
signing_secret = { credential = "webhook" }

[[context]]
source = "two"
entity = "r*"
business_impact = "none"

[enrichment.cmdb]
url = "https://cmdb.test/{entity_id}"
token = { credential = "cxone" }

[routes]
P1 = { targets = ["pagerduty", "webhook"] }
P2 = { targets = ["slack"] }
P3 = { digest = true }

[digest]
targets = ["slack"]

[templates]
summary = """{{ severity }} {{ entity_name }} \
{% if agents_available %}{{ 99 // agents_available }}{% endif %}"""
"#;
