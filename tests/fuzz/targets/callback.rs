//! Any bytes: [`andon_fuzz::callbacks::callback`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| andon_fuzz::callbacks::callback(bytes));
