//! A connection of our own for what is no HTTP: a socket that keeps a deadline, in clear or in TLS.
//!
//! # Promises
//! - `a_peer_that_trickles_or_says_nothing_is_left_at_the_deadline`

use alloc::sync::Arc;
use core::time::Duration;
use std::io::{Error, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::edge::clock::Clock;
use crate::edge::fault::of_io;
use crate::limits::CONNECT_DEADLINE;
use crate::model::http::LinkFault;
use crate::model::time::{Span, Tick};

/// A connection that ends at its deadline, whatever the peer does.
#[derive(Debug)]
pub(super) enum Wire {
    /// In clear.
    Open(Timed),
    /// In TLS.
    Safe(Box<StreamOwned<ClientConnection, Timed>>),
}

/// A socket each of whose waits ends at the deadline.
#[derive(Debug)]
pub(super) struct Timed {
    socket: TcpStream,
    clock: Clock,
    until: Tick,
}

impl Wire {
    /// Connects to a host, each of its addresses in turn.
    pub(super) fn open(host: &str, port: u16, deadline: Span) -> Result<Self, LinkFault> {
        let clock = Clock::real();
        let until = clock.now().tick + deadline;
        let addresses = (host, port).to_socket_addrs().map_err(|_| LinkFault::NoSuchHost)?;
        let mut fault = LinkFault::NoSuchHost;
        for address in addresses {
            let left = Duration::min(clock.until(until), millis(CONNECT_DEADLINE));
            if left.is_zero() {
                return Err(LinkFault::Timeout);
            }
            match TcpStream::connect_timeout(&address, left) {
                Ok(socket) => {
                    // A dialogue of short lines must not wait for their acknowledgements.
                    socket.set_nodelay(true).map_err(|error| of_io(&error))?;
                    return Ok(Self::Open(Timed { socket, clock, until }));
                }
                Err(error) => fault = of_io(&error),
            }
        }
        let is_silent = fault == LinkFault::Timeout;
        Err(if is_silent { LinkFault::Connect("nobody answers".into()) } else { fault })
    }

    /// Makes the connection safe: `host` has to show a certificate that `config` believes.
    pub(super) fn secure(self, host: &str, config: Trust) -> Result<Self, LinkFault> {
        let Self::Open(mut timed) = self else { return Ok(self) };
        let bad = |_| LinkFault::BadRequest("the server's name cannot stand in TLS".into());
        let name = ServerName::try_from(host.to_owned()).map_err(bad)?;
        let client = ClientConnection::new(config?, name);
        let mut client = client.map_err(|why| LinkFault::Tls(why.to_string().into()))?;
        while client.is_handshaking() {
            client.complete_io(&mut timed).map_err(|error| of_io(&error))?;
        }
        Ok(Self::Safe(Box::new(StreamOwned::new(client, timed))))
    }

    /// Says that nothing more follows, and waits for the peer to say the same: then it has read
    /// all. A peer that says nothing for `patience` is left alone.
    pub(super) fn finish(mut self, patience: Span) -> Result<(), LinkFault> {
        self.flush().map_err(|error| of_io(&error))?;
        let timed = match &mut self {
            Self::Open(timed) => timed,
            Self::Safe(safe) => {
                safe.conn.send_close_notify();
                safe.flush().map_err(|error| of_io(&error))?;
                &mut safe.sock
            }
        };
        timed.socket.shutdown(Shutdown::Write).map_err(|error| of_io(&error))?;
        timed.until = timed.until.min(timed.clock.now().tick + patience);
        let mut rest = [0; 256];
        loop {
            match timed.read(&mut rest) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::TimedOut => return Ok(()),
                Err(error) => return Err(of_io(&error)),
            }
        }
    }
}

impl Timed {
    fn left(&self) -> Result<Duration, Error> {
        let left = self.clock.until(self.until);
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

/// Whom to believe where no HTTP is spoken.
///
/// # Errors
/// None that a build could not have: the versions of TLS that the library has are fixed in it.
pub(super) fn trust<'a>(roots: impl Iterator<Item = &'a [u8]>) -> Trust {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots.map(CertificateDer::from));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|why| LinkFault::Tls(why.to_string().into()))?;
    Ok(Arc::new(builder.with_root_certificates(store).with_no_client_auth()))
}

/// How a client comes by what it believes.
pub(super) type Trust = Result<Arc<ClientConfig>, LinkFault>;

/// A socket says "would block" when its time is over.
fn timed_out(error: Error) -> Error {
    if error.kind() == ErrorKind::WouldBlock { ErrorKind::TimedOut.into() } else { error }
}

impl Read for Timed {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Error> {
        self.socket.set_read_timeout(Some(self.left()?))?;
        self.socket.read(bytes).map_err(timed_out)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        self.socket.set_write_timeout(Some(self.left()?))?;
        self.socket.write(bytes).map_err(timed_out)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.socket.flush()
    }
}

impl Read for Wire {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Error> {
        match self {
            Self::Open(timed) => timed.read(bytes),
            Self::Safe(safe) => safe.read(bytes),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        match self {
            Self::Open(timed) => timed.write(bytes),
            Self::Safe(safe) => safe.write(bytes),
        }
    }

    fn flush(&mut self) -> Result<(), Error> {
        match self {
            Self::Open(timed) => timed.flush(),
            Self::Safe(safe) => safe.flush(),
        }
    }
}

fn millis(span: Span) -> Duration {
    Duration::from_millis(span.0.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn a_peer_that_trickles_or_says_nothing_is_left_at_the_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for (number, socket) in listener.incoming().enumerate() {
                let mut socket = socket.unwrap();
                thread::spawn(move || {
                    // The first says nothing until it is left; the others never stop.
                    while number > 0 && socket.write_all(b"2").is_ok() {
                        smol::block_on(smol::Timer::after(Duration::from_millis(20)));
                    }
                    let _ = socket.read(&mut [0]);
                });
            }
        });
        let clock = Clock::real();
        for _ in 0..2 {
            let begin = clock.now().tick;
            let mut wire = Wire::open("127.0.0.1", port, Span::millis(200)).unwrap();
            let error = wire.read_to_end(&mut Vec::new()).unwrap_err();
            assert_eq!(of_io(&error), LinkFault::Timeout);
            assert!(clock.now().tick - begin < Span::secs(5));
        }
        let trust = trust(core::iter::empty());
        let wire = Wire::open("127.0.0.1", port, Span::millis(200)).unwrap();
        let fault = wire.secure("localhost", trust).unwrap_err();
        assert!(matches!(fault, LinkFault::Timeout | LinkFault::Tls(_)), "{fault}");
    }
}
