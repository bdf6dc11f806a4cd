//! A seed becomes a plan: a site, and a bounded list of what happens to it and when.
//!
//! Each act ends by itself, so that any of them can be left out and the rest still makes sense.

use andon::demo::faults::Fault;
use andon::model::rng::Rng;
use andon::model::time::Span;

use crate::config::{self, BUSY, CROWD, HANG_UPS, NOBODY, WAIT};
use crate::network::Way;
use crate::swarm::level::Level;
use crate::swarm::parcel::{self, Parcel};
use crate::swarm::people::{People, Work};
use crate::world::minutes;

/// What one seed means.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) queues: usize,
    /// Whether there is another tenant, with a queue of its own.
    pub(crate) has_annex: bool,
    /// The first config.
    pub(crate) config: Config,
    /// When the last act may begin.
    pub(crate) lasts: Span,
    pub(crate) acts: Vec<Timed>,
    /// What people have written into the file that the model knows nothing of.
    pub(crate) people: Option<People>,
}

/// What the operator may write into the file.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Indices of [`RULES`].
    pub(crate) rules: Vec<usize>,
    /// Whether the thresholds are edited, see [`EDITS`].
    pub(crate) is_edited: bool,
    /// How many seconds a breach has to last, and a clear value.
    pub(crate) delays: (i64, i64),
}

/// An act, when it begins and how long it lasts.
#[derive(Debug, Clone)]
pub(crate) struct Timed {
    pub(crate) at: Span,
    pub(crate) lasts: Span,
    pub(crate) act: Act,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// A queue is different for a while.
    Queue { queue: usize, level: Level, value: u16 },
    /// The platform leaves the first queue out of its answers.
    FirstQueueIsGone,
    /// Something goes wrong with a server.
    Suffers { host: &'static str, fault: Fault },
    /// A platform's answers are cut in half.
    Garbled,
    /// Something is wrong with the way to some servers.
    Lost { hosts: Vec<&'static str>, way: Way },
    /// Requests and answers together take so long.
    Slow { host: &'static str, latency: Span },
    /// The ledger refuses to be written.
    DiskFull,
    /// The hub's process dies.
    Kill,
    /// The power goes for so long.
    Reboot,
    /// The wall clock is stepped by this much, and back in the end.
    Jump { by: Span },
    /// The power was gone for a while, the board believes in 1970 until a time service says better.
    In1970,
    /// The operator drops a file.
    Reload { config: Config },
    /// Somebody looks at a page of the hub.
    Asks { path: &'static str },
    /// Somebody has the hub do something.
    Works { work: Work },
    /// A sender tries to be heard.
    Pushes { parcel: Parcel },
}

impl Act {
    /// The one server that it is about.
    const fn host(&self) -> Option<&'static str> {
        match self {
            Self::Suffers { host, .. } | Self::Slow { host, .. } => Some(host),
            Self::Queue { .. }
            | Self::FirstQueueIsGone
            | Self::Garbled
            | Self::Lost { .. }
            | Self::DiskFull
            | Self::Kill
            | Self::Reboot
            | Self::Jump { .. }
            | Self::In1970
            | Self::Reload { .. }
            | Self::Asks { .. }
            | Self::Works { .. }
            | Self::Pushes { .. } => None,
        }
    }

    /// Whether a target will not take what it is told.
    pub(crate) const fn refuses(&self) -> bool {
        matches!(self, Self::Suffers { fault: Fault::Refuse, .. })
    }
}

pub(crate) const PLATFORM: &str = "https://cxone.test";
pub(crate) const PAGERDUTY: &str = "https://pagerduty.test";
pub(crate) const SLACK: &str = "https://slack.test";
pub(crate) const WEBHOOK: &str = "https://webhook.test";
/// The other tenant.
pub(crate) const ANNEX: &str = "https://annex.test";

const HOSTS: [&str; 5] = [PLATFORM, PAGERDUTY, SLACK, WEBHOOK, ANNEX];

/// Every rule that a config may have.
pub(crate) const RULES: [&str; 5] = [CROWD, WAIT, HANG_UPS, NOBODY, BUSY];

/// Thresholds before and after an edit.
const EDITS: [(&str, &str); 4] = [
    ("static_value = 15,", "static_value = 22,"),
    ("static_value = 120,", "static_value = 150,"),
    ("static_value = 5,", "static_value = 8,"),
    ("static_value = 3,", "static_value = 2,"),
];

/// How long a world is calm after the last act: two digests, after every backoff.
pub(crate) const CALM: Span = minutes(75);

impl Plan {
    /// The plan of a seed. Each seed draws its own kinds of acts: a world in which everything
    /// happens at once hides what a quiet one shows.
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice(Rng::new(seed));
        let queues = dice.between(2, 4);
        let has_annex = dice.one_in(3);
        let config = dice.config();
        let hours = if dice.one_in(3) { dice.between(3, 6) } else { dice.between(1, 2) };
        let lasts = minutes(60 * i64::try_from(hours).unwrap());
        let kinds: Vec<usize> = (0..KINDS).filter(|kind| *kind < 2 || dice.one_in(2)).collect();
        let count = hours * dice.between(4, 10);
        let mut acts: Vec<Timed> = (0..count)
            .map(|_| {
                let kind = dice.of(&kinds);
                dice.act(kind, queues, lasts)
            })
            .filter(|timed| has_annex || timed.act.host() != Some(ANNEX))
            .collect();
        let wavering: Vec<Timed> = acts.iter().filter_map(|timed| dice.wavers(timed)).collect();
        acts.extend(wavering);
        acts.extend(parcel::acts(seed, queues, hours, lasts));
        acts.extend(Dice(Rng::new(!seed)).flaps(queues, lasts));
        acts.sort_by_key(|timed| timed.at);
        Self { seed, queues, has_annex, config, lasts, acts, people: None }
    }

    /// The same with only these acts.
    pub(crate) fn with(&self, acts: Vec<Timed>) -> Self {
        let (config, people) = (self.config.clone(), self.people.clone());
        Self { acts, config, people, ..*self }
    }

    /// Whether there is such a server.
    pub(crate) fn has(&self, host: &str) -> bool {
        host != ANNEX || self.has_annex
    }

    /// The names of the queues.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> + use<> {
        (1..=self.queues).map(|number| format!("tier-{number}"))
    }

    /// The text of a config. P2 goes to a receiver of webhooks besides.
    pub(crate) fn text(&self, config: &Config) -> String {
        let rules: Vec<&str> = config.rules.iter().map(|rule| RULES[*rule]).collect();
        let names: Vec<String> = self.names().map(|name| format!("{name:?}")).collect();
        let mut text = config::pushing(&config::thresholds(&rules))
            .replace(config::EACH_COOLDOWN, "")
            .replace("\"tier-1\", \"tier-2\"", &names.join(", "))
            .replace(
                "P2 = { targets = [\"slack\"] }",
                "P2 = { targets = [\"slack\", \"webhook\"] }",
            )
            .replace("[[rules]]", "[[rules]]\nsource = \"cxone\"");
        let (on, off) = config.delays;
        let delays = format!(", on_delay_seconds = {on}, off_delay_seconds = {off}");
        text = text.replace(config::AT_ONCE, &delays);
        for (before, after) in EDITS.iter().filter(|_| config.is_edited) {
            text = text.replace(before, after);
        }
        if self.has_annex {
            let source = text.split("[[target]]").next().unwrap();
            let annex = source
                .replace(PLATFORM, ANNEX)
                .replace("name = \"cxone\"", "name = \"annex\"")
                .replace(&names.join(", "), "\"tier-1\"");
            text.push_str(&annex);
        }
        self.people.iter().fold(text, |text, people| people.text(&text))
    }

    /// When the last act has ended.
    pub(crate) fn end(&self) -> Span {
        self.acts.iter().map(|timed| timed.at + timed.lasts).fold(self.lasts, Span::max)
    }
}

const KINDS: usize = 16;

/// What a seed throws.
pub(super) struct Dice(pub(super) Rng);

impl Dice {
    pub(super) fn between(&mut self, least: usize, most: usize) -> usize {
        let width = u64::try_from(most - least).unwrap() + 1;
        least + usize::try_from(self.0.next() % width).unwrap()
    }

    pub(super) fn one_in(&mut self, many: usize) -> bool {
        self.between(1, many) == 1
    }

    pub(super) fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.between(0, all.len() - 1)].clone()
    }

    pub(super) fn span(&mut self, least: Span, most: Span) -> Span {
        let width = u64::try_from(most.0 - least.0).unwrap() + 1;
        least + Span(i64::try_from(self.0.next() % width).unwrap())
    }

    pub(super) fn seconds(&mut self, least: i64, most: i64) -> Span {
        self.span(Span::secs(least), Span::secs(most))
    }

    /// At least one rule, in any order.
    fn config(&mut self) -> Config {
        let mut left: Vec<usize> = (0..RULES.len()).collect();
        let count = self.between(1, RULES.len());
        let rules = (0..count).map(|_| left.remove(self.between(0, left.len() - 1))).collect();
        let is_edited = self.one_in(3);
        let delays = self.of(&[(0, 0), (0, 0), (60, 300), (60, 300), (20, 60), (0, 120)]);
        Config { rules, is_edited, delays }
    }

    fn act(&mut self, kind: usize, queues: usize, within: Span) -> Timed {
        let at = self.span(Span::secs(30), within);
        let (lasts, act) = match kind {
            0 | 1 => {
                let long = self.of(&[30, 120, 900, 2_700]);
                (self.seconds(10, long), self.queue(queues))
            }
            2 => (self.seconds(5, 600), Act::Suffers { host: PLATFORM, fault: self.ailment() }),
            3 => (self.seconds(5, 3_600), Act::Suffers { host: PAGERDUTY, fault: self.refusal() }),
            4 => {
                let host = self.of(&[SLACK, SLACK, WEBHOOK]);
                (self.seconds(5, 3_600), Act::Suffers { host, fault: self.refusal() })
            }
            5 => {
                let host = self.of(&HOSTS);
                let latency = self.span(Span::millis(50), Span::secs(40));
                (self.seconds(5, 900), Act::Slow { host, latency })
            }
            6 => (self.seconds(1, 900), Act::DiskFull),
            7 => (Span::ZERO, Act::Kill),
            8 => (self.seconds(3, 1_800), Act::Reboot),
            9 if self.one_in(3) => (self.seconds(5, 600), Act::FirstQueueIsGone),
            9 => {
                let most = self.of(&[30, 7_200, 300_000]);
                let by = self.seconds(1, most);
                let by = if self.one_in(2) { by } else { Span(-by.0) };
                (self.seconds(10, 3_600), Act::Jump { by })
            }
            10 => (Span::ZERO, Act::Reload { config: self.config() }),
            11 => (self.seconds(5, 900), Act::Suffers { host: ANNEX, fault: self.ailment() }),
            12 => {
                let way = self.of(&[Way::Doubled, Way::AnswersLost, Way::Cut]);
                let hosts = if self.one_in(3) { HOSTS.into() } else { vec![self.of(&HOSTS)] };
                (self.seconds(5, 1_200), Act::Lost { hosts, way })
            }
            13 if self.one_in(3) => {
                let fault = Fault::Huge { mebibytes: 9 };
                (self.seconds(5, 40), Act::Suffers { host: PLATFORM, fault })
            }
            13 => (self.seconds(5, 300), Act::Garbled),
            14 => (self.seconds(20, 3_600), Act::In1970),
            _ => {
                let pages = ["/metrics", "/-/ready", "/api/v1/alerts", "/api/v1/explain/tier-1"];
                (Span::ZERO, Act::Asks { path: self.of(&pages) })
            }
        };
        Timed { at, lasts, act }
    }

    fn queue(&mut self, queues: usize) -> Act {
        let queue = self.between(0, queues - 1);
        let level = self.of(&[
            Level::Waiting,
            Level::Waiting,
            Level::LongestWait,
            Level::Agents,
            Level::HangUps,
        ]);
        Act::Queue { queue, level, value: self.value(level) }
    }

    /// A crowd that shrinks at its end to one that is just below the line, for a while.
    fn wavers(&mut self, timed: &Timed) -> Option<Timed> {
        let Act::Queue { queue, level: Level::Waiting, value: 15.. } = timed.act else {
            return None;
        };
        let act = Act::Queue { queue, level: Level::Waiting, value: 14 };
        Some(Timed { at: timed.at + timed.lasts, lasts: self.seconds(20, 200), act })
    }

    /// A queue that comes and goes for a while, in half of the worlds.
    fn flaps(&mut self, queues: usize, within: Span) -> Vec<Timed> {
        let Act::Queue { queue, level, .. } = self.queue(queues) else { return Vec::new() };
        let value = if level == Level::Agents { 0 } else { 400 };
        let (begin, every) = (self.span(Span::secs(30), within), self.of(&[20, 30, 60, 240, 400]));
        let times = if self.one_in(2) { self.between(3, 12) } else { 0 };
        let act = |time: usize| Timed {
            at: begin + Span::secs(every * i64::try_from(time).unwrap()),
            lasts: Span::secs(every / 2),
            act: Act::Queue { queue, level, value },
        };
        (0..times).map(act).collect()
    }

    pub(super) fn value(&mut self, level: Level) -> u16 {
        match level {
            Level::Waiting => self.of(&[4, 5, 14, 15, 22, 40]),
            Level::LongestWait => self.of(&[100, 119, 150, 180, 400]),
            Level::Agents => self.of(&[0, 1, 2, 3, 20]),
            Level::HangUps => self.of(&[1, 2, 5]),
        }
    }

    fn ailment(&mut self) -> Fault {
        let offset_seconds = self.of(&[-600, -20, 20, 600]);
        let retry_after_seconds = self.of(&[1, 30, 120]);
        self.of(&[
            Fault::Hang,
            Fault::Close,
            Fault::Unavailable,
            Fault::Throttle { retry_after_seconds },
            Fault::Unauthorized,
            Fault::TokenRefused,
            Fault::TokenError,
            Fault::Stale,
            Fault::ClockSkew { offset_seconds },
            Fault::NotJson,
            Fault::Strings,
            Fault::MissingMetric { metric: None },
            Fault::MissingMetric { metric: Some("agents_available".into()) },
            Fault::Nulls,
        ])
    }

    fn refusal(&mut self) -> Fault {
        let retry_after_seconds = self.of(&[1, 30, 120]);
        let throttle = Fault::Throttle { retry_after_seconds };
        self.of(&[Fault::Hang, Fault::Close, Fault::Unavailable, throttle, Fault::Refuse])
    }
}
