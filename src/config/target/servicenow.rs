//! `kind = "servicenow"`, the incident table of ServiceNow, and `kind = "servicenow-events"`, its
//! Event Management.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::config::{login, secret};
use crate::document::{Item, Table};
use crate::limits::{SERVICENOW_FIELD_CHARS_MAX, SERVICENOW_FIELDS_MAX, SERVICENOW_STATES_MAX};
use crate::model::config::TextOrSecret;
use crate::model::login::HttpLogin;
use crate::model::target::{IncidentStates, ServiceNow, ServiceNowEvents};

/// Reads what is ServiceNow's of a `[[target]]` for incidents.
pub(super) fn incidents(table: &mut Table<'_>) -> Option<ServiceNow> {
    let help = "Write url = \"https://INSTANCE.service-now.com/api/now/v2/table/incident\".";
    let url = url(table, help);
    let login = login(table);
    let fields = table.optional("fields").map(|item| fields(&item));
    let states = table.optional("states").map(|item| item.table().and_then(states));
    let code = table.optional("close_code").map(|item| value(&item));
    Some(ServiceNow {
        url: url?,
        login: login?,
        fields: fields.unwrap_or_else(|| Some(Vec::new()))?,
        states: states.unwrap_or_else(|| Some(usual()))?,
        close_code: code.unwrap_or_else(|| Some("Solution provided".into()))?,
    })
}

/// Reads what is ServiceNow's of a `[[target]]` for events.
pub(super) fn events(table: &mut Table<'_>) -> Option<ServiceNowEvents> {
    let help = "Write url = \"https://INSTANCE.service-now.com/api/global/em/jsonv2\".";
    let url = url(table, help);
    let login = login(table);
    let help = "Write alerts_url = \"https://INSTANCE.service-now.com/api/now/v2/table/em_alert\".";
    let alerts_url = table.optional("alerts_url").map(|item| without_query(&item, help));
    Some(ServiceNowEvents {
        url: url?,
        alerts_url: alerts_url.map_or(Some(None), |url| url.map(Some))?,
        login: login?,
    })
}

fn url(table: &mut Table<'_>, help: &str) -> Option<TextOrSecret> {
    without_query(&table.required("url", help)?, help)
}

fn without_query(item: &Item<'_>, help: &str) -> Option<TextOrSecret> {
    let url = secret::address_or_reference(item)?;
    match &url {
        TextOrSecret::Text(text) if text.contains(['?', '#']) => {
            item.refuse("the address has a query, and ours would follow it", help)
        }
        TextOrSecret::Text(_) | TextOrSecret::Secret(_) => Some(url),
    }
}

/// Who writes there: somebody has to.
fn login(table: &mut Table<'_>) -> Option<HttpLogin> {
    let login = login::of_target(table)?;
    if login == HttpLogin::None {
        return table.item().refuse(
            "nothing says who writes there",
            "Write user and password = { credential = \"name\" }, or token alone, or client_id, \
             client_secret and token_url = \"https://INSTANCE.service-now.com/oauth_token.do\".",
        );
    }
    Some(login)
}

/// Free fields of a new incident; those that we write ourselves are ours.
fn fields(item: &Item<'_>) -> Option<Vec<(Box<str>, Box<str>)>> {
    let mut table = item.table()?;
    let given = table.rest();
    if given.len() > SERVICENOW_FIELDS_MAX {
        let help = format!("At most {SERVICENOW_FIELDS_MAX} fields are possible.");
        return item.refuse(format!("has {} fields", given.len()), help);
    }
    let field = |(name, item): (&str, Item<'_>)| {
        if OURS.contains(&name) {
            return item.refuse(format!("{name} is written by the hub"), "Leave it out.");
        }
        let is_fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(is_fit) {
            let help = "Write the column's name, as in assignment_group = \"Network\".";
            return item.refuse(format!("\"{name}\" is no column of a table"), help);
        }
        Some((name.into(), value(&item)?))
    };
    let fields: Vec<_> = given.into_iter().map(field).collect();
    fields.into_iter().collect()
}

/// What the hub writes into an incident itself.
const OURS: [&str; 10] = [
    "close_code",
    "close_notes",
    "correlation_display",
    "correlation_id",
    "description",
    "impact",
    "short_description",
    "state",
    "urgency",
    "work_notes",
];

fn value(item: &Item<'_>) -> Option<Box<str>> {
    let text = item.text()?;
    if text.is_empty() || text.chars().count() > SERVICENOW_FIELD_CHARS_MAX {
        let help = format!("Write 1 to {SERVICENOW_FIELD_CHARS_MAX} characters.");
        return item.refuse("this cannot stand in a field", help);
    }
    Some(text.into())
}

fn states(mut table: Table<'_>) -> Option<IncidentStates> {
    let usual = usual();
    let mut one = |key, usual: Box<str>| match table.optional(key) {
        Some(item) => state(&item),
        None => Some(usual),
    };
    let open = one("open", usual.open);
    let acknowledged = one("acknowledged", usual.acknowledged);
    let resolved = one("resolved", usual.resolved);
    let closed = match table.optional("closed") {
        Some(item) => item.list_of(1..=SERVICENOW_STATES_MAX).and_then(|list| {
            let states: Vec<_> = list.iter().map(state).collect();
            states.into_iter().collect()
        }),
        None => Some(usual.closed),
    };
    table.finish();
    Some(IncidentStates {
        open: open?,
        acknowledged: acknowledged?,
        resolved: resolved?,
        closed: closed?,
    })
}

fn state(item: &Item<'_>) -> Option<Box<str>> {
    let text = item.text()?;
    if text.is_empty() || text.len() > 3 || text.contains(|c: char| !c.is_ascii_digit() && c != '-')
    {
        let help = "Write the number that the instance gives it, as in resolved = \"6\".";
        return item.refuse(format!("\"{text}\" is no state of an incident"), help);
    }
    Some(text.into())
}

/// The states that every instance begins with.
fn usual() -> IncidentStates {
    IncidentStates {
        open: "1".into(),
        acknowledged: "2".into(),
        resolved: "6".into(),
        closed: Vec::from(["7".into(), "8".into()]),
    }
}
