//! Targets by mail, SMS and syslog, and a digest at fixed times of the day.

use std::fs;
use std::path::Path;

use andon::model::calendar::DayTimes;
use andon::model::config::{Config, Rhythm, TextOrSecret};
use andon::model::mail::{MailAddress, Security};
use andon::model::record::Carrier;
use andon::model::secret::SecretRef;
use andon::model::target::{Mail, MailAccount, Sms, SmsSender, Syslog, TargetKind};
use andon::model::time::Span;
use andon::model::zone::Zone;

fn good() -> Config {
    let path = "tests/formats/config/good/mail-sms-and-syslog.toml";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    super::check(&fs::read_to_string(path).unwrap()).unwrap()
}

fn kind(config: &Config, name: &str) -> TargetKind {
    config.targets.iter().find(|target| target.name.as_str() == name).unwrap().kind.clone()
}

fn credential(name: &str) -> SecretRef {
    SecretRef::Credential(name.into())
}

#[test]
fn a_mail_target_is_what_its_table_says() {
    let config = good();
    let address = |text| MailAddress::new(text).unwrap();
    let user = || "andon@example.com".into();
    let mail = Mail {
        server: "smtp.example.com".into(),
        port: 2525,
        security: Security::StartTls,
        login: MailAccount::Password { user: user(), password: credential("mail") },
        from: address("andon@example.com"),
        to: vec![address("ops@example.com"), address("noc+p3@example.com")],
    };
    assert_eq!(kind(&config, "mail"), TargetKind::Mail(mail.clone()));
    let token = SecretRef::File("/run/andon/token".into());
    assert!(config.secret_refs().contains(&&token), "it is read with the others");
    let by_token = Mail {
        server: "smtp.office365.com".into(),
        port: 587,
        login: MailAccount::Token { user: user(), token },
        to: vec![address("ops@example.com")],
        ..mail
    };
    assert_eq!(kind(&config, "mail-by-token"), TargetKind::Mail(by_token.clone()));
    let relayed = Mail {
        server: "localhost".into(),
        port: 25,
        security: Security::Plain,
        login: MailAccount::None,
        from: address("andon@gateway-7"),
        ..by_token
    };
    assert_eq!(kind(&config, "mail-by-a-relay"), TargetKind::Mail(relayed));
}

#[test]
fn an_sms_target_is_what_its_table_says() {
    let config = good();
    let host = "https://api.dublin.ie1.twilio.com";
    let account = "AC0123456789abcdef0123456789abcdef";
    let url = |host| {
        TextOrSecret::Text(format!("{host}/2010-04-01/Accounts/{account}/Messages.json").into())
    };
    let sms = Sms {
        url: url(host),
        user: "SK0123456789abcdef0123456789abcdef".into(),
        auth_token: credential("twilio"),
        from: SmsSender::Service("MG0123456789abcdef0123456789abcdef".into()),
        to: vec!["+15551234567".into(), "+4915112345678".into()],
        validity: Span::secs(600),
    };
    assert_eq!(kind(&config, "sms"), TargetKind::Sms(sms.clone()));
    let usual = Sms {
        url: url("https://api.twilio.com"),
        user: account.into(),
        from: SmsSender::Number("+15550001111".into()),
        to: vec!["+15551234567".into()],
        validity: Span::secs(3_600),
        ..sms
    };
    assert_eq!(kind(&config, "sms-from-a-number"), TargetKind::Sms(usual));
}

#[test]
fn a_syslog_target_is_what_its_table_says() {
    let config = good();
    let syslog = Syslog {
        server: "10.1.2.3".into(),
        port: 1514,
        carrier: Carrier::Tcp,
        facility: 20,
        hostname: "gateway-7".into(),
    };
    assert_eq!(kind(&config, "syslog"), TargetKind::Syslog(syslog));
    let usual = Syslog {
        server: "siem.example.com".into(),
        port: 6514,
        carrier: Carrier::Tls,
        facility: 16,
        hostname: "-".into(),
    };
    assert_eq!(kind(&config, "siem"), TargetKind::Syslog(usual));
}

#[test]
fn a_digest_comes_at_its_times() {
    let config = good();
    let zone = Zone::find("Asia/Jerusalem").unwrap();
    let times = DayTimes { zone, minutes: vec![8 * 60, 16 * 60 + 30] };
    assert_eq!(config.digest.rhythm, Rhythm::At(times));
    assert_eq!(config.digest.after, Span::secs(3_600));
}
