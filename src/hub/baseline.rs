//! What is usual, as it is remembered, counted and explained.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::api::{Family, FamilyKind};
use crate::evaluate::{News, Usual, Verdict, Watching, Why};
use crate::hub::Hub;
use crate::hub::vitals::{count, family, gauge};
use crate::ledger::Write;
use crate::limits::{BASELINE_DAYS_MIN, BASELINE_SERIES_MAX, BASELINE_WEEKS, BASELINE_WEEKS_MIN};
use crate::model::baseline::{Form, Learning};
use crate::model::time::Now;

impl Hub {
    /// What was learned goes to the ledger.
    pub(super) fn remember_learned(&mut self) {
        while let Some(news) = self.evaluate.baselines.next_news() {
            self.writes.push_back(match news {
                News::Series(number, name) => Write::baseline_series(number, &name),
                News::Hour(learned) => Write::baseline_hour(&learned),
            });
        }
    }

    /// What a rule's baseline says of an entity, as the end of a sentence; nothing where the rule
    /// has none.
    pub(super) fn explain_baseline(&self, watching: &Watching<'_>, now: Now) -> String {
        let Some(baseline) = watching.rule.baseline else { return String::new() };
        let alone = match baseline.form {
            Form::Ratio => "no verdict until then",
            Form::Factor(_) | Form::Offset(_) => "static_value alone until then",
        };
        if watching.last == Verdict::Unknown(Why::NoSample) {
            return String::new();
        }
        let Some(usual) = watching.usual else {
            let bound = BASELINE_SERIES_MAX;
            return format!("; usual: unknown, at most {bound} series are learned; {alone}");
        };
        let mut text = said(usual, watching, alone);
        if let Learning::Off(why) = self.evaluate.baselines.learning(now) {
            text.push_str(&format!("; nothing is learned: {}", why.as_str()));
        }
        text
    }
}

fn said(usual: Usual, watching: &Watching<'_>, alone: &str) -> String {
    let known = usual.known;
    let hour = format!("{:02}:00", usual.hour.rem_euclid(24));
    let day = usual.hour.div_euclid(24).rem_euclid(7);
    let names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let day = usize::try_from(day).ok().and_then(|day| names.get(day)).unwrap_or(&"");
    let weeks = known.weeks;
    match usual.value(watching.rule.operator) {
        Some(value) => {
            let value = watching.rule.metric.unit().show(value);
            if weeks >= BASELINE_WEEKS_MIN {
                format!("; usual on {day} {hour}: {value}, from {weeks} of {BASELINE_WEEKS} weeks")
            } else {
                let (days, least) = (known.days, BASELINE_WEEKS_MIN);
                format!(
                    "; usual at {hour}: {value}, from {days} days; warming up for {day}: {weeks} \
                     of {least} weeks"
                )
            }
        }
        None => format!(
            "; usual: warming up, {} of {BASELINE_DAYS_MIN} days, {weeks} of \
             {BASELINE_WEEKS_MIN} weeks; {alone}",
            known.days
        ),
    }
}

/// The numbers about baselines.
pub(super) fn families(hub: &Hub, now: Now) -> Vec<Family> {
    let baselines = &hub.evaluate.baselines;
    let (series, known, bytes) = baselines.size();
    let learns = u8::from(baselines.learning(now) == Learning::On);
    vec![
        gauge("andon_baseline_series", "Series whose usual values are learned.", count(series)),
        gauge(
            "andon_baseline_series_known",
            "Those of them whose usual value at this hour is known.",
            count(known),
        ),
        gauge("andon_baseline_bytes", "Memory that what is usual takes.", count(bytes)),
        gauge("andon_baseline_learning", "Whether anything is learned now.", f64::from(learns)),
        family(
            "andon_baseline_series_refused_total",
            "Series that found no room: their rules go by static_value alone.",
            FamilyKind::Counter,
            vec![(Vec::new(), count(baselines.refused))],
        ),
    ]
}
