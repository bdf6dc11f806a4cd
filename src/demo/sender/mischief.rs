//! What goes wrong on a webhook's way, on request and by a seed.
//!
//! # Promises
//! - `a_seed_does_the_same_mischief_again`
//! - `a_share_is_about_as_large_as_asked`

use crate::model::rng::Rng;
use crate::model::time::Span;

/// Which shares of the deliveries something happens to. A share is in percent; over 100 is 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mischief {
    /// Delivered twice, as by a sender that has missed the answer.
    pub duplicated_percent: u32,
    /// Held back, so that younger ones overtake them.
    pub reordered_percent: u32,
    /// Accompanied by one of somebody who knows its id and not the secret.
    pub forged_percent: u32,
    /// Preceded by one that was cut on its way.
    pub truncated_percent: u32,
    /// Deliveries leave together, once in so long a time; zero: each at once.
    pub burst_every: Span,
}

/// What happens to one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fate {
    /// How long it is held back.
    pub(super) held: Option<Span>,
    /// How long after it the duplicate follows.
    pub(super) duplicate: Option<Span>,
    pub(super) forgery: Option<Forgery>,
    pub(super) cut: Option<Cut>,
}

/// Somebody sends in its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Forgery;

/// It was cut on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    /// How much of it has come.
    pub(super) percent: u8,
}

impl Mischief {
    /// What happens to the next delivery. Every fate costs as many throws, so that one share does
    /// not change what another is applied to.
    pub(super) fn befall(&self, dice: &mut Rng) -> Fate {
        let mut is_met = |percent: u32| dice.next() % 100 < u64::from(percent);
        let [held, duplicate, forgery, cut] = [
            is_met(self.reordered_percent),
            is_met(self.duplicated_percent),
            is_met(self.forged_percent),
            is_met(self.truncated_percent),
        ];
        let [hold, follow] = [dice.jitter(HELD_MAX), dice.jitter(DUPLICATE_AFTER_MAX)];
        let percent = u8::try_from(dice.next() % 99).unwrap_or_default();
        Fate {
            held: held.then_some(hold),
            duplicate: duplicate.then_some(follow),
            forgery: forgery.then_some(Forgery),
            cut: cut.then_some(Cut { percent }),
        }
    }
}

/// Longer than a platform waits between two looks, so that the next one's events overtake.
const HELD_MAX: Span = Span::secs(40);

const DUPLICATE_AFTER_MAX: Span = Span::secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const SOME: Mischief = Mischief {
        duplicated_percent: 20,
        reordered_percent: 10,
        forged_percent: 5,
        truncated_percent: 0,
        burst_every: Span::ZERO,
    };

    fn fates(mischief: Mischief, seed: u64) -> Vec<Fate> {
        let mut dice = Rng::new(seed);
        (0..2_000).map(|_| mischief.befall(&mut dice)).collect()
    }

    #[test]
    fn a_seed_does_the_same_mischief_again() {
        assert_eq!(fates(SOME, 7), fates(SOME, 7));
        assert_ne!(fates(SOME, 7), fates(SOME, 8));
        let without = fates(Mischief { forged_percent: 0, ..SOME }, 7);
        let held = |fates: &[Fate]| fates.iter().map(|fate| fate.held).collect::<Vec<_>>();
        assert_eq!(held(&without), held(&fates(SOME, 7)), "the others stay as they are");
    }

    #[test]
    fn a_share_is_about_as_large_as_asked() {
        let all = fates(SOME, 1);
        let share = |is_met: fn(&Fate) -> bool| all.iter().filter(|fate| is_met(fate)).count() / 20;
        assert!((18..=22).contains(&share(|fate| fate.duplicate.is_some())));
        assert!((8..=12).contains(&share(|fate| fate.held.is_some())));
        assert!((4..=6).contains(&share(|fate| fate.forgery.is_some())));
        assert_eq!(share(|fate| fate.cut.is_some()), 0);
        assert!(
            fates(Mischief { truncated_percent: 100, ..SOME }, 1).iter().all(|f| f.cut.is_some())
        );
    }
}
