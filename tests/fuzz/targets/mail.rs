//! Any bytes: [`andon_fuzz::mail::mail`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| andon_fuzz::mail::mail(bytes));
