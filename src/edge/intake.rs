//! Takes one request in: its head, and its body within bounds of size, time and memory.
//!
//! # Promises
//! - `a_long_body_is_copied_once_and_a_short_one_never`
//! - `what_all_long_bodies_hold_is_bounded_and_given_back`

use core::cell::Cell;
use core::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};
use hyper::header::EXPECT;
use smol::{Timer, future};

use crate::limits::{REQUEST_BODY_DEADLINE, REQUEST_BODY_DISCARDED_MAX, REQUEST_HEADERS_MAX};
use crate::model::door::Refusal;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case. Values that are no text are left out.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// The exact bytes.
    pub body: Bytes,
    /// The SHA-256 of the sender's own certificate, in small hex digits, where it showed one that
    /// was found good.
    pub client_certificate: Option<Box<str>>,
}

/// What a listener takes in at once.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections. One more makes room for itself, as `Seats` says.
    pub connections: usize,
    /// Bytes of one body. A longer one is answered 413.
    pub body_bytes: usize,
    /// Bytes of all bodies that do not fit one read. One more is answered 503.
    pub bodies_bytes: usize,
    /// Requests that wait for their answers. One more is answered 503.
    pub waiting: usize,
}

/// What a listener holds for those who wait for an answer.
#[derive(Debug)]
pub(super) struct Load {
    bounds: Bounds,
    bodies_bytes: Cell<usize>,
    waiting: Cell<usize>,
}

/// A share of a listener's load. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct Share<'a> {
    of: &'a Cell<usize>,
    amount: usize,
}

impl Load {
    pub(super) const fn new(bounds: Bounds) -> Self {
        Self { bounds, bodies_bytes: Cell::new(0), waiting: Cell::new(0) }
    }

    /// One more that waits for its answer.
    pub(super) fn wait(&self) -> Result<Share<'_>, Refusal> {
        let mut share = Share { of: &self.waiting, amount: 0 };
        share.grow(1, self.bounds.waiting).map(|()| share)
    }

    /// Takes a request in, and what it holds of the load while it is looked at.
    pub(super) async fn take_in<B>(
        &self,
        request: hyper::Request<B>,
        client_certificate: Option<Box<str>>,
    ) -> Result<(Call, Share<'_>), Refusal>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let (head, body) = request.into_parts();
        if head.headers.len() > REQUEST_HEADERS_MAX {
            return Err(Refusal::HeadTooLarge);
        }
        let announced = body.size_hint().lower();
        let announced = usize::try_from(announced).unwrap_or(usize::MAX);
        let asks_first = head.headers.contains_key(EXPECT);
        if announced > REQUEST_BODY_DISCARDED_MAX
            || (asks_first && announced > self.bounds.body_bytes)
        {
            return Err(Refusal::BodyTooLarge);
        }
        let late = async {
            Timer::after(Duration::from_millis(REQUEST_BODY_DEADLINE.0.unsigned_abs())).await;
            Err(Refusal::BodyTooSlow)
        };
        let (body, share) = future::or(self.body(body), late).await?;
        let headers = head
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().into(), value.to_str().ok()?.into())));
        let call = Call {
            method: head.method.as_str().to_owned(),
            path: head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            headers: headers.collect(),
            body,
            client_certificate,
        };
        Ok((call, share))
    }

    /// A whole body. What came with one read is left where it is, in the connection's own buffer.
    async fn body<B>(&self, mut body: B) -> Result<(Bytes, Share<'_>), Refusal>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let mut share = Share { of: &self.bodies_bytes, amount: 0 };
        let (mut first, mut whole, mut length) = (Bytes::new(), Vec::new(), 0_usize);
        let mut outcome = Ok(());
        while let Some(frame) = body.frame().await {
            // Behind the body there may be trailers, which nobody signs and we do not read.
            let Ok(data) = frame.map_err(|_| Refusal::BrokenOff)?.into_data() else { continue };
            length = length.saturating_add(data.len());
            if length > self.bounds.body_bytes {
                outcome = Err(Refusal::BodyTooLarge);
            } else if outcome.is_ok() && length == data.len() {
                first = data;
                continue;
            } else if outcome.is_ok() {
                let copied = if whole.is_empty() { first.len() } else { 0 };
                outcome = share.grow(copied + data.len(), self.bounds.bodies_bytes);
            }
            if outcome.is_ok() {
                whole.extend_from_slice(&core::mem::take(&mut first));
                whole.extend_from_slice(&data);
                continue;
            }
            // The rest is read and forgotten, so that the sender hears why.
            (first, whole) = (Bytes::new(), Vec::new());
            share.give_back();
            if length > REQUEST_BODY_DISCARDED_MAX {
                break;
            }
        }
        outcome.map(|()| (if whole.is_empty() { first } else { whole.into() }, share))
    }
}

impl Share<'_> {
    fn grow(&mut self, by: usize, most: usize) -> Result<(), Refusal> {
        let all = self.of.get().saturating_add(by);
        if all > most {
            return Err(Refusal::Overloaded);
        }
        self.of.set(all);
        self.amount += by;
        Ok(())
    }

    fn give_back(&mut self) {
        self.of.set(self.of.get().saturating_sub(core::mem::take(&mut self.amount)));
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::VecDeque;
    use core::pin::Pin;
    use core::task::{Context, Poll};

    use hyper::body::Frame;

    /// A body that comes in pieces.
    struct Pieces(VecDeque<Bytes>);

    impl Body for Pieces {
        type Data = Bytes;
        type Error = core::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
        }
    }

    fn pieces(lengths: &[usize]) -> Pieces {
        Pieces(lengths.iter().map(|length| Bytes::from(vec![7; *length])).collect())
    }

    fn load() -> Load {
        Load::new(Bounds { connections: 4, body_bytes: 100, bodies_bytes: 150, waiting: 2 })
    }

    #[test]
    fn a_long_body_is_copied_once_and_a_short_one_never() {
        smol::block_on(async {
            let load = load();
            let piece = Bytes::from_static(b"{}");
            let (body, _) = load.body(Pieces([Bytes::new(), piece.clone()].into())).await.unwrap();
            assert_eq!((body.as_ptr(), body.len()), (piece.as_ptr(), 2));
            assert_eq!(load.bodies_bytes.get(), 0, "it lies in the connection's own buffer");
            let (body, share) = load.body(pieces(&[60, 1, 39])).await.unwrap();
            assert_eq!((body.len(), load.bodies_bytes.get()), (100, 100));
            drop(share);
            assert_eq!(load.bodies_bytes.get(), 0);
        });
    }

    #[test]
    fn what_all_long_bodies_hold_is_bounded_and_given_back() {
        smol::block_on(async {
            let load = load();
            let why =
                |outcome: Result<(Bytes, Share<'_>), Refusal>| outcome.map(|_| ()).unwrap_err();
            let (_, share) = load.body(pieces(&[50, 50])).await.unwrap();
            assert_eq!(why(load.body(pieces(&[50, 1, 1])).await), Refusal::Overloaded);
            assert_eq!(load.bodies_bytes.get(), 100, "a refused one holds nothing");
            assert!(load.body(pieces(&[100])).await.is_ok(), "a short one is let in");
            drop(share);
            assert!(load.body(pieces(&[50, 1])).await.is_ok());
            assert_eq!(why(load.body(pieces(&[50, 51, 9])).await), Refusal::BodyTooLarge);
            assert_eq!(why(load.body(pieces(&[101])).await), Refusal::BodyTooLarge);
            assert_eq!(load.bodies_bytes.get(), 0);
            let [first, _second] = [load.wait().unwrap(), load.wait().unwrap()];
            assert_eq!(load.wait().unwrap_err(), Refusal::Overloaded);
            drop(first);
            assert!(load.wait().is_ok());
        });
    }
}
