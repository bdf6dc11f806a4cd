//! Whether the hub kept its eyes open: it asks every ten seconds, and where it cannot see for long,
//! it says so.

use andon::model::notice::{Reason, Subject};
use andon::model::time::Span;

use crate::sights::{Taken, What};
use crate::swarm::plan::PLATFORM;
use crate::swarm::run::Performed;

/// Between two answers of a platform that is well, or a start and the first: a bucket and the way.
const GAP: Span = Span::secs(12);
/// `blind_after_seconds`.
const BLIND_AFTER: Span = Span::secs(120);
/// The age of the data is looked at once a minute, and told once in five.
const BLIND_TOLD: Span = Span::secs(60 + 300 + 10);

/// What is wrong, a sentence each.
pub(crate) fn complaints(performed: &Performed) -> Vec<String> {
    let site = &performed.world.site;
    let blind = site.oracle.notices.iter().filter_map(|(made, notice)| match &notice.subject {
        Subject::Alert(facts)
            if facts.metric.short() == "data_age" && facts.entity.as_str() == "cxone" =>
        {
            Some((*made, notice.reason))
        }
        Subject::Alert(_) | Subject::Digest(_) | Subject::Word(_) => None,
    });
    let blind: Vec<(Span, Reason)> = blind.collect();
    let told = blind.iter().filter(|(_, reason)| *reason != Reason::Recovered);
    let told: Vec<(Span, Reason)> = told.copied().collect();
    // Of what was told before and is not over nothing more may be due.
    let is_known = |at: Span| {
        let last = blind.iter().rev().find(|(made, _)| *made <= at);
        last.is_some_and(|(_, reason)| *reason != Reason::Recovered)
    };
    let link_down = site.oracle.notices.iter().filter_map(|(made, notice)| match &notice.subject {
        Subject::Alert(facts) => (facts.metric.name() == "hub.link.down").then_some(*made),
        Subject::Digest(_) | Subject::Word(_) => None,
    });
    let link_down: Vec<Span> = link_down.collect();
    let mut complaints = Vec::new();
    let (mut answer, mut start, mut fresh) = (Span::ZERO, Span::ZERO, Span::ZERO);
    for sight in &site.sights.as_ref().unwrap().all {
        match &sight.what {
            What::Start(_) => (start, fresh, answer) = (sight.at, sight.at, sight.at),
            What::Answer(seen) if seen.host == PLATFORM => {
                let gap = performed.unexcused(answer, sight.at);
                if gap > GAP {
                    let (from, to) = (answer.0, sight.at.0);
                    complaints.push(format!("was not looked for {gap}, from {from} to {to}"));
                }
                let from = answer.max(start);
                let long = sight.at - from > BLIND_AFTER + BLIND_TOLD;
                let in_time = |at: Span| from < at && at <= sight.at;
                // Where nobody answered, the hub has said that of its own link.
                let is_told = is_known(answer)
                    || told.iter().any(|(at, _)| in_time(*at))
                    || link_down.iter().any(|at| in_time(*at));
                if long && !is_told {
                    complaints.push(format!("was blind from {} and nobody was told", from.0));
                }
                let early = |at: Span| fresh < at && at < sight.at && at - fresh < BLIND_AFTER;
                if seen.taken == Taken::Surely {
                    let early = told.iter().filter(|(at, _)| early(*at));
                    complaints.extend(early.map(|early| format!("was not blind: {early:?}")));
                    fresh = sight.at;
                }
                answer = sight.at;
            }
            What::Answer(_) | What::Pushed(_) => {}
        }
    }
    complaints
}
