//! What has to be true at the end of every world, whatever happened in it.
//!
//! All is calm by then and everybody is back: nothing is open, nothing waits, and whoever heard of
//! something has heard of its end.

use alloc::collections::{BTreeMap, BTreeSet};

use andon::ledger::{Remembered, restore};
use andon::model::alert::Phase;
use andon::model::notice::{AlertFacts, Notice, Reason, Subject};
use andon::model::time::Span;

use crate::oracle::is_of_1970;
use crate::swarm::plan::{PAGERDUTY, Plan, SLACK, WEBHOOK};
use crate::swarm::run::Performed;

/// What is wrong, a sentence each.
pub(crate) fn complaints(plan: &Plan, performed: &mut Performed) -> Vec<String> {
    let site = &performed.world.site;
    let remembered = restore(site.disk.rows(), &site.boot(), site.now()).unwrap();
    let notices = site.oracle.notices.clone();
    let collapsed = site.oracle.collapsed.clone();
    let mut complaints = at_the_end(plan, performed, &remembered, &notices, &collapsed);
    complaints.extend(ends_of_all(&notices));
    complaints.extend(first_breaches(&notices, &collapsed));
    complaints
}

/// Nothing is open and nothing waits; who was to hear has heard.
fn at_the_end(
    plan: &Plan,
    performed: &mut Performed,
    remembered: &Remembered,
    notices: &[(Span, Notice)],
    collapsed: &BTreeSet<String>,
) -> Vec<String> {
    let mut complaints = Vec::new();
    let open = remembered.alerts.iter().filter(|alert| alert.phase == Phase::Detected);
    complaints.extend(open.map(|alert| format!("{} is still open", alert.key)));
    let waiting = remembered.notices.iter();
    complaints.extend(waiting.map(|notice| format!("{} still waits", notice.number)));
    let dead: BTreeSet<u64> =
        remembered.dead_letters.iter().map(|letter| letter.notice.number).collect();
    if !plan.acts.iter().any(|timed| timed.act.refuses()) {
        complaints.extend(dead.iter().map(|number| format!("{number} is a dead letter")));
    }
    let is_refused = |key: &str| {
        let about = |(_, notice): &&(Span, Notice)| {
            facts_of(notice).is_some_and(|facts| facts.key.as_str() == key)
        };
        notices.iter().filter(about).any(|(_, notice)| dead.contains(&notice.number))
    };
    let pagerduty = performed.world.pagerduty().itself();
    for incident in pagerduty.incidents() {
        let key = &incident.dedup_key;
        let resolved = incident.state == andon::demo::pagerduty::State::Resolved;
        if !resolved && !is_refused(key) {
            complaints.push(format!("the incident {key} is still open"));
        }
    }
    let world = &mut performed.world;
    let hosts = [PAGERDUTY, SLACK, WEBHOOK];
    let heard = hosts.map(|host| world.at(host).lines()).concat();
    let heard: BTreeSet<String> = heard.into_iter().map(|line| line.key).collect();
    let made: BTreeSet<&str> = notices.iter().map(|(_, notice)| &*notice.idempotency_key).collect();
    let unknown = heard.iter().filter(|key| !made.contains(key.as_str()));
    complaints.extend(unknown.map(|key| format!("nobody made a notice with the key {key}")));
    // A change event has no key, so that nobody can say which was heard.
    let is_change = |notice: &Notice| {
        matches!(notice.subject, Subject::Word(_)) && notice.target.as_str() == "pagerduty"
    };
    let lost = notices.iter().filter(|(_, notice)| {
        if is_change(notice) {
            return false;
        }
        let key = &*notice.idempotency_key;
        !dead.contains(&notice.number) && !heard.contains(key) && !collapsed.contains(key)
    });
    complaints.extend(lost.map(|(at, notice)| format!("lost, made at {}: {notice:?}", at.0)));
    complaints
}

/// Whoever was told of something was told of its end.
fn ends_of_all(notices: &[(Span, Notice)]) -> Vec<String> {
    let mut last = BTreeMap::new();
    for (_, notice) in notices {
        if let Some(facts) = facts_of(notice) {
            last.insert((facts.key.clone(), notice.target.clone()), notice.reason);
        }
    }
    let open = last
        .into_iter()
        .filter(|(_, reason)| !matches!(reason, Reason::Recovered | Reason::Passed));
    open.map(|((key, target), _)| format!("{target} was not told of the end of {key}")).collect()
}

/// No episode begins twice, but for what was taken back before it was told.
fn first_breaches(notices: &[(Span, Notice)], collapsed: &BTreeSet<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let told = notices.iter().filter(|(_, notice)| !collapsed.contains(&*notice.idempotency_key));
    let again = told.filter(|(_, notice)| {
        facts_of(notice).is_some_and(|facts| {
            let (key, first) = (facts.key.clone(), facts.first_breach);
            let ends = matches!(notice.reason, Reason::Recovered | Reason::Passed);
            let is_over = ends && is_of_1970(first);
            seen.retain(|(k, f, _, target)| {
                !is_over || (k, *f, target) != (&key, first, &notice.target)
            });
            let begins = (key, first, facts.priority, notice.target.clone());
            notice.reason == Reason::FirstBreach && !seen.insert(begins)
        })
    });
    again.map(|(at, notice)| format!("begins twice, at {}: {notice:?}", at.0)).collect()
}

fn facts_of(notice: &Notice) -> Option<&AlertFacts> {
    match &notice.subject {
        Subject::Alert(facts) => Some(facts),
        Subject::Digest(_) | Subject::Word(_) => None,
    }
}
