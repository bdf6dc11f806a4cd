//! What an answer is made from: traffic and lines at a moment, told by the platform's clock.

use alloc::format;
use alloc::string::String;

use crate::demo::genesys::lines::Lines;
use crate::demo::genesys::refusal::Refusal;
use crate::demo::traffic::{QueueSnapshot, Traffic};
use crate::model::time::{Span, UtcMs};

/// The platform as one answer sees it.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) traffic: &'a Traffic,
    pub(super) lines: &'a Lines,
    /// What the answer is about, by the true clock.
    pub(super) moment: UtcMs,
    /// How far the platform's clock is ahead of it.
    pub(super) skew: Span,
}

impl View<'_> {
    /// A queue as it stood at the last grain's end, and that end.
    pub(super) fn queue(&self, position: usize) -> Result<(QueueSnapshot, UtcMs), Refusal> {
        let end = self.grain_start(self.moment);
        let grain = self.traffic.grain();
        Ok((self.window(position, UtcMs(end.0 - grain.0), end)?, end))
    }

    /// What happened in a queue between two grains' starts.
    pub(super) fn window(
        &self,
        position: usize,
        from: UtcMs,
        to: UtcMs,
    ) -> Result<QueueSnapshot, Refusal> {
        let known = self.traffic.window(position, from, to);
        known.ok_or_else(|| Refusal::bad("this simulation remembers the last half hour only"))
    }

    /// The start of the grain that a moment lies in.
    pub(super) const fn grain_start(&self, moment: UtcMs) -> UtcMs {
        UtcMs(moment.0 - moment.0.rem_euclid(self.traffic.grain().0))
    }

    /// What the platform's clock shows at a moment.
    pub(super) fn clock(&self, moment: UtcMs) -> UtcMs {
        moment + self.skew
    }

    /// A moment by the platform's clock, as the vendor writes it.
    pub(super) fn written(&self, moment: UtcMs) -> String {
        written(self.clock(moment))
    }
}

/// A moment with milliseconds: `2024-05-15T14:32:10.120Z`.
pub(super) fn written(utc: UtcMs) -> String {
    let at = jiff::Timestamp::from_millisecond(utc.0);
    at.map_or_else(|_| String::from("out of range"), |at| format!("{at:.3}"))
}

/// Both ends of an ISO 8601 interval; without an offset they are UTC.
pub(super) fn interval(text: &str) -> Result<(UtcMs, UtcMs), Refusal> {
    let moment =
        |part: &str| UtcMs::from_rfc3339(part).or_else(|| UtcMs::from_rfc3339(&format!("{part}Z")));
    let ends = text.split_once('/').and_then(|(from, to)| Some((moment(from)?, moment(to)?)));
    let ends = ends.filter(|(from, to)| from < to && *to - *from <= INTERVAL_MAX);
    ends.ok_or_else(|| {
        let why = "interval has to be <start>/<end>, in this order and not above seven days";
        Refusal::new(400, "invalid.date", why)
    })
}

/// The vendor's own bound is not documented.
const INTERVAL_MAX: Span = Span::secs(7 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_milliseconds() {
        assert_eq!(written(UtcMs(1_715_783_530_120)), "2024-05-15T14:32:10.120Z");
        assert_eq!(written(UtcMs(1_715_783_530_000)), "2024-05-15T14:32:10.000Z");
    }

    #[test]
    fn an_interval_has_two_ends_in_order() {
        let read = |text| interval(text).ok().map(|(from, to)| (to - from).whole_secs());
        assert_eq!(read("2024-05-15T14:00:00.000Z/2024-05-15T14:30:00.000Z"), Some(1_800));
        assert_eq!(read("2024-05-15T14:00:00/2024-05-15T14:00:01"), Some(1), "in UTC");
        assert_eq!(read("2024-05-15T16:00:00+02:00/2024-05-15T14:00:01Z"), Some(1));
        assert_eq!(read("2024-05-15T14:30:00Z/2024-05-15T14:00:00Z"), None);
        assert_eq!(read("2024-05-15T14:30:00Z/PT30M"), None);
        assert_eq!(read("2024-05-15T14:30:00Z/2024-06-15T14:30:00Z"), None);
    }
}
