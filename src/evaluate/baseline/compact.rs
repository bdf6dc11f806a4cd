//! A number in fourteen bits: five of exponent and nine of what follows, so that a year of hours of
//! a thousand series fits a small box.
//!
//! # Promises
//! - `a_compact_number_is_off_by_a_thousandth_at_the_most`
//! - `counts_below_a_thousand_are_exact`
//! - `the_order_of_numbers_is_kept`

/// Nothing is known.
pub(super) const UNKNOWN: u16 = 0;

/// There was trouble, which is not learned.
pub(super) const IN_TROUBLE: u16 = 1;

/// What is smaller than a thousandth.
const ZERO: u16 = 2;

const FIRST: u64 = 3;
const LAST: u64 = (1 << 14) - 1;

/// The bits of a f64's fraction that are dropped.
const DROPPED: u32 = 52 - 9;

/// The upper bits of 2 to the power of -10, the smallest number that is told from zero. The largest
/// is just under 2 to the power of 22.
const SMALLEST: u64 = (1_023 - 10) << 9;

/// A finite number, in its compact form; what is below zero becomes zero.
pub(super) fn compact(number: f64) -> u16 {
    if number <= 0.0 {
        return ZERO;
    }
    let rounded = number.to_bits().saturating_add(1 << (DROPPED - 1)) >> DROPPED;
    match rounded.checked_sub(SMALLEST) {
        None => ZERO,
        Some(above) => u16::try_from((above + FIRST).min(LAST)).unwrap_or(ZERO),
    }
}

/// The number of a compact form, where it is one.
pub(super) fn number(compact: u16) -> Option<f64> {
    match compact {
        UNKNOWN | IN_TROUBLE => None,
        ZERO => Some(0.0),
        above => Some(f64::from_bits((u64::from(above) - FIRST + SMALLEST) << DROPPED)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(value: f64) -> f64 {
        number(compact(value)).unwrap()
    }

    #[test]
    fn a_compact_number_is_off_by_a_thousandth_at_the_most() {
        let mut value = 0.001;
        while value < 4_000_000.0 {
            let error = (back(value) - value).abs() / value;
            assert!(error <= 0.001, "{value} became {}", back(value));
            value *= 1.000_7;
        }
        assert!(back(0.000_1).abs() < 1e-9 && back(-4.0).abs() < 1e-9);
        assert!((back(1e9) - 4_177_920.0).abs() < 1.0, "{}", back(1e9));
        assert_eq!((number(UNKNOWN), number(IN_TROUBLE)), (None, None));
    }

    #[test]
    fn counts_below_a_thousand_are_exact() {
        for count in 0..1_024_u32 {
            assert!((back(f64::from(count)) - f64::from(count)).abs() < 1e-12, "{count}");
        }
    }

    #[test]
    fn the_order_of_numbers_is_kept() {
        let numbers = [0.0, 0.001, 0.5, 0.9, 1.0, 1.01, 17.0, 1_000.0, 70_000.0];
        let codes = numbers.map(compact);
        assert!(codes.is_sorted_by(|one, other| one < other), "{codes:?}");
    }
}
