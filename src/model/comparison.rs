//! What a month says about two platforms that measure the same thing: the report of `andon
//! calibrate`, as numbers.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::model::metric::Metric;
use crate::model::name::SourceName;
use crate::model::time::UtcMs;

/// Every comparison that the config asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct MonthReport {
    /// The first moment of the month.
    pub from: UtcMs,
    /// The first moment after it.
    pub until: UtcMs,
    /// One for each metric of each two sources.
    pub comparisons: Vec<Comparison>,
    /// Series that are not recorded for want of room.
    pub left_out: usize,
}

/// One metric of one source against that of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Whose factor is sought.
    pub source: SourceName,
    /// What it is compared with.
    pub reference: SourceName,
    /// What is compared.
    pub metric: Metric,
    /// What of the two.
    pub basis: Basis,
    /// The factor in force, with its place in the file where it has one.
    pub present: (f64, Option<Box<str>>),
    /// The reference's own factor in force.
    pub reference_present: f64,
    /// What the month says, where they have hours in common.
    pub month: Option<Estimate>,
    /// What the month before it says.
    pub before: Option<Estimate>,
    /// What follows from it.
    pub finding: Finding,
    /// Whether the factor that is right has moved since the month before.
    pub drift: Drift,
}

/// What of two sources is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Everything that they report.
    Whole,
    /// So many pairs of entities that carry the same kind of work.
    Pairs(usize),
}

/// What the hours that both have say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Hours that both have.
    pub hours: u32,
    /// Days with such hours.
    pub days: u32,
    /// The mean of the source, as measured.
    pub level: f64,
    /// The mean of the reference, as measured.
    pub reference_level: f64,
    /// How far an hour of the source is from its mean, as a share of it.
    pub variation: f64,
    /// The same of the reference.
    pub reference_variation: f64,
    /// What the source's readings have to be multiplied by to come to the reference as it is
    /// judged.
    pub factor: f64,
    /// How far off that may be, up or down: two standard errors, from day to day.
    pub uncertainty: f64,
}

/// What follows from a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The factor of the month belongs in the file.
    Propose,
    /// The one in force is as good as can be told.
    Agrees,
    /// Too few hours or days that both have.
    TooLittle,
    /// The days differ so much that no factor can be told.
    TooUneven,
    /// Counts of whole centres differ by the size of the centres.
    Size,
    /// So much is a wrong unit or another meaning, and no calibration.
    TooFar,
}

/// Whether the right factor has moved since the month before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drift {
    /// One of the months does not suffice.
    Unknown,
    /// No further than can be told.
    Steady,
    /// It has.
    Moved,
}
