//! What a source learns on its way in: texts out of answers, and where addresses may lead.
//!
//! # Promises
//! - `an_address_that_leads_elsewhere_is_refused`: no token goes to a host that nobody named.
//! - `a_claim_of_a_token_is_read`

use alloc::boxed::Box;
use alloc::vec::Vec;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jmespath::Rcvar;

use crate::model::config::SourceConfig;
use crate::model::http::origin;
use crate::model::secret::Secrets;
use crate::platform::fill::Filling;
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
        let is_plain = text.starts_with("http://");
        if !is_plain && !text.starts_with("https://") {
            return Ok(());
        }
        let host = host_of(text);
        let is_named = host == host_of(asked) || self.names_host(source, host);
        if is_named && !(is_plain && asked.starts_with("https://")) {
            return Ok(());
        }
        Err(VendorFault::ForeignHost { address: origin(text).into() })
    }

    fn names_host(&self, source: &SourceConfig, host: &str) -> bool {
        let fits = |pattern: &str| match pattern.strip_prefix('*') {
            Some(end) => host.len() > end.len() && host.ends_with(end),
            None => host == pattern,
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
        let text = found.as_ref().and_then(|found| found.as_string());
        match text.map(|text| text.trim_end_matches('/')).filter(|text| !text.is_empty()) {
            Some(text) => Ok(text.into()),
            None => Err(VendorFault::NoText { path: self.path.text().into() }),
        }
    }
}

fn claims(token: &Rcvar) -> Option<Rcvar> {
    let payload = token.as_string()?.split('.').nth(1)?;
    parse_body(&BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()
}

/// The host of an address, without its port.
fn host_of(url: &str) -> &str {
    let (_, rest) = origin(url).split_once("://").unwrap_or_default();
    rest.rsplit_once(':').map_or(rest, |(host, _)| host)
}
