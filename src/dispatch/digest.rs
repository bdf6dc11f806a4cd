//! The slow channel: one message with a line for each alert that waited for it.
//!
//! # Promises
//! - `an_alert_has_one_line_however_many_priorities_wait`
//! - `what_does_not_fit_waits_for_the_next_digest`
//! - `a_line_that_it_is_over_tells_of_no_breach`

use alloc::collections::BTreeSet;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::dispatch::notices::{self, facts};
use crate::dispatch::settle::Tellings;
use crate::dispatch::{Dispatch, Step, telling};
use crate::limits::DIGEST_LINES_MAX;
use crate::model::alert::{Alert, AlertKey, Decision};
use crate::model::name::TargetName;
use crate::model::notice::{AlertFacts, Reason, Subject};
use crate::model::rule::Priority;
use crate::model::time::{Now, Span, Tick};

/// The lines of a digest, and the records that they were taken from.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) lines: Vec<AlertFacts>,
    pub(super) taken: Vec<(AlertKey, Priority)>,
}

impl Dispatch {
    /// Sends the lines that have waited for long enough.
    pub(super) fn flush_digest<'a>(
        &mut self,
        alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
        now: Now,
    ) {
        let config = Rc::clone(&self.config);
        let due = look(&mut self.tellings, config.digest.every, now);
        let fits = self.outbox.room() >= config.digest.targets.len();
        if due.is_none_or(|due| due > now.tick) || !fits {
            return;
        }
        let digest = take(&mut self.tellings, alert_of, now);
        for (alert, priority) in &digest.taken {
            self.write_telling(alert, *priority);
        }
        if digest.lines.is_empty() {
            return;
        }
        for line in &digest.lines {
            let targets = config.digest.targets.iter().map(TargetName::as_str).collect::<Vec<_>>();
            let told =
                Decision::Told { reason: Reason::Digest, targets: targets.join(", ").into() };
            self.steps.push_back(Step::Note { alert: line.key.clone(), what: told });
        }
        for target in &config.digest.targets {
            let key = notices::digest_key(self.next_notice, now, target);
            self.enqueue(target, key, Reason::Digest, Subject::Digest(digest.lines.clone()), now);
        }
    }
}

/// When the oldest waiting line has waited long enough, or somewhat before.
pub(super) fn due(tellings: &Tellings, every: Span) -> Option<Tick> {
    tellings.no_line_before().map(|since| since + every)
}

/// The same to the point, where it may have come: a line may have gone with its alert.
pub(super) fn look(tellings: &mut Tellings, every: Span, now: Now) -> Option<Tick> {
    if due(tellings, every).is_some_and(|due| due <= now.tick) {
        tellings.look_for_lines();
    }
    due(tellings, every)
}

/// Takes the waiting lines, the newest state of each alert, the most urgent first.
pub(super) fn take<'a>(
    tellings: &mut Tellings,
    alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
    now: Now,
) -> Lines {
    let mut taken = Lines::default();
    let mut told = BTreeSet::new();
    for record in tellings.iter_mut().filter(|record| record.digest_since.is_some()) {
        let is_new = !told.contains(&record.alert);
        if is_new && taken.lines.len() >= DIGEST_LINES_MAX {
            continue;
        }
        record.digest_since = None;
        taken.taken.push((record.alert.clone(), record.priority));
        let Some(alert) = alert_of(&record.alert).filter(|_| is_new) else { continue };
        let held_back = record.held_back;
        if record.ended {
            // It says that it is over: should it be there again, that is news.
            record.held_back = 0;
        } else {
            telling::told(record, Reason::Digest, now);
        }
        taken.lines.push(AlertFacts { held_back, ..facts(alert, record) });
        told.insert(record.alert.clone());
    }
    tellings.look_for_lines();
    taken.lines.sort_by_key(|line| (line.resolved, line.priority));
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{alert, at};
    use crate::dispatch::telling::begin;
    use crate::model::metric::Metric;
    use crate::model::name::EntityId;
    use crate::model::telling::{Raise, Telling};

    fn waiting(alert: &Alert, priority: Priority) -> Telling {
        Telling { priority, digest_since: Some(at(5).tick), ..begin(alert, &alert.worst) }
    }

    #[test]
    fn an_alert_has_one_line_however_many_priorities_wait() {
        let alert = alert(1, Priority::P2);
        let records = [Priority::P3, Priority::P2].map(|priority| waiting(&alert, priority));
        let mut tellings = Tellings::restore(records.into());
        assert_eq!(due(&tellings, Span::secs(10)), Some(at(15).tick));
        let digest = take(&mut tellings, &|_| Some(&alert), at(20));
        assert_eq!((digest.lines.len(), digest.taken.len()), (1, 2));
        assert_eq!(digest.lines[0].priority, Priority::P2);
        assert_eq!(due(&tellings, Span::secs(10)), None);
    }

    #[test]
    fn a_line_that_it_is_over_tells_of_no_breach() {
        let alert = alert(1, Priority::P2);
        let raise = Raise::Over { since: at(3).tick };
        let over = Telling { ended: true, raise, ..waiting(&alert, Priority::P2) };
        let mut tellings = Tellings::restore([over].into());
        assert_eq!(take(&mut tellings, &|_| Some(&alert), at(20)).lines.len(), 1);
        let record = tellings.get(&alert.key, Priority::P2).unwrap();
        assert_eq!((record.raise, record.last_told), (raise, None));
    }

    #[test]
    fn what_does_not_fit_waits_for_the_next_digest() {
        let alerts: Vec<Alert> = (0..=DIGEST_LINES_MAX)
            .map(|n| {
                let alert = alert(1, Priority::P3);
                let entity = EntityId::new(&alloc::format!("q{n}")).unwrap();
                let key = AlertKey::of(&alert.source, "nice-cxone", Metric::DATA_AGE, &entity);
                Alert { key, entity, ..alert }
            })
            .collect();
        let records = alerts.iter().map(|alert| waiting(alert, Priority::P3)).collect();
        let mut tellings = Tellings::restore(records);
        let alert_of = |key: &AlertKey| alerts.iter().find(|alert| alert.key == *key);
        assert_eq!(take(&mut tellings, &alert_of, at(20)).lines.len(), DIGEST_LINES_MAX);
        assert_eq!(take(&mut tellings, &alert_of, at(20)).lines.len(), 1);
    }

    #[test]
    fn a_line_says_how_many_were_held_back() {
        let alert = alert(1, Priority::P2);
        let record = Telling { held_back: 3, ..waiting(&alert, Priority::P2) };
        let mut tellings = Tellings::restore(Vec::from([record]));
        let digest = take(&mut tellings, &|_| Some(&alert), at(20));
        assert_eq!(digest.lines[0].held_back, 3);
        assert_eq!(tellings.get(&alert.key, Priority::P2).unwrap().held_back, 0);
    }
}
