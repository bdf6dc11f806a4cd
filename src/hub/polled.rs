//! What is polled: outcomes go to the source's machine, and what that asks for to where it belongs.

use alloc::format;

use crate::effect::Effect;
use crate::event::Ticket;
use crate::hub::Hub;
use crate::model::http::{LinkFault, Reply};
use crate::model::time::Now;
use crate::poll::{self, Asked};

impl Hub {
    /// What came of a request.
    pub(super) fn answered(&mut self, ticket: Ticket, outcome: Result<Reply, LinkFault>, now: Now) {
        self.link.hear(ticket, &outcome, now);
        let outcome = match (ticket, outcome) {
            // A platform's good answer is read and never quoted, and may be megabytes long. A
            // login may give the token again that is known.
            (
                Ticket::Token(_)
                | Ticket::Data(..)
                | Ticket::Webhook(_)
                | Ticket::Context(_)
                | Ticket::Readback(_)
                | Ticket::Login(_)
                | Ticket::Probe,
                Ok(reply),
            ) if reply.status < 300 => Ok(reply),
            (_, outcome) => outcome.map(|reply| self.secrets.withhold(reply)),
        };
        let (source, asked) = match ticket {
            Ticket::Notice(number) => return self.dispatch.answered(number, &outcome, now),
            Ticket::Probe => return,
            Ticket::Readback(place) => return self.read_back(place, &outcome, now),
            Ticket::Login(place) => {
                let secrets = &mut self.secrets;
                return self.dispatch.logged_in(place, &outcome, secrets, now);
            }
            Ticket::Context(number) => return self.enrich.answered(number, &outcome, now),
            Ticket::CheckIn => return self.checked_in(&outcome),
            Ticket::Token(source) => (source, Asked::Token),
            Ticket::Data(source, request) => (source, Asked::Data(request)),
            Ticket::Webhook(source) => (source, Asked::Webhook),
        };
        if let Some(poll) = self.polls.get_mut(source) {
            poll.answered(asked, outcome, &self.secrets, now);
        }
    }

    /// Carries what a source asks for to where it belongs.
    pub(super) fn follow_poll(&mut self, source: usize, step: poll::Step, now: Now) {
        match step {
            poll::Step::Ask { asked, request } => {
                let ticket = match asked {
                    Asked::Token => Ticket::Token(source),
                    Asked::Data(which) => Ticket::Data(source, which),
                    Asked::Webhook => Ticket::Webhook(source),
                };
                self.link.asks(ticket, &request);
                self.effects.push_back(Effect::Fetch { ticket, request });
            }
            poll::Step::Observed(answer) => {
                if self.takes_webhooks(source) {
                    self.ingest.hears(source, &answer);
                }
                self.calibrate.observe(source, &answer, now.tick);
                self.observe(source, &answer, now);
                self.saw(source, now);
                self.look_for_silence(source, &answer, now);
            }
            poll::Step::Remember(place) => {
                self.places.insert(source, place.bucket_end);
            }
            poll::Step::RereadSecrets => self.effects.push_back(Effect::RereadSecrets),
            poll::Step::Say { level, text } => {
                let name = self.config.sources.get(source).map_or("", |known| known.name.as_str());
                self.say(level, format!("{name}: {text}"));
            }
        }
    }
}
