//! What targets tell us: the form of a button of Slack and the body of a webhook of PagerDuty. Both
//! have proved who they are, and may hold anything all the same.

use andon::limits::PERSON_CHARS_MAX;
use andon::model::config::TextOrSecret;
use andon::model::secret::SecretRef;
use andon::model::target::{PagerDuty, SlackApp, TargetKind};
use andon::target::callback as read;

/// A delivery means what it says of alerts, or nothing. No name of a person is longer than we show,
/// nor does it end a line.
pub fn callback(bytes: &[u8]) {
    for kind in kinds() {
        let Some(said) = read(&kind, bytes) else { continue };
        assert!(said.len() <= bytes.len());
        for one in &said {
            assert!(one.alert.is_some() || one.thread.is_some() || said.len() == 1, "{one:?}");
            let Some(by) = &one.by else { continue };
            assert!(by.chars().count() <= PERSON_CHARS_MAX, "{by:?}");
            assert!(!by.contains(char::is_control), "{by:?}");
        }
        assert_eq!(Some(said), read(&kind, bytes), "the same bytes mean the same");
    }
}

fn kinds() -> [TargetKind; 2] {
    let secret = || SecretRef::Credential("secret".into());
    let url = || TextOrSecret::Text("https://target.test".into());
    let app = SlackApp {
        api_url: url(),
        token: secret(),
        channel: "#noc".into(),
        signing_secret: Some(secret()),
        reply_recovered: true,
    };
    [TargetKind::SlackApp(app), TargetKind::PagerDuty(PagerDuty::new(url(), secret()))]
}
