//! The bounds of calibration: factors, aligned windows, and the history that a month is compared
//! by.

use crate::model::time::Span;

/// A calibration factor is at least this. What is further off is a wrong unit, which belongs in the
/// source definition; the config check refuses it, and no report proposes it.
pub const CALIBRATION_FACTOR_MIN: f64 = 0.1;

/// A calibration factor is at most this.
pub const CALIBRATION_FACTOR_MAX: f64 = 10.0;

/// Tables of factors in one file: every metric of every source would be more than anybody
/// maintains. More are a problem in the file.
pub const CALIBRATIONS_MAX: usize = 256;

/// Pairs of entities that a report compares. Each costs two series of history for each metric. More
/// are a problem in the file.
pub const CALIBRATION_PAIRS_MAX: usize = 16;

/// The shortest aligned window: a shorter one than the buffer after it would only be slower.
pub const WINDOW_MIN: Span = Span::secs(60);

/// The longest aligned window. A rule that is judged less often than hourly is a report.
pub const WINDOW_MAX: Span = Span::secs(3_600);

/// How long an aligned window is closed before it is judged, if the file does not say (guide 1,
/// edge case 2). It is longer than a sample may be old, so nothing comes after it.
pub const WINDOW_BUFFER: Span = Span::secs(60);

/// The longest such buffer.
pub const WINDOW_BUFFER_MAX: Span = Span::secs(300);

/// The month of a report, in days: as many weekends as working weeks, whatever the calendar says.
pub const CALIBRATION_MONTH_DAYS: u32 = 30;

/// Days of history that are kept of each source: the month, the one before it, and today. Beyond it
/// the oldest gives way, so that no clock can empty the history.
pub const HISTORY_DAYS_KEPT: usize = 62;

/// Series of history in all: a metric of a source, or of an entity of a pair. A day of one is 400
/// bytes in memory and 250 on disk, so all of them at once are 1.6 MB; two centres with eight
/// metrics each are a quarter of it. What has no room is counted in the report.
pub const HISTORY_SERIES_MAX: usize = 64;

/// An hour with a longer time without fresh data in it is not recorded: two answers of the slowest
/// platform that is polled.
pub const HISTORY_HOLE_MAX: Span = Span::secs(600);

/// An hour's means are written with whatever is written anyway, and after this long by themselves:
/// the requests of one source end their hour within it, so a quiet box commits once an hour more.
pub const HISTORY_WRITE_WITHIN: Span = Span::secs(300);

/// Hours that both have: below it no factor is proposed.
pub const CALIBRATION_HOURS_MIN: u32 = 100;

/// Days with such hours: below two weeks the uncertainty, which is taken from day to day, cannot be
/// told.
pub const CALIBRATION_DAYS_MIN: u32 = 14;

/// A factor whose uncertainty is a larger share of it is not proposed.
pub const CALIBRATION_UNCERTAINTY_MAX: f64 = 0.15;

/// A proposal that differs from the factor in force by less than this share is not worth a change:
/// every threshold has a margin of ten times as much.
pub const CALIBRATION_CHANGE_MIN: f64 = 0.01;
