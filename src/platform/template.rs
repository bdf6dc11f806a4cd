//! A text with `{placeholders}`: which there are, where each may stand, and what fills them.
//!
//! # Promises
//! - `an_unknown_placeholder_is_pointed_at`: with the nearest name that would fit.
//! - `a_base_url_may_end_in_a_slash`: operators copy addresses from browsers.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use crate::model::near::nearest;

/// A text, cut at its placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Hole(Hole),
}

/// What a placeholder stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hole {
    /// `{token}`: the access token.
    Token,
    /// `{refresh_token}`: what a token is renewed with.
    RefreshToken,
    /// `{interval_seconds}`: the length of the bucket that is asked for.
    IntervalSeconds,
    /// `{window_start}`: the first moment that is asked about, RFC 3339.
    WindowStart,
    /// `{window_end}`: the first moment after it.
    WindowEnd,
    /// `{page}`: the number of the page, the rows to leave out, or the cursor.
    Page,
    /// `{since}`: by the last answer, from when on changes are asked for.
    Since,
    /// `{each}`: one element of the list that a part of a body is repeated for.
    Each,
    /// `{metrics}`: the platform's names of all metrics, as a list.
    Metrics,
    /// `{entity_id}`: the platform's name of one entity.
    EntityId,
    /// `{registration_id}`: the platform's identifier of one of the webhooks that it lists.
    RegistrationId,
    /// Anything else is a parameter of the source.
    Parameter(Box<str>),
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HoleFault {
    /// The bytes of the text that it is about.
    pub(crate) within: Range<usize>,
    /// What is wrong.
    pub(crate) message: String,
    /// What to write instead.
    pub(crate) help: String,
}

impl Hole {
    fn named(name: &str) -> Self {
        match name {
            "token" => Self::Token,
            "refresh_token" => Self::RefreshToken,
            "interval_seconds" => Self::IntervalSeconds,
            "window_start" => Self::WindowStart,
            "window_end" => Self::WindowEnd,
            "page" => Self::Page,
            "since" => Self::Since,
            "each" => Self::Each,
            "metrics" => Self::Metrics,
            "entity_id" => Self::EntityId,
            "registration_id" => Self::RegistrationId,
            other => Self::Parameter(other.into()),
        }
    }

    /// The names that are no parameter's.
    pub(crate) const RESERVED: [&'static str; 11] = [
        "token",
        "refresh_token",
        "interval_seconds",
        "window_start",
        "window_end",
        "page",
        "since",
        "each",
        "metrics",
        "entity_id",
        "registration_id",
    ];
}

impl Template {
    /// Cuts a text at its placeholders; `allowed` are the names that may stand in this place.
    pub(crate) fn parse(text: &str, allowed: &[&str]) -> Result<Self, HoleFault> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(['{', '}']) {
            let at = text.len() - after.len() - 1;
            plain.push_str(before);
            let brace = text.get(at..=at).unwrap_or_default();
            if let Some(after) = after.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let end = after.split_once('}').filter(|_| brace == "{");
            let Some((name, after)) = end else {
                let (message, help) = match brace {
                    "{" => ("a placeholder has no end", "Write it as {name}, or a brace as {{."),
                    _ => {
                        ("a placeholder has no beginning", "Write it as {name}, or a brace as }}.")
                    }
                };
                return Err(HoleFault {
                    within: at..text.len(),
                    message: message.into(),
                    help: help.into(),
                });
            };
            if !allowed.contains(&name) {
                return Err(unknown(at..at + name.len() + 2, name, allowed));
            }
            if !plain.is_empty() {
                parts.push(Part::Text(core::mem::take(&mut plain).into()));
            }
            parts.push(Part::Hole(Hole::named(name)));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain.into()));
        }
        Ok(Self(parts))
    }

    /// The placeholder that is the whole text, where it is.
    pub(crate) fn sole_hole(&self) -> Option<&Hole> {
        match self.0.as_slice() {
            [Part::Hole(hole)] => Some(hole),
            _ => None,
        }
    }

    /// Whether it begins with a placeholder.
    pub(crate) fn begins_with_hole(&self) -> bool {
        matches!(self.0.first(), Some(Part::Hole(_)))
    }

    /// The placeholders that give a part of an address's host, as opposed to the whole beginning of
    /// the address.
    pub(crate) fn holes_in_host(&self) -> impl Iterator<Item = &Hole> {
        let reaches_on = |part: &&Part| match part {
            Part::Text(text) => !text.split_once("://").map_or(&**text, |at| at.1).contains('/'),
            Part::Hole(_) => true,
        };
        self.0.iter().take_while(reaches_on).skip(1).filter_map(|part| match part {
            Part::Hole(hole) => Some(hole),
            Part::Text(_) => None,
        })
    }

    /// Whether a placeholder stands in it.
    pub(crate) fn has(&self, hole: &Hole) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Hole(found) if found == hole))
    }

    /// The text with every placeholder filled by `value`.
    pub(crate) fn fill<E>(
        &self,
        mut value: impl FnMut(&Hole) -> Result<String, E>,
    ) -> Result<String, E> {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) if text.starts_with('/') && out.ends_with('/') => {
                    out.push_str(text.get(1..).unwrap_or_default());
                }
                Part::Text(text) => out.push_str(text),
                Part::Hole(hole) => out.push_str(&value(hole)?),
            }
        }
        Ok(out)
    }
}

fn unknown(within: Range<usize>, name: &str, allowed: &[&str]) -> HoleFault {
    let help = match nearest(name, allowed.iter().copied()) {
        Some(near) => format!("Did you mean {{{near}}}?"),
        None if allowed.is_empty() => "Take it out: nothing can be filled in here.".into(),
        None => format!("Here may stand {{{}}}.", allowed.join("}, {")),
    };
    HoleFault { within, message: format!("{{{name}}} cannot be filled in here"), help }
}

#[cfg(test)]
mod tests {
    use core::convert::Infallible;

    use super::*;

    fn filled(text: &str) -> String {
        let template = Template::parse(text, &["base_url", "interval_seconds"]).unwrap();
        let value = |hole: &Hole| {
            let text = if *hole == Hole::IntervalSeconds { "10" } else { "https://x.example/" };
            Ok::<_, Infallible>(text.into())
        };
        template.fill(value).unwrap()
    }

    #[test]
    fn a_placeholder_is_filled_within_its_text() {
        assert_eq!(filled("PT{interval_seconds}S"), "PT10S");
        assert_eq!(filled("plain"), "plain");
        assert_eq!(filled("{{ a {{{interval_seconds}}} }}"), "{ a {10} }");
    }

    #[test]
    fn a_base_url_may_end_in_a_slash() {
        assert_eq!(filled("{base_url}/oauth/token"), "https://x.example/oauth/token");
    }

    #[test]
    fn an_unknown_placeholder_is_pointed_at() {
        let fault = Template::parse("a{base_ur}/b", &["base_url"]).unwrap_err();
        assert_eq!((fault.within, &*fault.help), (1..10, "Did you mean {base_url}?"));
        assert_eq!(Template::parse("PT{x", &["x"]).unwrap_err().within, 2..4);
        assert_eq!(Template::parse("PT}x", &["x"]).unwrap_err().within, 2..4);
    }
}
