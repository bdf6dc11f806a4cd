//! What an entity means to the business is learned after its alert was told: other routes may take
//! it then.
//!
//! Those whom they name and who have not heard of it are told at once. A first notice that lies
//! in the outbox and cannot have been sent goes to nobody whom they do not name. Who has been told
//! stays so, and hears of the end.
//!
//! # Promises
//! - `what_is_learned_in_time_is_told_by_the_route_that_it_makes`
//! - `what_is_learned_late_is_told_to_those_who_have_not_heard`

use alloc::format;
use alloc::vec::Vec;

use crate::dispatch::decide::Way;
use crate::dispatch::route::Plan;
use crate::dispatch::settle::add;
use crate::dispatch::settlement::Order;
use crate::dispatch::{Dispatch, Step, notices};
use crate::ledger::Write;
use crate::model::alert::{Alert, Decision};
use crate::model::name::TargetName;
use crate::model::notice::Reason;
use crate::model::rule::Priority;
use crate::model::telling::Raise;
use crate::model::time::Now;

impl Dispatch {
    /// Tells of an alert by the routes that take it now.
    pub fn reroute(&mut self, alert: &Alert, now: Now) {
        if alert.suppression.hold().is_none() {
            Priority::ALL.into_iter().for_each(|priority| self.reroute_one(alert, priority, now));
        }
    }

    fn reroute_one(&mut self, alert: &Alert, priority: Priority, now: Now) {
        let config = alloc::rc::Rc::clone(&self.config);
        let plan = Plan::of(&config, alert, priority);
        let Some(record) = self.tellings.get_mut(&alert.key, priority) else { return };
        let origins = plan.origins();
        let is_told = !record.ended && matches!(record.raise, Raise::Told { .. });
        if !is_told || plan.way() != Way::AtOnce || record.routes == origins {
            return;
        }
        let named = plan.targets();
        let mut new = named.clone();
        new.retain(|target| !record.told.contains(target));
        if new.len() > self.outbox.room() {
            return;
        }
        if record.notification_count == 1 {
            for number in self.outbox.take_back(&alert.key, priority, &named, &mut record.told) {
                self.steps.push_back(Step::Write(Write::forget_notice(number)));
                let made = self.counts.made.entry(Reason::FirstBreach).or_default();
                *made = made.saturating_sub(1);
            }
        }
        record.routes = origins;
        add(&mut record.told, &new);
        let facts = notices::facts(alert, record);
        let reason = Reason::FirstBreach;
        if !new.is_empty() {
            let names: Vec<&str> = new.iter().map(TargetName::as_str).collect();
            let targets = names.join(", ");
            let text = format!("{}: its context is known now, it goes to {targets}", alert.key);
            self.steps.push_back(Step::Say(log::Level::Info, text));
            let what = Decision::Told { reason, targets: targets.into() };
            self.steps.push_back(Step::Note { alert: alert.key.clone(), what });
            self.place(&Order { reason, targets: new, facts }, now);
        }
        self.write_telling(&alert.key, priority);
    }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use alloc::format;
    use alloc::rc::Rc;
    use alloc::string::String;

    use super::*;
    use crate::dispatch::fixtures::{alert, at, config, resolve, taken};
    use crate::ledger::Remembered;
    use crate::model::business::Business;
    use crate::model::config::Config;
    use crate::model::matcher::Matcher;
    use crate::model::notice::Notice;
    use crate::model::route::Route;
    use crate::model::secret::Secrets;
    use crate::model::suppression::{Causes, Suppression};
    use crate::target::Texts;

    /// What is a risk to the business goes to the pager, all else to the channel.
    fn dispatch() -> Dispatch {
        let mut config = config();
        let matcher = Matcher { impact: Vec::from(["risk".into()]), ..Matcher::default() };
        let [urgent, channel, _] = &config.routes.ordered[..] else { panic!("three routes") };
        let risk = Route { origin: "risk".into(), matcher, ..urgent.clone() };
        let rest = Route { matcher: Matcher::default(), ..channel.clone() };
        config.routes.ordered = Vec::from([risk, rest]);
        Dispatch::new(Rc::new(config), Texts::default(), &mut Remembered::default(), 1, at(0))
    }

    /// What is asked for, by target, and what is taken back: `first_breach>pager del`.
    fn made(dispatch: &mut Dispatch) -> String {
        let steps = core::iter::from_fn(|| dispatch.next_step());
        let word = |step| {
            let Step::Write(write) = step else { return None };
            let notice = write.as_notice();
            let made = notice.map(|one| format!("{}>{}", one.reason.as_str(), one.target));
            (write.table == crate::ledger::Table::Outbox).then(|| made.unwrap_or("del".into()))
        };
        steps.filter_map(word).collect::<Vec<String>>().join(" ")
    }

    /// Every target takes what waits for it.
    fn deliver(dispatch: &mut Dispatch) {
        let lanes = dispatch.outbox.lanes.values();
        let waiting = lanes.flat_map(|lane| lane.notices.values().cloned());
        let waiting: Vec<Notice> = waiting.collect();
        waiting.iter().for_each(|notice| taken(dispatch, notice));
    }

    fn learned(dispatch: &mut Dispatch, alert: &mut Alert, second: i64) -> String {
        let impact = Some("risk".into());
        alert.business = Some(Box::new(Business { impact, ..Business::default() }));
        dispatch.reroute(alert, at(second));
        made(dispatch)
    }

    #[test]
    fn what_is_learned_in_time_is_told_by_the_route_that_it_makes() {
        let (mut dispatch, mut alert) = (dispatch(), alert(1, Priority::P2));
        dispatch.settle(&mut alert, at(0));
        assert_eq!(made(&mut dispatch), "first_breach>slack");
        assert_eq!(learned(&mut dispatch, &mut alert, 1), "del first_breach>pager");
        assert_eq!(learned(&mut dispatch, &mut alert, 2), "");
        deliver(&mut dispatch);
        resolve(&mut alert, 10);
        dispatch.settle(&mut alert, at(10));
        assert_eq!(made(&mut dispatch), "recovered>pager");
    }

    #[test]
    fn what_is_learned_late_is_told_to_those_who_have_not_heard() {
        let (mut dispatch, mut alert) = (dispatch(), alert(1, Priority::P2));
        dispatch.settle(&mut alert, at(0));
        let known = alert.clone();
        dispatch.wake(&|_| Some(&known), &Secrets::default(), at(0));
        made(&mut dispatch);
        assert_eq!(learned(&mut dispatch, &mut alert, 5), "first_breach>pager");
        deliver(&mut dispatch);
        resolve(&mut alert, 10);
        dispatch.settle(&mut alert, at(10));
        assert_eq!(made(&mut dispatch), "recovered>slack recovered>pager");
    }

    /// What is held, over, told in the digest alone or told by these very routes stays as it is.
    #[test]
    fn only_what_is_told_by_other_routes_is_told_anew() {
        let told = |change: &dyn Fn(&mut Dispatch, &mut Alert)| {
            let (mut dispatch, mut alert) = (dispatch(), alert(1, Priority::P2));
            dispatch.settle(&mut alert, at(0));
            made(&mut dispatch);
            deliver(&mut dispatch);
            change(&mut dispatch, &mut alert);
            made(&mut dispatch);
            learned(&mut dispatch, &mut alert, 5)
        };
        assert_eq!(told(&|_, _| {}), "first_breach>pager");
        assert_eq!(
            told(&|_, alert| {
                let storm = Some(at(1).stamp());
                let causes = Causes { storm, ..Causes::default() };
                alert.suppression = Suppression::new(None, causes);
            }),
            ""
        );
        assert_eq!(
            told(&|dispatch, alert| {
                resolve(alert, 2);
                dispatch.settle(alert, at(2));
            }),
            ""
        );
        let digest = |dispatch: &mut Dispatch, _: &mut Alert| {
            let mut config = Config::clone(&dispatch.config);
            config.routes.ordered[0].digest_only = true;
            dispatch.config = Rc::new(config);
        };
        assert_eq!(told(&digest), "");
        let routed = |dispatch: &mut Dispatch, alert: &mut Alert| {
            let record = dispatch.tellings.get_mut(&alert.key, Priority::P2).unwrap();
            record.routes = "risk".into();
        };
        assert_eq!(told(&routed), "");
    }

    /// Who has heard of it hears it once; where the outbox is full nothing is changed.
    #[test]
    fn who_is_named_by_both_hears_it_once() {
        let both = |dispatch: &mut Dispatch| {
            let mut config = Config::clone(&dispatch.config);
            config.routes.ordered[0].targets =
                ["slack", "pager"].map(|name| TargetName::new(name).unwrap()).into();
            dispatch.config = Rc::new(config);
        };
        let (mut dispatch, mut alert) = (dispatch(), alert(1, Priority::P2));
        both(&mut dispatch);
        dispatch.settle(&mut alert, at(0));
        made(&mut dispatch);
        dispatch.outbox.waiting = crate::limits::OUTBOX_NOTICES_MAX;
        assert_eq!(learned(&mut dispatch, &mut alert, 1), "");
        dispatch.outbox.waiting = crate::limits::OUTBOX_NOTICES_MAX - 1;
        dispatch.reroute(&alert, at(2));
        let steps: Vec<Step> = core::iter::from_fn(|| dispatch.next_step()).collect();
        let says = |step: &Step| match step {
            Step::Say(_, text) => Some(text.clone()),
            Step::Note { what: Decision::Told { reason, targets }, .. } => {
                Some(format!("{}>{targets}", reason.as_str()))
            }
            Step::Write(write) if write.table == crate::ledger::Table::Tellings => {
                Some("record".into())
            }
            Step::Write(_)
            | Step::Note { .. }
            | Step::Ask { .. }
            | Step::LogIn { .. }
            | Step::Read { .. }
            | Step::RereadSecrets
            | Step::Delivered { .. } => None,
        };
        let said: Vec<String> = steps.iter().filter_map(says).collect();
        let known = format!("{}: its context is known now, it goes to pager", alert.key);
        assert_eq!(said, [&known, "first_breach>pager", "record"]);
        let record = dispatch.tellings.get_mut(&alert.key, Priority::P2).unwrap();
        assert_eq!((&*record.routes, record.told.len()), ("risk", 2));
        assert_eq!(dispatch.counts.made[&Reason::FirstBreach], 2);
    }

    /// What is taken back was not made, and a second notice of an episode is not taken back.
    #[test]
    fn what_is_taken_back_was_never_made() {
        let (mut dispatch, mut alert) = (dispatch(), alert(1, Priority::P2));
        dispatch.settle(&mut alert, at(0));
        learned(&mut dispatch, &mut alert, 1);
        assert_eq!(dispatch.counts.made[&Reason::FirstBreach], 1);
        assert_eq!(dispatch.outbox.waiting, 1);
        let (mut dispatch, mut alert) =
            (self::dispatch(), crate::dispatch::fixtures::alert(1, Priority::P2));
        dispatch.settle(&mut alert, at(0));
        dispatch.tellings.get_mut(&alert.key, Priority::P2).unwrap().notification_count = 2;
        made(&mut dispatch);
        assert_eq!(learned(&mut dispatch, &mut alert, 1), "first_breach>pager");
    }
}
