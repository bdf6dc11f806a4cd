//! `andon demo`: a hub and the world around it in one process, on loopback, over real HTTP.

use alloc::rc::Rc;
use core::net::SocketAddr;
use core::time::Duration;
use std::env::temp_dir;
use std::path::Path;

use andon::edge::clock::Clock;
use andon::edge::http::Client;
use andon::edge::secrets::Vaults;
use andon::edge::store::Store;
use andon::edge::turn::{Askers, Voice, World};
use andon::edge::{log as stderr, signals};
use andon::hub::{Hub, Setup, Tally};
use andon::ledger::Remembered;
use andon::limits::EVENTS_WAITING_MAX;
use andon::model::notice::Reason;
use andon::model::secret::SecretRef;
use andon::model::time::{Now, Span, Tick};
use smol::channel::{Sender, bounded};
use smol::{LocalExecutor, Timer, future};

use super::arguments::DemoOptions;
use super::exit::Fault;
use super::out::{self, Reader};
use super::simulate::whole_minute;
use super::simulators::{Simulators, traffic};

/// Where a hub on this machine usually has its admin listener.
pub(crate) const ADMIN_PORT: u16 = 9470;

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
    let clock = Clock::fast(begin, options.traffic.speed);
    let simulators = Simulators::bind(traffic, clock, seed, 0)?;
    let admin = SocketAddr::from(([127, 0, 0, 1], ADMIN_PORT));
    let text = simulators.write_config(directory, admin)?;
    let loaded = andon::hub::load("the demo's own config", &text)
        .map_err(|problems| Fault::config(problems.render(out::colour())))?;
    let references: Vec<SecretRef> = loaded.config.secret_refs().into_iter().cloned().collect();
    let vaults = Vaults { credentials: None };
    let (secrets, _) = vaults.read(&references);
    let (store, _) = Store::open(&directory.join("state"))
        .map_err(|fault| Fault::cannot_create(fault.to_string()))?;
    let (events_in, events) = bounded(EVENTS_WAITING_MAX);
    let (reader_gone, gone) = bounded(1);
    let remembered = Remembered::default();
    let setup = Setup { loaded, secrets, remembered, boot: "demo".into(), seed };
    out::print(&opening(options, &text))?;
    let mut hub = Hub::new(setup, clock.now());
    let mut world = World {
        clock,
        client: Client::new(events_in),
        store,
        vaults,
        references,
        events,
        askers: Askers::default(),
        voice: Screen::new(clock.now(), reader_gone),
    };
    let receivers = (Rc::clone(&simulators.pagerduty), Rc::clone(&simulators.slack));
    let executor = Rc::new(LocalExecutor::new());
    simulators.serve(&executor);
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
    world.voice.clear_line();
    let passed = clock.now().tick - world.voice.began;
    let (pagerduty, slack) = receivers;
    let received = format!(
        "  PagerDuty      {} events, {} incidents, {} refused\n  \
         Slack          {} messages, {} refused\n",
        pagerduty.borrow().reception.accepted,
        pagerduty.borrow().incidents().count(),
        pagerduty.borrow().reception.refused,
        slack.borrow().reception.accepted,
        slack.borrow().reception.refused,
    );
    out::print(&summary(&hub.tally(), passed, &received))
}

fn opening(options: &DemoOptions, config: &str) -> String {
    let what = match &options.traffic.data {
        Some(path) => format!("the recording {}", path.display()),
        None => "a simulated bank's call centre".to_owned(),
    };
    let queues = config.lines().find(|line| line.starts_with("queues")).unwrap_or_default();
    format!(
        "andon watches {what} at {}x, over real HTTP on loopback.\n{queues}\n\
         P1 goes to PagerDuty, P2 to Slack; 5 or 15 calls waiting, 120 s of wait, 5 hang-ups a \
         minute.\n\n",
        options.traffic.speed
    )
}

/// What happened, in numbers, and what an alerter without state would have done.
fn summary(tally: &Tally, passed: Span, received: &str) -> String {
    let mut text = format!(
        "\nIn {} of the centre's time:\n  polls          {}\n  samples        {}\n  \
         breaches       {}\n  notices        {}\n",
        passed,
        tally.polls,
        tally.samples,
        tally.breaches,
        tally.made.iter().map(|(_, count)| count).sum::<u64>(),
    );
    for (reason, count) in tally.made.iter().filter(|(_, count)| *count > 0) {
        text.push_str(&format!("    {:<13}{count}\n", reason.as_str()));
    }
    text.push_str(received);
    let told: u64 = tally.made.iter().map(|(_, count)| count).sum();
    text.push_str(&format!(
        "  a naive alerter, one message for each cycle in breach, would have sent {}",
        tally.naive
    ));
    if let Some(share) = told.saturating_mul(100).checked_div(tally.naive) {
        text.push_str(&format!(": {} % fewer", 100_u64.saturating_sub(share)));
    }
    text.push_str(".\n");
    text
}

/// The screen of a demonstration: a line for each notice, and one that shows that it goes on.
struct Screen {
    terminal: bool,
    began: Tick,
    now: Now,
    next_progress: Tick,
    has_progress: bool,
    /// Hears when nobody reads the screen any more.
    reader_gone: Sender<()>,
}

/// How often the progress line is drawn, in the centre's time at the usual speed: once a second on
/// a terminal, every ten seconds into a file.
const PROGRESS_EVERY: [Span; 2] = [Span::secs(60), Span::secs(600)];

impl Screen {
    fn new(now: Now, reader_gone: Sender<()>) -> Self {
        Self {
            terminal: out::colour(),
            began: now.tick,
            now,
            next_progress: now.tick,
            has_progress: false,
            reader_gone,
        }
    }

    fn write(&self, text: &str) {
        match out::show(text) {
            Ok(Reader::There) => {}
            Ok(Reader::Gone) | Err(_) => {
                // Once is enough.
                let _ = self.reader_gone.try_send(());
            }
        }
    }

    /// Takes the progress line away.
    fn clear_line(&mut self) {
        if core::mem::take(&mut self.has_progress) {
            self.write("\r\x1b[K");
        }
    }
}

impl Voice for Screen {
    fn say(&mut self, level: log::Level, text: &str) {
        self.clear_line();
        log::log!(level, "{text}");
    }

    fn told(&mut self, reason: Reason, text: &str) {
        self.clear_line();
        let colour = match reason {
            Reason::FirstBreach => "33",
            Reason::Repeat | Reason::Digest => "90",
            Reason::Escalation => "31",
            Reason::Recovered => "32",
        };
        let time = self.now.utc.rfc3339();
        let time = time.get(11..19).unwrap_or_default();
        let word = reason.as_str();
        self.write(&if self.terminal {
            format!("{time}  \x1b[{colour}m{word:<12}\x1b[0m  {text}\n")
        } else {
            format!("{time}  {word:<12}  {text}\n")
        });
    }

    fn turned(&mut self, hub: &Hub, now: Now) {
        self.now = now;
        if now.tick < self.next_progress {
            return;
        }
        let [on_terminal, into_file] = PROGRESS_EVERY;
        self.next_progress = now.tick + if self.terminal { on_terminal } else { into_file };
        let tally = hub.tally();
        let time = now.utc.rfc3339();
        let line = format!(
            "{}  {} polls, {} samples, {} alerts open, {} notices made",
            time.get(11..19).unwrap_or_default(),
            tally.polls,
            tally.samples,
            tally.open,
            tally.made.iter().map(|(_, count)| count).sum::<u64>()
        );
        self.clear_line();
        self.has_progress = self.terminal;
        self.write(&if self.terminal {
            format!("\x1b[90m{line}\x1b[0m")
        } else {
            format!("{line}\n")
        });
    }
}
