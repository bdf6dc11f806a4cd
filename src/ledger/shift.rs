//! Moves what was remembered to the clock of another boot.

use crate::ledger::record::Clock;
use crate::ledger::restore::Remembered;
use crate::model::telling::Raise;
use crate::model::time::{ClockTrust, Now, Span, Stamp, Tick};

/// How far the ticks of another boot are moved to be ticks of this one.
pub(super) fn shift_of(clock: &Clock, now: Now) -> Span {
    let can_tell = clock.trusted && now.trust != ClockTrust::Untrusted;
    let away = if can_tell { (now.utc - clock.utc).max(Span::ZERO) } else { Span::ZERO };
    now.tick - (clock.tick + away)
}

pub(super) fn shift(remembered: &mut Remembered, by: Span) {
    let tick = |tick: &mut Tick| *tick = *tick + by;
    let stamp = |stamp: &mut Stamp| stamp.tick = stamp.tick + by;
    for alert in &mut remembered.alerts {
        stamp(&mut alert.first_breach);
        stamp(&mut alert.last_breach);
        alert.cleared.iter_mut().for_each(stamp);
        stamp(&mut alert.worst.since);
        alert.breaches.iter_mut().for_each(|breach| stamp(&mut breach.since));
        alert.suppression.stamps().for_each(stamp);
        if let Some(kin) = &mut alert.kin {
            kin.told.iter_mut().for_each(|(_, at)| stamp(at));
            kin.freed.iter_mut().for_each(stamp);
        }
        if let Some(hand) = &mut alert.hand {
            stamp(&mut hand.at);
        }
        alert.entered.iter_mut().for_each(tick);
        tick(&mut alert.totals.opened);
        tick(&mut alert.flap.at);
        alert.flap.release.iter_mut().for_each(tick);
    }
    remembered.beats.iter_mut().for_each(|beat| stamp(&mut beat.last));
    if let Some(raging) = &mut remembered.storm.raging {
        stamp(&mut raging.since);
    }
    for silence in &mut remembered.silences {
        stamp(&mut silence.made);
        stamp(&mut silence.until);
    }
    for notice in &mut remembered.notices {
        stamp(&mut notice.made);
        tick(&mut notice.passage.queued);
    }
    for block in &mut remembered.deliveries {
        tick(&mut block.begin);
        tick(&mut block.newest);
    }
    for telling in &mut remembered.tellings {
        tick(&mut telling.first_breach);
        tick(&mut telling.since);
        telling.last_told.iter_mut().for_each(stamp);
        telling.digest_since.iter_mut().for_each(tick);
        if let Raise::Over { since } = &mut telling.raise {
            tick(since);
        }
    }
}
