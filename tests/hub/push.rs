//! What senders push to the hub.

use andon::event::{Asker, Event};
use andon::model::delivery::Delivery;
use andon::model::http::Reply;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::network::SIGNING_SECRET;
use crate::world::World;

/// The signature of a body as the guides' definitions want it.
pub(crate) fn signature(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SIGNING_SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let hash = mac.finalize().into_bytes();
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

/// A delivery as it comes in.
pub(crate) fn delivery(id: &str, body: &str, sign: &str) -> Delivery {
    let id = ("x-request-id".into(), id.into());
    let headers = Vec::from([id, ("x-signature".into(), sign.into())]);
    let (method, body) = ("POST".into(), body.to_owned().into());
    Delivery { method, headers, body, client_certificate: None }
}

impl World {
    /// Pushes a body to a source, signed as the guides' definitions want it, and gives the status,
    /// or 0 where no answer comes at once.
    pub(crate) fn push(&mut self, source: &str, id: &str, body: &str) -> u16 {
        self.push_with(source, id, body, &signature(body))
    }

    /// The same with any signature.
    pub(crate) fn push_with(&mut self, source: &str, id: &str, body: &str, sign: &str) -> u16 {
        let (_, reply) = self.hand_over(source, delivery(id, body, sign));
        reply.map_or(0, |reply| reply.status)
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
        self.hand_in(|asker| Event::Pushed { asker, path, delivery }).1
    }

    /// The first word of the answer to a genuine delivery to the usual source.
    pub(crate) fn answer_to(&mut self, id: &str, body: &str) -> String {
        let (_, reply) = self.hand_over("cxone", delivery(id, body, &signature(body)));
        let text = String::from_utf8(reply.unwrap().body).unwrap();
        text.trim().split(':').next().unwrap().to_owned()
    }

    /// Hands in a delivery: under which number its sender waits, and the answer if one comes at
    /// once.
    pub(crate) fn hand_over(&mut self, source: &str, delivery: Delivery) -> (Asker, Option<Reply>) {
        let path = format!("/ingest/{source}").into();
        self.hand_in(|asker| Event::Pushed { asker, path, delivery })
    }
}
