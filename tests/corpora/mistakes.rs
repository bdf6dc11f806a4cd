//! What becomes of bytes on a bad day: flipped, cut, doubled, mixed with others.

use andon::model::rng::Rng;

/// Pieces that parsers stumble over.
const PIECES: [&[u8]; 20] = [
    b"\0",
    b"\xff",
    b"\xf0\x9f",
    b"\xef\xbb\xbf",
    b"\xc3\xa9",
    b"\n",
    b"\r\n",
    b"\"",
    b"\\",
    b"[[",
    b"}}",
    b"{{ x }}",
    b"-",
    b"0",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"1e308",
    b"null",
    b"%00",
    b"\x1b[2J",
];

/// A variant of `seed` with one to four mistakes; `others` are mixed in.
pub(crate) fn make(seed: &[u8], others: &[Vec<u8>], dice: &mut Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=below(4, dice) {
        mistake(&mut bytes, others, dice);
    }
    bytes
}

fn mistake(bytes: &mut Vec<u8>, others: &[Vec<u8>], dice: &mut Rng) {
    let at = below(bytes.len() + 1, dice);
    let end = at + below((bytes.len() - at).min(64) + 1, dice);
    match below(6, dice) {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << below(8, dice);
            }
        }
        1 => bytes.truncate(at),
        2 => drop(bytes.drain(at..end)),
        3 => {
            let doubled = bytes[at..end].to_vec();
            bytes.splice(end..end, doubled);
        }
        4 => {
            let piece = PIECES[below(PIECES.len(), dice)];
            bytes.splice(at..at, piece.iter().copied());
        }
        _ => {
            let other = &others[below(others.len(), dice)];
            let from = below(other.len() + 1, dice);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
    }
}

/// A number from nought to `bound`, which itself is left out.
fn below(bound: usize, dice: &mut Rng) -> usize {
    let bound = u64::try_from(bound.max(1)).unwrap();
    usize::try_from(dice.next() % bound).unwrap()
}
