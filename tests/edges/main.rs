//! The real binary among real sockets, files and signals, with a simulated world around it.
//!
//! The world is served on loopback by the test's own process, so that a test can look into its
//! memory. The interval of the source definition is ten real seconds: first data comes up to eleven
//! seconds after a start, and most tests wait for it. They run side by side.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops by panicking"
)]
#![expect(clippy::print_stderr, reason = "a test that is left out says so")]

extern crate alloc;

mod answers;
mod check;
mod crowding;
mod day;
mod definitions;
mod demonstration;
mod descriptors;
mod disk;
mod door;
mod enrichment;
mod hub;
mod kill;
mod outward;
mod patience;
mod proofs;
mod push;
mod pushed;
mod pushing;
mod refusals;
mod register;
mod restart;
mod routed;
mod schemes;
mod sdk;
mod sealing;
mod secrets;
mod selftest;
mod senders;
mod server;
mod systemd;
mod tls;
mod told;
mod trouble;
mod vault;
mod world;
