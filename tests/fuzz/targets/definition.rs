//! Any bytes: [`andon_fuzz::texts::definition`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| andon_fuzz::texts::definition(bytes));
