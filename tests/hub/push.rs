//! What senders push to the hub.

use andon::event::Event;
use andon::model::delivery::Delivery;
use andon::model::http::Reply;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::network::SIGNING_SECRET;
use crate::world::World;

impl World {
    /// Pushes a body to a source, signed as the guides' definitions want it, and gives the status,
    /// or 0 where no answer comes at once.
    pub(crate) fn push(&mut self, source: &str, id: &str, body: &str) -> u16 {
        let mut mac = Hmac::<Sha256>::new_from_slice(SIGNING_SECRET.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let hash = mac.finalize().into_bytes();
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        self.push_with(source, id, body, &format!("sha256={hex}"))
    }

    /// The same with any signature.
    pub(crate) fn push_with(&mut self, source: &str, id: &str, body: &str, sign: &str) -> u16 {
        let headers = [("x-request-id", id), ("x-signature", sign)];
        let path = format!("/ingest/{source}");
        self.deliver(&path, &headers, body, None).map_or(0, |reply| reply.status)
    }

    /// Pushes a body with any headers and the fingerprint of a client certificate.
    pub(crate) fn deliver(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
        certificate: Option<&str>,
    ) -> Option<Reply> {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let (method, headers, body) = ("POST".into(), headers.collect(), body.to_owned().into());
        let client_certificate = certificate.map(Into::into);
        let delivery = Delivery { method, headers, body, client_certificate };
        let path = path.into();
        self.hand_in(|asker| Event::Pushed { asker, path, delivery })
    }
}
