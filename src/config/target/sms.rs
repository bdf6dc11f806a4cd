//! `kind = "sms"`: SMS through an account at Twilio.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `account` | text | required | its SID, `AC...` |
//! | `api_key` | text | none | the SID of an API key, `SK...`, that logs in for it |
//! | `auth_token` | secret | required | of the account, or the secret of the key |
//! | `from` | text | none | a number of the account, or a name of up to 11 letters |
//! | `messaging_service` | text | none | in its place: `MG...` |
//! | `to` | list of texts | required | numbers with their country, 16 at the most |
//! | `validity_seconds` | 1 to 36000 | 3600 | what no phone took for so long is not sent any more |
//! | `url` | address or secret | of the account at Twilio | where messages are made and listed |

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::config::{seconds, secret};
use crate::document::{Item, Table};
use crate::limits::{RECIPIENTS_MAX, SMS_VALIDITY, SMS_VALIDITY_SECONDS_MAX};
use crate::model::config::TextOrSecret;
use crate::model::target::{Sms, SmsSender};

/// Reads what is Twilio's of a `[[target]]`.
pub(super) fn read(table: &mut Table<'_>) -> Option<Sms> {
    let help = "Write account = \"AC...\": the account's SID.";
    let account = table.required("account", help).and_then(|item| sid(&item, "AC"));
    let user = match table.optional("api_key") {
        Some(item) => sid(&item, "SK"),
        None => account.clone(),
    };
    let help = "Write auth_token = { credential = \"name\" }: of the account, or of the API key.";
    let auth_token = table.required("auth_token", help).and_then(|item| secret::reference(&item));
    let from = sender(table);
    let help = "Write to = [\"+15551234567\"]: who gets the messages.";
    let to = table.required("to", help).and_then(|item| {
        let list = item.list_of(1..=RECIPIENTS_MAX)?;
        list.iter().map(number).collect::<Vec<_>>().into_iter().collect()
    });
    let validity = seconds(table, "validity_seconds", SMS_VALIDITY, 1..=SMS_VALIDITY_SECONDS_MAX);
    let url = match table.optional("url") {
        Some(item) => secret::address_or_reference(&item),
        None => account.map(|account| {
            TextOrSecret::Text(format!("{HOST}/2010-04-01/Accounts/{account}/Messages.json").into())
        }),
    };
    Some(Sms { url: url?, user: user?, auth_token: auth_token?, from: from?, to: to?, validity })
}

fn sender(table: &mut Table<'_>) -> Option<SmsSender> {
    match (table.optional("from"), table.optional("messaging_service")) {
        (Some(_), Some(service)) => service.refuse(
            "there is a number in from already",
            "Keep from, or messaging_service, which has numbers of its own.",
        ),
        (None, Some(service)) => sid(&service, "MG").map(SmsSender::Service),
        (Some(from), None) => {
            let text = from.text()?;
            let is_short = (3..=11).contains(&text.len())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ');
            if is_short || is_number(text) {
                return Some(SmsSender::Number(text.into()));
            }
            from.refuse(
                format!("\"{text}\" cannot send"),
                "Write a number of the account with its country: \"+15551234567\".",
            )
        }
        (None, None) => table.item().refuse(
            "there is no number to send from",
            "Write from = \"+15551234567\", or messaging_service = \"MG...\".",
        ),
    }
}

fn number(item: &Item<'_>) -> Option<Box<str>> {
    let text = item.text()?;
    if is_number(text) {
        return Some(text.into());
    }
    item.refuse(
        format!("\"{text}\" is no number that can be sent to"),
        "Write it with its country and without blanks: \"+15551234567\".",
    )
}

/// E.164: a plus sign and up to 15 digits, of which the shortest in use have 8.
fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

/// One of Twilio's identifiers: two letters and 32 hexadecimal digits.
fn sid(item: &Item<'_>, kind: &str) -> Option<Box<str>> {
    let text = item.text()?;
    let digits = text.strip_prefix(kind);
    if digits
        .is_some_and(|digits| digits.len() == 32 && digits.bytes().all(|d| d.is_ascii_hexdigit()))
    {
        return Some(text.into());
    }
    item.refuse(
        format!("\"{text}\" is no SID of this kind"),
        format!("Write what Twilio's console shows: {kind} and 32 hexadecimal digits."),
    )
}

const HOST: &str = "https://api.twilio.com";
