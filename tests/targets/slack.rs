//! An app of Slack against a workspace that is as strict as Slack.

use alloc::sync::Arc;
use std::sync::Mutex;

use andon::demo::http::{Incoming, Reaction};
use andon::model::config::TextOrSecret;
use andon::model::notice::{Notice, Reason, Subject};
use andon::model::target::{SlackApp, TargetKind};
use andon::model::time::{Span, UtcMs};
use andon::target::Delivery;

use crate::exchange::{Exchange, credential, facts, notice};
use crate::receivers::desk;
use crate::receivers::slack::{Workspace, button};

const TOKEN: &str = "xoxb-secret";

/// A workspace whose clock goes on by a second with each request, and the app that tells it.
fn begun(token: &str) -> (Arc<Mutex<(Workspace, UtcMs)>>, Exchange) {
    let workspace = Workspace::new(token);
    let desk = Arc::new(Mutex::new((workspace, UtcMs(1_715_783_545_000))));
    let address = desk::serve(&desk, receive);
    let kind = TargetKind::SlackApp(SlackApp {
        api_url: TextOrSecret::Text(format!("http://{address}/api").into()),
        token: credential("token"),
        channel: "#noc".into(),
        signing_secret: Some(credential("signing")),
        reply_recovered: true,
    });
    (desk, Exchange::new(kind, TOKEN, &[]))
}

fn receive(desk: &mut (Workspace, UtcMs), incoming: &Incoming) -> Reaction {
    desk.1 = desk.1 + Span::secs(1);
    desk.0.receive(incoming, desk.1)
}

fn done(desk: &Arc<Mutex<(Workspace, UtcMs)>>) -> Vec<&'static str> {
    core::mem::take(&mut desk.lock().unwrap().0.done).iter().map(|done| done.what).collect()
}

fn told(exchange: &mut Exchange, reason: Reason) {
    let told = exchange.tell(&notice(reason, "Tier-2 <!channel> & Co"));
    assert!(matches!(told, Delivery::Accepted { .. }), "{reason}: {told:?}");
}

#[test]
fn every_reason_is_something_that_slack_takes() {
    let (desk, mut exchange) = begun(TOKEN);
    told(&mut exchange, Reason::FirstBreach);
    assert_eq!(done(&desk), ["post"]);
    for reason in Reason::ALL {
        told(&mut exchange, reason);
        let done = done(&desk);
        assert!(done[0] == "update" && done.len() <= 2, "{reason}: {done:?}");
    }
    let (workspace, _) = &*desk.lock().unwrap();
    assert_eq!((workspace.channel().count(), workspace.reception.refused), (1, 0));
}

#[test]
fn a_message_that_is_gone_is_posted_anew_and_has_its_thread() {
    let (desk, mut exchange) = begun(TOKEN);
    told(&mut exchange, Reason::FirstBreach);
    desk.lock().unwrap().0.forget();
    told(&mut exchange, Reason::Escalation);
    told(&mut exchange, Reason::Lapsed);
    assert_eq!(done(&desk), ["post", "post", "update", "reply"]);
    let (workspace, _) = &*desk.lock().unwrap();
    assert!(button(workspace.channel().next().unwrap()).is_some());
}

#[test]
fn a_list_of_long_names_is_cut_to_what_slack_takes() {
    let (desk, mut exchange) = begun(TOKEN);
    let line = facts(Reason::FirstBreach, &"&".repeat(200));
    let subject = Subject::Digest(vec![line; 100]);
    let list = Notice { subject, ..notice(Reason::FirstBreach, "") };
    assert!(matches!(exchange.tell(&list), Delivery::Accepted { thread: Some(_) }));
    let (workspace, _) = &*desk.lock().unwrap();
    assert_eq!(workspace.done[0].text, "Together: 100 in breach");
    let last = workspace.done[0].lines.last().unwrap();
    assert!(last.starts_with("and ") && last.ends_with("[cut]"), "{last}");
}

#[test]
fn a_wrong_token_and_a_refusal_are_told_apart() {
    let (_desk, mut exchange) = begun("xoxb-another");
    let told = exchange.tell(&notice(Reason::FirstBreach, "q"));
    assert!(matches!(told, Delivery::Disabled { .. }), "{told:?}");
    let (desk, mut exchange) = begun(TOKEN);
    desk.lock().unwrap().0.says.extend(["msg_too_long", "ratelimited", "internal_error"]);
    let told = [(); 4].map(|()| exchange.tell(&notice(Reason::FirstBreach, "q")));
    let [refused, throttled, failed, taken] = &told;
    assert!(matches!(refused, Delivery::Refused { .. }), "{refused:?}");
    assert!(matches!(throttled, Delivery::Later { after: Some(_), .. }), "{throttled:?}");
    assert!(matches!(failed, Delivery::Later { after: None, .. }), "{failed:?}");
    assert!(matches!(taken, Delivery::Accepted { .. }), "{taken:?}");
}
