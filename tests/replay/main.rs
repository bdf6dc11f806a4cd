//! What people would have been told: a real month and simulated centres through the whole hub, with
//! the default settings.
//!
//! The recording is not part of the repository; where it is missing the tests that need it say so
//! loudly. `recording.rs` counts what simpler alerters would have said straight from its rows,
//! apart from the program's code.

#![expect(clippy::unwrap_used, reason = "a test stops by panicking")]
#![expect(clippy::print_stderr, reason = "what was left out, and a table, are for people")]

extern crate alloc;

mod centres;
mod command;
mod month;
mod recording;
