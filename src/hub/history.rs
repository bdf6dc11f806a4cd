//! The hourly means that a month is compared by: recorded, written, reported.

use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::api::{self, MonthView};
use crate::calibrate::Calibrate;
use crate::hub::Hub;
use crate::ledger::Remembered;
use crate::model::comparison::MonthReport;
use crate::model::config::Config;
use crate::model::http::Reply;
use crate::model::metric::Metric;
use crate::model::time::{Now, UtcMs};
use crate::platform::Definition;

/// What was recorded before the start. Only what is polled is a measure of a whole source.
pub(super) fn restore(
    config: &Config,
    definitions: &[Rc<Definition>],
    remembered: &mut Remembered,
) -> Calibrate {
    let given: Vec<Vec<Metric>> =
        definitions.iter().map(|definition| definition.polled().collect()).collect();
    let history = core::mem::take(&mut remembered.history);
    Calibrate::restore(&config.calibration, &config.sources, &given, history)
}

/// What the ledger's history says, where no hub runs.
#[must_use]
pub fn month(
    config: &Config,
    definitions: &[Rc<Definition>],
    remembered: &mut Remembered,
    now: UtcMs,
) -> MonthReport {
    restore(config, definitions, remembered).report(&config.calibration, now)
}

impl Hub {
    /// Writes what no other write has taken along.
    pub(super) fn write_history(&mut self, now: Now) {
        if self.calibrate.next_wake().is_some_and(|wake| wake.at <= now.tick) {
            self.writes.extend(self.calibrate.take_writes());
        }
    }

    /// What the month says about the factors.
    pub(super) fn month(&self, now: Now) -> Reply {
        let report = self.calibrate.report(&self.config.calibration, self.as_told(now).utc);
        api::month(&MonthView::of(&report))
    }
}
