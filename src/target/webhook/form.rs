//! A webhook's body by a template of the file.
//!
//! # Promises
//! - `no_name_of_a_queue_breaks_the_json`: the check tries names that would.
//! - `a_body_that_fails_at_night_is_told_by_guide_1s_payload`, which says why.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::limits::{BODY_CHARS_MAX, SUMMARY_CHARS_MAX, WEBHOOK_NOTICE_BYTES_MAX};
use crate::model::catalogue::{BodyForm, TemplateFault};
use crate::model::notice::{Notice, Reason, Subject};
use crate::target::builtin;
use crate::target::cut::{lines, one_line};
use crate::target::facts::{sample, variables};
use crate::target::grammar;
use crate::target::roll::roll;
use crate::target::texts::{LEFT_OUT, Texts, environment, fault, filled};

/// The body by the target's own template, or why it gives none; nothing where it has none.
pub(super) fn body(
    notice: &Notice,
    texts: &Texts,
    form: BodyForm,
) -> Option<Result<Vec<u8>, String>> {
    let variables = match whole(notice, texts) {
        Ok(variables) => variables,
        Err(why) => return Some(Err(why)),
    };
    let rendered = texts.request(variables)?;
    let sound = rendered.and_then(|text| sound(&text, form).map(|()| text.into_bytes()));
    Some(sound.map_err(|why| format!("The body template failed: {why}. ")))
}

fn sound(text: &str, form: BodyForm) -> Result<(), String> {
    if text.len() > WEBHOOK_NOTICE_BYTES_MAX {
        return Err(format!("it gives more than {WEBHOOK_NOTICE_BYTES_MAX} bytes"));
    }
    match form {
        BodyForm::Any => Ok(()),
        BodyForm::Json => match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Ok(()),
            Err(fault) => Err(format!("it gives no JSON: {fault}")),
        },
    }
}

/// What a body can say: all that a template can of an alert, and what is about no single one.
fn whole(notice: &Notice, texts: &Texts) -> Result<Map<String, Value>, String> {
    let (kind, mut map, summary, body) = match &notice.subject {
        Subject::Alert(facts) => {
            let wording = texts.word(facts, notice.reason);
            let kind = if facts.resolved { "alert.resolved" } else { "alert.detected" };
            let body = wording.body.as_str().into();
            (kind, variables(facts, notice.reason), wording.summary, body)
        }
        Subject::Digest(alerts) => {
            let lines = roll(alerts, texts, WEBHOOK_NOTICE_BYTES_MAX / 4, str::len).join("\n");
            let title = builtin::list_title(alerts, notice.reason);
            ("alerts.digest", blank(notice.reason)?, title, lines)
        }
        Subject::Word(word) => {
            let headline = one_line(&word.headline, SUMMARY_CHARS_MAX);
            ("announcement", blank(notice.reason)?, headline, lines(&word.text, BODY_CHARS_MAX))
        }
    };
    let own = [
        ("kind", kind.into()),
        ("summary", summary),
        ("body", body),
        ("timestamp", notice.made.utc.rfc3339()),
        ("idempotency_key", notice.idempotency_key.clone().into()),
    ];
    map.extend(own.map(|(name, text)| (name.into(), Value::String(text))));
    Ok(map)
}

/// Every name of an alert, and nothing behind any but the reason.
fn blank(reason: Reason) -> Result<Map<String, Value>, String> {
    let facts = sample(reason).map_err(|why| format!("the sample {why}"))?;
    let mut map = variables(&facts, reason);
    map.values_mut().for_each(|value| *value = Value::Null);
    map.insert("reason".into(), reason.as_str().into());
    map.insert("resolved".into(), false.into());
    Ok(map)
}

/// Says what is wrong with the template of a body, by rendering it for every reason: with every
/// metric, with none but the alert's own, and with names that would break JSON.
///
/// # Errors
/// The first fault that shows, with its line where that is known.
pub fn check_body(text: &str, form: BodyForm) -> Result<(), TemplateFault> {
    grammar::check(text)?;
    let environment = environment();
    let template = environment.template_from_str(text).map_err(|error| fault(&error))?;
    let texts = Texts::default();
    let no_sample = |why| TemplateFault { line: None, what: why };
    for reason in Reason::ALL {
        let bare = whole(&sampled(reason).map_err(no_sample)?, &texts).map_err(no_sample)?;
        let tries = [
            (filled(&bare), ""),
            (odd(filled(&bare)), " where a name has quotes in it; write it with |tojson"),
            (bare, LEFT_OUT),
        ];
        for (variables, when) in tries {
            let is_about_an_alert = !matches!(reason, Reason::Digest | Reason::Announcement);
            let when = if is_about_an_alert || when != LEFT_OUT { when } else { OF_NO_ALERT };
            let told = |TemplateFault { line, what }: TemplateFault| TemplateFault {
                line,
                what: format!("{what} (in a {reason} notice{when})"),
            };
            let rendered = template.render(minijinja::value::Serde(&variables));
            let rendered = rendered.map_err(|error| {
                let TemplateFault { line, what } = fault(&error);
                let what = grammar::strange(text, &error, &variables).unwrap_or(what);
                told(TemplateFault { line, what })
            });
            sound(&rendered?, form).map_err(|what| told(TemplateFault { line: None, what }))?;
        }
    }
    Ok(())
}

/// A notice of guide 2's example for a reason.
fn sampled(reason: Reason) -> Result<Notice, String> {
    crate::target::trial::sample_notice(reason).map_err(|why| format!("the sample {why}"))
}

/// The variables with what a platform's or an operator's text may be.
fn odd(mut map: Map<String, Value>) -> Map<String, Value> {
    for name in FREE {
        if let Some(value) = map.get_mut(name).filter(|value| value.is_string()) {
            *value = "\"Tier\\2\" {\n}\u{1}".into();
        }
    }
    map
}

/// The variables whose text others choose.
const FREE: [&str; 16] = [
    "alert_key",
    "source",
    "platform",
    "entity_id",
    "entity_name",
    "summary",
    "body",
    "detail",
    "business_impact",
    "business_unit",
    "owner",
    "monitoring_url",
    "runbook",
    "ended_because",
    "dependents",
    "cause",
];

const OF_NO_ALERT: &str = ", which is about no single alert: only summary and body are given";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::{Templates, TextOrSecret};
    use crate::model::http::Method;
    use crate::model::login::HttpLogin;
    use crate::model::name::TargetName;
    use crate::model::outgoing::Outgoing;
    use crate::model::secret::{Secret, SecretRef, Secrets};
    use crate::model::target::{TargetConfig, TargetKind, Webhook};
    use crate::target::samples::{NOW, notice};
    use crate::target::{Letter, Stage};

    fn says(text: &str) -> String {
        check_body(text, BodyForm::Json).map_or_else(|fault| fault.what, |()| String::new())
    }

    #[test]
    fn no_name_of_a_queue_breaks_the_json() {
        assert_eq!(says("{\"text\": {{ summary|tojson }}, \"p\": \"{{ priority }}\"}"), "");
        assert_eq!(
            says("{\"n\": {{ current_value|tojson }}, \"w\": {{ longest_wait|tojson }}}"),
            ""
        );
        let quoted = says("{\"text\": \"{{ entity_name }}\"}");
        assert!(
            quoted.contains("no JSON") && quoted.contains("where a name has quotes"),
            "{quoted}"
        );
        let unknown = says("{\"wait\": {{ longest_wait }}, \"text\": {{ summary|tojson }}}");
        assert!(unknown.contains("gives no other metric"), "{unknown}");
        let digest = says("{\"wait\": {{ current_value }}}");
        assert!(digest.contains("in a digest notice, which is about no single alert"), "{digest}");
        assert!(says("{\"text\": {{ sumary|tojson }}}").contains("did you mean summary?"));
        assert!(says("{\"text\": }").contains("no JSON"));
        assert!(check_body("{{ summary }}!", BodyForm::Any).is_ok());
        let doubled = "|tojson".repeat(40);
        assert!(says(&format!("{{{{ body{doubled} }}}}")).contains("too many steps"));
    }

    fn sent(body: &str, headers: &[(&str, &str)], reason: Reason) -> crate::model::http::Request {
        let kind = TargetKind::Webhook(Webhook {
            url: TextOrSecret::Text("https://x.example/hook".into()),
            method: Method::Put,
            headers: headers
                .iter()
                .map(|(n, v)| ((*n).into(), TextOrSecret::Text((*v).into())))
                .collect(),
            body: Some(body.into()),
            login: HttpLogin::Basic {
                user: "andon".into(),
                password: SecretRef::File("/p".into()),
            },
            signing_secret: None,
        });
        let target = TargetConfig::new(TargetName::new("ops").unwrap(), kind);
        let targets = core::slice::from_ref(&target);
        let texts = Texts::of_config(&Templates::default(), targets).unwrap();
        let texts = texts.of(&target.name);
        let mut secrets = Secrets::default();
        secrets.put(SecretRef::File("/p".into()), Secret::new("hush"));
        let (notice, stage, secrets, now) = (notice(reason), &Stage::First, &secrets, NOW);
        let letter = Letter { notice: &notice, texts, secrets, now, thread: None, stage };
        let Outgoing::Http(request) = crate::target::request(&target, &letter).unwrap() else {
            panic!("by HTTP")
        };
        request
    }

    #[test]
    fn a_body_is_the_files_own_with_its_headers_and_proof() {
        let body = "{\"t\": {{ summary|tojson }}, \"k\": {{ kind|tojson }}}";
        let request = sent(body, &[("x-env", "prod")], Reason::Recovered);
        let expected = "{\"t\": \"RECOVERED Tier-2 Support: calls_waiting 4 after 12 min\", \
                        \"k\": \"alert.resolved\"}";
        assert_eq!(String::from_utf8(request.body).unwrap(), expected);
        assert_eq!(request.method, Method::Put);
        let headers: Vec<(&str, &str)> =
            request.headers.iter().map(|(n, v)| (&**n, &**v)).collect();
        let expected = [
            ("content-type", "application/json"),
            ("x-env", "prod"),
            ("authorization", "Basic YW5kb246aHVzaA=="),
            ("idempotency-key", "00112233445566778899aabbccddeeff"),
        ];
        assert_eq!(headers, expected);
        let plain = sent("{{ summary }}", &[("content-type", "text/plain")], Reason::Digest);
        assert_eq!(plain.body, b"Digest: 1 in breach, 1 recovered");
        let types = plain.headers.iter().filter(|(name, _)| &**name == "content-type").count();
        assert_eq!(types, 1);
        let word = sent(
            "{{ summary }}: {{ body }}",
            &[("content-type", "text/plain")],
            Reason::Announcement,
        );
        assert_eq!(word.body, b"Window \"m-1\" begins: until 06:00");
    }

    #[test]
    fn a_body_that_fails_at_night_is_told_by_guide_1s_payload() {
        for (template, why) in [
            ("{{ service_level * 2 }}", "body template failed"),
            ("{\"a\": {{ service_level }}}", "no JSON"),
            ("\"{{ 'x' * 30000 }}\"", "more than 20000 bytes"),
        ] {
            let request = sent(template, &[], Reason::FirstBreach);
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            assert_eq!(body["type"], "alert.detected");
            let fault = body["template_fault"].as_str().unwrap();
            assert!(fault.contains(why), "{template}: {fault}");
        }
    }
}
