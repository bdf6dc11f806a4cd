//! The way out over real TLS: certificates of both sides, and a proxy that opens tunnels or not.

use alloc::sync::Arc;
use core::net::SocketAddr;
use std::io::{BufRead, BufReader, Read, Write, copy};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread;

use andon::edge::exits::Exits;
use andon::edge::http::Client;
use andon::edge::outward::{Outward, ProxyEnvironment};
use andon::edge::secrets::Vaults;
use andon::model::config::TextOrSecret;
use andon::model::http::{Identity, LinkFault, Reply, Request};
use andon::model::name::TargetName;
use andon::model::network::{NetworkConfig, NoProxy, ProxyAddress, ProxyChoice};
use andon::model::secret::{Secret, SecretRef, Secrets};
use andon::model::target::{TargetConfig, TargetKind, Teams};
use andon::model::time::Span;
use rcgen::{CertificateParams, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use smol::channel::bounded;
use tempfile::NamedTempFile;

use crate::tls::{Authority, Pair};

const ANSWER: &str = "HTTP/1.1 202 Accepted\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";

/// A server behind TLS that answers everybody alike, and asks for a certificate of `senders`.
fn server(pair: &Pair, senders: Option<&Authority>) -> SocketAddr {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match senders {
        None => builder.with_no_client_auth(),
        Some(senders) => {
            let mut roots = RootCertStore::empty();
            roots.add(senders.der()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let key = PrivateKeyDer::try_from(pair.key.serialize_der()).unwrap();
    let chain = vec![pair.certificate.der().clone()];
    let config = Arc::new(builder.with_single_cert(chain, key).unwrap());
    listen(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        // Who does not believe the certificate ends here.
        if stream.read(&mut [0; 4_096]).is_ok() {
            let _ = stream.write_all(ANSWER.as_bytes());
            stream.conn.send_close_notify();
        }
        let _ = stream.flush();
    })
}

fn listen(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream.unwrap()));
        }
    });
    address
}

/// How a proxy is.
#[derive(Clone)]
enum Manner {
    /// It leads every host to this address.
    Opens(SocketAddr),
    /// The same, for who says this.
    OpensFor(&'static str, SocketAddr),
    Answers(&'static str),
    Hangs,
}

/// A proxy, and the heads of the requests that it has had.
struct Proxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    manner: Arc<Mutex<Manner>>,
}

impl Proxy {
    fn start(manner: Manner) -> Self {
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let manner = Arc::new(Mutex::new(manner));
        let shared = (Arc::clone(&heads), Arc::clone(&manner));
        let address = listen(move |stream| {
            let head = head(&stream);
            let manner = shared.1.lock().unwrap().clone();
            let proof = head.lines().find_map(|line| line.strip_prefix("Proxy-Authorization: "));
            let opens = match manner {
                Manner::Opens(to) => Ok(to),
                Manner::OpensFor(wanted, to) if proof == Some(wanted) => Ok(to),
                Manner::OpensFor(..) => Err("HTTP/1.1 407 Who\r\ncontent-length: 0\r\n\r\n"),
                Manner::Answers(text) => Err(text),
                Manner::Hangs => {
                    let _ = (&stream).read(&mut [0]);
                    return;
                }
            };
            shared.0.lock().unwrap().push(head);
            match opens {
                Ok(to) => tunnel(&stream, to),
                Err(text) => (&stream).write_all(text.as_bytes()).unwrap(),
            }
        });
        Self { address, heads, manner }
    }

    fn becomes(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    fn config(&self) -> NetworkConfig {
        let address = ProxyAddress::read(&format!("http://{}", self.address)).unwrap();
        NetworkConfig { proxy: ProxyChoice::At(address), ..NetworkConfig::default() }
    }
}

/// The bytes up to the empty line, and none of what follows it.
fn head(stream: &TcpStream) -> String {
    let mut head = String::new();
    let mut reader = BufReader::with_capacity(1, stream);
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
    head
}

fn tunnel(stream: &TcpStream, to: SocketAddr) {
    let host = TcpStream::connect(to).unwrap();
    let mut back = stream;
    back.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
    let (mut from, mut into) = (stream.try_clone().unwrap(), host.try_clone().unwrap());
    thread::spawn(move || copy(&mut from, &mut into));
    let _ = copy(&mut &host, &mut back);
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

/// What a client of this config gets for a request.
fn ask(config: &NetworkConfig, request: &Request) -> Result<Reply, LinkFault> {
    client(config).fetch(request)
}

fn client(config: &NetworkConfig) -> Client {
    let outward = Outward::open(config, &ProxyEnvironment::default(), &Vaults::default()).unwrap();
    let (events, _) = bounded(1);
    Client::by(outward, events)
}

fn get(url: &str) -> Request {
    Request::get(url, Span::secs(10)).with_header("authorization", "Bearer hush")
}

/// The config with the authority among those that are believed.
fn believing(authority: &Authority, config: NetworkConfig) -> (NetworkConfig, NamedTempFile) {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(authority.pem().as_bytes()).unwrap();
    let roots = Some(file.path().to_str().unwrap().into());
    (NetworkConfig { roots, ..config }, file)
}

#[test]
fn a_host_behind_a_proxy_is_reached_by_its_name_and_the_proxy_reads_nothing() {
    let authority = Authority::new();
    let host = server(&authority.issues("events.example"), None);
    let proxy = Proxy::start(Manner::Opens(host));
    let (config, _roots) = believing(&authority, proxy.config());
    for _ in 0..2 {
        let reply = ask(&config, &get("https://events.example/v2?key=hush")).unwrap();
        assert_eq!((reply.status, reply.excerpt().as_str()), (202, "hello"));
    }
    let heads = proxy.heads.lock().unwrap().concat();
    assert!(heads.starts_with("CONNECT events.example:443 HTTP/1.1\r\n"), "{heads}");
    assert!(!heads.contains("hush"), "{heads}");

    // What stands in `no_proxy` is asked itself; nobody is there.
    let no_proxy = NoProxy::of_environment("events.example").0;
    let direct = NetworkConfig { no_proxy, ..config };
    let request = get("https://events.example.invalid/");
    assert_eq!(
        ask(&direct, &get("https://127.0.0.1:1/")).unwrap_err().to_string().get(..13),
        Some("no connection")
    );
    assert!(matches!(ask(&direct, &request), Err(LinkFault::Tls(_))), "the proxy leads it astray");
    assert_eq!(proxy.heads.lock().unwrap().len(), 3);
}

#[test]
fn a_target_goes_by_its_own_proxy_and_believes_its_own_authority() {
    let (authority, own) = (Authority::new(), Authority::new());
    let world = server(&authority.issues("events.example"), None);
    let site = server(&own.issues("events.example"), None);
    let proxies = [world, site].map(|host| Proxy::start(Manner::Opens(host)));
    let (of_all, _roots) = believing(&authority, proxies[0].config());
    let (of_site, _own) = believing(&own, proxies[1].config());
    let direct = NetworkConfig { proxy: ProxyChoice::Never, ..of_all.clone() };
    let mixed = NetworkConfig { roots: of_site.roots.clone(), ..of_all.clone() };
    let target = |name: &str, network: &NetworkConfig| {
        let url = TextOrSecret::Text("https://events.example/".into());
        let kind = TargetKind::Teams(Teams { url });
        let plain = TargetConfig::new(TargetName::new(name).unwrap(), kind);
        TargetConfig { network: Some(Box::new(network.clone())), ..plain }
    };
    let targets = [target("site", &of_site), target("direct", &direct), target("mixed", &mixed)];
    let (environment, vaults) = (ProxyEnvironment::default(), Vaults::default());
    let outward = Outward::open(&of_all, &environment, &vaults).unwrap();
    let exits = Exits::open(outward, &targets, &environment, &vaults).unwrap();
    let (events, _) = bounded(1);
    let client = Client::with(exits, events);
    let ask = |name: Option<&str>| {
        let network_of = name.map(|name| TargetName::new(name).unwrap());
        // A name that nobody but the proxies knows.
        client.fetch(&Request { network_of, ..get("https://events.example/") })
    };
    for _ in 0..2 {
        assert_eq!(ask(None).unwrap().status, 202);
        assert_eq!(ask(Some("site")).unwrap().status, 202);
        let heads = proxies.each_ref().map(|proxy| proxy.heads.lock().unwrap().drain(..).count());
        assert_eq!(heads, [1, 1]);
        assert_eq!(ask(Some("direct")), Err(LinkFault::NoSuchHost));
        assert!(matches!(ask(Some("mixed")), Err(LinkFault::Tls(_))), "its server is another");
        let heads = proxies.each_ref().map(|proxy| proxy.heads.lock().unwrap().drain(..).count());
        assert_eq!(heads, [1, 0]);
    }
}

#[test]
fn a_proxys_faults_are_not_the_hosts() {
    let proxy = Proxy::start(Manner::Hangs);
    let config = proxy.config();
    let said = |manner| {
        proxy.becomes(manner);
        ask(&config, &get("https://events.example/hush")).unwrap_err()
    };
    let refuses = |status| matches!(said(Manner::Answers(status)), LinkFault::ProxyRefuses(_));
    assert!(refuses("HTTP/1.1 407 Who\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n"));
    assert!(refuses("HTTP/1.1 403 No\r\ncontent-length: 4\r\n\r\nhush"));
    for way in [
        Manner::Answers("HTTP/1.1 502 Bad\r\ncontent-length: 0\r\n\r\n"),
        Manner::Answers("HTTP/1.1 302 Login\r\nlocation: http://login/\r\n\r\n"),
        Manner::Answers(""),
        Manner::Hangs,
    ] {
        let fault = said(way);
        assert!(matches!(fault, LinkFault::Proxy(_)), "{fault}");
        let shown = fault.to_string();
        assert!(shown.contains(&proxy.address.to_string()) && !shown.contains("hush"), "{shown}");
    }
    let garbage = said(Manner::Answers("SSH-2.0-nothing\r\n\r\n"));
    assert!(matches!(garbage, LinkFault::Closed(_) | LinkFault::Proxy(_)), "{garbage}");

    let nobody = ProxyAddress::read("http://127.0.0.1:1").unwrap();
    let config = NetworkConfig { proxy: ProxyChoice::At(nobody), ..NetworkConfig::default() };
    let fault = ask(&config, &get("https://events.example/")).unwrap_err();
    let shown = fault.to_string();
    assert!(shown.starts_with("the proxy http://127.0.0.1:1 takes no connection"), "{shown}");
    let unknown = ProxyAddress::read("http://nobody.invalid:3128").unwrap();
    let config = NetworkConfig { proxy: ProxyChoice::At(unknown), ..NetworkConfig::default() };
    let fault = ask(&config, &get("https://events.example/")).unwrap_err();
    assert!(matches!(fault, LinkFault::Proxy(_)), "{fault}");
}

#[test]
fn credentials_of_a_proxy_are_taken_up_while_the_hub_runs() {
    let authority = Authority::new();
    let host = server(&authority.issues("events.example"), None);
    // user:p@ss word
    let proxy = Proxy::start(Manner::OpensFor("Basic dXNlcjpwQHNzIHdvcmQ=", host));
    let reference = SecretRef::File("/nonexistent".into());
    let config = NetworkConfig { credentials: Some(reference.clone()), ..proxy.config() };
    let (config, _roots) = believing(&authority, config);
    let client = client(&config);
    let request = get("https://events.example/");
    assert!(matches!(client.fetch(&request), Err(LinkFault::ProxyRefuses(_))));
    let mut secrets = Secrets::default();
    secrets.put(reference, Secret::new("user:p@ss word"));
    client.reread(&secrets);
    assert_eq!(client.fetch(&request).map(|reply| reply.status), Ok(202));
}

#[test]
fn a_certificate_that_is_no_good_says_why() {
    let authority = Authority::new();
    let (config, _roots) = believing(&authority, NetworkConfig::default());
    let said = |pair: &Pair, host: &str, config: &NetworkConfig| {
        let port = server(pair, None).port();
        ask(config, &get(&format!("https://{host}:{port}/hush")))
    };
    let good = authority.issues("localhost");
    assert_eq!(said(&good, "localhost", &config).map(|reply| reply.status), Ok(202));

    let mut params = CertificateParams::new(["localhost".into()]).unwrap();
    params.not_after = date_time_ymd(2020, 1, 1);
    let expired = said(&authority.issues_as(&params), "localhost", &config).unwrap_err();
    assert!(matches!(expired, LinkFault::Dated(_)), "{expired}");
    params.not_before = date_time_ymd(2090, 1, 1);
    params.not_after = date_time_ymd(2091, 1, 1);
    let early = said(&authority.issues_as(&params), "localhost", &config).unwrap_err();
    assert!(matches!(early, LinkFault::Dated(_)), "{early}");

    let faults = [
        (said(&authority.issues("other.example"), "localhost", &config), "another host's"),
        (said(&Authority::new().issues("localhost"), "localhost", &config), "roots of [network]"),
        (said(&good, "localhost", &NetworkConfig::default()), "roots of [network]"),
    ];
    for (fault, mend) in faults {
        let fault = fault.unwrap_err();
        let is_told = matches!(&fault, LinkFault::Tls(why) if why.contains(mend));
        assert!(is_told && !fault.to_string().contains("hush"), "{fault}");
    }
    let plain = listen(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let fault = ask(&config, &get(&format!("https://localhost:{}/", plain.port()))).unwrap_err();
    assert!(fault.to_string().contains("does not speak TLS"), "{fault}");
}

#[test]
fn a_host_that_asks_who_we_are_is_shown_a_certificate() {
    let (authority, senders) = (Authority::new(), Authority::new());
    let host = server(&authority.issues("localhost"), Some(&senders));
    let (config, _roots) = believing(&authority, NetworkConfig::default());
    let client = client(&config);
    let status = |pair: Option<&Pair>| {
        let identity = pair.map(|pair| Identity {
            certificate: Secret::new(&pair.certificate.pem()),
            key: Secret::new(&pair.key.serialize_pem()),
        });
        let request = get(&format!("https://localhost:{}/", host.port()));
        client.fetch(&request.with_identity(identity)).map(|reply| reply.status)
    };
    let [first, renewed] = [senders.issues("hub.example"), senders.issues("hub.example")];
    assert_eq!(status(Some(&first)), Ok(202));
    assert_eq!(status(Some(&renewed)), Ok(202));
    let nothing = status(None).unwrap_err();
    let is_told =
        |fault: &LinkFault, mend| matches!(fault, LinkFault::Tls(why) if why.contains(mend));
    assert!(is_told(&nothing, "give the target client_certificate"), "{nothing}");
    let foreign = status(Some(&Authority::new().issues("hub.example"))).unwrap_err();
    assert!(is_told(&foreign, "does not take our client certificate"), "{foreign}");
}
