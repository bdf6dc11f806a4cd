//! Requests over a few connections, as fast as the other side answers, from one thread.

pub(crate) mod requests;

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use core::net::SocketAddr;
use core::time::Duration;
use std::net::TcpStream;
use std::time::Instant;

use smol::io::{AsyncReadExt as _, AsyncWriteExt as _};
use smol::{Async, LocalExecutor, Timer, future};

/// What a run of requests came to.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// From each request's first byte to its answer's last, in microseconds, in order.
    pub(crate) micros: Vec<u64>,
    /// Answers by status.
    pub(crate) statuses: BTreeMap<u16, usize>,
    pub(crate) took: Duration,
}

impl Heard {
    pub(crate) fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.micros.len()).unwrap_or(u32::MAX)) / self.took.as_secs_f64()
    }

    /// So many percent of the answers came within this.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let at = (self.micros.len() * percent / 100).min(self.micros.len().saturating_sub(1));
        let micros = self.micros.get(at).copied().unwrap_or(0);
        f64::from(u32::try_from(micros).unwrap_or(u32::MAX)) / 1e3
    }
}

/// Sends each request once over so many connections, or as many as there is time for.
pub(crate) fn send(
    address: SocketAddr,
    connections: usize,
    requests: &Rc<Vec<Vec<u8>>>,
    at_most: Duration,
) -> Heard {
    let executor = LocalExecutor::new();
    let begin = clock();
    let work = async {
        let tasks: Vec<_> = (0..connections)
            .map(|first| {
                let requests = Rc::clone(requests);
                executor.spawn(connection(address, requests, first, connections, begin + at_most))
            })
            .collect();
        let mut heard = Heard::default();
        for task in tasks {
            let part: Heard = task.await;
            heard.micros.extend(part.micros);
            for (status, count) in part.statuses {
                *heard.statuses.entry(status).or_default() += count;
            }
        }
        heard
    };
    let mut heard = future::block_on(executor.run(work));
    heard.took = clock() - begin;
    heard.micros.sort_unstable();
    heard
}

/// Sends one request on a connection of its own; when it was sent, and when it was answered.
pub(crate) fn send_one(address: SocketAddr, request: &[u8]) -> (Instant, Instant) {
    future::block_on(async {
        let mut stream = Async::<TcpStream>::connect(address).await.expect("it listens");
        let sent = clock();
        stream.write_all(request).await.expect("it reads");
        read(&mut stream, &mut Vec::new()).await;
        (sent, clock())
    })
}

async fn connection(
    address: SocketAddr,
    requests: Rc<Vec<Vec<u8>>>,
    first: usize,
    step: usize,
    until: Instant,
) -> Heard {
    let mut stream = Async::<TcpStream>::connect(address).await.expect("it listens");
    stream.get_ref().set_nodelay(true).expect("a socket has options");
    let mut heard = Heard::default();
    let mut answer = Vec::new();
    for request in requests.iter().skip(first).step_by(step) {
        let sent = clock();
        if sent >= until {
            break;
        }
        stream.write_all(request).await.expect("it reads");
        let status = read(&mut stream, &mut answer).await;
        let micros = (clock() - sent).as_micros();
        heard.micros.push(u64::try_from(micros).unwrap_or(u64::MAX));
        *heard.statuses.entry(status).or_default() += 1;
    }
    heard
}

/// Reads one answer to its end, and gives its status.
async fn read(stream: &mut Async<TcpStream>, answer: &mut Vec<u8>) -> u16 {
    answer.clear();
    let mut part = [0; 2_048];
    loop {
        let count = stream.read(&mut part).await.expect("it answers");
        assert!(count > 0, "it closed the connection");
        answer.extend_from_slice(part.get(..count).unwrap_or(&part));
        let Some(end) = answer.windows(4).position(|at| at == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(answer.get(..end).unwrap_or_default());
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
        });
        let length = length.and_then(Result::ok).unwrap_or(0);
        if answer.len() >= end + 4 + length {
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
            return status.unwrap_or(0);
        }
    }
}

/// Waits until something listens.
pub(crate) fn wait_for(address: SocketAddr) {
    for _ in 0..600 {
        if TcpStream::connect(address).is_ok() {
            return;
        }
        pause(Duration::from_millis(10));
    }
    panic!("nothing listens on {address}");
}

/// Lets time pass.
pub(crate) fn pause(time: Duration) {
    future::block_on(Timer::after(time));
}

#[expect(clippy::disallowed_methods, reason = "measuring is what this is for")]
pub(crate) fn clock() -> Instant {
    Instant::now()
}
