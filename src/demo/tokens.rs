//! The tokens that a simulated platform has issued, and which of them still open its door.
//!
//! # Promises
//! - `a_token_stands_until_it_expires`: to the millisecond.
//! - `the_oldest_token_gives_way`: the memory is bounded.

use alloc::borrow::ToOwned;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;

use crate::limits::DEMO_TOKENS_MAX;
use crate::model::rng::Rng;
use crate::model::time::{Span, UtcMs};

/// The tokens that are valid, the oldest first.
#[derive(Debug, Clone)]
pub struct Tokens {
    rng: Rng,
    valid: VecDeque<Token>,
}

#[derive(Debug, Clone)]
struct Token {
    text: String,
    until: UtcMs,
    scopes: String,
}

/// What the `Authorization` header of a request is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// There is no bearer token in it.
    Missing,
    /// Nobody issued this token, or it was revoked.
    Unknown,
    /// Its time is over.
    Expired,
    /// It opens the door.
    Valid {
        /// The token itself.
        text: &'a str,
        /// What it was issued for.
        scopes: &'a str,
    },
}

impl Tokens {
    /// No tokens yet. The same seed makes the same tokens.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { rng: Rng::new(seed), valid: VecDeque::new() }
    }

    /// Makes a token.
    pub fn issue(&mut self, life: Span, scopes: &str, utc: UtcMs) -> String {
        self.valid.retain(|token| utc < token.until);
        if self.valid.len() >= DEMO_TOKENS_MAX {
            self.valid.pop_front();
        }
        let text = format!("demo-{:016x}{:016x}", self.rng.next(), self.rng.next());
        let token = Token { text: text.clone(), until: utc + life, scopes: scopes.to_owned() };
        self.valid.push_back(token);
        text
    }

    /// What an `Authorization` header is worth at a moment.
    #[must_use]
    pub fn standing(&self, authorization: Option<&str>, utc: UtcMs) -> Standing<'_> {
        let Some(text) = authorization.and_then(|value| value.strip_prefix("Bearer ")) else {
            return Standing::Missing;
        };
        match self.valid.iter().find(|token| token.text == text) {
            None => Standing::Unknown,
            Some(token) if token.until <= utc => Standing::Expired,
            Some(token) => Standing::Valid { text: &token.text, scopes: &token.scopes },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcMs = UtcMs(1_715_783_530_000);
    const HOUR: Span = Span::secs(3_600);

    #[test]
    fn a_token_stands_until_it_expires() {
        let mut tokens = Tokens::new(1);
        let text = tokens.issue(HOUR, "a b", NOW);
        let bearer = format!("Bearer {text}");
        let almost = NOW + Span::millis(3_599_999);
        let valid = Standing::Valid { text: &text, scopes: "a b" };
        assert_eq!(tokens.standing(Some(&bearer), almost), valid);
        assert_eq!(tokens.standing(Some(&bearer), NOW + HOUR), Standing::Expired);
        assert_eq!(tokens.standing(Some("Bearer demo"), NOW), Standing::Unknown);
        assert_eq!(tokens.standing(Some(&text), NOW), Standing::Missing);
        assert_eq!(tokens.standing(None, NOW), Standing::Missing);
    }

    #[test]
    fn the_oldest_token_gives_way() {
        let mut tokens = Tokens::new(1);
        let first = format!("Bearer {}", tokens.issue(HOUR, "", NOW));
        for _ in 0..DEMO_TOKENS_MAX {
            tokens.issue(HOUR, "", NOW);
        }
        assert_eq!(tokens.valid.len(), DEMO_TOKENS_MAX);
        assert_eq!(tokens.standing(Some(&first), NOW), Standing::Unknown);
    }
}
