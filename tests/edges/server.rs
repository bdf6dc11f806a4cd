//! Puts something that answers requests behind a socket on loopback, on a thread of its own.

use alloc::rc::Rc;
use alloc::sync::Arc;
use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;

use std::sync::{Mutex, MutexGuard};
use std::thread;

use andon::demo::http::{Incoming, Reaction};
use andon::demo::pagerduty::PagerDuty;
use andon::demo::slack::Slack;
use andon::edge::listener::{Answer, Call, Listener};
use andon::limits::{SIMULATED_BODY_BYTES_MAX, SIMULATED_CONNECTIONS_MAX};
use andon::model::rng::Rng;
use andon::model::time::UtcMs;
use smol::{LocalExecutor, Timer};

use crate::patience::utc;

/// Something that answers requests.
pub(crate) trait Desk: Send + 'static {
    /// Answers one request.
    fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction;
}

/// A desk behind its socket.
pub(crate) struct Server<D> {
    pub(crate) address: SocketAddr,
    desk: Arc<Mutex<D>>,
    slowness: Arc<Mutex<Slowness>>,
}

/// How long a server takes.
pub(crate) enum Slowness {
    /// As long as it needs.
    Never,
    /// Now and then it waits before it takes a request in, or after.
    NowAndThen(Rng),
    /// It takes each request in at once and answers late.
    Late(Duration),
}

impl Desk for PagerDuty {
    fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        Self::receive(self, incoming, utc)
    }
}

impl Desk for Slack {
    fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        Self::receive(self, incoming, utc)
    }
}

impl<D: Desk> Server<D> {
    /// Serves from now on, as long as the process lives.
    pub(crate) fn start(desk: D) -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (connections, bytes) = (SIMULATED_CONNECTIONS_MAX, SIMULATED_BODY_BYTES_MAX);
        let listener = Listener::bind(loopback, connections, bytes).unwrap();
        let address = listener.address().unwrap();
        let desk = Arc::new(Mutex::new(desk));
        let slowness = Arc::new(Mutex::new(Slowness::Never));
        let shared = (Arc::clone(&desk), Arc::clone(&slowness));
        thread::spawn(move || {
            let executor = Rc::new(LocalExecutor::new());
            let handle = move |call| answer(shared.0.clone(), shared.1.clone(), call);
            smol::block_on(executor.run(listener.serve(Rc::clone(&executor), handle)));
        });
        Self { address, desk, slowness }
    }

    /// The desk itself.
    pub(crate) fn desk(&self) -> MutexGuard<'_, D> {
        self.desk.lock().unwrap()
    }

    /// Makes the server slow.
    pub(crate) fn slows(&self, slowness: Slowness) {
        *self.slowness.lock().unwrap() = slowness;
    }
}

impl Slowness {
    fn waits(&mut self) -> [Duration; 2] {
        match self {
            Self::Never => [Duration::ZERO; 2],
            Self::NowAndThen(rng) => [(); 2].map(|()| match rng.next() % 3 {
                0 => Duration::from_millis(rng.next() % 700),
                _ => Duration::ZERO,
            }),
            Self::Late(wait) => [Duration::ZERO, *wait],
        }
    }
}

async fn answer<D: Desk>(
    desk: Arc<Mutex<D>>,
    slowness: Arc<Mutex<Slowness>>,
    call: Call,
) -> Answer {
    let Call { method, path, headers, body, .. } = call;
    let incoming = Incoming { method: method.into(), path, headers, body: body.into() };
    let [before, after] = slowness.lock().unwrap().waits();
    Timer::after(before).await;
    let reaction = desk.lock().unwrap().receive(&incoming, utc());
    Timer::after(after).await;
    match reaction {
        Reaction::Reply(reply) => Answer::Reply(reply),
        Reaction::Hang => Answer::Hang,
        Reaction::Close => Answer::Close,
    }
}
