//! The hub in a world of its own: virtual time, simulated servers around it, a real ledger
//! on a simulated disk.
//!
//! A story is one file under `stories/`, in relative time, and reads like the operations log.
//! `world.rs` is its vocabulary, `oracle.rs` watches every turn of every story.

#![expect(clippy::unwrap_used, reason = "a test stops by panicking")]
#![expect(clippy::indexing_slicing, reason = "a test stops by panicking")]
#![expect(clippy::panic, reason = "a test stops by panicking")]

extern crate alloc;

mod asked;
mod chapters;
mod cmdb;
mod config;
mod desks;
mod disk;
mod guide;
mod heard;
mod network;
#[path = "../receivers/oauth.rs"]
mod oauth;
mod oracle;
mod platter;
mod process;
mod push;
mod queues;
mod receivers;
#[path = "../receivers/servicenow.rs"]
mod servicenow;
mod sights;
mod site;
#[path = "../receivers/slack.rs"]
mod slack;
mod stories;
mod strict;
mod swarm;
mod world;
