//! The bounds of every socket of ours that takes requests.

use crate::model::time::Span;

/// The head of a request to a listener of ours. A longer one is answered 431.
pub const REQUEST_HEAD_BYTES_MAX: usize = 16 << 10;

/// Headers of a request; senders of webhooks write 8 to 20. More are answered 431.
pub const REQUEST_HEADERS_MAX: usize = 64;

/// A new connection that does not bring a whole request head within this time is closed. Where
/// there is TLS its handshake is within the same time.
pub const REQUEST_HEAD_DEADLINE: Span = Span::secs(15);

/// A connection that was answered and does not bring the next whole request head, or does not take
/// the answer, within this time is closed. Most senders come once a minute or more often.
pub const REQUEST_IDLE_MAX: Span = Span::secs(60);

/// The body of a request to a listener of ours is whole within this time, or it is answered 408.
pub const REQUEST_BODY_DEADLINE: Span = Span::secs(10);

/// Of a body that is too long so much is read and forgotten, so that its sender hears 413 and not
/// that the connection broke. Beyond it the connection is closed on whatever still comes.
pub const REQUEST_BODY_DISCARDED_MAX: usize = 1 << 20;
