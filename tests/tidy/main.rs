//! The house rules, as tests that read the repository's own text.
//!
//! Each rule is a function from a file to its complaints, tried on the whole repository and, beside
//! that, on a snippet that breaks it. A complaint says where, what, and what to write instead.

extern crate alloc;

mod builds;
mod promises;
mod repository;
mod rooms;
mod text;
