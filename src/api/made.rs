//! What the value that a rule judges was made of, for people: the factor, and the window.
//!
//! # Promises
//! - `a_calibrated_value_says_what_it_was_made_of`

use alloc::format;
use alloc::string::{String, ToString};

use super::paint::{Paint, clean, when};
use super::story::{CalibrationView, WatchView, WindowView};
use crate::model::time::Span;

/// A line each for the factor and the window, where there is one.
pub(super) fn made_of(watch: &WatchView, paint: Paint) -> String {
    let mut made = String::new();
    if let Some(CalibrationView { rule, factor, raw_value }) = &watch.calibration {
        let place = paint.faint(&format!("[{}]", clean(rule)));
        let raw = match raw_value {
            Some(raw) => ((raw * 1_000.0).round() / 1_000.0).to_string(),
            None => "unknown".into(),
        };
        made.push_str(&format!(
            "     {raw} as the platform measures it, times {factor}  {place}\n"
        ));
    }
    if let Some(WindowView { start, seconds, buffer_seconds }) = &watch.window {
        let (length, buffer) = (Span::secs(*seconds), Span::secs(*buffer_seconds));
        let from = when(start);
        made.push_str(&format!("     over the {length} from {from}, judged {buffer} after them\n"));
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::WatchState;

    #[test]
    fn a_calibrated_value_says_what_it_was_made_of() {
        let rule = "andon.toml:40".into();
        let calibration = CalibrationView { rule, factor: 1.25, raw_value: Some(16.0) };
        let start = "2024-05-15T14:30:00Z".into();
        let window = WindowView { start, seconds: 300, buffer_seconds: 60 };
        let watch = WatchView {
            rule: "andon.toml:14".into(),
            priority: "P1".into(),
            operator: ">=".into(),
            value: Some(20.0),
            threshold: Some(15.0),
            state: WatchState::Breached,
            why: "it holds".into(),
            steps: Vec::new(),
            calibration: Some(calibration),
            window: Some(window),
        };
        assert_eq!(
            made_of(&watch, Paint(false)),
            "     16 as the platform measures it, times 1.25  [andon.toml:40]
     over the 5 min from 2024-05-15 14:30:00, judged 60 s after them
"
        );
    }
}
