//! The library's agents: one for each deadline, way out, and client certificate.
//!
//! A deadline of a single request would make `ureq` read the root certificates anew for each
//! connection, keep them with it, and resume no TLS session.
//!
//! # Promises
//! - `a_pair_that_does_not_go_together_makes_no_request`: the library would end the program.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::time::Duration;

use rustls::ClientConfig;
use sha2::{Digest, Sha256};
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use crate::edge::exits::{Exit, Exits};
use crate::edge::identity::certified;
use crate::edge::outward::{News, Outward};
use crate::edge::wire::{self, Trust};
use crate::limits::{AGENTS_MAX, CONNECT_DEADLINE};
use crate::model::http::{Identity, LinkFault, Request};
use crate::model::name::TargetName;
use crate::model::network::Way;
use crate::model::secret::Secrets;
use crate::model::time::Span;

/// Agents that are kept ready, and how they ask.
#[derive(Debug)]
pub(super) struct Agents {
    exits: Exits,
    ready: BTreeMap<(Span, Exit, Way, Option<Fingerprint>), Agent>,
    /// What is believed outside of HTTP, once it is needed.
    trusts: BTreeMap<Exit, Arc<ClientConfig>>,
}

/// Of a client certificate and its key.
type Fingerprint = [u8; 32];

/// An agent for one request, and the address of the proxy that it goes through.
pub(super) type Chosen = (Agent, Option<String>);

impl Agents {
    pub(super) const fn of(exits: Exits) -> Self {
        Self { exits, ready: BTreeMap::new(), trusts: BTreeMap::new() }
    }

    /// The one that asks as a request wants it.
    pub(super) fn choose(&mut self, request: &Request) -> Result<Chosen, LinkFault> {
        let exit = self.exits.of(request.network_of.as_ref());
        let outward = self.exits.at(exit);
        let way = outward.way(&request.url);
        let shown = outward.proxy_shown(way).map(ToOwned::to_owned);
        let identity = request.identity.as_deref();
        let key = (request.deadline, exit, way, identity.map(fingerprint));
        if let Some(agent) = self.ready.get(&key) {
            return Ok((agent.clone(), shown));
        }
        let agent = make(outward, request.deadline, way, identity)?;
        if self.ready.len() >= AGENTS_MAX {
            self.ready.clear();
        }
        self.ready.insert(key, agent.clone());
        Ok((agent, shown))
    }

    /// Whom a target's server has to be vouched for by where no HTTP is spoken.
    pub(super) fn trust(&mut self, target: Option<&TargetName>) -> Trust {
        let exit = self.exits.of(target);
        if let Some(trust) = self.trusts.get(&exit) {
            return Ok(Arc::clone(trust));
        }
        let roots = self.exits.at(exit).roots();
        let trust = wire::trust(roots.iter().map(|root| root.der()))?;
        self.trusts.insert(exit, Arc::clone(&trust));
        Ok(trust)
    }

    /// Takes secrets that were read again.
    pub(super) fn reread(&mut self, secrets: &Secrets) {
        if self.exits.reread(secrets) == News::Some {
            self.ready.clear();
        }
    }
}

fn make(
    outward: &Outward,
    deadline: Span,
    way: Way,
    identity: Option<&Identity>,
) -> Result<Agent, LinkFault> {
    let cannot = |why: &str| LinkFault::BadRequest(why.into());
    let identity = identity.map(certified).transpose().map_err(cannot)?;
    let proxy = outward.proxy(way).map_err(|_| cannot("the proxy's address is none"))?;
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(outward.roots()))
        .client_cert(identity)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(millis(deadline)))
        .timeout_connect(Some(millis(CONNECT_DEADLINE)))
        .timeout_resolve(Some(millis(CONNECT_DEADLINE)))
        // The body and headers of a refusal are read by the heart, `Retry-After` among them.
        .http_status_as_error(false)
        // A redirect could carry a token to another host.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(proxy)
        .user_agent(concat!("andon/", env!("CARGO_PKG_VERSION")))
        .input_buffer_size(16 << 10)
        .output_buffer_size(16 << 10)
        .max_response_header_size(16 << 10)
        .max_idle_connections(8)
        .max_idle_connections_per_host(2)
        .max_idle_age(Duration::from_secs(30))
        .build();
    Ok(config.new_agent())
}

fn fingerprint(identity: &Identity) -> Fingerprint {
    let mut digest = Sha256::new();
    digest.update(identity.certificate.expose());
    digest.update(identity.key.expose());
    digest.finalize().into()
}

const fn millis(span: Span) -> Duration {
    Duration::from_millis(span.0.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::secret::Secret;
    use rcgen::{CertificateParams, KeyPair};

    fn pair() -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["andon.example".into()]).unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    fn request(seconds: i64, certificate: &str, key: &str) -> Request {
        let identity = Identity { certificate: Secret::new(certificate), key: Secret::new(key) };
        Request::get("https://x.example", Span::secs(seconds)).with_identity(Some(identity))
    }

    #[test]
    fn a_pair_that_does_not_go_together_makes_no_request() {
        let mut agents = Agents::of(Exits::all_by(Outward::plain()));
        let ((certificate, key), (_, other)) = (pair(), pair());
        for (certificate, key, why) in [
            (&*certificate, &*other, "do not go together"),
            ("nothing", &*key, "holds no certificate"),
            (&*certificate, "nothing", "holds no private key"),
        ] {
            let fault = agents.choose(&request(1, certificate, key)).unwrap_err().to_string();
            assert!(fault.contains(why) && !fault.contains("nothing"), "{fault}");
        }
        assert!(agents.ready.is_empty());
        assert!(agents.choose(&request(1, &certificate, &key)).is_ok());
    }

    #[test]
    fn agents_are_kept_for_what_differs_and_are_bounded() {
        let mut agents = Agents::of(Exits::all_by(Outward::plain()));
        let (certificate, key) = pair();
        for _ in 0..3 {
            agents.choose(&request(1, &certificate, &key)).unwrap();
            agents.choose(&Request::get("https://x.example", Span::secs(1))).unwrap();
            agents.choose(&Request::get("https://y.example", Span::secs(2))).unwrap();
        }
        assert_eq!(agents.ready.len(), 3);
        for seconds in 0..200 {
            agents.choose(&request(seconds, &certificate, &key)).unwrap();
            assert!(agents.ready.len() <= AGENTS_MAX);
        }
    }
}
