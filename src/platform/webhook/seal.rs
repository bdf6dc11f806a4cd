//! The proof of a delivery that no definition describes: of a target whose people answer there.
//!
//! # Promises
//! - `a_seal_proves_by_its_scheme_and_knows_a_delivery_again`

use alloc::vec::Vec;

use crate::model::delivery::{Delivery, DeliveryId};
use crate::model::time::UtcMs;
use crate::platform::file_proof;
use crate::platform::webhook::opened::{Known, id_of};
use crate::platform::webhook::proof::{self, Proof, Proven, Trust};

/// A scheme that a delivery proves itself by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    proofs: Vec<Proof>,
}

impl Seal {
    /// The scheme of this name, as a definition would write it; none where there is no such scheme
    /// or where it needs more than its name.
    #[must_use]
    pub fn of(scheme: &str) -> Option<Self> {
        file_proof::named(scheme).map(|proof| Self { proofs: Vec::from([proof]) })
    }

    /// Looks at a delivery's proof.
    #[must_use]
    pub fn prove(&self, delivery: &Delivery, trust: &Trust<'_>, now: UtcMs) -> Proven {
        proof::prove(&self.proofs, delivery, trust, now)
    }

    /// The id of a delivery to the door of this name: of what its sender calls it by, else of its
    /// body.
    #[must_use]
    pub fn id(&self, door: &str, delivery: &Delivery) -> DeliveryId {
        let mut usual = self.proofs.iter().flat_map(Proof::usual_ids);
        let named = usual.find_map(|name| delivery.header(name).filter(|id| !id.is_empty()));
        id_of(door, named.map_or(Known::Body(&delivery.body), Known::Named), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::secret::Secret;

    fn delivery(id: &str, body: &str) -> Delivery {
        // The vector is of PagerDuty's documented recipe.
        let signature = "v1=2c984a26b96792f49173390b114619a17f5699a0bb42f13aff472b980b3080b5";
        let headers = [("x-pagerduty-signature", signature), ("x-webhook-id", id)];
        let headers = headers.map(|(name, value)| (name.into(), value.into())).into();
        let (method, body) = ("POST".into(), body.to_owned().into());
        Delivery { method, headers, body, client_certificate: None }
    }

    #[test]
    fn a_seal_proves_by_its_scheme_and_knows_a_delivery_again() {
        let seal = Seal::of("pagerduty").unwrap();
        let (secret, now) = (Secret::new("secret"), UtcMs(0));
        let trust = Trust { secrets: &[&secret], ..Trust::default() };
        let genuine = delivery("1", r#"{"event":{}}"#);
        assert_eq!(seal.prove(&genuine, &trust, now), Proven::Genuine(0));
        let forged = seal.prove(&delivery("1", "{}"), &trust, now);
        assert!(matches!(forged, Proven::Forged(_)), "{forged:?}");
        let id = |id, body| seal.id("ops", &delivery(id, body));
        assert_eq!(id("1", "a"), id("1", "b"));
        assert_ne!(id("1", "a"), id("2", "a"));
        assert_ne!(id("1", "a"), seal.id("others", &delivery("1", "a")));
        assert_eq!(id("", "a"), id("", "a"));
        assert_ne!(id("", "a"), id("", "b"));
        assert_eq!(Seal::of("token"), None, "its header has no usual name");
        assert_eq!(Seal::of("pagerdut\""), None);
    }
}
