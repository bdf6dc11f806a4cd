//! How often a source's webhooks usually come, and when their silence is one.
//!
//! Time is counted only while polls show that something happens: at night nothing is pushed since
//! there is nothing to push. The usual is the longest gap of late. A gap that outlasts it replaces
//! it; each shorter one wears it down by a share of its own length, so that a burst of deliveries
//! does not hide the pause after it, and a busy day forgets a quiet one. A gap that was called a
//! silence is learned as no longer than what was waited for it: an outage is no rhythm, and a
//! rhythm that has become slower is called a silence a few times and no more.
//!
//! # Promises
//! - `a_rhythm_is_learned_and_its_silence_noticed_in_time`
//! - `while_polls_show_that_nothing_happens_there_is_no_silence`
//! - `few_deliveries_and_seldom_ones_are_no_rhythm`
//! - `a_burst_does_not_hide_the_pause_after_it`
//! - `an_outage_is_no_rhythm`

use crate::ledger::Rhythm;
use crate::limits::{
    BURST_WITHIN, BUSY_STEP_MAX, RHYTHM_DELIVERIES_MIN, RHYTHM_FORGETS, RHYTHM_GAP_MAX,
    SILENCE_GAPS, SILENCE_MIN, TOLD_WITHIN,
};
use crate::model::time::{Span, Tick};

/// The deliveries of one source that is polled, too.
#[derive(Debug)]
pub struct Listening {
    rhythm: Rhythm,
    /// Time in which something happened since the last delivery, which it cannot have told.
    busy: Span,
    /// The same, as far as it can.
    told: Span,
    /// The last delivery, or the start.
    heard: Tick,
    /// The last delivery or answer.
    seen: Tick,
    /// The last delivery that counted: one of a burst does.
    counted: Tick,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Hearing,
    Silent,
}

/// Whether something happens at the platform, as a poll shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// An answer differs from the one before it.
    Some,
    /// It does not.
    None,
}

/// What a delivery or an answer changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nothing.
    Same,
    /// The source has fallen silent.
    Silent,
    /// It has been silent for so long, and is not any more.
    Heard(Span),
}

impl Listening {
    /// Goes on with what was learned before the start.
    #[must_use]
    pub const fn new(rhythm: Rhythm, now: Tick) -> Self {
        let state = State::Hearing;
        let (busy, told) = (Span::ZERO, Span::ZERO);
        Self { rhythm, busy, told, heard: now, seen: now, counted: now, state }
    }

    /// What was learned.
    #[must_use]
    pub const fn rhythm(&self) -> Rhythm {
        self.rhythm
    }

    /// For how long nothing has come, where that is a silence.
    #[must_use]
    pub fn silence(&self, now: Tick) -> Option<Span> {
        (self.state == State::Silent).then(|| now - self.heard)
    }

    /// A genuine delivery has come, whatever becomes of it.
    pub fn hear(&mut self, now: Tick) -> Turn {
        let silence = self.silence(now);
        // Something has happened since the last look, or nothing would have been pushed.
        let gap = self.told + self.busy + (now - self.seen).min(BUSY_STEP_MAX);
        let gap = if silence.is_some() { gap.min(self.patience()) } else { gap };
        let worn = Span(self.rhythm.usual.0 - gap.0 / RHYTHM_FORGETS);
        self.rhythm.usual = gap.max(worn);
        if now - self.counted >= BURST_WITHIN {
            self.rhythm.deliveries = self.rhythm.deliveries.saturating_add(1);
            self.counted = now;
        }
        *self = Self { counted: self.counted, ..Self::new(self.rhythm, now) };
        silence.map_or(Turn::Same, Turn::Heard)
    }

    /// A poll was answered.
    pub fn look(&mut self, activity: Activity, now: Tick) -> Turn {
        let step = (now - self.seen).min(BUSY_STEP_MAX);
        // What the last delivery told is new to the polls after it, too, and reports lag.
        let is_told = self.seen - self.heard < TOLD_WITHIN;
        self.seen = now;
        match activity {
            Activity::Some if is_told => self.told = self.told + step,
            Activity::Some => self.busy = self.busy + step,
            Activity::None => {}
        }
        let Rhythm { deliveries, usual } = self.rhythm;
        let is_known = deliveries >= RHYTHM_DELIVERIES_MIN && usual <= RHYTHM_GAP_MAX;
        if self.state == State::Hearing && is_known && self.busy > self.patience() {
            self.state = State::Silent;
            return Turn::Silent;
        }
        Turn::Same
    }

    fn patience(&self) -> Span {
        Span(self.rhythm.usual.0.saturating_mul(SILENCE_GAPS)).max(SILENCE_MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Tick {
        Tick(0) + Span::secs(secs)
    }

    /// A delivery every so often, and a poll every ten seconds that shows that something happens.
    fn learned(every: i64, deliveries: i64) -> Listening {
        let mut listening = Listening::new(Rhythm::default(), at(0));
        for second in 1..=every * deliveries {
            if second % 10 == 0 {
                assert_eq!(listening.look(Activity::Some, at(second)), Turn::Same, "{second}");
            }
            if second % every == 0 {
                assert_eq!(listening.hear(at(second)), Turn::Same, "{second}");
            }
        }
        listening
    }

    /// The second after the last delivery at which silence is noticed, of so many.
    fn noticed(listening: &mut Listening, activity: Activity, within: i64) -> Option<i64> {
        let last = listening.heard.0 / 1_000;
        let mut polls = (1..=within / 10).map(|poll| poll * 10);
        polls.find(|after| listening.look(activity, at(last + after)) == Turn::Silent)
    }

    #[test]
    fn a_rhythm_is_learned_and_its_silence_noticed_in_time() {
        let mut often = learned(20, 60);
        assert_eq!(often.rhythm().usual, Span::secs(20));
        // Four times twenty seconds are less than the least.
        assert_eq!(noticed(&mut often, Activity::Some, 3_600), Some(310));
        let last = often.heard;
        assert_eq!(often.silence(last + Span::secs(310)), Some(Span::secs(310)));
        assert_eq!(often.hear(last + Span::secs(400)), Turn::Heard(Span::secs(400)));
        assert_eq!(often.silence(last + Span::secs(400)), None);
        let mut seldom = learned(200, 60);
        assert_eq!(noticed(&mut seldom, Activity::Some, 3_600), Some(870));
    }

    #[test]
    fn while_polls_show_that_nothing_happens_there_is_no_silence() {
        let mut night = learned(20, 60);
        assert_eq!(noticed(&mut night, Activity::None, 8 * 3_600), None);
        // The morning begins: what was pushed last is not that long ago, by what happened since.
        let morning = night.seen;
        assert_eq!(night.look(Activity::Some, morning + Span::secs(10)), Turn::Same);
        assert_eq!(night.hear(morning + Span::secs(12)), Turn::Same);
        assert_eq!(night.rhythm().usual.whole_secs(), 19, "and the night is not learned");
        // It begins without webhooks: that is noticed as by day.
        let mut night = learned(20, 60);
        assert_eq!(noticed(&mut night, Activity::None, 8 * 3_600), None);
        night.heard = night.seen;
        assert_eq!(noticed(&mut night, Activity::Some, 3_600), Some(310));
    }

    #[test]
    fn few_deliveries_and_seldom_ones_are_no_rhythm() {
        let enough = i64::from(RHYTHM_DELIVERIES_MIN);
        assert_eq!(noticed(&mut learned(20, enough - 1), Activity::Some, 36_000), None);
        assert_eq!(noticed(&mut learned(20, enough), Activity::Some, 36_000), Some(310));
        let seldom = RHYTHM_GAP_MAX.whole_secs() + 10;
        assert_eq!(noticed(&mut learned(seldom, 20), Activity::Some, 20 * seldom), None);
    }

    #[test]
    fn a_burst_does_not_hide_the_pause_after_it() {
        let mut listening = Listening::new(Rhythm::default(), at(0));
        for hour in 0..24 {
            for second in 0..3_600 {
                if second < 60 {
                    listening.hear(at(hour * 3_600 + second));
                }
                let turn = listening.look(Activity::Some, at(hour * 3_600 + second));
                assert_eq!(turn, Turn::Same, "{hour} {second}");
            }
        }
    }

    #[test]
    fn an_outage_is_no_rhythm() {
        let mut listening = learned(20, 60);
        assert_eq!(noticed(&mut listening, Activity::Some, 7_200), Some(310));
        let back = listening.heard + Span::secs(7_200);
        assert_eq!(listening.hear(back), Turn::Heard(Span::secs(7_200)));
        assert_eq!(listening.rhythm().usual, SILENCE_MIN);
        // A few hours of the old rhythm, and the next silence is noticed as the first was.
        for delivery in 1..=3 * 180 {
            listening.hear(back + Span::secs(20 * delivery));
        }
        assert_eq!(noticed(&mut listening, Activity::Some, 3_600), Some(310));
    }
}
