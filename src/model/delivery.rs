//! A webhook as it came: the exact bytes, before anybody has believed them.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::limits::DELIVERY_ID_BYTES;
use crate::model::time::Tick;

/// One request to the ingest port. Headers and body may carry secrets, so `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    /// `POST`, or what else came.
    pub method: Box<str>,
    /// Names in lower case, values as sent.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// The exact bytes, bounded by [`crate::limits::INGEST_BODY_BYTES_MAX`].
    pub body: Bytes,
    /// The SHA-256 of the sender's own certificate, in small hex digits. None, where it showed none
    /// that was found good.
    pub client_certificate: Option<Box<str>>,
}

/// By what a delivery is known again: the beginning of a SHA-256 of its id or its body.
pub type DeliveryId = [u8; DELIVERY_ID_BYTES];

/// The deliveries of a short while, as the ledger keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryBlock {
    /// Which one; each has a number of its own, and the newest the greatest.
    pub number: u64,
    /// When its first was taken.
    pub begin: Tick,
    /// When its last was taken.
    pub newest: Tick,
    /// Bounded by [`crate::limits::DELIVERY_BLOCK_IDS`].
    pub ids: Vec<DeliveryId>,
}

impl Delivery {
    /// The value of a header, the first one where it stands twice.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| **known == *name).map(|(_, value)| &**value)
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.method, self.body.len())
    }
}
