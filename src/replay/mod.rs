//! A RECORDING THROUGH THE WHOLE HUB: what people would have been told.
//!
//! A hub, the simulated platform with the recording behind it, and targets that take everything,
//! in virtual time and without a wait: what takes a box a month takes seconds here. Polls, buckets,
//! rates, latches, tellings and the outbox are those of `andon run`; only the sources' login and
//! the addresses are others.
//!
//! # Promises
//! - `the_usual_config_is_sound_and_feeds_all_its_rules`
//! - `a_replay_says_the_same_twice`
//! - `an_operators_file_keeps_its_rules_and_routes`
//!
//! # Not here
//! No clock and no file. And no decision about alerts: those are the hub's.

mod crossings;
mod report;
mod stage;

use alloc::string::String;
use alloc::vec::Vec;

use crate::demo::cxone::{Access, CxOne};
use crate::demo::http::Incoming;
use crate::demo::traffic::Traffic;
use crate::effect::Effect;
use crate::event::{Event, Ticket};
use crate::hub::{Hub, Loaded, Setup};
use crate::ledger::Remembered;
use crate::model::alert::AlertKey;
use crate::model::config::SourceConfig;
use crate::model::http::{LinkFault, Reply, Request};
use crate::model::notice::{AlertFacts, Notice, Reason, Subject};
use crate::model::time::{ClockTrust, Now, Span, Tick, UtcMs};

use crossings::{Crossings, Watched};
use report::Hours;

pub use crossings::{Crossing, Told, Watch};
pub use report::{Report, Said};
pub use stage::{stage, usual};

/// A hub in a world that is over.
#[derive(Debug)]
pub struct Replay {
    hub: Hub,
    platform: CxOne,
    sources: Vec<SourceConfig>,
    rules: Vec<Watch>,
    from: UtcMs,
    to: UtcMs,
    now: UtcMs,
    crossings: Crossings,
    andon: Said,
    hours: Hours,
    /// The number that the next notice has at least.
    next_notice: u64,
}

impl Replay {
    /// A hub with a config as [`usual`] and [`stage()`] make it, at the beginning of a stretch of
    /// time of the traffic.
    #[must_use]
    pub fn new(loaded: Loaded, traffic: Traffic, (from, to): (UtcMs, UtcMs)) -> Self {
        let access = Access {
            client_id: "replay".into(),
            client_secret: stage::SECRET.into(),
            token_life: Span::secs(86_400),
            requests_per_minute: 1_000_000,
        };
        let sources = loaded.config.sources.clone();
        let rules = loaded.config.rules.iter().map(Watch::of).collect();
        let setup = Setup {
            loaded,
            secrets: stage::secrets(),
            remembered: Remembered::default(),
            boot: "replay".into(),
            seed: 1,
        };
        Self {
            hub: Hub::new(setup, at(from, from)),
            platform: CxOne::new(traffic, access, 1),
            crossings: Crossings::of(sources.len()),
            sources,
            rules,
            from,
            to,
            now: from,
            andon: Said::default(),
            hours: Hours::default(),
            next_notice: 0,
        }
    }

    /// Lets all of it happen.
    #[must_use]
    pub fn run(mut self) -> Report {
        self.turn();
        while let Some(wake) = self.hub.next_wake() {
            let due = self.from + Span(wake.at.0);
            if due >= self.to {
                break;
            }
            self.now = due.max(self.now);
            self.hub.handle(Event::Woke, at(self.from, self.now));
            self.turn();
        }
        self.now = self.to;
        self.report()
    }

    /// Whatever follows from what has just happened, all of it at this moment.
    fn turn(&mut self) {
        let mut answered: Vec<usize> = Vec::new();
        let mut notices = Vec::new();
        loop {
            let mut wrote = false;
            while let Some(write) = self.hub.next_write() {
                wrote = true;
                notices.extend(write.as_notice());
            }
            if wrote {
                self.hub.committed();
            }
            let effects: Vec<Effect> = core::iter::from_fn(|| self.hub.next_effect()).collect();
            if effects.is_empty() {
                break;
            }
            for effect in effects {
                let Effect::Fetch { ticket, request } = effect else { continue };
                if let Ticket::Data(source, _) = ticket {
                    answered.push(source);
                }
                let outcome = self.answer(ticket, &request);
                self.hub.handle(Event::Answered { ticket, outcome }, at(self.from, self.now));
            }
        }
        answered.dedup();
        for source in answered {
            self.look(source);
        }
        for notice in notices {
            self.hear(&notice);
        }
    }

    fn answer(&mut self, ticket: Ticket, request: &Request) -> Result<Reply, LinkFault> {
        match ticket {
            Ticket::Token(_) | Ticket::Data(..) => {
                let incoming = Incoming {
                    method: request.method.as_str().into(),
                    path: request
                        .url
                        .strip_prefix(stage::HOST)
                        .map(String::from)
                        .unwrap_or_default(),
                    headers: request.headers.clone(),
                    body: request.body.clone(),
                };
                let reaction = self.platform.receive(&incoming, self.now);
                reaction.reply().cloned().ok_or(LinkFault::Timeout)
            }
            Ticket::Notice(_) => Ok(Reply::new(200, "text/plain", "ok")),
            Ticket::Login(_) => {
                Ok(Reply::new(200, "application/json", r#"{"access_token":"replayed"}"#))
            }
            Ticket::Webhook(_)
            | Ticket::Context(_)
            | Ticket::CheckIn
            | Ticket::Readback(_)
            | Ticket::Probe => Ok(Reply::empty(404)),
        }
    }

    /// Looks at what an answer said of each rule.
    fn look(&mut self, source: usize) {
        let Some(of) = self.sources.get(source) else { return };
        let rules = &self.rules;
        // What the hub watches of itself is no part of the comparison.
        let watches = self.hub.watches(source);
        let watches =
            watches.filter(|(_, watching)| rules.iter().any(|rule| rule.is(watching.rule)));
        for (place, (entity, watching)) in watches.enumerate() {
            let Some(known) = self.crossings.watched.get_mut(source) else { return };
            if known.len() <= place {
                let alert = AlertKey::of(&of.name, &of.platform, watching.rule.metric, entity);
                known.push(Watched::new(alert, Watch::of(watching.rule)));
            }
            self.crossings.see(source, place, &watching.last, self.now);
        }
    }

    fn hear(&mut self, notice: &Notice) {
        // One that is written again, with what was learned meanwhile, is the same.
        if notice.number < self.next_notice {
            return;
        }
        self.next_notice = notice.number.saturating_add(1);
        self.hours.add(self.now);
        if notice.reason == Reason::Recovered {
            self.andon.recoveries += 1;
        } else {
            self.andon.notices += 1;
        }
        let take = |facts: &AlertFacts| match facts.resolved {
            true => self.crossings.untell(&facts.key),
            false => self.crossings.tell(&facts.key, self.now),
        };
        notice.subject.alerts().iter().for_each(take);
        if let Subject::Digest(lines) = &notice.subject {
            let lines = u64::try_from(lines.len()).unwrap_or(u64::MAX);
            self.andon.digest_lines = self.andon.digest_lines.saturating_add(lines);
        }
    }

    fn report(mut self) -> Report {
        self.crossings.close(self.to);
        let Crossings { watched, naive, begun, over, mut delays, .. } = self.crossings;
        delays.sort_unstable();
        let of = |messages: &[UtcMs]| {
            let mut hours = Hours::default();
            messages.iter().for_each(|at| hours.add(*at));
            let notices = u64::try_from(messages.len()).unwrap_or(u64::MAX);
            Said { notices, worst_hour: hours.worst(), ..Said::default() }
        };
        let tally = self.hub.tally();
        let is_fed = |rule: &Watch| {
            watched.iter().flatten().any(|known| known.is_fed() && known.rule == *rule)
        };
        Report {
            from: self.from,
            to: self.to,
            naive: of(&naive),
            crossing: of(&begun),
            andon: Said { worst_hour: self.hours.worst(), ..self.andon },
            made: tally.made,
            brief: tally.brief,
            held: tally.held,
            crossings: over,
            delays,
            unfed: self.rules.into_iter().filter(|rule| !is_fed(rule)).collect(),
        }
    }
}

/// The replay's clocks at a moment; its board booted at `from` and knows the time.
fn at(from: UtcMs, now: UtcMs) -> Now {
    Now { tick: Tick((now - from).0), utc: now, trust: ClockTrust::Ntp }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::recording::Recording;
    use crate::hub::{Library, load};
    use crate::model::rule::Priority;
    use alloc::format;

    const BEGIN: UtcMs = UtcMs(1_000_000_000);

    /// An hour in which 20 callers wait from the tenth minute to the thirtieth, and some hang up.
    fn hour() -> Traffic {
        let mut text = String::from(
            "ts,queue,calls_waiting,longest_wait,offered,answered,answered_20s,abandoned,\
             agents_available,agents_busy\n",
        );
        for cycle in 60..180 {
            let ts = BEGIN.0 / 1_000 + cycle * 10;
            text.push_str(&format!("{ts},ALL,20,{},1,1,1,1,0,4\n", 60 + cycle));
        }
        Traffic::Recorded(Recording::parse(&text).unwrap())
    }

    fn run(loaded: Loaded) -> Report {
        Replay::new(loaded, hour(), (BEGIN, BEGIN + Span::secs(3_600))).run()
    }

    #[test]
    fn the_usual_config_is_sound_and_feeds_all_its_rules() {
        let report = run(usual(&["ALL"]).unwrap());
        assert_eq!(report.unfed, []);
        assert_eq!(report.crossing.notices, 3);
        // All of it, from the sixtieth cycle on, and from the fifth hang-up for a minute.
        assert_eq!(report.naive.notices, 120 + 120 + 117);
        assert!(report.andon.notices >= 3 && report.andon.recoveries >= 3, "{:?}", report.andon);
        assert_eq!(report.long(), (3, Vec::new()));
    }

    #[test]
    fn a_replay_says_the_same_twice() {
        let report = || run(usual(&["ALL"]).unwrap());
        assert_eq!(report(), report());
    }

    #[test]
    fn an_operators_file_keeps_its_rules_and_routes() {
        let text = "[[source]]\nname = \"prod\"\ndefinition = \"genesys-cloud\"\n\
                    region = \"eu-west-1\"\nclient_id = \"x\"\n\
                    client_secret = { credential = \"genesys\" }\n\
                    [[rules]]\nqueue_id = \"ALL\"\nthresholds = [\
                    {metric = \"calls_waiting\", operator = \">\", static_value = 19, \
                    priority = \"P3\"},\
                    {metric = \"service_level\", operator = \"<\", static_value = 0.5, \
                    priority = \"P3\"}]\n\
                    [[target]]\nname = \"hook\"\nkind = \"webhook\"\n\
                    url = { credential = \"url\" }\nsigning_secret = { credential = \"hook\" }\n\
                    [routes]\nP2 = { targets = [\"hook\"] }\nP3 = { targets = [\"hook\"] }\n";
        let loaded = load("mine.toml", text, &Library::built_in())
            .unwrap_or_else(|problems| panic!("{problems}"));
        let staged = stage(loaded, &["ALL"]).unwrap();
        assert_eq!(staged.config.rules[0].priority, Priority::P3);
        assert_eq!(&*staged.config.sources[0].platform, "genesys-cloud");
        let report = run(staged);
        assert_eq!((report.naive.notices, report.crossing.notices), (120, 1));
        assert!(report.made.contains(&(Reason::FirstBreach, 1)), "{:?}", report.made);
        let unfed = report.unfed.iter().map(|rule| rule.metric.short());
        assert_eq!(unfed.collect::<Vec<_>>(), ["service_level"]);
    }
}
