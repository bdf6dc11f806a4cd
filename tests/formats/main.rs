//! The formats that others rely on, each tried on a folder of files: a new case is one more file.

extern crate alloc;

mod config;
mod zones;
