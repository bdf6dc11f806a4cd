//! What fills the placeholders of a definition: parameters, secrets, what a login took, the moment.
//!
//! Which placeholder may stand where is decided when a definition is read; here each is filled.
//!
//! # Promises
//! - `what_stands_in_an_address_is_encoded`: but for a whole address.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::model::config::{Parameter, SourceConfig};
use crate::model::http::percent_encode;
use crate::model::name::EntityId;
use crate::model::secret::{Secret, Secrets};
use crate::platform::login::Texts;
use crate::platform::request::Exchange;
use crate::platform::template::{Hole, Template};
use crate::platform::{Definition, Json, SourceFault};

/// The lists that a look-up found, by the parameter whose place they take when it is left empty.
pub type Lists = BTreeMap<Box<str>, Vec<Box<str>>>;

/// Whom and what a request is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The source.
    pub source: &'a SourceConfig,
    /// What look-ups found.
    pub lists: &'a Lists,
}

/// Everything that a placeholder can stand for.
#[derive(Clone, Copy)]
pub(super) struct Filling<'a> {
    pub(super) definition: &'a Definition,
    pub(super) source: &'a SourceConfig,
    pub(super) secrets: &'a Secrets,
    pub(super) texts: &'a Texts,
    pub(super) token: Option<&'a Secret>,
    pub(super) exchange: Option<&'a Exchange>,
    pub(super) lists: Option<&'a Lists>,
    /// The platform's names of the metrics.
    pub(super) names: &'a [Box<str>],
    /// The part of a list that one request is about.
    pub(super) batch: Option<(&'a str, &'a [&'a str])>,
    /// The element of a list that is being written.
    pub(super) each: Option<&'a str>,
    /// The webhook that is to be changed or taken away.
    pub(super) registration_id: Option<&'a str>,
}

impl<'a> Filling<'a> {
    pub(super) const fn new(
        definition: &'a Definition,
        source: &'a SourceConfig,
        secrets: &'a Secrets,
        texts: &'a Texts,
    ) -> Self {
        Self {
            definition,
            source,
            secrets,
            texts,
            token: None,
            exchange: None,
            lists: None,
            names: &[],
            batch: None,
            each: None,
            registration_id: None,
        }
    }

    pub(super) const fn about(
        definition: &'a Definition,
        about: About<'a>,
        secrets: &'a Secrets,
        texts: &'a Texts,
    ) -> Self {
        let lists = Some(about.lists);
        Self { lists, ..Self::new(definition, about.source, secrets, texts) }
    }

    /// A text with every placeholder filled.
    pub(super) fn fill(&self, template: &Template) -> Result<String, SourceFault> {
        template.fill(|hole| self.text(hole))
    }

    /// An address. What fills it is percent-encoded, unless it is the beginning of an address and
    /// stands at the beginning.
    pub(super) fn url(&self, template: &Template) -> Result<String, SourceFault> {
        let mut is_beginning = template.begins_with_hole();
        template.fill(|hole| {
            let is_beginning = core::mem::take(&mut is_beginning);
            let list = self.list(hole).map(|list| {
                let encoded: Vec<String> = list.into_iter().map(percent_encode).collect();
                encoded.join(",")
            });
            match list {
                Some(list) => Ok(list),
                None => self.text(hole).map(|text| match is_beginning && is_address(&text) {
                    true => text,
                    false => percent_encode(&text),
                }),
            }
        })
    }

    pub(super) fn text(&self, hole: &Hole) -> Result<String, SourceFault> {
        let exchange = |text: fn(&Exchange) -> String| self.exchange.map(text).unwrap_or_default();
        Ok(match hole {
            Hole::Token | Hole::RefreshToken => {
                self.token.map(|token| token.expose().into()).unwrap_or_default()
            }
            Hole::IntervalSeconds => exchange(|at| at.bucket.length.whole_secs().to_string()),
            Hole::WindowStart => exchange(|at| at.window.start.rfc3339()),
            Hole::WindowEnd => exchange(|at| at.window.end().rfc3339()),
            Hole::Page => exchange(|at| at.place.page.to_string()),
            Hole::Since => exchange(|at| at.since.clone().unwrap_or_default().into()),
            Hole::Each => self.each.unwrap_or_default().into(),
            Hole::RegistrationId => self.registration_id.unwrap_or_default().into(),
            Hole::Metrics | Hole::EntityId => String::new(),
            Hole::Parameter(name) => return self.parameter(name),
        })
    }

    fn parameter(&self, name: &str) -> Result<String, SourceFault> {
        if let Some(text) = self.texts.get(name) {
            return Ok(text.to_string());
        }
        match self.source.parameters.get(name) {
            Some(Parameter::Text(text)) => match self.definition.meaning(name, text) {
                Some(template) => self.fill(template),
                None => Ok(text.to_string()),
            },
            Some(Parameter::Secret(reference)) => match self.secrets.get(reference) {
                Some(secret) => Ok(secret.expose().into()),
                None => Err(SourceFault::NoSecret {
                    parameter: name.into(),
                    reference: reference.clone(),
                }),
            },
            Some(Parameter::List(_)) | None => Err(SourceFault::NoParameter(name.into())),
        }
    }

    /// The list that a placeholder stands for, where it stands for one.
    pub(super) fn list(&self, hole: &Hole) -> Option<Vec<&'a str>> {
        match hole {
            Hole::Metrics => Some(self.names.iter().map(AsRef::as_ref).collect()),
            Hole::Parameter(name) => match self.batch {
                Some((batched, part)) if batched == &**name => Some(part.to_vec()),
                Some(_) | None => self.whole_list(name),
            },
            Hole::Token
            | Hole::RefreshToken
            | Hole::IntervalSeconds
            | Hole::WindowStart
            | Hole::WindowEnd
            | Hole::Page
            | Hole::Since
            | Hole::Each
            | Hole::EntityId
            | Hole::RegistrationId => None,
        }
    }

    /// A list parameter, or what a look-up found where the operator left it empty.
    pub(super) fn whole_list(&self, name: &str) -> Option<Vec<&'a str>> {
        let own: Vec<&str> = match self.source.parameters.get(name) {
            _ if self.definition.entities.as_deref() == Some(name) => {
                self.source.entities.iter().map(EntityId::as_str).collect()
            }
            Some(Parameter::List(list)) => list.iter().map(AsRef::as_ref).collect(),
            Some(Parameter::Text(_) | Parameter::Secret(_)) | None => return None,
        };
        let found = self.lists.and_then(|lists| lists.get(name)).filter(|_| own.is_empty());
        Some(found.map_or(own, |found| found.iter().map(AsRef::as_ref).collect()))
    }

    /// A JSON object with its placeholders filled.
    pub(super) fn json<'j>(
        &self,
        entries: impl Iterator<Item = &'j (Box<str>, Json)>,
    ) -> Result<String, SourceFault> {
        let mut out = String::new();
        self.write_object(entries, &mut out)?;
        Ok(out)
    }

    fn write(&self, json: &Json, out: &mut String) -> Result<(), SourceFault> {
        match json {
            Json::Literal(text) => out.push_str(text),
            Json::Text(template) => match template.sole_hole().and_then(|hole| self.list(hole)) {
                Some(list) => {
                    out.push('[');
                    separated(list, out, |text, out| {
                        push_text(text, out);
                        Ok(())
                    })?;
                    out.push(']');
                }
                None => push_text(&self.fill(template)?, out),
            },
            Json::List(list) => {
                out.push('[');
                separated(list, out, |json, out| self.write(json, out))?;
                out.push(']');
            }
            Json::Each(list, element) => {
                out.push('[');
                separated(self.list(list).unwrap_or_default(), out, |each, out| {
                    Filling { each: Some(each), ..*self }.write(element, out)
                })?;
                out.push(']');
            }
            Json::Object(entries) => self.write_object(entries.iter(), out)?,
        }
        Ok(())
    }

    fn write_object<'j>(
        &self,
        entries: impl Iterator<Item = &'j (Box<str>, Json)>,
        out: &mut String,
    ) -> Result<(), SourceFault> {
        out.push('{');
        separated(entries, out, |(key, json), out| {
            push_text(key, out);
            out.push(':');
            self.write(json, out)
        })?;
        out.push('}');
        Ok(())
    }
}

/// Whether a text is an address from its scheme on.
pub(super) fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

fn separated<T>(
    items: impl IntoIterator<Item = T>,
    out: &mut String,
    mut write: impl FnMut(T, &mut String) -> Result<(), SourceFault>,
) -> Result<(), SourceFault> {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out)?;
    }
    Ok(())
}

fn push_text(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::fixtures::{NO_LOGIN, reading, source};

    const NAMES: [&str; 5] = ["base_url", "area", "queues", "page", "taken"];

    fn url(template: &str, base_url: &str, area: &str, queues: &[&str]) -> String {
        let definition = reading(NO_LOGIN, "method = \"GET\"\nurl = \"{base_url}\"");
        let mut source = source(&definition, &[("base_url", base_url), ("area", area)]);
        source.entities = queues.iter().map(|queue| EntityId::new(queue).unwrap()).collect();
        let texts = Texts::from([("taken".into(), "https://t.example/v1".into())]);
        let secrets = Secrets::default();
        let filling = Filling::new(&definition, &source, &secrets, &texts);
        filling.url(&Template::parse(template, &NAMES).unwrap()).unwrap()
    }

    #[test]
    fn what_stands_in_an_address_is_encoded() {
        let whole = "https://x.example/a%20b";
        assert_eq!(url("{base_url}/p", whole, "", &[]), "https://x.example/a%20b/p");
        assert_eq!(url("{taken}/p", "", "", &[]), "https://t.example/v1/p");
        // Only the beginning of an address can be one.
        assert_eq!(url("{base_url}", "evil?u=https://", "", &[]), "evil%3Fu%3Dhttps:%2F%2F");
        assert_eq!(url("{base_url}", "HTTPS://x", "", &[]), "HTTPS:%2F%2Fx");
        assert_eq!(
            url("{base_url}/{area}?next={taken}", whole, "a/../b?c&d#e@f", &[]),
            "https://x.example/a%20b/a%2F..%2Fb%3Fc%26d%23e%40f?next=https:%2F%2Ft.example%2Fv1"
        );
        assert_eq!(url("https://{area}.y.example/", "", "e/", &[]), "https://e%2F.y.example/");
        assert_eq!(
            url("{base_url}?ids={queues}", "https://x.example", "", &["a,b", "https://c", "d"]),
            "https://x.example?ids=a%2Cb,https:%2F%2Fc,d"
        );
    }
}
