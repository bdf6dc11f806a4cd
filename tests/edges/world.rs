//! A world for a hub: a platform that is busy or calm at a word, a PagerDuty, a Slack, a directory.

use core::fmt::Write;
use std::fs;
use std::path::PathBuf;

use andon::demo::cxone::{Access, CxOne};
use andon::demo::http::{Incoming, Reaction};
use andon::demo::pagerduty::PagerDuty;
use andon::demo::recording::Recording;
use andon::demo::slack::Slack;
use andon::demo::traffic::Traffic;
use andon::model::time::{Span, UtcMs};
use tempfile::TempDir;

use crate::hub::free_port;
use crate::patience::utc;
use crate::server::{Desk, Server};

pub(crate) const CLIENT_SECRET: &str = "edges-client-secret-7c1f";
pub(crate) const ROUTING_KEY: &str = "e5d6c7b8a90123456789abcdef012345";
pub(crate) const SLACK_PATH: &str = "/services/T0EDGES/B0EDGES/edgesSlackSecret";

/// Everything around one hub.
pub(crate) struct World {
    pub(crate) platform: Server<Platform>,
    pub(crate) pagerduty: Server<PagerDuty>,
    pub(crate) slack: Server<Slack>,
    pub(crate) port: u16,
    directory: TempDir,
    queues: usize,
}

/// A CXone whose every queue is in trouble, or none.
pub(crate) struct Platform {
    pub(crate) mood: Mood,
    /// Both give out the same tokens.
    pub(crate) busy: CxOne,
    calm: CxOne,
}

/// What the platform tells of its queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// 22 calls wait, the longest for 200 s: P1 and P2 of every queue.
    Busy,
    /// Nobody waits.
    Calm,
}

impl World {
    /// A world of so many queues, and the config and secrets of a hub that watches them.
    pub(crate) fn new(queues: usize, mood: Mood) -> Self {
        let world = Self {
            platform: Server::start(Platform::new(queues, mood)),
            pagerduty: Server::start(PagerDuty::default()),
            slack: Server::start(Slack::new(SLACK_PATH)),
            port: free_port(),
            directory: tempfile::tempdir().unwrap(),
            queues,
        };
        world.write("cxone", CLIENT_SECRET);
        world.write("pagerduty", ROUTING_KEY);
        world.write("slack", &format!("http://{}{SLACK_PATH}", world.slack.address));
        let source = world.source("bank", &format!("http://{}", world.platform.address));
        world.write("andon.toml", &world.config(&source));
        world
    }

    /// A file of this world's directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file into this world's directory.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// A `[[source]]` table for a platform at an address.
    pub(crate) fn source(&self, name: &str, base_url: &str) -> String {
        let ids: Vec<String> = (0..self.queues).map(queue).collect();
        format!(
            "[[source]]\nname = \"{name}\"\ndefinition = \"nice-cxone-guide\"\n\
             base_url = \"{base_url}\"\nclient_id = \"edges\"\nclient_secret = {{ file = {:?} }}\n\
             queues = {ids:?}\n\n[[rules]]\nsource = \"{name}\"\nthresholds = [\n{THRESHOLDS}]\n\n",
            self.path("cxone")
        )
    }

    /// The whole config around some sources.
    pub(crate) fn config(&self, sources: &str) -> String {
        format!(
            "[hub]\nstate_directory = {:?}\nadmin_listen = \"127.0.0.1:{}\"\n\n{sources}\
             [[target]]\nname = \"pagerduty\"\nkind = \"pagerduty\"\n\
             url = \"http://{}/v2/enqueue\"\nrouting_key = {{ file = {:?} }}\n\n\
             [[target]]\nname = \"slack\"\nkind = \"slack\"\nurl = {{ file = {:?} }}\n\n\
             [storm]\nalerts = 1000\n\n\
             [routes]\nP1 = {{ targets = [\"pagerduty\"] }}\nP2 = {{ targets = [\"slack\"] }}\n",
            self.path("state"),
            self.port,
            self.pagerduty.address,
            self.path("pagerduty"),
            self.path("slack"),
        )
    }

    /// Changes what the platform tells of its queues.
    pub(crate) fn turns(&self, mood: Mood) {
        self.platform.desk().mood = mood;
    }

    /// How often the platform has told of its queues.
    pub(crate) fn answers(&self) -> u64 {
        self.platform.desk().answers()
    }
}

const THRESHOLDS: &str = "\
    { metric = \"calls_waiting\", operator = \">=\", static_value = 15, priority = \"P1\", \
      on_delay_seconds = 0, off_delay_seconds = 0 },\n\
    { metric = \"longest_wait\", operator = \">=\", static_value = 120, priority = \"P2\", \
      on_delay_seconds = 0, off_delay_seconds = 0 },\n";

/// The identifier of a queue by its number.
pub(crate) fn queue(number: usize) -> String {
    format!("queue-{number}")
}

impl Platform {
    pub(crate) fn new(queues: usize, mood: Mood) -> Self {
        Self::with_secret(queues, mood, CLIENT_SECRET)
    }

    /// One whose client has another secret.
    pub(crate) fn with_secret(queues: usize, mood: Mood, secret: &str) -> Self {
        let access = Access {
            client_id: "edges".into(),
            client_secret: secret.into(),
            token_life: Span::secs(3_600),
            requests_per_minute: 600,
        };
        let cxone = |busy| CxOne::new(traffic(queues, busy), access.clone(), 1);
        Self { mood, busy: cxone(Mood::Busy), calm: cxone(Mood::Calm) }
    }

    pub(crate) const fn answers(&self) -> u64 {
        self.busy.seen.answers + self.calm.seen.answers
    }
}

impl Desk for Platform {
    fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if incoming.route() == "/oauth/token" {
            let of_calm = self.calm.receive(incoming, utc);
            return match self.busy.receive(incoming, utc) {
                // What goes wrong at the door goes wrong with the data alone.
                Reaction::Hang | Reaction::Close => of_calm,
                Reaction::Reply(reply) if reply.status == 503 => of_calm,
                reply @ Reaction::Reply(_) => reply,
            };
        }
        match self.mood {
            Mood::Busy => self.busy.receive(incoming, utc),
            Mood::Calm => self.calm.receive(incoming, utc),
        }
    }
}

/// A recording of the hour around this moment, the same in every cycle.
fn traffic(queues: usize, mood: Mood) -> Traffic {
    let mut csv = String::from(
        "ts,queue,calls_waiting,longest_wait,offered,answered,answered_20s,abandoned,\
         agents_available,agents_busy\n",
    );
    let numbers = match mood {
        Mood::Busy => "22,200,0,0,0,0,0,4",
        Mood::Calm => "0,0,0,0,0,0,4,0",
    };
    let now = utc().0.div_euclid(10_000) * 10;
    for second in (now - 600..now + 1_800).step_by(10) {
        for number in 0..queues {
            writeln!(csv, "{second},{},{numbers}", queue(number)).unwrap();
        }
    }
    Traffic::Recorded(Recording::parse(&csv).unwrap())
}
