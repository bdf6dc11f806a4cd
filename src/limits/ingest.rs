//! The bounds of the push door.

use crate::model::time::Span;

/// The body of a webhook; Genesys' and CXone's have 1 to 4 KiB. A longer one is answered 413.
pub const INGEST_BODY_BYTES_MAX: usize = 256 << 10;

/// Connections to the ingest port. Those beyond it wait in the kernel's queue.
pub const INGEST_CONNECTIONS_MAX: usize = 64;

/// A sender whose delivery cannot be taken at this moment may try again so much later.
pub const INGEST_RETRY_AFTER: Span = Span::secs(5);

/// By how much of its SHA-256 a delivery is known again: nobody meets half of one twice.
pub const DELIVERY_ID_BYTES: usize = 16;

/// A delivery is known again for so long (guide 1, edge case 1).
pub const DELIVERIES_KEPT: Span = Span::secs(86_400);

/// Deliveries that are known again, 60 bytes each. Beyond it the oldest is forgotten.
pub const DELIVERIES_MAX: usize = 50_000;

/// `[[webhook.event]]` tables of a definition. More are a problem in it.
pub const WEBHOOK_EVENTS_MAX: usize = 32;

/// How far a signature's time may be from ours. A longer tolerance is a problem in the definition.
pub const WEBHOOK_TOLERANCE_MAX: Span = Span::secs(3_600);
