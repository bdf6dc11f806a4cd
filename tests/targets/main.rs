//! Each kind of target against a strict receiver of its kind: what the hub sends, what it makes of
//! each answer, and that it leaves a receiver that stalls, throttles or lies.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops by panicking"
)]

extern crate alloc;

mod clients;
mod exchange;
mod hooks;
mod mail;
mod own_network;
#[path = "../receivers/mod.rs"]
mod receivers;
mod slack;
mod sms;
mod stands;
mod syslog;
mod troubles;
mod wires;
