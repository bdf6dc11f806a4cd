//! Dead letters: the JSON of the API, the same as text, and what an order about them says.
//!
//! # Promises
//! - `a_dead_letter_is_shown_with_what_it_was_about_and_why_it_died`

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::paint::{Paint, clean, when};
use super::{json, text};
use crate::model::http::Reply;
use crate::model::notice::Subject;
use crate::model::passage::{DeadLetter, Letters, Stale};

/// Every dead letter, the oldest first; the command line reads it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLettersView {
    /// The oldest first.
    pub dead_letters: Vec<DeadLetterView>,
}

/// One dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterView {
    /// Its number.
    pub number: u64,
    /// Who did not take it.
    pub target: String,
    /// Why it was to be told: `first_breach`, `recovered`, ...
    pub reason: String,
    /// The alert, where it is about one.
    pub alert_key: Option<String>,
    /// What it was about, in a line.
    pub about: String,
    /// What the target said, or why it was given up.
    pub why: String,
    /// When it was made.
    pub made_timestamp: String,
    /// When it became a dead letter.
    pub died_timestamp: String,
}

/// The body of `POST /api/v1/dead-letters/retry`, and of `.../drop`: one of the first three.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LettersBody {
    /// The one of this number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// All that are for this target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Box<str>>,
    /// All.
    pub all: bool,
    /// Whether those are sent that tell what is true no longer.
    pub force: bool,
}

/// What an order about dead letters did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LettersDone {
    /// The numbers of those that are sent again, or dropped.
    pub done: Vec<u64>,
    /// Those that stay.
    pub kept: Vec<KeptView>,
}

/// A dead letter that stays although it was to be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptView {
    /// Its number.
    pub number: u64,
    /// Why.
    pub why: String,
}

impl LettersBody {
    /// Which letters it names, and what becomes of stale ones.
    pub(super) fn read(self) -> Result<(Letters, Stale), Reply> {
        let stale = if self.force { Stale::Send } else { Stale::Keep };
        match (self.number, self.target, self.all) {
            (Some(number), None, false) => Ok((Letters::One(number), stale)),
            (None, Some(target), false) => Ok((Letters::For(target), stale)),
            (None, None, true) => Ok((Letters::All, stale)),
            _ => Err(text(400, "Name one: \"number\", \"target\" or \"all\": true.\n")),
        }
    }
}

impl DeadLetterView {
    /// One letter.
    #[must_use]
    pub fn of(letter: &DeadLetter) -> Self {
        let notice = &letter.notice;
        let (alert_key, about) = match &notice.subject {
            Subject::Alert(facts) => {
                let about = format!("{} of {}", facts.metric.short(), facts.entity_name);
                (Some(facts.key.to_string()), about)
            }
            Subject::Digest(lines) => (None, format!("a digest of {} alerts", lines.len())),
            Subject::Word(word) => (None, word.headline.to_string()),
        };
        Self {
            number: notice.number,
            target: notice.target.to_string(),
            reason: notice.reason.as_str().into(),
            alert_key,
            about,
            why: letter.why.to_string(),
            made_timestamp: notice.made.utc.rfc3339(),
            died_timestamp: letter.died.rfc3339(),
        }
    }
}

/// Every dead letter, as JSON.
#[must_use]
pub fn dead_letters(letters: impl Iterator<Item = DeadLetter>) -> Reply {
    let dead_letters = letters.map(|letter| DeadLetterView::of(&letter)).collect();
    json(&DeadLettersView { dead_letters })
}

/// What an order did; 404 where no letter was one of those that it named.
#[must_use]
pub fn letters_done(done: Vec<u64>, kept: &[(u64, &'static str)]) -> Reply {
    if done.is_empty() && kept.is_empty() {
        return text(404, "There is no such dead letter; `andon dead-letters` lists them.\n");
    }
    let kept = kept.iter().map(|(number, why)| KeptView { number: *number, why: (*why).into() });
    json(&LettersDone { done, kept: kept.collect() })
}

/// The dead letters for people.
#[must_use]
pub fn dead_letters_text(letters: &[DeadLetterView], colour: bool) -> String {
    if letters.is_empty() {
        return "No dead letters: every notice was taken, or still waits.\n".into();
    }
    let paint = Paint(colour);
    let mut page = format!("{} dead letters, the oldest first.\n", letters.len());
    for one in letters {
        let DeadLetterView { number, target, reason, about, why, .. } = one;
        let head = clean(&format!("{number}  {target}: {reason}, {about}"));
        page.push_str(&format!("\n{}\n", paint.bold(&head)));
        let (made, died) = (when(&one.made_timestamp), when(&one.died_timestamp));
        page.push_str(&format!("  made {made}, given up {died}\n"));
        let why = if why.is_empty() { "nobody remembers why" } else { why };
        page.push_str(&format!("  {}\n", clean(why)));
        if let Some(key) = &one.alert_key {
            page.push_str(&format!("  {}\n", paint.faint(&clean(key))));
        }
    }
    page
}

/// What an order did, for people; `done` is the word for it: `sent again`.
#[must_use]
pub fn letters_done_text(outcome: &LettersDone, done: &str) -> String {
    let mut page = format!("{} {done}\n", outcome.done.len());
    for KeptView { number, why } in &outcome.kept {
        page.push_str(&format!("{number} stays: {}\n", clean(why)));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::TargetName;
    use crate::model::notice::{Notice, Reason, Word};
    use crate::model::passage::Passage;
    use crate::model::time::{Stamp, Tick, UtcMs};

    fn letter() -> DeadLetter {
        let word = Word { headline: "A window begins".into(), text: "".into(), key: "w".into() };
        let notice = Notice {
            number: 7,
            target: TargetName::new("pager").unwrap(),
            idempotency_key: "k".into(),
            reason: Reason::Announcement,
            subject: Subject::Word(Box::new(word)),
            made: Stamp { tick: Tick(0), utc: UtcMs(0) },
            passage: Passage::new(Tick(0)),
        };
        DeadLetter { notice, why: "answered 400\u{1b}[31m".into(), died: UtcMs(60_000) }
    }

    #[test]
    fn a_dead_letter_is_shown_with_what_it_was_about_and_why_it_died() {
        let shown = dead_letters_text(&[DeadLetterView::of(&letter())], false);
        assert_eq!(
            shown,
            "1 dead letters, the oldest first.\n\n7  pager: announcement, A window begins\n  made \
             1970-01-01 00:00:00, given up 1970-01-01 00:01:00\n  answered 400 [31m\n"
        );
        assert!(dead_letters_text(&[], false).starts_with("No dead letters"));
        let done = LettersDone {
            done: Vec::from([1, 2]),
            kept: Vec::from([KeptView { number: 3, why: "it is over".into() }]),
        };
        assert_eq!(letters_done_text(&done, "sent again"), "2 sent again\n3 stays: it is over\n");
    }

    #[test]
    fn an_order_names_its_letters_one_way() {
        let read = |body: &str| serde_json::from_str::<LettersBody>(body).unwrap().read().ok();
        assert_eq!(read(r#"{"number": 3}"#), Some((Letters::One(3), Stale::Keep)));
        let target = Some((Letters::For("a".into()), Stale::Send));
        assert_eq!(read(r#"{"target": "a", "force": true}"#), target);
        assert_eq!(read(r#"{"all": true}"#), Some((Letters::All, Stale::Keep)));
        assert_eq!((read("{}"), read(r#"{"all": true, "number": 3}"#)), (None, None));
        assert_eq!(letters_done(Vec::new(), &[]).status, 404);
    }
}
