//! Any bytes: [`andon_fuzz::recurrence::recurrence`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| andon_fuzz::recurrence::recurrence(bytes));
