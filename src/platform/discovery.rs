//! What a source learns on its way in: texts out of answers, and where addresses may lead.
//!
//! # Promises
//! - `an_address_that_leads_elsewhere_is_refused`: no token goes to a host that nobody named.
//! - `a_claim_of_a_token_is_read`

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jmespath::{Rcvar, Variable};

use crate::limits::TAKEN_TEXT_BYTES_MAX;
use crate::model::config::SourceConfig;
use crate::model::http::origin;
use crate::model::secret::Secrets;
use crate::platform::fill::{Filling, is_address};
use crate::platform::login::Texts;
use crate::platform::path::{Path, parse_body};
use crate::platform::template::Template;
use crate::platform::{Definition, VendorFault};

/// A request whose answer says where the rest is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Discovery {
    pub(super) name: Box<str>,
    pub(super) url: Template,
    pub(super) headers: Vec<(Box<str>, Template)>,
    pub(super) take: Vec<Take>,
}

/// A text out of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Take {
    pub(super) name: Box<str>,
    pub(super) path: Path,
    /// The path leads into the claims of the JSON Web Token that stands here. Its signature is not
    /// looked at: it came over TLS from the server that would have signed it.
    pub(super) jwt: Option<Path>,
}

impl Definition {
    /// An address in an answer may lead to the host that gave it, and to those that the definition
    /// names: whoever can change one answer could otherwise have the tokens sent to them.
    pub(super) fn may_lead_to(
        &self,
        source: &SourceConfig,
        asked: &str,
        text: &str,
    ) -> Result<(), VendorFault> {
        if !is_address(text) {
            return Ok(());
        }
        let is_downgrade = text.starts_with("http://") && asked.starts_with("https://");
        let is_named = host_of(text).is_some_and(|host| {
            host_of(asked).is_some_and(|asked| asked.eq_ignore_ascii_case(host))
                || self.names_host(source, host)
        });
        if is_named && !is_downgrade {
            return Ok(());
        }
        Err(VendorFault::ForeignHost { address: shown_origin(text) })
    }

    fn names_host(&self, source: &SourceConfig, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let fits = |pattern: &str| {
            let pattern = pattern.to_ascii_lowercase();
            match pattern.strip_prefix("*.") {
                Some(domain) => host.strip_suffix(domain).is_some_and(|sub| sub.ends_with('.')),
                None => host == pattern,
            }
        };
        let (secrets, texts) = (Secrets::default(), Texts::new());
        let filling = Filling::new(self, source, &secrets, &texts);
        self.hosts.iter().any(|template| match template.sole_hole() {
            Some(hole) => filling.list(hole).is_some_and(|list| list.into_iter().any(fits)),
            None => filling.fill(template).is_ok_and(|pattern| fits(&pattern)),
        })
    }
}

impl Take {
    pub(super) fn text(&self, body: &Rcvar) -> Result<Box<str>, VendorFault> {
        let found = match &self.jwt {
            None => Some(self.path.find(body)),
            Some(jwt) => claims(&jwt.find(body)).map(|claims| self.path.find(&claims)),
        };
        let text = found.as_ref().and_then(|found| usable(found));
        let text = text.map(|text| text.trim_end_matches('/')).filter(|text| !text.is_empty());
        text.map(Into::into).ok_or_else(|| VendorFault::NoText { path: self.path.text().into() })
    }
}

fn claims(token: &Rcvar) -> Option<Rcvar> {
    let payload = usable(token)?.split('.').nth(1)?;
    parse_body(&BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()
}

/// A text that can go into a request: not empty, of a bounded length, on one line.
pub(super) fn usable(value: &Variable) -> Option<&str> {
    let text = value.as_string()?.trim();
    let is_line = !text.is_empty() && !text.chars().any(char::is_control);
    (is_line && text.len() <= TAKEN_TEXT_BYTES_MAX).then_some(text)
}

/// The host of an address, without its port. Nothing of what others may read another host in: a
/// user's name before it, a backslash, a percent sign.
fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = origin(url).split_once("://")?;
    let end = match rest.find(']') {
        Some(end) => end + 1,
        None => rest.find(':').unwrap_or(rest.len()),
    };
    let (host, port) = rest.split_at_checked(end)?;
    let digits = port.strip_prefix(':').unwrap_or(port);
    let is_port = port.is_empty() || !digits.is_empty() && port.starts_with(':');
    let numbered = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let plain = |c: char| match numbered {
        Some(_) => c.is_ascii_hexdigit() || ":.".contains(c),
        None => c.is_ascii_alphanumeric() || "-.".contains(c),
    };
    let name = numbered.unwrap_or(host);
    let is_host = !name.is_empty() && name.chars().all(plain);
    (is_host && is_port && digits.chars().all(|c| c.is_ascii_digit())).then_some(host)
}

/// Scheme and host for a message, cut short.
pub(super) fn shown_origin(url: &str) -> Box<str> {
    origin(url).chars().filter(|c| !c.is_control()).take(120).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::model::config::Parameter;
    use crate::platform::fixtures::{NO_LOGIN, reading, source};

    const ASKED: &str = "https://login.example/token";

    fn leads(asked: &str, text: &str) -> Result<(), VendorFault> {
        let definition = reading(NO_LOGIN, "method = \"GET\"\nurl = \"{base_url}\"");
        let mut source = source(&definition, &[]);
        let own = Parameter::List(["*.Own.Example".into(), "10.0.0.7".into()].into());
        source.parameters.insert("api_hosts".into(), own);
        definition.may_lead_to(&source, asked, text)
    }

    #[test]
    fn an_address_that_leads_elsewhere_is_refused() {
        for text in [
            "https://login.example",
            "https://login.example:8443/path",
            "https://LOGIN.example/path",
            "https://api-na1.good.example/x?y#z",
            "https://a.own.example",
            "https://10.0.0.7/",
            "no address at all",
            "tenant/7",
        ] {
            assert_eq!(leads(ASKED, text), Ok(()), "{text}");
        }
        for text in [
            "https://evil.example",
            "https://good.example",
            "https://evilgood.example",
            "https://evil.example/.good.example",
            "https://evil.example?.good.example",
            "https://evil.example#.good.example",
            "https://evil.example\\.good.example",
            "https://login.example:x@evil.example",
            "https://login.example@evil.example",
            "https://evil.example:443@api.good.example",
            "https://evil.example%2f.good.example",
            "https://login.example:",
            "https://login.example:80x",
            "https://[::1]",
            "https://[login.example]",
            "https://",
            "http://login.example",
            "http://api.good.example",
        ] {
            let Err(VendorFault::ForeignHost { .. }) = leads(ASKED, text) else { panic!("{text}") };
        }
        assert_eq!(leads("http://[::1]:8080/token", "http://[::1]:9090/api"), Ok(()));
        assert!(leads("http://[::1]:8080/token", "http://[::2]:8080/api").is_err());
        let fault = leads(ASKED, "https://evil.example/path").unwrap_err();
        assert!(format!("{fault}").contains("leads to https://evil.example, which"), "{fault}");
    }

    fn taken(path: &str, jwt: Option<&str>, body: &str) -> Option<Box<str>> {
        let parse = |text| Path::parse(text).unwrap();
        let take = Take { name: "t".into(), path: parse(path), jwt: jwt.map(parse) };
        take.text(&parse_body(body.as_bytes()).unwrap()).ok()
    }

    #[test]
    fn a_claim_of_a_token_is_read() {
        let payload = BASE64_URL_SAFE_NO_PAD.encode(r#"{"tenantId":"11-22","n":7}"#);
        let claim = |path, token: &str| {
            taken(path, Some("id_token"), &format!(r#"{{"id_token":"{token}"}}"#))
        };
        let whole = format!("e30.{payload}.sig");
        assert_eq!(claim("tenantId", &whole).as_deref(), Some("11-22"));
        assert_eq!(claim("tenantId", &format!("e30.{payload}==.sig")).as_deref(), Some("11-22"));
        assert_eq!(claim("n", &whole), None, "no text");
        let long = format!("e30.{payload}.{}", "x".repeat(TAKEN_TEXT_BYTES_MAX));
        for token in ["", "e30", "e30.", "e30.???.x", "e30.aGVsbG8.x", &long] {
            assert_eq!(claim("tenantId", token), None, "{token}");
        }
        assert_eq!(taken("tenantId", Some("id_token"), "[]"), None);
    }

    #[test]
    fn a_text_that_cannot_stand_in_a_request_is_none() {
        let text = |text: &str| taken("a", None, &format!(r#"{{"a":"{text}"}}"#));
        assert_eq!(text(" https://api.example// ").as_deref(), Some("https://api.example"));
        let most = "x".repeat(TAKEN_TEXT_BYTES_MAX);
        assert_eq!(text(&most).as_deref(), Some(&*most));
        for none in ["", " ", "/", "a\\r\\nb", "\\u0000", &format!("{most}x")] {
            assert_eq!(text(none), None);
        }
    }
}
