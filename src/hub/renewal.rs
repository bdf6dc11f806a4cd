//! Notices a source whose token is not renewed while the old one still works: guide 1 asks for the
//! alarm before it is felt.
//!
//! How often in a row the renewal has failed is a sample like any other, of the metric
//! `hub.source.token_failures` and the source itself as its entity. Without any token the source is
//! blind, and that is the alert: the same trouble is not told twice from the start.
//!
//! # Promises
//! - `renewals_that_fail_are_a_sample_and_so_is_the_one_that_succeeds`

use crate::hub::{Hub, own};
use crate::limits::TOKEN_FAILURES_TOLD;
use crate::model::answer::Answer;
use crate::model::config::{Config, SourceConfig};
use crate::model::metric::Metric;
use crate::model::name::EntityId;
use crate::model::rule::Rule;
use crate::model::time::Now;
use crate::poll::TokenState;

/// What the evaluation was last told of a source's token.
#[derive(Debug)]
pub(super) struct Renewal {
    source: EntityId,
    /// Nothing yet: an alert from before a restart waits for the first word.
    told: Option<u32>,
}

impl Renewal {
    pub(super) fn new(source: &SourceConfig) -> Option<Self> {
        Some(Self { source: EntityId::new(source.name.as_str()).ok()?, told: None })
    }

    /// How the token stands; the sample that says so, where that is news.
    fn see(&mut self, token: TokenState, now: Now) -> Option<Answer> {
        let failures = match token {
            TokenState::Held { .. } => 0,
            TokenState::Failing { failures, .. } if failures >= TOKEN_FAILURES_TOLD => failures,
            TokenState::Failing { .. } | TokenState::Missing => return None,
        };
        if self.told.replace(failures) == Some(failures) {
            return None;
        }
        Some(own::sample(&self.source, Metric::TOKEN_FAILURES, f64::from(failures), now))
    }
}

impl Hub {
    /// Each token that is not renewed is a sample of its source.
    pub(super) fn look_at_tokens(&mut self, now: Now) {
        for source in 0..self.renewals.len() {
            let (poll, renewal) = (self.polls.get(source), self.renewals.get_mut(source));
            let (Some(poll), Some(renewal)) = (poll, renewal) else { continue };
            if let Some(sample) = renewal.see(poll.health().token, now) {
                self.observe(source, &sample, now);
            }
        }
    }
}

/// The rule that makes failing renewals trouble.
pub(super) fn rule(source: &SourceConfig, config: &Config) -> Option<Rule> {
    let least = f64::from(TOKEN_FAILURES_TOLD);
    own::rule(source, config, "the hub's own: token renewals", Metric::TOKEN_FAILURES, least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::fixtures::{at, loaded};
    use crate::model::answer::Reading;

    #[test]
    fn renewals_that_fail_are_a_sample_and_so_is_the_one_that_succeeds() {
        let mut renewal = Renewal::new(&loaded().config.sources[0]).unwrap();
        let ends = at(900).tick;
        let mut see = |token| renewal.see(token, at(0)).map(|answer| answer.readings[0]);
        let failing = |failures| TokenState::Failing { ends, failures };
        assert_eq!(see(TokenState::Missing), None);
        assert_eq!(see(TokenState::Held { ends }), Some(Reading::Value(0.0)));
        assert_eq!(see(TokenState::Held { ends }), None);
        assert_eq!(see(failing(TOKEN_FAILURES_TOLD - 1)), None);
        assert_eq!(see(failing(3)), Some(Reading::Value(3.0)));
        assert_eq!(see(failing(3)), None);
        assert_eq!(see(failing(4)), Some(Reading::Value(4.0)));
        // Its end changes nothing: the alert stays until a token comes.
        assert_eq!(see(TokenState::Missing), None);
        assert_eq!(see(TokenState::Held { ends }), Some(Reading::Value(0.0)));
    }
}
