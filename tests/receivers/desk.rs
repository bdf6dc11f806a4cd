//! Puts what answers requests behind a socket on loopback, on a thread of its own.

use alloc::rc::Rc;
use alloc::sync::Arc;
use core::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::thread;

use andon::demo::http::{Incoming, Reaction};
use andon::edge::listener::{Answer, Call, Listener};
use andon::limits::{SIMULATED_BODY_BYTES_MAX, SIMULATED_CONNECTIONS_MAX};
use smol::LocalExecutor;

/// Serves from now on, as long as the process lives.
pub(crate) fn serve<D: Send + 'static>(
    desk: &Arc<Mutex<D>>,
    receive: fn(&mut D, &Incoming) -> Reaction,
) -> SocketAddr {
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (connections, bytes) = (SIMULATED_CONNECTIONS_MAX, SIMULATED_BODY_BYTES_MAX);
    let listener = Listener::bind(loopback, connections, bytes).unwrap();
    let address = listener.address().unwrap();
    let desk = Arc::clone(desk);
    thread::spawn(move || {
        let executor = Rc::new(LocalExecutor::new());
        let handle = move |call: Call| {
            let desk = Arc::clone(&desk);
            async move {
                let Call { method, path, headers, body, .. } = call;
                let incoming = Incoming { method: method.into(), path, headers, body: body.into() };
                let reaction = receive(&mut desk.lock().unwrap(), &incoming);
                match reaction {
                    Reaction::Reply(reply) => Answer::Reply(reply),
                    Reaction::Hang => Answer::Hang,
                    Reaction::Close => Answer::Close,
                }
            }
        };
        smol::block_on(executor.run(listener.serve(Rc::clone(&executor), handle)));
    });
    address
}
