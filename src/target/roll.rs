//! The lines of a digest, as many as a target takes, and how many it does not.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::texts::Texts;
use crate::model::notice::AlertFacts;

/// A line for each alert, in their order, as long as they and the last one, which counts those that
/// are left out, stay within the room. `size` is what a line takes of it.
pub(super) fn roll(
    alerts: &[AlertFacts],
    texts: &Texts,
    room: usize,
    size: fn(&str) -> usize,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut taken = size(&left_out(alerts.len()));
    for facts in alerts {
        let line = texts.line(facts);
        taken = taken.saturating_add(size(&line));
        if taken > room {
            lines.push(left_out(alerts.len().saturating_sub(lines.len())));
            break;
        }
        lines.push(line);
    }
    lines
}

fn left_out(count: usize) -> String {
    format!("and {count} more; `andon alerts` shows them [cut]")
}
