//! What both of ServiceNow's doors have in common: who asks, and what their refusals mean.
//!
//! # Promises
//! - `a_limit_by_the_hour_is_waited_for`

use crate::model::http::{Reply, Request};
use crate::model::login::HttpLogin;
use crate::model::secret::Secrets;
use crate::model::time::{Span, UtcMs};
use crate::target::delivery::Delivery;
use crate::target::{TargetFault, signed};

/// The request with the proof of who asks.
pub(super) fn sign(
    request: Request,
    login: &HttpLogin,
    secrets: &Secrets,
) -> Result<Request, TargetFault> {
    Ok(signed(request, login, secrets)?.with_header("accept", "application/json"))
}

/// What an answer means that is no yes.
pub(super) fn refusal(reply: &Reply) -> Delivery {
    match reply.status {
        429 => Delivery::later(reply, limit_ends(reply).unwrap_or(Span::ZERO)),
        408 | 500..=599 => Delivery::later(reply, Span::ZERO),
        401 => {
            let mend = "check the target's user and password, its token, or its client's rights";
            Delivery::disabled(reply, mend)
        }
        403 => Delivery::disabled(reply, "its user lacks a role, or a field has to be given"),
        404 => Delivery::disabled(reply, "check the target's url"),
        _ => Delivery::refused(reply, ""),
    }
}

/// How long until the limit of the hour begins anew, by the answer's own clock.
fn limit_ends(reply: &Reply) -> Option<Span> {
    let seconds: i64 = reply.header("x-ratelimit-reset")?.trim().parse().ok()?;
    let now = reply.header("date").and_then(UtcMs::from_http_date)?;
    Some((UtcMs(seconds.saturating_mul(1_000)) - now).max(Span::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_by_the_hour_is_waited_for() {
        let reply = Reply::empty(429)
            .with_header("date", "Wed, 15 May 2024 14:00:00 GMT")
            .with_header("x-ratelimit-reset", "1715781720");
        let Delivery::Later { after, .. } = refusal(&reply) else { panic!("it is tried again") };
        assert_eq!(after, Some(Span::secs(120)));
        let Delivery::Later { after, .. } = refusal(&Reply::empty(503)) else {
            panic!("it is tried again")
        };
        assert_eq!(after, None);
        for status in [401, 403, 404] {
            let said = refusal(&Reply::empty(status));
            assert!(matches!(said, Delivery::Disabled { .. }), "{status}");
        }
        assert!(matches!(refusal(&Reply::empty(400)), Delivery::Refused { .. }));
    }
}
