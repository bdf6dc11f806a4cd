//! What was proved and not understood: kept for people, within bounds, until a mapping reads it.
//!
//! # Promises
//! - `a_payload_is_kept_up_to_a_bound_and_says_so`
//! - `the_source_that_has_most_gives_way`
//! - `what_is_kept_goes_after_its_time`

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use crate::ledger::Write;
use crate::limits::{
    NAME_BYTES_MAX, UNREAD_ALERTS_FOR, UNREAD_BODY_BYTES_MAX, UNREAD_BYTES_MAX, UNREAD_KEPT,
    UNREAD_MAX,
};
use crate::model::delivery::{Delivery, DeliveryId, Unread};
use crate::model::name::SourceName;
use crate::model::time::{Span, UtcMs};

/// The payloads that are kept, the oldest first.
#[derive(Debug, Default)]
pub struct Unreads {
    kept: VecDeque<Unread>,
    next: u64,
}

impl Unreads {
    /// What was kept before the start.
    #[must_use]
    pub fn restore(mut kept: Vec<Unread>) -> Self {
        kept.sort_by_key(|unread| unread.number);
        let next = kept.last().map_or(0, |last| last.number.saturating_add(1));
        Self { kept: kept.into(), next }
    }

    /// Every one, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Unread> {
        self.kept.iter()
    }

    /// Keeps a delivery; what is to be written of it, and what gives way.
    pub fn keep(
        &mut self,
        source: &SourceName,
        delivery: &Delivery,
        id: DeliveryId,
        why: &impl fmt::Display,
        now: UtcMs,
    ) -> Vec<Write> {
        let content_type = delivery.header("content-type").unwrap_or_default();
        let unread = Unread {
            number: self.next,
            source: source.clone(),
            received: now,
            content_type: content_type.chars().take(NAME_BYTES_MAX).collect(),
            id,
            body: delivery.body.iter().take(UNREAD_BODY_BYTES_MAX).copied().collect(),
            whole_bytes: u64::try_from(delivery.body.len()).unwrap_or(u64::MAX),
            why: why.to_string().into(),
        };
        self.next = self.next.saturating_add(1);
        let mut writes = Vec::from([Write::unread(&unread)]);
        self.kept.push_back(unread);
        while self.kept.len() > UNREAD_MAX || self.bytes() > UNREAD_BYTES_MAX {
            let Some(number) = self.gives_way() else { break };
            writes.extend(self.forget(number));
        }
        writes
    }

    /// One of them is not needed any more.
    pub fn forget(&mut self, number: u64) -> Option<Write> {
        let at = self.kept.iter().position(|unread| unread.number == number)?;
        self.kept.remove(at)?;
        Some(Write::forget_unread(number))
    }

    /// Those whose time is over go.
    pub fn forget_old(&mut self, now: UtcMs) -> Vec<Write> {
        let is_old = |unread: &&Unread| now - unread.received > UNREAD_KEPT;
        let old: Vec<u64> = self.kept.iter().filter(is_old).map(|unread| unread.number).collect();
        old.into_iter().filter_map(|number| self.forget(number)).collect()
    }

    /// How many of a source came so lately that they are an alert.
    #[must_use]
    pub fn lately(&self, source: &SourceName, now: UtcMs) -> usize {
        let is_late = |unread: &&Unread| now - unread.received < UNREAD_ALERTS_FOR;
        self.kept.iter().filter(|unread| unread.source == *source).filter(is_late).count()
    }

    /// In how long the passing of time alone changes anything.
    #[must_use]
    pub fn changes_in(&self, now: UtcMs) -> Option<Span> {
        let ends = self.kept.iter().flat_map(|unread| {
            let goes = unread.received + UNREAD_KEPT + Span::millis(1);
            [unread.received + UNREAD_ALERTS_FOR, goes]
        });
        ends.filter(|end| *end > now).min().map(|end| end - now)
    }

    fn bytes(&self) -> usize {
        self.kept.iter().map(|unread| unread.body.len()).sum()
    }

    /// The oldest of the source that has most of them: one that talks much drives out nobody
    /// else's.
    fn gives_way(&self) -> Option<u64> {
        let mut of_source: BTreeMap<&SourceName, usize> = BTreeMap::new();
        for unread in &self.kept {
            let bytes = of_source.entry(&unread.source).or_default();
            *bytes = bytes.saturating_add(unread.body.len()).saturating_add(1);
        }
        let (most, _) = of_source.into_iter().max_by_key(|(_, bytes)| *bytes)?;
        self.kept.iter().find(|unread| unread.source == *most).map(|unread| unread.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    use crate::model::delivery::Extent;

    const NOON: UtcMs = UtcMs(1_715_774_400_000);

    fn source(name: &str) -> SourceName {
        SourceName::new(name).unwrap()
    }

    fn keep(unreads: &mut Unreads, name: &str, length: usize, at: UtcMs) -> Vec<Write> {
        let secret = ("authorization".into(), "Bearer secret".into());
        let headers = vec![secret, ("content-type".into(), "text/plain".into())];
        let delivery = Delivery {
            method: "POST".into(),
            headers,
            body: vec![b'a'; length].into(),
            client_certificate: None,
        };
        unreads.keep(&source(name), &delivery, [0; 8], &"the body is not JSON", at)
    }

    fn numbers(unreads: &Unreads) -> Vec<u64> {
        unreads.iter().map(|unread| unread.number).collect()
    }

    #[test]
    fn a_payload_is_kept_up_to_a_bound_and_says_so() {
        let mut unreads = Unreads::default();
        keep(&mut unreads, "a", UNREAD_BODY_BYTES_MAX, NOON);
        let writes = keep(&mut unreads, "a", UNREAD_BODY_BYTES_MAX + 1, NOON);
        let kept: Vec<_> = unreads
            .iter()
            .map(|unread| (unread.body.len(), unread.whole_bytes, unread.extent()))
            .collect();
        let (bound, whole) = (UNREAD_BODY_BYTES_MAX, 16_384);
        let wanted = [(bound, whole, Extent::Whole), (bound, whole + 1, Extent::Cut)];
        assert_eq!(kept, wanted);
        assert_eq!(writes, [Write::unread(&unreads.kept[1])]);
        let secret = b"Bearer secret".as_slice();
        let bytes = writes[0].value.as_ref().unwrap();
        assert!(!bytes.windows(secret.len()).any(|part| part == secret));
        let again = Unreads::restore(vec![unreads.kept[1].clone(), unreads.kept[0].clone()]);
        assert_eq!((numbers(&again), again.next), (vec![0, 1], 2));
    }

    #[test]
    fn the_source_that_has_most_gives_way() {
        let mut unreads = Unreads::default();
        keep(&mut unreads, "quiet", 10, NOON);
        for _ in 1..UNREAD_MAX {
            assert_eq!(keep(&mut unreads, "loud", 10, NOON).len(), 1);
        }
        assert_eq!(keep(&mut unreads, "loud", 10, NOON)[1], Write::forget_unread(1));
        assert_eq!((unreads.kept.len(), &numbers(&unreads)[..2]), (UNREAD_MAX, [0, 2].as_slice()));
        let whole = UNREAD_BYTES_MAX / UNREAD_BODY_BYTES_MAX;
        for _ in 0..=whole {
            keep(&mut unreads, "long", UNREAD_BODY_BYTES_MAX, NOON);
        }
        assert!(unreads.bytes() <= UNREAD_BYTES_MAX);
        assert_eq!(numbers(&unreads)[0], 0, "the quiet one's is still there");
    }

    #[test]
    fn what_is_kept_goes_after_its_time() {
        let mut unreads = Unreads::default();
        keep(&mut unreads, "a", 10, NOON);
        let second = Span::secs(1);
        assert_eq!(unreads.changes_in(NOON), Some(UNREAD_ALERTS_FOR));
        let lately = |unreads: &Unreads, at| unreads.lately(&source("a"), at);
        assert_eq!(lately(&unreads, NOON + (UNREAD_ALERTS_FOR - second)), 1);
        assert_eq!(lately(&unreads, NOON + UNREAD_ALERTS_FOR), 0);
        assert_eq!(unreads.lately(&source("b"), NOON), 0);
        let later = NOON + UNREAD_KEPT;
        assert!(unreads.forget_old(later).is_empty());
        let rest = unreads.changes_in(later).unwrap();
        assert_eq!(unreads.forget_old(later + rest), [Write::forget_unread(0)]);
        assert_eq!((unreads.changes_in(later), unreads.kept.len()), (None, 0));
        keep(&mut unreads, "a", 10, NOON);
        assert_eq!(numbers(&unreads), [1], "a number is not used twice");
    }
}
