//! What the receivers have been told, as a few words that tests compare.

use alloc::collections::{BTreeMap, BTreeSet};

use andon::demo::pagerduty::{Action, PagerDuty, State};
use andon::demo::slack::Slack;

/// By alert and reason, the idempotency keys that came with it.
pub(crate) type Told = BTreeMap<(String, String), BTreeSet<String>>;

/// What PagerDuty has taken.
pub(crate) fn pagerduty(desk: &PagerDuty) -> Told {
    let mut told = Told::new();
    for received in desk.events() {
        let reason = match received.event.action {
            Action::Trigger => received.event.details["reason"].as_str().unwrap(),
            Action::Resolve => "recovered",
            Action::Acknowledge => panic!("the hub acknowledges nothing"),
        };
        let key = received.idempotency_key.clone().expect("an idempotency key");
        let about = (received.event.dedup_key.to_string(), reason.to_owned());
        told.entry(about).or_default().insert(key.into());
    }
    told
}

/// What Slack has taken. A message names its alert and reason in its last block.
pub(crate) fn slack(desk: &Slack) -> Told {
    let mut told = Told::new();
    for message in desk.messages() {
        let blocks = message.body["blocks"].as_array().unwrap();
        let notes = &blocks.last().unwrap()["elements"];
        let note = |index: usize| notes[index]["text"].as_str().unwrap().to_owned();
        let reason = match note(0).split(',').next().unwrap() {
            "new breach" => "first_breach".to_owned(),
            other => other.to_owned(),
        };
        let key = message.idempotency_key.clone().expect("an idempotency key");
        told.entry((note(2), reason)).or_default().insert(key.into());
    }
    told
}

/// How many alerts were told for a reason.
pub(crate) fn count(told: &Told, reason: &str) -> usize {
    told.keys().filter(|(_, known)| known == reason).count()
}

/// How many incidents stand at a state.
pub(crate) fn incidents(desk: &PagerDuty, state: State) -> usize {
    desk.incidents().filter(|incident| incident.state == state).count()
}

/// Each alert was told once for each reason: any repetition came under the same key.
pub(crate) fn assert_once(told: &Told) {
    for (about, keys) in told {
        assert_eq!(keys.len(), 1, "{about:?} was told under the keys {keys:?}");
    }
}
