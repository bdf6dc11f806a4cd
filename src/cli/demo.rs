//! `andon demo`: a hub and the world around it in one process, on loopback, over real HTTP.

use alloc::rc::Rc;
use core::cell::RefCell;
use core::net::SocketAddr;
use core::time::Duration;
use std::env::temp_dir;
use std::path::Path;

use andon::demo::faults::Fault as Trouble;
use andon::demo::genesys::guide::GenesysGuide;
use andon::demo::sender::Mischief;
use andon::edge::askers::Askers;
use andon::edge::clock::Clock;
use andon::edge::http::Client;
use andon::edge::listener::Listener;
use andon::edge::secrets::Vaults;
use andon::edge::store::Store;
use andon::edge::turn::World;
use andon::edge::{log as stderr, signals};
use andon::event::Event;
use andon::hub::{Hub, Library, Setup, load};
use andon::ledger::Remembered;
use andon::limits::EVENTS_WAITING_MAX;
use andon::model::secret::SecretRef;
use andon::model::time::Span;
use smol::channel::{Receiver, Sender, bounded};
use smol::{LocalExecutor, Timer, future};

use super::deliveries::WebhookOptions;
use super::dialects::Dialects;
use super::exit::Fault;
use super::options::DemoOptions;
use super::out;
use super::pushing::{Pushed, Pushing};
use super::screen::{Received, Screen};
use super::simulators::{Simulators, listen, neighbour, traffic, whole_minute};

/// Runs for a while, or until Ctrl-C, and says what happened.
pub(crate) fn demo(options: &DemoOptions) -> Result<(), Fault> {
    stderr::install(stderr::Style::fitting(false), log::LevelFilter::Error);
    let directory = temp_dir().join(format!("andon-demo-{}", std::process::id()));
    let outcome = in_directory(options, &directory);
    if directory.exists()
        && let Err(error) = std::fs::remove_dir_all(&directory)
    {
        out::complain(&format!("{} stays behind: {error}", directory.display()));
    }
    outcome
}

fn in_directory(options: &DemoOptions, directory: &Path) -> Result<(), Fault> {
    let seed = options.traffic.seed;
    let begin = whole_minute(Clock::real().now().utc);
    let traffic = traffic(&options.traffic, None, begin)?;
    let platform = options.platform.as_deref();
    let clock = Clock::fast(begin, options.traffic.speed);
    let dialects = Dialects::one(platform, &traffic, clock, seed)?;
    // A demonstration of something in particular shows that and nothing else.
    let is_whole = platform.is_none() && options.traffic.data.is_none();
    let dialects =
        if is_whole { dialects.with_guide(neighbour(seed, begin), seed)? } else { dialects };
    let genesys = dialects.guide.clone().map(|(platform, guide)| Genesys::bind(platform, guide));
    let genesys = genesys.transpose()?;
    let simulators = Simulators::bind(traffic, clock, seed, 0)?;
    let pushed = genesys.as_ref().map(|genesys| &genesys.pushed);
    let text = simulators.write_config(directory, dialects.watching(directory), pushed)?;
    let loaded = load("the demo's own config", &text, &Library::built_in())
        .map_err(|problems| Fault::config(problems.render(out::complaint_colour())))?;
    let references: Vec<SecretRef> = loaded.config.secret_refs().into_iter().cloned().collect();
    let vaults = Vaults::default();
    let (secrets, _) = vaults.read(&references);
    let store = Store::in_memory().map_err(|fault| Fault::cannot_create(fault.to_string()))?;
    let (events_in, events) = bounded(EVENTS_WAITING_MAX);
    let (reader_gone, gone) = bounded(1);
    let remembered = Remembered::default();
    let setup = Setup { loaded, secrets, remembered, boot: "demo".into(), seed };
    let screen = Screen::new(options, clock.now(), reader_gone);
    screen.open(&text)?;
    let mut hub = Hub::new(setup, clock.now());
    let askers = Askers::default();
    let mut world = World {
        clock,
        client: Client::new(events_in.clone()),
        store,
        vaults,
        tls: None,
        around: None,
        references,
        events,
        askers: askers.clone(),
        voice: screen,
    };
    let receivers = (Rc::clone(&simulators.pagerduty), Rc::clone(&simulators.slack));
    let executor = Rc::new(LocalExecutor::new());
    simulators.serve(&executor);
    dialects.serve(&executor);
    if let Some(genesys) = genesys {
        genesys.serve(&executor, (askers, events_in), (clock, seed));
    }
    let seconds = options.for_seconds;
    smol::block_on(executor.run(world.run(&mut hub, end(seconds, gone))));
    let (pagerduty, slack) = receivers;
    let (pagerduty, slack) = (pagerduty.borrow(), slack.borrow());
    let received = Received {
        events: pagerduty.reception.accepted,
        incidents: pagerduty.incidents().count(),
        messages: slack.reception.accepted,
        refused: pagerduty.reception.refused + slack.reception.refused,
    };
    world.voice.close(&hub.tally(), &received, clock.now())
}

/// When the time is up, somebody says stop, or nobody looks any more.
async fn end(seconds: Option<u64>, reader_gone: Receiver<()>) {
    let time_is_up = async {
        match seconds {
            Some(seconds) => Timer::after(Duration::from_secs(seconds)).await,
            None => future::pending().await,
        };
    };
    let interrupted = async {
        if let Err(error) = signals::stop().await {
            log::error!("signals cannot be waited for: {error}");
            future::pending::<()>().await;
        }
    };
    let unread = async {
        // The sender lives as long as the hub runs.
        let _: Result<(), _> = reader_gone.recv().await;
    };
    future::or(time_is_up, future::or(interrupted, unread)).await;
}

/// The side of the demonstration that is pushed.
struct Genesys {
    platform: Rc<RefCell<GenesysGuide>>,
    pushed: Pushed,
    /// Where the hub takes what is pushed.
    door: Listener,
}

impl Genesys {
    fn bind(platform: Rc<RefCell<GenesysGuide>>, guide: SocketAddr) -> Result<Self, Fault> {
        let door = listen(0, 0)?;
        let address = door.address().map_err(|error| Fault::cannot_create(error.to_string()))?;
        let secret = WebhookOptions::default().secret()?;
        Ok(Self { platform, pushed: Pushed { guide, door: address, secret }, door })
    }

    /// Serves and delivers for ever.
    fn serve(
        self,
        executor: &Rc<LocalExecutor<'static>>,
        (askers, events): (Askers, Sender<Event>),
        (clock, seed): (Clock, u64),
    ) {
        let serving = self.door.serve(Rc::clone(executor), move |call| {
            let (askers, events) = (askers.clone(), events.clone());
            async move { askers.push(events, call).await }
        });
        executor.spawn(serving).detach();
        let begin = clock.now().utc;
        let [from, until] = OUTAGE.map(|after| begin + after);
        self.platform.borrow_mut().faults.plan(Trouble::TrunkDown { trunk: None }, from, until);
        let Pushed { door, secret, .. } = self.pushed;
        let pushing = Pushing { secret, mischief: MISCHIEF, clock, seed };
        let to = format!("http://{door}");
        executor.spawn(pushing.genesys(self.platform, Some(&to)).run()).detach();
    }
}

/// When the Genesys side loses a carrier, and has it again.
const OUTAGE: [Span; 2] = [Span::secs(20 * 60), Span::secs(26 * 60)];

/// What happens to webhooks on a bad day.
const MISCHIEF: Mischief = Mischief {
    duplicated_percent: 10,
    reordered_percent: 5,
    forged_percent: 2,
    truncated_percent: 1,
    burst_every: Span::ZERO,
};
