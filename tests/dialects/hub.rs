//! A hub under virtual time, between one platform and a target that takes everything.

use alloc::collections::BTreeSet;

use andon::demo::http::{Incoming, Reaction};
use andon::effect::Effect;
use andon::event::{Asker, Event, Ticket};
use andon::hub::{Hub, Library, Setup};
use andon::ledger::{Remembered, Row, Table, restore};
use andon::model::authority::Authority;
use andon::model::http::{LinkFault, Reply, Request, origin};
use andon::model::notice::{Reason, Subject};
use andon::model::rule::Priority;
use andon::model::secret::{Secret, SecretRef, Secrets};
use andon::model::time::{ClockTrust, Now, Span, Tick, UtcMs};

use crate::platforms::{BEGIN, Dialect};

/// A notice about an alert, as far as dialects can agree on it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    /// Whole seconds from the beginning.
    pub(crate) at: i64,
    pub(crate) reason: Reason,
    pub(crate) entity: String,
    pub(crate) metric: String,
    pub(crate) priority: Priority,
}

/// What a hub did.
pub(crate) struct Watched {
    pub(crate) told: Vec<Told>,
    /// Requests for data.
    pub(crate) asked: u32,
    /// Samples that were compared with rules.
    pub(crate) checks: u64,
    pub(crate) persons: u64,
}

struct World {
    hub: Hub,
    dialect: Dialect,
    now: Now,
    watched: Watched,
    numbers: BTreeSet<u64>,
    said: Vec<String>,
}

/// A hub watches a platform for some hours.
pub(crate) fn watch(dialect: Dialect, rules: &str, hours: i64) -> Watched {
    let config = format!(
        "[hub]\nstate_directory = \"/var/lib/andon\"\n\n[[source]]\nname = \"tenant\"\n{}\n\
         [[target]]\nname = \"pagerduty\"\nkind = \"pagerduty\"\n\
         routing_key = {{ credential = \"secret\" }}\n\n[routes]\n{}{rules}",
        dialect.source,
        ["P1", "P2", "P3"].map(|p| format!("{p} = {{ targets = [\"pagerduty\"] }}\n")).concat(),
    );
    let loaded = andon::hub::load("andon.toml", &config, &Library::built_in()).unwrap();
    let mut secrets = Secrets::default();
    for (name, secret) in [("secret", "secret"), ("key", "key secret")] {
        secrets.put(SecretRef::Credential(name.into()), Secret::new(secret));
    }
    let now = Now { tick: Tick(0), utc: BEGIN, trust: ClockTrust::Ntp };
    let remembered: Remembered = restore([], "boot", now).unwrap();
    let setup = Setup { loaded, secrets, remembered, boot: "boot".into(), seed: 1 };
    let watched = Watched { told: Vec::new(), asked: 0, checks: 0, persons: 0 };
    let hub = Hub::new(setup, now);
    let (numbers, said) = (BTreeSet::new(), Vec::new());
    let mut world = World { hub, dialect, now, watched, numbers, said };
    world.drain();
    let end = Tick(hours * 3_600_000);
    loop {
        let wake = world.hub.next_wake().unwrap().at;
        if wake > end {
            break;
        }
        world.pass(wake);
        world.happens(Event::Woke);
    }
    let complaints: Vec<&String> = world.said.iter().collect();
    assert!(complaints.is_empty(), "{}: {complaints:#?}", world.dialect.name);
    let (method, path) = ("GET".into(), "/metrics".into());
    world.happens(Event::Asked {
        asker: Asker(1),
        method,
        path,
        body: Box::default(),
        authority: Authority::Anyone,
    });
    world.watched.persons = world.dialect.persons.get();
    world.watched
}

impl World {
    fn pass(&mut self, to: Tick) {
        let to = to.max(self.now.tick);
        self.now.utc = self.now.utc + (to - self.now.tick);
        self.now.tick = to;
    }

    fn happens(&mut self, event: Event) {
        self.hub.handle(event, self.now);
        self.drain();
    }

    /// Every request is answered at once.
    fn drain(&mut self) {
        let mut asked: Vec<(Ticket, Request)> = Vec::new();
        while let Some(write) = self.hub.next_write() {
            if let (Table::Outbox, Some(value)) = (write.table, write.value) {
                self.noted(Row { table: write.table, key: write.key, value });
            }
        }
        while let Some(effect) = self.hub.next_effect() {
            match effect {
                Effect::Fetch { ticket, request } => asked.push((ticket, request)),
                Effect::Say { level, text } if level <= log::Level::Warn => self.said.push(text),
                Effect::Respond { reply, .. } => {
                    let text = String::from_utf8(reply.body).unwrap();
                    let checks =
                        text.lines().find_map(|line| line.strip_prefix("andon_checks_total "));
                    self.watched.checks = checks.unwrap().parse().unwrap();
                }
                Effect::Submit { .. }
                | Effect::Say { .. }
                | Effect::RereadSecrets
                | Effect::LookAround
                | Effect::Told { .. } => {}
            }
        }
        for (ticket, request) in asked {
            let outcome = self.answer(ticket, &request);
            self.happens(Event::Answered { ticket, outcome });
        }
    }

    fn answer(&mut self, ticket: Ticket, request: &Request) -> Result<Reply, LinkFault> {
        if let Ticket::Notice(_) = ticket {
            let body = r#"{"status":"success","message":"Event processed","dedup_key":"k"}"#;
            return Ok(Reply::new(202, "application/json", body));
        }
        if let Ticket::Data(..) = ticket {
            self.watched.asked += 1;
        }
        let host = origin(&request.url);
        assert_eq!(host, "https://platform.test");
        let mut headers = request.headers.clone();
        // The client that carries requests out says the host.
        headers.push(("host".into(), "platform.test".into()));
        let incoming = Incoming {
            method: request.method.as_str().into(),
            path: request.url.strip_prefix(host).unwrap().into(),
            headers,
            body: request.body.clone(),
        };
        match (self.dialect.receive)(&incoming, self.now.utc) {
            Reaction::Reply(reply) => Ok(reply),
            Reaction::Hang | Reaction::Close => Err(LinkFault::Timeout),
        }
    }

    fn noted(&mut self, row: Row) {
        let now = Now { tick: Tick(0), utc: UtcMs(0), trust: ClockTrust::Ntp };
        let notice = restore([row], "", now).unwrap().notices.pop().unwrap();
        if !self.numbers.insert(notice.number) {
            return;
        }
        let Subject::Alert(facts) = &notice.subject else { return };
        self.watched.told.push(Told {
            at: Span((self.now.tick - Tick(0)).0).whole_secs(),
            reason: notice.reason,
            entity: facts.entity_name.to_string(),
            metric: facts.metric.name().into(),
            priority: facts.priority,
        });
    }
}
