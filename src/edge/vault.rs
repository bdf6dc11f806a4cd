//! Reads secrets from a HashiCorp Vault: its KV store of version 2, over HTTP.
//!
//! A reading is one thread that asks for path after path and reports what it found as
//! [`Event::SecretsRead`]. What it could not read stays as it was.
//!
//! # Promises
//! - `a_field_is_read_and_nothing_else`
//! - `no_fault_of_vault_quotes_what_vault_said`: its answers may hold secrets of others.
//! - `a_role_logs_in_once_and_again_when_its_token_is_refused`
//! - `a_vault_that_is_down_is_asked_once`: not once for each path.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde::Deserialize;
use smol::channel::Sender;

use crate::edge::clock::Clock;
use crate::edge::http::Client;
use crate::edge::secrets::{Missing, Vaults};
use crate::event::Event;
use crate::limits::{SECRET_BYTES_MAX, VAULT_ANSWER_BYTES_MAX, VAULT_DEADLINE, VAULT_STACK_BYTES};
use crate::model::config::{VaultConfig, VaultLogin};
use crate::model::http::{LinkFault, Reply, Request};
use crate::model::secret::{Secret, SecretRef, Secrets};
use crate::model::time::{Span, Tick};

/// A Vault that secrets are read from.
#[derive(Debug, Clone)]
pub struct Vault(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: VaultConfig,
    clock: Clock,
    client: Client,
    events: Sender<Event>,
    /// A role's token, until it ends or is refused.
    held: Mutex<Option<Held>>,
    is_reading: AtomicBool,
}

#[derive(Debug, Clone)]
struct Held {
    token: Secret,
    /// Nothing where it has no end.
    until: Option<Tick>,
}

/// Whose fault it is, and how much it spoils.
#[derive(Debug)]
enum Fault {
    /// This path cannot be read; others may.
    OfPath(String),
    /// Nothing can be read.
    OfAll(String),
}

impl Vault {
    /// A Vault that has not been asked; `events` hears what is read.
    #[must_use]
    pub fn new(config: VaultConfig, client: Client, events: Sender<Event>) -> Self {
        let (held, is_reading) = (Mutex::default(), AtomicBool::new(false));
        Self(Arc::new(Inner { config, clock: Clock::real(), client, events, held, is_reading }))
    }

    /// Takes what the way to it needs of secrets that were read again.
    pub fn reread(&self, secrets: &Secrets) {
        self.0.client.reread(secrets);
    }

    /// Begins to read, unless a reading is under way. `own` finds the key of this box to the Vault.
    pub fn start(&self, references: &[SecretRef], own: &Vaults) {
        let wanted = by_path(references);
        if wanted.is_empty() || self.0.is_reading.swap(true, Ordering::AcqRel) {
            return;
        }
        let (vault, own) = (self.clone(), own.clone());
        let thread = thread::Builder::new().name("vault".into()).stack_size(VAULT_STACK_BYTES);
        let spawned = thread.spawn(move || {
            let (secrets, missing) = vault.read_all(&wanted, &own);
            for text in missing {
                log::error!("{text}");
            }
            vault.0.is_reading.store(false, Ordering::Release);
            // The loop has ended when nobody listens; the secrets are of no use then.
            let _ = vault.0.events.send_blocking(Event::SecretsRead(secrets));
        });
        if let Err(fault) = spawned {
            log::error!("no thread to read the vault: {fault}");
            self.0.is_reading.store(false, Ordering::Release);
        }
    }

    /// Reads, and waits for it: what was found, and what could not be and why.
    #[must_use]
    pub fn read(&self, references: &[SecretRef], own: &Vaults) -> (Secrets, Vec<Missing>) {
        self.read_all(&by_path(references), own)
    }

    fn read_all(&self, wanted: &Wanted, own: &Vaults) -> (Secrets, Vec<Missing>) {
        let (mut secrets, mut missing) = (Secrets::default(), Vec::new());
        for (path, fields) in wanted {
            let document = match self.document(path, own) {
                Ok(document) => document,
                Err(Fault::OfPath(why)) => {
                    let mount = &self.0.config.mount;
                    missing.push(format!("{mount}/{path} cannot be read from the vault: {why}"));
                    continue;
                }
                Err(Fault::OfAll(why)) => {
                    missing.push(format!(
                        "the vault at {} cannot be read: {why}; the secrets that were read from it \
                         last go on",
                        self.0.config.url
                    ));
                    break;
                }
            };
            for field in fields {
                let reference = SecretRef::Vault { path: path.clone(), field: field.clone() };
                match document.secret(field) {
                    Ok(secret) => secrets.put(reference, secret),
                    Err(why) => {
                        missing.push(format!("the secret {reference} cannot be read: {why}"));
                    }
                }
            }
        }
        (secrets, missing)
    }

    /// What is kept under a path, by a token that is renewed once where it is refused.
    fn document(&self, path: &str, own: &Vaults) -> Result<Document, Fault> {
        let (token, age) = self.token(own)?;
        match self.ask(path, &token) {
            Ok(reply) if reply.status == 403 && age == Age::Used => {
                *self.held() = None;
                let (token, _) = self.token(own)?;
                document(&self.ask(path, &token)?)
            }
            answered => document(&answered?),
        }
    }

    fn ask(&self, path: &str, token: &Secret) -> Result<Reply, Fault> {
        let VaultConfig { url, mount, .. } = &self.0.config;
        let request = Request::get(&format!("{url}/v1/{mount}/data/{path}"), VAULT_DEADLINE);
        self.fetch(request.with_header("x-vault-token", token.expose()))
    }

    fn token(&self, own: &Vaults) -> Result<(Secret, Age), Fault> {
        let find = |reference: &SecretRef| {
            let unread = |why| Fault::OfAll(format!("its key, {reference}: {why}"));
            own.find(reference).map_err(unread)
        };
        let (role_id, secret_id) = match &self.0.config.login {
            // It is read each time, so a token that an agent replaced is taken up.
            VaultLogin::Token(reference) => return Ok((find(reference)?, Age::Fresh)),
            VaultLogin::AppRole { role_id, secret_id } => (role_id, find(secret_id)?),
        };
        if let Some(held) = self.held().clone()
            && held.until.is_none_or(|until| self.0.clock.now().tick < until)
        {
            return Ok((held.token, Age::Used));
        }
        let body = serde_json::json!({ "role_id": role_id, "secret_id": secret_id.expose() });
        let url = format!("{}/v1/auth/approle/login", self.0.config.url);
        let asked = self.0.clock.now().tick;
        let request = Request::post_json(&url, body.to_string().into_bytes(), VAULT_DEADLINE);
        let reply = self.fetch(request)?;
        if matches!(reply.status, 400 | 403) {
            let why =
                format!("it refuses the role with {}; look at role_id and secret_id", reply.status);
            return Err(Fault::OfAll(why));
        }
        let login: Login = parse(&reply).map_err(Fault::OfAll)?;
        let token = Secret::new(&login.auth.client_token);
        let lease = login.auth.lease_duration.min(LEASE_SECS_MAX);
        let lease = Span::secs(i64::try_from(lease).unwrap_or_default());
        let until = (lease != Span::ZERO).then(|| asked + lease.percent(80));
        *self.held() = Some(Held { token: token.clone(), until });
        Ok((token, Age::Fresh))
    }

    fn fetch(&self, request: Request) -> Result<Reply, Fault> {
        let request = request.with_header("x-vault-request", "true");
        let request = match &self.0.config.namespace {
            Some(namespace) => request.with_header("x-vault-namespace", namespace),
            None => request,
        };
        let reply = self.0.client.fetch_at_most(VAULT_ANSWER_BYTES_MAX, &request);
        let reply = reply.map_err(|fault| match fault {
            LinkFault::AnswerTooLarge => {
                Fault::OfPath(format!("its answer has more than {VAULT_ANSWER_BYTES_MAX} bytes"))
            }
            fault @ (LinkFault::NoSuchHost
            | LinkFault::Connect(_)
            | LinkFault::Tls(_)
            | LinkFault::Dated(_)
            | LinkFault::NotMade(_)
            | LinkFault::Timeout
            | LinkFault::Closed(_)
            | LinkFault::Proxy(_)
            | LinkFault::ProxyRefuses(_)
            | LinkFault::BadRequest(_)) => Fault::OfAll(fault.to_string()),
        })?;
        match reply.status {
            300..=399 => Err(Fault::OfAll(format!(
                "it sends us elsewhere with {}; write the address of the active server",
                reply.status
            ))),
            429 | 500.. => Err(Fault::OfAll(format!("it is not ready: {}", reply.status))),
            _ => Ok(reply),
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<Held>> {
        // A thread that panics ends the program, so what is held is whole in any case.
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a token was asked for just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    Fresh,
    Used,
}

type Wanted = BTreeMap<Box<str>, BTreeSet<Box<str>>>;

fn by_path(references: &[SecretRef]) -> Wanted {
    let mut wanted = Wanted::new();
    for reference in references {
        if let SecretRef::Vault { path, field } = reference {
            wanted.entry(path.clone()).or_default().insert(field.clone());
        }
    }
    wanted
}

#[derive(Deserialize)]
struct Login {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    client_token: Box<str>,
    /// Seconds; 0 for ever.
    #[serde(default)]
    lease_duration: u64,
}

#[derive(Deserialize)]
struct Versioned {
    data: Document,
}

/// The newest version of what is kept under a path.
#[derive(Deserialize)]
struct Document {
    data: BTreeMap<Box<str>, serde_json::Value>,
}

impl Document {
    fn secret(&self, field: &str) -> Result<Secret, &'static str> {
        let longest = usize::try_from(SECRET_BYTES_MAX).unwrap_or(usize::MAX);
        match self.data.get(field).map(serde_json::Value::as_str) {
            None => Err("there is no such field"),
            Some(None) => Err("the field is not a text"),
            Some(Some(text)) if text.trim().is_empty() => Err("the field is empty"),
            Some(Some(text)) if text.len() > longest => Err("the field is too long"),
            Some(Some(text)) => Ok(Secret::new(text)),
        }
    }
}

fn document(reply: &Reply) -> Result<Document, Fault> {
    match reply.status {
        403 => {
            Err(Fault::OfPath("it answered 403: the token may not read this, or has ended".into()))
        }
        404 => Err(Fault::OfPath(
            "it answered 404: nothing is there, or `mount` is not a KV store of version 2".into(),
        )),
        _ => parse::<Versioned>(reply).map(|versioned| versioned.data).map_err(Fault::OfPath),
    }
}

/// The body of an answer. No fault repeats any of it.
fn parse<'de, T: Deserialize<'de>>(reply: &'de Reply) -> Result<T, String> {
    if reply.status != 200 {
        return Err(format!("it answered {}", reply.status));
    }
    serde_json::from_slice(&reply.body).map_err(|fault| {
        let (line, column) = (fault.line(), fault.column());
        format!("its answer is not what Vault says (line {line}, column {column})")
    })
}

/// Longer than any lease, and short enough for the clock.
const LEASE_SECS_MAX: u64 = 30 * 24 * 3_600;
