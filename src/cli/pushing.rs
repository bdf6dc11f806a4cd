//! The simulated platforms that push: the sender of each, and what a config says to hear it.

use alloc::rc::Rc;
use core::cell::RefCell;
use core::net::SocketAddr;
use std::path::Path;

use andon::demo::cxone::CxOne;
use andon::demo::genesys::guide::GenesysGuide;
use andon::demo::sender::{Mischief, Sender, Subscription};
use andon::edge::clock::Clock;
use andon::model::http::origin;
use andon::model::secret::Secret;

use super::deliveries::Courier;
use super::dialects::{CLIENT_ID, CLIENT_SECRET};

/// How the config names the source that is pushed.
pub(crate) const SOURCE: &str = "genesys";

/// As guide 1 writes it in its payloads.
const PLATFORM: &str = "genesys-cloud";

/// What a config says about the source that is pushed.
pub(crate) struct Pushed {
    /// Where its platform is, for the polls.
    pub(crate) guide: SocketAddr,
    /// Where the hub takes its webhooks.
    pub(crate) door: SocketAddr,
    /// What they are signed with.
    pub(crate) secret: Secret,
}

impl Pushed {
    /// The table of the push door.
    pub(crate) fn door(&self) -> String {
        format!("\n[ingest]\nlisten = \"{}\"\n", self.door)
    }

    /// Its tables, for a config in a directory.
    pub(crate) fn tables(&self, directory: &Path) -> String {
        let (at, guide) = (directory.display(), self.guide);
        format!(
            r#"
[[source]]
name = "{SOURCE}"
definition = "genesys-cloud-guide"
base_url = "http://{guide}"
client_id = "{CLIENT_ID}"
client_secret = {{ file = "{at}/{SOURCE}" }}
webhook_secret = {{ file = "{at}/webhook" }}

[[rules]]
source = "{SOURCE}"
thresholds = [
    {{ metric = "calls_waiting", operator = ">=", static_value = 15, priority = "P1" }},
    {{ metric = "calls_waiting", operator = ">=", static_value = 5, priority = "P2" }},
    {{ metric = "longest_wait", operator = ">=", static_value = 300, priority = "P2" }},
]
"#
        )
    }

    /// Its secrets, by file.
    pub(crate) fn secrets(&self) -> [(&'static str, String); 2] {
        [(SOURCE, CLIENT_SECRET.to_owned()), ("webhook", self.secret.expose().to_owned())]
    }
}

/// The socket that an address leads to, where it is written as one: `http://127.0.0.1:9471`.
pub(crate) fn door(url: &str) -> Option<SocketAddr> {
    origin(url).strip_prefix("http://")?.parse().ok()
}

/// How webhooks are sent: by what they are signed, what befalls them, and by which clock and dice.
pub(crate) struct Pushing {
    pub(crate) secret: Secret,
    pub(crate) mischief: Mischief,
    pub(crate) clock: Clock,
    pub(crate) seed: u64,
}

impl Pushing {
    /// The courier of guide 1's Genesys Cloud: to an address, and to whoever is registered there.
    pub(crate) fn genesys(&self, platform: Rc<RefCell<GenesysGuide>>, to: Option<&str>) -> Courier {
        let mut sender = self.sender(PLATFORM);
        if let Some(to) = to {
            sender = sender.to(Subscription::of_everything(to, SOURCE, PLATFORM));
        }
        let look = move |utc| {
            let mut platform = platform.borrow_mut();
            let registered = platform.webhooks().iter();
            let registered = registered.filter_map(Subscription::registered).collect();
            (platform.sight(utc), registered)
        };
        Courier::new(SOURCE, sender, self.clock, Rc::new(look))
    }

    /// The courier of guide 2's CXone, to whoever is registered there.
    pub(crate) fn cxone(&self, platform: Rc<RefCell<CxOne>>) -> Courier {
        let look = move |utc| {
            let mut platform = platform.borrow_mut();
            let registered = platform.webhooks().iter();
            let registered = registered.filter_map(Subscription::registered).collect();
            (platform.sight(utc), registered)
        };
        Courier::new("cxone", self.sender("nice-cxone"), self.clock, Rc::new(look))
    }

    fn sender(&self, platform: &'static str) -> Sender {
        let begin = self.clock.now().utc;
        Sender::new(platform, self.secret.clone(), self.mischief, self.seed, begin)
    }
}
