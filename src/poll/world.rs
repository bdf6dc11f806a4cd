//! For the tests: a source under virtual time, with a vendor that answers as the test says.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use log::Level;

use crate::model::answer::{Answer, Bucket};
use crate::model::config::{Parameter, SourceConfig};
use crate::model::http::{LinkFault, Method, Reply, Request};
use crate::model::name::SourceName;
use crate::model::secret::{Secret, SecretRef, Secrets};
use crate::model::time::{ClockTrust, Now, Span, Tick, UtcMs};
use crate::platform::Definition;
use crate::poll::{Asked, Breaker, Counters, Poll, Remembered, Step};

pub(super) const GUIDE: &str = include_str!("../platform/definitions/nice-cxone-guide.toml");
pub(super) const NOON: UtcMs = UtcMs(1_715_774_400_000);
pub(super) type Outcome = Result<Reply, LinkFault>;

pub(super) struct World {
    pub(super) poll: Poll,
    pub(super) secrets: Secrets,
    pub(super) now: Now,
    /// How far the vendor's clock is ahead of `now.utc`.
    pub(super) vendor_ahead: Span,
    /// How much later than it asks the source is woken.
    pub(super) lateness: Span,
    under_way: Vec<(Tick, Asked, Outcome)>,
    /// When what was asked, since it was last looked at.
    pub(super) asked: Vec<(Tick, Asked)>,
    /// The buckets of the answers.
    pub(super) observed: Vec<Bucket>,
    pub(super) answers: Vec<Answer>,
    pub(super) said: Vec<(Level, String)>,
    pub(super) rereads: u32,
}

impl World {
    pub(super) fn start(remembered: Option<UtcMs>, seed: u64) -> Self {
        Self::with(GUIDE, remembered, seed)
    }

    /// A world with a definition of its own.
    pub(super) fn with(text: &str, remembered: Option<UtcMs>, seed: u64) -> Self {
        Self::that_registers(text, false, remembered, seed)
    }

    /// One whose source has its webhook registered, or not.
    pub(super) fn that_registers(
        text: &str,
        webhook_register: bool,
        remembered: Option<UtcMs>,
        seed: u64,
    ) -> Self {
        let definition = Rc::new(Definition::parse("test.toml", text).unwrap());
        let text = |text: &str| Parameter::Text(text.into());
        let reference = SecretRef::Credential("cxone".into());
        let parameters = BTreeMap::from([
            ("base_url".into(), text("https://cxone.example")),
            ("client_id".into(), text("id")),
            ("scope".into(), text("realtime:read analytics:read")),
            ("platform_url".into(), text("https://cxone.example")),
            ("webhook_name".into(), text("andon")),
            ("webhook_url".into(), text("https://gateway.example/ingest/cxone")),
            ("client_secret".into(), Parameter::Secret(reference.clone())),
        ]);
        let source = SourceConfig {
            name: SourceName::new("cxone").unwrap(),
            definition: "nice-cxone-guide".into(),
            platform: "nice-cxone".into(),
            parameters,
            entities: Vec::new(),
            webhook_register,
        };
        let mut secrets = Secrets::default();
        secrets.put(reference, Secret::new("hunter2"));
        let now = Now { tick: Tick(0), utc: NOON, trust: ClockTrust::Untrusted };
        let remembered = remembered.map(|bucket_end| Remembered { bucket_end });
        Self {
            poll: Poll::new(source, definition, remembered, seed, now),
            secrets,
            now,
            vendor_ahead: Span::ZERO,
            lateness: Span::ZERO,
            under_way: Vec::new(),
            asked: Vec::new(),
            observed: Vec::new(),
            answers: Vec::new(),
            said: Vec::new(),
            rereads: 0,
        }
    }

    /// Runs up to a moment of the box; answers take 200 ms.
    pub(super) fn run(
        &mut self,
        until_secs: i64,
        mut vendor: impl FnMut(&Vendor, Asked) -> Outcome,
    ) {
        let until = Tick(until_secs * 1_000);
        self.poll.wake(&self.secrets, self.now);
        loop {
            self.drain(&mut vendor);
            let wake = self.poll.next_wake().unwrap();
            assert!(wake.at > self.now.tick, "{wake:?} at {:?}", self.now.tick);
            let answer = self.under_way.iter().map(|(at, ..)| *at).min();
            let wake = wake.at + self.lateness;
            let next = answer.map_or(wake, |at| at.min(wake));
            if next > until {
                return self.pass(until);
            }
            self.pass(next);
            match self.under_way.iter().position(|(at, ..)| *at <= next) {
                Some(index) => {
                    let (_, asked, outcome) = self.under_way.remove(index);
                    self.poll.answered(asked, outcome, &self.secrets, self.now);
                }
                None => self.poll.wake(&self.secrets, self.now),
            }
        }
    }

    pub(super) fn pass(&mut self, to: Tick) {
        self.now.utc = self.now.utc + (to - self.now.tick);
        self.now.tick = to;
    }

    fn drain(&mut self, vendor: &mut impl FnMut(&Vendor, Asked) -> Outcome) {
        while let Some(step) = self.poll.next_step() {
            match step {
                Step::Ask { asked, request } => {
                    let is_open = matches!(self.poll.health().breaker, Breaker::Open { .. });
                    assert!(asked == Asked::Token || !is_open, "asked while the breaker is open");
                    let same = |(_, other, _): &(Tick, Asked, Outcome)| *other == asked;
                    assert!(!self.under_way.iter().any(same), "{asked:?} twice at once");
                    let at = self.now.tick + Span(200);
                    let seen = Vendor { utc: self.now.utc + self.vendor_ahead, request };
                    self.asked.push((self.now.tick, asked));
                    self.under_way.push((at, asked, vendor(&seen, asked)));
                }
                Step::Observed(answer) => {
                    self.observed.extend(answer.bucket);
                    self.answers.push(answer);
                }
                Step::Remember(remembered) => {
                    let end = remembered.bucket_end;
                    assert!(self.observed.iter().any(|bucket| bucket.end() == end), "{end:?}");
                }
                Step::RereadSecrets => self.rereads += 1,
                Step::Say { level, text } => self.said.push((level, text)),
            }
        }
    }

    /// The whole seconds at which data was asked for, since the last look.
    pub(super) fn polls(&mut self) -> Vec<i64> {
        let asked = core::mem::take(&mut self.asked);
        let data = asked.into_iter().filter(|(_, asked)| *asked == Asked::Data(0));
        data.map(|(at, _)| at.0 / 1_000).collect()
    }

    pub(super) fn said(&self, level: Level, words: &str) -> usize {
        self.said.iter().filter(|(l, text)| *l == level && text.contains(words)).count()
    }

    pub(super) fn counters(&self) -> Counters {
        self.poll.health().counters
    }
}

/// The vendor's side of one request.
pub(super) struct Vendor {
    pub(super) utc: UtcMs,
    pub(super) request: Request,
}

impl Vendor {
    pub(super) fn good(&self, asked: Asked) -> Outcome {
        match asked {
            Asked::Token => Ok(self.token(3_600)),
            Asked::Data(_) => Ok(self.data(self.utc)),
            Asked::Webhook if self.request.method == Method::Get => {
                Ok(Reply::new(200, "application/json", r#"{"webhooks":[]}"#))
            }
            Asked::Webhook => Ok(Reply::new(201, "application/json", r#"{"id":"w1"}"#)),
        }
    }

    pub(super) fn token(&self, life_secs: i64) -> Reply {
        let body = format!(r#"{{"access_token":"tokentoken","expires_in":{life_secs}}}"#);
        Reply::new(200, "application/json", body).with_header("date", &self.utc.http_date())
    }

    /// An answer for the last whole bucket before `at`, of the length that was asked for.
    pub(super) fn data(&self, at: UtcMs) -> Reply {
        let body = core::str::from_utf8(&self.request.body).unwrap();
        let length = body.split("\"PT").nth(1).unwrap().split('S').next().unwrap();
        let millis = length.parse::<i64>().unwrap() * 1_000;
        let start = UtcMs(at.0 - at.0.rem_euclid(millis) - millis).rfc3339();
        let row = format!(r#"{{"queue":{{"id":"q"}},"interval_start":"{start}","metrics":[]}}"#);
        let body = format!(r#"{{"queues":[{row}]}}"#);
        Reply::new(200, "application/json", body).with_header("date", &self.utc.http_date())
    }
}
