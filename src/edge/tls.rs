//! The certificate of the push door: who we are, and whose senders' certificates we believe.
//!
//! The files are read again whenever the secrets are. A pair that is no good changes nothing: the
//! one that was read last goes on, and the log says what to mend.
//!
//! # Promises
//! - `a_renewed_certificate_is_shown_without_a_restart_and_a_bad_one_is_not`
//! - `a_bad_certificate_is_told_by_the_check_and_at_the_start`

use alloc::rc::Rc;
use alloc::sync::Arc;
use core::cell::RefCell;
use std::fs;
use std::io::{Error, Read};
use std::net::TcpStream;

use futures_rustls::TlsAcceptor;
use futures_rustls::server::TlsStream;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use sha2::{Digest, Sha256};
use smol::Async;

use crate::edge::secrets::Vaults;
use crate::limits::CERTIFICATES_BYTES_MAX;
use crate::model::config::{ClientCertificates, TlsConfig};
use crate::model::secret::{Secret, Secrets};

/// What a port shows, as it was last read. Clones share it.
#[derive(Debug, Clone)]
pub struct Tls(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    config: TlsConfig,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The newest; secrets of this box and of Vault come apart from each other.
    key: Option<Secret>,
    shown: Option<Shown>,
}

#[derive(Debug)]
struct Shown {
    files: Files,
    server: Arc<ServerConfig>,
}

/// What the config points to, as it was read.
#[derive(Debug, PartialEq, Eq)]
struct Files {
    certificate: Vec<u8>,
    key: Secret,
    roots: Option<Vec<u8>>,
}

/// Why there is nothing to show, with the mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsFault {
    /// Something cannot be read at this moment, or on this machine.
    Missing(String),
    /// What was read is no good.
    Broken(String),
}

/// A connection that has become safe, and the fingerprint of the sender's own certificate.
pub(super) type Secured = (TlsStream<Async<TcpStream>>, Option<Box<str>>);

impl Tls {
    /// Reads what a port shows. What cannot be read is said and may come later; until then the port
    /// is shut.
    ///
    /// # Errors
    /// Says what is no good, and the mend.
    pub fn open(config: &TlsConfig, secrets: &Secrets) -> Result<Self, String> {
        let state = State { key: secrets.get(&config.key).cloned(), shown: None };
        let tls = Self(Rc::new(Inner { config: config.clone(), state: state.into() }));
        match tls.look() {
            Ok(_) => {}
            Err(TlsFault::Missing(why)) => log::error!("the ingest port is shut: {why}"),
            Err(TlsFault::Broken(why)) => return Err(why),
        }
        Ok(tls)
    }

    /// Reads it again, with the secrets that were read just now.
    pub fn reread(&self, secrets: &Secrets) {
        if let Some(key) = secrets.get(&self.0.config.key) {
            self.0.state.borrow_mut().key = Some(key.clone());
        }
        match self.look() {
            Ok(Look::Same) => {}
            Ok(Look::New) => log::info!("the ingest port has a new certificate or key"),
            Err(TlsFault::Missing(why) | TlsFault::Broken(why)) => {
                let so_far = match self.0.state.borrow().shown {
                    Some(_) => "goes on with the certificate that it has",
                    None => "is shut",
                };
                log::error!("the ingest port {so_far}: {why}");
            }
        }
    }

    fn look(&self) -> Result<Look, TlsFault> {
        let Inner { config, state } = &*self.0;
        let mut state = state.borrow_mut();
        let key = state.key.clone().ok_or_else(|| {
            TlsFault::Missing(format!("its key, {}, could not be read", config.key))
        })?;
        let files = Files::read(config, key)?;
        if state.shown.as_ref().is_some_and(|shown| shown.files == files) {
            return Ok(Look::Same);
        }
        let server = files.server(config).map_err(TlsFault::Broken)?;
        state.shown = Some(Shown { files, server: Arc::new(server) });
        Ok(Look::New)
    }

    /// Shakes hands. Nothing where the port has nothing to show.
    ///
    /// # Errors
    /// As the library says.
    pub(super) async fn secure(&self, stream: Async<TcpStream>) -> Result<Option<Secured>, Error> {
        let server = self.0.state.borrow().shown.as_ref().map(|shown| Arc::clone(&shown.server));
        let Some(server) = server else { return Ok(None) };
        let stream = TlsAcceptor::from(server).accept(stream).await?;
        let certificates = stream.get_ref().1.peer_certificates();
        let leaf = certificates.and_then(<[_]>::first).map(fingerprint);
        Ok(Some((stream, leaf)))
    }
}

enum Look {
    Same,
    New,
}

/// Looks at the files of a config as far as they are on this machine and may be read.
///
/// # Errors
/// Says which of them is no good, and the mend.
pub fn check(config: &TlsConfig) -> Result<(), String> {
    let here = |path: &str| match bytes(path) {
        Ok(pem) => certificates(path, &pem).map(|_| ()),
        Err(TlsFault::Missing(_)) => Ok(()),
        Err(TlsFault::Broken(why)) => Err(why),
    };
    here(&config.certificate)?;
    config.clients.as_ref().map_or(Ok(()), |clients| here(clients.roots()))?;
    let files = Vaults::default().find(&config.key).ok().map(|key| Files::read(config, key));
    match files {
        Some(Ok(files)) => files.server(config).map(|_| ()),
        Some(Err(_)) | None => Ok(()),
    }
}

impl Files {
    fn read(config: &TlsConfig, key: Secret) -> Result<Self, TlsFault> {
        let certificate = bytes(&config.certificate)?;
        let roots = config.clients.as_ref().map(|clients| bytes(clients.roots()));
        Ok(Self { certificate, key, roots: roots.transpose()? })
    }

    fn server(&self, config: &TlsConfig) -> Result<ServerConfig, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = certificates(&config.certificate, &self.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(self.key.expose().as_bytes()).map_err(|_| {
            format!("{} holds no private key. Write one in PEM, without a password", config.key)
        })?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|fault| fault.to_string())?;
        let builder = match (&config.clients, &self.roots) {
            (Some(clients), Some(pem)) => {
                let path = clients.roots();
                let mut roots = RootCertStore::empty();
                for root in certificates(path, pem)? {
                    roots.add(root).map_err(|fault| no_good(path, &fault))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
                let verifier = match clients {
                    ClientCertificates::Required { .. } => verifier,
                    ClientCertificates::Optional { .. } => verifier.allow_unauthenticated(),
                };
                builder.with_client_cert_verifier(
                    verifier.build().map_err(|fault| no_good(path, &fault))?,
                )
            }
            _ => builder.with_no_client_auth(),
        };
        let mut server = builder.with_single_cert(chain, key).map_err(|fault| {
            format!(
                "the certificate {} and the key {} do not go together: {fault}. Renew both at \
                 once; a credential changes with the service's restart",
                config.certificate, config.key
            )
        })?;
        server.alpn_protocols = Vec::from([b"http/1.1".to_vec()]);
        Ok(server)
    }
}

fn bytes(path: &str) -> Result<Vec<u8>, TlsFault> {
    let missing = |error: Error| {
        TlsFault::Missing(format!("{path} cannot be read: {error}. Put it there, for all to read"))
    };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(missing)?;
    file.take(CERTIFICATES_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(missing)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > CERTIFICATES_BYTES_MAX {
        let why = format!("{path} is longer than {CERTIFICATES_BYTES_MAX} bytes");
        return Err(TlsFault::Broken(format!("{why}. Write certificates alone into it")));
    }
    Ok(bytes)
}

fn certificates(path: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|fault| no_good(path, &fault))?;
    if found.is_empty() {
        return Err(no_good(path, &"there is none in it"));
    }
    Ok(found)
}

fn no_good(path: &str, why: &dyn core::fmt::Display) -> String {
    format!("{path} is no list of certificates: {why}. Write them in PEM, one after the other")
}

/// By what a sender's certificate is known: a SHA-256 needs no reading of what stands in it.
fn fingerprint(certificate: &CertificateDer<'_>) -> Box<str> {
    Sha256::digest(certificate).iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}
