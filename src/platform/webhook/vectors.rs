//! The senders' own examples of their signatures, for `proof`.

use alloc::string::String;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

use crate::document::Document;
use crate::model::delivery::Delivery;
use crate::model::secret::Secret;
use crate::model::time::UtcMs;
use crate::platform::file_webhook::proof_of;
use crate::platform::webhook::{Forgery, Proven, Webhook};

fn webhook(proof: &str) -> Webhook {
    let text = alloc::format!("[proof]\n{proof}");
    let document = Document::open("f.toml", &text).unwrap();
    let table = document.root().and_then(|mut root| root.required("proof", "")?.table());
    Webhook { proof: table.and_then(proof_of).unwrap(), id: Vec::new(), events: Vec::new() }
}

fn delivery(headers: &[(&str, &str)], body: &str) -> Delivery {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Delivery {
        method: "POST".into(),
        headers: headers.collect(),
        body: body.to_owned().into(),
        client_certificate: None,
    }
}

/// A sender's own example: scheme, secret, headers, body, and when it was signed.
type Vector<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, i64);

const SLACK: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&\
    team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&\
    user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2F\
    hooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&\
    trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

const VECTORS: [Vector<'_>; 5] = [
    (
        "standard-webhooks",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        &[
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ],
        r#"{"test": 2432232314}"#,
        1_614_265_330,
    ),
    (
        "github",
        "It's a Secret to Everybody",
        &[(
            "x-hub-signature-256",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        )],
        "Hello, World!",
        0,
    ),
    (
        "slack",
        "8f742231b10e8888abcd99yyyzzz85a5",
        &[
            ("x-slack-request-timestamp", "1531420618"),
            (
                "x-slack-signature",
                "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
            ),
        ],
        SLACK,
        1_531_420_618,
    ),
    (
        "stripe",
        "whsec_test",
        &[(
            "stripe-signature",
            "t=1700000000,v0=00,\
             v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925",
        )],
        r#"{"id":"evt_1"}"#,
        1_700_000_000,
    ),
    (
        "pagerduty",
        "secret",
        &[(
            "x-pagerduty-signature",
            "v1=00,v1=2c984a26b96792f49173390b114619a17f5699a0bb42f13aff472b980b3080b5",
        )],
        r#"{"event":{}}"#,
        0,
    ),
];

fn scheme(name: &str) -> Webhook {
    webhook(&alloc::format!("scheme = \"{name}\""))
}

#[test]
fn the_published_vectors_are_genuine_and_with_one_byte_changed_they_are_not() {
    for (name, secret, headers, body, at) in VECTORS {
        let (webhook, secret) = (scheme(name), Secret::new(secret));
        let now = UtcMs(at * 1_000);
        let prove = |delivery| webhook.prove(&delivery, &[&secret], now);
        assert_eq!(prove(delivery(headers, body)), Proven::Genuine, "{name}");
        for at in 0..body.len() {
            let mut delivery = delivery(headers, body);
            let mut bytes = delivery.body.to_vec();
            bytes[at] ^= 1;
            delivery.body = bytes.into();
            assert_eq!(prove(delivery), Proven::Forged(Forgery::Wrong), "{name} at {at}");
        }
        let other = Secret::new("whsec_b3RoZXI=");
        let verdict = webhook.prove(&delivery(headers, body), &[&other], now);
        assert_eq!(verdict, Proven::Forged(Forgery::Wrong), "{name}");
    }
}

#[test]
fn an_old_signature_is_a_replay() {
    for (name, secret, headers, body, at) in VECTORS.into_iter().filter(|vector| vector.4 > 0) {
        let (webhook, secret) = (scheme(name), Secret::new(secret));
        let after = |seconds| {
            let now = UtcMs((at + seconds) * 1_000);
            webhook.prove(&delivery(headers, body), &[&secret], now)
        };
        assert_eq!([after(-300), after(300)], [Proven::Genuine; 2], "{name}");
        assert_eq!([after(-301), after(301)], [Proven::Forged(Forgery::Stale); 2], "{name}");
    }
}

#[test]
fn without_a_proof_nothing_is_believed() {
    for (name, secret, headers, body, at) in VECTORS {
        let (webhook, secret) = (scheme(name), Secret::new(secret));
        for left_out in 0..headers.len() {
            let mut headers = headers.to_vec();
            headers.remove(left_out);
            let verdict = webhook.prove(&delivery(&headers, body), &[&secret], UtcMs(at));
            assert!(matches!(verdict, Proven::Forged(_)), "{name} without {left_out}");
        }
        let cut: Vec<(&str, &str)> =
            headers.iter().map(|(header, value)| (*header, &value[..1])).collect();
        let verdict = webhook.prove(&delivery(&cut, body), &[&secret], UtcMs(at * 1_000));
        assert!(matches!(verdict, Proven::Forged(_)), "{name}");
    }
    for name in ["bearer", "basic"] {
        let verdict = scheme(name).prove(&delivery(&[], ""), &[&Secret::new("s")], UtcMs(0));
        assert_eq!(verdict, Proven::Forged(Forgery::Missing));
    }
}

#[test]
fn either_of_two_secrets_will_do() {
    let secrets = [&Secret::new("old"), &Secret::new("new:word")];
    let shows = |scheme: &str, headers: &[(&str, &str)]| {
        webhook(scheme).prove(&delivery(headers, "x"), &secrets, UtcMs(0)) == Proven::Genuine
    };
    assert!(shows("scheme = \"bearer\"", &[("authorization", "Bearer old")]));
    assert!(shows("scheme = \"bearer\"", &[("authorization", "Bearer new:word")]));
    assert!(!shows("scheme = \"bearer\"", &[("authorization", "Bearer olds")]));
    assert!(!shows("scheme = \"bearer\"", &[("authorization", "Basic old")]));
    assert!(shows("scheme = \"basic\"", &[("authorization", "Basic bmV3OndvcmQ=")]));
    let key = "scheme = \"token\"\nheader = \"x-api-key\"";
    assert!(shows(key, &[("x-api-key", "new:word")]));
    assert!(!shows(key, &[("x-api-key", "")]));
}

#[test]
fn a_scheme_can_be_described() {
    let webhook = webhook(
        "scheme = \"signature\"\nheader = \"paddle-signature\"\nseparator = \"semicolon\"\n\
         prefix = \"h1=\"\nsigned = \"{timestamp}:{body}\"\ntimestamp_beside = \"ts=\"\n\
         algorithm = \"sha512\"\ntolerance_seconds = 5",
    );
    let mut mac = <Hmac<Sha512> as KeyInit>::new_from_slice(b"key").unwrap();
    mac.update(b"10:body");
    let hash = mac.finalize().into_bytes();
    let hex = hash.iter().map(|byte| alloc::format!("{byte:02x}"));
    let header = alloc::format!("ts=10;h1={}", hex.collect::<String>());
    let delivery = delivery(&[("paddle-signature", &header)], "body");
    let at =
        |seconds: i64| webhook.prove(&delivery, &[&Secret::new("key")], UtcMs(seconds * 1_000));
    assert_eq!((at(15), at(16)), (Proven::Genuine, Proven::Forged(Forgery::Stale)));
}
