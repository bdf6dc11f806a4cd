//! Takes HTTP/1.1 requests on a socket of ours, bounded in number, size and time.

use alloc::rc::Rc;
use alloc::sync::Arc;
use core::future::Future;
use core::net::SocketAddr;
use core::time::Duration;
use std::net::TcpListener;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use smol::lock::Semaphore;
use smol::{Async, LocalExecutor, Timer, future};
use smol_hyper::rt::{FuturesIo, SmolTimer};

use crate::limits::{REQUEST_BODY_DEADLINE, REQUEST_HEAD_BYTES_MAX, REQUEST_HEAD_DEADLINE};
use crate::model::http::Reply;

/// A socket that takes requests.
#[derive(Debug)]
pub struct Listener {
    socket: Async<TcpListener>,
    connections: usize,
    body_bytes: usize,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// The exact bytes.
    pub body: Vec<u8>,
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

impl Listener {
    /// Binds a socket that takes so many connections with bodies of so many bytes. The connections
    /// beyond it wait in the kernel's queue; a longer body is answered 413.
    ///
    /// # Errors
    /// As the system says.
    pub fn bind(
        address: SocketAddr,
        connections: usize,
        body_bytes: usize,
    ) -> Result<Self, std::io::Error> {
        let socket = Async::<TcpListener>::bind(address)?;
        Ok(Self { socket, connections, body_bytes })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// As the system says.
    pub fn address(&self) -> Result<SocketAddr, std::io::Error> {
        self.socket.get_ref().local_addr()
    }

    /// Takes requests for ever; `handle` answers each.
    pub async fn serve<'a, H, F>(self, executor: Rc<LocalExecutor<'a>>, handle: H)
    where
        H: Fn(Call) -> F + Clone + 'a,
        F: Future<Output = Answer> + 'a,
    {
        let free = Arc::new(Semaphore::new(self.connections));
        let body_bytes = self.body_bytes;
        let mut refused = false;
        loop {
            let permit = free.acquire_arc().await;
            let stream = match self.socket.accept().await {
                Ok((stream, _)) => stream,
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
            // Small answers must not wait for the peer's acknowledgement.
            let _ = stream.get_ref().set_nodelay(true);
            let handle = handle.clone();
            executor
                .spawn(async move {
                    let service = service_fn(move |request| {
                        let handle = handle.clone();
                        async move { respond(request, body_bytes, handle).await }
                    });
                    let mut server = http1::Builder::new();
                    server
                        .timer(SmolTimer::new())
                        .header_read_timeout(millis(REQUEST_HEAD_DEADLINE.0))
                        .max_buf_size(REQUEST_HEAD_BYTES_MAX);
                    if let Err(error) =
                        server.serve_connection(FuturesIo::new(stream), service).await
                    {
                        log::debug!("a connection ended: {error}");
                    }
                    drop(permit);
                })
                .detach();
        }
    }
}

async fn respond<H, F>(
    request: hyper::Request<Incoming>,
    body_bytes: usize,
    handle: H,
) -> Result<hyper::Response<Full<Bytes>>, Closed>
where
    H: Fn(Call) -> F,
    F: Future<Output = Answer>,
{
    let (head, body) = request.into_parts();
    let whole = async { Some(Limited::new(body, body_bytes).collect().await) };
    let deadline = async {
        Timer::after(millis(REQUEST_BODY_DEADLINE.0)).await;
        None
    };
    let body = match future::or(whole, deadline).await {
        Some(Ok(body)) => body.to_bytes().to_vec(),
        Some(Err(_)) => return Ok(response(Reply::empty(413))),
        None => return Ok(response(Reply::empty(408))),
    };
    let headers = head
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().into(), value.to_str().ok()?.into())));
    let call = Call {
        method: head.method.as_str().to_owned(),
        path: head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        headers: headers.collect(),
        body,
    };
    match handle(call).await {
        Answer::Reply(reply) => Ok(response(reply)),
        Answer::Hang => future::pending().await,
        Answer::Close => Err(Closed),
    }
}

fn response(reply: Reply) -> hyper::Response<Full<Bytes>> {
    let mut response = hyper::Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() =
        hyper::StatusCode::from_u16(reply.status).unwrap_or(hyper::StatusCode::BAD_GATEWAY);
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (
            hyper::header::HeaderName::from_bytes(name.as_bytes()),
            hyper::header::HeaderValue::from_str(value),
        ) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn millis(millis: i64) -> Duration {
    Duration::from_millis(millis.unsigned_abs())
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
