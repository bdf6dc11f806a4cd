//! The audit trail of a source's tokens: each use is counted and said, never the token itself.
//!
//! # Promises
//! - `every_use_of_a_token_is_on_record`: which token, by its number since the start, what for, and
//!   what the platform answered.
//! - `a_token_that_is_refused_in_mid_life_is_renewed_once_and_then_with_patience`

use alloc::format;

use log::Level;

use crate::model::http::{LinkFault, Reply};
use crate::poll::feed::{Feed, Run};
use crate::poll::tenant::Tenant;

impl Feed {
    /// The audit trail: each use of a token, never the token itself.
    pub(super) fn tell_use(
        &self,
        tenant: &mut Tenant,
        run: Run,
        outcome: &Result<Reply, LinkFault>,
    ) {
        if !run.shows_token {
            return;
        }
        let request = tenant.definition.request_name(self.index).unwrap_or("data");
        let text = match outcome {
            Ok(reply) => format!("token {} used for {request}: {}", run.token, reply.status),
            Err(_) => format!("token {} used for {request}: no answer", run.token),
        };
        tenant.say(Level::Debug, text);
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    use crate::model::http::{LinkFault, Reply};
    use crate::model::time::Span;
    use crate::poll::world::{GUIDE, NOON, Vendor, World};
    use crate::poll::{Asked, Freshness};

    /// The guide's queues, and a second request of every half minute.
    fn queues_and_slow() -> String {
        let request = GUIDE.split_at(GUIDE.find("[[request]]").unwrap()).1;
        let slow = request.replace("name = \"queues\"", "name = \"slow\"\ninterval_seconds = 30");
        format!("{GUIDE}\n{slow}")
    }

    #[test]
    fn every_use_of_a_token_is_on_record() {
        let mut world = World::with(&queues_and_slow(), None, 1);
        world.run(9, Vendor::good);
        world.run(35, |vendor, asked| match asked {
            Asked::Data(1) => Ok(Reply::empty(401)),
            Asked::Data(0) if vendor.utc < NOON + Span::millis(11_500) => Err(LinkFault::Timeout),
            Asked::Data(_) | Asked::Token | Asked::Webhook => vendor.good(asked),
        });
        let uses: Vec<&str> = world.said.iter().map(|(_, text)| text.as_str()).collect();
        let of = |words: &str| uses.iter().filter(|text| **text == words).count();
        assert_eq!((of("token 1 used for queues: 200"), of("token 1 used for slow: 200")), (4, 1));
        assert_eq!(of("token 1 used for queues: no answer"), 1);
        assert_eq!((of("token 1 used for slow: 401"), of("token 2 used for slow: 401")), (1, 1));
        let all = uses.iter().filter(|text| text.contains(" used for ")).count();
        let counters = world.counters();
        assert_eq!(
            (all, counters.token_uses),
            (usize::try_from(counters.polls).unwrap(), counters.polls)
        );
        assert!(uses.iter().all(|text| !text.contains("tokentoken")));
    }

    #[test]
    fn a_token_that_is_refused_in_mid_life_is_renewed_once_and_then_with_patience() {
        let mut world = World::with(&queues_and_slow(), None, 1);
        world.run(95, Vendor::good);
        world.asked.clear();
        world.run(1_800, |vendor, asked| match asked {
            Asked::Data(_) => Ok(Reply::empty(401)),
            Asked::Token | Asked::Webhook => vendor.good(asked),
        });
        let tokens = world.asked.iter().filter(|(_, asked)| *asked == Asked::Token);
        let at: Vec<i64> = tokens.map(|(at, _)| at.0 / 1_000).collect();
        let gaps: Vec<i64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        // Two feeds are refused with each token, and it is replaced once: at first within a second,
        // later once a minute.
        assert!((101..=103).contains(&at[0]), "{at:?}");
        assert!(gaps.iter().skip(8).all(|gap| *gap >= 25), "{gaps:?}");
        assert!((15..60).contains(&at.len()), "{at:?}");
        assert!(world.rereads >= u32::try_from(at.len()).unwrap());
        world.asked.clear();
        world.run(2_000, Vendor::good);
        let tokens = world.asked.iter().filter(|(_, asked)| *asked == Asked::Token).count();
        assert!(tokens <= 1, "{tokens}: what works is kept");
        assert_eq!(world.poll.health().freshness, Freshness::Fresh);
    }
}
