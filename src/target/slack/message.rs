//! A notice laid out with Block Kit.
//!
//! # Promises
//! - `a_queues_name_cannot_call_a_whole_channel`: what Slack would read as markup is escaped.
//! - `a_digest_says_what_it_left_out`: Slack refuses a message that is too long as a whole.
//! - `a_button_stands_where_somebody_can_take_it_in_hand`

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use crate::limits::{
    BUSINESS_TEXT_CHARS_MAX, SLACK_DIGEST_CHARS_MAX, SLACK_FIELD_CHARS_MAX, SLACK_FIELDS_MAX,
    SLACK_HEADER_CHARS_MAX, SLACK_SECTION_CHARS_MAX, SUMMARY_CHARS_MAX,
};
use crate::model::notice::{AlertFacts, Notice, Reason, Subject, Word};
use crate::model::time::Span;
use crate::target::builtin;
use crate::target::cut::{cut, cut_as, lines, one_line, units_of};
use crate::target::facts::{
    business_unit, cause, dependents, detail, duration, impact, link, owner, runbook,
};
use crate::target::texts::Texts;

/// A message.
#[derive(Serialize)]
pub(super) struct Message {
    /// What the notification on a phone shows.
    pub(super) text: String,
    pub(super) blocks: Vec<Block>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block {
    Header {
        text: Text,
    },
    Section {
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<Text>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        fields: Vec<Text>,
    },
    Context {
        elements: Vec<Text>,
    },
    Actions {
        elements: [Button; 1],
    },
}

/// A button that says something back.
#[derive(Serialize)]
pub(super) struct Button {
    #[serde(rename = "type")]
    kind: &'static str,
    text: Text,
    action_id: &'static str,
    value: String,
}

#[derive(Serialize)]
#[serde(tag = "type", content = "text", rename_all = "snake_case")]
pub(super) enum Text {
    /// Taken as it stands.
    PlainText(String),
    /// Read as markup; has to be escaped.
    Mrkdwn(String),
}

/// The message that tells a notice.
pub(super) fn message(notice: &Notice, texts: &Texts) -> Message {
    match &notice.subject {
        Subject::Alert(facts) => alert(facts, notice, texts),
        Subject::Digest(alerts) => digest(alerts, notice.reason, texts),
        Subject::Word(word) => announcement(word),
    }
}

/// The button by which somebody takes an alert in hand; none where it is over or in a hand.
pub(super) fn button(facts: &AlertFacts) -> Option<Block> {
    let is_free = !facts.resolved && facts.hand.is_none();
    is_free.then(|| Block::Actions {
        elements: [Button {
            kind: "button",
            text: Text::PlainText("Acknowledge".into()),
            action_id: ACKNOWLEDGE,
            value: format!("{} {}", facts.first_breach.0, facts.key),
        }],
    })
}

/// What the button is called in the word that comes of it.
pub(super) const ACKNOWLEDGE: &str = "acknowledge";

fn alert(facts: &AlertFacts, notice: &Notice, texts: &Texts) -> Message {
    let wording = texts.word(facts, notice.reason);
    let mut blocks = Vec::from([header(&wording.summary)]);
    match wording.body.own() {
        Some("") => {}
        Some(body) => blocks.push(section(escaped(body, SLACK_SECTION_CHARS_MAX))),
        None => blocks.extend(fields(facts)),
    }
    if wording.body.own().is_none()
        && let Some(detail) = detail(facts)
    {
        blocks.push(section(escaped(&detail, SLACK_SECTION_CHARS_MAX)));
    }
    if let Some(hand) = &facts.hand {
        let by = one_line(&hand.to_string(), BUSINESS_TEXT_CHARS_MAX);
        let text = format!("In hand by {by} since {}", hand.at.utc);
        blocks.push(section(escaped(&text, SLACK_SECTION_CHARS_MAX)));
    }
    for (url, text) in [(link(facts), "Live view"), (runbook(facts), "Runbook")] {
        let Some(url) = url else { continue };
        let url = escaped(&url.replace('|', "%7C"), SLACK_SECTION_CHARS_MAX);
        blocks.push(section(format!("<{url}|{text}>")));
    }
    let mut notes = Vec::from([
        format!("{}, notice {}", notice.reason, facts.notification_count),
        format!("{} {}", facts.source, facts.entity),
        format!("{}", facts.key),
    ]);
    if facts.held_back > 0 {
        notes.push(format!("short breaches not told since: {}", facts.held_back));
    }
    if facts.raises > 1 {
        let open = Span::secs(facts.open_seconds.into());
        notes.push(format!("began {} times, in breach for {open}", facts.raises));
    }
    notes.extend(wording.template_fault);
    let elements = notes.iter().map(|note| mrkdwn(note, SLACK_FIELD_CHARS_MAX)).collect();
    blocks.push(Block::Context { elements });
    Message { text: escaped(&wording.summary, SUMMARY_CHARS_MAX), blocks }
}

fn announcement(word: &Word) -> Message {
    let headline = one_line(&word.headline, SUMMARY_CHARS_MAX);
    let mut blocks = Vec::from([header(&headline)]);
    if !word.text.is_empty() {
        let text = lines(&word.text, SLACK_SECTION_CHARS_MAX);
        blocks.push(section(escaped(&text, SLACK_SECTION_CHARS_MAX)));
    }
    Message { text: escaped(&headline, SUMMARY_CHARS_MAX), blocks }
}

/// The facts, two to a row, at most [`SLACK_FIELDS_MAX`] to a section.
fn fields(facts: &AlertFacts) -> Vec<Block> {
    let unit = facts.metric.unit();
    let lasted = duration(facts);
    let since = if facts.resolved { "breach began" } else { "in breach since" };
    let head = [
        (facts.metric.short(), unit.show(facts.value)),
        ("threshold", format!("{} {}", facts.operator, unit.show(facts.threshold))),
        (since, format!("{} ({lasted})", facts.first_breach)),
        ("priority", format!("{}, {}", facts.priority, facts.severity)),
    ];
    let context = facts.context.iter().map(|(m, value)| (m.short(), m.unit().show(*value)));
    let impact = facts.business.as_ref().map(|_| ("impact", impact(facts)));
    let told = [("unit", business_unit(facts)), ("owner", owner(facts))];
    let told = told.into_iter().filter_map(|(name, text)| Some((name, text?)));
    let kin = [("behind it", dependents(facts)), ("cause", cause(facts))];
    let kin = kin.into_iter().filter_map(|(name, text)| Some((name, text?)));
    let business = impact.into_iter().chain(told).chain(kin);
    let all: Vec<_> = head.into_iter().chain(business).chain(context).collect();
    let rows = all.chunks(SLACK_FIELDS_MAX).map(|row| {
        let shown = row.iter().map(|(name, value)| format!("*{name}*\n{value}"));
        let fields = shown.map(|text| mrkdwn(&text, SLACK_FIELD_CHARS_MAX)).collect();
        Block::Section { text: None, fields }
    });
    rows.collect()
}

fn digest(alerts: &[AlertFacts], reason: Reason, texts: &Texts) -> Message {
    let title = builtin::list_title(alerts, reason);
    let mut blocks = Vec::from([header(&title)]);
    let mut text = String::new();
    let mut room = SLACK_DIGEST_CHARS_MAX;
    let mut told = 0;
    for facts in alerts {
        let line = format!("{}\n", escaped(&texts.line(facts), SLACK_SECTION_CHARS_MAX));
        let units = units_of(&line);
        let Some(left) = room.checked_sub(units) else { break };
        if units_of(&text) + units > SLACK_SECTION_CHARS_MAX {
            blocks.push(section(core::mem::take(&mut text)));
        }
        text.push_str(&line);
        room = left;
        told += 1;
    }
    if !text.is_empty() {
        blocks.push(section(text));
    }
    if told < alerts.len() {
        let left_out = alerts.len() - told;
        blocks.push(section(format!("and {left_out} more; `andon alerts` shows them [cut]")));
    }
    Message { text: escaped(&title, SUMMARY_CHARS_MAX), blocks }
}

fn header(text: &str) -> Block {
    Block::Header { text: Text::PlainText(cut(text, SLACK_HEADER_CHARS_MAX)) }
}

fn section(markup: String) -> Block {
    Block::Section { text: Some(Text::Mrkdwn(markup)), fields: Vec::new() }
}

fn mrkdwn(text: &str, units_max: usize) -> Text {
    Text::Mrkdwn(escaped(text, units_max))
}

/// The text with Slack's three control characters escaped, cut after escaping.
fn escaped(text: &str, units_max: usize) -> String {
    cut_as(text, units_max, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;

    use serde_json::Value;

    use super::*;
    use crate::model::config::Templates;
    use crate::model::hand::Hand;
    use crate::model::time::{Stamp, Tick};
    use crate::target::samples::{NOW, facts, joined, notice};

    fn said(notice: &Notice, texts: &Texts) -> String {
        serde_json::to_string(&message(notice, texts)).unwrap()
    }

    fn texts() -> Texts {
        Texts::compile(&Templates::default()).unwrap()
    }

    #[test]
    fn a_message_shows_what_where_how_bad_and_since_when() {
        let golden = joined(
            r#"{"text":"P1 Tier-2 Support: calls_waiting 22 (&gt;= 15) for 45 s",
            "blocks":[{"type":"header","text":{"type":"plain_text",
            "text":"P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s"}},{"type":"section",
            "fields":[{"type":"mrkdwn","text":"*calls_waiting*\n22"},{"type":"mrkdwn",
            "text":"*threshold*\n&gt;= 15"},{"type":"mrkdwn",
            "text":"*in breach since*\n2024-05-15T14:31:35Z (45 s)"},{"type":"mrkdwn",
            "text":"*priority*\nP1, critical"},{"type":"mrkdwn",
            "text":"*longest_wait*\n135 s"},{"type":"mrkdwn",
            "text":"*agents_available*\n4"}]},{"type":"section","text":{"type":"mrkdwn",
            "text":"<https://api.example/ui/queues/8f3a?a=1&amp;b=2|Live view>"}},
            {"type":"context","elements":[{"type":"mrkdwn","text":"new breach, notice 1"},
            {"type":"mrkdwn","text":"cxone-prod queue-id-8f3a2c1d"},{"type":"mrkdwn",
            "text":"cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6"}]}]}"#,
        );
        assert_eq!(said(&notice(Reason::FirstBreach), &texts()), golden);
    }

    #[test]
    fn a_digest_is_a_list_of_lines() {
        let golden = joined(
            r#"{"text":"Digest: 1 in breach, 1 recovered","blocks":[{"type":"header",
            "text":{"type":"plain_text","text":"Digest: 1 in breach, 1 recovered"}},
            {"type":"section","text":{"type":"mrkdwn",
            "text":"P1 Tier-2 Support: calls_waiting 22 (&gt;= 15) for 45 s\n
            RECOVERED Tier-2 Support: calls_waiting 4 after 12 min\n"}}]}"#,
        );
        assert_eq!(said(&notice(Reason::Digest), &texts()), golden);
    }

    #[test]
    fn a_template_takes_the_place_of_the_facts_and_its_fault_is_shown() {
        let templates = |body: &str| Templates { summary: None, body: Some(body.into()) };
        let told = |body_text| {
            let texts = Texts::compile(&templates(body_text)).unwrap();
            said(&notice(Reason::FirstBreach), &texts)
        };
        let own = told("Call the floor: {{ value_text }} < {{ threshold_text }}");
        assert!(own.contains("Call the floor: 22 &lt; 15"), "{own}");
        assert!(!own.contains("*threshold*"), "{own}");
        let failed = told("{{ nobody }}");
        assert!(failed.contains("*threshold*"), "{failed}");
        assert!(failed.contains("The body template failed"), "{failed}");
    }

    #[test]
    fn a_queues_name_cannot_call_a_whole_channel() {
        let mut notice = notice(Reason::FirstBreach);
        if let Subject::Alert(facts) = &mut notice.subject {
            facts.entity_name = "<!channel> R&D".into();
        }
        let message: Value = serde_json::from_str(&said(&notice, &texts())).unwrap();
        let told = message["text"].as_str().unwrap();
        assert!(told.contains("&lt;!channel&gt; R&amp;D"), "{told}");
        let header = &message["blocks"][0]["text"];
        assert_eq!(header["type"], "plain_text");
        assert!(header["text"].as_str().unwrap().contains("<!channel> R&D"));
    }

    #[test]
    fn a_digest_says_what_it_left_out() {
        let mut alert = facts(Reason::Repeat);
        alert.entity_name = "&".repeat(40).into();
        let notice =
            Notice { subject: Subject::Digest(alloc::vec![alert; 100]), ..notice(Reason::Digest) };
        let message: Value = serde_json::from_str(&said(&notice, &texts())).unwrap();
        let blocks = message["blocks"].as_array().unwrap();
        let sections: Vec<&str> =
            blocks.iter().skip(1).map(|b| b["text"]["text"].as_str().unwrap()).collect();
        assert!(sections.iter().all(|text| units_of(text) <= SLACK_SECTION_CHARS_MAX));
        let whole: usize = sections.iter().map(|text| units_of(text)).sum();
        assert!(whole <= SLACK_DIGEST_CHARS_MAX + 100, "{whole}");
        let told = sections.concat().matches("calls_waiting").count();
        let last = sections.last().unwrap();
        assert!(last.starts_with(&format!("and {} more;", 100 - told)), "{last}");
        assert!((1..100).contains(&told), "{told}");
    }

    #[test]
    fn more_fields_than_fit_stand_in_another_section() {
        let mut facts = facts(Reason::FirstBreach);
        while facts.context.push(facts.context[0]).is_ok() {}
        let counts: Vec<usize> = fields(&facts)
            .iter()
            .map(|block| match block {
                Block::Section { fields, .. } => fields.len(),
                Block::Header { .. } | Block::Context { .. } | Block::Actions { .. } => 0,
            })
            .collect();
        assert_eq!(counts, [10, 2]);
    }

    #[test]
    fn a_long_summary_is_cut_in_the_header() {
        let templates = Templates { summary: Some("{{ 'x' * 1000 }}".into()), body: None };
        let texts = Texts::compile(&templates).unwrap();
        let message = said(&notice(Reason::FirstBreach), &texts);
        let message: Value = serde_json::from_str(&message).unwrap();
        let header = message["blocks"][0]["text"]["text"].as_str().unwrap();
        assert!(header.len() == SLACK_HEADER_CHARS_MAX && header.ends_with(" [cut]"));
    }

    #[test]
    fn a_button_stands_where_somebody_can_take_it_in_hand() {
        let mut facts = facts(Reason::FirstBreach);
        let shown = serde_json::to_string(&button(&facts)).unwrap();
        let golden = joined(
            r#"{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text",
            "text":"Acknowledge"},"action_id":"acknowledge",
            "value":"1715783495000 cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6"}]}"#,
        );
        assert_eq!(shown, golden);
        facts.hand = Some(Box::new(Hand {
            by: "<@Ann>".into(),
            via: "noc".into(),
            priority: facts.priority,
            at: Stamp { tick: Tick(0), utc: NOW.utc },
            lasts: Span::secs(60),
        }));
        assert!(button(&facts).is_none());
        let notice = Notice {
            subject: Subject::Alert(Box::new(facts.clone())),
            ..notice(Reason::Acknowledged)
        };
        let told = said(&notice, &texts());
        let by = "In hand by &lt;@Ann&gt; (noc) since 2024-05-15T14:32:25Z";
        assert!(told.contains(by), "{told}");
        (facts.hand, facts.resolved) = (None, true);
        assert!(button(&facts).is_none());
    }
}
