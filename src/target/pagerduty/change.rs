//! Change events of PagerDuty: what is about no single alert stands beside the incidents there, and
//! pages nobody.
//!
//! # Promises
//! - `an_announcement_is_a_change_event`

use alloc::string::String;

use serde::Serialize;

use crate::limits::{DETAIL_CHARS_MAX, SUMMARY_CHARS_MAX, TELL_DEADLINE};
use crate::model::http::Request;
use crate::model::notice::Word;
use crate::model::secret::Secret;
use crate::model::target::PagerDuty;
use crate::target::cut::{lines, one_line};
use crate::target::{Letter, TargetFault, address, json};

#[derive(Serialize)]
struct Change<'a> {
    routing_key: &'a str,
    payload: Payload<'a>,
}

#[derive(Serialize)]
struct Payload<'a> {
    summary: String,
    source: &'static str,
    timestamp: String,
    custom_details: Details<'a>,
}

#[derive(Serialize)]
struct Details<'a> {
    text: String,
    about: &'a str,
}

/// The request that tells it.
pub(super) fn ask(
    target: &PagerDuty,
    word: &Word,
    letter: &Letter<'_>,
    routing_key: &Secret,
) -> Result<Request, TargetFault> {
    let Some(url) = &target.change_url else {
        let why = "its url is not one of PagerDuty's own, so that change_url has to say where \
                   change events go";
        return Err(TargetFault::Unfit(why));
    };
    let change = Change {
        routing_key: routing_key.expose(),
        payload: Payload {
            summary: one_line(&word.headline, SUMMARY_CHARS_MAX),
            source: "andon",
            timestamp: letter.notice.made.utc.rfc3339(),
            custom_details: Details { text: lines(&word.text, DETAIL_CHARS_MAX), about: &word.key },
        },
    };
    Ok(Request::post_json(address(letter.secrets, url)?, json(&change)?, TELL_DEADLINE))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::config::{Templates, TextOrSecret};
    use crate::model::notice::{Reason, Subject};
    use crate::model::secret::{SecretRef, Secrets};
    use crate::target::samples::{NOW, notice};
    use crate::target::{Stage, Texts};

    #[test]
    fn an_announcement_is_a_change_event() {
        let url = |text: &str| TextOrSecret::Text(text.into());
        let key = SecretRef::Credential("key".into());
        let mut target = PagerDuty::new(url("https://events.test/v2/enqueue"), key);
        let notice = notice(Reason::Announcement);
        let Subject::Word(word) = &notice.subject else { panic!("it is about no alert") };
        let texts = Texts::compile(&Templates::default()).unwrap();
        let (secrets, stage) = (Secrets::default(), Stage::First);
        let letter = Letter {
            notice: &notice,
            texts: &texts,
            secrets: &secrets,
            now: NOW,
            thread: None,
            stage: &stage,
        };
        let key = Secret::new("k");
        assert!(matches!(ask(&target, word, &letter, &key), Err(TargetFault::Unfit(_))));
        target.change_url = Some(url("https://events.test/v2/change/enqueue"));
        let request = ask(&target, word, &letter, &key).unwrap();
        assert_eq!(request.url, "https://events.test/v2/change/enqueue");
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["payload"]["summary"], "Window \"m-1\" begins");
        assert_eq!((&body["routing_key"], &body["event_action"]), (&"k".into(), &Value::Null));
    }
}
