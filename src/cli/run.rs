//! `andon run`: the hub on the box.

use alloc::rc::Rc;
use core::time::Duration;
use std::path::PathBuf;

use andon::edge::around::Around;
use andon::edge::askers::Askers;
use andon::edge::clock::Clock;
use andon::edge::exits::Exits;
use andon::edge::http::Client;
use andon::edge::operator::{self, Operator};
use andon::edge::outward::Outward;
use andon::edge::secrets::Vaults;
use andon::edge::store::Store;
use andon::edge::turn::World;
use andon::edge::vault::Vault;
use andon::edge::voice::ToLog;
use andon::edge::{entropy, log as stderr, roots, signals, systemd};
use andon::event::Event;
use andon::hub::{Hub, Setup};
use andon::ledger::{self, RecordFault};
use andon::limits::{EVENTS_WAITING_MAX, VAULT_START_WAIT};
use andon::model::config::{HubConfig, VaultConfig};
use andon::model::network::NetworkConfig;
use andon::model::secret::{SecretRef, Secrets};
use andon::model::target::TargetConfig;
use smol::channel::{Receiver, Sender, bounded};
use smol::{LocalExecutor, Timer};

use super::doors::Doors;
use super::environment::Environment;
use super::exit::Fault;
use super::options::RunOptions;

/// Runs until a signal.
pub(crate) fn run(options: &RunOptions, environment: &Environment) -> Result<(), Fault> {
    let style = match options.json {
        true => stderr::Style::Json,
        false => stderr::Style::fitting(environment.journal),
    };
    let level = if options.verbose { log::LevelFilter::Debug } else { log::LevelFilter::Info };
    stderr::install(style, level);
    let loaded = super::check::config(&options.config)?;
    let clock = Clock::real();
    let directory = state_directory(&loaded.config.hub, environment);
    // A ledger of a newer andon is refused before it is opened for writing, so that its andon finds
    // it as it left it.
    if let Ok(rows) = Store::peek(&directory) {
        ledger::restore(rows, &environment.boot, clock.now())
            .map_err(|fault| newer(&directory, fault))?;
    }
    let (store, rows) =
        Store::open(&directory).map_err(|fault| Fault::cannot_create(fault.to_string()))?;
    let remembered = ledger::restore(rows, &environment.boot, clock.now())
        .map_err(|fault| newer(&directory, fault))?;
    let (events_in, events) = bounded(EVENTS_WAITING_MAX);
    let outward = outward(&loaded.config.network, environment)?;
    let exits = exits(outward.clone(), &loaded.config.targets, environment)?;
    let client = Client::with(exits, events_in.clone());
    let vault = loaded.config.vault.clone().map(|config| vault(config, &outward, &events_in));
    let vaults = Vaults { credentials: environment.credentials.clone(), vault };
    let references: Vec<SecretRef> = loaded.config.secret_refs().into_iter().cloned().collect();
    let (secrets, missing) = vaults.read(&references);
    for text in missing {
        log::error!("{text}");
    }
    let admin = loaded.config.hub.admin_listen;
    let watched = options.watch.clone().unwrap_or_else(|| options.config.clone());
    let secrets = with_vault(secrets, &references, &events);
    let doors = Doors::bind(&loaded.config, &secrets)?;
    let boot = environment.boot.as_str().into();
    let setup = Setup { loaded, secrets, remembered, boot, seed: entropy::seed() };
    let mut hub = Hub::new(setup, clock.now());
    let askers = Askers::default();
    let operator = operator_of(&directory)?;
    let mut world = World {
        clock,
        client,
        store,
        vaults,
        tls: doors.tls(),
        around: Some(Around::new(directory, watched, super::check::problems)),
        references,
        events,
        askers: askers.clone(),
        voice: ToLog,
    };
    let executor = Rc::new(LocalExecutor::new());
    smol::block_on(executor.run(async {
        doors.open(&executor, &askers, &events_in, &operator);
        log::info!("andon {} is ready, admin on http://{admin}", env!("CARGO_PKG_VERSION"));
        systemd::ready("watching");
        let stop = async {
            if let Err(error) = signals::stop().await {
                log::error!("signals cannot be waited for: {error}");
                smol::future::pending::<()>().await;
            }
            systemd::stopping();
        };
        world.run(&mut hub, stop).await;
        log::info!("andon ends; what is open stays in the ledger");
    }));
    Ok(())
}

/// Who may give the hub orders.
fn operator_of(directory: &std::path::Path) -> Result<Operator, Fault> {
    Operator::of(directory).map_err(|error| {
        let place = directory.join(operator::FILE);
        Fault::cannot_create(format!("{} cannot be written: {error}", place.display()))
    })
}

/// How requests leave the box, by the config and the environment.
pub(super) fn outward(
    network: &NetworkConfig,
    environment: &Environment,
) -> Result<Outward, Fault> {
    let own = Vaults { credentials: environment.credentials.clone(), vault: None };
    Outward::open(network, &environment.proxy, &own).map_err(Fault::config)
}

/// The ways out with those of targets that have their own.
pub(super) fn exits(
    of_all: Outward,
    targets: &[TargetConfig],
    environment: &Environment,
) -> Result<Exits, Fault> {
    let own = Vaults { credentials: environment.credentials.clone(), vault: None };
    Exits::open(of_all, targets, &environment.proxy, &own).map_err(Fault::config)
}

/// The vault; where it has roots of its own, it is believed by them alone.
pub(super) fn vault(config: VaultConfig, outward: &Outward, events: &Sender<Event>) -> Vault {
    let outward = match config.roots.as_deref().map(roots::read) {
        None => outward.clone(),
        Some(Ok(roots)) => outward.trusting(&roots),
        Some(Err(why)) => {
            log::error!("{why}; until the next start with a better one the vault is not believed");
            outward.trusting(&[])
        }
    };
    Vault::new(config, Client::by(outward, events.clone()), events.clone())
}

/// The secrets with Vault's, if those come soon; else the loop hears of them.
fn with_vault(secrets: Secrets, references: &[SecretRef], events: &Receiver<Event>) -> Secrets {
    if !references.iter().any(|reference| matches!(reference, SecretRef::Vault { .. })) {
        return secrets;
    }
    let wait = Duration::from_millis(VAULT_START_WAIT.0.unsigned_abs());
    let late = async {
        Timer::after(wait).await;
        None
    };
    match smol::block_on(smol::future::or(async { events.recv().await.ok() }, late)) {
        Some(Event::SecretsRead(read)) => secrets.replaced_by(read),
        Some(_) | None => secrets,
    }
}

/// Where the ledger lies: where the service manager says, else where the config says.
pub(crate) fn state_directory(config: &HubConfig, environment: &Environment) -> PathBuf {
    environment.state_directory.clone().unwrap_or_else(|| (*config.state_directory).into())
}

/// A ledger that a newer andon wrote.
pub(crate) fn newer(directory: &std::path::Path, fault: RecordFault) -> Fault {
    Fault::data(format!(
        "the ledger in {} cannot be used: {fault}. Install that andon again, or move the file \
         away to begin anew",
        directory.display()
    ))
}
