//! What makes two platforms that measure the same thing differently comparable (guide 1, edge case
//! 2): the factors in force, and the pairs of entities that a month's report compares.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::model::metric::{Kind, Metric};
use crate::model::name::{EntityId, SourceName};

/// `[[calibration]]` and `[[calibration_pair]]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Calibration {
    /// At most one for each source and metric. Where there is none, the factor is 1.
    pub factors: Vec<Factor>,
    /// Entities that carry the same kind of work.
    pub pairs: Vec<Pair>,
}

/// What one source's readings of one metric are multiplied by before anything is done with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    /// Where it stands in the config file: `andon.toml:14:1`.
    pub origin: Box<str>,
    /// Whose readings.
    pub source: SourceName,
    /// Of which metric.
    pub metric: Metric,
    /// From 0.1 to 10; no offset stands beside it, since nobody waiting has to stay nobody waiting.
    pub factor: f64,
}

/// Two entities of two sources that carry the same kind of work, so that even their counts can be
/// compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Whose factors are sought.
    pub source: SourceName,
    /// Its entity.
    pub entity: EntityId,
    /// What it is compared with.
    pub reference: SourceName,
    /// The entity there.
    pub reference_entity: EntityId,
}

impl Calibration {
    /// The factor of a source's metric, where the file has one.
    #[must_use]
    pub fn of(&self, source: &str, metric: Metric) -> Option<&Factor> {
        let is_it = |factor: &&Factor| factor.metric == metric && factor.source.as_str() == source;
        self.factors.iter().find(is_it)
    }
}

impl Factor {
    /// The reading that a calibrated value was made of; nothing where the end of the range hides
    /// it.
    #[must_use]
    pub fn raw(&self, value: f64) -> Option<f64> {
        (value < self.most()).then(|| value / self.factor)
    }

    /// The calibrated value of a reading. A share stays one.
    #[must_use]
    pub fn apply(&self, reading: f64) -> f64 {
        (reading * self.factor).min(self.most())
    }

    /// The end of what a calibrated value can be.
    #[must_use]
    pub fn most(&self) -> f64 {
        match self.metric.kind() {
            Kind::Ratio => 1.0,
            Kind::Count | Kind::IntervalCount | Kind::Age | Kind::Measure | Kind::Boolean => {
                f64::INFINITY
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_stays_a_share() {
        let of = |metric: &str| Factor {
            origin: "andon.toml:1:1".into(),
            source: SourceName::new("cxone").unwrap(),
            metric: Metric::find(metric).unwrap(),
            factor: 1.5,
        };
        let (share, wait) = (of("abandon_rate"), of("longest_wait"));
        let applied = [share.apply(0.2), share.apply(0.8), wait.apply(80.0)];
        let off = applied.iter().zip([0.3, 1.0, 120.0]).map(|(one, other)| (one - other).abs());
        assert!(off.sum::<f64>() < 1e-9, "{applied:?}");
        let raw = [share.raw(1.0), share.raw(0.75), wait.raw(120.0)];
        assert_eq!(raw, [None, Some(0.5), Some(80.0)]);
    }
}
