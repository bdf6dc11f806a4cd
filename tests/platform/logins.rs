//! Logins through the public door: where a client says its secret, and what a renewal keeps.

use super::{definition as guide, secrets, source, wire};
use andon::model::config::SourceConfig;
use andon::model::http::{Reply, Request};
use andon::platform::{Definition, LoginDraft, LoginStep, Session, VendorFault};

const HEAD: &str = r#"
name = "test"
platform = "test"
interval_seconds = 10
offset_seconds = 1
window = "snapshot"

[[parameter]]
name = "base_url"
kind = "text"
help = ""

[[parameter]]
name = "client_secret"
kind = "secret"
help = ""

[[request]]
name = "all"
method = "GET"
url = "{base_url}/all"
answer = { rows = "r", entity_id = "id", metrics = [{ metric = "calls_waiting", path = "n" }] }

[auth]
url = "{base_url}/token"
token = "access_token"
life_seconds = "expires_in"
"#;

fn definition(auth: &str) -> Definition {
    Definition::parse("test.toml", &format!("{HEAD}{auth}")).unwrap()
}

fn ask(definition: &Definition, source: &SourceConfig, draft: &LoginDraft) -> Request {
    match definition.login(source, &secrets("p w:/"), draft).unwrap() {
        LoginStep::Ask(request) => request,
        LoginStep::Done(session) => unreachable!("{session:?}"),
    }
}

fn session(definition: &Definition, draft: LoginDraft, body: &str) -> Session {
    let source = source(&[]);
    let request = ask(definition, &source, &draft);
    let reply = Reply::new(200, "application/json", body);
    let draft = definition.read_login(&source, draft, &request.url, &reply).unwrap();
    match definition.login(&source, &secrets("p w:/"), &draft).unwrap() {
        LoginStep::Done(session) => session,
        LoginStep::Ask(request) => unreachable!("{request:?}"),
    }
}

#[test]
fn a_client_says_its_secret_where_the_definition_has_it() {
    let with = |place: &str| {
        let oauth = "kind = \"oauth-password\"\nusername = \"u&\"\npassword = \"{client_secret}\"";
        let client = "client_id = \"me@x\"\nclient_secret = \"{client_secret}\"";
        let definition = definition(&format!("{oauth}\nclient_auth = \"{place}\"\n{client}"));
        wire(&ask(&definition, &source(&[]), &LoginDraft::default()))
    };
    let head = "POST https://api.nice-incontact.com/token\n\
        content-type: application/x-www-form-urlencoded\n";
    let fields = "grant_type=password&username=u%26&password=p%20w:%2F";
    assert_eq!(with("body"), format!("{head}{fields}&client_id=me%40x&client_secret=p%20w:%2F"));
    // "me@x:p w:/"
    let basic = "authorization: Basic bWVAeDpwIHc6Lw==\n";
    assert_eq!(with("basic"), format!("{head}{basic}{fields}"));
    // "me%40x:p%20w%3A%2F"
    let encoded = "authorization: Basic bWUlNDB4OnAlMjB3JTNBJTJG\n";
    assert_eq!(with("basic-encoded"), format!("{head}{encoded}{fields}"));
}

const REFRESHED: &str = r#"
kind = "json-login"
refresh_token = "refresh"
body = { key = "{client_secret}" }
take = { tenant = "tenant" }

[auth.refresh]
url = "{base_url}/renew/{tenant}"
body = { token = "{refresh_token}" }
token = "token"
life_seconds = "life"
refresh_token = "refresh"
"#;

#[test]
fn a_renewal_keeps_what_its_answer_does_not_replace() {
    let definition = definition(REFRESHED);
    let first = r#"{"access_token":"a","expires_in":60,"refresh":"r1","tenant":"t"}"#;
    let mut session = session(&definition, LoginDraft::default(), first);
    for (body, sent) in [
        (r#"{"token":"b","life":60}"#, "r1"),
        (r#"{"token":"c","life":60,"refresh":"r2"}"#, "r1"),
        (r#"{"token":"d","life":60,"refresh":""}"#, "r2"),
        (r#"{"token":"e","life":60}"#, "r2"),
    ] {
        let request = ask(&definition, &source(&[]), &session.renewal());
        assert_eq!(request.url, "https://api.nice-incontact.com/renew/t");
        assert_eq!(request.body, format!(r#"{{"token":"{sent}"}}"#).into_bytes());
        session = self::session(&definition, session.renewal(), body);
    }
    assert_eq!(session.token.expose(), "e");
}

#[test]
fn oauth_renews_by_a_form_and_the_client_says_who_it_is() {
    let by_form = |client_auth: &str, form: &str| {
        let definition = definition(&format!(
            "kind = \"oauth-client-credentials\"\nclient_auth = \"{client_auth}\"\n\
             client_id = \"me\"\nclient_secret = \"{{client_secret}}\"\n\
             refresh_token = \"refresh_token\"\n[auth.refresh]\nurl = \"{{base_url}}/token\"\n\
             token = \"access_token\"\nlife_seconds = \"expires_in\"\n\
             form = {{ grant_type = \"refresh_token\", {form} }}"
        ));
        let first = r#"{"access_token":"a","expires_in":60,"refresh_token":"r 1"}"#;
        let session = session(&definition, LoginDraft::default(), first);
        wire(&ask(&definition, &source(&[]), &session.renewal()))
    };
    let head = "POST https://api.nice-incontact.com/token\n\
        content-type: application/x-www-form-urlencoded\n";
    let fields = "grant_type=refresh_token&refresh_token=r%201";
    let refresh = "refresh_token = \"{refresh_token}\"";
    // "me:p w:/"
    let basic = "authorization: Basic bWU6cCB3Oi8=\n";
    assert_eq!(by_form("basic", refresh), format!("{head}{basic}{fields}"));
    let client = format!("client_id = \"me\", client_secret = \"{{client_secret}}\", {refresh}");
    let sent = by_form("body", &client);
    let mut parts: Vec<&str> = sent.strip_prefix(head).unwrap().split('&').collect();
    parts.sort_unstable();
    let wanted = [
        "client_id=me",
        "client_secret=p%20w:%2F",
        "grant_type=refresh_token",
        "refresh_token=r%201",
    ];
    assert_eq!(parts, wanted);
}

#[test]
fn a_login_without_a_refresh_token_is_made_again() {
    let definition = definition(REFRESHED);
    let none = r#"{"access_token":"a","expires_in":60,"tenant":"t"}"#;
    let session = session(&definition, LoginDraft::default(), none);
    let request = ask(&definition, &source(&[]), &session.renewal());
    assert_eq!(request.url, "https://api.nice-incontact.com/token");
}

#[test]
fn a_token_that_cannot_stand_in_a_header_is_none() {
    let source = source(&[]);
    let read = |token: &str| {
        let body = serde_json::json!({ "access_token": token, "expires_in": 60 }).to_string();
        let reply = Reply::new(200, "application/json", body);
        guide().read_login(&source, LoginDraft::default(), "https://x.example", &reply)
    };
    assert!(read("eyJ.eyJ.sig").is_ok());
    let none = VendorFault::NoToken { path: "access_token".into() };
    for token in ["a\r\nx-evil: 1", "a\u{0}", " \n ", &"x".repeat(1 << 20)] {
        assert_eq!(read(token).unwrap_err(), none);
    }
}
