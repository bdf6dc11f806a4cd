//! `window`: a threshold that judges stretches of time aligned to UTC instead of the newest value.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `seconds` | 60 to 3600 | required | its length, which divides an hour |
//! | `buffer_seconds` | 0 to 300 | 60 | how long it is closed before it is judged |

use alloc::format;

use crate::document::{Table, Value};
use crate::limits::{WINDOW_BUFFER, WINDOW_BUFFER_MAX, WINDOW_MAX, WINDOW_MIN};
use crate::model::metric::{Kind, Metric, Subject};
use crate::model::rule::Window;
use crate::model::time::Span;

/// Reads the key of a threshold: nothing within where the newest value is judged, nothing at all
/// where there is a problem.
#[expect(clippy::option_option, reason = "left out is no problem")]
pub(super) fn read(threshold: &mut Table<'_>, metric: Option<Metric>) -> Option<Option<Window>> {
    let Some(item) = threshold.optional("window") else { return Some(None) };
    for (key, help) in CLASHES {
        let other = threshold.optional(key);
        if other.is_some_and(|other| !matches!(other.value(), Value::Bool(false))) {
            return item.refuse(format!("window and {key} exclude each other"), help);
        }
    }
    let mut table = item.table()?;
    let length = table
        .required("seconds", "Write seconds = 300, or another length of the window.")
        .and_then(|item| {
            let range = WINDOW_MIN.whole_secs()..=WINDOW_MAX.whole_secs();
            let length = item.integer_in(range)?;
            if WINDOW_MAX.whole_secs() % length == 0 {
                return Some((Span::secs(length), item));
            }
            let help = "Write 60, 120, 300, 600, 900, 1800 or 3600.";
            item.refuse(format!("{length} s do not divide an hour"), help)
        });
    let buffer = match table.optional("buffer_seconds") {
        Some(item) => item.integer_in(0..=WINDOW_BUFFER_MAX.whole_secs()).map(Span::secs),
        None => Some(WINDOW_BUFFER),
    };
    table.finish();
    let ((length, place), buffer) = (length?, buffer?);
    if buffer > length {
        return place.refuse("the window is shorter than its buffer", "Make the window longer.");
    }
    let why = match metric.map(|metric| (metric.kind(), metric.about())) {
        Some((Kind::Boolean, _)) => "a yes or no is judged at once",
        Some((_, Subject::Entity)) | None => return Some(Some(Window { length, buffer })),
        Some(_) => "what is no platform's measure is judged at once",
    };
    item.refuse(why, "Take window out.")
}

/// What says how a value is made, too.
const CLASHES: [(&str, &str); 2] = [
    ("dynamic_scaling", "The metrics of the expression are of this moment. Keep one of the two."),
    ("rate", "A count over a window is its rate over the window. Keep one of the two."),
];
