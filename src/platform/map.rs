//! Where in an answer our words are found, and what the words there mean: a `[request.answer]`
//! table, checked.
//!
//! # Not here
//! Reading the table is `file_answer`, reading an answer by it `answer` and `gather`.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::model::expression::Expression;
use crate::model::metric::{Kind, Metric};
use crate::model::time::Span;
use crate::platform::convert::Conversion;
use crate::platform::mentioned::Mentioned;
use crate::platform::path::Path;

/// Where in an answer our words are found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AnswerMap {
    pub(super) rows: Path,
    pub(super) entity_id: Path,
    pub(super) entity_name: Option<Path>,
    pub(super) bucket_start: Option<Path>,
    pub(super) time: Option<Path>,
    /// The platform's clock as a row gives it, against which the row's moments are measured.
    pub(super) row_time: Option<Path>,
    pub(super) time_from: TimeFrom,
    pub(super) case: Case,
    /// What is read of each row.
    pub(super) columns: Box<[Column]>,
    pub(super) places: MetricPlaces,
    pub(super) derived: Box<[Derived]>,
    /// What is given on: the columns that are kept, then the derived metrics.
    pub(super) metrics: Box<[Metric]>,
    /// What is kept of a body while it is parsed.
    pub(super) mentioned: Mentioned,
}

impl AnswerMap {
    /// The map with what its expressions mention.
    pub(super) fn with_mentioned(self) -> Self {
        let mentioned = Mentioned::by(self.paths(), self.keys());
        Self { mentioned, ..self }
    }

    /// Every expression that looks into a body.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        let places = match &self.places {
            MetricPlaces::Paths(paths) => paths.as_slice(),
            MetricPlaces::List { list, .. } => core::slice::from_ref(list),
        };
        let others = [&self.entity_name, &self.bucket_start, &self.time, &self.row_time];
        let others = others.into_iter().flatten();
        [&self.rows, &self.entity_id].into_iter().chain(others).chain(places)
    }

    /// Every key that is looked up without an expression.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Box<str>> {
        let keys = match &self.places {
            MetricPlaces::Paths(_) => None,
            MetricPlaces::List { name_key, value_key, .. } => Some([name_key, value_key]),
        };
        keys.into_iter().flatten()
    }
}

/// One metric of a row as the platform gives it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub(super) metric: Metric,
    pub(super) conversion: Conversion,
    pub(super) missing: Missing,
    pub(super) combine: Combine,
    /// Else it is only an input of derived metrics.
    pub(super) is_kept: bool,
}

/// Where on a row the metrics are, in the order of [`AnswerMap::columns`].
#[derive(Debug, Clone, PartialEq)]
pub(super) enum MetricPlaces {
    /// Each has its own path.
    Paths(Vec<Path>),
    /// They stand in a list of `{name, value}` objects, which is read in one pass.
    List { list: Path, name_key: Box<str>, value_key: Box<str>, names: Vec<Box<str>> },
}

/// A metric that is made of others of the same entity.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Derived {
    pub(super) metric: Metric,
    pub(super) value: Expression,
    /// The volumes below which the value says nothing.
    pub(super) at_least: Vec<(Metric, f64)>,
}

/// What gives the platform's time where no field of the answer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeFrom {
    /// Nothing: such an answer is refused.
    Field,
    /// The reply's `Date` header.
    Header,
    /// The platform's clock as the hub knows it, when the answer came.
    Receipt,
}

/// Whether capitals count in a body's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// They do.
    Exact,
    /// All keys are taken for small letters.
    Ignored,
}

/// What a metric that the platform does not mention stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// None: the platform leaves out what did not happen.
    Zero,
    /// Nothing is known.
    Unknown,
    /// What the platform said last, for so long.
    Hold(Span),
}

/// What several rows of one entity give together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Combine {
    /// All of them.
    Sum,
    /// The greatest; of flags, whether any is set.
    Most,
    /// The least; of flags, whether all are set.
    Least,
    /// What the last one says.
    Last,
}

impl Combine {
    /// How rows are combined where the definition does not say it.
    pub(super) const fn usual(kind: Kind) -> Self {
        match kind {
            Kind::Count | Kind::IntervalCount => Self::Sum,
            Kind::Age | Kind::Boolean => Self::Most,
            Kind::Measure | Kind::Ratio => Self::Last,
        }
    }

    /// The words that a definition has for the ways that fit a kind.
    pub(super) const fn words(kind: Kind) -> &'static [(&'static str, Self)] {
        match kind {
            Kind::Boolean => &[("any", Self::Most), ("all", Self::Least), ("last", Self::Last)],
            Kind::Count | Kind::IntervalCount | Kind::Age | Kind::Measure | Kind::Ratio => &[
                ("sum", Self::Sum),
                ("max", Self::Most),
                ("min", Self::Least),
                ("last", Self::Last),
            ],
        }
    }
}
