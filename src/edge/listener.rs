//! Takes HTTP/1.1 requests on a socket of ours, bounded in number, size and time.

use alloc::rc::Rc;
use core::future::Future;
use core::net::{IpAddr, SocketAddr};
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io::Error;
use std::net::{TcpListener, TcpStream};

use futures_rustls::server::TlsStream;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use smol::io::{AsyncRead, AsyncWrite};
use smol::{Async, LocalExecutor, Timer, future};
use smol_hyper::rt::FuturesIo;

use crate::edge::intake::Load;
use crate::edge::seats::{Seat, Seats};
use crate::edge::tls::Tls;
use crate::edge::turned_away::TurnedAway;
use crate::limits::{INGEST_RETRY_AFTER, REQUEST_HEAD_BYTES_MAX};
use crate::model::door::{Door, Refusal};
use crate::model::http::Reply;

pub use crate::edge::intake::{Bounds, Call};

/// A socket that takes requests.
#[derive(Debug)]
pub struct Listener {
    socket: Async<TcpListener>,
    bounds: Bounds,
}

/// What to do with a request.
#[derive(Debug)]
pub enum Answer {
    /// Answer it.
    Reply(Reply),
    /// Say nothing and keep the connection, as a server does that hangs.
    Hang,
    /// Close the connection.
    Close,
}

/// How a listener treats whoever comes: shared by its connections, and by those who look at it.
#[derive(Debug)]
pub struct Porter {
    load: Load,
    seats: Rc<Seats>,
    turned_away: TurnedAway,
    tls: Option<Tls>,
}

impl Listener {
    /// Binds a socket that takes so many connections with bodies of so many bytes.
    ///
    /// # Errors
    /// As the system says.
    pub fn bind(address: SocketAddr, connections: usize, body_bytes: usize) -> Result<Self, Error> {
        let bodies_bytes = connections.saturating_mul(body_bytes);
        let bounds = Bounds { connections, body_bytes, bodies_bytes, waiting: connections };
        Ok(Self { socket: Async::<TcpListener>::bind(address)?, bounds })
    }

    /// The same for a port that strangers reach: it holds no more than so much for them.
    #[must_use]
    pub fn within(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// As the system says.
    pub fn address(&self) -> Result<SocketAddr, Error> {
        self.socket.get_ref().local_addr()
    }

    /// Who stands at it: with a certificate to show, or none, and a count of whom it turns away.
    #[must_use]
    pub fn porter(&self, tls: Option<Tls>, turned_away: TurnedAway) -> Rc<Porter> {
        let (load, seats) = (Load::new(self.bounds), Seats::new(self.bounds.connections));
        Rc::new(Porter { load, seats, turned_away, tls })
    }

    /// Takes requests for ever; `handle` answers each.
    pub async fn serve<'a, H, F>(self, executor: Rc<LocalExecutor<'a>>, handle: H)
    where
        H: Fn(Call) -> F + Clone + 'a,
        F: Future<Output = Answer> + 'a,
    {
        let porter = self.porter(None, TurnedAway::silent());
        self.serve_by(porter, executor, handle).await;
    }

    /// The same, by a porter of its own.
    pub async fn serve_by<'a, H, F>(
        self,
        porter: Rc<Porter>,
        executor: Rc<LocalExecutor<'a>>,
        handle: H,
    ) where
        H: Fn(Call) -> F + Clone + 'a,
        F: Future<Output = Answer> + 'a,
    {
        let mut refused = false;
        loop {
            let (stream, peer) = match self.socket.accept().await {
                Ok((stream, peer)) => (stream, peer.ip()),
                Err(error) => {
                    // Out of file descriptors, most likely: wait until some are closed.
                    if !refused {
                        log::warn!("connections wait, since none can be taken: {error}");
                    }
                    refused = true;
                    Timer::after(Duration::from_millis(100)).await;
                    continue;
                }
            };
            if refused {
                log::info!("connections are taken again");
                refused = false;
            }
            let seat = porter.seats.take().await;
            // Small answers must not wait for the peer's acknowledgement.
            let _ = stream.get_ref().set_nodelay(true);
            let (porter, handle) = (Rc::clone(&porter), handle.clone());
            executor
                .spawn(async move { porter.attend(stream, peer, &seat, &handle).await })
                .detach();
            // However many come at once, those who are here are heard in between.
            future::yield_now().await;
        }
    }
}

impl Porter {
    /// What the listener holds, and whom it has turned away.
    #[must_use]
    pub fn report(&self) -> Door {
        Door { connections: self.seats.taken(), refused: self.turned_away.counts() }
    }

    async fn attend<H, F>(&self, stream: Async<TcpStream>, peer: IpAddr, seat: &Seat, handle: &H)
    where
        H: Fn(Call) -> F,
        F: Future<Output = Answer>,
    {
        let talk = async {
            self.talk(stream, peer, seat, handle).await;
            None
        };
        let end = async { Some(seat.ends().await) };
        if let Some(why) = future::or(talk, end).await {
            self.turned_away.note(why, peer, "");
        }
    }

    /// Answers the requests of a connection until its peer has no more.
    async fn talk<H, F>(&self, stream: Async<TcpStream>, peer: IpAddr, seat: &Seat, handle: &H)
    where
        H: Fn(Call) -> F,
        F: Future<Output = Answer>,
    {
        let (stream, certificate) = match &self.tls {
            None => (Stream::Plain(stream), None),
            Some(tls) => match tls.secure(stream).await {
                Ok(Some((stream, certificate))) => (Stream::Safe(Box::new(stream)), certificate),
                Ok(None) => return self.turned_away.note(Refusal::Shut, peer, ""),
                Err(error) => {
                    return self.turned_away.note(Refusal::NoTls, peer, &format!(": {error}"));
                }
            },
        };
        let service =
            service_fn(|request| self.respond(request, certificate.clone(), peer, seat, handle));
        let mut server = http1::Builder::new();
        // A seat has its own patience, which costs nothing per request. That a sender has gone
        // shows when it is answered; to look for it before would cost a read of each request.
        server.header_read_timeout(None).half_close(true).max_buf_size(REQUEST_HEAD_BYTES_MAX);
        if let Err(error) = server.serve_connection(FuturesIo::new(stream), service).await {
            log::debug!("a connection ended: {error}");
            if error.is_parse_too_large() {
                self.turned_away.note(Refusal::HeadTooLarge, peer, "");
            } else if error.is_parse() {
                self.turned_away.note(Refusal::Malformed, peer, &format!(": {error}"));
            }
        }
    }

    async fn respond<H, F>(
        &self,
        request: hyper::Request<Incoming>,
        certificate: Option<Box<str>>,
        peer: IpAddr,
        seat: &Seat,
        handle: &H,
    ) -> Result<hyper::Response<Full<Bytes>>, Closed>
    where
        H: Fn(Call) -> F,
        F: Future<Output = Answer>,
    {
        seat.receives();
        let taken = self.load.take_in(request, certificate).await;
        let answer = match taken.and_then(|taken| self.load.wait().map(|place| (taken, place))) {
            Ok(((call, _share), _place)) => {
                seat.is_owed();
                handle(call).await
            }
            Err(why) => {
                self.turned_away.note(why, peer, "");
                Answer::Reply(reply(why))
            }
        };
        match answer {
            Answer::Reply(reply) => {
                seat.is_answered();
                Ok(response(reply))
            }
            Answer::Hang => future::pending().await,
            Answer::Close => Err(Closed),
        }
    }
}

/// What a sender hears whose request is turned away.
fn reply(why: Refusal) -> Reply {
    match why {
        Refusal::HeadTooLarge => Reply::empty(431),
        Refusal::BodyTooLarge => Reply::empty(413),
        Refusal::BodyTooSlow => Reply::empty(408),
        Refusal::Malformed | Refusal::BrokenOff => Reply::empty(400),
        Refusal::Overloaded
        | Refusal::Silent
        | Refusal::GaveWay
        | Refusal::NoTls
        | Refusal::Shut => Reply::empty(503)
            .with_header("retry-after", &INGEST_RETRY_AFTER.whole_secs().to_string()),
    }
}

fn response(reply: Reply) -> hyper::Response<Full<Bytes>> {
    let mut response = hyper::Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() =
        hyper::StatusCode::from_u16(reply.status).unwrap_or(hyper::StatusCode::BAD_GATEWAY);
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// A connection, in clear or not.
#[derive(Debug)]
enum Stream {
    Plain(Async<TcpStream>),
    Safe(Box<TlsStream<Async<TcpStream>>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<Result<usize, Error>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, into),
            Self::Safe(stream) => Pin::new(stream).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Error>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Safe(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Safe(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_close(context),
            Self::Safe(stream) => Pin::new(stream).poll_close(context),
        }
    }
}

/// The connection is closed on purpose.
#[derive(Debug)]
struct Closed;

impl core::fmt::Display for Closed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("closed on purpose")
    }
}

impl core::error::Error for Closed {}
