//! A seeded source of jitter. The seed arrives as an argument, so that a replay rolls the same
//! dice.

use crate::model::time::Span;

/// `SplitMix64`: small, fast, good enough to spread retries. Never for secrets.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// A generator that will always give the same numbers for the same seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0.0..1.0`.
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "53 bits fit a f64 exactly"
    )]
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A length between half of `span` and all of it: enough spread to part a herd, never zero.
    pub const fn jitter(&mut self, span: Span) -> Span {
        let half = span.0 / 2;
        let spread = half.unsigned_abs().saturating_add(1);
        Span(span.0 - half + (self.next() % spread).cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_between_half_and_whole() {
        let mut rng = Rng::new(7);
        for _ in 0..1_000 {
            let span = rng.jitter(Span::secs(10));
            assert!((5_000..=10_000).contains(&span.0), "{span:?}");
        }
    }
}
