//! Reads a `[webhook.registration]` table: the requests by which our webhook is registered.
//!
//! # Promises
//! - `every_mistake_in_a_registration_is_pointed_at`

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::document::{Item, Table};
use crate::limits::WEBHOOK_COMPARED_MAX;
use crate::model::config::WEBHOOK_URL;
use crate::platform::file::{Names, address, path, template};
use crate::platform::file_auth::{any_method, headers_of};
use crate::platform::file_request::{object, paging_of, turns_pages};
use crate::platform::page::Paging;
use crate::platform::path::Path;
use crate::platform::registration::{Call, Listing, Registration};
use crate::platform::template::Hole;

/// Reads the table.
pub(super) fn registration(mut table: Table<'_>, names: &Names<'_>) -> Option<Registration> {
    let name = table.required("name", "Write name = \"andon\": by it ours is known again.");
    let name = name.and_then(|item| template(&item, &names.texts));
    let help = "Write a [webhook.registration.list] table.";
    let list = table.required("list", help).and_then(|item| item.table());
    let list = list.and_then(|table| listing(table, names));
    let help = "Write a [webhook.registration.create] table.";
    let create = table.required("create", help).and_then(|item| item.table());
    let create = create.and_then(|table| whole_call(table, names));
    let help = "Write a [webhook.registration.delete] table.";
    let delete = table.required("delete", help).and_then(|item| item.table());
    let delete = delete.and_then(|table| call_of_one(table, names));
    let update = table.optional("update").map(|item| item.table());
    let update = update.map(|table| table.and_then(|table| call_of_one(table, names)));
    table.finish();
    let create = create?;
    // What it is changed to is what it would be created as.
    let whole = |update: Call| Call { body: update.body.or_else(|| create.body.clone()), ..update };
    let update = update.map_or(Some(None), |update| update.map(whole).map(Some));
    Some(Registration { name: name?, list: list?, update: update?, delete: delete?, create })
}

fn listing(mut table: Table<'_>, names: &Names<'_>) -> Option<Listing> {
    let paging = table.optional("paging").and_then(|item| item.table()).map(paging_of);
    let mut at = |key, help| table.required(key, help).and_then(|item| path(&item));
    let rows = at("rows", "Write where the list of webhooks is: rows = \"entities\".");
    let id = at("registration_id", "Write registration_id = \"id\".");
    let name = at("registration_name", "Write registration_name = \"name\".");
    let url = at("registration_url", "Write registration_url = \"url\".");
    let help = "Write compare = [\"url\", \"events\"]: what else is corrected.";
    let compare = table.required("compare", help).and_then(|item| compared(&item));
    let call = call(&mut table, &["page"], names);
    let paging = paging.unwrap_or(Some(Paging::None));
    if let (Some(call), Some(paging)) = (&call, &paging) {
        turns_pages(&table, paging, holds(call, &Hole::Page));
    }
    table.finish();
    Some(Listing {
        call: call?,
        paging: paging?,
        rows: rows?,
        id: id?,
        name: name?,
        url: url?,
        compare: compare?,
    })
}

fn compared(item: &Item<'_>) -> Option<Vec<Path>> {
    let list = item.list_of(1..=WEBHOOK_COMPARED_MAX)?;
    list.iter().map(path).collect()
}

fn whole_call(mut table: Table<'_>, names: &Names<'_>) -> Option<Call> {
    let call = call(&mut table, &[], names);
    table.finish();
    call
}

/// A request about one of those that are listed has to say which.
fn call_of_one(mut table: Table<'_>, names: &Names<'_>) -> Option<Call> {
    let call = call(&mut table, &["registration_id"], names)?;
    let names_one = holds(&call, &Hole::RegistrationId);
    if !names_one {
        let help = "Write {registration_id} into url.";
        table.item().refuse::<()>("does not say which webhook it is about", help);
    }
    table.finish();
    names_one.then_some(call)
}

fn call(table: &mut Table<'_>, own: &[&str], names: &Names<'_>) -> Option<Call> {
    let method = table.required("method", "Write method = \"GET\", POST, PUT or DELETE.");
    let method = method.and_then(|item| any_method(&item));
    let texts = [names.texts.as_slice(), own].concat();
    let url = table.required("url", "Write the address.");
    let url = url.and_then(|item| address(&item, &texts, names));
    let headers = table.optional("headers").and_then(|item| item.table());
    let in_headers = [texts.as_slice(), &["token"]].concat();
    let headers = headers.map(|table| headers_of(table, &in_headers)).unwrap_or_default();
    let body = table.optional("body").and_then(|item| item.table());
    let in_body = [texts.as_slice(), &[WEBHOOK_URL]].concat();
    let body: Option<Vec<(Box<str>, _)>> = body.map(|table| object(table, &in_body, &names.lists));
    Some(Call { method: method?, url: url?, headers, body })
}

fn holds(call: &Call, hole: &Hole) -> bool {
    call.url.has(hole) || call.body.iter().flatten().any(|(_, json)| json.has(hole))
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    use crate::platform::Definition;

    const GUIDE: &str = include_str!("definitions/genesys-cloud-guide.toml");

    fn problems(from: &str, to: &str) -> String {
        let text = GUIDE.replacen(from, to, 1);
        assert_ne!(text, GUIDE, "{from}");
        let problems = Definition::parse("f.toml", &text).unwrap_err();
        let lines = problems.lines().map(|line| format!("{}. {}", line.message, line.help));
        lines.collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn every_mistake_in_a_registration_is_pointed_at() {
        let within = "webhook.registration";
        let cases = [
            ("name = \"{webhook_name}\"\n\n", "\n", "name is missing"),
            ("method = \"DELETE\"", "method = \"DELET\"", "Did you mean DELETE?"),
            ("/{registration_id}", "", "update: does not say which webhook it is about"),
            ("[\"url\", \"events\", \"enabled\"]", "[]", "list.compare: the list is empty"),
            ("\"events\", \"enabled\"]", "\"events.[\"]", "compare[1]: is not JMESPath"),
            ("pageNumber={page}", "pageNumber=1", "list: has pages, and asks for none by {page}"),
            (
                "registration_id = \"id\"",
                "registration_i = \"id\"",
                "Did you mean registration_id?",
            ),
            ("{{{{uuid}}}}", "{{{uuid}}}", "{uuid} cannot be filled in here"),
            ("{webhook_url}", "{client_secret}", "{client_secret} cannot be filled in here"),
            ("{base_url}/api/v2/integration/webhooks\"", "{webhook_url}\"", "{webhook_url} cannot"),
            ("[webhook.registration.delete]", "[webhook.registration.remove]", "delete is missing"),
        ];
        for (from, to, wanted) in cases {
            let said = problems(from, to);
            assert!(said.contains(wanted) && said.contains(within), "{from} -> {to}: {said}");
        }
    }
}
