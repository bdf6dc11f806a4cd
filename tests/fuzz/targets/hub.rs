//! Any bytes: [`andon_fuzz::hub::hub`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| andon_fuzz::hub::hub(bytes));
