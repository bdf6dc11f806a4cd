//! What Slack says of a button that somebody has pressed: `block_actions`, in a form's `payload`.
//!
//! # Promises
//! - `who_pressed_the_button_has_it_in_hand`
//! - `what_is_no_button_of_ours_means_nothing`

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::Deserialize;

use super::message::ACKNOWLEDGE;
use crate::limits::PERSON_CHARS_MAX;
use crate::model::form;
use crate::model::time::UtcMs;
use crate::target::cut::one_line;
use crate::target::{Callback, Said};

/// What an interaction says; of most nothing.
pub(super) fn read(body: &[u8]) -> Option<Vec<Callback>> {
    let fields = form::fields(body)?;
    let (_, payload) = fields.iter().find(|(name, _)| name == "payload")?;
    let Interaction { kind, user, actions } = serde_json::from_str(payload).ok()?;
    if &*kind != "block_actions" {
        return Some(Vec::new());
    }
    let by = user.and_then(|user| user.username.or(user.name).or(user.id));
    let by = by.map(|name| Box::<str>::from(one_line(&name, PERSON_CHARS_MAX)));
    let pressed = actions.iter().filter(|action| &*action.action_id == ACKNOWLEDGE);
    let callback = |action: &Action| {
        let (episode, alert) = action.value.as_deref()?.split_once(' ')?;
        Some(Callback {
            alert: Some(alert.into()),
            first_breach: Some(UtcMs(episode.parse().ok()?)),
            thread: None,
            what: Said::Acknowledged,
            by: by.clone(),
        })
    };
    Some(pressed.filter_map(callback).collect())
}

#[derive(Deserialize)]
struct Interaction {
    #[serde(rename = "type")]
    kind: Box<str>,
    user: Option<User>,
    #[serde(default)]
    actions: Vec<Action>,
}

#[derive(Deserialize)]
struct User {
    username: Option<Box<str>>,
    name: Option<Box<str>>,
    id: Option<Box<str>>,
}

#[derive(Deserialize)]
struct Action {
    #[serde(default)]
    action_id: Box<str>,
    value: Option<Box<str>>,
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;

    fn pressed(action_id: &str, value: &str, user: &str) -> String {
        let json = format!(
            r#"{{"type":"block_actions","user":{user},"api_app_id":"A1","trigger_id":"1.2.ab",
            "channel":{{"id":"C0NOC","name":"noc"}},"message":{{"ts":"1503435956.000247"}},
            "actions":[{{"action_id":"{action_id}","block_id":"b","type":"button",
            "value":"{value}","action_ts":"1548426417.840180"}}]}}"#
        );
        let encoded = json.replace('%', "%25").replace('&', "%26").replace('"', "%22");
        format!("payload={}", encoded.replace(' ', "+").replace(':', "%3A"))
    }

    #[test]
    fn who_pressed_the_button_has_it_in_hand() {
        let body = pressed(
            "acknowledge",
            "1715783495000 cxone:tier 2:calls_waiting:36c7c0d6",
            r#"{"id":"U1","username":"ann.lee","name":"ann"}"#,
        );
        let wanted = Callback {
            alert: Some("cxone:tier 2:calls_waiting:36c7c0d6".into()),
            first_breach: Some(UtcMs(1_715_783_495_000)),
            thread: None,
            what: Said::Acknowledged,
            by: Some("ann.lee".into()),
        };
        assert_eq!(read(body.as_bytes()), Some(Vec::from([wanted])));
        let nameless = pressed("acknowledge", "1 k", r#"{"id":"U1"}"#);
        let [callback] = &read(nameless.as_bytes()).unwrap()[..] else { panic!("one") };
        assert_eq!(callback.by.as_deref(), Some("U1"));
    }

    #[test]
    fn what_is_no_button_of_ours_means_nothing() {
        for body in ["", "payload=", "payload=%7B%7D", "{}", "text=1"] {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
        let shortcut = r"payload=%7B%22type%22%3A%22shortcut%22%7D";
        assert_eq!(read(shortcut.as_bytes()), Some(Vec::new()));
        for body in [pressed("other", "1 k", "{}"), pressed("acknowledge", "k", "{}")] {
            assert_eq!(read(body.as_bytes()), Some(Vec::new()), "{body}");
        }
    }
}
