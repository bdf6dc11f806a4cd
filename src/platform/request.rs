//! Makes the requests of a source: for its token and for its data.
//!
//! # Not here
//! Sending them, and what the answers mean.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::limits::POLL_DEADLINE;
use crate::model::config::{Parameter, SourceConfig};
use crate::model::http::{Method, Request};
use crate::model::secret::{Secret, Secrets};
use crate::model::time::Span;
use crate::platform::template::{Hole, Template, percent_encode};
use crate::platform::{DataRequest, Definition, Json, SourceFault};

impl Definition {
    /// The request for a token: a form with the client's id and secret in the body.
    ///
    /// # Errors
    /// Says which parameter or secret is missing.
    pub fn token_request(
        &self,
        source: &SourceConfig,
        secrets: &Secrets,
    ) -> Result<Request, SourceFault> {
        let auth = &self.auth;
        let fill = |template: &Template| template.fill(|hole| secret_of(source, secrets, hole));
        let mut body = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            percent_encode(&fill(&auth.client_id)?),
            percent_encode(&fill(&auth.client_secret)?),
        );
        if let Some(scope) = &auth.scope {
            body.push_str("&scope=");
            body.push_str(&percent_encode(&fill(scope)?));
        }
        let url = auth.url.fill(|hole| text_of(source, hole))?;
        let content_type = ("content-type".into(), "application/x-www-form-urlencoded".into());
        Ok(Request {
            method: Method::Post,
            url,
            headers: Vec::from([content_type]),
            body: body.into_bytes(),
            deadline: POLL_DEADLINE,
        })
    }

    /// Request number `index` for data, with a bucket of `interval`.
    ///
    /// # Errors
    /// Says which parameter is missing.
    pub fn data_request(
        &self,
        source: &SourceConfig,
        index: u8,
        token: &Secret,
        interval: Span,
    ) -> Result<Request, SourceFault> {
        let request = self.request(index)?;
        let values = Values { source, interval, names: request.answer.names(), definition: self };
        let url = request.url.fill(|hole| values.text(hole))?;
        let mut headers = Vec::new();
        let mut body = Vec::new();
        if let Some(entries) = &request.body {
            headers.push(("content-type".into(), "application/json".into()));
            let kept = entries.iter().filter(|(key, _)| values.keeps(request, key));
            let mut out = String::new();
            values.write_object(kept, &mut out)?;
            body = out.into_bytes();
        }
        for (name, template) in &request.headers {
            let value = template.fill(|hole| match hole == &Hole::Token {
                true => Ok(token.expose().to_string()),
                false => values.text(hole),
            })?;
            headers.push((name.clone(), value.into()));
        }
        Ok(Request { method: request.method, url, headers, body, deadline: POLL_DEADLINE })
    }

    pub(super) fn request(&self, index: u8) -> Result<&DataRequest, SourceFault> {
        self.requests.get(usize::from(index)).ok_or(SourceFault::NoRequest(index))
    }
}

/// What fills the placeholders of one request for data.
struct Values<'a> {
    definition: &'a Definition,
    source: &'a SourceConfig,
    interval: Span,
    /// The platform's names of the metrics.
    names: &'a [Box<str>],
}

impl Values<'_> {
    fn text(&self, hole: &Hole) -> Result<String, SourceFault> {
        if *hole == Hole::IntervalSeconds {
            return Ok(self.interval.whole_secs().to_string());
        }
        text_of(self.source, hole)
    }

    /// The list that a placeholder stands for, where it stands for one.
    fn list(&self, hole: &Hole) -> Option<Vec<&str>> {
        match hole {
            Hole::Metrics => Some(self.names.iter().map(AsRef::as_ref).collect()),
            Hole::Parameter(name) if self.definition.entities.as_ref() == Some(name) => {
                Some(self.source.entities.iter().map(|entity| entity.as_str()).collect())
            }
            Hole::Parameter(name) => match self.source.parameters.get(name) {
                Some(Parameter::List(list)) => Some(list.iter().map(AsRef::as_ref).collect()),
                Some(Parameter::Text(_) | Parameter::Secret(_)) | None => None,
            },
            Hole::Token | Hole::IntervalSeconds | Hole::EntityId => None,
        }
    }

    /// A key of the body goes when the list that it depends on is empty.
    fn keeps(&self, request: &DataRequest, key: &str) -> bool {
        let depends = request.omit_when_empty.iter().find(|(omitted, _)| omitted.as_ref() == key);
        depends.is_none_or(|(_, parameter)| {
            self.list(&Hole::Parameter(parameter.clone())).is_none_or(|list| !list.is_empty())
        })
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
                None => push_text(&template.fill(|hole| self.text(hole))?, out),
            },
            Json::List(list) => {
                out.push('[');
                separated(list, out, |json, out| self.write(json, out))?;
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

/// What a placeholder stands for where nothing secret may stand.
pub(super) fn text_of(source: &SourceConfig, hole: &Hole) -> Result<String, SourceFault> {
    let name = match hole {
        Hole::Parameter(name) => name.as_ref(),
        Hole::Token | Hole::IntervalSeconds | Hole::Metrics | Hole::EntityId => "",
    };
    match source.parameters.get(name) {
        Some(Parameter::Text(text)) => Ok(text.to_string()),
        Some(Parameter::Secret(_) | Parameter::List(_)) | None => {
            Err(SourceFault::NoParameter(name.into()))
        }
    }
}

fn secret_of(source: &SourceConfig, secrets: &Secrets, hole: &Hole) -> Result<String, SourceFault> {
    if let Hole::Parameter(name) = hole
        && let Some(Parameter::Secret(reference)) = source.parameters.get(name)
    {
        let missing =
            || SourceFault::NoSecret { parameter: name.clone(), reference: reference.clone() };
        return secrets.get(reference).map(|secret| secret.expose().into()).ok_or_else(missing);
    }
    text_of(source, hole)
}
