//! One answer's way through the rules: each entity's readings are judged, and what turns becomes
//! the beginning, the lasting or the end of alerts.

use crate::evaluate::alerts::{Alerts, Begun};
use crate::evaluate::baseline::Baselines;
use crate::evaluate::birth::About;
use crate::evaluate::compound::whole;
use crate::evaluate::entity::{Cell, Entity, Place, Watch};
use crate::evaluate::hours::Calendar;
use crate::evaluate::latch::{Latch, Moment, Turn};
use crate::evaluate::rate::Value;
use crate::evaluate::threshold::{Verdict, Why, judge};
use crate::evaluate::{Change, Counts, Touched};
use crate::limits::LOW_VOLUME_ENDS_AFTER;
use crate::model::alert::{Alert, AlertKey, Phase};
use crate::model::answer::Bucket;
use crate::model::calendar::Open;
use crate::model::condition::Lapse;
use crate::model::metric::Metric;
use crate::model::name::SourceName;
use crate::model::rule::Rule;

use alloc::sync::Arc;
use alloc::vec::Vec;

/// What the judging of one answer needs and leaves.
pub(super) struct Pass<'a> {
    pub(super) source: &'a SourceName,
    pub(super) platform: &'a Arc<str>,
    pub(super) rules: &'a [Rule],
    pub(super) calendar: &'a Calendar,
    /// The columns of the answer.
    pub(super) metrics: &'a [Metric],
    pub(super) alerts: &'a mut Alerts,
    pub(super) baselines: &'a mut Baselines,
    pub(super) counts: &'a mut Counts,
    pub(super) touched: &'a mut Vec<Touched>,
    pub(super) moment: Moment,
    /// The bucket of the answer, for what is judged by aligned windows.
    pub(super) bucket: Option<Bucket>,
}

impl Pass<'_> {
    /// Judges one entity by every rule that watches it.
    pub(super) fn judge(&mut self, entity: &mut Entity, cells: &[Cell]) {
        let known = cells.iter().filter(|cell| cell.plain().is_some()).count();
        self.counts.samples += u64::try_from(known).unwrap_or(0);
        let first = self.touched.len();
        let place = Place { vendor_time: self.moment.at.utc, bucket: self.bucket };
        for at in 0..entity.watches.len() {
            let Some(number) = entity.watches.get(at).map(|watch| watch.rule) else { break };
            let Some(rule) = self.rules.get(usize::from(number)) else { continue };
            let Some(cell) = cells.iter().find(|cell| cell.metric == rule.metric) else { continue };
            let usual = self.usual(rule, entity, at);
            let Some(watch) = entity.watches.get_mut(at) else { break };
            // A window is filled whatever the hour, so that the first one is whole.
            let value = watch.value(rule, cell, cells, place);
            let verdict = match self.calendar.of(number) {
                Open::Yes => self.verdict(entity, (rule, value, usual), cells),
                Open::No => Verdict::Unknown(Why::OutsideHours),
            };
            self.teach(rule, entity, at, cell, verdict);
            self.count(verdict);
            let Some(watch) = entity.watches.get_mut(at) else { break };
            watch.last = verdict;
            if let Some((key, change)) = self.turn(entity, at, rule, verdict) {
                self.touch(key, change, first, cells);
            }
        }
    }

    /// Takes the verdict of one watch; the alert that it touched, if it did.
    pub(super) fn turn(
        &mut self,
        entity: &mut Entity,
        at: usize,
        rule: &Rule,
        verdict: Verdict,
    ) -> Option<(AlertKey, Change)> {
        if let Verdict::Unknown(why @ (Why::OutsideHours | Why::LowVolume)) = verdict {
            return self.leave(entity, at, rule, why);
        }
        let watch = entity.watches.get_mut(at)?;
        let turn = watch.observe(verdict, self.moment, rule);
        match turn {
            Turn::Same => return None,
            Turn::Brief => {
                self.counts.brief_breaches += 1;
                return None;
            }
            Turn::Due(..) | Turn::Lasts(_) | Turn::Clears(..) | Turn::Ended(_) => {}
        }
        let key = self.key(entity, rule.metric);
        let change = self.follow(entity, rule, &key, turn)?;
        if let (Turn::Due(..), Some(watch)) = (turn, entity.watches.get_mut(at)) {
            watch.latch.begin();
        }
        Some((key, change))
    }

    /// What a sample says about a whole rule.
    fn verdict(
        &self,
        entity: &Entity,
        (rule, value, usual): (&Rule, Result<Value, Why>, Option<f64>),
        cells: &[Cell],
    ) -> Verdict {
        let own = match value {
            Ok(value) => judge(rule, value, usual, &|metric| plain(cells, metric)),
            Err(why) => Verdict::Unknown(why),
        };
        if rule.conditions.is_empty() && rule.minimum_volume.is_none() {
            return own;
        }
        whole(rule, own, &|metric| entity.newest(metric, rule, self.moment.at.tick))
    }

    const fn count(&mut self, verdict: Verdict) {
        self.counts.checks += 1;
        match verdict {
            Verdict::Breach(_) => self.counts.breaching_checks += 1,
            Verdict::Unknown(Why::OutsideHours) => self.counts.checks_outside_hours += 1,
            Verdict::Unknown(Why::LowVolume) => self.counts.checks_of_low_volume += 1,
            Verdict::Unknown(_) => self.counts.unknown_checks += 1,
            Verdict::Between(_) | Verdict::Clear(_) => {}
        }
    }

    fn key(&self, entity: &mut Entity, metric: Metric) -> AlertKey {
        entity.key(metric, |id| AlertKey::of(self.source, self.platform, metric, id))
    }

    /// A rule is not judged: outside of its hours what it began ends at once, and where there is
    /// too little traffic once that has been so for long. The alert that it touched, if it did.
    pub(super) fn leave(
        &mut self,
        entity: &mut Entity,
        at: usize,
        rule: &Rule,
        why: Why,
    ) -> Option<(AlertKey, Change)> {
        let watch = entity.watches.get_mut(at)?;
        match (watch.latch, why) {
            (Latch::Clear, _) => return None,
            (Latch::Pending(_), Why::OutsideHours) => {
                watch.latch = Latch::Clear;
                return None;
            }
            (Latch::Pending(_), _) => return None,
            (Latch::Breached | Latch::Clearing(_), _) => {}
        }
        let key = self.key(entity, rule.metric);
        let now = self.moment.at;
        let lapse = match (why, &rule.hours) {
            (Why::OutsideHours, Some(hours)) => Lapse::OutsideHours(hours.name.clone()),
            _ => {
                let last = self.alerts.get(key.as_str()).map(|alert| alert.last_breach.tick);
                if last.is_some_and(|last| now.tick - last < LOW_VOLUME_ENDS_AFTER) {
                    return None;
                }
                Lapse::LowVolume
            }
        };
        entity.watches.get_mut(at)?.latch = Latch::Clear;
        self.alerts.lapse(&key, rule, lapse, now);
        Some((key, Change::Turned))
    }

    /// Gives the latches of an entity whose metrics are seen for the first time the side that its
    /// remembered alerts were on.
    pub(super) fn take_up(&mut self, entity: &mut Entity) {
        if self.metrics.iter().all(|metric| entity.metrics.contains(metric)) {
            return;
        }
        let news = self.metrics.iter().filter(|metric| !entity.metrics.contains(metric));
        let news: Vec<Metric> = news.copied().collect();
        entity.metrics.extend(&news);
        if self.alerts.iter().all(|alert| alert.phase == Phase::Resolved) {
            return;
        }
        for metric in news {
            let key = AlertKey::of(self.source, self.platform, metric, &entity.id);
            if self.alerts.get(key.as_str()).is_none_or(|alert| alert.phase == Phase::Resolved) {
                continue;
            }
            let of_metric = |watch: &Watch| {
                self.rules.get(usize::from(watch.rule)).filter(|rule| rule.metric == metric)
            };
            let rules = entity.watches.iter().filter_map(of_metric);
            self.alerts.take_up(&key, &rules, self.moment.at);
            for watch in &mut entity.watches {
                if of_metric(watch).is_some_and(|rule| self.alerts.holds(&key, rule).is_some()) {
                    watch.latch = Latch::Breached;
                }
            }
            self.touched.push(Touched { key, change: Change::Turned });
        }
    }

    /// Carries a latch's turn into the alert; nothing where nobody has to hear of it, or when there
    /// was no room for it.
    fn follow(
        &mut self,
        entity: &Entity,
        rule: &Rule,
        key: &AlertKey,
        turn: Turn,
    ) -> Option<Change> {
        let at = self.moment.at;
        match turn {
            Turn::Same | Turn::Brief => None,
            Turn::Lasts(numbers) => {
                self.alerts.lasts(key, rule, numbers, at);
                Some(Change::Lasts)
            }
            Turn::Clears(numbers) => {
                self.alerts.clears(key, rule, numbers);
                None
            }
            Turn::Ended(numbers) => {
                self.alerts.end(key, rule, numbers, at);
                Some(Change::Turned)
            }
            Turn::Due(numbers, since) => {
                let about = About {
                    source: self.source,
                    platform: self.platform,
                    entity: &entity.id,
                    entity_name: &entity.name,
                    metric: rule.metric,
                };
                // Where there is no room it is tried again with the next sample.
                if self.alerts.begin(key, about, (rule, since), numbers, at) == Begun::Full {
                    self.counts.alerts_refused += 1;
                    return None;
                }
                self.counts.breaches += 1;
                Some(Change::Turned)
            }
        }
    }

    /// Notes that the answer was about an alert, once for each; `first` is where the entity's
    /// begin.
    fn touch(&mut self, key: AlertKey, change: Change, first: usize, cells: &[Cell]) {
        if let Some(alert) = self.alerts.get_mut(key.as_str()) {
            set_context(alert, cells);
        }
        let of_this_entity = self.touched.get_mut(first..).unwrap_or_default();
        match of_this_entity.iter_mut().find(|touched| touched.key == key) {
            Some(touched) => touched.change = touched.change.max(change),
            None => self.touched.push(Touched { key, change }),
        }
    }
}

fn plain(cells: &[Cell], metric: Metric) -> Option<f64> {
    cells.iter().find(|cell| cell.metric == metric).and_then(Cell::plain)
}

fn set_context(alert: &mut Alert, cells: &[Cell]) {
    let own = alert.metric;
    let others = cells.iter().filter(|cell| cell.metric != own);
    alert.context.refill(others.filter_map(|cell| Some((cell.metric, cell.plain()?))));
}
