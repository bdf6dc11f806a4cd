//! What is silenced: the JSON of the API, and the same as text.
//!
//! # Promises
//! - `a_silence_is_shown_with_its_end_and_its_owner`

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::paint::{Paint, clean, when};
use crate::model::mute::Silence;

/// Every silence; the command line reads it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SilencesView {
    /// The oldest first.
    pub silences: Vec<SilenceView>,
}

/// One silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SilenceView {
    /// Its number: what ends it.
    pub id: u64,
    /// Of which alerts nobody is told, as it was asked for.
    #[serde(rename = "match")]
    pub matcher: BTreeMap<String, Vec<String>>,
    /// The same in words.
    pub mutes: String,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub comment: String,
    /// When it was made.
    pub made_timestamp: String,
    /// When it ends.
    pub until_timestamp: String,
}

impl SilenceView {
    /// As it is.
    #[must_use]
    pub fn of(silence: &Silence) -> Self {
        let texts = |texts: Vec<&str>| texts.into_iter().map(ToString::to_string).collect();
        let parts = silence.matcher.parts().into_iter();
        Self {
            id: silence.id,
            matcher: parts.map(|(key, list)| (key.to_string(), texts(list))).collect(),
            mutes: silence.matcher.to_string(),
            owner: silence.owner.to_string(),
            comment: silence.comment.to_string(),
            made_timestamp: silence.made.utc.rfc3339(),
            until_timestamp: silence.until.utc.rfc3339(),
        }
    }
}

/// The silences for people.
#[must_use]
pub fn silences_text(silences: &[SilenceView], colour: bool) -> String {
    if silences.is_empty() {
        return "No silences.\n".into();
    }
    let paint = Paint(colour);
    let mut page = String::new();
    for SilenceView { id, mutes, owner, comment, until_timestamp, .. } in silences {
        let head = format!("{id}  until {}, {}", when(until_timestamp), clean(owner));
        let (comment, mutes) = (clean(comment), clean(mutes));
        page.push_str(&format!("{}\n  {comment}\n  {mutes}\n", paint.bold(&head)));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::matcher::Matcher;
    use crate::model::mute::Reminded;
    use crate::model::time::{Stamp, Tick, UtcMs};

    #[test]
    fn a_silence_is_shown_with_its_end_and_its_owner() {
        let entity = Vec::from(["tier-*".into()]);
        let stamp = |ms| Stamp { tick: Tick(0), utc: UtcMs(ms) };
        let view = SilenceView::of(&Silence {
            id: 7,
            matcher: Matcher { entity, ..Matcher::default() },
            owner: "Noa".into(),
            comment: "the switch".into(),
            made: stamp(0),
            until: stamp(3_600_000),
            told: Vec::new(),
            reminded: Reminded::NotYet,
        });
        let text = "7  until 1970-01-01 01:00:00, Noa\n  the switch\n  entity tier-*\n";
        assert_eq!(silences_text(core::slice::from_ref(&view), false), text);
        let json = serde_json::to_value(SilencesView { silences: Vec::from([view]) }).unwrap();
        assert_eq!(json["silences"][0]["match"]["entity"][0], "tier-*");
        assert_eq!(json["silences"][0]["until_timestamp"], "1970-01-01T01:00:00Z");
        assert_eq!(silences_text(&[], false), "No silences.\n");
    }
}
