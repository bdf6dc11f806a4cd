//! Targets that give a client of OAuth 2.0 its tokens.

use andon::model::login::{HttpLogin, OAuthClient};
use andon::model::secret::SecretRef;
use andon::model::target::{MailAccount, TargetKind};

use super::good::good;

#[test]
fn every_kind_that_takes_a_client_has_it() {
    let config = good("client-credentials.toml");
    let kinds: Vec<&TargetKind> = config.targets.iter().map(|target| &target.kind).collect();
    let ids: Vec<&str> = kinds.iter().map(|kind| &*kind.client().unwrap().id).collect();
    assert_eq!(ids[2..], ["01234567-89ab-cdef-0123-456789abcdef", "andon", "andon"]);
    let secrets = kinds.iter().flat_map(|kind| kind.secret_refs());
    assert_eq!(secrets.count(), 5, "they are read with the others");
    let client = OAuthClient {
        token_url: "https://x.service-now.com/oauth_token.do".into(),
        id: "0123456789abcdef0123456789abcdef".into(),
        secret: SecretRef::Credential("snow".into()),
        scope: None,
    };
    let TargetKind::ServiceNow(snow) = kinds[0] else { panic!("{:?}", kinds[0]) };
    assert_eq!(snow.login, HttpLogin::Client(client.clone()));
    let TargetKind::ServiceNowEvents(events) = kinds[1] else { panic!("{:?}", kinds[1]) };
    assert!(events.alerts_url.is_some());
    let scope = Some("useraccount".into());
    assert_eq!(events.login, HttpLogin::Client(OAuthClient { scope, ..client }));
    let TargetKind::Mail(mail) = kinds[2] else { panic!("{:?}", kinds[2]) };
    let MailAccount::Client { user, client } = &mail.login else { panic!("{:?}", mail.login) };
    let scope = "https://outlook.office365.com/.default";
    assert_eq!((&**user, client.scope.as_deref()), ("andon@example.com", Some(scope)));
}
