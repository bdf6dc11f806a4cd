//! `[[source]]`: one tenant of one platform.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `name` | text | required | what the file and every alert call it |
//! | `definition` | text | required | the source definition that it follows |
//! | `webhook_secret` | secret | none | what its webhooks are proved by; without it none is taken |
//! | `webhook_secret_previous` | secret | none | is believed, too, while the sender changes over |
//! | `webhook_url` | address | none | where its webhooks come in, as senders reach it |
//! | `webhook_certificates` | list | none | SHA-256 of the client certificates that are believed |
//! | `webhook_register` | flag | false | whether the hub registers its webhook at start |
//! | the definition's parameters | text, secret or list | the definition's | see the definition |
//!
//! A parameter that is a secret takes `{ credential = "name" }` or `{ file = "/path" }`. One whose
//! name ends in `url` takes an https address.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

use crate::config::{Tenant, address, name, refuse_twins, secret};
use crate::document::{Item, Table};
use crate::limits::{ENTITIES_PER_SOURCE_MAX, SOURCES_MAX, WEBHOOK_CERTIFICATES_MAX};
use crate::model::catalogue::{Catalogue, DefinitionSummary, ParameterKind, ParameterSpec};
use crate::model::config::{
    HUB_SOURCE, Parameter, SourceConfig, WEBHOOK_CERTIFICATES, WEBHOOK_SECRETS, WEBHOOK_URL,
};
use crate::model::name::{EntityId, SourceName};

/// A source as far as rules refer to it, whether or not the rest of it is right.
pub(super) struct Source<'a> {
    pub(super) name: SourceName,
    pub(super) definition: Option<&'a DefinitionSummary>,
    pub(super) config: Option<SourceConfig>,
    item: Item<'a>,
}

impl Source<'_> {
    /// Its name and its platform.
    pub(super) fn tenant(&self) -> Option<Tenant<'_>> {
        Some((self.name.as_str(), &self.definition?.platform))
    }
}

/// Reads every `[[source]]` that has a name.
pub(super) fn read<'a>(root: &mut Table<'a>, catalogue: &'a Catalogue) -> Vec<Source<'a>> {
    let help = "Add a [[source]] table with name and definition.";
    let list = root.required("source", help).and_then(|item| item.list_of(1..=SOURCES_MAX));
    let tables = list.iter().flatten().filter_map(Item::table);
    let sources: Vec<Source<'_>> = tables.filter_map(|table| source(table, catalogue)).collect();
    refuse_twins(sources.iter().map(|source| (&source.item, &source.name)));
    sources
}

fn source<'a>(mut table: Table<'a>, catalogue: &'a Catalogue) -> Option<Source<'a>> {
    let item = table.required("name", "Write name = \"cxone-prod\", or what you call the tenant.");
    let name = item.as_ref().and_then(own_name);
    let definitions: Vec<_> = catalogue.definitions.iter().map(|d| (&*d.name, d)).collect();
    let definition = table
        .required("definition", "Write definition = \"nice-cxone\", or another one there is.")
        .and_then(|item| item.one_of("a source definition", &definitions));
    // Which keys there are is for the definition to say; without it nothing is known to be wrong.
    let parameters = definition.map(|definition| {
        let parameters = parameters(&mut table, definition);
        let register = register(&mut table, definition);
        table.finish();
        parameters.zip(register)
    });
    let (item, name) = (item?, name?);
    let config =
        definition.zip(parameters.flatten()).map(|(definition, (parameters, webhook_register))| {
            SourceConfig {
                name: name.clone(),
                definition: definition.name.clone(),
                platform: definition.platform.clone(),
                entities: entities(definition, &parameters),
                parameters,
                webhook_register,
            }
        });
    Some(Source { name, definition, config, item })
}

fn own_name(item: &Item<'_>) -> Option<SourceName> {
    let name = name(item, SourceName::new)?;
    if name.as_str() == HUB_SOURCE {
        let message = "this name is the hub's own, for alerts about itself";
        return item.refuse(message, "Give the source another name.");
    }
    Some(name)
}

/// Every parameter, defaults filled in; nothing where one of them has a problem.
fn parameters<'a>(
    table: &mut Table<'a>,
    definition: &'a DefinitionSummary,
) -> Option<BTreeMap<Box<str>, Parameter>> {
    let read = |spec: &'a ParameterSpec| {
        let entities = definition.entities_parameter.as_deref() == Some(&*spec.name);
        let value = match (table.optional(&spec.name), &spec.default) {
            (Some(item), _) => parameter(&item, spec, entities),
            (None, Some(default)) => default_of(spec.kind, default),
            (None, None) => table.required(&spec.name, &spec.help).and(None),
        };
        (spec.name.clone(), value)
    };
    // Collected first, so that the first missing parameter does not hide the next.
    let parameters: Vec<_> = definition.parameters.iter().map(read).collect();
    let webhooks = definition.takes_webhooks.then(|| of_webhooks(table, definition));
    let all = parameters.into_iter().chain(webhooks.into_iter().flatten());
    all.map(|(name, value)| Some((name, value?))).collect()
}

/// What every source may have whose platform pushes.
fn of_webhooks(
    table: &mut Table<'_>,
    definition: &DefinitionSummary,
) -> Vec<(Box<str>, Option<Parameter>)> {
    let mut parameters = Vec::new();
    for key in WEBHOOK_SECRETS {
        if let Some(item) = table.optional(key) {
            parameters.push((key.into(), secret::reference(&item).map(Parameter::Secret)));
        }
    }
    if let Some(item) = table.optional(WEBHOOK_URL) {
        parameters.push((WEBHOOK_URL.into(), own_address(&item).map(Parameter::Text)));
    } else if definition.signs_address && !parameters.is_empty() {
        let help = "Write the address that the sender was given: it is part of what it signs.";
        parameters.push((WEBHOOK_URL.into(), table.required(WEBHOOK_URL, help).and(None)));
    }
    if let Some(item) = table.optional(WEBHOOK_CERTIFICATES) {
        let fingerprints = fingerprints(&item).map(Parameter::List);
        parameters.push((WEBHOOK_CERTIFICATES.into(), fingerprints));
    }
    parameters
}

/// The address of this source as senders know it.
fn own_address(item: &Item<'_>) -> Option<Box<str>> {
    let address = address::read(item)?;
    if address.contains(['?', '#']) {
        let help = "Take out what stands from ? or # on: the query is what comes with a delivery.";
        return item.refuse("this address has more than host and path", help);
    }
    Some(address)
}

fn fingerprints(item: &Item<'_>) -> Option<Vec<Box<str>>> {
    let list = item.list_of(1..=WEBHOOK_CERTIFICATES_MAX)?;
    let fingerprint = |item: &Item<'_>| {
        let text = item.text()?;
        let is_digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        if text.len() == FINGERPRINT_DIGITS && text.chars().all(is_digit) {
            return Some(text.into());
        }
        item.refuse(
            "this is no SHA-256 fingerprint",
            "Write 64 small hexadecimal digits, no colons: the SHA-256 of the certificate's DER.",
        )
    };
    let fingerprints: Vec<_> = list.iter().map(fingerprint).collect();
    fingerprints.into_iter().collect()
}

const FINGERPRINT_DIGITS: usize = 64;

/// Whether the hub registers its webhook by itself; nothing where it could not.
fn register(table: &mut Table<'_>, definition: &DefinitionSummary) -> Option<bool> {
    let Some(item) = table.optional("webhook_register") else { return Some(false) };
    let register = item.flag()?;
    if register && !definition.registers_webhooks {
        let help = "Take it out, and register the webhook in the platform's own pages.";
        return item.refuse("its definition has no [webhook.registration]", help);
    }
    for (key, help) in REGISTERED_WITH.into_iter().filter(|_| register) {
        table.required(key, help)?;
    }
    Some(register)
}

/// What a registration is of no use without.
const REGISTERED_WITH: [(&str, &str); 2] = [
    (
        WEBHOOK_URL,
        "Write webhook_url = \"https://...\", as the platform reaches /ingest/ and the name.",
    ),
    (
        WEBHOOK_SECRETS[0],
        "Write webhook_secret = { credential = \"...\" }: without it none is taken.",
    ),
];

fn parameter(item: &Item<'_>, spec: &ParameterSpec, entities: bool) -> Option<Parameter> {
    match spec.kind {
        ParameterKind::Secret => secret::reference(item).map(Parameter::Secret),
        ParameterKind::Text if !spec.words.is_empty() => {
            let words: Vec<(&str, &str)> =
                spec.words.iter().map(|word| (&**word, &**word)).collect();
            item.one_of(&spec.name, &words).map(|word| Parameter::Text(word.into()))
        }
        ParameterKind::Text if spec.name.ends_with("url") => {
            address::read(item).map(Parameter::Text)
        }
        ParameterKind::Text => match item.text()? {
            "" => item.refuse("there is nothing between the quotes", &*spec.help),
            text => Some(Parameter::Text(text.into())),
        },
        ParameterKind::List => list(item, entities).map(Parameter::List),
    }
}

fn list(item: &Item<'_>, entities: bool) -> Option<Vec<Box<str>>> {
    item.list_of(0..=ENTITIES_PER_SOURCE_MAX)?;
    let texts = item.texts()?;
    let mut seen = BTreeSet::new();
    for (element, text) in &texts {
        if !seen.insert(text) {
            element.refuse::<()>(format!("\"{text}\" stands twice"), "Keep one of the two.");
        }
        if entities {
            name(element, EntityId::new);
        }
    }
    Some(texts.into_iter().map(|(_, text)| text.into()).collect())
}

fn default_of(kind: ParameterKind, default: &str) -> Option<Parameter> {
    match kind {
        ParameterKind::Text => Some(Parameter::Text(default.into())),
        ParameterKind::List if default.is_empty() => Some(Parameter::List(Vec::new())),
        ParameterKind::List => Some(Parameter::List(Vec::from([default.into()]))),
        // A definition cannot know a secret.
        ParameterKind::Secret => None,
    }
}

fn entities(
    definition: &DefinitionSummary,
    parameters: &BTreeMap<Box<str>, Parameter>,
) -> Vec<EntityId> {
    let list = definition.entities_parameter.as_ref().and_then(|name| parameters.get(name));
    match list {
        Some(Parameter::List(list)) => list.iter().flat_map(|text| EntityId::new(text)).collect(),
        Some(Parameter::Text(_) | Parameter::Secret(_)) | None => Vec::new(),
    }
}
