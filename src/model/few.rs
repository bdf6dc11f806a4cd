//! A bounded list that is short as a rule: it takes the room of what is in it, and no more.
//!
//! # Promises
//! - `a_full_list_gives_back_what_finds_no_room`
//! - `what_is_refilled_is_what_was_given`

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};
use core::slice;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// At most `MOST` items. Each change of the length takes other memory: for what rarely changes and
/// stands in thousands of places.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Few<T, const MOST: usize>(Box<[T]>);

impl<T, const MOST: usize> Few<T, MOST> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self(Box::default())
    }

    /// Adds an item at the end.
    ///
    /// # Errors
    /// Gives the item back where there is no room for it.
    pub fn push(&mut self, item: T) -> Result<(), T> {
        if self.0.len() >= MOST {
            return Err(item);
        }
        self.change(|items| {
            items.reserve_exact(1);
            items.push(item);
        });
        Ok(())
    }

    /// Keeps the items that pass.
    pub fn retain(&mut self, mut passes: impl FnMut(&T) -> bool) {
        self.retain_mut(|item| passes(item));
    }

    /// Keeps the items that pass, which may be changed by that.
    pub fn retain_mut(&mut self, passes: impl FnMut(&mut T) -> bool) {
        self.change(|items| items.retain_mut(passes));
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.0 = Box::default();
    }

    /// Takes these items, as many as there is room for, for those that it had: in place as a rule.
    pub fn refill(&mut self, items: impl Iterator<Item = T>) {
        let mut filled = 0;
        for item in items.take(MOST) {
            match self.0.get_mut(filled) {
                Some(known) => *known = item,
                // There is room: no more are taken than it can have.
                None => drop(self.push(item)),
            }
            filled += 1;
        }
        if filled < self.0.len() {
            self.change(|items| items.truncate(filled));
        }
    }

    /// The items.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    fn change(&mut self, change: impl FnOnce(&mut Vec<T>)) {
        let mut items = core::mem::take(&mut self.0).into_vec();
        change(&mut items);
        self.0 = items.into_boxed_slice();
    }
}

impl<T, const MOST: usize> Default for Few<T, MOST> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const MOST: usize> Deref for Few<T, MOST> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T, const MOST: usize> DerefMut for Few<T, MOST> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T, const MOST: usize> FromIterator<T> for Few<T, MOST> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().take(MOST).collect())
    }
}

impl<'a, T, const MOST: usize> IntoIterator for &'a Few<T, MOST> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> slice::Iter<'a, T> {
        self.0.iter()
    }
}

impl<'a, T, const MOST: usize> IntoIterator for &'a mut Few<T, MOST> {
    type Item = &'a mut T;
    type IntoIter = slice::IterMut<'a, T>;

    fn into_iter(self) -> slice::IterMut<'a, T> {
        self.0.iter_mut()
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Few<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let items = Box::<[T]>::deserialize(from)?;
        let room = items.len() <= MOST;
        room.then_some(Self(items))
            .ok_or_else(|| Error::custom("more items than there is room for"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_list_gives_back_what_finds_no_room() {
        let mut few: Few<u8, 2> = Few::new();
        assert_eq!((few.push(1), few.push(2), few.push(3)), (Ok(()), Ok(()), Err(3)));
        few.retain(|item| *item != 1);
        assert_eq!(few.push(4), Ok(()));
        assert_eq!(few.as_slice(), [2, 4]);
        few.clear();
        assert!(few.is_empty());
    }

    #[test]
    fn what_is_refilled_is_what_was_given() {
        let mut few: Few<u8, 3> = Few::new();
        for given in [&[1, 2][..], &[3, 4, 5], &[6], &[], &[7, 8]] {
            few.refill(given.iter().copied());
            assert_eq!(few.as_slice(), given);
        }
        few.refill([1, 2, 3, 4].into_iter());
        assert_eq!(few.as_slice(), [1, 2, 3]);
    }

    #[test]
    fn more_than_there_is_room_for_is_not_read() {
        let bytes = postcard::to_allocvec(&[1_u8, 2, 3][..]).unwrap();
        assert!(postcard::from_bytes::<Few<u8, 2>>(&bytes).is_err());
        let few: Few<u8, 3> = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(postcard::to_allocvec(&few).unwrap(), bytes);
    }
}
