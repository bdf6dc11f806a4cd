//! Bounds of what webhooks of any form, Datadog, Alertmanager and Teams are told.

use crate::model::time::Span;

/// Headers of a webhook that the file gives. More are a config problem.
pub const WEBHOOK_HEADERS_MAX: usize = 16;

/// Alertmanager takes an alert for over that it has not heard of for so long, where the file says
/// nothing: longer than the longest silence of a notice that is told by its repeats alone.
pub const ALERTMANAGER_ENDS_AFTER: Span = Span::secs(7 * 86_400);

/// What is about no alert stands in Alertmanager for so long.
pub const ALERTMANAGER_WORD_STANDS: Span = Span::secs(300);

/// A label's or annotation's text. A longer one ends with ` [cut]`.
pub const ALERTMANAGER_TEXT_CHARS_MAX: usize = 1_024;

/// The title of Datadog's event. A longer one ends with ` [cut]`.
pub const DATADOG_TITLE_CHARS_MAX: usize = 500;

/// The message of Datadog's event. A longer one ends with ` [cut]`; a digest says how many lines it
/// leaves out.
pub const DATADOG_TEXT_CHARS_MAX: usize = 4_000;

/// Datadog's aggregation key. Of a longer alert key stand its beginning and a hash.
pub const DATADOG_KEY_BYTES_MAX: usize = 100;

/// Tags of the file for a Datadog target; with our own they stay below the 100 that an event takes.
pub const DATADOG_OWN_TAGS_MAX: usize = 32;

/// One tag of Datadog's. A longer one in the file is a config problem, else it ends early.
pub const DATADOG_TAG_CHARS_MAX: usize = 200;

/// The name of a service check. A longer one is a config problem.
pub const DATADOG_CHECK_CHARS_MAX: usize = 100;

/// Datadog refuses events that are older than 18 hours, and service checks older than ten minutes:
/// older than these they go without their time, and say it in their text.
pub const DATADOG_EVENT_AGE_MAX: Span = Span::secs(17 * 3_600);

/// A card for Teams, which takes about 28 KB with all around it. What is longer is cut, and a
/// digest says how many lines it leaves out.
pub const TEAMS_CARD_BYTES_MAX: usize = 25_000;

/// One text of a card. A longer one ends with ` [cut]`.
pub const TEAMS_TEXT_CHARS_MAX: usize = 3_000;

/// The pace of a flow: more would be throttled by Teams.
pub const TEAMS_GAP: Span = Span::secs(1);

/// The wait before a flow that is throttled is tried again, where it says nothing.
pub const TEAMS_RETRY_WAIT: Span = Span::secs(30);

/// Requests of a self-test's exchange about one notice. An exchange that goes on is a fault.
pub const SELFTEST_STEPS_MAX: usize = 40;
