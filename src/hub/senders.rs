//! Senders that need more than a yes, for `pushed`: questions to answer, addresses to know.

use alloc::format;
use alloc::string::String;

use crate::effect::Effect;
use crate::event::{Asker, Event, Needs};
use crate::hub::fixtures::at;
use crate::hub::{Hub, Library, Setup, load};
use crate::ledger::Remembered;
use crate::model::delivery::Delivery;
use crate::model::secret::{Secret, SecretRef, Secrets};

const CONFIG: &str = r#"
[[source]]
name = "centre"
definition = "own"
webhook_secret = { credential = "webhook" }
webhook_url = "https://mycompany.com/myapp.php"

[[rules]]
thresholds = [{ metric = "event.severity", operator = ">=", static_value = 3, priority = "P1" }]

[[target]]
name = "slack"
kind = "slack"
url = { credential = "slack" }

[routes]
P1 = { targets = ["slack"] }
P2 = { targets = ["slack"] }
"#;

/// A hub with one source, whose definition is that of the normalized payload with this `[webhook]`.
fn hub(webhook: &str, secret: &str) -> Hub {
    let text = include_str!("../platform/definitions/canonical.toml");
    let text = text.replacen("name = \"canonical\"", "name = \"own\"", 1);
    let proof = "id = [\"x-request-id\"]\nproof = { scheme = \"standard-webhooks\" }\n";
    let text = text.replacen(proof, webhook, 1);
    let library = Library::with(&[("own.toml", &text)]).unwrap();
    let loaded = load("andon.toml", CONFIG, &library).unwrap();
    let mut secrets = Secrets::default();
    secrets.put(SecretRef::Credential("webhook".into()), Secret::new(secret));
    let (remembered, boot) = (Remembered::default(), "boot".into());
    Hub::new(Setup { loaded, secrets, remembered, boot, seed: 1 }, at(0))
}

/// The status, what the answer waits for, and its body.
fn push(hub: &mut Hub, query: &str, headers: &[(&str, &str)], body: &str) -> (u16, Needs, String) {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let (method, headers) = ("POST".into(), headers.collect());
    let delivery =
        Delivery { method, headers, body: body.to_owned().into(), client_certificate: None };
    let path = format!("/ingest/centre{query}").into();
    hub.handle(Event::Pushed { asker: Asker(7), path, delivery }, at(1_654_503_849));
    while let Some(effect) = hub.next_effect() {
        if let Effect::Respond { reply, needs, .. } = effect {
            return (reply.status, needs, String::from_utf8(reply.body).unwrap());
        }
    }
    panic!("nothing is answered");
}

#[test]
fn a_question_is_answered_each_time_and_only_when_it_is_proved() {
    let mut hub = hub(
        "proof = { scheme = \"zoom\" }\n[[webhook.challenge]]\n\
         when = \"event == 'endpoint.url_validation'\"\n\
         reply = { plainToken = \"payload.plainToken\" }\n\
         hashed = { encryptedToken = \"payload.plainToken\" }\n",
        "zoom secret",
    );
    let body = concat!(
        r#"{"event":"endpoint.url_validation","event_ts":1654503849680,"#,
        r#""payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#
    );
    let signature = "v0=4bb4c39d11198027ee1e5128b7b37e3400689c74ea4db7db4bdbff054d6e7dc5";
    let headers = [("x-zm-request-timestamp", "1654503849"), ("x-zm-signature", signature)];
    for _ in 0..2 {
        let (status, _, said) = push(&mut hub, "", &headers, body);
        let hash = "33c87763eeee7760422d82e566d46fe8b5eaca6c3da5abf7923e6e8765c76a26";
        let wanted =
            format!(r#"{{"encryptedToken":"{hash}","plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#);
        assert_eq!((status, said), (200, wanted));
    }
    let (status, needs, said) = push(&mut hub, "", &headers[..1], body);
    assert_eq!((status, needs), (401, Needs::Nothing));
    assert!(!said.contains("Token"), "{said}");
}

#[test]
fn what_a_sender_signs_is_the_address_that_it_was_given() {
    let mut hub = hub("proof = { scheme = \"twilio\" }\n", "12345");
    let form = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&\
                From=%2B14158675309&To=%2B18005551212";
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-twilio-signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ];
    // It is genuine, and means nothing to this definition: it is kept.
    let (status, _, said) = push(&mut hub, "?foo=1&bar=2", &headers, form);
    assert_eq!((status, said.split(':').next()), (200, Some("kept")));
    assert_eq!(push(&mut hub, "?foo=1&bar=3", &headers, form).0, 401);
    assert_eq!(push(&mut hub, "", &headers, form).0, 401);
}
