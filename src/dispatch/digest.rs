//! The slow channel: one message with a line for each alert that waited for it.
//!
//! # Promises
//! - `an_alert_has_one_line_however_many_priorities_wait`
//! - `a_line_speaks_by_the_priority_that_has_the_word_and_tells_of_no_other`
//! - `what_does_not_fit_waits_for_the_next_digest`
//! - `a_line_that_it_is_over_tells_of_no_breach`
//! - `a_time_that_passed_unsent_is_made_up_for_once`
//! - `what_is_muted_waits_for_another_digest`

use alloc::collections::BTreeSet;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::dispatch::notices::{self, facts};
use crate::dispatch::settle::Tellings;
use crate::dispatch::{Dispatch, Step, telling};
use crate::limits::DIGEST_LINES_MAX;
use crate::model::alert::{Alert, AlertKey, Decision, Phase};
use crate::model::config::Rhythm;
use crate::model::name::TargetName;
use crate::model::notice::{AlertFacts, Reason, Subject};
use crate::model::rule::Priority;
use crate::model::telling::{Raise, Telling};
use crate::model::time::{Now, Span, Tick, UtcMs};

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
        let due = look(&mut self.tellings, &config.digest.rhythm, now);
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

/// When the oldest waiting line has waited long enough, or somewhat before. `ahead` is how far the
/// clock on the wall is ahead of the ticks.
pub(super) fn due(tellings: &Tellings, rhythm: &Rhythm, ahead: Span) -> Option<Tick> {
    let since = tellings.no_line_before()?;
    Some(match rhythm {
        Rhythm::Every(every) => since + *every,
        Rhythm::At(times) => {
            let utc = UtcMs(since.0) + ahead;
            since + (times.after(utc) - utc)
        }
    })
}

/// The same to the point, where it may have come: a line may have gone with its alert.
pub(super) fn look(tellings: &mut Tellings, rhythm: &Rhythm, now: Now) -> Option<Tick> {
    if due(tellings, rhythm, ahead(now)).is_some_and(|due| due <= now.tick) {
        tellings.look_for_lines();
    }
    due(tellings, rhythm, ahead(now))
}

/// How far the clock on the wall is ahead of the ticks.
pub(super) fn ahead(now: Now) -> Span {
    now.utc - UtcMs(now.tick.0)
}

/// Takes the waiting lines, the newest state of each alert, the most urgent first.
pub(super) fn take<'a>(
    tellings: &mut Tellings,
    alert_of: &impl Fn(&AlertKey) -> Option<&'a Alert>,
    now: Now,
) -> Lines {
    let mut taken = Lines::default();
    let mut told = BTreeSet::new();
    // The priority that has the word comes first, and those that it has the word for after it.
    let waiting = |record: &&mut Telling| record.digest_since.is_some();
    let (lead, follow): (Vec<_>, Vec<_>) =
        tellings.iter_mut().filter(waiting).partition(|record| !is_lapsed(record));
    for record in lead.into_iter().chain(follow) {
        let is_new = !told.contains(&record.alert);
        if is_new && taken.lines.len() >= DIGEST_LINES_MAX {
            continue;
        }
        let alert = alert_of(&record.alert);
        if alert.is_some_and(is_muted) {
            // It waits for another digest.
            record.digest_since = Some(now.tick);
            continue;
        }
        record.digest_since = None;
        taken.taken.push((record.alert.clone(), record.priority));
        let Some(alert) = alert.filter(|_| is_new) else { continue };
        let held_back = record.held_back;
        if record.ended {
            // It says that it is over: should it be there again, that is news.
            record.held_back = 0;
        } else {
            let raise = record.raise;
            telling::told(record, Reason::Digest, now);
            // Should it be there again, that is news.
            if let Raise::Over { .. } = raise {
                record.raise = raise;
            }
        }
        taken.lines.push(AlertFacts { held_back, ..facts(alert, record) });
        told.insert(record.alert.clone());
    }
    tellings.look_for_lines();
    taken.lines.sort_by_key(|line| (line.resolved, line.priority));
    taken
}

/// Another priority of the same alert has the word.
const fn is_lapsed(record: &Telling) -> bool {
    matches!(record.raise, Raise::Over { .. }) && !record.ended
}

/// Nobody hears of it for a while; that it is over is told all the same.
fn is_muted(alert: &Alert) -> bool {
    alert.phase == Phase::Detected && alert.suppression.mute.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::{Counter, alert, at};
    use crate::dispatch::telling::begin;
    use crate::model::calendar::DayTimes;
    use crate::model::metric::Metric;
    use crate::model::mute::{Mute, Muter};
    use crate::model::name::{EntityId, WindowName};
    use crate::model::zone::Zone;
    use alloc::boxed::Box;

    fn waiting(alert: &Alert, priority: Priority) -> Telling {
        Telling { priority, digest_since: Some(at(5).tick), ..begin(alert, &alert.worst) }
    }

    #[test]
    fn an_alert_has_one_line_however_many_priorities_wait() {
        let alert = alert(1, Priority::P2);
        let records = [Priority::P3, Priority::P2].map(|priority| waiting(&alert, priority));
        let mut tellings = Tellings::restore(records.into());
        let every = Rhythm::Every(Span::secs(10));
        assert_eq!(due(&tellings, &every, Span::ZERO), Some(at(15).tick));
        let digest = take(&mut tellings, &|_| Some(&alert), at(20));
        assert_eq!((digest.lines.len(), digest.taken.len()), (1, 2));
        assert_eq!(digest.lines[0].priority, Priority::P2);
        assert_eq!(due(&tellings, &every, Span::ZERO), None);
    }

    #[test]
    fn a_line_speaks_by_the_priority_that_has_the_word_and_tells_of_no_other() {
        let alert = alert(1, Priority::P3);
        let raise = Raise::Over { since: at(7).tick };
        let lapsed = Telling { raise, ..waiting(&alert, Priority::P1) };
        let records = [lapsed.clone(), waiting(&alert, Priority::P3)];
        let mut tellings = Tellings::restore(records.into());
        let digest = take(&mut tellings, &|_| Some(&alert), at(20));
        assert_eq!((digest.lines.len(), digest.lines[0].priority), (1, Priority::P3));
        let raise_of = |tellings: &Tellings, priority| {
            tellings.get(&alert.key, priority).map(|record| record.raise)
        };
        assert_eq!(raise_of(&tellings, Priority::P1), Some(raise), "it is news when it is back");
        assert_eq!(raise_of(&tellings, Priority::P3), Some(Raise::Told { repeats: 0 }));
        let mut tellings = Tellings::restore([lapsed].into());
        assert_eq!(take(&mut tellings, &|_| Some(&alert), at(20)).lines.len(), 1);
        assert_eq!(raise_of(&tellings, Priority::P1), Some(raise));
    }

    #[test]
    fn a_time_that_passed_unsent_is_made_up_for_once() {
        let alert = alert(1, Priority::P2);
        let mut tellings = Tellings::restore([waiting(&alert, Priority::P2)].into());
        let zone = Zone::find("Europe/Berlin").unwrap();
        let times = Rhythm::At(DayTimes { zone, minutes: [8 * 60, 16 * 60 + 30].into() });
        // The board booted at midnight in Berlin, in winter; the line waits since soon after.
        let ahead = UtcMs::from_rfc3339("2026-01-09T23:00:00Z").unwrap() - UtcMs(0);
        let now = |second: i64| Now { utc: UtcMs(at(second).tick.0) + ahead, ..at(second) };
        let eight = Some(at(8 * 3_600).tick);
        assert_eq!(due(&tellings, &times, ahead), eight);
        assert_eq!(look(&mut tellings, &times, now(7 * 3_600)), eight);
        // The box was away until ten: it is late, and not skipped.
        assert_eq!(look(&mut tellings, &times, now(10 * 3_600)), eight);
        assert_eq!(take(&mut tellings, &|_| Some(&alert), now(10 * 3_600)).lines.len(), 1);
        assert_eq!(due(&tellings, &times, ahead), None);
        // Now the wall clock learns that it was an hour slow.
        let later = waiting(&alert, Priority::P2);
        let tellings = Tellings::restore([later].into());
        let faster = ahead + Span::secs(3_600);
        assert_eq!(due(&tellings, &times, faster), Some(at(7 * 3_600).tick));
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
    fn what_is_muted_waits_for_another_digest() {
        let mut alert = alert(1, Priority::P2);
        let by = Muter::Window(WindowName::new("w").unwrap());
        let mute = Mute { by, since: at(6).stamp(), until: at(60).utc };
        alert.suppression.mute = Some(Box::new(mute));
        let mut tellings = Tellings::restore([waiting(&alert, Priority::P2)].into());
        assert!(take(&mut tellings, &|_| Some(&alert), at(20)).lines.is_empty());
        let every = Rhythm::Every(Span::secs(10));
        assert_eq!(due(&tellings, &every, Span::ZERO), Some(at(30).tick));
        alert.suppression.mute = None;
        assert_eq!(take(&mut tellings, &|_| Some(&alert), at(30)).lines.len(), 1);
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

    /// Where it does not fit, its lines wait; as much room as it has targets is enough.
    #[test]
    fn a_digest_waits_for_room_and_is_on_the_trail_of_each_line() {
        let mut about = alert(1, Priority::P3);
        let mut counter = Counter::new();
        counter.settle(&mut about, 0);
        counter.dispatch.outbox.waiting = crate::limits::OUTBOX_NOTICES_MAX;
        counter.look(&about, 1_800);
        assert!(counter.waiting("slack").is_empty());
        counter.dispatch.outbox.waiting = crate::limits::OUTBOX_NOTICES_MAX - 1;
        counter.dispatch.flush_digest(&|_| Some(&about), at(1_810));
        let told = |step| {
            let Step::Note { what: Decision::Told { reason, targets }, .. } = step else {
                return None;
            };
            Some((reason, targets))
        };
        let dispatch = &mut counter.dispatch;
        let told: Vec<_> = core::iter::from_fn(|| dispatch.next_step()).filter_map(told).collect();
        assert_eq!(told, [(Reason::Digest, "slack".into())]);
        assert_eq!(counter.waiting("slack"), ["0 digest"]);
    }

    /// Nobody gets an empty one where the alerts of its lines are forgotten.
    #[test]
    fn an_empty_digest_is_not_sent() {
        let mut about = alert(1, Priority::P3);
        let mut counter = Counter::new();
        counter.settle(&mut about, 0);
        counter.dispatch.flush_digest(&|_| None, at(1_800));
        assert!(counter.waiting("slack").is_empty());
    }

    /// The most urgent first, and what is over after all that is not; a line makes it told. That
    /// a muted alert is over is told all the same.
    #[test]
    fn the_lines_stand_by_how_much_they_matter() {
        let told = [(Priority::P2, true), (Priority::P3, false), (Priority::P2, false)];
        let alerts: Vec<Alert> = told
            .iter()
            .enumerate()
            .map(|(number, (priority, over))| {
                let mut alert = alert(1, *priority);
                let name = alloc::format!("{number}");
                alert.key = AlertKey::of(&alert.source, &name, alert.metric, &alert.entity);
                if *over {
                    crate::dispatch::fixtures::resolve(&mut alert, 9);
                    let by = Muter::Window(WindowName::new("w").unwrap());
                    let mute = Mute { by, since: at(6).stamp(), until: at(60).utc };
                    alert.suppression.mute = Some(Box::new(mute));
                }
                alert
            })
            .collect();
        let records = alerts.iter().map(|alert| waiting(alert, alert.worst.priority));
        let mut tellings = Tellings::restore(records.collect());
        let alert_of = |key: &AlertKey| alerts.iter().find(|alert| alert.key == *key);
        let lines = take(&mut tellings, &alert_of, at(20)).lines;
        let said: Vec<_> = lines.iter().map(|line| (line.priority, line.resolved)).collect();
        let [over, low, high] = told;
        assert_eq!(said, [high, low, over]);
        let record = tellings.get(&alerts[1].key, Priority::P3).unwrap();
        assert_eq!(record.last_told, Some(at(20).stamp()));
    }
}
