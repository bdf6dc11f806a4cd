//! Webhooks of any form, Datadog, Alertmanager and Teams, each against a strict receiver.

use alloc::sync::Arc;
use std::sync::Mutex;

use andon::model::config::TextOrSecret;
use andon::model::http::Method;
use andon::model::login::HttpLogin;
use andon::model::notice::{Notice, Reason, Subject, Word};
use andon::model::target::{Alertmanager, Datadog, TargetKind, Teams, Webhook};
use andon::model::time::Span;
use andon::target::Delivery;

use crate::exchange::{Exchange, credential, facts, notice};
use crate::receivers::desk::serve;
use crate::receivers::twist::Twist;
use crate::receivers::{alertmanager, datadog, teams, webhook};

/// A name that breaks what is put together without care.
const ODD: &str = "Tier \"2\" \\ [VIP](https://evil.example) <!channel> {{ x }} **R&D** \u{20ac}";

/// What a receiver takes of each kind of notice.
fn every_notice() -> Vec<Notice> {
    let word =
        Word { headline: "Window begins".into(), text: "until 06:00".into(), key: "w".into() };
    let of_word = Notice { subject: Subject::Word(Box::new(word)), ..notice(Reason::Test, ODD) };
    let many = (0..300).map(|_| facts(Reason::Repeat, ODD)).collect();
    let digest = Notice { subject: Subject::Digest(many), ..notice(Reason::Digest, ODD) };
    let alerts = Reason::ALL
        .into_iter()
        .filter(|reason| !matches!(reason, Reason::Digest | Reason::Announcement));
    let alerts = alerts.map(|reason| notice(reason, ODD));
    let numbered = alerts.chain([of_word, digest]).zip(0..).map(|(notice, number)| Notice {
        idempotency_key: format!("{number:032x}").into(),
        ..notice
    });
    numbered.collect()
}

fn is_told(exchange: &mut Exchange, notice: &Notice) {
    let told = exchange.tell(notice);
    assert!(matches!(told, Delivery::Accepted { .. }), "{:?}: {told:?}", notice.reason);
}

/// What has to be made of them by a target whose receiver asks for so many seconds.
const fn each_made_of(asked_seconds: i64) -> [(&'static str, Option<i64>); 7] {
    [
        ("later", Some(asked_seconds)),
        ("later", None),
        ("later", None),
        ("later", None),
        ("disabled", None),
        ("refused", None),
        ("disabled", None),
    ]
}

/// What is made of each twist: the word of the delivery and the wait.
fn twisted(
    exchange: &mut Exchange,
    mut twist: impl FnMut(Twist),
) -> Vec<(&'static str, Option<i64>)> {
    let all = [
        Twist::Throttles,
        Twist::Fails,
        Twist::Hangs,
        Twist::Closes,
        Twist::Redirects,
        Twist::ShowsAPage,
        Twist::Forbids,
    ];
    exchange.deadline = Some(Span::millis(400));
    let breach = notice(Reason::FirstBreach, "Tier-2");
    let told = all.map(|one| {
        twist(one);
        match exchange.tell(&breach) {
            Delivery::Accepted { .. } => ("accepted", None),
            Delivery::Next(_) => ("next", None),
            Delivery::Later { after, .. } => ("later", after.map(|span| span.whole_secs())),
            Delivery::Refused { .. } => ("refused", None),
            Delivery::Disabled { .. } => ("disabled", None),
        }
    });
    exchange.deadline = None;
    is_told(exchange, &breach);
    told.to_vec()
}

fn text(url: String) -> TextOrSecret {
    TextOrSecret::Text(url.into())
}

#[test]
fn teams_takes_each_notice_as_a_card() {
    let desk = Arc::new(Mutex::new(teams::Teams::default()));
    let address = serve(&desk, teams::Teams::receive);
    let url = format!("http://{address}{}", teams::FLOW);
    let kind = TargetKind::Teams(Teams { url: TextOrSecret::Secret(credential("flow")) });
    let mut exchange = Exchange::new(kind, &url, &[]);
    let notices = every_notice();
    notices.iter().for_each(|notice| is_told(&mut exchange, notice));
    assert_eq!(desk.lock().unwrap().complaints, [""; 0]);
    assert_eq!(desk.lock().unwrap().cards.len(), notices.len());
    let heard = twisted(&mut exchange, |twist| desk.lock().unwrap().twists.push(twist));
    assert_eq!(heard, each_made_of(30));
    desk.lock().unwrap().is_off = true;
    let told = exchange.tell(&notices[0]);
    assert!(
        matches!(&told, Delivery::Disabled { why } if why.contains("the flow is off")),
        "{told:?}"
    );
}

#[test]
fn datadog_takes_each_notice_within_its_limits() {
    let desk = Arc::new(Mutex::new(datadog::Datadog::default()));
    let address = serve(&desk, datadog::Datadog::receive);
    let kind = |check: Option<&str>| {
        TargetKind::Datadog(Datadog {
            url: text(format!("http://{address}/api/v2/events")),
            api_url: text(format!("http://{address}")),
            api_key: credential("key"),
            tags: vec!["team:noc".into()],
            service_check: check.map(Into::into),
        })
    };
    let mut exchange = Exchange::new(kind(Some("andon.alert")), datadog::KEY, &[]);
    let notices = every_notice();
    notices.iter().for_each(|notice| is_told(&mut exchange, notice));
    {
        let desk = desk.lock().unwrap();
        assert_eq!(desk.complaints, [""; 0]);
        let alerts = notices.len() - 2;
        assert_eq!((desk.alerts.len(), desk.checks.len(), desk.events.len()), (alerts, alerts, 2));
        let keys = desk.alerts.iter().map(|alert| alert["aggregation_key"].to_string());
        assert_eq!(keys.collect::<alloc::collections::BTreeSet<_>>().len(), 1);
    }
    let mut exchange = Exchange::new(kind(None), datadog::KEY, &[]);
    let heard = twisted(&mut exchange, |twist| desk.lock().unwrap().twists.push(twist));
    assert_eq!(heard, each_made_of(7));
    let mut wrong = Exchange::new(kind(None), "another-key", &[]);
    let told = wrong.tell(&notices[0]);
    assert!(matches!(&told, Delivery::Disabled { why } if why.contains("api_key")), "{told:?}");
}

#[test]
fn alertmanager_takes_an_alert_keeps_it_and_lets_it_go() {
    let desk = Arc::new(Mutex::new(alertmanager::Alertmanager::default()));
    let address = serve(&desk, alertmanager::Alertmanager::receive);
    let kind = |path: &str| {
        TargetKind::Alertmanager(Alertmanager {
            url: text(format!("http://{address}{path}")),
            login: HttpLogin::Bearer(credential("token")),
            labels: vec![("team".into(), "noc".into())],
            ends_after: Span::secs(3_600),
        })
    };
    let mut exchange = Exchange::new(kind("/am"), alertmanager::TOKEN, &[]);
    is_told(&mut exchange, &notice(Reason::FirstBreach, ODD));
    assert_eq!(desk.lock().unwrap().firing().len(), 1);
    assert!(desk.lock().unwrap().firing()[0].contains("\"team\":\"noc\""));
    is_told(&mut exchange, &notice(Reason::Recovered, ODD));
    assert_eq!(desk.lock().unwrap().firing(), [""; 0]);
    assert_eq!(desk.lock().unwrap().alerts.len(), 1, "it ended by the same labels");
    for notice in every_notice() {
        is_told(&mut exchange, &notice);
    }
    assert_eq!(desk.lock().unwrap().complaints, [""; 0]);
    let heard = twisted(&mut exchange, |twist| desk.lock().unwrap().twists.push(twist));
    assert_eq!(heard, each_made_of(7));
    let mut astray = Exchange::new(kind("/elsewhere"), alertmanager::TOKEN, &[]);
    let told = astray.tell(&notice(Reason::FirstBreach, ODD));
    assert!(matches!(&told, Delivery::Disabled { why } if why.contains("url")), "{told:?}");
    let mut stranger = Exchange::new(kind("/am"), "another", &[]);
    let told = stranger.tell(&notice(Reason::FirstBreach, ODD));
    assert!(matches!(told, Delivery::Disabled { .. }), "{told:?}");
}

#[test]
fn a_webhook_is_signed_or_carries_what_the_file_says() {
    let kind = |address, method, headers, body: Option<&str>, signing_secret| {
        TargetKind::Webhook(Webhook {
            url: text(format!("http://{address}/hook")),
            method,
            headers,
            body: body.map(Into::into),
            login: HttpLogin::None,
            signing_secret,
        })
    };
    let signed = Arc::new(Mutex::new(webhook::Receiver::new("POST", None)));
    let address = serve(&signed, webhook::Receiver::receive);
    let of_signed = kind(address, Method::Post, Vec::new(), None, Some(credential("key")));
    let mut exchange = Exchange::new(of_signed, webhook::SECRET, &[]);
    let notices = every_notice();
    notices.iter().for_each(|notice| is_told(&mut exchange, notice));
    // Once more, as after a lost answer.
    notices.iter().for_each(|notice| is_told(&mut exchange, notice));
    assert_eq!(signed.lock().unwrap().complaints, [""; 0]);
    assert_eq!(signed.lock().unwrap().bodies.len(), notices.len());
    let heard = twisted(&mut exchange, |twist| signed.lock().unwrap().twists.push(twist));
    assert_eq!(
        heard[..5],
        [("later", Some(7)), ("later", None), ("later", None), ("later", None), ("disabled", None),]
    );
    assert_eq!(heard[6], ("disabled", None));
    exchange.now.utc = exchange.now.utc + Span::secs(3_600);
    let late = exchange.tell(&notices[0]);
    assert!(matches!(&late, Delivery::Disabled { why } if why.contains("the clock")), "{late:?}");

    let keyed = Arc::new(Mutex::new(webhook::Receiver::new("PUT", Some(("x-api-key", "hush")))));
    let address = serve(&keyed, webhook::Receiver::receive);
    let headers = vec![("x-api-key".into(), TextOrSecret::Secret(credential("key")))];
    let body = "{\"text\": {{ summary|tojson }}, \"queue\": {{ entity_name|tojson }}}";
    let kind = kind(address, Method::Put, headers, Some(body), None);
    let mut exchange = Exchange::new(kind, "hush", &[]);
    notices.iter().for_each(|notice| is_told(&mut exchange, notice));
    let keyed = keyed.lock().unwrap();
    assert_eq!(keyed.complaints, [""; 0]);
    assert_eq!(keyed.bodies.len(), notices.len());
    assert_eq!(keyed.bodies[0]["queue"], ODD);
    assert!(keyed.bodies.iter().all(|body| body.as_object().unwrap().len() == 2));
}
