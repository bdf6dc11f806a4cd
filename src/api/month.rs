//! What a month says about calibration: the JSON of the API, read back by the command line.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::model::comparison::{Basis, Comparison, Drift, Estimate, Finding, MonthReport};

/// Every comparison of a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonthView {
    /// The first moment of the month.
    pub from: String,
    /// Up to when it has come.
    pub until: String,
    /// One for each metric of each two sources.
    pub comparisons: Vec<ComparisonView>,
    /// Series that are not recorded for want of room.
    pub left_out: usize,
}

/// One metric of one source against that of another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonView {
    /// Whose factor is sought.
    pub source: String,
    /// What it is compared with.
    pub reference_source: String,
    /// The metric's short name.
    pub metric: String,
    /// Pairs of entities that were compared; none: the whole of both sources.
    pub pairs: usize,
    /// The factor in force.
    pub present_factor: f64,
    /// Its place in the file, where it has one.
    pub present_rule: Option<String>,
    /// The reference's factor in force.
    pub reference_factor: f64,
    /// What the month says.
    pub month: Option<EstimateView>,
    /// What the month before it says.
    pub month_before: Option<EstimateView>,
    /// `propose`, `agrees`, `too_little`, `too_uneven`, `size` or `too_far`.
    pub finding: String,
    /// The factor that belongs into the file, where one does.
    pub proposed_factor: Option<f64>,
    /// `unknown`, `steady` or `moved`: against the month before.
    pub drift: String,
}

/// What the hours that both have say. A number that cannot be told is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EstimateView {
    /// Hours that both have.
    pub hours: u32,
    /// Days with such hours.
    pub days: u32,
    /// The source's mean, as the platform measures it, in the metric's unit.
    pub level: Option<f64>,
    /// The reference's.
    pub reference_level: Option<f64>,
    /// How far an hour of the source is from its mean, as a share of it.
    pub variation: Option<f64>,
    /// The reference's.
    pub reference_variation: Option<f64>,
    /// What makes the source's readings those of the reference as it is judged.
    pub factor: Option<f64>,
    /// How far off that may be, up or down.
    pub uncertainty: Option<f64>,
}

impl MonthView {
    /// As it was worked out.
    #[must_use]
    pub fn of(report: &MonthReport) -> Self {
        Self {
            from: report.from.rfc3339(),
            until: report.until.rfc3339(),
            comparisons: report.comparisons.iter().map(ComparisonView::of).collect(),
            left_out: report.left_out,
        }
    }
}

impl ComparisonView {
    fn of(one: &Comparison) -> Self {
        let (present_factor, rule) = &one.present;
        let month = one.month.as_ref().map(EstimateView::of);
        let factor = month.as_ref().and_then(|month| month.factor);
        Self {
            source: one.source.to_string(),
            reference_source: one.reference.to_string(),
            metric: one.metric.short().into(),
            pairs: match one.basis {
                Basis::Whole => 0,
                Basis::Pairs(pairs) => pairs,
            },
            present_factor: *present_factor,
            present_rule: rule.as_deref().map(Into::into),
            reference_factor: one.reference_present,
            month,
            month_before: one.before.as_ref().map(EstimateView::of),
            finding: finding(one.finding).into(),
            proposed_factor: factor.filter(|_| one.finding == Finding::Propose).map(rounded),
            drift: drift(one.drift).into(),
        }
    }
}

impl EstimateView {
    fn of(one: &Estimate) -> Self {
        let told = |number: f64| number.is_finite().then_some(number);
        Self {
            hours: one.hours,
            days: one.days,
            level: told(one.level),
            reference_level: told(one.reference_level),
            variation: told(one.variation),
            reference_variation: told(one.reference_variation),
            factor: told(one.factor),
            uncertainty: told(one.uncertainty),
        }
    }
}

const fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::Propose => "propose",
        Finding::Agrees => "agrees",
        Finding::TooLittle => "too_little",
        Finding::TooUneven => "too_uneven",
        Finding::Size => "size",
        Finding::TooFar => "too_far",
    }
}

const fn drift(drift: Drift) -> &'static str {
    match drift {
        Drift::Unknown => "unknown",
        Drift::Steady => "steady",
        Drift::Moved => "moved",
    }
}

/// No month can tell more digits.
pub(super) fn rounded(factor: f64) -> f64 {
    (factor * 1_000.0).round() / 1_000.0
}
