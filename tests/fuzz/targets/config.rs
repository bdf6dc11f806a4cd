//! Any bytes: [`andon_fuzz::texts::config`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| andon_fuzz::texts::config(bytes));
