//! The two distributions that callers and agents follow, drawn from the seeded generator.

use crate::model::rng::Rng;
use crate::model::time::Span;

/// A length that is forgetful of its past, as patience and the gaps between arrivals are.
pub fn exponential(rng: &mut Rng, mean: Span) -> Span {
    // 1 - u lies in (0, 1], so the logarithm is finite.
    stretch(mean, -(1.0 - rng.unit()).ln())
}

/// A length whose logarithm is normal with spread `sigma`, as talk times are (Brown et al.).
pub fn lognormal(rng: &mut Rng, mean: Span, sigma: f64) -> Span {
    stretch(mean, lognormal_factor(rng, sigma))
}

/// A lognormal factor around 1: its mean is 1.
pub fn lognormal_factor(rng: &mut Rng, sigma: f64) -> f64 {
    // Box and Muller's normal number.
    let radius = (-2.0 * (1.0 - rng.unit()).ln()).sqrt();
    let normal = radius * (core::f64::consts::TAU * rng.unit()).cos();
    (sigma * normal - sigma * sigma / 2.0).exp()
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "lengths of hours in milliseconds are exact in a f64, and the cast back saturates"
)]
fn stretch(span: Span, factor: f64) -> Span {
    Span((span.0 as f64 * factor) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_seconds(mut draw: impl FnMut(&mut Rng) -> Span) -> i64 {
        let mut rng = Rng::new(1);
        (0..20_000).map(|_| draw(&mut rng).0).sum::<i64>() / 20_000 / 1_000
    }

    #[test]
    fn both_distributions_keep_their_mean() {
        let patience = mean_seconds(|rng| exponential(rng, Span::secs(400)));
        assert!((390..=410).contains(&patience), "{patience}");
        let talk = mean_seconds(|rng| lognormal(rng, Span::secs(155), 1.0));
        assert!((148..=162).contains(&talk), "{talk}");
    }
}
