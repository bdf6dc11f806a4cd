//! What a mail says: as text, and the same as HTML.
//!
//! # Promises
//! - `a_queues_name_is_text_in_html_too`

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};

use crate::limits::{BODY_CHARS_MAX, SUMMARY_CHARS_MAX};
use crate::model::notice::{AlertFacts, Notice, Reason, Word};
use crate::model::rule::Severity;
use crate::target::builtin;
use crate::target::cut::{lines, one_line};
use crate::target::facts::{
    business_unit, cause, dependents, detail, duration, entity_name, impact, link, owner, runbook,
};
use crate::target::texts::Texts;

/// What a message says, before it has its form.
pub(super) struct Content {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    pub(super) importance: &'static str,
    /// What it is about: all that has the same is one conversation.
    pub(super) about: Option<String>,
}

pub(super) fn alert(facts: &AlertFacts, notice: &Notice, texts: &Texts) -> Content {
    let wording = texts.word(facts, notice.reason);
    let links = [("Live view", link(facts)), ("Runbook", runbook(facts))];
    let links: Vec<_> = links.into_iter().filter_map(|(name, url)| Some((name, url?))).collect();
    let fault = wording.template_fault.as_deref().unwrap_or_default();
    let foot =
        format!("{}, notice {} of alert {}", notice.reason, facts.notification_count, facts.key);

    let mut text = format!("{}\n\n{}\n", wording.summary, wording.body.as_str());
    for (name, url) in &links {
        text.push_str(&format!("\n{name}: {url}\n"));
    }
    for line in [fault, foot.as_str()].into_iter().filter(|line| !line.is_empty()) {
        text.push_str(&format!("\n{line}\n"));
    }

    let mut html = head(&wording.summary, colour(facts));
    match wording.body.own() {
        Some(body) => {
            for line in body.lines() {
                html.push_str(&format!("{}<br>\n", escaped(line)));
            }
        }
        None => html.push_str(&table(facts)),
    }
    for (name, url) in links {
        html.push_str(&format!("<p><a href=\"{}\">{name}</a></p>\n", escaped(url)));
    }
    for line in [fault, &foot].into_iter().filter(|line| !line.is_empty()) {
        html.push_str(&format!("<p style=\"color:#666\">{}</p>\n", escaped(line)));
    }
    html.push_str("</body></html>\n");
    let about = Some(conversation(facts.key.as_str(), facts.first_breach.0));
    Content { subject: wording.summary, text, html, importance: importance(facts), about }
}

/// The facts, one to a row.
fn table(facts: &AlertFacts) -> String {
    let unit = facts.metric.unit();
    let since = if facts.resolved { "breach began" } else { "in breach since" };
    let head = [
        ("name", Some(entity_name(facts))),
        (facts.metric.short(), Some(unit.show(facts.value))),
        ("threshold", Some(format!("{} {}", facts.operator, unit.show(facts.threshold)))),
        (since, Some(format!("{} ({})", facts.first_breach, duration(facts)))),
        ("priority", Some(format!("{}, {}", facts.priority, facts.severity))),
        ("detail", detail(facts)),
        ("impact", facts.business.as_ref().map(|_| impact(facts))),
        ("unit", business_unit(facts)),
        ("owner", owner(facts)),
        ("behind it", dependents(facts)),
        ("cause", cause(facts)),
        ("ended", facts.lapse.as_ref().map(ToString::to_string)),
        ("not told since", (facts.held_back > 0).then(|| facts.held_back.to_string())),
        ("began", (facts.raises > 1).then(|| format!("{} times", facts.raises))),
    ];
    let context = facts.context.iter();
    let context = context.map(|(m, value)| (m.short(), Some(m.unit().show(*value))));
    let place = [("source", facts.source.as_str()), ("entity", facts.entity.as_str())];
    let place = place.map(|(name, value)| (name, Some(value.to_string())));
    let mut html = String::from("<table cellpadding=\"4\">\n");
    for (name, value) in head.into_iter().chain(context).chain(place) {
        if let Some(value) = value {
            let (name, value) = (escaped(name), escaped(&value));
            html.push_str(&format!("<tr><td>{name}</td><td><b>{value}</b></td></tr>\n"));
        }
    }
    html.push_str("</table>\n");
    html
}

pub(super) fn digest(alerts: &[AlertFacts], reason: Reason, texts: &Texts) -> Content {
    let subject = builtin::list_title(alerts, reason);
    let mut text = format!("{subject}\n\n");
    let mut html = head(&subject, CALM);
    html.push_str("<ul>\n");
    for facts in alerts {
        let line = texts.line(facts);
        text.push_str(&format!("- {line}\n"));
        let colour = colour(facts);
        let line = escaped(&line);
        html.push_str(&format!("<li style=\"color:{colour}\">{line}</li>\n"));
    }
    html.push_str("</ul>\n</body></html>\n");
    Content { subject, text, html, importance: "normal", about: None }
}

pub(super) fn announcement(word: &Word) -> Content {
    let subject = one_line(&word.headline, SUMMARY_CHARS_MAX);
    let body = lines(&word.text, BODY_CHARS_MAX);
    let mut html = head(&subject, CALM);
    for line in body.lines() {
        html.push_str(&format!("{}<br>\n", escaped(line)));
    }
    html.push_str("</body></html>\n");
    let text = format!("{subject}\n\n{body}\n");
    let about = Some(conversation(&word.key, 0));
    Content { subject, text, html, importance: "normal", about }
}

fn head(title: &str, colour: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html><body style=\"font-family:sans-serif\">\n\
         <h3 style=\"border-left:8px solid {colour};padding-left:8px\">{}</h3>\n",
        escaped(title)
    )
}

/// The identifier that every notice of an episode refers to.
fn conversation(key: &str, began: i64) -> String {
    let mut hash = Sha256::new();
    hash.update(key);
    hash.update(began.to_be_bytes());
    let hash: String = hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("episode.{hash}")
}

/// What a mail program makes of it (RFC 4021).
const fn importance(facts: &AlertFacts) -> &'static str {
    match facts.severity {
        _ if facts.resolved => "normal",
        Severity::Critical | Severity::High => "high",
        Severity::Medium => "normal",
        Severity::Low => "low",
    }
}

const fn colour(facts: &AlertFacts) -> &'static str {
    match facts.severity {
        _ if facts.resolved => "#2b8a3e",
        Severity::Critical => "#c92a2a",
        Severity::High => "#d9480f",
        Severity::Medium => "#b07d00",
        Severity::Low => CALM,
    }
}

const CALM: &str = "#1864ab";

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::Templates;
    use crate::target::samples::{facts, notice};

    #[test]
    fn a_queues_name_is_text_in_html_too() {
        let mut facts = facts(Reason::FirstBreach);
        facts.entity_name = "<img src='x' onerror=\"y\">&".into();
        let own = Templates { summary: None, body: Some("{{ entity_name }}\nb".into()) };
        for templates in [Templates::default(), own] {
            let texts = Texts::compile(&templates).unwrap();
            let html = alert(&facts, &notice(Reason::FirstBreach), &texts).html;
            assert!(html.contains("&lt;img src=&#39;x&#39; onerror=&quot;y&quot;&gt;&amp;"));
            assert!(!html.contains("<img"), "{html}");
        }
    }
}
