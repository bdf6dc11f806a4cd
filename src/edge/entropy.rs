//! The only source of randomness: a seed for jitter, taken once at the start.

use rustls::crypto::ring::default_provider;

/// Eight bytes of the system's randomness; where it has none, the jitter is the same at each start.
#[must_use]
pub fn seed() -> u64 {
    let mut bytes = [0; 8];
    match default_provider().secure_random.fill(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes),
        Err(_) => 1,
    }
}
