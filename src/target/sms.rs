//! SMS through Twilio's Messages API: one message for each recipient.
//!
//! Twilio knows no idempotency: a request whose answer was lost may have sent the message. So each
//! message ends with a mark of its notice, and before each is sent the hub looks whether it is
//! there. A notice goes through its recipients one by one; whatever fails, and after each restart,
//! it begins with the look again.
//!
//! # Promises
//! - `a_recipient_is_sent_nothing_twice`: whatever was lost, and whoever else was refused.
//! - `one_refused_number_loses_no_other`
//! - `a_notice_is_one_short_line`
//!
//! # Not here
//! No digest: it would wake people. No word about whether a phone rang: `sent` is not `read`.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::cut::one_line;
use super::delivery::Delivery;
use super::gsm;
use super::{Digests, Hands, Letter, Manner, Speak, Stage, TargetFault, Updates, address, secret};
use crate::limits::{SMS_GAP, SMS_LOOK_BACK, SUMMARY_CHARS_MAX, TELL_DEADLINE};
use crate::model::config::TextOrSecret;
use crate::model::http::{Method, Reply, Request};
use crate::model::notice::{Notice, Subject};
use crate::model::outgoing::Outgoing;
use crate::model::target::{Sms, SmsSender};
use crate::model::time::Span;

impl Speak for Sms {
    fn manner(&self) -> Manner {
        Manner {
            gap: SMS_GAP,
            digests: Digests::Pages,
            updates: Updates::Anew,
            hands: Hands::Untold,
        }
    }

    fn address(&self) -> Option<&TextOrSecret> {
        Some(&self.url)
    }

    fn ask(&self, letter: &Letter<'_>) -> Result<Outgoing, TargetFault> {
        let notice = letter.notice;
        let summary = match &notice.subject {
            Subject::Alert(facts) => letter.texts.word(facts, notice.reason).summary,
            Subject::Word(word) => one_line(&word.headline, SUMMARY_CHARS_MAX),
            Subject::Digest(_) => {
                return Err(TargetFault::Unfit(
                    "an SMS for a digest would wake people. Send the digest to a mail target",
                ));
            }
        };
        let url = address(letter.secrets, &self.url)?;
        let token = secret(letter.secrets, &self.auth_token)?.expose();
        let course = Course::read(letter.stage);
        let to = self.to.get(course.recipient).map_or("", |to| &**to);
        let request = match course.step {
            Step::Look => {
                let query = form(&[("To", to), ("PageSize", SMS_LOOK_BACK)]);
                let mark = if url.contains('?') { '&' } else { '?' };
                Request::get(&format!("{url}{mark}{query}"), TELL_DEADLINE)
            }
            Step::Send => {
                let (name, from) = match &self.from {
                    SmsSender::Number(number) => ("From", number),
                    SmsSender::Service(service) => ("MessagingServiceSid", service),
                };
                let validity = format!("{}", self.validity.whole_secs());
                let text = gsm::message(&summary, &mark(notice));
                let pairs =
                    [("To", to), (name, from), ("ValidityPeriod", &validity), ("Body", &text)];
                let form_type = "application/x-www-form-urlencoded";
                let headers = Vec::from([("content-type".into(), form_type.into())]);
                let body = form(&pairs).into_bytes();
                let asked = Request::get(url, TELL_DEADLINE);
                Request { method: Method::Post, headers, body, ..asked }
            }
        };
        let login = Zeroizing::new(format!("{}:{token}", self.user));
        let login = format!("Basic {}", STANDARD.encode(login.as_bytes()));
        Ok(Outgoing::Http(request.with_header("authorization", &login)))
    }

    fn hear(&self, notice: &Notice, stage: &Stage, reply: &Reply) -> Delivery {
        let course = Course::read(stage);
        match (course.step, reply.status) {
            (_, 429) => Delivery::later(reply, SMS_GAP),
            // Nothing is wrong with the others: a number that is none, a country that is off.
            (Step::Send, 400 | 403) if is_of_number(reply) => {
                self.goes_on(course, Some(said(reply)))
            }
            (_, 401 | 403) => Delivery::disabled(
                reply,
                "check the target's account, its auth_token, and what Twilio lets them do",
            ),
            (_, 404) => Delivery::disabled(reply, "check the target's account and url"),
            (Step::Look, 200) => self.looked(notice, course, reply),
            (Step::Send, 200 | 201) if is_message(reply) => self.goes_on(course, None),
            // A page of what stands in between. Nothing may have been sent.
            (Step::Send, 200 | 201) => Delivery::later(reply, Span::ZERO),
            (_, 500..=599 | 408) => Delivery::later(reply, Span::ZERO),
            (Step::Look, _) => Delivery::later(reply, Span::ZERO),
            (Step::Send, _) => Delivery::refused(reply, ""),
        }
    }

    /// What was sent and not answered may have arrived.
    fn resumes(&self, stage: &Stage) -> Stage {
        Course { step: Step::Look, ..Course::read(stage) }.stage()
    }
}

impl Sms {
    /// Sends, unless the message is there.
    fn looked(&self, notice: &Notice, course: Course<'_>, reply: &Reply) -> Delivery {
        let Ok(list) = serde_json::from_slice::<List>(&reply.body) else {
            return Delivery::later(reply, Span::ZERO);
        };
        let mark = mark(notice);
        match list.messages.iter().find(|message| message.body.ends_with(&mark)) {
            None => Delivery::Next(Course { step: Step::Send, ..course }.stage()),
            Some(Sent { status, error_code, .. })
                if matches!(&**status, "failed" | "undelivered" | "canceled") =>
            {
                let code = error_code.unwrap_or_default();
                self.goes_on(course, Some(format!("the message is {status}, error {code}")))
            }
            Some(_) => self.goes_on(course, None),
        }
    }

    /// Goes on with the next recipient; the last ends the exchange.
    fn goes_on(&self, course: Course<'_>, refused: Option<String>) -> Delivery {
        let mut refusals = String::from(course.refusals);
        if let Some(why) = refused {
            let to = self.to.get(course.recipient).map_or("", |to| &**to);
            let comma = if refusals.is_empty() { "" } else { "; " };
            refusals.push_str(&format!("{comma}{to}: {why}"));
        }
        let recipient = course.recipient + 1;
        if recipient < self.to.len() {
            return Delivery::Next(
                Course { step: Step::Look, recipient, refusals: &refusals }.stage(),
            );
        }
        if refusals.is_empty() {
            return Delivery::ACCEPTED;
        }
        let is_for_all = self.to.iter().all(|to| refusals.contains(&**to));
        let others = if is_for_all { "" } else { "; the others of this target were sent it" };
        Delivery::Refused { why: format!("{refusals}{others}").into() }
    }
}

/// How far a notice has come through its recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Course<'a> {
    step: Step,
    /// By its place in the target's list.
    recipient: usize,
    /// Who was refused so far, and why.
    refusals: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Is it there?
    Look,
    /// It is not.
    Send,
}

impl<'a> Course<'a> {
    fn read(stage: &'a Stage) -> Self {
        let text = match stage {
            Stage::First => "",
            Stage::Then(text) => text,
        };
        let mut words = text.splitn(3, ' ');
        let step = if words.next() == Some("send") { Step::Send } else { Step::Look };
        let recipient = words.next().and_then(|place| place.parse().ok()).unwrap_or(0);
        Self { step, recipient, refusals: words.next().unwrap_or_default() }
    }

    fn stage(&self) -> Stage {
        let step = match self.step {
            Step::Look => "look",
            Step::Send => "send",
        };
        Stage::Then(format!("{step} {} {}", self.recipient, self.refusals).into())
    }
}

/// What Twilio has sent lately.
#[derive(Deserialize)]
struct List {
    messages: Vec<Sent>,
}

#[derive(Deserialize)]
struct Sent {
    body: String,
    status: Box<str>,
    error_code: Option<u32>,
}

/// By what a message is known as a notice's.
fn mark(notice: &Notice) -> String {
    let key = notice.idempotency_key.get(..8).unwrap_or(&notice.idempotency_key);
    format!(" #{key}")
}

/// What a refusal says.
#[derive(Deserialize)]
struct Refusal {
    code: u32,
    message: String,
}

/// What is sent is told as JSON.
fn is_message(reply: &Reply) -> bool {
    serde_json::from_slice::<Map<String, Value>>(&reply.body).is_ok()
}

/// Twilio's errors 21xxx are about what one message says of itself.
fn is_of_number(reply: &Reply) -> bool {
    serde_json::from_slice(&reply.body)
        .is_ok_and(|refusal: Refusal| (21_000..22_000).contains(&refusal.code))
}

fn said(reply: &Reply) -> String {
    match serde_json::from_slice::<Refusal>(&reply.body) {
        Ok(Refusal { code, message }) => {
            format!("answered {}, code {code}: {}", reply.status, one_line(&message, 120))
        }
        Err(_) => format!("answered {}: {}", reply.status, reply.excerpt()),
    }
}

/// `application/x-www-form-urlencoded`.
fn form(pairs: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, value) in pairs {
        if !form.is_empty() {
            form.push('&');
        }
        form.push_str(name);
        form.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                form.push(char::from(byte));
            } else {
                form.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::Templates;
    use crate::model::notice::Reason;
    use crate::model::secret::{Secret, SecretRef, Secrets};
    use crate::target::samples::{NOW, notice};
    use crate::target::texts::Texts;

    const URL: &str = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json";

    fn sms() -> Sms {
        Sms {
            url: TextOrSecret::Text(URL.into()),
            user: "AC1".into(),
            auth_token: SecretRef::Credential("token".into()),
            from: SmsSender::Service("MG1".into()),
            to: Vec::from(["+4915112345678".into(), "+15551234567".into()]),
            validity: Span::secs(3_600),
        }
    }

    fn asks(reason: Reason, stage: &str) -> Result<Request, TargetFault> {
        let texts = Texts::compile(&Templates::default()).unwrap();
        let mut secrets = Secrets::default();
        secrets.put(SecretRef::Credential("token".into()), Secret::new("hunter2"));
        let stage = Stage::Then(stage.into());
        let (notice, now) = (notice(reason), NOW);
        let letter = Letter {
            notice: &notice,
            texts: &texts,
            secrets: &secrets,
            now,
            thread: None,
            stage: &stage,
        };
        let Outgoing::Http(request) = sms().ask(&letter)? else { panic!() };
        Ok(request)
    }

    #[test]
    fn a_notice_is_one_short_line() {
        let look = asks(Reason::FirstBreach, "").unwrap();
        assert_eq!(look.url, format!("{URL}?To=%2B4915112345678&PageSize=50"));
        assert!(look.method == Method::Get && look.body.is_empty());
        let send = asks(Reason::FirstBreach, "send 1 ").unwrap();
        assert_eq!((send.method, send.url.as_str()), (Method::Post, URL));
        let login = ("authorization".into(), "Basic QUMxOmh1bnRlcjI=".into());
        assert!(send.headers.contains(&login));
        assert_eq!(
            String::from_utf8(send.body).unwrap(),
            "To=%2B15551234567&MessagingServiceSid=MG1&ValidityPeriod=3600&\
             Body=P1%20Tier-2%20Support%3A%20calls_waiting%2022%20%28%3E%3D%2015%29%20for%2045%20s\
             %20%2300112233"
        );
        assert!(matches!(asks(Reason::Digest, ""), Err(TargetFault::Unfit(_))));
        assert!(asks(Reason::Announcement, "send 0 ").is_ok());
    }

    #[test]
    fn what_failed_begins_with_the_look_again() {
        let resumes = |stage: &str| sms().resumes(&Stage::Then(stage.into()));
        let look = |stage: &str| Stage::Then(stage.into());
        assert_eq!(resumes("send 1 +49: no"), look("look 1 +49: no"));
        assert_eq!(resumes("look 1 "), look("look 1 "));
        assert_eq!(sms().resumes(&Stage::First), look("look 0 "));
    }

    #[test]
    fn every_answer_has_its_meaning() {
        let hears = |stage: &str, status, body: &str| {
            let reply = Reply::new(status, "application/json", body);
            let stage = Stage::Then(stage.into());
            match sms().hear(&notice(Reason::FirstBreach), &stage, &reply) {
                Delivery::Accepted { .. } => "accepted".into(),
                Delivery::Next(Stage::Then(stage)) => format!("next {stage}"),
                Delivery::Next(Stage::First) => "first".into(),
                Delivery::Later { .. } => "later".into(),
                Delivery::Refused { why } => format!("refused {why}"),
                Delivery::Disabled { .. } => "disabled".into(),
            }
        };
        let there = |status: &str| {
            format!(
                "{{\"messages\":[{{\"body\":\"P1 #00112233\",\"status\":\"{status}\",\
                     \"error_code\":null}}]}}"
            )
        };
        assert_eq!(hears("look 0 ", 200, "{\"messages\":[]}"), "next send 0 ");
        assert_eq!(hears("look 0 ", 200, &there("queued")), "next look 1 ");
        assert_eq!(hears("look 1 ", 200, &there("sent")), "accepted");
        assert!(hears("look 1 ", 200, &there("undelivered")).starts_with("refused +1555"));
        assert_eq!(hears("look 0 ", 200, "<html>"), "later");
        assert_eq!(hears("send 0 ", 201, "{}"), "next look 1 ");
        assert_eq!(hears("send 1 ", 201, "{}"), "accepted");
        assert!(hears("send 1 ", 200, "<html>Sign in").starts_with("later"));
        for status in [429, 500, 503] {
            assert_eq!(hears("send 0 ", status, ""), "later");
            assert_eq!(hears("look 0 ", status, ""), "later");
        }
        let country = "{\"code\":21408,\"message\":\"not enabled\"}";
        let on = "next look 1 +4915112345678: answered 403, code 21408: not enabled";
        assert_eq!(hears("send 0 ", 403, country), on);
        for status in [401, 403, 404] {
            assert_eq!(hears("send 0 ", status, "{\"code\":20003,\"message\":\"\"}"), "disabled");
        }
        let last = hears("send 1 +4915112345678: no", 201, "{}");
        assert_eq!(last, "refused +4915112345678: no; the others of this target were sent it");
        let both = hears("send 1 +4915112345678: no", 403, country);
        assert!(both.ends_with("; +15551234567: answered 403, code 21408: not enabled"), "{both}");
        assert_eq!(hears("send 0 ", 400, "{}"), "refused answered 400: {}");
    }
}
