//! The bounds of what is only simulated: the centre, its platforms, its receivers, its recordings.

use crate::model::time::Span;

/// Cycles of its past that a simulated call centre keeps: half an hour (the usual interval of a
/// Genesys report) and a minute, in steps of five seconds. The oldest is forgotten, and whoever
/// asks about it is told so.
pub const DEMO_CYCLES_MAX: usize = 372;

/// The longest stretch that a simulated call centre lives through call by call. After a longer leap
/// of the clock it opens anew.
pub const DEMO_LEAP_MAX: Span = Span::secs(24 * 3_600);

/// Deliveries, incidents and keys that a simulated receiver remembers, each. The oldest is
/// forgotten.
pub const DEMO_MEMORY_MAX: usize = 10_000;

/// Tokens of a simulated platform that are valid at once. The oldest is revoked.
pub const DEMO_TOKENS_MAX: usize = 64;

/// A recording's text, unpacked: half a year of a centre such as the bank's. What is beyond it is
/// not read, and the last line is then a bad one.
pub const RECORDING_BYTES_MAX: u64 = 128 << 20;

/// Connections to a simulated server. The ones beyond it wait in the kernel's queue.
pub const SIMULATED_CONNECTIONS_MAX: usize = 64;

/// The body of a request to a simulated server: PagerDuty takes 512 KB. A longer one is answered
/// 413.
pub const SIMULATED_BODY_BYTES_MAX: usize = 1 << 20;

/// Rows of a recording: half a year of a centre such as the bank's. A longer one is refused.
pub const RECORDING_ROWS_MAX: usize = 2_000_000;

/// Bad lines of a recording that are named. Beyond it reading stops.
pub const RECORDING_FAULTS_MAX: usize = 20;

/// Deliveries of a simulated sender that wait for their moment. Beyond it the oldest is given up
/// and counted.
pub const SIMULATED_DELIVERIES_WAITING_MAX: usize = 10_000;

/// Deliveries of a simulated sender that are under way at once, each on a thread. The others wait.
pub const SIMULATED_DELIVERIES_AT_ONCE_MAX: usize = 8;

/// A simulated sender waits so long for an answer; Genesys does for its one signed webhook, and
/// then tries ...
pub const SIMULATED_DELIVERY_DEADLINE: Span = Span::secs(10);

/// ... again so often, and then gives a delivery up ...
pub const SIMULATED_RETRIES_MAX: u32 = 5;

/// ... so much later each time.
pub const SIMULATED_RETRY_AFTER: Span = Span::secs(5);

/// The longest `Retry-After` that a simulated sender honours. Of a longer one it takes this.
pub const SIMULATED_RETRY_AFTER_MAX: Span = Span::secs(300);
