//! Secrets from a Vault that takes nothing but what the documentation of KV version 2 says.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::net::SocketAddr;
use std::io::{Read, Write};
use std::net::TcpListener;

use andon::demo::http::{Incoming, Reaction};
use andon::edge::http::Client;
use andon::edge::outward::Outward;
use andon::edge::roots;
use andon::edge::secrets::Vaults;
use andon::edge::vault::Vault;
use andon::event::Event;
use andon::model::config::{VaultConfig, VaultLogin};
use andon::model::http::Reply;
use andon::model::secret::{Secret, SecretRef, Secrets};
use andon::model::time::UtcMs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use smol::channel::{Receiver, bounded};
use tempfile::TempDir;

use crate::hub::Hub;
use crate::patience::wait_until;
use crate::server::{Desk, Server};
use crate::world::{CLIENT_SECRET, Mood, Platform, World};

const TOKEN: &str = "hvs.edges-vault-token";
const SECRET_ID: &str = "edges-secret-id-51f0";
const NEW_SECRET: &str = "edges-new-client-secret-9d2e";

/// A Vault with a KV store at `kv`.
struct KeyVault {
    tokens: Vec<String>,
    namespace: Option<&'static str>,
    lease_duration: u64,
    documents: BTreeMap<&'static str, Value>,
    /// What it answers instead.
    broken: Option<Reply>,
    logins: usize,
    reads: usize,
}

impl KeyVault {
    fn new(documents: &[(&'static str, Value)]) -> Self {
        Self {
            tokens: vec![TOKEN.into()],
            namespace: None,
            lease_duration: 3_600,
            documents: documents.iter().cloned().collect(),
            broken: None,
            logins: 0,
            reads: 0,
        }
    }

    fn login(&mut self, incoming: &Incoming) -> Reply {
        let body: Value = serde_json::from_slice(&incoming.body).unwrap_or_default();
        if body != json!({ "role_id": "andon", "secret_id": SECRET_ID }) {
            return errors(400, &format!("invalid role or secret ID {SECRET_ID}"));
        }
        self.logins += 1;
        let token = format!("hvs.login-{}", self.logins);
        self.tokens.push(token.clone());
        let auth = json!({ "client_token": token, "lease_duration": self.lease_duration });
        json_reply(&json!({ "auth": auth, "data": null }))
    }

    fn read(&mut self, incoming: &Incoming) -> Reply {
        let token = incoming.header("x-vault-token").unwrap_or_default();
        if !self.tokens.iter().any(|known| known == token) {
            return errors(403, &format!("permission denied for {token}"));
        }
        self.reads += 1;
        let path = incoming.path.strip_prefix("/v1/kv/data/").unwrap_or_default();
        match self.documents.get(path) {
            Some(document) => json_reply(&json!({
                "lease_duration": 0,
                "data": { "data": document, "metadata": { "version": 3, "destroyed": false } },
            })),
            None => errors(404, path),
        }
    }
}

impl Desk for KeyVault {
    fn receive(&mut self, incoming: &Incoming, _: UtcMs) -> Reaction {
        if let Some(broken) = &self.broken {
            self.reads += 1;
            return Reaction::Reply(broken.clone());
        }
        if incoming.header("x-vault-namespace") != self.namespace {
            return Reaction::Reply(errors(404, "no handler for route"));
        }
        Reaction::Reply(match (&*incoming.method, incoming.route()) {
            ("POST", "/v1/auth/approle/login") => self.login(incoming),
            ("GET", _) => self.read(incoming),
            _ => errors(405, "unsupported operation"),
        })
    }
}

fn errors(status: u16, text: &str) -> Reply {
    Reply::new(status, "application/json", json!({ "errors": [text] }).to_string())
}

fn json_reply(body: &Value) -> Reply {
    Reply::new(200, "application/json", body.to_string())
}

/// A Vault with its reader.
struct Bench {
    server: Server<KeyVault>,
    vault: Vault,
    events: Receiver<Event>,
    own: Vaults,
    _directory: TempDir,
}

impl Bench {
    fn new(desk: KeyVault, login: impl FnOnce(SecretRef) -> VaultLogin, key: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("vault"), key).unwrap();
        let namespace = desk.namespace.map(Into::into);
        let server = Server::start(desk);
        let (sender, events) = bounded(8);
        let config = VaultConfig {
            url: format!("http://{}", server.address).into(),
            mount: "kv".into(),
            namespace,
            roots: None,
            login: login(SecretRef::Credential("vault".into())),
        };
        let vault = Vault::new(config, Client::new(sender.clone()), sender);
        let own = Vaults { credentials: Some(directory.path().into()), vault: None };
        Self { server, vault, events, own, _directory: directory }
    }

    fn read(&self, references: &[SecretRef]) -> (Secrets, String) {
        let (secrets, missing) = self.vault.read(references, &self.own);
        (secrets, missing.join("\n"))
    }
}

fn role(secret_id: SecretRef) -> VaultLogin {
    VaultLogin::AppRole { role_id: "andon".into(), secret_id }
}

fn field(path: &str, field: &str) -> SecretRef {
    SecretRef::Vault { path: path.into(), field: field.into() }
}

fn centre() -> KeyVault {
    let cxone = json!({ "secret": "s3cret\n", "number": 7, "empty": " ", "other": "keep-me-out" });
    KeyVault::new(&[("centre/cxone", cxone), ("slack", json!({ "url": "https://h.example/x" }))])
}

#[test]
fn a_field_is_read_and_nothing_else() {
    let desk = KeyVault { namespace: Some("north"), ..centre() };
    let bench = Bench::new(desk, VaultLogin::Token, TOKEN);
    let wanted = [field("centre/cxone", "secret"), field("slack", "url")];
    bench.vault.start(&wanted, &bench.own);
    let Ok(Event::SecretsRead(secrets)) = bench.events.recv_blocking() else { panic!("no event") };
    let found = wanted.each_ref().map(|wanted| secrets.get(wanted).map(Secret::expose));
    assert_eq!(found, [Some("s3cret"), Some("https://h.example/x")]);
    assert!(secrets.get(&field("centre/cxone", "other")).is_none());
    assert_eq!(bench.server.desk().reads, 2);
}

#[test]
fn no_fault_of_vault_quotes_what_vault_said() {
    let bench = Bench::new(centre(), VaultLogin::Token, TOKEN);
    let wanted = ["number", "empty", "none"].map(|name| field("centre/cxone", name));
    let said = bench.read(&[&wanted[..], &[field("gone", "x")]].concat()).1;
    for words in [
        "number\" cannot be read: the field is not a text",
        "the field is empty",
        "there is no such field",
        "kv/gone cannot be read from the vault: it answered 404",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!said.contains("keep-me-out") && !said.contains("s3cret"), "{said}");
    let quotes = "keep-me-out hvs.edges";
    let cut = format!("{{\"data\":{{\"data\":{{\"secret\":\"{quotes}");
    for (status, body) in [
        (200, quotes.into()),
        (200, cut),
        (200, "null".into()),
        (400, quotes.into()),
        (403, quotes.into()),
        (307, quotes.into()),
        (503, quotes.into()),
        (200, format!("{quotes}{}", " ".repeat(300 << 10))),
    ] {
        bench.server.desk().broken = Some(Reply::new(status, "application/json", body));
        let (secrets, said) = bench.read(&[field("centre/cxone", "secret")]);
        assert!(secrets.get(&field("centre/cxone", "secret")).is_none());
        assert!(said.contains("cannot be read") && said.len() < 250, "{said}");
        assert!(!said.contains("keep-me-out") && !said.contains(TOKEN), "{said}");
    }
}

#[test]
fn a_role_logs_in_once_and_again_when_its_token_is_refused() {
    let bench = Bench::new(centre(), role, SECRET_ID);
    let wanted = [field("centre/cxone", "secret"), field("slack", "url")];
    for _ in 0..3 {
        assert_eq!(bench.read(&wanted).1, "");
    }
    assert_eq!(bench.server.desk().logins, 1);
    bench.server.desk().tokens.clear();
    assert_eq!(bench.read(&wanted).1, "");
    assert_eq!(bench.server.desk().logins, 2);
    bench.server.desk().lease_duration = 1;
    bench.server.desk().tokens.clear();
    assert_eq!(bench.read(&wanted).1, "");
    wait_until("the lease is over", 5, || {
        bench.read(&wanted);
        bench.server.desk().logins > 3
    });

    let wrong = Bench::new(centre(), role, "wrong");
    let said = wrong.read(&wanted).1;
    assert!(said.contains("it refuses the role with 400"), "{said}");
    assert!(!said.contains(SECRET_ID), "{said}");
}

#[test]
fn a_vault_that_is_down_is_asked_once() {
    let bench = Bench::new(centre(), VaultLogin::Token, TOKEN);
    bench.server.desk().broken = Some(errors(503, "Vault is sealed"));
    let (_, said) = bench.read(&[field("a", "x"), field("b", "x"), field("c", "x")]);
    assert!(said.contains("it is not ready: 503; the secrets that were read from it last go on"));
    assert_eq!((bench.server.desk().reads, said.lines().count()), (1, 1));
}

#[test]
fn a_hub_lives_on_secrets_of_a_vault_through_its_absence_and_a_new_secret() {
    let vault = Server::start(KeyVault::new(&[("cxone", json!({ "key": CLIENT_SECRET }))]));
    let world = World::new(2, Mood::Calm);
    world.write("vault", TOKEN);
    let source = world.source("bank", &format!("http://{}", world.platform.address));
    let own = format!("{{ file = {:?} }}", world.path("cxone"));
    let source = source.replace(&own, "{ vault = \"cxone#key\" }");
    let table = format!(
        "[vault]\nurl = \"http://{}\"\nmount = \"kv\"\ntoken = {{ file = {:?} }}\n\n",
        vault.address,
        world.path("vault")
    );
    world.write("andon.toml", &world.config(&format!("{table}{source}")));
    let hub = Hub::start(&world);
    wait_until("there is data", 20, || world.answers() > 0);
    assert!(!hub.said().contains("could not be read"), "{}", hub.said());

    // The platform forgets its tokens while the vault is down: the old secret is still known.
    vault.desk().broken = Some(errors(503, "sealed"));
    *world.platform.desk() = Platform::new(2, Mood::Calm);
    wait_until("there is data again", 25, || world.answers() > 0);
    assert!(hub.said().contains("last go on"), "{}", hub.said());

    // The platform gets a new secret: nobody starts the hub again.
    vault.desk().broken = None;
    vault.desk().documents.insert("cxone", json!({ "key": NEW_SECRET }));
    *world.platform.desk() = Platform::with_secret(2, Mood::Calm, NEW_SECRET);
    wait_until("there is data by the new secret", 40, || world.answers() > 0);
    let metrics = hub.get("/metrics").body;
    assert!(metrics.contains("andon_source_token_ends_seconds{source=\"bank\"} 3"), "{metrics}");
    assert!(hub.counts("andon_token_uses_total{source=\"bank\"}") >= 3.0);
    let (_, said) = hub.stop();
    assert!(said.contains("the secret vault \"cxone#key\" has changed"), "{said}");
    for secret in [CLIENT_SECRET, NEW_SECRET, TOKEN] {
        assert!(!said.contains(secret) && !metrics.contains(secret), "{said}");
    }
}

#[test]
fn a_secret_file_that_changes_is_used_without_a_restart() {
    let world = World::new(2, Mood::Calm);
    let mut command = crate::hub::run(&world.path("andon.toml"));
    command.arg("--verbose");
    let hub = Hub::spawn(command, &world);
    wait_until("there is data", 25, || world.answers() > 0);
    world.write("cxone", NEW_SECRET);
    *world.platform.desk() = Platform::with_secret(2, Mood::Calm, NEW_SECRET);
    wait_until("there is data by the new secret", 25, || world.answers() > 0);
    let (_, said) = hub.stop();
    for words in ["used for queues: 200", "token 1 used for queues: 401", "has changed"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains(NEW_SECRET) && !said.contains("demo-"), "{said}");
}

/// The address of a server behind TLS, which has a certificate of the tests' own authority and
/// answers one connection after the other with the same.
fn safe_server(answer: &'static str) -> SocketAddr {
    let pem = include_bytes!("certificates/localhost.pem");
    let chain = CertificateDer::pem_slice_iter(pem).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(pem).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            // Who does not believe the certificate ends here.
            if stream.read(&mut [0; 4_096]).is_ok() {
                let _ = stream.write_all(answer.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    address
}

#[test]
fn a_vault_that_only_the_houses_own_authority_vouches_for_is_believed_by_its_roots() {
    let address = safe_server(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: 37\r\n\r\n{\"data\":{\"data\":{\"secret\":\"s3cret\"}}}",
    );
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("vault"), TOKEN).unwrap();
    let own = Vaults { credentials: Some(directory.path().into()), vault: None };
    let (sender, _events) = bounded(8);
    let wanted = [field("centre/cxone", "secret")];
    let read = |client: Client| {
        let config = VaultConfig {
            url: format!("https://{address}").into(),
            mount: "kv".into(),
            namespace: None,
            roots: None,
            login: VaultLogin::Token(SecretRef::Credential("vault".into())),
        };
        Vault::new(config, client, sender.clone()).read(&wanted, &own)
    };
    let (_, said) = read(Client::new(sender.clone()));
    assert!(said.concat().contains("UnknownIssuer"), "{said:?}");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/edges/certificates/authority.pem");
    let roots = roots::read(path).unwrap();
    let (secrets, said) = read(Client::by(Outward::plain().trusting(&roots), sender.clone()));
    assert_eq!(secrets.get(&wanted[0]).map(Secret::expose), Some("s3cret"), "{said:?}");
}
