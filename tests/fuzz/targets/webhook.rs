//! Any bytes: [`andon_fuzz::webhooks::webhook`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| andon_fuzz::webhooks::webhook(bytes));
