//! The push door behind TLS: our certificate, the senders' own, and what is renewed while it runs.

use alloc::sync::Arc;
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;

use andon::limits::SECRET_BYTES_MAX;
use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::door::{Door, answer, connect, delivery, prepare, request, rest};
use crate::hub::{Hub, andon, ended, run, text};
use crate::patience::{wait_for, wait_until};
use crate::world::{Mood, Platform, World};

/// Somebody who issues certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key.
pub(crate) struct Pair {
    pub(crate) certificate: Certificate,
    pub(crate) key: KeyPair,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn issues(&self, name: &str) -> Pair {
        self.issues_as(&CertificateParams::new([name.into()]).unwrap())
    }

    pub(crate) fn issues_as(&self, params: &CertificateParams) -> Pair {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Pair { certificate, key }
    }

    pub(crate) fn der(&self) -> rustls::pki_types::CertificateDer<'static> {
        self.0.der().clone()
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A client that believes this authority, with a certificate of its own or none.
    pub(crate) fn client(&self, own: Option<&Pair>) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        Arc::new(match own {
            None => builder.with_no_client_auth(),
            Some(Pair { certificate, key }) => {
                let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
                builder.with_client_auth_cert(vec![certificate.der().clone()], key).unwrap()
            }
        })
    }
}

impl Pair {
    pub(crate) fn write(&self, world: &World) {
        world.write("door.pem", &self.certificate.pem());
        world.write("door.key", &self.key.serialize_pem());
    }
}

/// The keys of `[ingest]` for what [`Pair::write`] wrote.
pub(crate) fn keys(world: &World) -> String {
    format!(
        "certificate = {:?}\nkey = {{ file = {:?} }}\n",
        world.path("door.pem"),
        world.path("door.key")
    )
}

pub(crate) type Safe = StreamOwned<ClientConnection, TcpStream>;

pub(crate) fn safe(port: u16, client: &Arc<ClientConfig>) -> Safe {
    let name = ServerName::try_from("hub.example").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::clone(client), name).unwrap(), connect(port))
}

/// The status that a delivery is answered with, or why it is not.
fn deliver(port: u16, client: &Arc<ClientConfig>, id: &str) -> Result<u16, String> {
    let mut stream = safe(port, client);
    let fault = |error: std::io::Error| error.to_string();
    stream.write_all(&delivery(id)).and_then(|()| stream.flush()).map_err(fault)?;
    let mut byte = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut byte).map_err(fault)?;
    Ok(text(&byte[9..]).parse().unwrap())
}

#[test]
fn senders_are_heard_behind_a_certificate_of_a_private_authority() {
    let authority = Authority::new();
    let door = Door::open(|world| {
        authority.issues("hub.example").write(world);
        keys(world)
    });
    let client = authority.client(None);
    let mut stream = safe(door.port, &client);
    for id in ["a", "b"] {
        stream.write_all(&delivery(id)).unwrap();
        assert_eq!(answer(&mut stream).body, "accepted\n", "the connection is kept");
    }
    let body =
        format!("{{\"id\": \"c\", \"severity\": \"low\", \"x\": \"{}\"}}", "y".repeat(99_000));
    let length = format!("content-length: {}", body.len());
    stream.write_all(&request("", &length, body.as_bytes())).unwrap();
    assert_eq!(answer(&mut stream).body, "accepted\n");

    // In clear nobody gets anywhere, and the next is heard.
    let mut plain = door.connect();
    plain.write_all(&delivery("in-clear")).unwrap();
    assert!(!rest(&mut plain).contains("HTTP"));
    let stranger = Authority::new().client(None);
    let said = deliver(door.port, &stranger, "d").unwrap_err();
    assert!(said.contains("invalid peer certificate"), "{said}");
    assert_eq!(deliver(door.port, &client, "e"), Ok(200));
    wait_until("both are counted", 5, || door.refused("no_tls") == 2);
    assert!(door.hub.said().contains("away: no TLS came about: "), "{}", door.hub.said());

    // A handshake that stalls, and one that never begins.
    let mut stalled = door.connect();
    stalled.write_all(b"\x16\x03\x01\x02\x00\x01").unwrap();
    let mut silent = door.connect();
    assert_eq!((rest(&mut stalled), rest(&mut silent)), (String::new(), String::new()));
    assert_eq!(door.refused("silent"), 2);
}

#[test]
fn senders_show_certificates_where_the_file_asks_for_them() {
    let [own, senders] = [Authority::new(), Authority::new()];
    let [good, bad] = [senders.issues("sender.example"), Authority::new().issues("sender.example")];
    for (demand, without) in [("", false), ("client_certificates = \"optional\"\n", true)] {
        let door = Door::open(|world| {
            own.issues("hub.example").write(world);
            world.write("senders.pem", &senders.pem());
            format!("{}client_roots = {:?}\n{demand}", keys(world), world.path("senders.pem"))
        });
        assert_eq!(deliver(door.port, &own.client(Some(&good)), "a"), Ok(200));
        assert!(deliver(door.port, &own.client(Some(&bad)), "b").is_err());
        assert_eq!(deliver(door.port, &own.client(None), "c").is_ok(), without);
        assert_eq!(door.refused("no_tls"), if without { 1 } else { 2 });
    }
}

#[test]
fn a_renewed_certificate_is_shown_without_a_restart_and_a_bad_one_is_not() {
    let [first, second] = [Authority::new(), Authority::new()];
    let door = Door::open(|world| {
        first.issues("hub.example").write(world);
        keys(world)
    });
    let [old, new] = [first.client(None), second.client(None)];
    let mut kept = safe(door.port, &old);
    kept.write_all(&delivery("a")).unwrap();
    assert_eq!(answer(&mut kept).status, 200);
    wait_until("there is data", 25, || door.world.answers() > 0);

    // A platform that refuses the secret has all of them read again, and the certificate with them.
    let pair = second.issues("hub.example");
    door.world.write("door.pem", &pair.certificate.pem());
    refuse_secret(&door, "another-secret-1");
    wait_until("it is said", 25, || door.hub.said().contains("do not go together"));
    assert!(door.hub.said().contains("goes on with the certificate that it has"));
    assert_eq!(deliver(door.port, &old, "b"), Ok(200));

    pair.write(&door.world);
    refuse_secret(&door, "another-secret-2");
    wait_until("it is taken", 25, || door.hub.said().contains("has a new certificate"));
    assert_eq!(deliver(door.port, &new, "c"), Ok(200));
    assert!(deliver(door.port, &old, "d").is_err());
    kept.write_all(&delivery("e")).unwrap();
    assert_eq!(answer(&mut kept).status, 200, "who is here stays");
    let secret = fs::read_to_string(door.world.path("door.key")).unwrap();
    let (_, said) = door.hub.stop();
    for line in secret.lines().filter(|line| !line.starts_with("-----")) {
        assert!(!said.contains(line), "{said}");
    }
}

/// Lets the platform change its secret, and writes the new one where the hub looks for it.
fn refuse_secret(door: &Door, secret: &str) {
    door.world.write("cxone", secret);
    *door.world.platform.desk() = Platform::with_secret(2, Mood::Calm, secret);
}

#[test]
fn a_bad_certificate_is_told_by_the_check_and_at_the_start() {
    let authority = Authority::new();
    let world = World::new(1, Mood::Calm);
    let pair = authority.issues("hub.example");
    let port = prepare(&world, |world| keys(world) + &roots(world));
    let config = world.path("andon.toml");
    let said = |words: &str| {
        let checked = ended(andon().arg("check").arg(&config));
        for (output, code) in [(checked, 78), (ended(&mut run(&config)), 65)] {
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{words}: {said}");
            assert!(said.contains(words), "{words}: {said}");
            assert!(!said.contains(&text(&pair.key.serialize_der())), "{said}");
        }
    };
    pair.write(&world);
    world.write("senders.pem", "nothing");
    said("senders.pem is no list of certificates: there is none in it. Write them in PEM");
    world.write("senders.pem", &authority.pem());
    world.write("door.pem", "-----BEGIN CERTIFICATE-----\n@@@\n-----END CERTIFICATE-----\n");
    said("door.pem is no list of certificates: ");
    world.write("door.pem", &authority.issues("hub.example").certificate.pem());
    said("do not go together: ");
    pair.write(&world);
    world.write("door.key", "not a key");
    said("holds no private key. Write one in PEM, without a password");
    world.write("door.pem", &"x".repeat(600 << 10));
    said("door.pem is longer than 524288 bytes");
    assert!(usize::try_from(SECRET_BYTES_MAX).unwrap() < 600 << 10);

    // On another machine nothing is there, and the file is good.
    for name in ["door.pem", "door.key", "senders.pem"] {
        fs::remove_file(world.path(name)).unwrap();
    }
    let checked = ended(andon().arg("check").arg(&config));
    assert!(checked.status.success(), "{}", text(&checked.stderr));

    // On the box the hub goes about its work, and the port opens when the files come.
    let hub = Hub::start(&world);
    assert!(hub.said().contains("the ingest port is shut: "), "{}", hub.said());
    assert_eq!(rest(&mut connect(port)), "");
    wait_until("there is data", 25, || world.answers() > 0);
    pair.write(&world);
    world.write("senders.pem", &authority.pem());
    world.write("cxone", "another-secret");
    *world.platform.desk() = Platform::with_secret(1, Mood::Calm, "another-secret");
    let client = authority.client(Some(&pair));
    wait_for("it opens", 30, || deliver(port, &client, "a").ok().filter(|status| *status == 200));
}

fn roots(world: &World) -> String {
    format!("client_roots = {}\n", quoted(&world.path("senders.pem")))
}

fn quoted(path: &Path) -> String {
    format!("{path:?}")
}
