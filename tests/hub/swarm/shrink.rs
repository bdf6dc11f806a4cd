//! Fewer acts, the same failure: delta debugging with a bounded number of tries.

/// Leaves out as many items as it can while `fails` still says so.
pub(crate) fn shrink<T: Clone>(
    items: Vec<T>,
    tries: usize,
    mut fails: impl FnMut(&[T]) -> bool,
) -> Vec<T> {
    let (mut items, mut left) = (items, tries);
    let mut chunk = items.len().div_ceil(2);
    while chunk > 0 && left > 0 {
        let mut at = 0;
        let mut dropped = false;
        while at < items.len() && left > 0 {
            let mut fewer = items.clone();
            fewer.drain(at..(at + chunk).min(items.len()));
            left -= 1;
            if fails(&fewer) {
                (items, dropped) = (fewer, true);
            } else {
                at += chunk;
            }
        }
        if !dropped || chunk > 1 {
            chunk /= 2;
        }
    }
    items
}

#[test]
fn what_does_not_matter_is_left_out() {
    let all: Vec<u32> = (0..100).collect();
    let mut tries = 0;
    let few = shrink(all, 500, |some| {
        tries += 1;
        some.contains(&17) && some.contains(&61)
    });
    assert_eq!(few, [17, 61]);
    assert!(tries < 100, "{tries}");
}

#[test]
fn the_tries_are_bounded() {
    let mut tries = 0;
    let all: Vec<u32> = (0..100).collect();
    let left = shrink(all.clone(), 7, |_| {
        tries += 1;
        false
    });
    assert_eq!((left, tries), (all, 7));
}
