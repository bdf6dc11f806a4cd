//! Reads a source definition's file: text to a checked definition, or every problem in it.
//!
//! # Promises
//! - `every_mistake_is_pointed_at`: a wrong JMESPath, placeholder, metric, key or header.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::document::{Document, Item, Problems, Table};
use crate::limits::{REQUEST_INTERVAL_MAX, SAMPLE_AGE_MAX, SOURCE_REQUESTS_MAX};
use crate::model::catalogue::{ParameterKind, ParameterSpec};
use crate::model::near::nearest;
use crate::model::time::Span;
use crate::platform::path::Path;
use crate::platform::template::{Hole, Template};
use crate::platform::{
    Definition, QuotaHeaders, RefusalHeaders, Window, file_auth, file_parameter, file_request,
    file_webhook,
};

/// Reads and checks a definition.
pub(super) fn parse(file_name: &str, text: &str) -> Result<Definition, Problems> {
    let document = Document::open(file_name, text)?;
    let made = document.root().and_then(definition);
    document.close(made)
}

fn definition(mut root: Table<'_>) -> Option<Definition> {
    let name = root.required_text("name", "Write the name that a [[source]] table calls it by.");
    let platform = root.required_text("platform", "Write the platform: \"nice-cxone\".");
    let mut parameters: Vec<ParameterSpec> = Vec::new();
    let mut meanings = BTreeMap::new();
    for table in root.tables("parameter") {
        let Some((parameter, own)) = file_parameter::parameter(table, &parameters) else {
            continue;
        };
        meanings.extend(own.map(|own| (parameter.name.clone(), own)));
        parameters.push(parameter);
    }
    let mut names = Names::of(&parameters);
    let entities = root.optional("entities").and_then(|item| names.list(&item));
    let monitoring_url = root
        .optional("monitoring_url")
        .and_then(|item| template(&item, &[&names.texts[..], &["entity_id"]].concat()));
    let interval = root.required("interval_seconds", "Write interval_seconds = 10.");
    let interval = interval.and_then(|item| interval_seconds(&item));
    let offset = root.required("offset_seconds", "Write offset_seconds = 1.");
    let offset = offset.and_then(|item| offset_seconds(&item));
    let window = root.required("window", "Write window = \"interval\".");
    let window = window.and_then(|item| one_of(&item, &WINDOWS));
    let hosts = root.optional("hosts").map(|item| file_auth::hosts(&item, &names));
    let auth = root.required("auth", "Write an [auth] table.").and_then(|item| item.table());
    let auth = auth.and_then(|table| file_auth::auth(table, &mut names));
    let discovery = file_auth::discovery(root.tables("discovery"), &mut names);
    let quota = root.optional("quota").and_then(|item| item.table());
    let quota = quota.map(quota_of).unwrap_or_default();
    let refusals = root.optional("refusals").and_then(|item| item.table());
    let refusals = refusals.map(refusals_of).unwrap_or_default();
    let webhook = root.optional("webhook").map(|item| item.table());
    let webhook = webhook.map(|table| file_webhook::webhook(table?, &names));
    let tables = root.tables("request");
    if tables.is_empty() && webhook.is_none() || tables.len() > SOURCE_REQUESTS_MAX {
        let help = format!("Write 1 to {SOURCE_REQUESTS_MAX} [[request]] tables.");
        root.item().refuse::<()>(format!("has {} requests", tables.len()), help);
    }
    let usual = Usual {
        interval: interval.unwrap_or(Span::ZERO),
        offset: offset.unwrap_or(Span::ZERO),
        window: window.unwrap_or_default(),
    };
    let request = |table| file_request::request(table, &names, &usual);
    let requests: Vec<_> = tables.into_iter().filter_map(request).collect();
    root.finish();
    window?;
    Some(Definition {
        name: name?.into(),
        platform: platform?.into(),
        meanings,
        entities,
        monitoring_url,
        interval: interval?,
        offset: offset?,
        hosts: hosts.unwrap_or_else(|| Some(Vec::new()))?,
        auth: auth?,
        discovery: discovery?,
        quota,
        refusals,
        requests,
        webhook: webhook.map_or(Some(None), |webhook| webhook.map(Some))?,
        parameters: parameters.clone(),
    })
}

/// What a request does where it does not say otherwise.
pub(super) struct Usual {
    pub(super) interval: Span,
    pub(super) offset: Span,
    pub(super) window: Window,
}

/// The words for what an answer is about.
pub(super) const WINDOWS: [(&str, Window); 3] =
    [("interval", Window::Interval), ("snapshot", Window::Snapshot), ("rolling", Window::Rolling)];

/// The names that placeholders may use.
pub(super) struct Names<'a> {
    /// Parameters that are a text.
    pub(super) texts: Vec<&'a str>,
    /// Parameters that are a list.
    pub(super) lists: Vec<&'a str>,
    /// Parameters that are a secret.
    pub(super) secrets: Vec<&'a str>,
    /// Those of the texts that are taken from an answer.
    pub(super) taken: Vec<&'a str>,
}

impl<'a> Names<'a> {
    fn of(parameters: &'a [ParameterSpec]) -> Self {
        let of = |kind| {
            let fits = parameters.iter().filter(move |spec| spec.kind == kind);
            fits.map(|spec| &*spec.name).collect()
        };
        Self {
            texts: of(ParameterKind::Text),
            lists: of(ParameterKind::List),
            secrets: of(ParameterKind::Secret),
            taken: Vec::new(),
        }
    }

    /// Texts and secrets: what may stand where a source proves who it is.
    pub(super) fn all(&self) -> Vec<&'a str> {
        [self.texts.as_slice(), self.secrets.as_slice()].concat()
    }

    /// The list parameter that a value names.
    pub(super) fn list(&self, item: &Item<'_>) -> Option<Box<str>> {
        let name = item.text()?;
        if self.lists.contains(&name) {
            return Some(name.into());
        }
        let known = self.lists.iter().copied();
        item.refuse(format!("no list parameter is called {name}"), near_help(name, known))
    }
}

fn refusals_of(mut table: Table<'_>) -> RefusalHeaders {
    let mut header = |key| {
        let item = table.optional(key)?;
        header_name(&item, item.text()?)
    };
    let (error, correlation_id) = (header("error"), header("correlation_id"));
    table.finish();
    RefusalHeaders { error, correlation_id }
}

fn quota_of(mut table: Table<'_>) -> QuotaHeaders {
    let remaining = table.optional("remaining").and_then(|item| header_name(&item, item.text()?));
    let limit = table.optional("limit").and_then(|item| header_name(&item, item.text()?));
    let used = table.optional("used").and_then(|item| header_name(&item, item.text()?));
    table.finish();
    QuotaHeaders { remaining, limit, used }
}

/// The name of a header, as [`crate::model::http`] has it.
pub(super) fn header_name(item: &Item<'_>, name: &str) -> Option<Box<str>> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        return item.refuse("is no header name", "Use small letters, digits, - and _.");
    }
    Some(name.into())
}

/// A text in which the given placeholders may stand.
pub(super) fn template(item: &Item<'_>, allowed: &[&str]) -> Option<Template> {
    match Template::parse(item.text()?, allowed) {
        Ok(template) => Some(template),
        Err(fault) => item.refuse_within(fault.within, fault.message, fault.help),
    }
}

/// An address. What was taken from an answer can be the beginning of it, which is checked when it
/// is taken, but no part of its host.
pub(super) fn address(item: &Item<'_>, allowed: &[&str], names: &Names<'_>) -> Option<Template> {
    let template = template(item, allowed)?;
    let is_taken =
        |hole: &Hole| matches!(hole, Hole::Parameter(name) if names.taken.contains(&&**name));
    if template.holes_in_host().any(is_taken) {
        let help = "Take the whole address from the answer: \"{api_url}/path\".";
        return item.refuse("an answer cannot give a part of a host", help);
    }
    Some(template)
}

/// A JMESPath expression.
pub(super) fn path(item: &Item<'_>) -> Option<Path> {
    match Path::parse(item.text()?) {
        Ok(path) => Some(path),
        Err(why) => item.refuse(why, "See jmespath.org; a plain path is names with dots between."),
    }
}

/// One of a few words.
pub(super) fn one_of<T: Copy>(item: &Item<'_>, words: &[(&str, T)]) -> Option<T> {
    let text = item.text()?;
    match words.iter().find(|(word, _)| *word == text) {
        Some((_, meaning)) => Some(*meaning),
        None => {
            let known = words.iter().map(|(word, _)| *word);
            item.refuse(format!("\"{text}\" is not known here"), near_help(text, known))
        }
    }
}

/// The nearest known word, or all of them.
pub(super) fn near_help<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> String {
    let known: Vec<&str> = known.collect();
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("Did you mean {near}?"),
        None if known.is_empty() => "There is none here.".into(),
        None => format!("Known here: {}.", known.join(", ")),
    }
}

/// How often something is asked for.
pub(super) fn interval_seconds(item: &Item<'_>) -> Option<Span> {
    item.integer_in(1..=REQUEST_INTERVAL_MAX.whole_secs()).map(Span::secs)
}

/// How long after the end of a bucket it is asked for; with more, a sample would be old at birth.
pub(super) fn offset_seconds(item: &Item<'_>) -> Option<Span> {
    item.integer_in(0..=SAMPLE_AGE_MAX.whole_secs() / 2).map(Span::secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = include_str!("definitions/nice-cxone-guide.toml");

    /// The message and the help of the one problem that a change to the guide's definition makes.
    fn problem(from: &str, to: &str) -> (usize, String) {
        let text = GUIDE.replacen(from, to, 1);
        assert_ne!(text, GUIDE, "{from}");
        let problems = parse("f.toml", &text).unwrap_err();
        let lines: Vec<_> = problems.lines().collect();
        let [line] = lines.as_slice() else { panic!("{problems}") };
        (line.column, format!("{}. {}", line.message, line.help))
    }

    #[test]
    fn every_mistake_is_pointed_at() {
        let (column, text) = problem("{base_url}/oauth", "{base_ur}/oauth");
        assert_eq!(column, 8);
        let wanted = "auth.url: {base_ur} cannot be filled in here. Did you mean {base_url}?";
        assert_eq!(text, wanted);
        let (_, text) = problem("entity_id = \"queue.id\"", "entity_id = \"queue.[\"");
        assert!(text.starts_with("request[0].answer.entity_id: is not JMESPath: "), "{text}");
        let (_, text) = problem("queue.calls_waiting\", name", "queue.calls_wating\", name");
        assert!(text.contains("no metric is called routing.queue.calls_wating"), "{text}");
        let (_, text) = problem("queue.longest_wait\", name", "queue.calls_waiting\", name");
        assert!(text.contains("stands twice"), "{text}");
        let (_, text) = problem("offset_seconds", "ofset_seconds = 1\noffset_seconds");
        assert_eq!(text, "ofset_seconds: there is no such key. Did you mean offset_seconds?");
        let (_, text) = problem("authorization = ", "Authorization = ");
        assert!(text.contains("is no header name"), "{text}");
        let (_, text) = problem("window = \"interval\"", "window = \"snapshat\"");
        assert!(text.contains("\"snapshat\" is not known here"), "{text}");
        let (_, text) = problem("filter = \"queues\"", "filtr = \"queues\"");
        assert!(text.ends_with("Did you mean filter?"), "{text}");
        let (_, text) = problem("metric_value = \"value\"\n", "");
        assert!(text.contains("belong together"), "{text}");
        let (_, text) = problem("interval_seconds = 10", "interval_seconds = 0");
        assert!(text.contains("0 is out of range"), "{text}");
    }

    #[test]
    fn a_secret_can_stand_only_where_a_token_is_asked_for() {
        let (_, text) = problem("Bearer {token}", "Bearer {client_secret}");
        assert!(text.contains("{client_secret} cannot be filled in here"), "{text}");
        let (_, text) = problem("/api/v2/realtime/queues", "/{client_secret}");
        assert!(text.contains("{client_secret} cannot be filled in here"), "{text}");
        let (_, text) = problem("PT{interval_seconds}S", "{token}");
        assert!(text.contains("{token} cannot be filled in here"), "{text}");
    }

    #[test]
    fn a_parameter_cannot_take_a_name_that_means_something_else() {
        let (_, text) = problem(
            "[auth]",
            "[[parameter]]\nname = \"token\"\nkind = \"text\"\nhelp = \"\"\n[auth]",
        );
        assert!(text.contains("cannot be called token"), "{text}");
    }
}
