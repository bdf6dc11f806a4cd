//! The simulated servers, the way to them and back, and what goes wrong on it.
//!
//! A request reaches its server after half of the latency, the answer is back after the other half.
//! What was under way when the hub died still reaches its server; the answer finds nobody.

use alloc::collections::BTreeMap;

use andon::demo::cxone::{Access, CxOne};
use andon::demo::faults::{Fault, Faults};
use andon::demo::http::{Incoming, Reaction};
use andon::demo::receiver::Receiver;
use andon::demo::slack::Slack;
use andon::event::Ticket;
use andon::limits::ANSWER_BYTES_MAX;
use andon::model::http::{LinkFault, Reply};
use andon::model::outgoing::Outgoing;
use andon::model::rng::Rng;
use andon::model::time::{Span, UtcMs};

use crate::cmdb::Cmdb;
use crate::guide::Guide;
use crate::queues::Queues;
use crate::receivers::pagerduty;
use crate::servicenow::Instance;
use crate::slack::Workspace;
use crate::strict::{Parcel, Strict};

/// What the servers know their client by.
pub(crate) const CLIENT_SECRET: &str = "a-client-secret";
pub(crate) const ROUTING_KEY: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const SLACK_URL: &str = "https://slack.test/services/T0/B0/a-slack-secret";
pub(crate) const SLACK_APP: &str = "https://slack-app.test";
pub(crate) const SLACK_TOKEN: &str = "xoxb-a-slack-token";
pub(crate) const SLACK_SIGNING: &str = "8f742231b10e8888abcd99yyyzzz85a5";
pub(crate) const SERVICENOW: &str = "https://servicenow.test";
pub(crate) const SIGNING_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// How long a request and its answer take, at the most, where a story says nothing.
const LATENCY: Span = Span::millis(200);

/// The second copy of a request is not later than that: by then the hub has had the answer to the
/// first and may have sent the next.
const DOUBLED_WITHIN: Span = Span::millis(400);

/// One tenant of CXone.
#[derive(Debug, Clone)]
pub(crate) struct Platform {
    pub(crate) queues: Queues,
    pub(crate) cxone: CxOne,
    /// Bends each answer to a request for data, where a fault of the simulator does not go so far.
    pub(crate) twist: Option<fn(&mut Reply)>,
    /// Requests for data that arrived.
    pub(crate) asked: u64,
    /// What the oracle holds against the hub here.
    pub(crate) repeats: Repeats,
}

/// Whether a platform has been asked for the same stretch twice.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repeats {
    /// A platform in trouble, or one that lies about time, repeats a bucket by itself, and an
    /// answer that was lost or cannot be read is asked for again.
    pub(crate) excused_until: Span,
    /// Repeated and overlapping buckets that were excused.
    pub(crate) excused: (u64, u64),
}

impl Repeats {
    /// Nothing is held against the hub until then.
    pub(crate) fn excuse(&mut self, until: Span) {
        self.excused_until = self.excused_until.max(until);
    }
}

/// What is wrong with the way to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Each request arrives, and again a moment later.
    Doubled,
    /// Requests arrive; the answers are lost.
    AnswersLost,
    /// Nothing arrives.
    Cut,
    /// The server's name has no address.
    Nameless,
    /// By the hub's clock the server's certificate is not valid.
    Undated,
}

/// A server.
#[derive(Debug, Clone)]
pub(crate) enum Server {
    Platform(Box<Platform>),
    Guide(Box<Guide>),
    PagerDuty(Box<pagerduty::Desk>),
    Slack(Box<Slack>),
    SlackApp(Box<Workspace>),
    Webhook(Box<Receiver>),
    ServiceNow(Box<Instance>),
    Cmdb(Box<Cmdb>),
    Strict(Box<Strict>),
}

/// Every server, and what is on the way.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) servers: BTreeMap<String, Server>,
    /// Of servers that are slower than others.
    latency: BTreeMap<String, Span>,
    /// Where something is wrong with the way.
    ways: BTreeMap<String, Way>,
    packets: BTreeMap<(Span, u64), Packet>,
    sent: u64,
    pub(crate) rng: Rng,
}

#[derive(Debug, Clone)]
enum Packet {
    /// To a server. `way_back` is nothing once the hub that asked is gone.
    Request {
        host: String,
        parcel: Parcel,
        gives_up: Span,
        way_back: Option<Ticket>,
    },
    Answer {
        host: String,
        ticket: Ticket,
        outcome: Result<Reply, LinkFault>,
    },
}

/// What came to the hub.
pub(crate) struct Arrival {
    pub(crate) host: String,
    pub(crate) ticket: Ticket,
    pub(crate) outcome: Result<Reply, LinkFault>,
}

impl Network {
    /// The targets; platforms are added.
    pub(crate) fn new(seed: u64) -> Self {
        let receiver = Receiver::new(SIGNING_SECRET).unwrap();
        let slack = Slack::new(SLACK_URL.strip_prefix("https://slack.test").unwrap());
        let servers = [
            ("https://pagerduty.test", Server::PagerDuty(Box::default())),
            ("https://slack.test", Server::Slack(Box::new(slack))),
            (SLACK_APP, Server::SlackApp(Box::new(Workspace::new(SLACK_TOKEN)))),
            ("https://webhook.test", Server::Webhook(Box::new(receiver))),
            (SERVICENOW, Server::ServiceNow(Box::default())),
            ("https://cmdb.test", Server::Cmdb(Box::default())),
        ];
        let strict = Strict::all().map(|(host, desk)| (host, Server::Strict(Box::new(desk))));
        let servers = servers.into_iter().chain(strict);
        Self {
            servers: servers.map(|(host, server)| (host.to_owned(), server)).collect(),
            latency: BTreeMap::new(),
            ways: BTreeMap::new(),
            packets: BTreeMap::new(),
            sent: 0,
            rng: Rng::new(seed),
        }
    }

    /// Adds a tenant with idle queues, where there is none at this address.
    pub(crate) fn add_platform<'a>(
        &mut self,
        host: &str,
        queues: impl Iterator<Item = &'a str>,
        now: UtcMs,
    ) {
        let access = Access {
            client_id: "hub".into(),
            client_secret: CLIENT_SECRET.into(),
            token_life: Span::secs(3_600),
            requests_per_minute: 60,
        };
        let seed = self.rng.next();
        self.servers.entry(host.to_owned()).or_insert_with(|| {
            let queues = Queues::new(queues);
            let cxone = CxOne::new(queues.recorded(now, now), access, seed);
            Server::Platform(Box::new(Platform {
                queues,
                cxone,
                twist: None,
                asked: 0,
                repeats: Repeats::default(),
            }))
        });
    }

    /// The server at an address.
    pub(crate) fn server(&self, host: &str) -> &Server {
        self.servers.get(host).unwrap_or_else(|| panic!("nobody is at {host}"))
    }

    /// The server at an address, to change it.
    pub(crate) fn server_mut(&mut self, host: &str) -> &mut Server {
        self.servers.get_mut(host).unwrap_or_else(|| panic!("nobody is at {host}"))
    }

    /// The tenant at an address.
    pub(crate) fn platform(&mut self, host: &str) -> &mut Platform {
        let Server::Platform(platform) = self.server_mut(host) else {
            panic!("{host} is no platform")
        };
        platform
    }

    /// Every tenant.
    pub(crate) fn platforms(&mut self) -> impl Iterator<Item = &mut Platform> {
        self.servers.values_mut().filter_map(|server| match server {
            Server::Platform(platform) => Some(&mut **platform),
            Server::Guide(_)
            | Server::PagerDuty(_)
            | Server::Slack(_)
            | Server::SlackApp(_)
            | Server::Webhook(_)
            | Server::ServiceNow(_)
            | Server::Cmdb(_)
            | Server::Strict(_) => None,
        })
    }

    /// Requests to a server and their answers take so long, from here on.
    pub(crate) fn slow(&mut self, host: &str, latency: Span) {
        self.latency.insert(host.to_owned(), latency);
    }

    /// Something is wrong with the way to a server from here on, or all is well again.
    pub(crate) fn way(&mut self, host: &str, way: Option<Way>) {
        self.ways.remove(host);
        self.ways.extend(way.map(|way| (host.to_owned(), way)));
    }

    /// Sends what leaves the hub on its way.
    pub(crate) fn send(&mut self, ticket: Ticket, outgoing: Outgoing, now: Span) {
        let (host, parcel, deadline) = Parcel::of(outgoing);
        let reaches = now + self.half_of_the_way(&host);
        let (gives_up, way_back) = (now + deadline, Some(ticket));
        self.put(reaches, Packet::Request { host, parcel, gives_up, way_back });
    }

    /// When the next packet is there.
    pub(crate) fn next_arrival(&self) -> Option<Span> {
        self.packets.keys().next().map(|(at, _)| *at)
    }

    /// Lets every packet of this moment arrive; the answers that reach the hub.
    pub(crate) fn arrive(&mut self, now: Span, utc: UtcMs) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        while let Some(entry) = self.packets.first_entry().filter(|entry| entry.key().0 <= now) {
            match entry.remove() {
                Packet::Answer { host, ticket, outcome } => {
                    arrivals.push(Arrival { host, ticket, outcome });
                }
                Packet::Request { host, parcel, gives_up, way_back } => {
                    let way = self.ways.get(&host).copied();
                    let reaction = match way {
                        Some(Way::Cut | Way::Nameless | Way::Undated) => Reaction::Hang,
                        Some(Way::AnswersLost) => {
                            drop(self.server_mut(&host).receive(&parcel, utc));
                            Reaction::Hang
                        }
                        Some(Way::Doubled) | None => self.server_mut(&host).receive(&parcel, utc),
                    };
                    let back = now + self.half_of_the_way(&host);
                    if let (Some(Way::Doubled), Some(_)) = (way, way_back) {
                        let (host, parcel) = (host.clone(), parcel.clone());
                        let again = Packet::Request { host, parcel, gives_up, way_back: None };
                        let later = self.rng.jitter(DOUBLED_WITHIN);
                        self.put(now + later, again);
                    }
                    let (at, outcome) = match reaction {
                        _ if way == Some(Way::Nameless) => (back, Err(LinkFault::NoSuchHost)),
                        _ if way == Some(Way::Undated) => {
                            (back, Err(LinkFault::Dated("not valid yet".into())))
                        }
                        Reaction::Reply(_) if back > gives_up => {
                            (gives_up, Err(LinkFault::Timeout))
                        }
                        Reaction::Reply(reply) if reply.body.len() > ANSWER_BYTES_MAX => {
                            (back, Err(LinkFault::AnswerTooLarge))
                        }
                        Reaction::Reply(reply) => (back, Ok(reply)),
                        Reaction::Hang => (gives_up, Err(LinkFault::Timeout)),
                        Reaction::Close => (back, Err(LinkFault::Closed("by the server".into()))),
                    };
                    if let Some(ticket) = way_back {
                        self.put(at, Packet::Answer { host, ticket, outcome });
                    }
                }
            }
        }
        arrivals
    }

    /// The hub has died: no answer finds it any more.
    pub(crate) fn forget_the_hub(&mut self) {
        self.packets.retain(|_, packet| match packet {
            Packet::Answer { .. } => false,
            Packet::Request { way_back, .. } => {
                *way_back = None;
                true
            }
        });
    }

    fn put(&mut self, at: Span, packet: Packet) {
        self.packets.insert((at, self.sent), packet);
        self.sent += 1;
    }

    fn half_of_the_way(&mut self, host: &str) -> Span {
        let whole = self.latency.get(host).copied().unwrap_or(LATENCY);
        self.rng.jitter(Span(whole.0 / 2))
    }
}

impl Server {
    /// What is to go wrong with it.
    pub(crate) fn faults(&mut self) -> &mut Faults {
        match self {
            Self::Platform(platform) => &mut platform.cxone.faults,
            Self::Guide(guide) => &mut guide.genesys.faults,
            Self::PagerDuty(desk) => &mut desk.events.reception.faults,
            Self::Slack(slack) => &mut slack.reception.faults,
            Self::SlackApp(slack) => &mut slack.reception.faults,
            Self::Webhook(receiver) => &mut receiver.reception.faults,
            Self::ServiceNow(instance) => &mut instance.reception.faults,
            Self::Cmdb(cmdb) => &mut cmdb.reception.faults,
            Self::Strict(desk) => &mut desk.reception.faults,
        }
    }

    fn receive(&mut self, parcel: &Parcel, utc: UtcMs) -> Reaction {
        if let Self::Strict(desk) = self {
            return desk.receive(parcel, utc);
        }
        let Parcel::Http(incoming) = parcel else { panic!("it speaks HTTP alone: {parcel:?}") };
        match self {
            Self::Platform(platform) => platform.receive(incoming, utc),
            Self::Guide(guide) => guide.receive(incoming, utc),
            Self::PagerDuty(desk) => desk.receive(incoming, utc),
            Self::Slack(slack) => slack.receive(incoming, utc),
            Self::SlackApp(slack) => slack.receive(incoming, utc),
            Self::Webhook(receiver) => receiver.receive(incoming, utc),
            Self::ServiceNow(instance) => instance.receive(incoming, utc),
            Self::Cmdb(cmdb) => cmdb.receive(incoming, utc),
            Self::Strict(desk) => desk.receive(parcel, utc),
        }
    }
}

impl Platform {
    /// How far its clock is ahead of the true time.
    pub(crate) fn skew(&self, utc: UtcMs) -> Span {
        let skew = self.cxone.faults.active(utc).find_map(|fault| {
            let Fault::ClockSkew { offset_seconds } = fault else { return None };
            Some(Span::secs(i64::from(*offset_seconds)))
        });
        skew.unwrap_or_default()
    }

    /// Buckets that were asked for twice, and such that overlap.
    pub(crate) fn repeated(&self) -> (u64, u64) {
        (self.cxone.seen.buckets_repeated, self.cxone.seen.buckets_overlapping)
    }

    fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        let is_data = incoming.route() == "/api/v2/realtime/queues";
        self.asked += u64::from(is_data);
        let reaction = self.cxone.receive(incoming, utc);
        match (reaction, self.twist) {
            (Reaction::Reply(mut reply), Some(twist)) if is_data => {
                twist(&mut reply);
                Reaction::Reply(reply)
            }
            (reaction, _) => reaction,
        }
    }
}
