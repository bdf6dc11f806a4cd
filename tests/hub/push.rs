//! What senders push to the hub.

use andon::event::Event;
use andon::model::delivery::Delivery;
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
        let id = ("x-request-id".into(), id.into());
        let headers = Vec::from([id, ("x-signature".into(), sign.into())]);
        let body = body.to_owned().into();
        let delivery = Delivery { method: "POST".into(), headers, body, client_certificate: None };
        let path = format!("/ingest/{source}").into();
        let reply = self.hand_in(|asker| Event::Pushed { asker, path, delivery });
        reply.map_or(0, |reply| reply.status)
    }
}
