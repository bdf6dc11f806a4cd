//! The senders' own examples of their signatures, for `proof` and `signature`. Where a sender
//! publishes none, its scheme was worked out with another library.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

use crate::document::Document;
use crate::limits::WEBHOOK_SIGNATURES_MAX;
use crate::model::delivery::Delivery;
use crate::model::secret::Secret;
use crate::model::time::UtcMs;
use crate::platform::file_proof;
use crate::platform::mentioned::Mentioned;
use crate::platform::webhook::{Forgery, Proven, Trust, Unnamed, Webhook};

fn webhook(proof: &str) -> Webhook {
    let text = alloc::format!("[webhook]\n{proof}");
    let document = Document::open("f.toml", &text).unwrap();
    let table = document.root().and_then(|mut root| root.required("webhook", "")?.table());
    let proof = table.and_then(|mut table| table.required("proof", ""));
    let proofs = proof.and_then(|item| file_proof::proofs(&item)).unwrap();
    let (ids, challenges, events) = (Vec::new(), Vec::new(), Vec::new());
    let mentioned = Mentioned::Everything;
    let (envelope, registration, unnamed) = (None, None, Unnamed::Body);
    Webhook { proofs, ids, unnamed, envelope, challenges, events, mentioned, registration }
}

fn delivery(headers: &[(&str, &str)], body: &str) -> Delivery {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let (method, headers) = ("POST".into(), headers.collect());
    Delivery { method, headers, body: body.to_owned().into(), client_certificate: None }
}

fn prove(webhook: &Webhook, delivery: &Delivery, secrets: &[&Secret], now: UtcMs) -> Proven {
    webhook.prove(delivery, &Trust { secrets, ..Trust::default() }, now)
}

/// A sender's own example: scheme, secret, headers, body, and when it was signed.
type Vector<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, i64);

const SLACK: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&\
    team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&\
    user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2F\
    hooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&\
    trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

const VECTORS: [Vector<'_>; 14] = [
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
    (
        "standard-webhooks",
        "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=",
        &[
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            (
                "webhook-signature",
                "v1,AAAA v1a,yoUrgEkc12aGqm0n4Sydmdz55xJfTz4AsAgieHFjmkR7LJtqVCZOQYzvvHjI5kAey+r4ia\
                 BGxTFRrl2iBQxtDQ==",
            ),
        ],
        r#"{"test": 2432232314}"#,
        1_614_265_330,
    ),
    (
        "svix",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        &[
            ("svix-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("svix-timestamp", "1614265330"),
            ("svix-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ],
        r#"{"test": 2432232314}"#,
        1_614_265_330,
    ),
    (
        "rootly",
        "rootly secret",
        &[(
            "x-rootly-signature",
            "t=1492774588, v1=149dde2e17796ac364e9b8071deb42f5ab1886814b67f8d4ebba08835dfadd88",
        )],
        r#"{"event":{}}"#,
        1_492_774_588,
    ),
    (
        "paddle",
        "pdl_ntfset_key",
        &[(
            "paddle-signature",
            "ts=1671552777;h1=a95fe3abeb82e68bda8530d7e0d90e83dcb9a6035a5f33fc655135c740cc12e5",
        )],
        r#"{"data":{}}"#,
        1_671_552_777,
    ),
    (
        "genesys-open-messaging",
        "om secret",
        &[("x-hub-signature-256", "sha256=qJfr2hCLTmH+UqSIqq01OHQLckVdlHHQmoF63nxNCUs=")],
        r#"{"channel":{}}"#,
        0,
    ),
    (
        "nice-nexus",
        "nexus secret",
        &[
            ("x-nexus-timestamp", "1700000000"),
            (
                "x-nexus-signature-256",
                "sha256=f0b1e9c314ff71091215d88a6f3d11ff9091140ddbcebaa2f0a1024063e48468",
            ),
        ],
        "<event/>",
        1_700_000_000,
    ),
    (
        "zoom",
        "zoom secret",
        &[
            ("x-zm-request-timestamp", "1654503849"),
            (
                "x-zm-signature",
                "v0=4bb4c39d11198027ee1e5128b7b37e3400689c74ea4db7db4bdbff054d6e7dc5",
            ),
        ],
        concat!(
            r#"{"event":"endpoint.url_validation","event_ts":1654503849680,"#,
            r#""payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#
        ),
        1_654_503_849,
    ),
    (
        "teams",
        "dGVhbXMgc2VjdXJpdHkgdG9rZW4=",
        &[("authorization", "HMAC fO+GKAQgHi1XIoy9lNpXglh90rXUBH5BKqRS3nlLOZA=")],
        r#"{"text":"hi"}"#,
        0,
    ),
    (
        "grafana",
        "grafana secret",
        &[(
            "x-grafana-alerting-signature",
            "7b393fc1d9df54d1b28d939b03377e5fbcea08465481cdd4759db7f5f2baf1ee",
        )],
        r#"{"alerts":[]}"#,
        0,
    ),
];

fn scheme(name: &str) -> Webhook {
    webhook(&alloc::format!("proof = {{ scheme = \"{name}\" }}"))
}

#[test]
fn the_published_vectors_are_genuine_and_with_one_byte_changed_they_are_not() {
    for (name, secret, headers, body, at) in VECTORS {
        let (webhook, secret) = (scheme(name), Secret::new(secret));
        let now = UtcMs(at * 1_000);
        let prove = |delivery| prove(&webhook, &delivery, &[&secret], now);
        assert_eq!(prove(delivery(headers, body)), Proven::Genuine(0), "{name}");
        for at in 0..body.len() {
            let mut delivery = delivery(headers, body);
            let mut bytes = delivery.body.to_vec();
            bytes[at] ^= 1;
            delivery.body = bytes.into();
            assert_eq!(prove(delivery), Proven::Forged(Forgery::Wrong), "{name} at {at}");
        }
        let other = Secret::new("whsec_b3RoZXI=");
        let verdict = super::vectors::prove(&webhook, &delivery(headers, body), &[&other], now);
        assert_eq!(verdict, Proven::Forged(Forgery::Wrong), "{name}");
    }
}

#[test]
fn an_old_signature_is_a_replay() {
    for (name, secret, headers, body, at) in VECTORS.into_iter().filter(|vector| vector.4 > 0) {
        let (webhook, secret) = (scheme(name), Secret::new(secret));
        let after = |seconds| {
            let now = UtcMs((at + seconds) * 1_000);
            prove(&webhook, &delivery(headers, body), &[&secret], now)
        };
        assert_eq!([after(-300), after(300)], [Proven::Genuine(0); 2], "{name}");
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
            let verdict = prove(&webhook, &delivery(&headers, body), &[&secret], UtcMs(at * 1_000));
            assert!(matches!(verdict, Proven::Forged(_)), "{name} without {left_out}");
        }
        let cut: Vec<(&str, &str)> =
            headers.iter().map(|(header, value)| (*header, &value[..1])).collect();
        let verdict = prove(&webhook, &delivery(&cut, body), &[&secret], UtcMs(at * 1_000));
        assert!(matches!(verdict, Proven::Forged(_)), "{name}");
    }
    for name in ["bearer", "basic"] {
        let secrets = [&Secret::new("s")];
        let verdict = prove(&scheme(name), &delivery(&[], ""), &secrets, UtcMs(0));
        assert_eq!(verdict, Proven::Forged(Forgery::Missing));
    }
}

#[test]
fn either_of_two_secrets_will_do() {
    let secrets = [&Secret::new("old"), &Secret::new("new:word")];
    let shows = |scheme: &str, header: (&str, &str)| {
        let webhook = webhook(&alloc::format!("proof = {{ scheme = \"{scheme} }}"));
        match prove(&webhook, &delivery(&[header], "x"), &secrets, UtcMs(0)) {
            Proven::Genuine(place) => Some(place),
            Proven::Forged(_) => None,
        }
    };
    assert_eq!(shows("bearer\"", ("authorization", "Bearer old")), Some(0));
    assert_eq!(shows("bearer\"", ("authorization", "Bearer new:word")), Some(1));
    assert_eq!(shows("bearer\"", ("authorization", "Bearer olds")), None);
    assert_eq!(shows("bearer\"", ("authorization", "Basic old")), None);
    assert_eq!(shows("basic\"", ("authorization", "Basic bmV3OndvcmQ=")), Some(1));
    let key = "token\", header = \"x-api-key\"";
    assert_eq!(shows(key, ("x-api-key", "new:word")), Some(1));
    assert_eq!(shows(key, ("x-api-key", "")), None);
}

#[test]
fn any_one_of_several_proofs_will_do() {
    let webhook = webhook(
        "proof = [{ scheme = \"bearer\" }, { scheme = \"token\", header = \"x-api-key\" }, \
         { scheme = \"stripe\" }]",
    );
    let (secret, now) = (Secret::new("s"), UtcMs(1_700_000_000_000));
    let verdict =
        |headers: &[(&str, &str)]| prove(&webhook, &delivery(headers, "x"), &[&secret], now);
    assert_eq!(verdict(&[("authorization", "Bearer s")]), Proven::Genuine(0));
    assert_eq!(verdict(&[("x-api-key", "s")]), Proven::Genuine(0));
    assert_eq!(verdict(&[("x-api-key", "t")]), Proven::Forged(Forgery::Wrong));
    assert_eq!(verdict(&[("stripe-signature", "t=1,v1=00")]), Proven::Forged(Forgery::Stale));
    assert_eq!(verdict(&[]), Proven::Forged(Forgery::Missing));
}

#[test]
fn a_certificate_is_believed_by_its_fingerprint() {
    let webhook = scheme("mtls");
    let certificates = ["ab".repeat(32).into(), "cd".repeat(32).into()];
    let trust = Trust { certificates: &certificates, ..Trust::default() };
    let verdict = |shown: Option<&str>| {
        let client_certificate = shown.map(|shown| shown.repeat(32).into());
        let delivery = Delivery { client_certificate, ..delivery(&[], "") };
        webhook.prove(&delivery, &trust, UtcMs(0))
    };
    assert_eq!(verdict(Some("cd")), Proven::Genuine(0));
    assert_eq!(verdict(Some("ef")), Proven::Forged(Forgery::Wrong));
    assert_eq!(verdict(None), Proven::Forged(Forgery::Missing));
}

#[test]
fn a_public_key_is_no_shared_secret() {
    // Whoever knows the public key has used its bytes as a shared one.
    let forged = [
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", "v1,4dYmEdg8mVJNPqUbBtMwHpdlKqv++9ZLLg5PovPSMm0="),
    ];
    let key = Secret::new("whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=");
    let delivery = delivery(&forged, r#"{"test": 2432232314}"#);
    let now = UtcMs(1_614_265_330_000);
    let verdict = prove(&scheme("standard-webhooks"), &delivery, &[&key], now);
    assert_eq!(verdict, Proven::Forged(Forgery::Wrong));
    // The same bytes as a shared secret would fit: the test has the right signature.
    let shared = Secret::new("whsec_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=");
    let verdict = prove(&scheme("standard-webhooks"), &delivery, &[&shared], now);
    assert_eq!(verdict, Proven::Genuine(0));
}

#[test]
fn only_so_many_signatures_of_a_delivery_are_looked_at() {
    let good = "v1=2c984a26b96792f49173390b114619a17f5699a0bb42f13aff472b980b3080b5";
    let verdict = |before: usize| {
        let header = alloc::format!("{}{good}", "v1=00,".repeat(before));
        let delivery = delivery(&[("x-pagerduty-signature", &header)], r#"{"event":{}}"#);
        prove(&scheme("pagerduty"), &delivery, &[&Secret::new("secret")], UtcMs(0))
    };
    assert_eq!(verdict(WEBHOOK_SIGNATURES_MAX - 1), Proven::Genuine(0));
    assert_eq!(verdict(WEBHOOK_SIGNATURES_MAX), Proven::Forged(Forgery::Wrong));
}

#[test]
fn a_scheme_can_be_described() {
    let webhook = webhook(
        "proof = { scheme = \"signature\", header = \"x-signature\", separator = \"semicolon\", \
         prefix = \"h1=\", signed = \"{method} {url} {timestamp}:{body}\", \
         timestamp_beside = \"ts=\", \
         algorithm = \"sha512\", form = \"base64url\", tolerance_seconds = 5 }",
    );
    let mut mac = <Hmac<Sha512> as KeyInit>::new_from_slice(b"key").unwrap();
    mac.update(b"POST https://hub.example/ingest/x?a=b 10:body");
    let hash = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    let header = alloc::format!("ts=10;h1={hash}");
    let delivery = delivery(&[("x-signature", &header)], "body");
    let secrets = [&Secret::new("key")];
    let at = |seconds: i64, address: Option<&str>| {
        let trust = Trust { secrets: &secrets, address, ..Trust::default() };
        webhook.prove(&delivery, &trust, UtcMs(seconds * 1_000))
    };
    let address = Some("https://hub.example/ingest/x?a=b");
    assert_eq!(at(15, address), Proven::Genuine(0));
    assert_eq!(at(16, address), Proven::Forged(Forgery::Stale));
    assert_eq!(at(15, Some("https://hub.example/ingest/x")), Proven::Forged(Forgery::Wrong));
    assert_eq!(at(15, None), Proven::Forged(Forgery::Missing));
}

#[test]
fn a_key_of_ed25519_may_be_written_in_hexadecimal_digits() {
    // The second vector of RFC 8032, whose message is the one byte 0x72.
    let webhook = webhook(
        "proof = { scheme = \"signature\", header = \"x-signature\", algorithm = \"ed25519\", \
         key = \"hex\" }",
    );
    let key = Secret::new("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                     085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    let verdict = |body: &str| {
        let delivery = delivery(&[("x-signature", signature)], body);
        prove(&webhook, &delivery, &[&key], UtcMs(0))
    };
    assert_eq!(verdict("r"), Proven::Genuine(0));
    assert_eq!(verdict("s"), Proven::Forged(Forgery::Wrong));
}
