//! Targets that give a client of OAuth 2.0 its tokens: the endpoint and the receiver are two
//! servers.

use alloc::sync::Arc;
use std::sync::Mutex;

use andon::demo::http::{Incoming, Reaction};
use andon::model::config::TextOrSecret;
use andon::model::http::{Method, Reply};
use andon::model::login::{HttpLogin, OAuthClient};
use andon::model::mail::{MailAddress, Security};
use andon::model::notice::Reason;
use andon::model::target::{Alertmanager, Mail, MailAccount, TargetKind, Webhook};
use andon::model::time::{Span, UtcMs};
use andon::target::Delivery;

use crate::exchange::{Exchange, credential, notice};
use crate::receivers::certificates::Authority;
use crate::receivers::desk::serve;
use crate::receivers::oauth::{Endpoint, throttled, yes_with};
use crate::receivers::smtp::{Manners, Smtp};
use crate::receivers::{alertmanager, webhook};

const SECRET: &str = "a-client-secret";
/// What the endpoint gives first.
const TOKEN: &str = "a-token-of-oauth-1";
const SCOPE: &str = "https://outlook.office365.com/.default";

fn endpoint(scope: Option<&'static str>) -> (Arc<Mutex<Endpoint>>, OAuthClient) {
    let endpoint = Endpoint { scope, ..Endpoint::new("an-app", SECRET) };
    let endpoint = Arc::new(Mutex::new(endpoint));
    let receive =
        |endpoint: &mut Endpoint, incoming: &Incoming| endpoint.receive(incoming, UtcMs(0));
    let address = serve(&endpoint, receive);
    let client = OAuthClient {
        token_url: format!("http://{address}/oauth2/v2.0/token").into(),
        id: "an-app".into(),
        secret: credential("app"),
        scope: scope.map(Into::into),
    };
    (endpoint, client)
}

fn mail(smtp: &Smtp, client: OAuthClient) -> TargetKind {
    let address = |text: &str| MailAddress::new(text).unwrap();
    TargetKind::Mail(Mail {
        server: "localhost".into(),
        port: smtp.address.port(),
        security: Security::StartTls,
        login: MailAccount::Client { user: "andon".into(), client },
        from: address("andon@site.example"),
        to: vec![address("a@noc.example")],
    })
}

fn is_taken(told: &Delivery) -> bool {
    matches!(told, Delivery::Accepted { .. })
}

#[test]
fn mail_is_submitted_by_a_token_that_many_messages_share() {
    let authority = Authority::new();
    let tls = Some(authority.server("localhost"));
    let smtp = Smtp::start(Manners {
        tls,
        mechanisms: "PLAIN XOAUTH2",
        secret: TOKEN,
        ..Manners::default()
    });
    let (endpoint, client) = endpoint(Some(SCOPE));
    let mut exchange = Exchange::new(mail(&smtp, client), SECRET, &[authority.root()]);
    for reason in [Reason::FirstBreach, Reason::Repeat, Reason::Recovered] {
        let told = exchange.tell(&notice(reason, "Tier-2"));
        assert!(is_taken(&told), "{told:?}");
    }
    assert_eq!((endpoint.lock().unwrap().asked, smtp.state().mails.len()), (1, 3));
    // The tenant has taken the right to send away: another token is no better.
    let smtp = Smtp::start(Manners {
        tls: Some(authority.server("localhost")),
        mechanisms: "XOAUTH2",
        ..Manners::default()
    });
    let (endpoint, client) = self::endpoint(Some(SCOPE));
    let mut exchange = Exchange::new(mail(&smtp, client), SECRET, &[authority.root()]);
    for asked in [1, 2] {
        let told = exchange.tell(&notice(Reason::FirstBreach, "Tier-2"));
        let Delivery::Disabled { why } = &told else { panic!("{told:?}") };
        assert!(why.contains("whether its client may send"), "{why}");
        assert_eq!(endpoint.lock().unwrap().asked, asked);
    }
    let complaints = &endpoint.lock().unwrap().complaints;
    assert_eq!((complaints.as_slice(), smtp.state().complaints.as_slice()), (&[][..], &[][..]));
}

#[test]
fn a_webhook_and_an_alertmanager_see_a_bearer() {
    let hook = Arc::new(Mutex::new(webhook::Receiver::new(
        "POST",
        Some(("authorization", "Bearer a-token-of-oauth-1")),
    )));
    let address = serve(&hook, webhook::Receiver::receive);
    let (endpoint, client) = endpoint(None);
    let kind = TargetKind::Webhook(Webhook {
        url: TextOrSecret::Text(format!("http://{address}/hook").into()),
        method: Method::Post,
        headers: Vec::new(),
        body: None,
        login: HttpLogin::Client(client.clone()),
        signing_secret: None,
    });
    let mut exchange = Exchange::new(kind, SECRET, &[]);
    assert!(is_taken(&exchange.tell(&notice(Reason::FirstBreach, "Tier-2"))));
    assert_eq!(hook.lock().unwrap().bodies.len(), 1);
    hook.lock().unwrap().header = Some(("authorization", "Bearer a-token-of-oauth-2"));
    assert!(is_taken(&exchange.tell(&notice(Reason::Recovered, "Tier-2"))), "after another token");
    assert_eq!(endpoint.lock().unwrap().asked, 2);

    let desk = Arc::new(Mutex::new(alertmanager::Alertmanager::default()));
    let address = serve(&desk, alertmanager::Alertmanager::receive);
    let kind = TargetKind::Alertmanager(Alertmanager {
        url: TextOrSecret::Text(format!("http://{address}/am").into()),
        login: HttpLogin::Client(client),
        labels: Vec::new(),
        ends_after: Span::secs(3_600),
    });
    let told = Exchange::new(kind, SECRET, &[]).tell(&notice(Reason::FirstBreach, "Tier-2"));
    assert!(matches!(told, Delivery::Disabled { .. }), "it believes another token: {told:?}");
    assert_eq!(desk.lock().unwrap().complaints, [""; 0]);
}

#[test]
fn whose_fault_it_is_that_there_is_no_token_is_said() {
    let hook = Arc::new(Mutex::new(webhook::Receiver::new("POST", None)));
    let address = serve(&hook, webhook::Receiver::receive);
    let (endpoint, client) = endpoint(None);
    let target = |client: &OAuthClient| {
        TargetKind::Webhook(Webhook {
            url: TextOrSecret::Text(format!("http://{address}/hook").into()),
            method: Method::Post,
            headers: Vec::new(),
            body: None,
            login: HttpLogin::Client(client.clone()),
            signing_secret: None,
        })
    };
    let told = |client: &OAuthClient, secret| {
        let mut exchange = Exchange::new(target(client), secret, &[]);
        exchange.deadline = Some(Span::millis(400));
        match exchange.tell(&notice(Reason::FirstBreach, "Tier-2")) {
            Delivery::Later { after, why } => (after.map(Span::whole_secs), why),
            Delivery::Disabled { why } => (Some(-1), why),
            told @ (Delivery::Accepted { .. } | Delivery::Next(_) | Delivery::Refused { .. }) => {
                panic!("{told:?}")
            }
        }
    };
    let page = || Reaction::reply_at(Reply::new(200, "text/html", "<html>Sign in"), UtcMs(0));
    let status = |status| Reaction::reply_at(Reply::empty(status), UtcMs(0));
    for (instead, after, words) in [
        (Reaction::Hang, None, "no answer before the deadline"),
        (Reaction::Close, None, "closed early"),
        (throttled(7), Some(7), "answered 429"),
        (status(500), None, "answered 500"),
        (page(), None, "no token, it answered 200"),
        (yes_with("invalid_client"), Some(-1), "client_id and client_secret"),
        (status(302), Some(-1), "token_url"),
        (status(404), Some(-1), "token_url"),
    ] {
        endpoint.lock().unwrap().instead.push_back(instead);
        let (waits, why) = told(&client, SECRET);
        assert_eq!(waits, after, "{why}");
        assert!(why.starts_with("http://127.0.0.1:") && why.contains(words), "{why}");
    }
    let (_, why) = told(&client, "another-secret");
    assert!(why.contains("invalid_client") && !why.contains("another-secret"), "{why}");
    let scoped = OAuthClient { scope: Some("read".into()), ..client };
    assert!(told(&scoped, SECRET).1.contains("check the target's scope"));
    assert_eq!(endpoint.lock().unwrap().complaints, [""; 0]);
    assert_eq!(hook.lock().unwrap().bodies.len(), 0, "nothing is told without one");
}
