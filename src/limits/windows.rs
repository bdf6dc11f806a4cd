//! The bounds of maintenance windows and silences.

use crate::model::time::{Span, UtcMs};

/// Maintenance windows of one config. More are a problem in the file.
pub const WINDOWS_MAX: usize = 64;

/// The next occurrence of a window is sought for so many days: thirty years, so that 29 February is
/// found across the turn of a century. One that has none until then has none, and a window without
/// any is a problem in the file.
pub const WINDOW_SEARCH_DAYS: u32 = 10_958;

/// `INTERVAL` of a recurrence: a year of days. A greater one is a problem in the file.
pub const WINDOW_INTERVAL_MAX: i32 = 366;

/// `COUNT` of a recurrence. A greater one is a problem in the file: leaving it out says the same.
pub const WINDOW_COUNT_MAX: u32 = 1_000;

/// How long a window that recurs is open each time: a week. A longer one is a problem in the file.
pub const WINDOW_RECURRING_MAX: Span = Span::secs(604_800);

/// How long a window is open that does not recur: a year. A longer one is taken for a slip of the
/// pen and is a problem in the file.
pub const WINDOW_ONCE_MAX: Span = Span::secs(366 * 86_400);

/// So many occurrences that run into each other are a window that never closes, which is a problem
/// in the file: the minutes of a day.
pub const WINDOW_CHAIN_MAX: usize = 1_440;

/// No window opens by a clock that nobody vouches for and that shows an earlier time: a board
/// without a battery begins in 1970, and this hub was made later. 2024-01-01T00:00:00Z.
pub const CLOCK_BEFORE_ANDON: UtcMs = UtcMs(1_704_067_200_000);

/// Silences that there can be at once; each is looked through for each sample of an open alert.
/// An order for one more is refused and says so.
pub const SILENCES_MAX: usize = 64;

/// How long a silence lasts: a month. An order for a longer one is refused: what nobody wants to
/// hear of for longer belongs into the file.
pub const SILENCE_LONGEST: Span = Span::secs(30 * 86_400);

/// The shortest silence. An order for a shorter one is refused.
pub const SILENCE_SHORTEST: Span = Span::secs(60);

/// The owner and the comment of a silence. An order with a longer text is refused.
pub const SILENCE_TEXT_BYTES_MAX: usize = 512;

/// So long before its end those are reminded of a silence who were told of it ...
pub const SILENCE_REMINDED_BEFORE: Span = Span::secs(3_600);

/// ... or, of a short one, this share of its length in percent before.
pub const SILENCE_REMINDED_PART: i64 = 10;

/// Alerts that the announcement of an end lists, one line of at most
/// [`crate::limits::DIGEST_LINE_CHARS_MAX`] characters each: so many fit a section of Slack's. What
/// is beyond them follows as a digest.
pub const ANNOUNCED_LINES_MAX: usize = 10;
