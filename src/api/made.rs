//! A rule that watches, for people: what it makes of the newest sample, step by step, and what
//! that was made of: the factor, and the window.
//!
//! # Promises
//! - `a_calibrated_value_says_what_it_was_made_of`

use alloc::format;
use alloc::string::{String, ToString};

use super::paint::{GREEN, Paint, RED, YELLOW, clean, when};
use super::story::{CalibrationView, VerdictView, WatchState, WatchView, WindowView};
use crate::model::time::Span;

/// A line each for the factor and the window, where there is one.
fn made_of(watch: &WatchView, paint: Paint) -> String {
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

/// A rule that watches, and what it made of the newest sample.
pub(super) fn rule(watch: &WatchView, paint: Paint) -> String {
    let number = |value: Option<f64>| {
        value.map_or_else(|| "unknown".into(), |v| ((v * 100.0).round() / 100.0).to_string())
    };
    let (state, code) = match watch.state {
        WatchState::Clear => ("clear", GREEN),
        WatchState::Pending => ("pending", YELLOW),
        WatchState::Breached => ("breached", RED),
        WatchState::Clearing => ("clearing", YELLOW),
        WatchState::Unknown => ("unknown", YELLOW),
    };
    let WatchView { priority, operator, .. } = watch;
    let (value, threshold) = (number(watch.value), number(watch.threshold));
    let made = made_of(watch, paint);
    let head = format!(
        "  {priority} {}: {value}, a breach is {operator} {threshold}  {}\n     {}\n{made}",
        paint.with(code, state),
        paint.faint(&format!("[{}]", clean(&watch.rule))),
        clean(&watch.why),
    );
    head + &verdicts(&watch.steps, paint)
}

/// A line for each step.
pub(super) fn verdicts(steps: &[VerdictView], paint: Paint) -> String {
    let line = |VerdictView { step, says }: &VerdictView| {
        format!("     {} {}\n", paint.faint(&format!("{step}:")), clean(says))
    };
    steps.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::WatchState;

    #[test]
    fn a_calibrated_value_says_what_it_was_made_of() {
        let rule = "andon.toml:40:1".into();
        let calibration = CalibrationView { rule, factor: 1.25, raw_value: Some(16.0) };
        let start = "2024-05-15T14:30:00Z".into();
        let window = WindowView { start, seconds: 300, buffer_seconds: 60 };
        let watch = WatchView {
            rule: "andon.toml:14:5".into(),
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
            "     16 as the platform measures it, times 1.25  [andon.toml:40:1]
     over the 5 min from 2024-05-15 14:30:00, judged 60 s after them
"
        );
    }
}
