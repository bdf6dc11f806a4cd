//! What `andon run` listens on: the admin door on loopback, and the push door where the file names
//! one. The push door takes webhooks and nothing else.

use alloc::rc::Rc;
use core::net::SocketAddr;

use andon::edge::askers::Askers;
use andon::edge::descriptors::Descriptors;
use andon::edge::listener::{Bounds, Listener};
use andon::edge::operator::Operator;
use andon::edge::tls::Tls;
use andon::edge::turned_away::TurnedAway;
use andon::event::Event;
use andon::limits::{
    ADMIN_BODY_BYTES_MAX, INGEST_BODIES_BYTES_MAX, INGEST_BODY_BYTES_MAX, INGEST_WAITING_MAX,
};
use andon::model::config::{Config, IngestConfig};
use andon::model::secret::Secrets;
use smol::LocalExecutor;
use smol::channel::Sender;

use super::exit::Fault;

/// The sockets of a hub, bound.
pub(super) struct Doors {
    admin: Listener,
    ingest: Option<(Listener, Option<Tls>)>,
}

impl Doors {
    /// Binds what the file names.
    pub(super) fn bind(config: &Config, secrets: &Secrets) -> Result<Self, Fault> {
        let descriptors = Descriptors::of(config.sources.len(), config.targets.len());
        let descriptors = match config.ingest {
            Some(_) => descriptors.with_push_door(),
            None => descriptors,
        };
        if let Some(complaint) = descriptors.complaint() {
            log::warn!("{complaint}");
        }
        let connections = descriptors.admin_connections();
        let admin = bind(config.hub.admin_listen, connections, ADMIN_BODY_BYTES_MAX)?;
        let ingest = config.ingest.as_ref();
        let ingest = ingest.map(|door| push_door(door, descriptors.ingest_connections(), secrets));
        Ok(Self { admin, ingest: ingest.transpose()? })
    }

    /// What the push door shows, to be read again now and then.
    pub(super) fn tls(&self) -> Option<Tls> {
        self.ingest.as_ref().and_then(|(_, tls)| tls.clone())
    }

    /// Opens them.
    pub(super) fn open(
        self,
        executor: &Rc<LocalExecutor<'_>>,
        askers: &Askers,
        events: &Sender<Event>,
        operator: &Operator,
    ) {
        let ingest = self.ingest.map(|(listener, tls)| {
            let porter = listener.porter(tls, TurnedAway::of("the ingest port"));
            let (askers, events) = (askers.clone(), events.clone());
            let handle = move |call| {
                let (askers, events) = (askers.clone(), events.clone());
                async move { askers.push(events, call).await }
            };
            let serving = listener.serve_by(Rc::clone(&porter), Rc::clone(executor), handle);
            executor.spawn(serving).detach();
            porter
        });
        let (askers, events, operator) = (askers.clone(), events.clone(), operator.clone());
        let serving = self.admin.serve(Rc::clone(executor), move |call| {
            let (askers, events, ingest) = (askers.clone(), events.clone(), ingest.clone());
            let authority = operator.authority(&call.headers);
            async move {
                if let Some(porter) = ingest {
                    // Who asks hears of this moment. The loop has ended when nobody listens.
                    let _ = events.send(Event::Door(porter.report())).await;
                }
                askers.ask(events, call, authority).await
            }
        });
        executor.spawn(serving).detach();
    }
}

fn push_door(
    door: &IngestConfig,
    connections: usize,
    secrets: &Secrets,
) -> Result<(Listener, Option<Tls>), Fault> {
    let IngestConfig { listen, tls } = door;
    let tls = tls.as_ref().map(|tls| Tls::open(tls, secrets)).transpose().map_err(Fault::data)?;
    if tls.is_none() && !listen.ip().is_loopback() {
        log::warn!(
            "the ingest port {listen} speaks plain HTTP: whoever is on the way reads the webhooks. \
             Give [ingest] a certificate and key, or put a proxy with TLS before it"
        );
    }
    let listener = bind(*listen, connections, INGEST_BODY_BYTES_MAX)?.within(Bounds {
        connections,
        body_bytes: INGEST_BODY_BYTES_MAX,
        bodies_bytes: INGEST_BODIES_BYTES_MAX,
        waiting: INGEST_WAITING_MAX,
    });
    Ok((listener, tls))
}

fn bind(address: SocketAddr, connections: usize, body_bytes: usize) -> Result<Listener, Fault> {
    Listener::bind(address, connections, body_bytes)
        .map_err(|error| Fault::cannot_create(format!("{address} cannot be listened on: {error}")))
}
