//! The formats that others rely on, each tried on a folder of files: one more case is one more file.

mod config;
