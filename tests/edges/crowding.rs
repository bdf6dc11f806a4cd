//! A listener of few places and a large crowd before it.

use alloc::rc::Rc;
use alloc::sync::Arc;
use core::net::{Ipv4Addr, SocketAddr};
use core::sync::atomic::{AtomicBool, Ordering};
use std::io::Write;
use std::net::TcpStream;
use std::sync::Mutex;
use std::thread;

use andon::edge::listener::{Answer as Said, Bounds, Call, Listener};
use andon::model::http::Reply;
use smol::LocalExecutor;
use smol::channel::{Receiver, unbounded};

use crate::door::{answer, connect, delivery, request};
use crate::patience::wait_until;

/// A listener whose answers wait for a word each, or come at once.
struct Few {
    port: u16,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Few {
    fn start(bounds: Bounds, words: Option<Receiver<()>>) -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = Listener::bind(loopback, 1, 1).unwrap().within(bounds);
        let (port, calls) = (listener.address().unwrap().port(), Arc::default());
        let seen: Arc<Mutex<Vec<Call>>> = Arc::clone(&calls);
        thread::spawn(move || {
            let executor = Rc::new(LocalExecutor::new());
            let handle = move |call| {
                seen.lock().unwrap().push(call);
                let words = words.clone();
                async move {
                    if let Some(words) = words {
                        words.recv().await.unwrap();
                    }
                    Said::Reply(Reply::empty(200))
                }
            };
            smol::block_on(executor.run(listener.serve(Rc::clone(&executor), handle)));
        });
        Self { port, calls }
    }

    fn sends(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = connect(self.port);
        stream.write_all(bytes).unwrap();
        stream
    }

    fn calls(&self) -> usize {
        self.calls.lock().unwrap().len()
    }
}

const FEW: Bounds =
    Bounds { connections: 8, body_bytes: 64 << 10, bodies_bytes: 64 << 10, waiting: 4 };

#[test]
fn whoever_has_something_to_say_is_heard_amid_those_who_have_not() {
    let few = Few::start(FEW, None);
    let (port, goes_on) = (few.port, Arc::new(AtomicBool::new(true)));
    let crowds = [(); 3].map(|()| {
        let goes_on = Arc::clone(&goes_on);
        thread::spawn(move || {
            let mut held = Vec::new();
            while goes_on.load(Ordering::Relaxed) {
                let mut stream = connect(port);
                let _ = stream.write_all(b"POST /ingest/push HTTP/1.1\r\nx-slow: ");
                held.push(stream);
                held.drain(..held.len().saturating_sub(100));
            }
        })
    });
    for n in 0..200 {
        // On a busy machine one may be shown out before its first byte is read, and comes again.
        let told = (0..3).find_map(|_| {
            let mut stream = few.sends(&delivery(&format!("{n}")));
            let is_heard = stream.peek(&mut [0]).is_ok_and(|bytes| bytes > 0);
            is_heard.then(|| answer(&mut stream))
        });
        assert_eq!(told.map(|told| told.status), Some(200), "{n}");
    }
    goes_on.store(false, Ordering::Relaxed);
    crowds.into_iter().for_each(|crowd| crowd.join().unwrap());
    assert_eq!(few.calls(), 200);
}

#[test]
fn what_is_more_than_may_wait_is_answered_503_before_it_is_taken() {
    let (words, heard) = unbounded();
    let few = Few::start(FEW, Some(heard));
    let mut waiting: Vec<TcpStream> =
        (0..4).map(|n| few.sends(&delivery(&format!("{n}")))).collect();
    wait_until("four wait", 5, || few.calls() == 4);
    for n in 0..20 {
        let told = answer(&mut few.sends(&delivery(&format!("more-{n}"))));
        assert_eq!(told.status, 503);
        assert!(told.head.contains("\r\nretry-after: 5\r\n"), "{}", told.head);
    }
    assert_eq!(few.calls(), 4, "nothing is taken of them");
    waiting.iter().for_each(|_| words.send_blocking(()).unwrap());
    for stream in &mut waiting {
        assert_eq!(answer(stream).status, 200, "who waits is never shown out");
    }
    words.send_blocking(()).unwrap();
    assert_eq!(answer(&mut few.sends(&delivery("later"))).status, 200);
}

#[test]
fn long_bodies_that_come_slowly_keep_no_short_one_out() {
    let few = Few::start(FEW, None);
    let long = |bytes: usize| request("", "content-length: 60000", &vec![b'x'; bytes]);
    let mut slow = few.sends(&long(40_000));
    // Until the listener holds what there is of it, another long one is let in.
    wait_until("it is held", 5, || answer(&mut few.sends(&long(60_000))).status == 503);
    for n in 0..20 {
        assert_eq!(answer(&mut few.sends(&delivery(&format!("{n}")))).status, 200);
    }
    slow.write_all(&vec![b'x'; 20_000]).unwrap();
    assert_eq!(answer(&mut slow).status, 200);
    assert_eq!(answer(&mut few.sends(&long(60_000))).status, 200, "its memory is given back");
    let calls = few.calls.lock().unwrap();
    assert!(calls.iter().all(|call| call.client_certificate.is_none()));
    assert!(calls.iter().any(|call| call.body.len() == 60_000));
}
