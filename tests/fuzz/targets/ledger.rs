//! Any bytes: [`andon_fuzz::ledger::ledger`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| andon_fuzz::ledger::ledger(bytes));
