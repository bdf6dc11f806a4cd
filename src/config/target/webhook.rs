//! `kind = "webhook"`: any receiver of HTTP, by default one that verifies Standard Webhooks.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `url` | address or secret | required | where notices go |
//! | `method` | `POST`, `PUT`, `PATCH` | `POST` | |
//! | `headers` | table of texts or secrets | none | more headers |
//! | `body` | template | guide 1's payload | `{"text": {{ summary|tojson }}}` |
//! | `token`, or `user` and `password` | secret | none | bearer, or basic |
//! | `client_id`, `client_secret`, `token_url`, `scope` | | none | or a token by OAuth 2.0 |
//! | `signing_secret` | secret | required without other proof | `whsec_` and base64; signs |

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::config::{login, secret};
use crate::document::{Item, Table, Value};
use crate::limits::WEBHOOK_HEADERS_MAX;
use crate::model::catalogue::{BodyForm, Catalogue};
use crate::model::config::TextOrSecret;
use crate::model::http::Method;
use crate::model::login::HttpLogin;
use crate::model::target::Webhook;

/// Reads what is a webhook's of a `[[target]]`.
pub(super) fn read(table: &mut Table<'_>, catalogue: &Catalogue) -> Option<Webhook> {
    let help = "Write url = \"https://...\": where notices are sent to.";
    let url = table.required("url", help).and_then(|item| secret::address_or_reference(&item));
    let method = match table.optional("method") {
        Some(item) => item.one_of("a method that has a body", METHODS),
        None => Some(Method::Post),
    };
    let headers = table.optional("headers").map_or(Some(Vec::new()), |item| headers(&item));
    let form = headers.as_deref().map_or(BodyForm::Any, Webhook::form_of);
    let body = match table.optional("body") {
        Some(item) => body(&item, form, catalogue).map(Some),
        None => Some(None),
    };
    let signing = table.optional("signing_secret");
    let login = login::of_target(table);
    let is_proved = !matches!(login, Some(HttpLogin::None))
        || headers.iter().flatten().any(|(_, value)| value.secret().is_some());
    let signing_secret = match signing {
        Some(item) => secret::reference(&item).map(Some),
        None if is_proved => Some(None),
        None => table.item().refuse(
            "signing_secret is missing",
            "Write signing_secret = { credential = \"name\" }: whsec_ and base64; or what shows \
             else who sends: token, user and password, or a header that is a secret.",
        ),
    };
    Some(Webhook {
        url: url?,
        method: method?,
        headers: headers?,
        body: body?,
        login: login?,
        signing_secret: signing_secret?,
    })
}

fn headers(item: &Item<'_>) -> Option<Vec<(Box<str>, TextOrSecret)>> {
    let entries = item.table()?.rest();
    if entries.len() > WEBHOOK_HEADERS_MAX {
        let help = format!("At most {WEBHOOK_HEADERS_MAX} are possible.");
        return item.refuse(format!("there are {} headers", entries.len()), help);
    }
    let header = |(name, value): (&str, Item<'_>)| {
        let lower = name.to_ascii_lowercase();
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(is_token) {
            let help = "Write letters, digits and dashes.";
            return value.refuse(format!("\"{name}\" is no name of a header"), help);
        }
        if OWN_HEADERS.contains(&&*lower) {
            let help = "Take it out.";
            return value.refuse(format!("{name} is a header that the hub gives itself"), help);
        }
        if lower == "authorization" && matches!(value.value(), Value::Text(_)) {
            let help = "Write { credential = \"name\" }, or token, or user and password.";
            return value.refuse_hidden("secrets never stand in the file", help);
        }
        let value = match value.value() {
            Value::Text(text) if text.chars().all(|c| matches!(c, ' '..='~')) => {
                TextOrSecret::Text(text.as_str().into())
            }
            Value::Text(_) => {
                let help = "Write plain characters on one line.";
                return value.refuse("this is no value of a header", help);
            }
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::List(_)
            | Value::Table(_) => TextOrSecret::Secret(secret::reference(&value)?),
        };
        Some((lower.into(), value))
    };
    entries.into_iter().map(header).collect::<Vec<_>>().into_iter().collect()
}

/// A template, which is rendered for every kind of notice, and read as JSON where it has to be.
fn body(item: &Item<'_>, form: BodyForm, catalogue: &Catalogue) -> Option<Box<str>> {
    let text = item.text()?;
    let Err(fault) = (catalogue.check_body)(text, form) else { return Some(text.into()) };
    let message = match fault.line {
        Some(line) => format!("line {line} of the template: {}", fault.what),
        None => fault.what,
    };
    let help = "Write the names that the README lists, those in JSON with |tojson.";
    item.refuse(message, help)
}

const METHODS: &[(&str, Method)] =
    &[("POST", Method::Post), ("PUT", Method::Put), ("PATCH", Method::Patch)];

/// What the hub, or the way to the receiver, gives each request.
const OWN_HEADERS: [&str; 9] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "idempotency-key",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "user-agent",
];
