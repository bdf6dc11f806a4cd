//! What is said when a maintenance window or a silence begins, is about to end, and has ended.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use crate::model::matcher::Matcher;
use crate::model::mute::{Muter, OpenWindow, Silence};
use crate::model::notice::Word;
use crate::model::time::{Now, UtcMs};
use crate::model::zone::Zone;

/// What is left of what was muted, when that ends.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Alerts that are still bad.
    pub(super) bad: usize,
    /// A line for each of the first of them.
    pub(super) lines: String,
    /// Alerts that began and ended meanwhile.
    pub(super) passed: usize,
}

/// A window has opened.
pub(super) fn opened(open: &OpenWindow, matcher: Option<&Matcher>, zone: &Zone) -> Word {
    let muter = Muter::Window(open.name.clone());
    let covers = matcher.map_or_else(|| "the routes that name it".into(), |one| format!("{one}"));
    word(
        &muter,
        &format!("Maintenance {} begins, until {}", open.name, shown(open.to, zone)),
        &format!("Until then nobody is told of: {covers}."),
    )
}

/// A silence has been made.
pub(super) fn silenced(silence: &Silence, zone: &Zone) -> Word {
    let Silence { id, owner, comment, matcher, .. } = silence;
    let until = shown(silence.until.utc, zone);
    word(
        &silence.muter(),
        &format!("Silence {id} by {owner} begins, until {until}"),
        &format!("{comment}\nUntil then nobody is told of: {matcher}."),
    )
}

/// A silence is about to end; so many alerts are bad that it mutes.
pub(super) fn reminder(silence: &Silence, bad: usize, zone: &Zone, now: Now) -> Word {
    let Silence { id, owner, comment, matcher, .. } = silence;
    let (left, until) = (silence.until.tick - now.tick, shown(silence.until.utc, zone));
    word(
        &silence.muter(),
        &format!("Silence {id} by {owner} ends in {left}, at {until}"),
        &format!("{comment}\nIt mutes: {matcher}. {} it mutes now.", bad_ones(bad, "that")),
    )
}

/// A window or a silence has ended.
pub(super) fn over(muter: &Muter, left: &Left) -> Word {
    let what = match muter {
        Muter::Window(name) => format!("Maintenance {name} is over"),
        Muter::Silence { id, owner } => format!("Silence {id} by {owner} is over"),
    };
    let mut text = left.lines.clone();
    let listed = text.lines().count();
    if left.bad > listed {
        text.push_str(&format!("and {} more\n", left.bad - listed));
    }
    if left.passed > 0 {
        text.push_str(&format!("Began and ended meanwhile, untold: {}.", left.passed));
    }
    word(muter, &format!("{what}: {}", bad_ones(left.bad, "still")), &text)
}

fn bad_ones(bad: usize, how: &str) -> String {
    match (bad, how) {
        (0, "still") => "nothing is bad".into(),
        (1, "still") => "1 alert is still bad".into(),
        (_, "still") => format!("{bad} alerts are still bad"),
        (1, _) => format!("1 alert is bad {how}"),
        (_, _) => format!("{bad} alerts are bad {how}"),
    }
}

fn word(muter: &Muter, headline: &str, text: &str) -> Word {
    let key: Box<str> = match muter {
        Muter::Window(name) => format!("window:{name}").into(),
        Muter::Silence { id, .. } => format!("silence:{id}").into(),
    };
    Word { headline: headline.into(), text: text.trim_end().into(), key }
}

/// A moment on the clocks of a zone: `2026-12-06 02:00 Europe/Berlin`.
fn shown(at: UtcMs, zone: &Zone) -> String {
    let local = zone.local(at);
    format!("{} {:02}:{:02} {}", local.date(), local.hour(), local.minute(), zone.name())
}
