//! Records for a collector of logs as data: where they go, and their bytes.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use crate::model::name::TargetName;
use crate::model::time::Span;

/// Records to be handed to a collector, which never answers: what is written counts as delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Records {
    /// The collector's name or address.
    pub server: Box<str>,
    /// The collector's port: 6514, 601 or 514.
    pub port: u16,
    /// What carries them.
    pub carrier: Carrier,
    /// Each of them as RFC 5424 writes it, without any frame.
    pub records: Vec<Vec<u8>>,
    /// From the start to the last byte; after it the records have failed.
    pub deadline: Span,
    /// The target whose own authorities are believed. None: those of `[network]` are.
    pub network_of: Option<TargetName>,
}

impl Records {
    /// Their bytes on a connection: each with its length before it.
    #[must_use]
    pub fn framed(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for record in &self.records {
            bytes.extend_from_slice(format!("{} ", record.len()).as_bytes());
            bytes.extend_from_slice(record);
        }
        bytes
    }
}

/// What carries records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// TLS, with counted frames (RFC 5425).
    Tls,
    /// TCP, with counted frames (RFC 6587).
    Tcp,
    /// One datagram each (RFC 5426).
    Udp,
}
