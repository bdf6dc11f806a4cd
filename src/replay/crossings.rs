//! What two simpler alerters would have said: one that speaks in each cycle in breach, and one that
//! speaks whenever a rule begins to hold. And what of each such crossing people were told.
//!
//! # Promises
//! - `a_crossing_is_told_when_its_alert_is`: also by a notice that came before it and still holds.
//! - `a_crossing_that_nobody_heard_of_is_untold`

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::evaluate::{Verdict, Why};
use crate::model::alert::AlertKey;
use crate::model::metric::Metric;
use crate::model::rule::Rule;
use crate::model::time::{Span, UtcMs};

/// A stretch in which a rule held without a break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// The alert that it belongs to.
    pub alert: AlertKey,
    /// The first answer in breach.
    pub begun: UtcMs,
    /// Until the first that was not, or the end of the replay.
    pub lasted: Span,
    /// Whether the alert was told of at any moment of it.
    pub told: Told,
}

/// Whether people knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// They did.
    Yes,
    /// They did not.
    No,
}

/// A rule as the file has it, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// Where it stands. Two on one line have the same place.
    pub origin: Arc<str>,
    /// What it watches.
    pub metric: Metric,
}

/// One rule over one entity, without hysteresis and memory.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) alert: AlertKey,
    pub(super) rule: Watch,
    fed: Fed,
    /// The beginning of the newest crossing.
    begun: Option<UtcMs>,
    now: Side,
}

/// Whether it has ever had a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fed {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Clear,
    Breach(Told),
}

/// Every rule over every entity.
#[derive(Debug, Default)]
pub(super) struct Crossings {
    /// In the order in which the hub names them, by source.
    pub(super) watched: Vec<Vec<Watched>>,
    /// Answers in breach, with their moments.
    pub(super) naive: Vec<UtcMs>,
    /// The beginnings of crossings.
    pub(super) begun: Vec<UtcMs>,
    /// Crossings that are over.
    pub(super) over: Vec<Crossing>,
    told: BTreeSet<AlertKey>,
    /// How long after the beginning of its crossing each first notice came.
    pub(super) delays: Vec<Span>,
}

impl Watch {
    pub(super) fn of(rule: &Rule) -> Self {
        Self { origin: rule.origin.clone(), metric: rule.metric }
    }

    pub(super) fn is(&self, rule: &Rule) -> bool {
        self.origin == rule.origin && self.metric == rule.metric
    }
}

impl Watched {
    pub(super) const fn new(alert: AlertKey, rule: Watch) -> Self {
        Self { alert, rule, fed: Fed::No, begun: None, now: Side::Clear }
    }

    pub(super) fn is_fed(&self) -> bool {
        self.fed == Fed::Yes
    }

    fn end(&mut self, now: UtcMs) -> Option<Crossing> {
        let (Side::Breach(told), Some(begun)) = (self.now, self.begun) else { return None };
        self.now = Side::Clear;
        Some(Crossing { alert: self.alert.clone(), begun, lasted: now - begun, told })
    }
}

impl Crossings {
    /// Of so many sources, of which nothing has been seen.
    pub(super) fn of(sources: usize) -> Self {
        let watched = core::iter::repeat_with(Vec::new).take(sources).collect();
        Self { watched, ..Self::default() }
    }

    /// Takes what one answer said of one rule and entity.
    pub(super) fn see(&mut self, source: usize, at: usize, verdict: &Verdict, now: UtcMs) {
        let Some(watched) = self.watched.get_mut(source).and_then(|all| all.get_mut(at)) else {
            return;
        };
        if !matches!(verdict, Verdict::Unknown(Why::NoSample | Why::NoValue)) {
            watched.fed = Fed::Yes;
        }
        match (verdict, watched.now) {
            (Verdict::Breach(_), side) => {
                self.naive.push(now);
                if side == Side::Clear {
                    self.begun.push(now);
                    watched.begun = Some(now);
                    let is_told = self.told.contains(&watched.alert);
                    watched.now = Side::Breach(if is_told { Told::Yes } else { Told::No });
                }
            }
            (Verdict::Clear(_) | Verdict::Between(_), Side::Breach(_)) => {
                self.over.extend(watched.end(now));
            }
            // Nobody can say: as it was.
            (Verdict::Unknown(_), _) | (_, Side::Clear) => {}
        }
    }

    /// People hear of an alert that goes on.
    pub(super) fn tell(&mut self, alert: &AlertKey, now: UtcMs) {
        let is_news = self.told.insert(alert.clone());
        let of_alert = |watched: &&mut Watched| watched.alert == *alert;
        let mut newest = None;
        let mut current: Option<UtcMs> = None;
        for watched in self.watched.iter_mut().flatten().filter(of_alert) {
            newest = newest.max(watched.begun);
            if watched.now != Side::Clear {
                watched.now = Side::Breach(Told::Yes);
                current = [current, watched.begun].into_iter().flatten().min();
            }
        }
        if let Some(begun) = current.or(newest).filter(|_| is_news) {
            self.delays.push(now - begun);
        }
    }

    /// People hear that it is over.
    pub(super) fn untell(&mut self, alert: &AlertKey) {
        self.told.remove(alert);
    }

    /// Ends what is under way.
    pub(super) fn close(&mut self, now: UtcMs) {
        let watched = self.watched.iter_mut().flatten();
        self.over.extend(watched.filter_map(|watched| watched.end(now)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Compared;
    use crate::model::name::{EntityId, SourceName};

    const NUMBERS: Compared =
        Compared { value: 1.0, threshold: 1.0, boundary: 0.0, condition: None };

    fn key() -> AlertKey {
        let metric = Metric::find("calls_waiting").unwrap();
        let entity = EntityId::new("q").unwrap();
        AlertKey::of(&SourceName::new("s").unwrap(), "p", metric, &entity)
    }

    /// Plays a day of cycles: `b` in breach, `.` clear, `?` unknown, `T` told and `R` recovered
    /// before the next cycle.
    fn play(story: &str) -> Crossings {
        let metric = Metric::find("calls_waiting").unwrap();
        let rule = Watch { origin: "a:1".into(), metric };
        let watched = Vec::from([Vec::from([Watched::new(key(), rule)])]);
        let mut crossings = Crossings { watched, ..Crossings::default() };
        let mut now = UtcMs(0);
        for letter in story.chars() {
            match letter {
                'T' => crossings.tell(&key(), now),
                'R' => crossings.untell(&key()),
                _ => {
                    now = now + Span::secs(10);
                    let verdict = match letter {
                        'b' => Verdict::Breach(NUMBERS),
                        '.' => Verdict::Clear(NUMBERS),
                        _ => Verdict::Unknown(Why::NoValue),
                    };
                    crossings.see(0, 0, &verdict, now);
                }
            }
        }
        crossings.close(now);
        crossings
    }

    fn over(story: &str) -> Vec<(i64, Told)> {
        let over = play(story).over;
        over.iter().map(|crossing| (crossing.lasted.whole_secs(), crossing.told)).collect()
    }

    #[test]
    fn a_crossing_is_told_when_its_alert_is() {
        assert_eq!(over("bbTb.bb.Rbb."), [(30, Told::Yes), (20, Told::Yes), (20, Told::No)]);
        assert_eq!(over("bb.T.b."), [(20, Told::No), (10, Told::Yes)]);
        let delays = |story| play(story).delays;
        assert_eq!(delays(".bbbTbbT.R.bT"), [Span::secs(20), Span::ZERO]);
        assert_eq!(delays("b..T"), [Span::secs(20)], "it speaks of the crossing that was");
    }

    #[test]
    fn a_crossing_that_nobody_heard_of_is_untold() {
        assert_eq!(over("bbb?b."), [(50, Told::No)]);
        assert_eq!(over("bb"), [(10, Told::No)], "the end of the replay ends it");
        let crossings = play("b.bb");
        assert_eq!((crossings.naive.len(), crossings.begun.len()), (3, 2));
        assert!(crossings.watched[0][0].is_fed() && !play("??").watched[0][0].is_fed());
    }
}
