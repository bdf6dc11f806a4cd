//! Whether our own link works, and who is to be asked where that is in doubt.
//!
//! It is down when several who have nothing to do with each other were asked in vain, for a while,
//! and nobody outside of the site has answered anything. All sources of one platform are one, and
//! so are all targets. Where only one was asked, a target is asked for nothing but an answer.
//! While the link is down, what is known of the world is old: it is held, and the hub says one
//! thing, that its link is down.
//!
//! # Promises
//! - `one_who_does_not_answer_is_no_dead_link`
//! - `several_who_do_not_answer_are_a_dead_link_until_one_does`
//! - `a_target_is_asked_where_only_a_platform_does_not_answer`
//! - `what_stands_in_the_site_says_nothing_of_the_way_out`
//! - `a_dead_link_is_one_alert_and_holds_the_others`

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use crate::dispatch::Heard;
use crate::effect::Effect;
use crate::event::Ticket;
use crate::hub::{Hub, own};
use crate::limits::{PROBE_AFTER, PROBE_DEADLINE, PROBE_EVERY, PROBE_EVERY_IN_DOUBT};
use crate::model::config::{Config, SourceConfig};
use crate::model::http::{LinkFault, Reply, Request, host};
use crate::model::metric::Metric;
use crate::model::outgoing::Outgoing;
use crate::model::record::{Carrier, Records};
use crate::model::rule::Rule;
use crate::model::time::{Now, Span, Tick, Wake};
use crate::target;

/// Who has answered of late, and who has not.
#[derive(Debug)]
pub(super) struct Link {
    state: State,
    /// When somebody outside last answered. Nobody has since the start: it may be either.
    heard: Option<Tick>,
    /// Who was asked in vain since, with the newest fault of each.
    vain: BTreeMap<Peer, LinkFault>,
    vain_since: Option<Tick>,
    /// Requests under way to what stands in the site.
    near: BTreeSet<Ticket>,
    down_after: Span,
    /// By source: the first source of the same platform.
    platforms: Vec<usize>,
    next_probe: Tick,
    /// How many have been sent, so that the targets take turns.
    probes: usize,
    /// Whether one has no outcome yet.
    probing: Probing,
    /// What the evaluation was last told. An alert from before a restart waits for the first word.
    told: Option<State>,
}

/// Whether the way out is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Up,
    Down,
}

/// Somebody at the other end of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Peer {
    /// By the first source of it.
    Platform(usize),
    Targets,
    Cmdb,
    DeadMan,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Probing {
    No,
    UnderWay,
}

impl Link {
    /// It is up until proved otherwise.
    pub(super) fn new(config: &Config, now: Now) -> Self {
        let sources = &config.sources;
        let first = |source: &SourceConfig| {
            sources.iter().position(|other| other.platform == source.platform).unwrap_or_default()
        };
        Self {
            state: State::Up,
            heard: None,
            vain: BTreeMap::new(),
            vain_since: None,
            near: BTreeSet::new(),
            down_after: config.hub.link_down_after,
            platforms: sources.iter().map(first).collect(),
            next_probe: now.tick,
            probes: 0,
            probing: Probing::No,
            told: None,
        }
    }

    /// Whether nothing can be reached.
    pub(super) const fn state(&self) -> State {
        self.state
    }

    /// A request is on its way.
    pub(super) fn asks(&mut self, ticket: Ticket, request: &Request) {
        if is_near(request.origin()) {
            self.near.insert(ticket);
        }
    }

    /// Something is on its way to a target.
    pub(super) fn tells(&mut self, ticket: Ticket, outgoing: &Outgoing) {
        // A datagram is always sent well: it says nothing of the way.
        let is_silent = matches!(outgoing, Outgoing::Syslog(Records { carrier: Carrier::Udp, .. }));
        if is_silent || is_near(outgoing.origin()) {
            self.near.insert(ticket);
        }
    }

    /// A request has its outcome.
    pub(super) fn hear(&mut self, ticket: Ticket, outcome: &Result<Reply, LinkFault>, now: Now) {
        if ticket == Ticket::Probe {
            self.probing = Probing::No;
        }
        if self.near.remove(&ticket) {
            return;
        }
        let fault = match outcome {
            Ok(_) | Err(LinkFault::AnswerTooLarge) => {
                self.heard = Some(now.tick);
                self.vain.clear();
                self.vain_since = None;
                self.state = State::Up;
                if ticket == Ticket::Probe {
                    self.next_probe = now.tick + PROBE_EVERY;
                }
                return;
            }
            // These say nothing of the way.
            Err(LinkFault::BadRequest(_) | LinkFault::NotMade(_)) => return,
            Err(fault) => fault,
        };
        if self.vain_since.is_none() {
            self.next_probe = self.next_probe.max(now.tick + PROBE_AFTER);
        }
        self.vain_since.get_or_insert(now.tick);
        self.vain.insert(self.peer(ticket), fault.clone());
    }

    fn peer(&self, ticket: Ticket) -> Peer {
        match ticket {
            Ticket::Token(source) | Ticket::Data(source, _) | Ticket::Webhook(source) => {
                Peer::Platform(self.platforms.get(source).copied().unwrap_or(source))
            }
            Ticket::Notice(_) | Ticket::Login(_) | Ticket::Readback(_) | Ticket::Probe => {
                Peer::Targets
            }
            Ticket::Context(_) => Peer::Cmdb,
            Ticket::CheckIn => Peer::DeadMan,
        }
    }

    /// Looks whether it has been down for long enough.
    fn look(&mut self, now: Now) {
        let in_vain = self.vain_since.is_some_and(|since| now.tick - since >= self.down_after);
        if in_vain && self.vain.len() > 1 {
            self.state = State::Down;
        }
    }

    /// Which of the targets is to be asked for a sign of life, if one is.
    fn probe(&mut self, now: Now) -> Option<usize> {
        if self.vain.is_empty() || now.tick < self.next_probe {
            return None;
        }
        self.next_probe = now.tick + PROBE_EVERY_IN_DOUBT;
        if self.probing == Probing::UnderWay {
            return None;
        }
        let turn = self.probes;
        self.probes = self.probes.wrapping_add(1);
        Some(turn)
    }

    /// When it wants to look.
    pub(super) fn next_wake(&self) -> Option<Wake> {
        let since = self.vain_since?;
        let down =
            (self.state == State::Up && self.vain.len() > 1).then_some(since + self.down_after);
        let next = down.into_iter().chain([self.next_probe]).min();
        next.map(|at| Wake { at, why: "link in doubt" })
    }

    /// In which way it is down.
    fn words(&self) -> &'static str {
        let all = |is_such: fn(&LinkFault) -> bool| self.vain.values().all(is_such);
        if all(|fault| matches!(fault, LinkFault::NoSuchHost)) {
            "no name has an address: the name server does not answer, or the link is down"
        } else if all(|fault| matches!(fault, LinkFault::Dated(_))) {
            "by our clock no certificate is valid: the clock is wrong"
        } else if all(|fault| matches!(fault, LinkFault::Tls(_) | LinkFault::Dated(_))) {
            "no certificate is believed: a proxy opens what we send, or the roots are wrong"
        } else if all(|fault| matches!(fault, LinkFault::Proxy(_) | LinkFault::ProxyRefuses(_))) {
            "the proxy lets nothing through: it is down, cannot get out, or refuses us"
        } else {
            "nothing outside can be reached"
        }
    }
}

/// Whether an address stands in the site, so that it answers while the way out is closed.
fn is_near(origin: &str) -> bool {
    let host = host(origin);
    match host.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        Err(_) => {
            let host = host.to_ascii_lowercase();
            !host.contains('.') || NEAR.iter().any(|end| host.ends_with(end))
        }
    }
}

/// What names in a site end with (RFC 6762, RFC 8375, and what is usual).
const NEAR: [&str; 5] = [".local", ".lan", ".internal", ".home.arpa", ".localdomain"];

impl Hub {
    /// Decides whether our own link is down, and what follows from that.
    pub(super) fn look_at_link(&mut self, now: Now) {
        self.link.look(now);
        if let Some(turn) = self.link.probe(now) {
            self.ask_for_a_sign(turn);
        }
        let state = self.link.state;
        if state == State::Up && self.link.heard.is_none() {
            return;
        }
        let before = self.link.told.replace(state);
        if before == Some(state) {
            return;
        }
        match state {
            State::Down => {
                let touched = self.evaluate.lose_sight(now);
                self.settle_touched(None, touched, now);
            }
            State::Up => self.evaluate.see_again(now),
        }
        let (value, level, words) = match state {
            State::Down => (1.0, log::Level::Error, self.link.words()),
            State::Up => (0.0, log::Level::Info, "it is up"),
        };
        self.observe_own("link", Metric::LINK_DOWN, value, now);
        if state == State::Down || before.is_some() {
            self.say(level, format!("our own link: {words}"));
        }
    }

    /// Tells what a dead link has held and nobody has seen since, if nobody has heard of it. Who
    /// has hears of it again with the next sample, as ever.
    pub(super) fn tell_what_was_held(&mut self, now: Now) {
        for one in self.evaluate.end_dawn(now) {
            match self.dispatch.heard_of(&one.key) {
                Heard::BySomebody => self.write_alert(&one.key),
                Heard::ByNobody => self.settle_touched(None, Vec::from([one]), now),
            }
        }
    }

    /// Asks a target for nothing but an answer, whatever it says.
    fn ask_for_a_sign(&mut self, turn: usize) {
        let targets = &self.config.targets;
        let origins =
            targets.iter().filter_map(|one| Some((one, target::origin(&one.kind, &self.secrets)?)));
        let outside: Vec<_> = origins.filter(|(_, origin)| !is_near(origin)).collect();
        let Some(place) = turn.checked_rem(outside.len()) else { return };
        if let Some((target, origin)) = outside.get(place) {
            let network_of = target.network.as_ref().map(|_| target.name.clone());
            let request = Request::get(&format!("{origin}/"), PROBE_DEADLINE);
            let request = Request { network_of, ..request };
            self.link.probing = Probing::UnderWay;
            self.effects.push_back(Effect::Fetch { ticket: Ticket::Probe, request });
        }
    }

    /// What the numbers of the link's alert do not say.
    pub(super) fn link_detail(&self) -> Option<String> {
        (self.link.state == State::Down).then(|| self.link.words().into())
    }
}

/// The rule that makes a dead link trouble.
pub(super) fn rule(config: &Config) -> Option<Rule> {
    let origin = "[hub] link_down_after_seconds";
    let rule = own::hub_rule(config, origin, Metric::LINK_DOWN, 1.0)?;
    // A second outage within the hour is news.
    Some(Rule { cooldown: Span::secs(300), ..rule })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::fixtures::{at, hub, loaded};
    use crate::model::alert::Alert;
    use crate::model::notice::Hold;

    const PLATFORM: Ticket = Ticket::Data(0, 0);
    const TARGET: Ticket = Ticket::Notice(1);

    fn link() -> Link {
        Link::new(&loaded().config, at(0))
    }

    fn vain(link: &mut Link, ticket: Ticket, second: i64) {
        link.hear(ticket, &Err(LinkFault::Timeout), at(second));
    }

    fn state(link: &mut Link, second: i64) -> State {
        link.look(at(second));
        link.state
    }

    #[test]
    fn one_who_does_not_answer_is_no_dead_link() {
        let mut link = link();
        vain(&mut link, PLATFORM, 10);
        vain(&mut link, Ticket::Token(0), 20);
        assert_eq!(state(&mut link, 1_000), State::Up);
    }

    #[test]
    fn several_who_do_not_answer_are_a_dead_link_until_one_does() {
        let mut link = link();
        vain(&mut link, PLATFORM, 10);
        vain(&mut link, TARGET, 30);
        assert_eq!(link.next_wake().unwrap().at, at(20).tick, "the first probe");
        assert_eq!([state(&mut link, 54), state(&mut link, 55)], [State::Up, State::Down]);
        link.hear(PLATFORM, &Ok(Reply::empty(503)), at(60));
        assert_eq!(state(&mut link, 60), State::Up);
        assert_eq!(link.next_wake(), None);
        for says_nothing in [LinkFault::NotMade("full".into()), LinkFault::BadRequest("x".into())] {
            link.hear(TARGET, &Err(says_nothing), at(70));
        }
        vain(&mut link, PLATFORM, 70);
        assert_eq!(state(&mut link, 1_000), State::Up);
    }

    #[test]
    fn a_target_is_asked_where_only_a_platform_does_not_answer() {
        let mut link = link();
        assert_eq!(link.probe(at(5)), None);
        vain(&mut link, PLATFORM, 10);
        assert_eq!([link.probe(at(19)), link.probe(at(20))], [None, Some(0)]);
        assert_eq!([link.probe(at(34)), link.probe(at(35))], [None, Some(1)]);
        link.hear(Ticket::Probe, &Ok(Reply::empty(404)), at(36));
        vain(&mut link, PLATFORM, 40);
        assert_eq!([link.probe(at(335)), link.probe(at(336))], [None, Some(2)]);
    }

    #[test]
    fn what_stands_in_the_site_says_nothing_of_the_way_out() {
        let near = ["http://10.1.2.3:80", "https://[fd00::1]:1", "http://pbx", "https://a.lan"];
        assert!(near.iter().all(|origin| is_near(origin)));
        let far = ["https://8.8.8.8", "https://api.example.com:443", "https://[2001:db8::1]"];
        assert!(!far.iter().any(|origin| is_near(origin)));
        let mut link = link();
        vain(&mut link, PLATFORM, 10);
        let request = Request::get("http://pbx/", Span::secs(1));
        link.asks(TARGET, &request);
        link.hear(TARGET, &Ok(Reply::empty(200)), at(20));
        assert_eq!(link.vain.len(), 1);
    }

    fn open(hub: &Hub) -> Vec<&Alert> {
        hub.evaluate.alerts.iter().filter(|alert| !alert.breaches.is_empty()).collect()
    }

    #[test]
    fn a_dead_link_is_one_alert_and_holds_the_others() {
        let mut hub = hub();
        vain(&mut hub.link, PLATFORM, 10);
        vain(&mut hub.link, TARGET, 10);
        hub.look_at_link(at(60));
        assert_eq!(open(&hub).len(), 1);
        hub.look_for_blind(at(120));
        let holds: Vec<_> = open(&hub).iter().map(|alert| alert.suppression.hold()).collect();
        assert_eq!(holds, [None, Some(Hold::LinkDown)]);
        hub.link.hear(PLATFORM, &Ok(Reply::empty(503)), at(130));
        hub.look_at_link(at(130));
        assert_eq!(open(&hub).len(), 1, "the source is blind yet");
        assert_eq!(open(&hub)[0].suppression.hold(), Some(Hold::LinkDown), "it may answer yet");
    }
}
