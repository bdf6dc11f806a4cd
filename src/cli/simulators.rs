//! Puts the simulated CXone, PagerDuty and Slack behind sockets on loopback, and writes the config
//! of a hub that watches them.

use alloc::rc::Rc;
use core::cell::RefCell;
use core::net::{Ipv4Addr, SocketAddr};
use std::fs;
use std::io::Read;
use std::path::Path;

use andon::demo::bank::Plan;
use andon::demo::centre::Centre;
use andon::demo::cxone::{Access, CxOne};
use andon::demo::http::{Incoming, Reaction};
use andon::demo::pagerduty::PagerDuty;
use andon::demo::recording::Recording;
use andon::demo::slack::Slack;
use andon::demo::traffic::Traffic;
use andon::demo::week::{WeekHour, Weekday};
use andon::edge::clock::Clock;
use andon::edge::listener::{Answer, Call, Listener};
use andon::limits::{RECORDING_BYTES_MAX, SIMULATED_BODY_BYTES_MAX, SIMULATED_CONNECTIONS_MAX};
use andon::model::time::{Span, UtcMs};
use flate2::read::GzDecoder;
use smol::LocalExecutor;

use super::dialects::Watching;
use super::exit::Fault;
use super::options::TrafficOptions;
use super::pushing::Pushed;

/// What the simulated platform and targets accept, in the config and behind the sockets.
const CLIENT_ID: &str = "andon-demo";
const CLIENT_SECRET: &str = "demo-client-secret";
const ROUTING_KEY: &str = "0123456789abcdef0123456789abcdef";
const SLACK_PATH: &str = "/services/T000/B000/demo";

/// The simulated bank is watched from its busiest hours on.
const BUSY: WeekHour = WeekHour { weekday: Weekday::Sunday, hour: 15 };

/// A recording is played from this long before its busiest hour.
const LEAD: Span = Span::secs(600);

/// The simulated world around a hub.
pub(crate) struct Simulators {
    pub(crate) cxone: Rc<RefCell<CxOne>>,
    pub(crate) pagerduty: Rc<RefCell<PagerDuty>>,
    pub(crate) slack: Rc<RefCell<Slack>>,
    clock: Clock,
    listeners: [Listener; 3],
}

impl Simulators {
    /// Binds the three servers to ports in a row; port 0 takes any.
    pub(crate) fn bind(
        traffic: Traffic,
        clock: Clock,
        seed: u64,
        port: u16,
    ) -> Result<Self, Fault> {
        let access = Access {
            client_id: CLIENT_ID.into(),
            client_secret: CLIENT_SECRET.into(),
            token_life: Span::secs(3_600),
            requests_per_minute: 60,
        };
        Ok(Self {
            cxone: Rc::new(RefCell::new(CxOne::new(traffic, access, seed))),
            pagerduty: Rc::default(),
            slack: Rc::new(RefCell::new(Slack::new(SLACK_PATH))),
            clock,
            listeners: [listen(port, 0)?, listen(port, 1)?, listen(port, 2)?],
        })
    }

    /// Where CXone, PagerDuty and Slack listen.
    pub(crate) fn addresses(&self) -> Result<[SocketAddr; 3], Fault> {
        let [cxone, pagerduty, slack] = &self.listeners;
        let of = |listener: &Listener| {
            listener.address().map_err(|error| Fault::cannot_create(error.to_string()))
        };
        Ok([of(cxone)?, of(pagerduty)?, of(slack)?])
    }

    /// Writes a config for a hub that watches these servers, and its secrets, into a directory.
    pub(crate) fn write_config(
        &self,
        directory: &Path,
        watching: Option<Watching>,
        pushed: Option<&Pushed>,
    ) -> Result<String, Fault> {
        let [cxone, pagerduty, slack] = self.addresses()?;
        let at = directory.display();
        let Watching { source, mut secrets } = watching.unwrap_or_else(|| Watching {
            source: format!(
                "definition = \"nice-cxone-guide\"\nbase_url = \"http://{cxone}\"\n\
                 client_id = \"{CLIENT_ID}\"\nclient_secret = {{ file = \"{at}/cxone\" }}\n\
                 queues = [{}]\n",
                self.queues()
            ),
            secrets: Vec::from([("cxone", CLIENT_SECRET.to_owned())]),
        });
        secrets.extend(pushed.iter().flat_map(|pushed| pushed.secrets()));
        let door = pushed.map(Pushed::door).unwrap_or_default();
        let further = pushed.map(|pushed| pushed.tables(directory)).unwrap_or_default();
        secrets.push(("pagerduty", ROUTING_KEY.to_owned()));
        secrets.push(("slack", format!("http://{slack}{SLACK_PATH}")));
        let text = format!(
            r#"[hub]
state_directory = "{at}/state"
{door}
[[source]]
name = "bank"
{source}{further}
[[target]]
name = "pagerduty"
kind = "pagerduty"
url = "http://{pagerduty}/v2/enqueue"
routing_key = {{ file = "{at}/pagerduty" }}

[[target]]
name = "slack"
kind = "slack"
url = {{ file = "{at}/slack" }}
{RULES}"#
        );
        let fault = |error: std::io::Error| Fault::cannot_create(format!("{at}: {error}"));
        fs::create_dir_all(directory).map_err(fault)?;
        for (name, secret) in secrets {
            fs::write(directory.join(name), secret).map_err(fault)?;
        }
        fs::write(directory.join("andon.toml"), &text).map_err(fault)?;
        Ok(text)
    }

    /// Serves for ever.
    pub(crate) fn serve(self, executor: &Rc<LocalExecutor<'static>>) {
        let Self { cxone, pagerduty, slack, clock, listeners: [one, two, three] } = self;
        let utc = move || clock.now().utc;
        spawn(executor, one, move |incoming| cxone.borrow_mut().receive(incoming, utc()));
        spawn(executor, two, move |incoming| pagerduty.borrow_mut().receive(incoming, utc()));
        spawn(executor, three, move |incoming| slack.borrow_mut().receive(incoming, utc()));
    }

    /// The queues to watch. A recording's `ALL` is the sum of the others and would tell twice.
    fn queues(&self) -> String {
        let cxone = self.cxone.borrow();
        let queues = cxone.traffic().queues().iter();
        let quoted =
            queues.filter(|queue| &*queue.id != "ALL").map(|queue| format!("{:?}", queue.id));
        quoted.collect::<Vec<_>>().join(", ")
    }
}

/// Guide 2's three thresholds, and a P2 for a centre of this size.
const RULES: &str = r#"
[[rules]]
source = "bank"
thresholds = [
    { metric = "calls_waiting", operator = ">=", static_value = 15, priority = "P1" },
    { metric = "calls_waiting", operator = ">=", static_value = 5, priority = "P2" },
    { metric = "abandoned_calls", operator = ">=", static_value = 5, priority = "P1" },
]

[[rules]]
source = "bank"
[[rules.thresholds]]
metric = "longest_wait"
operator = ">="
static_value = 120
dynamic_scaling = true
scaling_factor = "agents_available * 20"
priority = "P2"

[routes]
P1 = { targets = ["pagerduty"] }
P2 = { targets = ["slack"] }
P3 = { digest = true }

[digest]
targets = ["slack"]
"#;

/// A socket on loopback, `offset` after a port; port 0 takes any.
pub(crate) fn listen(port: u16, offset: u16) -> Result<Listener, Fault> {
    let port = if port == 0 { 0 } else { port.saturating_add(offset) };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Listener::bind(address, SIMULATED_CONNECTIONS_MAX, SIMULATED_BODY_BYTES_MAX)
        .map_err(|error| Fault::cannot_create(format!("{address} cannot be listened on: {error}")))
}

/// Serves for ever.
pub(crate) fn spawn(
    executor: &Rc<LocalExecutor<'static>>,
    listener: Listener,
    receive: impl Fn(&Incoming) -> Reaction + Clone + 'static,
) {
    let serving = listener.serve(Rc::clone(executor), move |call| {
        let receive = receive.clone();
        async move {
            let Call { method, path, headers, body, .. } = call;
            let (method, body) = (method.into(), body.into());
            match receive(&Incoming { method, path, headers, body }) {
                Reaction::Reply(reply) => Answer::Reply(reply),
                Reaction::Hang => Answer::Hang,
                Reaction::Close => Answer::Close,
            }
        }
    });
    executor.spawn(serving).detach();
}

/// The minute that a moment lies in: where a simulated centre begins.
pub(crate) const fn whole_minute(utc: UtcMs) -> UtcMs {
    UtcMs(utc.0 - utc.0.rem_euclid(60_000))
}

/// The traffic of the insurer that is a bank's neighbour.
pub(crate) fn neighbour(seed: u64, begin: UtcMs) -> Traffic {
    Traffic::Simulated(Box::new(Centre::new(Plan::insurer(), seed, begin, BUSY)))
}

/// The traffic that the options ask for, from `begin` on.
pub(crate) fn traffic(
    options: &TrafficOptions,
    queues: Option<u32>,
    begin: UtcMs,
) -> Result<Traffic, Fault> {
    let Some(path) = &options.data else {
        let centre = match queues {
            Some(queues) => Centre::large(options.seed, begin, BUSY, queues),
            None => Centre::bank(options.seed, begin, BUSY),
        };
        return Ok(Traffic::Simulated(Box::new(centre)));
    };
    let mut recording = recording(path)?;
    let busiest = recording
        .busiest_day()
        .and_then(|day| recording.busiest_hour_start(day))
        .ok_or_else(|| Fault::data(format!("{} has no rows to play", path.display())))?;
    recording.play(busiest + Span(-LEAD.0), begin);
    Ok(Traffic::Recorded(recording))
}

/// A recording of a file, which plays at its own time.
pub(crate) fn recording(path: &Path) -> Result<Recording, Fault> {
    Recording::parse(&text(path)?).map_err(|faults| {
        let lines = faults.iter().map(|fault| format!("  line {}: {}", fault.line, fault.what));
        let lines = lines.collect::<Vec<_>>().join("\n");
        Fault::data(format!("{} cannot be played:\n{lines}", path.display()))
    })
}

/// A CSV file's text, unpacked where it is gzip.
fn text(path: &Path) -> Result<String, Fault> {
    let fault = |error: std::io::Error| {
        Fault::no_input(format!("{} cannot be read: {error}", path.display()))
    };
    let bytes = fs::read(path).map_err(fault)?;
    let mut text = String::new();
    let limit = RECORDING_BYTES_MAX;
    let read = if bytes.starts_with(&[0x1f, 0x8b]) {
        GzDecoder::new(bytes.as_slice()).take(limit).read_to_string(&mut text)
    } else {
        bytes.as_slice().take(limit).read_to_string(&mut text)
    };
    read.map_err(fault)?;
    Ok(text)
}
