//! What Genesys Cloud can say of a queue at this moment, by its own metrics' names.
//!
//! The traffic does not know conversations: agents who are busy stand for those under way. All who
//! are on queue have the presence `AVAILABLE`. What is nothing is left out.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::demo::genesys::refusal::Refusal;
use crate::demo::genesys::view::View;

/// Metrics of conversations: their groups have a medium.
pub(super) const OF_CONVERSATIONS: &[&str] =
    &["oAlerting", "oInteracting", "oLongestInteracting", "oLongestWaiting", "oWaiting"];

/// Metrics of users: their groups have none.
pub(super) const OF_USERS: &[&str] = &[
    "oActiveUsers",
    "oMemberUsers",
    "oOffQueueUsers",
    "oOnQueueUsers",
    "oUserPresences",
    "oUserRoutingStatuses",
];

/// One number of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading<'a> {
    pub(super) metric: &'a str,
    pub(super) qualifier: Option<&'static str>,
    pub(super) amount: Amount,
}

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Amount {
    /// How many.
    Count(u32),
    /// Since when, in milliseconds since 1970: a moment, no length.
    Since(i64),
}

impl Amount {
    /// The field and its value.
    pub(super) fn field(self) -> (String, Value) {
        match self {
            Self::Count(count) => ("count".to_owned(), count.into()),
            Self::Since(since) => ("calculatedMetricValue".to_owned(), since.into()),
        }
    }
}

/// The readings of one queue, in the order of `metrics`.
pub(super) fn readings<'a>(
    view: &View<'_>,
    position: usize,
    metrics: &'a [String],
) -> Result<Vec<Reading<'a>>, Refusal> {
    let (queue, end) = view.queue(position)?;
    let (idle, busy) = (queue.agents_available, queue.agents_busy);
    let on_queue = idle.saturating_add(busy);
    let mut readings = Vec::new();
    for metric in metrics.iter().map(String::as_str) {
        let mut count = |qualifier, count: u32| {
            if count > 0 {
                readings.push(Reading { metric, qualifier, amount: Amount::Count(count) });
            }
        };
        match metric {
            "oWaiting" => count(None, queue.calls_waiting),
            "oInteracting" => count(None, busy),
            "oOnQueueUsers" | "oUserRoutingStatuses" => {
                count(Some("IDLE"), idle);
                count(Some("INTERACTING"), busy);
            }
            "oActiveUsers" | "oMemberUsers" => count(None, on_queue),
            "oUserPresences" => count(Some(AVAILABLE), on_queue),
            "oLongestWaiting" if queue.calls_waiting > 0 => {
                let waited = i64::from(queue.longest_wait_seconds) * 1_000;
                let amount = Amount::Since(view.clock(end).0 - waited);
                readings.push(Reading { metric, qualifier: None, amount });
            }
            // Nobody is off queue, and what else there is the traffic does not know.
            _ => {}
        }
    }
    Ok(readings)
}

/// Which presences of the organisation stand for which of the system's.
pub(super) fn presences() -> Value {
    json!({ "AVAILABLE": [AVAILABLE], "ON_QUEUE": [ON_QUEUE] })
}

const AVAILABLE: &str = "6a3af858-942f-489d-9700-5f9bcdcdae9b";
const ON_QUEUE: &str = "e08eaf1b-ee47-4fa9-a231-1200e284798f";
