//! The bounds of enrichment: business context from tables and from a configuration database.

use crate::model::time::Span;

/// Rows of business context, those of the config and of the CSV file together: one for each entity
/// of a large source. More are a problem in the file that has them.
pub const CONTEXT_ROWS_MAX: usize = 4_096;

/// The CSV file beside the config; systemd hands credentials over up to a MiB in all. A longer one
/// is refused.
pub const CONTEXT_CSV_BYTES_MAX: usize = 384 << 10;

/// One fact about an entity: an impact, a unit, an owner. A longer one is a problem in a file; in
/// an answer it is cut.
pub const BUSINESS_TEXT_CHARS_MAX: usize = 256;

/// The first notice of an alert waits no longer than this for the configuration database, whatever
/// its priority: an engineer who is woken loses more than two seconds without the runbook, and the
/// notice is on disk already. Then it is told as `unmapped`. Where nobody has to be asked nothing
/// waits.
pub const ENRICHMENT_WAIT: Span = Span::secs(2);

/// An answer of the configuration database is waited for this long; one that comes after
/// [`ENRICHMENT_WAIT`] is told by the notices that follow.
pub const ENRICHMENT_DEADLINE: Span = Span::secs(5);

/// An answer about an entity holds for so long (guide 1, section 3), and so does "no such entity".
pub const ENRICHMENT_KEPT: Span = Span::secs(60);

/// A configuration database that failed is left alone for so long: shorter than an answer is kept,
/// so that context comes soon after it is back, and long enough that a storm of alerts does not
/// wait for a dead peer again and again.
pub const ENRICHMENT_REST: Span = Span::secs(15);

/// Entities whose look-up is remembered or under way. Beyond it the oldest answer gives way; where
/// all are under way the entity counts as unmapped.
pub const ENRICHMENT_ENTITIES_MAX: usize = 4_096;

/// Look-ups that are under way at once. The next one waits for its turn.
pub const ENRICHMENT_REQUESTS_MAX: usize = 4;

/// An answer of the configuration database; a row has a few KiB. A longer one is a failure.
pub const CMDB_ANSWER_BYTES_MAX: usize = 256 << 10;
