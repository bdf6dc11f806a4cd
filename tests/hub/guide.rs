//! The Genesys Cloud of guide 1 among the simulated servers: its reports are asked for every five
//! minutes, as the fallback of its webhooks.

use andon::demo::genesys::{self, guide::GenesysGuide};
use andon::demo::http::{Incoming, Reaction};
use andon::model::time::{Span, UtcMs};

use crate::network::{CLIENT_SECRET, Network, Server};
use crate::queues::Queues;

/// One tenant of the Genesys Cloud of guide 1, which is asked every five minutes.
#[derive(Debug, Clone)]
pub(crate) struct Guide {
    pub(crate) queues: Queues,
    pub(crate) genesys: GenesysGuide,
    /// When reports were asked for.
    pub(crate) asked: Vec<UtcMs>,
}

impl Guide {
    pub(crate) fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if incoming.route().ends_with("/report/definitions") {
            self.asked.push(utc);
        }
        self.genesys.receive(incoming, utc)
    }
}

impl Network {
    /// Adds a tenant of guide 1's Genesys Cloud, where there is none at this address.
    pub(crate) fn add_guide(&mut self, host: &str, now: UtcMs) {
        let access = genesys::Access {
            client_id: "hub".into(),
            client_secret: CLIENT_SECRET.into(),
            token_life: Span::secs(3_600),
            requests_per_minute: 300,
            login_prefix: "".into(),
            api_prefix: "".into(),
        };
        let seed = self.rng.next();
        self.servers.entry(host.to_owned()).or_insert_with(|| {
            let queues = Queues::new(["tier-1", "tier-2"].into_iter());
            let genesys = GenesysGuide::new(queues.recorded(now, now), access, seed);
            Server::Guide(Box::new(Guide { queues, genesys, asked: Vec::new() }))
        });
    }

    /// The queues of the tenant at an address.
    pub(crate) fn queues(&mut self, host: &str) -> &mut Queues {
        match self.server_mut(host) {
            Server::Platform(platform) => &mut platform.queues,
            Server::Guide(guide) => &mut guide.queues,
            Server::PagerDuty(_)
            | Server::Slack(_)
            | Server::SlackApp(_)
            | Server::Webhook(_)
            | Server::ServiceNow(_)
            | Server::Cmdb(_)
            | Server::Strict(_) => {
                panic!("{host} is no platform")
            }
        }
    }

    /// Every tenant plays what its queues do.
    pub(crate) fn play(&mut self, from: UtcMs, to: UtcMs) {
        for server in self.servers.values_mut() {
            match server {
                Server::Platform(platform) => {
                    platform.cxone.set_traffic(platform.queues.recorded(from, to));
                }
                Server::Guide(guide) => {
                    // A report is of five whole minutes.
                    let from = from + Span::secs(-300);
                    guide.genesys.set_traffic(guide.queues.recorded(from, to));
                }
                Server::PagerDuty(_)
                | Server::Slack(_)
                | Server::SlackApp(_)
                | Server::Webhook(_)
                | Server::ServiceNow(_)
                | Server::Cmdb(_)
                | Server::Strict(_) => {}
            }
        }
    }
}
