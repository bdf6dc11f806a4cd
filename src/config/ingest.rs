//! `[ingest]`: the push door, where webhooks are taken and nothing else is served.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `listen` | text | `0.0.0.0:8443` | the address and port |
//! | `certificate` | path | none | a PEM file: the certificate, then those that lead to its root |
//! | `key` | secret | required by `certificate` | its private key, PEM |
//! | `client_roots` | path | none | a PEM file: who may issue the senders' own certificates |
//! | `client_certificates` | `required`, `optional` | `required` | of a port with `client_roots` |
//!
//! Without a certificate the port speaks plain HTTP.

use alloc::boxed::Box;
use alloc::format;
use core::net::SocketAddr;

use crate::config::{address, path, secret};
use crate::document::{Item, Table};
use crate::model::config::{ClientCertificates, HubConfig, IngestConfig, TlsConfig};

/// Reads `[ingest]`. None, where there is no such table: then nothing is taken.
pub(super) fn read(root: &mut Table<'_>, hub: &HubConfig) -> Option<IngestConfig> {
    let mut table = root.optional("ingest")?.table()?;
    let listen = match table.optional("listen") {
        Some(item) => apart(&item, hub.admin_listen),
        None => Some(IngestConfig::LISTEN),
    };
    let tls = tls(&mut table);
    table.finish();
    Some(IngestConfig { listen: listen?, tls: tls? })
}

/// An address that is not the admin listener's.
fn apart(item: &Item<'_>, admin: SocketAddr) -> Option<SocketAddr> {
    let listen = address::socket(item)?;
    if listen.port() == admin.port() && listen.port() != 0 {
        let help = "Write another port: \"0.0.0.0:8443\".";
        return item.refuse(format!("port {} is the admin listener's", admin.port()), help);
    }
    Some(listen)
}

/// What the port shows and asks for. The outer nothing is a problem, the inner one plain HTTP.
fn tls(table: &mut Table<'_>) -> Option<Option<TlsConfig>> {
    let certificate = table.optional("certificate");
    let key = table.optional("key");
    let roots = table.optional("client_roots");
    let demand = table.optional("client_certificates");
    let Some(certificate) = certificate else {
        let help = "Write certificate = \"/etc/andon/ingest.pem\" beside it, or leave it out.";
        let alone = [key, roots, demand].into_iter().flatten().map(|item| {
            item.refuse::<()>("this is of no use without a certificate of the port", help)
        });
        return if alone.count() == 0 { Some(None) } else { None };
    };
    let chain = path(&certificate);
    let key = match key {
        Some(key) => secret::reference(&key),
        None => certificate.refuse(
            "a certificate is of no use without its key",
            "Write key = { credential = \"ingest-key\" } or { file = \"/path\" } beside it.",
        ),
    };
    let clients = clients(roots.as_ref(), demand.as_ref());
    Some(Some(TlsConfig { certificate: chain?, key: key?, clients: clients? }))
}

fn clients(
    roots: Option<&Item<'_>>,
    demand: Option<&Item<'_>>,
) -> Option<Option<ClientCertificates>> {
    let Some(roots) = roots else {
        return match demand {
            None => Some(None),
            Some(item) => item.refuse(
                "nobody is named who may issue them",
                "Write client_roots = \"/etc/andon/senders.pem\" beside it, or leave it out.",
            ),
        };
    };
    let roots = path(roots);
    let (required, optional): (Made, Made) = (
        |roots| ClientCertificates::Required { roots },
        |roots| ClientCertificates::Optional { roots },
    );
    let words = [("required", required), ("optional", optional)];
    let made =
        demand.map_or(Some(required), |item| item.one_of("a way to ask for certificates", &words));
    Some(Some(made?(roots?)))
}

/// A demand, as it is made of the path of the roots.
type Made = fn(Box<str>) -> ClientCertificates;
