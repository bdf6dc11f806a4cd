//! What stands behind an alert changes its incident in place, where its target can do that.
//!
//! Those who were told of an outage hear how much it has grown: not as a page of its own, and not
//! more often than every minute. Where each notice is one more message, the count comes with the
//! next of them.
//!
//! # Promises
//! - `a_count_is_told_in_place_and_at_most_every_minute`

use alloc::vec::Vec;

use crate::dispatch::notices::facts;
use crate::dispatch::settle::Tellings;
use crate::dispatch::settlement::{Order, Settlement};
use crate::limits::DEPENDENTS_TOLD_EVERY;
use crate::model::alert::Alert;
use crate::model::config::Config;
use crate::model::name::TargetName;
use crate::model::notice::Reason;
use crate::model::target::TargetConfig;
use crate::model::time::Now;
use crate::target::{self, Updates};

impl Tellings {
    /// Tells how many alerts stand behind an open one, if nothing else is told of it and the last
    /// notice counted another number of them.
    pub(super) fn update(
        &self,
        alert: &Alert,
        config: &Config,
        room: usize,
        now: Now,
        settlement: &mut Settlement,
    ) {
        let Some(kin) = alert.kin.as_ref().filter(|_| settlement.orders.is_empty()) else { return };
        let Some((told, at)) = kin.told else { return };
        let is_due = told != kin.dependents() && now.tick - at.tick >= DEPENDENTS_TOLD_EVERY;
        if !is_due || alert.suppression.hold().is_some() {
            return;
        }
        let priority = alert.leading().priority;
        let Some(record) = self.get(&alert.key, priority) else { return };
        let in_place = |target: &&TargetConfig| {
            let updates = target::manner(&target.kind).updates;
            updates == Updates::InPlace && record.told.contains(&target.name)
        };
        let targets = config.targets.iter().filter(in_place).map(|target| target.name.clone());
        let targets: Vec<TargetName> = targets.collect();
        if !targets.is_empty() && targets.len() <= room {
            let facts = facts(alert, record);
            settlement.orders.push(Order { reason: Reason::Updated, targets, facts });
            settlement.changed.push(priority);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use alloc::format;
    use alloc::string::String;

    use super::*;
    use crate::dispatch::fixtures::{alert, at, config};
    use crate::model::dependency::Kin;
    use crate::model::rule::Priority;

    /// Settles an alert with so many others behind it.
    fn settle(tellings: &mut Tellings, alert: &mut Alert, second: i64, held: u32) -> String {
        if let Some(kin) = &mut alert.kin {
            kin.held = held;
        }
        let settlement = tellings.settle(alert, &config(), 100, at(second));
        let order = |order: &Order| {
            let held = order.facts.kin.as_ref().map_or(0, |kin| kin.held);
            format!("{} {held} {}", order.reason.as_str(), order.targets.len())
        };
        settlement.orders.iter().map(order).collect()
    }

    #[test]
    fn what_was_told_alone_tells_who_comes_to_stand_behind_it() {
        let mut tellings = Tellings::default();
        let mut page = Alert { entered: Some(at(0).tick), ..alert(1, Priority::P1) };
        assert_eq!(settle(&mut tellings, &mut page, 0, 0), "first_breach 0 1");
        assert_eq!(settle(&mut tellings, &mut page, 80, 2), "updated 2 1");
    }

    #[test]
    fn a_count_is_told_in_place_and_at_most_every_minute() {
        let mut tellings = Tellings::default();
        let kin = || Some(Box::new(Kin::default()));
        let mut page = Alert { kin: kin(), ..alert(1, Priority::P1) };
        assert_eq!(settle(&mut tellings, &mut page, 0, 2), "first_breach 2 1");
        assert_eq!(settle(&mut tellings, &mut page, 70, 2), "");
        assert_eq!(settle(&mut tellings, &mut page, 80, 200), "updated 200 1");
        assert_eq!(settle(&mut tellings, &mut page, 130, 201), "");
        assert_eq!(settle(&mut tellings, &mut page, 140, 201), "updated 201 1");
        assert_eq!(settle(&mut tellings, &mut page, 300, 230), "repeat 230 1");
        let mut line = Alert { kin: kin(), ..alert(1, Priority::P2) };
        let mut tellings = Tellings::default();
        assert_eq!(settle(&mut tellings, &mut line, 0, 0), "first_breach 0 1");
        assert_eq!(
            settle(&mut tellings, &mut line, 80, 9),
            "",
            "Slack would have one message more"
        );
    }
}
