//! Carries what one room asks for to where it belongs: to the next room, the ledger or the world.

use crate::dispatch;
use crate::effect::Effect;
use crate::event::Ticket;
use crate::hub::Hub;
use crate::ledger::Write;
use crate::model::alert::AlertKey;
use crate::model::outgoing::Outgoing;
use crate::model::time::Now;
use crate::poll::Poll;

impl Hub {
    /// Carries what the rooms ask for to where it belongs, until none asks for more.
    pub(super) fn pump(&mut self, now: Now) {
        for source in 0..self.polls.len() {
            while let Some(step) = self.polls.get_mut(source).and_then(Poll::next_step) {
                self.follow_poll(source, step, now);
            }
        }
        self.look_at_link(now);
        self.look_at_mutes(now);
        self.look_at_tokens(now);
        self.write_history(now);
        self.look_at_unread(now);
        self.follow_enrichment(now);
        self.look_at_unmapped(now);
        self.look_at_itself(now);
        self.look_at_storm(now);
        let alerts = &self.evaluate.alerts;
        let told = self.as_told(now);
        self.dispatch.wake(&|key: &AlertKey| alerts.get(key.as_str()), &self.secrets, told);
        while let Some(step) = self.dispatch.next_step() {
            self.follow_dispatch(step, now);
        }
    }

    fn follow_dispatch(&mut self, step: dispatch::Step, now: Now) {
        match step {
            dispatch::Step::Write(write) => self.writes.push_back(write),
            dispatch::Step::Ask { notice, outgoing } => {
                let ticket = Ticket::Notice(notice);
                self.link.tells(ticket, &outgoing);
                self.effects.push_back(match outgoing {
                    Outgoing::Http(request) => Effect::Fetch { ticket, request },
                    Outgoing::Mail(_) | Outgoing::Syslog(_) => Effect::Submit { ticket, outgoing },
                });
            }
            dispatch::Step::LogIn { place, request } => {
                let ticket = Ticket::Login(place);
                self.link.asks(ticket, &request);
                self.effects.push_back(Effect::Fetch { ticket, request });
            }
            dispatch::Step::Read { place, request } => {
                let ticket = Ticket::Readback(place);
                self.link.asks(ticket, &request);
                self.effects.push_back(Effect::Fetch { ticket, request });
            }
            dispatch::Step::Note { alert, what } => {
                if let Some(alert) = self.evaluate.alerts.get_mut(alert.as_str()) {
                    alert.trail.note(what, now.utc);
                    self.writes.push_back(Write::alert(alert));
                }
            }
            dispatch::Step::RereadSecrets => self.effects.push_back(Effect::RereadSecrets),
            dispatch::Step::Delivered { reason, text } => {
                self.effects.push_back(Effect::Told { reason, text });
            }
            dispatch::Step::Say(level, text) => self.say(level, text),
        }
    }
}
