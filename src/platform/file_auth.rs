//! Reads `[auth]` and `[[discovery]]`: how a source proves who it is, and what it learns on the
//! way.
//!
//! Secrets may stand here and nowhere else in a definition. What a login or a discovery step takes
//! from its answer is a placeholder for every step after it.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::document::{Item, Table};
use crate::limits::DISCOVERY_STEPS_MAX;
use crate::model::http::Method;
use crate::platform::discovery::{Discovery, Take};
use crate::platform::file::{Names, address, header_name, near_help, one_of, path, template};
use crate::platform::file_request::object;
use crate::platform::login::{Auth, ClientAuth, Login, LoginBody};
use crate::platform::path::Path;
use crate::platform::template::{Hole, Template};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    Headers,
    ClientCredentials,
    Password,
    Json,
    Aws,
}

const KINDS: [(&str, Kind); 6] = [
    ("none", Kind::None),
    ("headers", Kind::Headers),
    ("oauth-client-credentials", Kind::ClientCredentials),
    ("oauth-password", Kind::Password),
    ("json-login", Kind::Json),
    ("aws-sigv4", Kind::Aws),
];

/// Reads `[auth]`; the texts that it takes from an answer become names.
pub(super) fn auth<'a>(mut table: Table<'a>, names: &mut Names<'a>) -> Option<Auth> {
    let kind = table.required("kind", "Write kind = \"oauth-client-credentials\".");
    let kind = kind.and_then(|item| one_of(&item, &KINDS));
    let auth = match kind? {
        Kind::None => Some(Auth::Nothing),
        Kind::Headers => headers(&mut table, names).map(Auth::Headers),
        Kind::Aws => aws(&mut table, names),
        kind @ (Kind::ClientCredentials | Kind::Password | Kind::Json) => {
            let login = login(&mut table, kind, names);
            let refresh = table.optional("refresh").and_then(|item| item.table());
            let client = login.as_ref().map(|login| &login.client);
            let client = client.unwrap_or(&ClientAuth::InBody);
            let refresh = refresh.map(|table| refresh_of(table, client, names));
            login.map(|login| Auth::Login(Box::new(login), refresh.flatten().map(Box::new)))
        }
    };
    table.finish();
    auth
}

/// Reads `[[discovery]]`.
pub(super) fn discovery<'a>(
    tables: Vec<Table<'a>>,
    names: &mut Names<'a>,
) -> Option<Vec<Discovery>> {
    if let Some(table) = tables.get(DISCOVERY_STEPS_MAX) {
        let help = format!("Write at most {DISCOVERY_STEPS_MAX} [[discovery]] tables.");
        return table.item().refuse("is one too many", help);
    }
    tables.into_iter().map(|table| discovery_step(table, names)).collect()
}

fn discovery_step<'a>(mut table: Table<'a>, names: &mut Names<'a>) -> Option<Discovery> {
    let name = table.required_text("name", "Write a name for log lines.");
    let url = table.required("url", "Write the address.");
    let url = url.and_then(|item| address(&item, &names.texts, names));
    let allowed = [names.texts.as_slice(), &["token"]].concat();
    let headers = table.optional("headers").and_then(|item| item.table());
    let headers = headers.map(|table| headers_of(table, &allowed)).unwrap_or_default();
    let take = table.required("take", "Write take = { api_url = \"api_endpoint\" }.");
    let take = take.and_then(|item| takes(&item, names));
    table.finish();
    Some(Discovery { name: name?.into(), url: url?, headers, take: take? })
}

fn login<'a>(table: &mut Table<'a>, kind: Kind, names: &mut Names<'a>) -> Option<Login> {
    let url = table.required("url", "Write the address that gives tokens.");
    let url = url.and_then(|item| template(&item, &names.texts));
    let sent = match kind {
        Kind::ClientCredentials => oauth(table, "client_credentials", &[], names),
        Kind::Password => {
            let user = table.required("username", "Write username = \"{access_key_id}\".");
            let user = user.and_then(|item| template(&item, &names.all()));
            let password = table.required("password", "Write password = \"{access_key_secret}\".");
            let password = password.and_then(|item| template(&item, &names.all()));
            let own = [("username", user), ("password", password)];
            let own: Vec<_> = own.into_iter().filter_map(|(key, at)| Some((key, at?))).collect();
            oauth(table, "password", &own, names)
        }
        Kind::Json | Kind::None | Kind::Headers | Kind::Aws => {
            let body = table.required("body", "Write an [auth.body] table.");
            let body = body.and_then(|item| item.table());
            let body = body.map(|table| object(table, &names.all(), &[]));
            body.map(|body| (ClientAuth::InBody, LoginBody::Json(body)))
        }
    };
    let reply = reply(table, names);
    let (client, body) = sent?;
    let Reply { token, life_seconds, refresh_token, take } = reply?;
    Some(Login { url: url?, client, body, token, life_seconds, refresh_token, take })
}

/// Where a token reply has what.
struct Reply {
    token: Path,
    life_seconds: Path,
    refresh_token: Option<Path>,
    take: Vec<Take>,
}

fn reply<'a>(table: &mut Table<'a>, names: &mut Names<'a>) -> Option<Reply> {
    let token = table.required("token", "Write token = \"access_token\".");
    let token = token.and_then(|item| path(&item));
    let life = table.required("life_seconds", "Write life_seconds = \"expires_in\".");
    let life_seconds = life.and_then(|item| path(&item));
    let refresh_token = table.optional("refresh_token").and_then(|item| path(&item));
    let take = table.optional("take").map(|item| takes(&item, names));
    let take = take.unwrap_or_else(|| Some(Vec::new()));
    Some(Reply { token: token?, life_seconds: life_seconds?, refresh_token, take: take? })
}

/// Reads `[auth.refresh]`: a JSON body or a form in which `{refresh_token}` stands. A form is RFC
/// 6749's, so the client says who it is as at its login.
fn refresh_of<'a>(
    mut table: Table<'a>,
    client: &ClientAuth,
    names: &mut Names<'a>,
) -> Option<Login> {
    let url = table.required("url", "Write the address that renews tokens.");
    let url = url.and_then(|item| address(&item, &names.texts, names));
    let allowed = [names.all().as_slice(), &["refresh_token"]].concat();
    let sent = match (table.optional("body"), table.optional("form")) {
        (Some(body), None) => body.table().map(|table| {
            let body = object(table, &allowed, &[]);
            (ClientAuth::InBody, LoginBody::Json(body))
        }),
        (None, Some(form)) => {
            let form = form.table().and_then(|table| form_of(table, &allowed));
            form.map(|form| (client.clone(), LoginBody::Form(form)))
        }
        (Some(_), Some(form)) => form.refuse("body and form exclude each other", "Keep one."),
        (None, None) => {
            let help = "Write form = { grant_type = \"refresh_token\", refresh_token = \
                        \"{refresh_token}\" }, or a JSON body.";
            table.item().refuse("nothing is sent", help)
        }
    };
    let reply = reply(&mut table, names);
    table.finish();
    let Reply { token, life_seconds, refresh_token, take } = reply?;
    let (client, body) = sent?;
    Some(Login { url: url?, client, body, token, life_seconds, refresh_token, take })
}

/// The fields of a form, in the order of their names.
fn form_of(mut table: Table<'_>, allowed: &[&str]) -> Option<Vec<(Box<str>, Template)>> {
    let field = |(name, item): (&str, Item<'_>)| Some((name.into(), template(&item, allowed)?));
    table.rest().into_iter().map(field).collect()
}

/// RFC 6749: the grant, its own fields, the client in the form or in a header, the scope.
fn oauth(
    table: &mut Table<'_>,
    grant: &str,
    own: &[(&str, Template)],
    names: &Names<'_>,
) -> Option<(ClientAuth, LoginBody)> {
    let places = [("body", 0), ("basic", 1), ("basic-encoded", 2)];
    let place = table.required("client_auth", "Write client_auth = \"body\" or \"basic\".");
    let place = place.and_then(|item| one_of(&item, &places));
    let id = table.required("client_id", "Write client_id = \"{client_id}\".");
    let id = id.and_then(|item| template(&item, &names.all()));
    let secret = table.required("client_secret", "Write client_secret = \"{...}\".");
    let secret = secret.and_then(|item| template(&item, &names.secrets));
    let scope = table.optional("scope").and_then(|item| template(&item, &names.texts));
    let grant = Template::parse(grant, &[]).ok()?;
    let (place, id, secret) = (place?, id?, secret?);
    let mut form = Vec::from([("grant_type".into(), grant)]);
    form.extend(own.iter().map(|(name, value)| (Box::from(*name), value.clone())));
    let client = if place == 0 {
        form.push(("client_id".into(), id));
        form.push(("client_secret".into(), secret));
        ClientAuth::InBody
    } else {
        ClientAuth::Basic { id, secret, encoded: place == 2 }
    };
    form.extend(scope.map(|scope| (Box::from("scope"), scope)));
    Some((client, LoginBody::Form(form)))
}

fn headers(table: &mut Table<'_>, names: &Names<'_>) -> Option<Vec<(Box<str>, Template)>> {
    let headers = table.required("headers", "Write headers = { x-api-key = \"{api_key}\" }.");
    Some(headers_of(headers?.table()?, &names.all()))
}

/// A table of headers, in each of which the given placeholders may stand.
pub(super) fn headers_of(mut table: Table<'_>, allowed: &[&str]) -> Vec<(Box<str>, Template)> {
    let header = |(name, item): (&str, Item<'_>)| {
        let value = template(&item, allowed);
        Some((header_name(&item, name)?, value?))
    };
    table.rest().into_iter().filter_map(header).collect()
}

fn aws(table: &mut Table<'_>, names: &Names<'_>) -> Option<Auth> {
    let mut field = |key, help: &str, allowed: &[&str]| {
        table.required(key, help).and_then(|item| template(&item, allowed))
    };
    let id = field("access_key_id", "Write access_key_id = \"{access_key_id}\".", &names.all());
    let help = "Write secret_access_key = \"{secret_access_key}\".";
    let secret = field("secret_access_key", help, &names.secrets);
    let region = field("region", "Write region = \"{region}\".", &names.texts);
    let service = field("service", "Write service = \"connect\".", &[]);
    Some(Auth::Aws {
        access_key_id: id?,
        secret_access_key: secret?,
        region: region?,
        service: service?,
    })
}

/// `{ name = "path" }`, or `{ name = { path = "tenantId", jwt = "id_token" } }` for a claim of a
/// JSON Web Token that stands at `jwt`.
fn takes<'a>(item: &Item<'a>, names: &mut Names<'a>) -> Option<Vec<Take>> {
    let mut taken = Vec::new();
    for (name, item) in item.table()?.rest() {
        let is_taken =
            [&names.texts, &names.lists, &names.secrets].iter().any(|of| of.contains(&name));
        if is_taken || Hole::RESERVED.contains(&name) {
            item.refuse::<()>(format!("{name} has a meaning already"), "Call it otherwise.");
            continue;
        }
        let table = matches!(item.value(), crate::document::Value::Table(_));
        let take = if table {
            item.table().and_then(|mut table| {
                let at = table.required("path", "Write path = \"tenantId\".");
                let at = at.and_then(|item| path(&item));
                let jwt = table.required("jwt", "Write jwt = \"id_token\".");
                let jwt = jwt.and_then(|item| path(&item));
                table.finish();
                Some(Take { name: name.into(), path: at?, jwt: Some(jwt?) })
            })
        } else {
            path(&item).map(|path| Take { name: name.into(), path, jwt: None })
        };
        names.texts.push(name);
        names.taken.push(name);
        taken.extend(take);
    }
    Some(taken)
}

/// Reads `hosts`: where addresses in answers may lead besides the host that gave them.
pub(super) fn hosts(item: &Item<'_>, names: &Names<'_>) -> Option<Vec<Template>> {
    let host = |(item, text): (Item<'_>, &str)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
        let domain = text.strip_prefix("*.").unwrap_or(text);
        let is_list = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match is_list {
            Some(list) if names.lists.contains(&list) => template(&item, &names.lists),
            Some(list) => item.refuse(
                format!("no list parameter is called {list}"),
                near_help(list, names.lists.iter().copied()),
            ),
            None if domain.contains('.') && domain.chars().all(plain) => template(&item, &[]),
            None => item.refuse("is no host", "Write \"api.example.com\" or \"*.example.com\"."),
        }
    };
    Some(item.texts()?.into_iter().filter_map(host).collect())
}

/// GET and POST.
pub(super) fn method(item: &Item<'_>) -> Option<Method> {
    one_of(item, &[("GET", Method::Get), ("POST", Method::Post)])
}

/// Any method.
pub(super) fn any_method(item: &Item<'_>) -> Option<Method> {
    let others = [("PUT", Method::Put), ("DELETE", Method::Delete)];
    one_of(item, &[&[("GET", Method::Get), ("POST", Method::Post)], &others[..]].concat())
}
