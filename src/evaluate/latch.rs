//! Hysteresis: which side of its threshold a rule is on, and when it changes sides.
//!
//! # Promises
//! - `a_value_on_the_line_does_not_flap`: clearing needs the margin, not just the threshold.
//! - `what_nobody_knows_changes_nothing`: missing data is never read as fine.

use crate::evaluate::threshold::{Compared, Verdict};

/// Which side a rule is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Latch {
    /// It does not hold.
    #[default]
    Clear,
    /// It holds, or has not yet cleared by the margin.
    Breached,
}

/// What a verdict did to the latch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turn {
    /// The rule began to hold.
    Began(Compared),
    /// It goes on holding.
    Lasts(Compared),
    /// It has cleared.
    Ended(Compared),
    /// It does not hold, or nobody can say.
    Same,
}

impl Latch {
    /// Takes a verdict.
    pub const fn observe(&mut self, verdict: Verdict) -> Turn {
        match (*self, verdict) {
            (Self::Clear, Verdict::Breach(compared)) => {
                *self = Self::Breached;
                Turn::Began(compared)
            }
            (Self::Breached, Verdict::Breach(compared) | Verdict::Between(compared)) => {
                Turn::Lasts(compared)
            }
            (Self::Breached, Verdict::Clear(compared)) => {
                *self = Self::Clear;
                Turn::Ended(compared)
            }
            (Self::Clear, Verdict::Between(_) | Verdict::Clear(_)) | (_, Verdict::Unknown(_)) => {
                Turn::Same
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::fixtures::rule;
    use crate::evaluate::rate::Value;
    use crate::evaluate::threshold::{Why, judge};
    use alloc::string::String;

    fn turns(values: &[f64]) -> String {
        let rule = rule("calls_waiting", ">=", 15.0);
        let mut latch = Latch::default();
        values
            .iter()
            .map(|value| match latch.observe(judge(&rule, Value::Exact(*value), &|_| None)) {
                Turn::Began(_) => 'B',
                Turn::Lasts(_) => 'l',
                Turn::Ended(_) => 'E',
                Turn::Same => '.',
            })
            .collect()
    }

    #[test]
    fn a_value_on_the_line_does_not_flap() {
        assert_eq!(turns(&[14.0, 15.0, 14.0, 15.0, 14.0, 15.0]), ".Bllll");
        assert_eq!(turns(&[15.0, 13.6, 13.5, 14.9, 15.0]), "BlE.B");
    }

    #[test]
    fn what_nobody_knows_changes_nothing() {
        for mut latch in [Latch::Clear, Latch::Breached] {
            let before = latch;
            assert_eq!(latch.observe(Verdict::Unknown(Why::NoValue)), Turn::Same);
            assert_eq!(latch, before);
        }
    }
}
