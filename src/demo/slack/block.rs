//! Whether a message is one that Slack would show: Block Kit's limits, block by block.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

/// What is wrong with a message, or nothing.
#[must_use]
pub fn fault_of(message: &Value) -> Option<String> {
    check_message(message).err()
}

fn check_message(message: &Value) -> Result<(), String> {
    let object = message.as_object().ok_or("the message is not an object")?;
    if let Some(unknown) = object.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(format!("{unknown} is not a known field"));
    }
    let text = match object.get("text") {
        None => "",
        Some(text) => text.as_str().ok_or("text is not a text")?,
    };
    within("text", text, TEXT_MAX)?;
    let mut seen = BTreeSet::new();
    let mut blocks = check_blocks(object.get("blocks"), &mut seen)?;
    for attachment in list(object.get("attachments"), "attachments")? {
        blocks += check_blocks(attachment.get("blocks"), &mut seen)?;
        blocks += usize::from(attachment.get("text").is_some_and(Value::is_string));
    }
    if text.is_empty() && blocks == 0 {
        return Err("there is neither text nor a block".to_owned());
    }
    Ok(())
}

/// Checks a list of blocks and tells how many there are. `seen` holds the identifiers of the
/// message.
fn check_blocks<'a>(
    blocks: Option<&'a Value>,
    seen: &mut BTreeSet<&'a str>,
) -> Result<usize, String> {
    let blocks = list(blocks, "blocks")?;
    if blocks.len() > BLOCKS_MAX {
        return Err(format!("there are {} blocks, not up to {BLOCKS_MAX}", blocks.len()));
    }
    let mut characters = 0;
    for (number, block) in (0..).zip(blocks) {
        check_block(block).map_err(|why| format!("blocks[{number}]: {why}"))?;
        characters += characters_in(block);
        if let Some(id) = block.get("block_id") {
            let id = id.as_str().ok_or("block_id is not a text")?;
            within("block_id", id, 255)?;
            if !seen.insert(id) {
                return Err(format!("block_id {id} stands twice"));
            }
        }
    }
    if characters > BLOCKS_CHARACTERS_MAX {
        return Err(format!("the blocks have {characters} characters: msg_blocks_too_long"));
    }
    Ok(blocks.len())
}

fn check_block(block: &Value) -> Result<(), String> {
    match block.get("type").and_then(Value::as_str) {
        Some("divider") => Ok(()),
        Some("header") => check_text(block.get("text"), &["plain_text"], 150),
        Some("section") => check_section(block),
        Some("context") => {
            let elements = filled(block, "elements", 10)?;
            elements.iter().try_for_each(|element| match element.get("type") {
                Some(kind) if kind == "image" => check_image(element),
                _ => check_text(Some(element), TEXTS, 3_000),
            })
        }
        Some("actions") => filled(block, "elements", 25)?.iter().try_for_each(check_button),
        Some("image") => check_image(block),
        Some(other) => Err(format!("there is no block of type {other} here")),
        None => Err("type is missing".to_owned()),
    }
}

fn check_section(section: &Value) -> Result<(), String> {
    let (text, fields) = (section.get("text"), section.get("fields"));
    if text.is_none() && fields.is_none() {
        return Err("a section needs text or fields".to_owned());
    }
    if text.is_some() {
        check_text(text, TEXTS, 3_000)?;
    }
    if fields.is_some() {
        for field in filled(section, "fields", 10)? {
            check_text(Some(field), TEXTS, 2_000)?;
        }
    }
    section.get("accessory").map_or(Ok(()), |accessory| {
        if accessory.get("type").is_some_and(|kind| kind == "image") {
            check_image(accessory)
        } else {
            check_button(accessory)
        }
    })
}

fn check_button(button: &Value) -> Result<(), String> {
    if button.get("type").is_none_or(|kind| kind != "button") {
        return Err("an element is not a button".to_owned());
    }
    check_text(button.get("text"), &["plain_text"], 75)?;
    for (field, max) in [("value", 2_000), ("url", 3_000), ("action_id", 255)] {
        if let Some(text) = button.get(field) {
            within(field, text.as_str().ok_or_else(|| format!("{field} is not a text"))?, max)?;
        }
    }
    match button.get("style").map(Value::as_str) {
        None | Some(Some("primary" | "danger")) => Ok(()),
        Some(_) => Err("style is neither primary nor danger".to_owned()),
    }
}

fn check_image(image: &Value) -> Result<(), String> {
    for (field, max) in [("image_url", 3_000), ("alt_text", 2_000)] {
        let text = image.get(field).and_then(Value::as_str).unwrap_or_default();
        if text.is_empty() {
            return Err(format!("an image needs {field}"));
        }
        within(field, text, max)?;
    }
    Ok(())
}

/// A text object: `{"type":"mrkdwn","text":"..."}`, not empty and not longer than `max`.
fn check_text(text: Option<&Value>, kinds: &[&str], max: usize) -> Result<(), String> {
    let text = text.ok_or("text is missing")?;
    let kind = text.get("type").and_then(Value::as_str).unwrap_or_default();
    if !kinds.contains(&kind) {
        return Err(format!("a text of type \"{kind}\" cannot stand here"));
    }
    let text = text.get("text").and_then(Value::as_str).unwrap_or_default();
    if text.is_empty() {
        return Err("a text is empty".to_owned());
    }
    within("text", text, max)
}

fn within(field: &str, text: &str, max: usize) -> Result<(), String> {
    match text.chars().count() {
        length if length > max => Err(format!("{field} has {length} characters, not up to {max}")),
        _ => Ok(()),
    }
}

fn list<'a>(value: Option<&'a Value>, field: &str) -> Result<&'a [Value], String> {
    let list = value.map(|value| value.as_array().ok_or_else(|| format!("{field} is not a list")));
    Ok(list.transpose()?.map_or(&[], Vec::as_slice))
}

/// A list with at least one and at most `max` things in it.
fn filled<'a>(block: &'a Value, field: &str, max: usize) -> Result<&'a [Value], String> {
    let list = list(block.get(field), field)?;
    match list.len() {
        0 => Err(format!("{field} is empty")),
        length if length > max => Err(format!("{field} has {length} parts, not up to {max}")),
        _ => Ok(list),
    }
}

/// The characters of every `text` in a block.
fn characters_in(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(field, value)| match value.as_str() {
                Some(text) if field == "text" => text.chars().count(),
                _ => characters_in(value),
            })
            .sum(),
        Value::Array(values) => values.iter().map(characters_in).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

const FIELDS: &[&str] =
    &["text", "blocks", "attachments", "mrkdwn", "unfurl_links", "unfurl_media"];
const TEXTS: &[&str] = &["plain_text", "mrkdwn"];
const TEXT_MAX: usize = 40_000;
const BLOCKS_MAX: usize = 50;

/// Not in Slack's documents, but found in practice.
const BLOCKS_CHARACTERS_MAX: usize = 13_200;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn block_fault(block: &Value) -> Option<String> {
        fault_of(&json!({ "blocks": [block] }))
    }

    #[test]
    fn a_message_of_every_block_is_shown() {
        let text = |text: &str| json!({ "type": "mrkdwn", "text": text });
        let plain = |text: &str| json!({ "type": "plain_text", "text": text });
        let label = plain("Acknowledge");
        let button = json!({ "type": "button", "text": label, "style": "danger", "value": "k" });
        let image = json!({ "type": "image", "image_url": "https://x/y.png", "alt_text": "y" });
        let message = json!({
            "text": "fallback",
            "blocks": [
                { "type": "header", "text": plain("calls_waiting") },
                { "type": "section", "text": text("*22*"), "fields": [text("a"), text("b")],
                  "accessory": button },
                { "type": "divider", "block_id": "line" },
                { "type": "context", "elements": [text("since 14:32"), image] },
                { "type": "actions", "elements": [button] },
                image,
            ],
            "attachments": [{ "color": "danger", "blocks": [{ "type": "divider" }] }],
        });
        assert_eq!(fault_of(&message), None);
    }

    #[test]
    fn each_limit_is_held() {
        let plain = |length: usize| json!({ "type": "plain_text", "text": "x".repeat(length) });
        let header = |length| json!({ "type": "header", "text": plain(length) });
        assert_eq!(block_fault(&header(150)), None);
        assert!(block_fault(&header(151)).is_some());
        assert!(block_fault(&header(0)).is_some());
        let section = |length| json!({ "type": "section", "text": plain(length) });
        assert_eq!(block_fault(&section(3_000)), None);
        assert!(block_fault(&section(3_001)).is_some());
        let fields = |count, length| {
            let fields = alloc::vec![plain(length); count];
            json!({ "type": "section", "fields": fields })
        };
        assert_eq!(block_fault(&fields(10, 1_000)), None);
        assert!(block_fault(&fields(11, 10)).is_some());
        assert!(block_fault(&fields(1, 2_001)).is_some());
        assert!(block_fault(&fields(10, 1_500)).is_some(), "too much in all");
        let blocks = |count| fault_of(&json!({ "blocks": alloc::vec![header(1); count] }));
        assert_eq!(blocks(50), None);
        assert!(blocks(51).is_some());
        assert!(block_fault(&json!({ "type": "actions", "elements": [] })).is_some());
        assert!(block_fault(&json!({ "type": "section" })).is_some());
        let markdown = json!({ "type": "header", "text": { "type": "mrkdwn", "text": "x" } });
        assert!(block_fault(&markdown).is_some());
        let twice = json!({ "type": "divider", "block_id": "a" });
        assert!(fault_of(&json!({ "blocks": [twice, twice] })).is_some());
    }

    #[test]
    fn an_empty_or_foreign_message_is_not_shown() {
        assert_eq!(fault_of(&json!({ "text": "hello" })), None);
        for message in [
            json!({}),
            json!({ "text": "" }),
            json!({ "text": 5 }),
            json!("hello"),
            json!({ "text": "hello", "colour": "red" }),
            json!({ "blocks": {} }),
            json!({ "blocks": [{ "type": "banner" }] }),
            json!({ "blocks": [{}] }),
        ] {
            assert!(fault_of(&message).is_some(), "{message}");
        }
    }
}
