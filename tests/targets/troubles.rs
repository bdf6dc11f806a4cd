//! Every kind of target that speaks HTTP, and all that may go wrong on the way to it and in its
//! answer, at each request of the exchange, over real TLS: what the hub makes of it, whose fault it
//! says that is, and that the notice is told once when the way is good again.

use std::net::TcpListener;

use andon::model::notice::Reason;
use andon::model::time::Span;
use andon::target::{Delivery, Stage};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::exchange::notice;
use crate::receivers::certificates::Authority;
use crate::receivers::tap::Trick;
use crate::stands::{self, Stand};

/// What is made of a trick.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Made {
    /// It is tried again, no sooner than so many seconds.
    Later(i64),
    /// It is tried again once somebody has mended something.
    Disabled,
    /// It is a dead letter.
    Refused,
}

/// A trick, what is made of it, and what has to stand in the reason.
type Line = (Trick, Made, &'static str);

/// What a kind of target makes of the answers that kinds differ in.
struct Kind {
    make: fn(&Authority) -> Stand,
    /// How many requests a notice needs.
    requests: usize,
    /// How long it is left alone that says "too many" and no more.
    least: i64,
    /// Answers with 200 that are none: what stands in the body, and what is made of it.
    failures: &'static [(&'static str, Made)],
    /// How often it has a notice whose answer was lost: what cannot be asked for, and has no key by
    /// which it would tell a repeat, is told twice.
    after_a_lost_answer: usize,
}

const PAGE: &str = "<html>Sign in to the guest network</html>";

fn says(status: &str, headers: &str, body: &str) -> Trick {
    let length = body.len();
    Trick::Says(format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
    ))
}

/// What goes wrong alike for all of them.
fn lines(kind: &Kind, authority: &Authority, elsewhere: u16) -> Vec<Line> {
    use Made::{Disabled, Later};
    let to = format!("location: https://localhost:{elsewhere}/v2/enqueue\r\n");
    let header = format!("x-filler: {}\r\n", "x".repeat(20_000));
    let raw = |text: &str| Trick::Says(text.into());
    vec![
        (says("429 Too Many Requests", "retry-after: 120\r\n", ""), Later(120), "answered 429"),
        (says("429 Too Many Requests", "", "slow down"), Later(kind.least), "429: slow down"),
        (says("500 Oops", "", "oops"), Later(0), "answered 500: oops"),
        (says("503 Busy", "retry-after: 90\r\n", ""), Later(90), "answered 503"),
        (says("302 Found", &to, ""), Disabled, "redirects are not followed"),
        (says("307 Temporary Redirect", &to, ""), Disabled, "redirects are not followed"),
        (says("308 Permanent Redirect", &to, ""), Disabled, "redirects are not followed"),
        (raw("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"ok\":"), Later(0), "closed early"),
        (raw("HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhalf"), Later(0), ""),
        (
            Trick::Drops("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok".into()),
            Later(0),
            "closed early",
        ),
        (raw("HTTP/1.1 200 OK\r\n"), Later(0), "closed early"),
        (says("200 OK", &header, "ok"), Later(0), "closed early"),
        (raw("SSH-2.0-OpenSSH_9.6\r\n"), Later(0), "closed early"),
        (raw("HTTP/1.1 99999 What\r\n\r\n"), Later(0), "closed early"),
        (raw("\0\u{1}\u{2}\r\n\r\n"), Later(0), "closed early"),
        (Trick::Closes, Later(0), "closed early"),
        (Trick::Floods, Later(0), "larger than 8 MiB"),
        (Trick::SpeaksClear, Later(0), "what answers there does not speak TLS"),
        (Trick::Shows(authority.server("other.example")), Later(0), "it is another host's"),
        (Trick::Shows(Authority::new().server("localhost")), Later(0), "nobody whom we believe"),
        (Trick::Shows(authority.expired("localhost")), Later(0), "TLS failed by our clock"),
    ]
}

/// What takes until the deadline.
fn long_lines() -> Vec<Line> {
    let late = "no answer before the deadline";
    vec![
        (Trick::Stalls(String::new()), Made::Later(0), late),
        (
            Trick::Stalls("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok".into()),
            Made::Later(0),
            late,
        ),
        (Trick::Trickles, Made::Later(0), late),
    ]
}

fn made(told: &Delivery) -> (Option<Made>, &str) {
    match told {
        Delivery::Accepted { .. } | Delivery::Next(_) => (None, ""),
        Delivery::Later { after, why } => {
            (Some(Made::Later(after.map_or(0, |span| span.whole_secs()))), why)
        }
        Delivery::Refused { why } => (Some(Made::Refused), why),
        Delivery::Disabled { why } => (Some(Made::Disabled), why),
    }
}

/// Tells a notice with a trick at one of the requests; then what came of it, and how often the
/// receiver has it when the way was good again.
fn tell(stand: &mut Stand, at: usize, trick: &Trick, deadline: Span) -> (Delivery, usize) {
    let breach = notice(Reason::FirstBreach, "Tier-2 Support");
    let reaches_it = !matches!(trick, Trick::Shows(_) | Trick::SpeaksClear);
    (stand.forget)();
    (stand.exchange.stage, stand.exchange.thread) = (Stage::First, None);
    stand.exchange.deadline = Some(deadline);
    stand.tap.plays([vec![Trick::Passes; at], vec![trick.clone()]].concat());
    let told = stand.exchange.tell(&breach);
    assert_eq!(stand.tap.asked(), at + usize::from(reaches_it), "{told:?}");
    no_secret(&told, &stand.secret);
    stand.exchange.deadline = None;
    stand.tap.plays([]);
    let again = stand.exchange.tell(&breach);
    assert!(matches!(again, Delivery::Accepted { .. }), "{told:?}, then {again:?}");
    stand.tap.asked();
    (told, (stand.holds)())
}

/// The secret stands in no reason, nor what proves it to the target.
fn no_secret(told: &Delivery, secret: &str) {
    let (_, why) = made(told);
    let part = secret
        .split_once("localhost")
        .map_or(secret, |(_, address)| address.split_once('/').unwrap().1);
    assert!(!why.contains(&part[..12]), "{why}");
    // A user before it moves it by none, one or two bytes.
    for moved in 0..3 {
        let shown = STANDARD_NO_PAD.encode(&part.as_bytes()[moved..moved + 9]);
        assert!(!why.contains(&shown), "{why}");
    }
}

fn goes_through_all(kind: &Kind) {
    let authority = Authority::new();
    let mut stand = (kind.make)(&authority);
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let port = elsewhere.local_addr().unwrap().port();
    let is_told = stand.exchange.tell(&notice(Reason::FirstBreach, "Tier-2 Support"));
    assert!(matches!(is_told, Delivery::Accepted { .. }), "{is_told:?}");
    assert_eq!((stand.tap.asked(), (stand.holds)()), (kind.requests, 1));
    for at in 0..kind.requests {
        let soon = lines(kind, &authority, port).into_iter().map(|line| (line, Span::secs(10)));
        let late = long_lines().into_iter().map(|line| (line, Span::millis(700)));
        for (number, ((trick, expected, says), deadline)) in soon.chain(late).enumerate() {
            let (told, holds) = tell(&mut stand, at, &trick, deadline);
            let (made, why) = made(&told);
            let shown = format!("line {number} at request {at}: {told:?}");
            assert_eq!(made, Some(expected), "{shown}");
            assert!(why.contains(says), "{shown}");
            assert_eq!(holds, 1, "{shown}");
        }
        let (told, _) = tell(&mut stand, at, &Trick::Quotes, Span::secs(10));
        assert!(matches!(made(&told).0, Some(Made::Refused | Made::Later(_))), "{told:?}");
        for (body, expected) in kind.failures {
            let (told, holds) = tell(&mut stand, at, &says("200 OK", "", body), Span::secs(10));
            assert_eq!((made(&told).0, holds), (Some(*expected), 1), "{body} at {at}: {told:?}");
        }
        let (told, holds) = tell(&mut stand, at, &Trick::LosesTheAnswer, Span::secs(10));
        assert_eq!(made(&told).0, Some(Made::Later(0)), "{told:?}");
        assert_eq!(holds, kind.after_a_lost_answer, "{told:?}");
    }
    let nobody = elsewhere.accept();
    assert!(nobody.is_err(), "somebody followed a redirect: {nobody:?}");
}

#[test]
fn pagerduty() {
    goes_through_all(&Kind {
        make: stands::pagerduty,
        requests: 1,
        least: 30,
        failures: &[(PAGE, Made::Refused), ("{\"status\":\"success\"}", Made::Refused)],
        after_a_lost_answer: 1,
    });
}

#[test]
fn a_webhook_of_slack() {
    goes_through_all(&Kind {
        make: stands::slack,
        requests: 1,
        least: 1,
        failures: &[(PAGE, Made::Refused), ("invalid_payload", Made::Refused)],
        after_a_lost_answer: 2,
    });
}

#[test]
fn an_app_of_slack() {
    goes_through_all(&Kind {
        make: stands::slack_app,
        requests: 1,
        least: 1,
        failures: &[
            (PAGE, Made::Later(0)),
            ("{\"ok\":false,\"error\":\"internal_error\"}", Made::Later(0)),
            ("{\"ok\":false,\"error\":\"ratelimited\"}", Made::Later(1)),
            ("{\"ok\":false,\"error\":\"token_revoked\"}", Made::Disabled),
            ("{\"ok\":false,\"error\":\"msg_too_long\"}", Made::Refused),
            ("{\"ok\":false}", Made::Refused),
        ],
        after_a_lost_answer: 2,
    });
}

#[test]
fn teams() {
    goes_through_all(&Kind {
        make: stands::teams,
        requests: 1,
        least: 30,
        failures: &[(PAGE, Made::Refused)],
        after_a_lost_answer: 2,
    });
}

#[test]
fn servicenow() {
    goes_through_all(&Kind {
        make: stands::servicenow,
        requests: 2,
        least: 0,
        failures: &[
            (PAGE, Made::Later(0)),
            ("{\"error\":{\"message\":\"Transaction cancelled\"}}", Made::Later(0)),
            ("{\"result\":null}", Made::Later(0)),
        ],
        after_a_lost_answer: 1,
    });
}

#[test]
fn event_management_of_servicenow() {
    goes_through_all(&Kind {
        make: stands::servicenow_events,
        requests: 1,
        least: 0,
        failures: &[
            (PAGE, Made::Later(0)),
            ("{\"error\":{\"message\":\"Transaction cancelled\"}}", Made::Later(0)),
        ],
        after_a_lost_answer: 1,
    });
}

#[test]
fn datadog() {
    goes_through_all(&Kind {
        make: stands::datadog,
        requests: 2,
        least: 0,
        failures: &[(PAGE, Made::Refused), ("{\"errors\":[\"quota\"]}", Made::Refused)],
        after_a_lost_answer: 1,
    });
}

#[test]
fn alertmanager() {
    goes_through_all(&Kind {
        make: stands::alertmanager,
        requests: 1,
        least: 0,
        failures: &[(PAGE, Made::Refused)],
        after_a_lost_answer: 1,
    });
}

#[test]
fn a_webhook() {
    goes_through_all(&Kind {
        make: stands::webhook,
        requests: 1,
        least: 0,
        failures: &[],
        after_a_lost_answer: 1,
    });
}

#[test]
fn sms() {
    goes_through_all(&Kind {
        make: stands::sms,
        requests: 2,
        least: 0,
        failures: &[(PAGE, Made::Later(0))],
        after_a_lost_answer: 1,
    });
}
