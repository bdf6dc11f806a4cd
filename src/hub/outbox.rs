//! What lies in the outbox: its dead letters by order of an operator, and its numbers.
//!
//! # Promises
//! - `what_an_order_leaves_of_the_dead_letters_is_answered`

use alloc::vec::Vec;

use crate::api::{self, Family, FamilyKind};
use crate::dispatch::Taking;
use crate::hub::Hub;
use crate::hub::vitals::{count, counter, family, gauge, labelled};
use crate::model::alert::AlertKey;
use crate::model::http::Reply;
use crate::model::name::TargetName;
use crate::model::notice::{Hold, Reason};
use crate::model::passage::{Letters, Stale};
use crate::model::time::Now;

impl Hub {
    /// Dead letters go back into their lanes.
    pub(super) fn retry_letters(&mut self, letters: &Letters, stale: Stale, now: Now) -> Reply {
        let now = self.as_told(now);
        let alerts = &self.evaluate.alerts;
        let alert_of = |key: &AlertKey| alerts.get(key.as_str());
        let obeyed = self.dispatch.retry(letters, stale, &alert_of, now);
        api::letters_done(obeyed.done, &obeyed.kept)
    }

    /// Dead letters are forgotten.
    pub(super) fn drop_letters(&mut self, letters: &Letters) -> Reply {
        let obeyed = self.dispatch.drop_letters(letters);
        api::letters_done(obeyed.done, &obeyed.kept)
    }
}

/// What was made, held back and taken.
pub(super) fn notices(hub: &Hub) -> Vec<Family> {
    let counts = &hub.dispatch.counts;
    let made = Reason::ALL.into_iter().map(|reason| {
        labelled("reason", &reason.as_str(), count(counts.made.get(&reason).copied().unwrap_or(0)))
    });
    let held = Hold::ALL.into_iter().map(|hold| {
        labelled("hold", &hold.as_str(), count(counts.held.get(&hold).copied().unwrap_or(0)))
    });
    let waiting = hub
        .dispatch
        .outbox_depths()
        .map(|(target, depth)| labelled("target", target, count(depth)));
    Vec::from([
        family(
            "andon_notices_made_total",
            "Notices made, one for each target.",
            FamilyKind::Counter,
            made.collect(),
        ),
        family(
            "andon_notices_held_total",
            "Notices held back, once for each sample that would have made one.",
            FamilyKind::Counter,
            held.collect(),
        ),
        counter(
            "andon_notices_delivered_total",
            "Notices taken by targets.",
            count(counts.delivered),
        ),
        counter("andon_notices_retried_total", "Tries to tell that failed.", count(counts.retried)),
        counter(
            "andon_notices_dead_total",
            "Notices that no target will take.",
            count(counts.dead),
        ),
        gauge(
            "andon_dead_letters",
            "Dead letters in the ledger.",
            count(hub.dispatch.dead_letters()),
        ),
        family(
            "andon_outbox_waiting",
            "Notices that wait for their target.",
            FamilyKind::Gauge,
            waiting.collect(),
        ),
    ])
}

pub(super) fn families(hub: &Hub) -> Vec<Family> {
    let counts = &hub.dispatch.counts;
    let failures = hub.dispatch.takings().map(|(target, taking)| {
        let failures = match taking {
            Taking::Well => 0,
            Taking::Failing(tries) | Taking::Resting(tries) => tries,
        };
        labelled("target", target, count(failures))
    });
    let resting = hub.dispatch.takings().map(|(target, taking)| {
        labelled("target", target, count(u8::from(matches!(taking, Taking::Resting(_)))))
    });
    let outcome = |target: &TargetName, outcome: &str, times: u64| {
        let labels = [("target", target.as_str().into()), ("outcome", outcome.into())];
        (Vec::from(labels), count(times))
    };
    let logins = hub.dispatch.logins().flat_map(|(target, granted, failed)| {
        [outcome(target, "granted", granted), outcome(target, "failed", failed)]
    });
    Vec::from([
        family(
            "andon_target_logins_total",
            "Tokens that targets were asked for, by what came of it.",
            FamilyKind::Counter,
            logins.collect(),
        ),
        counter(
            "andon_notices_collapsed_total",
            "Notices that became one with a newer one, or nothing, before they were ever sent.",
            count(counts.collapsed),
        ),
        counter(
            "andon_notices_fallen_back_total",
            "Notices that another target was told of, since their own did not take them.",
            count(counts.fallen_back),
        ),
        counter(
            "andon_target_breakers_opened_total",
            "How often a target had taken nothing for so long that it rests.",
            count(counts.breakers),
        ),
        family(
            "andon_target_failures",
            "Tries in a row that a target has not taken.",
            FamilyKind::Gauge,
            failures.collect(),
        ),
        family(
            "andon_target_breaker_open",
            "Whether a target rests from one single try to the next.",
            FamilyKind::Gauge,
            resting.collect(),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use crate::hub::fixtures::{at, hub};
    use crate::model::authority::Authority;

    #[test]
    fn what_an_order_leaves_of_the_dead_letters_is_answered() {
        let mut hub = hub();
        let mut asked = |method: &str, path: &str, body: &str, authority| {
            hub.asked(method, path, body.as_bytes(), authority, at(1))
        };
        let retry = "/api/v1/dead-letters/retry";
        let all = r#"{"all": true}"#;
        assert_eq!(asked("POST", retry, all, Authority::Anyone).status, 401);
        assert_eq!(asked("POST", retry, all, Authority::Operator).status, 404);
        assert_eq!(
            asked("POST", "/api/v1/dead-letters/drop", "{}", Authority::Operator).status,
            400
        );
        let list = asked("GET", "/api/v1/dead-letters", "", Authority::Anyone);
        assert_eq!(list.body, b"{\"dead_letters\":[]}");
    }
}
