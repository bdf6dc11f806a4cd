//! What is asked of Slack at each step, and what its answers lead to.

use alloc::string::ToString;

use serde_json::{Value, json};

use super::*;
use crate::model::config::Templates;
use crate::model::name::TargetName;
use crate::model::secret::{Secret, SecretRef, Secrets};
use crate::target::Texts;
use crate::target::samples::{NOW, facts, notice};

fn app() -> SlackApp {
    SlackApp {
        api_url: TextOrSecret::Text("https://slack.test/api/".into()),
        token: SecretRef::Credential("slack".into()),
        channel: "C0NOC".into(),
        signing_secret: Some(SecretRef::Credential("signing".into())),
        reply_recovered: true,
    }
}

/// The method that is called, and its arguments.
fn asked(
    app: &SlackApp,
    notice: &Notice,
    thread: Option<&Thread>,
    stage: &Stage,
) -> (String, Value) {
    let mut secrets = Secrets::default();
    secrets.put(SecretRef::Credential("slack".into()), Secret::new("xoxb-hush"));
    let texts = Texts::compile(&Templates::default()).unwrap();
    let letter = Letter { notice, texts: &texts, secrets: &secrets, now: NOW, thread, stage };
    let Ok(Outgoing::Http(request)) = app.ask(&letter) else { panic!("a request by HTTP") };
    let json = "application/json; charset=utf-8".into();
    assert!(request.headers.contains(&("content-type".into(), json)));
    let bearer = "Bearer xoxb-hush".into();
    assert!(request.headers.contains(&("authorization".into(), bearer)));
    let method = request.url.strip_prefix("https://slack.test/api/chat.").unwrap().to_string();
    (method, serde_json::from_slice(&request.body).unwrap())
}

fn reply(body: &Value) -> Reply {
    Reply { body: body.to_string().into_bytes(), ..Reply::empty(200) }
}

fn yes() -> Reply {
    reply(&json!({ "ok": true, "channel": "C0NOC", "ts": "1503435956.000247" }))
}

fn no(error: &str) -> Reply {
    reply(&json!({ "ok": false, "error": error }))
}

/// What the app has posted of the sample alert.
fn thread(reference: &str) -> Thread {
    let facts = facts(Reason::FirstBreach);
    let target = TargetName::new("ops").unwrap();
    let reference = reference.replace("EPISODE", &facts.first_breach.0.to_string());
    Thread::new(facts.key, target, reference.into())
}

fn then(word: &str) -> Stage {
    Stage::Then(word.into())
}

#[test]
fn an_episode_has_one_message_and_a_new_one_another() {
    let (app, first) = (app(), notice(Reason::FirstBreach));
    let (method, body) = asked(&app, &first, None, &Stage::First);
    assert_eq!((&*method, &body["channel"]), ("postMessage", &json!("C0NOC")));
    assert_eq!((&body["unfurl_links"], body.get("thread_ts")), (&json!(false), None));
    assert_eq!(body["blocks"].as_array().unwrap().last().unwrap()["type"], "actions");
    let Delivery::Accepted { thread: Some(reference) } = app.hear(&first, &Stage::First, &yes())
    else {
        panic!("it is found again by the answer")
    };
    let known = thread("C0NOC 1503435956.000247 EPISODE alert");
    assert_eq!(reference, known.reference);
    let again = notice(Reason::Repeat);
    let (method, body) = asked(&app, &again, Some(&known), &Stage::First);
    assert_eq!((&*method, &body["ts"]), ("update", &json!("1503435956.000247")));
    assert!(body["text"].is_string() && body["blocks"].is_array(), "{body}");
    let heard = app.hear_in(Some(&known), &again, &Stage::First, &yes());
    assert_eq!(heard, Delivery::ACCEPTED);
    let before = thread("C0NOC 1503435956.000247 1715783000000 alert");
    assert_eq!(asked(&app, &first, Some(&before), &Stage::First).0, "postMessage");
}

#[test]
fn without_a_signing_secret_there_is_no_button() {
    let app = SlackApp { signing_secret: None, ..app() };
    let (_, body) = asked(&app, &notice(Reason::FirstBreach), None, &Stage::First);
    assert!(!body.to_string().contains("actions"), "{body}");
}

#[test]
fn what_people_have_to_notice_is_a_reply_too() {
    let app = app();
    let known = thread("C7 15.2 EPISODE alert");
    let next = |app: &SlackApp, reason| {
        let notice = notice(reason);
        assert_eq!(asked(app, &notice, Some(&known), &Stage::First).0, "update", "{reason}");
        app.hear_in(Some(&known), &notice, &Stage::First, &yes())
    };
    for reason in [Reason::Repeat, Reason::Updated, Reason::Acknowledged, Reason::Passed] {
        assert_eq!(next(&app, reason), Delivery::ACCEPTED, "{reason}");
    }
    for (reason, broadcast) in [
        (Reason::FirstBreach, Some(true)),
        (Reason::Escalation, Some(true)),
        (Reason::Reopened, Some(true)),
        (Reason::Lapsed, None),
        (Reason::Unstable, None),
        (Reason::Settled, None),
        (Reason::Recovered, None),
    ] {
        assert_eq!(next(&app, reason), Delivery::Next(then("reply")), "{reason}");
        let notice = notice(reason);
        let (method, body) = asked(&app, &notice, Some(&known), &then("reply"));
        assert_eq!((&*method, &body["channel"]), ("postMessage", &json!("C7")));
        assert_eq!((&body["thread_ts"], body.get("blocks")), (&json!("15.2"), None));
        let loud = body.get("reply_broadcast").and_then(Value::as_bool);
        assert_eq!(loud, broadcast, "{reason}");
        let heard = app.hear_in(Some(&known), &notice, &then("reply"), &yes());
        assert_eq!(heard, Delivery::ACCEPTED);
    }
    let quiet = SlackApp { reply_recovered: false, ..app };
    assert_eq!(next(&quiet, Reason::Recovered), Delivery::ACCEPTED);
    assert_eq!(next(&quiet, Reason::Lapsed), Delivery::Next(then("reply")));
}

#[test]
fn a_message_that_is_gone_is_posted_anew() {
    let (app, notice) = (app(), notice(Reason::Escalation));
    let known = thread("C7 15.2 EPISODE alert");
    for error in GONE {
        let heard = app.hear_in(Some(&known), &notice, &Stage::First, &no(error));
        assert_eq!(heard, Delivery::Next(then("post")), "{error}");
    }
    for error in ["thread_not_found", "message_not_found"] {
        let heard = app.hear_in(Some(&known), &notice, &then("reply"), &no(error));
        assert_eq!(heard, Delivery::Next(then("post")), "{error}");
    }
    let (method, body) = asked(&app, &notice, Some(&known), &then("post"));
    assert_eq!(
        (&*method, &body["channel"], body.get("ts")),
        ("postMessage", &json!("C0NOC"), None)
    );
    let heard = app.hear_in(Some(&known), &notice, &then("post"), &yes());
    assert!(matches!(heard, Delivery::Accepted { thread: Some(_) }), "{heard:?}");
    // Of a new message it says that the file is wrong.
    let heard = app.hear(&notice, &Stage::First, &no("not_in_channel"));
    assert!(matches!(heard, Delivery::Disabled { .. }), "{heard:?}");
}

#[test]
fn what_began_in_a_list_recovers_there() {
    let app = app();
    let list = Notice {
        subject: Subject::Digest(Vec::from([facts(Reason::FirstBreach)])),
        ..notice(Reason::FirstBreach)
    };
    let Delivery::Accepted { thread: Some(reference) } = app.hear(&list, &Stage::First, &yes())
    else {
        panic!("it is found again")
    };
    let known = thread(&reference);
    assert!(reference.ends_with(" list"), "{reference}");
    let over = notice(Reason::Recovered);
    let (method, body) = asked(&app, &over, Some(&known), &Stage::First);
    assert_eq!((&*method, &body["thread_ts"]), ("postMessage", &json!("1503435956.000247")));
    let heard = app.hear_in(Some(&known), &over, &Stage::First, &yes());
    assert_eq!(heard, Delivery::ACCEPTED);
    let worse = notice(Reason::Escalation);
    let (method, body) = asked(&app, &worse, Some(&known), &Stage::First);
    assert_eq!((&*method, body.get("thread_ts")), ("postMessage", None));
    let heard = app.hear_in(Some(&known), &worse, &Stage::First, &yes());
    let Delivery::Accepted { thread: Some(own) } = heard else { panic!("a message of its own") };
    assert!(own.ends_with(" alert"), "{own}");
    for reason in [Reason::Digest, Reason::Announcement, Reason::Test] {
        let heard = app.hear(&notice(reason), &Stage::First, &yes());
        assert_eq!(heard, Delivery::ACCEPTED, "{reason}");
    }
}

#[test]
fn a_yes_is_spelled_ok_whatever_the_status_says() {
    let app = app();
    let notice = notice(Reason::FirstBreach);
    let meaning = |reply: &Reply| match app.hear(&notice, &Stage::First, reply) {
        Delivery::Accepted { .. } => "accepted".to_string(),
        Delivery::Next(_) => "next".into(),
        Delivery::Later { after, .. } => format!("later {:?}", after.map(|after| after.0)),
        Delivery::Refused { why } => format!("refused: {why}"),
        Delivery::Disabled { why } => format!("disabled: {why}"),
    };
    assert_eq!(meaning(&yes()), "accepted");
    assert_eq!(meaning(&no("ratelimited")), "later Some(1000)");
    let throttled = Reply::empty(429).with_header("retry-after", "30");
    assert_eq!(meaning(&throttled), "later Some(30000)");
    for error in PASSING {
        assert_eq!(meaning(&no(error)), "later None", "{error}");
    }
    assert_eq!(meaning(&Reply::empty(503)), "later None");
    let portal = Reply { body: b"<html>".into(), ..Reply::empty(200) };
    assert_eq!(meaning(&portal), "later None");
    for error in ["msg_too_long", "invalid_blocks", "no_text", "what_is_this"] {
        let said = meaning(&no(error));
        assert!(said.starts_with("refused: ") && said.contains(error), "{said}");
    }
    for (error, mend) in [
        ("invalid_auth", "xoxb-"),
        ("account_inactive", "xoxb-"),
        ("missing_scope", "chat:write"),
        ("not_in_channel", "invite the app"),
        ("channel_not_found", "the channel's id"),
        ("is_archived", "restore the channel"),
    ] {
        let said = meaning(&no(error));
        assert!(said.starts_with("disabled: ") && said.contains(mend), "{said}");
    }
    assert!(meaning(&Reply::empty(403)).starts_with("disabled: "));
    assert!(meaning(&Reply::empty(404)).starts_with("refused: "));
}
