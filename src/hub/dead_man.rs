//! The hub shows a service outside that it lives, so that its own death is noticed.
//!
//! It does so while it does its work: a hub whose ledger takes nothing tells nobody anything, and
//! lets the switch cry out for it.
//!
//! # Promises
//! - `a_hub_that_cannot_work_does_not_say_that_it_lives`
//! - `a_switch_that_is_not_reached_is_said_once`

use alloc::format;
use alloc::vec::Vec;

use crate::api::{Family, FamilyKind};
use crate::effect::Effect;
use crate::event::Ticket;
use crate::hub::{Hub, LedgerHealth, vitals};
use crate::limits::TELL_DEADLINE;
use crate::model::http::{LinkFault, Reply, Request};
use crate::model::time::{Now, Tick, Wake};

/// When the hub shows itself next, and what came of it so far.
#[derive(Debug)]
pub(super) struct CheckIns {
    next: Tick,
    asking: Asking,
    last: Heard,
    taken: u64,
    failed: u64,
}

/// Whether the switch has not answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    Idle,
    UnderWay,
}

/// What the switch said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    Yes,
    No,
}

impl CheckIns {
    pub(super) const fn new(now: Now) -> Self {
        Self { next: now.tick, asking: Asking::Idle, last: Heard::Nothing, taken: 0, failed: 0 }
    }
}

impl Hub {
    /// When it wants to show itself, where somebody watches.
    pub(super) fn next_check_in(&self) -> Option<Wake> {
        self.config.dead_man.as_ref()?;
        Some(Wake { at: self.check_ins.next, why: "dead man's switch" })
    }

    /// Shows that the hub lives, if it is time to.
    pub(super) fn check_in(&mut self, now: Now) {
        let Some(switch) = &self.config.dead_man else { return };
        if now.tick < self.check_ins.next {
            return;
        }
        self.check_ins.next = now.tick + switch.every;
        if self.ledger != LedgerHealth::Well || self.check_ins.asking == Asking::UnderWay {
            return;
        }
        let Some(url) = switch.url.resolve(&self.secrets) else {
            self.checked_in(&Err(LinkFault::BadRequest("its address cannot be read".into())));
            return;
        };
        let request = Request { method: switch.method, ..Request::get(url, TELL_DEADLINE) };
        self.link.asks(Ticket::CheckIn, &request);
        self.check_ins.asking = Asking::UnderWay;
        self.effects.push_back(Effect::Fetch { ticket: Ticket::CheckIn, request });
    }

    /// Takes what the switch said.
    pub(super) fn checked_in(&mut self, outcome: &Result<Reply, LinkFault>) {
        let why = match outcome {
            Ok(reply) if (200..300).contains(&reply.status) => None,
            Ok(reply) => Some(format!("it answers {}", reply.status)),
            Err(fault) => Some(format!("{fault}")),
        };
        let check_ins = &mut self.check_ins;
        check_ins.asking = Asking::Idle;
        let counter = if why.is_none() { &mut check_ins.taken } else { &mut check_ins.failed };
        *counter = counter.saturating_add(1);
        let heard = if why.is_none() { Heard::Yes } else { Heard::No };
        let before = core::mem::replace(&mut check_ins.last, heard);
        match why {
            Some(why) if before != Heard::No => {
                let text = format!("the dead man's switch is not reached: {why}");
                self.say(log::Level::Warn, text);
            }
            None if before == Heard::No => {
                self.say(log::Level::Info, "the dead man's switch is reached again".into());
            }
            Some(_) | None => {}
        }
    }
}

/// How often the hub has shown itself.
pub(super) fn families(hub: &Hub) -> Vec<Family> {
    if hub.config.dead_man.is_none() {
        return Vec::new();
    }
    let outcomes = [("taken", hub.check_ins.taken), ("failed", hub.check_ins.failed)];
    let samples = outcomes.map(|(name, count)| {
        let count = vitals::count(count);
        vitals::labelled("outcome", &name, count)
    });
    let name = "andon_dead_man_check_ins_total";
    let help = "How often the hub has shown the dead man's switch that it lives.";
    Vec::from([vitals::family(name, help, FamilyKind::Counter, samples.into())])
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use core::iter::from_fn;

    use super::*;
    use crate::event::Event;
    use crate::hub::fixtures::{at, hub_with};

    const SWITCH: &str = "\n[dead_man]\nurl = \"https://watch.test/me\"\nmethod = \"POST\"\n";

    /// What the hub did about the switch.
    fn did(hub: &mut Hub) -> Vec<String> {
        let said = |effect| match effect {
            Effect::Fetch { ticket: Ticket::CheckIn, request } => {
                Some(format!("{} {}", request.method.as_str(), request.url))
            }
            Effect::Say { text, .. } if text.contains("switch") => Some(text),
            Effect::Fetch { .. }
            | Effect::Submit { .. }
            | Effect::Respond { .. }
            | Effect::RereadSecrets
            | Effect::LookAround
            | Effect::Told { .. }
            | Effect::Say { .. } => None,
        };
        from_fn(|| hub.next_effect()).filter_map(said).collect()
    }

    #[test]
    fn a_hub_that_cannot_work_does_not_say_that_it_lives() {
        let mut hub = hub_with(SWITCH);
        let mut at_second = |event, second| {
            hub.handle(event, at(second));
            did(&mut hub)
        };
        let shown = ["POST https://watch.test/me"];
        let yes = || Event::Answered { ticket: Ticket::CheckIn, outcome: Ok(Reply::empty(200)) };
        assert_eq!(at_second(Event::Woke, 0), shown);
        assert_eq!(at_second(Event::Woke, 60), [""; 0], "it has not answered the first");
        at_second(yes(), 61);
        assert_eq!(at_second(Event::Woke, 119), [""; 0]);
        assert_eq!(at_second(Event::Woke, 120), shown);
        at_second(yes(), 121);
        at_second(Event::LedgerFailed("full".into()), 130);
        assert_eq!(at_second(Event::Woke, 180), [""; 0]);
        at_second(Event::LedgerRecovered, 190);
        assert_eq!(at_second(Event::Woke, 240), shown);
    }

    #[test]
    fn a_switch_that_is_not_reached_is_said_once() {
        let mut hub = hub_with(SWITCH);
        did(&mut hub);
        let mut hears = |outcome, second| {
            let event = Event::Answered { ticket: Ticket::CheckIn, outcome };
            hub.handle(event, at(second));
            did(&mut hub)
        };
        let not = "the dead man's switch is not reached: it answers 404";
        assert_eq!(hears(Ok(Reply::empty(404)), 1), [not]);
        assert_eq!(hears(Err(LinkFault::Timeout), 2), [""; 0]);
        assert_eq!(hears(Ok(Reply::empty(200)), 3), ["the dead man's switch is reached again"]);
        assert_eq!(hears(Ok(Reply::empty(204)), 4), [""; 0]);
        assert_eq!((hub.check_ins.taken, hub.check_ins.failed), (2, 2));
    }
}
