//! Microsoft Teams by a flow of Workflows: one Adaptive Card per notice.
//!
//! The flow takes a message and renders it later, so that 202 means that it is queued. No name of
//! the message comes back: the end of an alert is a second message.
//!
//! # Promises
//! - `a_card_is_what_a_flow_takes`: one attachment, which is a card.
//! - `a_card_stays_under_the_limit_of_teams_and_says_what_it_left_out`
//! - `no_name_of_a_queue_makes_a_link`
//!
//! # Not here
//! No buttons that act: a flow gives no way back.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::limits::{
    SUMMARY_CHARS_MAX, TEAMS_CARD_BYTES_MAX, TEAMS_GAP, TEAMS_RETRY_WAIT, TEAMS_TEXT_CHARS_MAX,
    TELL_DEADLINE,
};
use crate::model::config::TextOrSecret;
use crate::model::http::{Reply, Request};
use crate::model::notice::{AlertFacts, Notice, Reason, Subject};
use crate::model::outgoing::Outgoing;
use crate::model::rule::Severity;
use crate::model::target::Teams;
use crate::model::time::Span;
use crate::target::cut::{cut, cut_as, lines, one_line};
use crate::target::delivery::Delivery;
use crate::target::facts::{
    business_unit, cause, dependents, detail, duration, impact, link, owner, runbook,
};
use crate::target::roll::roll;
use crate::target::texts::Texts;
use crate::target::{
    Digests, Hands, Letter, Manner, Speak, Stage, TargetFault, Updates, address, builtin, json,
};

impl Speak for Teams {
    fn manner(&self) -> Manner {
        Manner {
            gap: TEAMS_GAP,
            digests: Digests::Takes,
            updates: Updates::Anew,
            hands: Hands::Shows,
        }
    }

    fn address(&self) -> Option<&TextOrSecret> {
        Some(&self.url)
    }

    fn ask(&self, letter: &Letter<'_>) -> Result<Outgoing, TargetFault> {
        let url = address(letter.secrets, &self.url)?;
        let body = body(letter.notice, letter.texts)?;
        Ok(Outgoing::Http(Request::post_json(url, body, TELL_DEADLINE)))
    }

    fn hear(&self, _: &Notice, _: &Stage, reply: &Reply) -> Delivery {
        classify(reply)
    }
}

/// What a flow's trigger says. Only 202 is its yes: a login page in between says 200.
fn classify(reply: &Reply) -> Delivery {
    match reply.status {
        202 => Delivery::ACCEPTED,
        429 => Delivery::later(reply, TEAMS_RETRY_WAIT),
        408 | 500..=599 => Delivery::later(reply, Span::ZERO),
        401 | 403 | 404 | 410 => Delivery::disabled(
            reply,
            "the flow is off, deleted, or its owner has left; make one and put in its address",
        ),
        200 => Delivery::refused(
            reply,
            "a flow says 202; see what answers there, and take a response out of the flow",
        ),
        _ => Delivery::refused(reply, ""),
    }
}

#[derive(Serialize)]
struct Message {
    r#type: &'static str,
    attachments: [Attachment; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attachment {
    content_type: &'static str,
    content_url: Option<&'static str>,
    content: Card,
}

#[derive(Serialize)]
struct Card {
    #[serde(rename = "$schema")]
    schema: &'static str,
    r#type: &'static str,
    version: &'static str,
    body: Vec<Element>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<Action>,
    msteams: Width,
}

#[derive(Serialize)]
struct Width {
    width: &'static str,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Element {
    TextBlock(TextBlock),
    FactSet { facts: Vec<Fact> },
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct TextBlock {
    text: String,
    wrap: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_subtle: Option<bool>,
}

#[derive(Serialize)]
struct Fact {
    title: &'static str,
    value: String,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Action {
    #[serde(rename = "Action.OpenUrl")]
    OpenUrl { title: &'static str, url: String },
}

/// The message that tells a notice.
fn body(notice: &Notice, texts: &Texts) -> Result<Vec<u8>, TargetFault> {
    let (body, actions) = match &notice.subject {
        Subject::Alert(facts) => alert(facts, notice, texts),
        Subject::Digest(alerts) => (digest(alerts, notice.reason, texts), Vec::new()),
        Subject::Word(word) => {
            let headline = one_line(&word.headline, SUMMARY_CHARS_MAX);
            let text = paragraph(&lines(&word.text, TEAMS_TEXT_CHARS_MAX));
            (Vec::from([heading(&headline, "accent"), text]), Vec::new())
        }
    };
    let card = Card {
        schema: "http://adaptivecards.io/schemas/adaptive-card.json",
        r#type: "AdaptiveCard",
        version: "1.2",
        body,
        actions,
        msteams: Width { width: "full" },
    };
    let content_type = "application/vnd.microsoft.card.adaptive";
    let attachments = [Attachment { content_type, content_url: None, content: card }];
    json(&Message { r#type: "message", attachments })
}

fn alert(facts: &AlertFacts, notice: &Notice, texts: &Texts) -> (Vec<Element>, Vec<Action>) {
    let wording = texts.word(facts, notice.reason);
    let mut body = Vec::from([heading(&wording.summary, colour(facts))]);
    match wording.body.own() {
        Some("") => {}
        Some(text) => body.push(paragraph(text)),
        None => {
            body.push(Element::FactSet { facts: rows(facts) });
            body.extend(detail(facts).map(|text| paragraph(&text)));
        }
    }
    let mut notes = format!(
        "{}, notice {} | {} {} | {}",
        notice.reason, facts.notification_count, facts.source, facts.entity, facts.key
    );
    if facts.held_back > 0 {
        notes.push_str(&format!(" | short breaches not told since: {}", facts.held_back));
    }
    if facts.raises > 1 {
        let open = Span::secs(facts.open_seconds.into());
        notes.push_str(&format!(" | began {} times, in breach for {open}", facts.raises));
    }
    if let Some(fault) = &wording.template_fault {
        notes.push_str(&format!(" | {fault}"));
    }
    let text = escaped(&notes);
    let (size, is_subtle) = (Some("Small"), Some(true));
    body.push(Element::TextBlock(TextBlock {
        text,
        wrap: true,
        size,
        is_subtle,
        ..Default::default()
    }));
    let links = [(link(facts), "Live view"), (runbook(facts), "Runbook")];
    let actions = links.into_iter().filter_map(|(url, title)| {
        let url = url.filter(|url| url.starts_with("https://"))?.into();
        Some(Action::OpenUrl { title, url })
    });
    (body, actions.collect())
}

fn rows(facts: &AlertFacts) -> Vec<Fact> {
    let unit = facts.metric.unit();
    let lasted = duration(facts);
    let since = if facts.resolved { "breach began" } else { "in breach since" };
    let head = [
        (facts.metric.short(), unit.show(facts.value)),
        ("threshold", format!("{} {}", facts.operator, unit.show(facts.threshold))),
        (since, format!("{} ({lasted})", facts.first_breach)),
        ("priority", format!("{}, {}", facts.priority, facts.severity)),
    ];
    let told = [
        ("in hand", facts.hand.as_ref().map(|hand| format!("{hand}"))),
        ("impact", facts.business.as_ref().map(|_| impact(facts))),
        ("unit", business_unit(facts)),
        ("owner", owner(facts)),
        ("behind it", dependents(facts)),
        ("cause", cause(facts)),
    ];
    let told = told.into_iter().filter_map(|(title, value)| Some((title, value?)));
    let context = facts.context.iter().map(|(m, value)| (m.short(), m.unit().show(*value)));
    let rows = head.into_iter().chain(told).chain(context);
    rows.map(|(title, value)| Fact { title, value: escaped(&cut(&value, ROW_CHARS_MAX)) }).collect()
}

fn digest(alerts: &[AlertFacts], reason: Reason, texts: &Texts) -> Vec<Element> {
    let lines = roll(alerts, texts, TEAMS_CARD_BYTES_MAX - FRAME_BYTES, |line| {
        // In JSON a character takes twice its bytes at the most: control characters are none of a
        // line's.
        2 * line.len() + LINE_FRAME_BYTES
    });
    let title = heading(&builtin::list_title(alerts, reason), "accent");
    let lines = lines.iter().map(|line| {
        let text = escaped(line);
        Element::TextBlock(TextBlock { text, wrap: true, ..Default::default() })
    });
    core::iter::once(title).chain(lines).collect()
}

fn heading(text: &str, colour: &'static str) -> Element {
    Element::TextBlock(TextBlock {
        text: escaped(text),
        wrap: true,
        weight: Some("Bolder"),
        size: Some("Medium"),
        style: Some("heading"),
        color: Some(colour),
        is_subtle: None,
    })
}

/// Teams joins lines; two line ends part them.
fn paragraph(text: &str) -> Element {
    let text = escaped(text).replace('\n', "\n\n");
    Element::TextBlock(TextBlock { text, wrap: true, ..Default::default() })
}

/// The text without what Teams would read as a link or as bold, cut after that.
fn escaped(text: &str) -> String {
    cut_as(text, TEAMS_TEXT_CHARS_MAX, |c| match c {
        '[' => Some("\\["),
        ']' => Some("\\]"),
        '*' => Some("\\*"),
        '\\' => Some("\\\\"),
        _ => None,
    })
}

const fn colour(facts: &AlertFacts) -> &'static str {
    match facts.severity {
        _ if facts.resolved => "good",
        Severity::Critical | Severity::High => "attention",
        Severity::Medium => "warning",
        Severity::Low => "accent",
    }
}

/// One value of the set of facts.
const ROW_CHARS_MAX: usize = 512;

/// Room for all of a card but the lines of its digest.
const FRAME_BYTES: usize = 2_000;

/// What a line takes beside its text.
const LINE_FRAME_BYTES: usize = 64;

#[cfg(test)]
mod tests;
