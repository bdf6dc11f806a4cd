//! What holds of every kind of target.

use super::samples::{NOW, notice};
use super::*;
use crate::limits::TELL_DEADLINE;
use crate::model::config::Templates;
use crate::model::http::Method;
use crate::model::name::TargetName;
use crate::model::notice::Reason;
use crate::model::target::{PagerDuty, Slack, Webhook};

fn request(target: &TargetConfig, secrets: &Secrets) -> Result<Request, TargetFault> {
    let texts = Texts::compile(&Templates::default()).unwrap();
    let (notice, stage, now) = (notice(Reason::FirstBreach), &Stage::First, NOW);
    let letter = Letter { notice: &notice, texts: &texts, secrets, now, thread: None, stage };
    let Outgoing::Http(request) = super::request(target, &letter)? else { panic!() };
    Ok(request)
}

fn credential(name: &str) -> SecretRef {
    SecretRef::Credential(name.into())
}

fn targets() -> [TargetConfig; 3] {
    let url = || TextOrSecret::Secret(credential("url"));
    let key = || credential("key");
    [
        TargetKind::PagerDuty(PagerDuty::new(url(), key())),
        TargetKind::Slack(Slack { url: url() }),
        TargetKind::Webhook(Webhook {
            url: url(),
            method: Method::Post,
            headers: Vec::new(),
            body: None,
            login: HttpLogin::None,
            signing_secret: Some(key()),
        }),
    ]
    .map(|kind| TargetConfig::new(TargetName::new("ops").unwrap(), kind))
}

fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    secrets.put(credential("url"), Secret::new("https://hooks.example/T0/hush"));
    let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    secrets.put(credential("key"), Secret::new(key));
    secrets
}

#[test]
fn every_request_carries_its_idempotency_key() {
    for target in targets() {
        let request = request(&target, &secrets()).unwrap();
        let key = ("idempotency-key".into(), "00112233445566778899aabbccddeeff".into());
        assert!(request.headers.contains(&key));
        assert_eq!(request.url, "https://hooks.example/T0/hush");
        assert_eq!(request.deadline, TELL_DEADLINE);
    }
}

#[test]
fn what_is_told_and_what_is_read_back_go_the_targets_own_way() {
    let kind = PagerDuty::new(TextOrSecret::Secret(credential("url")), credential("key"));
    let token = credential("key");
    let url = TextOrSecret::Text("https://api.example".into());
    let api = Some(crate::model::target::PagerDutyApi { url, token });
    let kind = TargetKind::PagerDuty(PagerDuty { api, ..kind });
    let plain = TargetConfig::new(TargetName::new("ops").unwrap(), kind);
    let pair = ClientCertificate { certificate: credential("key"), key: credential("key") };
    let own = TargetConfig { identity: Some(pair), network: Some(Box::default()), ..plain.clone() };
    let key = notice(Reason::FirstBreach).subject.alerts()[0].key.clone();
    for (target, name) in [(&plain, None), (&own, Some(&own.name))] {
        let told = request(target, &secrets()).unwrap();
        let read = read(target, core::slice::from_ref(&key), &secrets()).unwrap();
        for request in [told, read] {
            assert_eq!(request.network_of.as_ref(), name);
            assert_eq!(request.identity.is_some(), name.is_some());
        }
    }
}

#[test]
fn a_request_and_its_faults_show_no_secret() {
    for target in targets() {
        let request = request(&target, &secrets()).unwrap();
        let shown = format!("{request:?} {target:?} {:?}", secrets());
        assert!(!shown.contains("hush") && !shown.contains("MfKQ"), "{shown}");
    }
}

#[test]
fn a_missing_secret_is_named_and_never_guessed() {
    for target in targets() {
        let fault = request(&target, &Secrets::default()).unwrap_err();
        assert!(fault.to_string().contains("LoadCredential="), "{fault}");
    }
}

#[test]
fn an_address_in_a_secret_has_to_be_one() {
    let mut secrets = secrets();
    secrets.put(credential("url"), Secret::new("hush/T0"));
    for target in targets() {
        let fault = request(&target, &secrets).unwrap_err();
        let said = fault.to_string();
        assert!(said.contains("\"url\" cannot be used") && !said.contains("hush"), "{said}");
    }
}

#[test]
fn a_client_certificate_goes_with_each_request() {
    let [mut target, ..] = targets();
    let (certificate, key) = (credential("certificate"), credential("key"));
    target.identity = Some(ClientCertificate { certificate: certificate.clone(), key });
    let mut secrets = secrets();
    assert!(request(&target, &secrets).is_err(), "it is not there");
    secrets.put(certificate, Secret::new("-----BEGIN"));
    assert!(request(&target, &secrets).unwrap().identity.is_some());
}
