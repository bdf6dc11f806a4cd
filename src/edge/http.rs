//! Makes requests: `ureq` on one thread for each request that is under way. What goes to a target
//! by another way than HTTP has a thread in the same manner.
//!
//! The heart never has more than a few requests per source and one per target under way, so a
//! platform or a target that hangs holds its own thread and nobody else's.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use smol::channel::Sender;
use ureq::http;

use crate::edge::agents::Agents;
use crate::edge::exits::Exits;
use crate::edge::fault::fault;
use crate::edge::outward::Outward;
use crate::edge::{mail, syslog};
use crate::event::{Event, Ticket};
use crate::limits::{ANSWER_BYTES_MAX, REQUEST_STACK_BYTES, REQUESTS_IN_FLIGHT_MAX};
use crate::model::http::{LinkFault, Method, Reply, Request};
use crate::model::outgoing::Outgoing;
use crate::model::secret::Secrets;

/// The client of every platform and target.
#[derive(Debug, Clone)]
pub struct Client {
    agents: Arc<Mutex<Agents>>,
    events: Sender<Event>,
    under_way: Arc<AtomicUsize>,
}

impl Client {
    /// A client that asks every host directly and believes the authorities that come with the
    /// program; it reports the outcome of each request as an event.
    #[must_use]
    pub fn new(events: Sender<Event>) -> Self {
        Self::by(Outward::plain(), events)
    }

    /// The same by another way.
    #[must_use]
    pub fn by(outward: Outward, events: Sender<Event>) -> Self {
        Self::with(Exits::all_by(outward), events)
    }

    /// The same with targets that have ways of their own.
    #[must_use]
    pub fn with(exits: Exits, events: Sender<Event>) -> Self {
        let agents = Arc::new(Mutex::new(Agents::of(exits)));
        Self { agents, events, under_way: Arc::default() }
    }

    /// Takes what it needs of secrets that were read again: the proxy's credentials.
    pub fn reread(&self, secrets: &Secrets) {
        self.agents().reread(secrets);
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
            Outgoing::Mail(submission) => {
                mail::submit(submission, || self.agents().trust(submission.network_of.as_ref()))
            }
            Outgoing::Syslog(records) => {
                syslog::write(records, || self.agents().trust(records.network_of.as_ref()))
            }
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
        let (agent, proxy) = self.agents().choose(request)?;
        let fault = |error| fault(error, proxy.as_deref());
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

    fn agents(&self) -> MutexGuard<'_, Agents> {
        // A thread that panics ends the program, so they are whole in any case.
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self, ticket: Ticket, outcome: Result<Reply, LinkFault>) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        // The loop has ended when nobody listens; the answer is of no use then.
        let _ = self.events.send_blocking(Event::Answered { ticket, outcome });
    }
}

fn bad(error: &http::Error) -> LinkFault {
    LinkFault::BadRequest(error.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Span;

    #[test]
    fn a_name_without_an_address_has_its_own_fault() {
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
