//! What was pushed and no mapping understood: the JSON of the API, and the same as text.
//!
//! # Promises
//! - `what_is_kept_is_shown_as_it_came`: a text as text, other bytes in base64.
//! - `a_payload_cannot_steer_the_terminal`

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::paint::{Paint, clean, when};
use crate::model::delivery::{Extent, Unread};

/// Every payload that is kept, the oldest first; the command line reads it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadsView {
    /// The oldest first.
    pub unread: Vec<UnreadView>,
}

/// One payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadView {
    /// Its number.
    pub number: u64,
    /// Whose webhook it is.
    pub source: String,
    /// When it came.
    pub received_timestamp: String,
    /// As the sender wrote it, or nothing.
    pub content_type: String,
    /// By what it is known again: the beginning of a SHA-256, in hexadecimal digits.
    pub delivery: String,
    /// Why it was not understood.
    pub why: String,
    /// How long the body was as it came.
    pub bytes: u64,
    /// Whether the end of the body is missing here.
    pub cut: bool,
    /// The body, where it is text.
    pub body: Option<String>,
    /// The body, where it is none.
    pub body_base64: Option<String>,
}

impl UnreadView {
    /// As it is kept.
    #[must_use]
    pub fn of(unread: &Unread) -> Self {
        let body = text(&unread.body, unread.extent());
        Self {
            number: unread.number,
            source: unread.source.to_string(),
            received_timestamp: unread.received.rfc3339(),
            content_type: unread.content_type.to_string(),
            delivery: unread.id.iter().map(|byte| format!("{byte:02x}")).collect(),
            why: unread.why.to_string(),
            bytes: unread.whole_bytes,
            cut: unread.extent() == Extent::Cut,
            body_base64: if body.is_none() { Some(STANDARD.encode(&unread.body)) } else { None },
            body,
        }
    }
}

/// The body as text, if it is some. A cut may go through a character; its half is left out.
fn text(body: &[u8], extent: Extent) -> Option<String> {
    let whole = match core::str::from_utf8(body) {
        Ok(text) => text,
        Err(fault) if fault.error_len().is_none() && extent == Extent::Cut => {
            core::str::from_utf8(body.get(..fault.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    Some(whole.into())
}

/// The payloads for people, each with the beginning of its body.
#[must_use]
pub fn unread_text(unread: &[UnreadView], colour: bool) -> String {
    if unread.is_empty() {
        return "No unread payloads: every webhook that was proved was understood, or is too old \
                to be kept.\n"
            .into();
    }
    let paint = Paint(colour);
    let mut page =
        format!("{} kept, the oldest first. --json has the bodies whole.\n", unread.len());
    for one in unread {
        let UnreadView { number, source, why, bytes, .. } = one;
        let head = clean(&format!("{number}  {source}: {why}"));
        let content_type = match one.content_type.as_str() {
            "" => "no content type",
            known => known,
        };
        let kept = if one.cut { ", kept cut" } else { "" };
        let facts = clean(&format!("{bytes} bytes{kept}, {content_type}"));
        page.push_str(&format!("\n{}\n", paint.bold(&head)));
        page.push_str(&format!("  {}, {facts}\n", when(&one.received_timestamp)));
        let body = one.body.as_deref().or(one.body_base64.as_deref()).unwrap_or_default();
        let mut shown: String = body.chars().take(SHOWN).collect();
        if body.chars().nth(SHOWN).is_some() {
            shown.push_str(" ...");
        }
        page.push_str(&format!("  {}\n", clean(&shown)));
    }
    page
}

/// So many characters of a body are enough to tell what it is.
const SHOWN: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    use crate::model::name::SourceName;
    use crate::model::time::UtcMs;

    fn view(body: &[u8], whole_bytes: u64) -> UnreadView {
        UnreadView::of(&Unread {
            number: 3,
            source: SourceName::new("cxone").unwrap(),
            received: UtcMs(1_715_783_530_000),
            content_type: "application/json".into(),
            id: [0xab; 8],
            body: body.to_vec(),
            whole_bytes,
            why: "no event of the source definition fits the body".into(),
        })
    }

    #[test]
    fn what_is_kept_is_shown_as_it_came() {
        let whole = view(br#"{"a": 1}"#, 8);
        assert_eq!((whole.body.as_deref(), whole.cut), (Some(r#"{"a": 1}"#), false));
        let halved = view(b"caf\xc3", 20_000);
        assert_eq!((halved.body.as_deref(), halved.cut), (Some("caf"), true));
        let binary = view(b"caf\xc3", 4);
        assert_eq!((binary.body, binary.body_base64.as_deref()), (None, Some("Y2Fmww==")));
        assert_eq!(
            unread_text(&[whole], false),
            "\
1 kept, the oldest first. --json has the bodies whole.

3  cxone: no event of the source definition fits the body
  2024-05-15 14:32:10, 8 bytes, application/json
  {\"a\": 1}
"
        );
        assert!(unread_text(&[halved], false).contains("20000 bytes, kept cut"));
        assert!(unread_text(&[], false).starts_with("No unread payloads"));
    }

    #[test]
    fn a_payload_cannot_steer_the_terminal() {
        let mut long = vec![b'\x1b'; 2 * SHOWN];
        long.push(b'\n');
        let mut view = view(&long, 801);
        view.content_type = "\u{1b}[2J".into();
        let page = unread_text(&[view], false);
        assert!(!page.contains(|c: char| c.is_control() && c != '\n'), "{page:?}");
        assert!(page.len() < 700 && page.contains(" ..."), "{page}");
    }
}
