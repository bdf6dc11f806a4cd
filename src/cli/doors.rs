//! What `andon run` listens on: the admin door on loopback, and the push door where the file names
//! one. The push door takes webhooks and nothing else.

use alloc::rc::Rc;
use core::net::SocketAddr;

use andon::edge::askers::Askers;
use andon::edge::descriptors::Descriptors;
use andon::edge::listener::Listener;
use andon::event::Event;
use andon::limits::{ADMIN_BODY_BYTES_MAX, INGEST_BODY_BYTES_MAX, INGEST_CONNECTIONS_MAX};
use andon::model::config::Config;
use smol::LocalExecutor;
use smol::channel::Sender;

use super::exit::Fault;

/// The sockets of a hub, bound.
pub(super) struct Doors {
    admin: Listener,
    ingest: Option<Listener>,
}

impl Doors {
    /// Binds what the file names.
    pub(super) fn bind(config: &Config) -> Result<Self, Fault> {
        let descriptors = Descriptors::of(config.sources.len(), config.targets.len());
        if let Some(complaint) = descriptors.complaint() {
            log::warn!("{complaint}");
        }
        let connections = descriptors.admin_connections();
        let admin = bind(config.hub.admin_listen, connections, ADMIN_BODY_BYTES_MAX)?;
        let ingest = config.hub.ingest_listen;
        let ingest =
            ingest.map(|address| bind(address, INGEST_CONNECTIONS_MAX, INGEST_BODY_BYTES_MAX));
        Ok(Self { admin, ingest: ingest.transpose()? })
    }

    /// Opens them.
    pub(super) fn open(
        self,
        executor: &Rc<LocalExecutor<'_>>,
        askers: &Askers,
        events: &Sender<Event>,
    ) {
        if let Some(ingest) = self.ingest {
            let (askers, events) = (askers.clone(), events.clone());
            let serving = ingest.serve(Rc::clone(executor), move |call| {
                let (askers, events) = (askers.clone(), events.clone());
                async move { askers.push(events, call).await }
            });
            executor.spawn(serving).detach();
        }
        let (askers, events) = (askers.clone(), events.clone());
        let serving = self.admin.serve(Rc::clone(executor), move |call| {
            let (askers, events) = (askers.clone(), events.clone());
            async move { askers.ask(events, call).await }
        });
        executor.spawn(serving).detach();
    }
}

fn bind(address: SocketAddr, connections: usize, body_bytes: usize) -> Result<Listener, Fault> {
    Listener::bind(address, connections, body_bytes)
        .map_err(|error| Fault::cannot_create(format!("{address} cannot be listened on: {error}")))
}
