//! The bounds of the push door.

use core::time::Duration;

use crate::model::time::Span;

/// The body of a webhook; Genesys' and CXone's have 1 to 4 KiB. A longer one is answered 413.
pub const INGEST_BODY_BYTES_MAX: usize = 256 << 10;

/// Connections to the ingest port: with all else a hub has open they fit the 1,024 files that a
/// process may open by default, and at 20 KiB each, 30 with TLS, they are 23 MiB. One more, and the
/// one that has waited for its next request for the longest time is closed: whoever opens
/// connections and says nothing makes room for whoever has something to say.
pub const INGEST_CONNECTIONS_MAX: usize = 768;

/// Deliveries that wait for their answers at once: 50 ms of work at ten thousand a second, where a
/// sync takes 4 ms. One more is answered 503 with `Retry-After` before anything is taken of it.
pub const INGEST_WAITING_MAX: usize = 512;

/// Bytes of all bodies that do not fit one read (16 KiB): 32 of the longest. One more is answered
/// 503 with `Retry-After`. A webhook of the usual size fits a read, and whoever sends long bodies
/// slowly cannot keep it out.
pub const INGEST_BODIES_BYTES_MAX: usize = 8 << 20;

/// A file of certificates: a chain has up to 16 KiB, a list of roots is longer. A longer one is
/// refused.
pub const CERTIFICATES_BYTES_MAX: u64 = 512 << 10;

/// A sender whose delivery cannot be taken at this moment may try again so much later.
pub const INGEST_RETRY_AFTER: Span = Span::secs(5);

/// By how much of its SHA-256 a delivery is known again. That a new one looks like one of the
/// [`DELIVERIES_MAX`] known ones happens once in 10^14 deliveries.
pub const DELIVERY_ID_BYTES: usize = 8;

/// A delivery is known again for so long (guide 1, edge case 1).
pub const DELIVERIES_KEPT: Span = Span::secs(86_400);

/// Deliveries that are known again, 25 bytes each: two a second for a day. Beyond it the oldest are
/// forgotten; senders try again within minutes.
pub const DELIVERIES_MAX: usize = 200_000;

/// Deliveries in a row of the ledger. Beyond it a new row is begun.
pub const DELIVERY_BLOCK_IDS: usize = 256;

/// From the first to the last delivery in a row of the ledger, so that none is known much longer
/// than a day: whoever calls events by their bodies means a new one by the same body then.
pub const DELIVERY_BLOCK_SPAN: Span = Span::secs(600);

/// `[[webhook.event]]` tables of a definition. More are a problem in it.
pub const WEBHOOK_EVENTS_MAX: usize = 32;

/// How far a signature's time may be from ours. A longer tolerance is a problem in the definition.
pub const WEBHOOK_TOLERANCE_MAX: Span = Span::secs(3_600);

/// A sync that takes so long is worth sharing: eMMC and SD cards need 1 to 20 ms.
pub const SYNC_SHARED: Duration = Duration::from_millis(2);

/// A turn waits this part of the last sync for others to share the next, and while they keep coming
/// half of it.
pub const TURN_PATIENCE_PART: u32 = 8;

/// A turn waits no longer than this for the next to come, however slow the disk is.
pub const TURN_PATIENCE_MAX: Duration = Duration::from_millis(2);

/// Genuine deliveries that no mapping understood, kept for people. Beyond it the oldest of the
/// source that has most of them gives way.
pub const UNREAD_MAX: usize = 100;

/// So much of the body of one is kept; Genesys' and CXone's have 1 to 4 KiB. The rest is cut off,
/// and that is said.
pub const UNREAD_BODY_BYTES_MAX: usize = 16 << 10;

/// So much of the bodies of all of them, in memory and on disk. Beyond it as beyond
/// [`UNREAD_MAX`].
pub const UNREAD_BYTES_MAX: usize = 512 << 10;

/// A body may name people, so it goes after so long, read or not.
pub const UNREAD_KEPT: Span = Span::secs(7 * 86_400);

/// Things whose heartbeats are waited for. More are a problem of the config file.
pub const HEARTBEATS_MAX: usize = 256;

/// For so long after the last of them a source's mapping is an alert.
pub const UNREAD_ALERTS_FOR: Span = Span::secs(3_600);

/// Signatures of one delivery and version that are compared. Those after them are left unread.
pub const WEBHOOK_SIGNATURES_MAX: usize = 8;

/// Proofs that a definition may offer its senders. More are a problem in it.
pub const WEBHOOK_PROOFS_MAX: usize = 4;

/// Places that a definition may name for a delivery's id. More are a problem in it.
pub const WEBHOOK_IDS_MAX: usize = 8;

/// Kinds of questions that a definition may answer. More are a problem in it.
pub const WEBHOOK_CHALLENGES_MAX: usize = 4;

/// Texts in one such answer, and headers of an envelope. More are a problem in the definition.
pub const WEBHOOK_FIELDS_MAX: usize = 16;

/// A text that a sender asks to hear again. A longer one is not answered.
pub const CHALLENGE_BYTES_MAX: usize = 4_096;

/// Client certificates that a source believes. More are a problem in the config.
pub const WEBHOOK_CERTIFICATES_MAX: usize = 16;

/// Fields of a form; Twilio's have about 30. A form with more is not read.
pub const FORM_FIELDS_MAX: usize = 1_000;

/// A lower number of a sender's count is late for so long after the newest event. One of a later
/// time is believed: whoever counts anew after a restart is not deaf for ever.
pub const SEQUENCE_KEPT: Span = Span::secs(3_600);
// A port that is full must hold somebody who can give way.
const _: () = assert!(INGEST_WAITING_MAX < INGEST_CONNECTIONS_MAX);
