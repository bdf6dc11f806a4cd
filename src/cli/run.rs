//! `andon run`: the hub on the box.

use alloc::rc::Rc;
use std::path::PathBuf;

use andon::edge::clock::Clock;
use andon::edge::descriptors::Descriptors;
use andon::edge::http::Client;
use andon::edge::listener::Listener;
use andon::edge::secrets::Vaults;
use andon::edge::store::Store;
use andon::edge::turn::{Askers, ToLog, World};
use andon::edge::{entropy, log as stderr, signals, systemd};
use andon::hub::{Hub, Setup};
use andon::ledger::{self, RecordFault};
use andon::limits::{ADMIN_BODY_BYTES_MAX, EVENTS_WAITING_MAX};
use andon::model::config::HubConfig;
use andon::model::secret::SecretRef;
use smol::LocalExecutor;
use smol::channel::bounded;

use super::arguments::RunOptions;
use super::environment::Environment;
use super::exit::Fault;

/// Runs until a signal.
pub(crate) fn run(options: &RunOptions, environment: &Environment) -> Result<(), Fault> {
    let style = match options.json {
        true => stderr::Style::Json,
        false => stderr::Style::fitting(environment.journal),
    };
    stderr::install(style, log::LevelFilter::Info);
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
    let vaults = Vaults { credentials: environment.credentials.clone() };
    let references: Vec<SecretRef> = loaded.config.secret_refs().into_iter().cloned().collect();
    let (secrets, missing) = vaults.read(&references);
    for text in missing {
        log::error!("{text}");
    }
    let admin = loaded.config.hub.admin_listen;
    let (events_in, events) = bounded(EVENTS_WAITING_MAX);
    let descriptors = Descriptors::of(loaded.config.sources.len(), loaded.config.targets.len());
    if let Some(complaint) = descriptors.complaint() {
        log::warn!("{complaint}");
    }
    let connections = descriptors.admin_connections();
    let listener = Listener::bind(admin, connections, ADMIN_BODY_BYTES_MAX)
        .map_err(|error| Fault::cannot_create(format!("{admin} cannot be listened on: {error}")))?;
    let boot = environment.boot.as_str().into();
    let setup = Setup { loaded, secrets, remembered, boot, seed: entropy::seed() };
    let mut hub = Hub::new(setup, clock.now());
    let askers = Askers::default();
    let mut world = World {
        clock,
        client: Client::new(events_in.clone()),
        store,
        vaults,
        references,
        events,
        askers: askers.clone(),
        voice: ToLog,
    };
    let executor = Rc::new(LocalExecutor::new());
    smol::block_on(executor.run(async {
        let serving = listener.serve(Rc::clone(&executor), move |call| {
            let (askers, events) = (askers.clone(), events_in.clone());
            async move { askers.ask(events, call).await }
        });
        executor.spawn(serving).detach();
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
