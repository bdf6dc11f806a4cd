//! `andon demo`: a hub and the world around it in one process, on loopback, over real HTTP.

use alloc::rc::Rc;
use core::time::Duration;
use std::env::temp_dir;
use std::path::Path;

use andon::edge::askers::Askers;
use andon::edge::clock::Clock;
use andon::edge::http::Client;
use andon::edge::secrets::Vaults;
use andon::edge::store::Store;
use andon::edge::turn::World;
use andon::edge::{log as stderr, signals};
use andon::hub::{Hub, Library, Setup, load};
use andon::ledger::Remembered;
use andon::limits::EVENTS_WAITING_MAX;
use andon::model::secret::SecretRef;
use smol::channel::bounded;
use smol::{LocalExecutor, Timer, future};

use super::arguments::DemoOptions;
use super::dialects::Dialects;
use super::exit::Fault;
use super::out;
use super::screen::{Received, Screen};
use super::simulators::{Simulators, traffic, whole_minute};

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
    let simulators = Simulators::bind(traffic, clock, seed, 0)?;
    let text = simulators.write_config(directory, dialects.watching(directory))?;
    let loaded = load("the demo's own config", &text, &Library::built_in())
        .map_err(|problems| Fault::config(problems.render(out::complaint_colour())))?;
    let references: Vec<SecretRef> = loaded.config.secret_refs().into_iter().cloned().collect();
    let vaults = Vaults::default();
    let (secrets, _) = vaults.read(&references);
    let (store, _) = Store::open(&directory.join("state"))
        .map_err(|fault| Fault::cannot_create(fault.to_string()))?;
    let (events_in, events) = bounded(EVENTS_WAITING_MAX);
    let (reader_gone, gone) = bounded(1);
    let remembered = Remembered::default();
    let setup = Setup { loaded, secrets, remembered, boot: "demo".into(), seed };
    let screen = Screen::new(options, clock.now(), reader_gone);
    screen.open(&text)?;
    let mut hub = Hub::new(setup, clock.now());
    let mut world = World {
        clock,
        client: Client::new(events_in),
        store,
        vaults,
        tls: None,
        references,
        events,
        askers: Askers::default(),
        voice: screen,
    };
    let receivers = (Rc::clone(&simulators.pagerduty), Rc::clone(&simulators.slack));
    let executor = Rc::new(LocalExecutor::new());
    simulators.serve(&executor);
    dialects.serve(&executor);
    let seconds = options.for_seconds;
    smol::block_on(executor.run(async {
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
            let _: Result<(), _> = gone.recv().await;
        };
        let stop = future::or(time_is_up, future::or(interrupted, unread));
        world.run(&mut hub, stop).await;
    }));
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
