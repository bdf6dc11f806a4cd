//! How a metric behaves, and so what an alert about it does where the file does not say: how long
//! it waits, how soon it is unstable, and for how long it is the same problem.

use crate::model::flap::Pace;
use crate::model::metric::{Kind, Metric, Subject};
use crate::model::time::Span;

impl Metric {
    /// How long a breach of it has to last to be an alert, and its clear value to end one, where
    /// the file does not say.
    ///
    /// The hub's own samples and a sender's word are somebody's judgement already.
    #[must_use]
    pub fn delays(self) -> (Span, Span) {
        match self.about() {
            Subject::Entity => self.kind().delays(),
            Subject::Source | Subject::Hub | Subject::Anything => (Span::ZERO, Span::ZERO),
        }
    }

    /// How soon an alert about it is held as unstable, where the file does not say: what a queue
    /// counts swings by its nature, the rest does not.
    #[must_use]
    pub fn pace(self) -> Pace {
        if self.name().starts_with("routing.") { Pace::Fast } else { Pace::Slow }
    }

    /// How long after its end an alert about it is the same problem again, where the file does not
    /// say: short for queues, long for trunks and the like (guide 1, section 4).
    #[must_use]
    pub fn dedup_window(self) -> Span {
        match self.pace() {
            Pace::Fast => Span::secs(300),
            Pace::Slow | Pace::Off => Span::secs(1_800),
        }
    }
}

impl Kind {
    /// How long a breach has to last, and a clear value.
    ///
    /// A queue's numbers are a saw-tooth: the longest wait falls to the next caller's each time a
    /// call is answered. Over ten months of a real centre, 60 s and 300 s told 65 % less than each
    /// crossing did, and every breach of five minutes (Technion's Anonymous Bank).
    const fn delays(self) -> (Span, Span) {
        match self {
            Self::Count | Self::Measure | Self::Ratio => (Span::secs(60), Span::secs(300)),
            // The saw-tooth itself: what is low for five minutes is often high again in the next.
            Self::Age => (Span::secs(60), Span::secs(600)),
            // The sum of a minute has waited already.
            Self::IntervalCount => (Span::ZERO, Span::secs(300)),
            // What is up or down is so at once; a second look is enough.
            Self::Boolean => (Span::secs(10), Span::secs(60)),
        }
    }
}
