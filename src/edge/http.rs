//! Makes requests: `ureq` on one thread for each request that is under way. What goes to a target
//! by another way than HTTP has a thread in the same manner.
//!
//! The heart never has more than a few requests per source and one per target under way, so a
//! platform or a target that hangs holds its own thread and nobody else's.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use smol::channel::Sender;
use ureq::http;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Timeout};

use crate::edge::{mail, syslog, wire};
use crate::event::{Event, Ticket};
use crate::limits::{
    ANSWER_BYTES_MAX, CONNECT_DEADLINE, REQUEST_STACK_BYTES, REQUESTS_IN_FLIGHT_MAX,
};
use crate::model::http::{LinkFault, Method, Reply, Request};
use crate::model::outgoing::Outgoing;
use crate::model::time::Span;

/// The client of every platform and target.
#[derive(Debug, Clone)]
pub struct Client {
    /// One for each deadline. A deadline of a single request would make `ureq` read the root
    /// certificates anew for each connection, keep them with it, and resume no TLS session.
    agents: Arc<Mutex<BTreeMap<Span, Agent>>>,
    roots: Arc<Vec<Certificate<'static>>>,
    /// What is believed outside of HTTP, once it is needed.
    trust: Arc<OnceLock<Arc<ClientConfig>>>,
    events: Sender<Event>,
    under_way: Arc<AtomicUsize>,
}

impl Client {
    /// A client that reports the outcome of each request as an event.
    #[must_use]
    pub fn new(events: Sender<Event>) -> Self {
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
        Self::with(roots.map(|der| Certificate::from_der(der)).collect(), events)
    }

    /// The same, which believes the servers that these authorities vouch for, and no others.
    #[must_use]
    pub fn trusting(roots: &[CertificateDer<'_>], events: Sender<Event>) -> Self {
        let roots = roots.iter().map(|der| Certificate::from_der(der).to_owned());
        Self::with(roots.collect(), events)
    }

    fn with(roots: Vec<Certificate<'static>>, events: Sender<Event>) -> Self {
        let roots = Arc::new(roots);
        let (agents, trust, under_way) = Default::default();
        Self { agents, roots, trust, events, under_way }
    }

    /// Starts a request. Its outcome always comes back as [`Event::Answered`].
    pub fn start(&self, ticket: Ticket, outgoing: Outgoing) {
        let client = self.clone();
        if self.under_way.fetch_add(1, Ordering::Relaxed) >= REQUESTS_IN_FLIGHT_MAX {
            return client.report(ticket, Err(LinkFault::NotMade("too many requests".into())));
        }
        let name = "request".to_owned();
        let thread = thread::Builder::new().name(name).stack_size(REQUEST_STACK_BYTES);
        let worker = self.clone();
        if let Err(fault) = thread.spawn(move || {
            let outcome = worker.send(&outgoing);
            worker.report(ticket, outcome);
        }) {
            let why = format!("no thread for the request: {fault}").into();
            client.report(ticket, Err(LinkFault::NotMade(why)));
        }
    }

    /// Sends something by its own way, and waits for what is said to it.
    ///
    /// # Errors
    /// Says which part of the path failed.
    pub fn send(&self, outgoing: &Outgoing) -> Result<Reply, LinkFault> {
        match outgoing {
            Outgoing::Http(request) => self.fetch(request),
            Outgoing::Mail(submission) => mail::submit(submission, || self.trust()),
            Outgoing::Syslog(records) => syslog::write(records, || self.trust()),
        }
    }

    /// Makes a request and waits for its answer.
    ///
    /// # Errors
    /// Says which part of the path failed.
    pub fn fetch(&self, request: &Request) -> Result<Reply, LinkFault> {
        self.fetch_at_most(ANSWER_BYTES_MAX, request)
    }

    /// Makes a request and waits for its answer, of so many bytes at most.
    ///
    /// # Errors
    /// Says which part of the path failed.
    pub fn fetch_at_most(&self, bytes: usize, request: &Request) -> Result<Reply, LinkFault> {
        let mut builder =
            http::Request::builder().uri(&request.url).method(request.method.as_str());
        for (name, value) in &request.headers {
            builder = builder.header(&**name, &**value);
        }
        let agent = self.agent(request.deadline);
        let answer = match request.method {
            Method::Post | Method::Put | Method::Patch => {
                let ready = builder.body(request.body.as_slice());
                agent.run(ready.map_err(|error| bad(&error))?)
            }
            Method::Get | Method::Delete => {
                let ready = builder.body(());
                agent.run(ready.map_err(|error| bad(&error))?)
            }
        };
        let mut answer = answer.map_err(fault)?;
        let headers = answer
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().into(), value.to_str().ok()?.into())));
        let headers = headers.collect();
        let status = answer.status().as_u16();
        let limit = u64::try_from(bytes).unwrap_or(u64::MAX);
        let body = answer.body_mut().with_config().limit(limit).read_to_vec().map_err(fault)?;
        Ok(Reply { status, headers, body })
    }

    fn trust(&self) -> Result<Arc<ClientConfig>, LinkFault> {
        if let Some(trust) = self.trust.get() {
            return Ok(Arc::clone(trust));
        }
        let trust = wire::trust(self.roots.iter().map(|root| root.der()))?;
        Ok(Arc::clone(self.trust.get_or_init(|| trust)))
    }

    fn agent(&self, deadline: Span) -> Agent {
        // A thread that panics ends the program, so the map is whole in any case.
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.entry(deadline).or_insert_with(|| agent(&self.roots, deadline)).clone()
    }

    fn report(&self, ticket: Ticket, outcome: Result<Reply, LinkFault>) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        // The loop has ended when nobody listens; the answer is of no use then.
        let _ = self.events.send_blocking(Event::Answered { ticket, outcome });
    }
}

fn agent(roots: &Arc<Vec<Certificate<'static>>>, deadline: Span) -> Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::clone(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(millis(deadline.0)))
        .timeout_connect(Some(millis(CONNECT_DEADLINE.0)))
        .timeout_resolve(Some(millis(CONNECT_DEADLINE.0)))
        // The body and headers of a refusal are read by the heart, `Retry-After` among them.
        .http_status_as_error(false)
        // A redirect could carry a token to another host.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(concat!("andon/", env!("CARGO_PKG_VERSION")))
        .input_buffer_size(16 << 10)
        .output_buffer_size(16 << 10)
        .max_response_header_size(16 << 10)
        .max_idle_connections(8)
        .max_idle_connections_per_host(2)
        .max_idle_age(Duration::from_secs(30))
        .build();
    config.new_agent()
}

fn millis(millis: i64) -> Duration {
    Duration::from_millis(millis.unsigned_abs())
}

fn bad(error: &http::Error) -> LinkFault {
    LinkFault::BadRequest(error.to_string().into())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "ureq may grow kinds of error; what has no word of its own is told in ureq's"
)]
fn fault(error: ureq::Error) -> LinkFault {
    match error {
        ureq::Error::HostNotFound => LinkFault::NoSuchHost,
        ureq::Error::Timeout(Timeout::Resolve) => LinkFault::NoSuchHost,
        ureq::Error::Timeout(_) => LinkFault::Timeout,
        ureq::Error::BodyExceedsLimit(_) => LinkFault::AnswerTooLarge,
        ureq::Error::ConnectionFailed => LinkFault::Connect("refused or unreachable".into()),
        // The library quotes the address, which may be a secret.
        ureq::Error::BadUri(_) => LinkFault::BadRequest("the address is not a whole URL".into()),
        ureq::Error::Rustls(why) => of_tls(&why),
        ureq::Error::Tls(why) => LinkFault::Tls(why.into()),
        ureq::Error::Io(error) => of_io(&error),
        other => LinkFault::Closed(other.to_string().into()),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the system has forty kinds of error; the ones that tell whose fault it is are named"
)]
pub(super) fn of_io(error: &std::io::Error) -> LinkFault {
    use std::io::ErrorKind;
    // What goes wrong in a handshake comes as trouble of the stream.
    if let Some(why) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return of_tls(why);
    }
    let why = error.to_string();
    // A look-up that fails has no kind of its own.
    if why.starts_with("failed to lookup address") {
        return LinkFault::NoSuchHost;
    }
    match error.kind() {
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown => LinkFault::Connect(why.into()),
        ErrorKind::TimedOut => LinkFault::Timeout,
        // ENFILE and EMFILE have no kind of their own.
        _ if matches!(error.raw_os_error(), Some(23 | 24)) => LinkFault::NotMade(why.into()),
        _ => LinkFault::Closed(why.into()),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "rustls has many errors; those that a wrong clock makes are named"
)]
fn of_tls(error: &rustls::Error) -> LinkFault {
    use rustls::CertificateError as Certificate;
    let why = error.to_string().into();
    match error {
        rustls::Error::InvalidCertificate(
            Certificate::Expired
            | Certificate::ExpiredContext { .. }
            | Certificate::NotValidYet
            | Certificate::NotValidYetContext { .. },
        ) => LinkFault::Dated(why),
        _ => LinkFault::Tls(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Span;

    #[test]
    fn each_part_of_the_way_has_its_own_fault() {
        use rustls::CertificateError;
        use std::io::{Error, ErrorKind};
        let handshake = |why| of_io(&Error::new(ErrorKind::InvalidData, why));
        let refused = |why| handshake(rustls::Error::InvalidCertificate(why));
        assert!(matches!(refused(CertificateError::Expired), LinkFault::Dated(_)));
        assert!(matches!(refused(CertificateError::NotValidYet), LinkFault::Dated(_)));
        assert!(matches!(refused(CertificateError::UnknownIssuer), LinkFault::Tls(_)));
        assert!(matches!(handshake(rustls::Error::DecryptError), LinkFault::Tls(_)));
        assert!(matches!(of_io(&ErrorKind::NetworkUnreachable.into()), LinkFault::Connect(_)));
        assert!(matches!(of_io(&Error::from_raw_os_error(24)), LinkFault::NotMade(_)));
        // No name server knows what ends with `invalid` (RFC 6761), and none has to be asked.
        let (events, _) = smol::channel::bounded(1);
        let request = Request::get("http://nobody.invalid/", Span::secs(5));
        assert_eq!(Client::new(events).fetch(&request), Err(LinkFault::NoSuchHost));
    }

    #[test]
    fn a_bad_address_is_not_quoted() {
        let (events, _) = smol::channel::bounded(1);
        let client = Client::new(events);
        for url in [
            "/secret",
            "host/secret",
            "https:///secret",
            "gopher://host/secret",
            "http://a b/secret",
        ] {
            let request = Request::post_json(url, Vec::new(), Span::secs(1));
            let fault = client.fetch(&request).unwrap_err().to_string();
            assert!(fault.contains("the request cannot be made"), "{url}: {fault}");
            assert!(!fault.contains("secret"), "{url}: {fault}");
        }
    }
}
