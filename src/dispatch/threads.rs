//! What each target calls the alerts that it was told of.
//!
//! # Promises
//! - `what_a_target_calls_an_alert_outlives_a_restart_and_goes_with_the_alert`

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::ledger::Write;
use crate::model::alert::AlertKey;
use crate::model::name::TargetName;
use crate::model::notice::{Notice, Subject};
use crate::model::thread::{Correction, Thread};

/// What each target calls the alerts that it was told of.
#[derive(Debug, Default)]
pub(super) struct Threads {
    by_alert: BTreeMap<AlertKey, Vec<Thread>>,
}

impl Threads {
    pub(super) fn restore(threads: Vec<Thread>) -> Self {
        let mut restored = Self::default();
        for thread in threads {
            restored.by_alert.entry(thread.alert.clone()).or_default().push(thread);
        }
        restored
    }

    /// What the target of a notice calls the alert that it is about.
    pub(super) fn of(&self, notice: &Notice) -> Option<&Thread> {
        let Subject::Alert(facts) = &notice.subject else { return None };
        self.get(&facts.key, &notice.target)
    }

    /// What a target calls an alert.
    pub(super) fn get(&self, alert: &AlertKey, target: &TargetName) -> Option<&Thread> {
        self.by_alert.get(alert)?.iter().find(|thread| thread.target == *target)
    }

    /// The alert that a target calls by this name.
    pub(super) fn called(&self, target: &TargetName, reference: &str) -> Option<&AlertKey> {
        let is_it = |thread: &&Thread| thread.target == *target && *thread.reference == *reference;
        self.by_alert.values().flatten().find(is_it).map(|thread| &thread.alert)
    }

    /// The target of a notice has a name for all that it is about; what there is to write of it.
    pub(super) fn learn_of(&mut self, notice: &Notice, reference: &str) -> Vec<Write> {
        let target = || notice.target.clone();
        let thread = |alert: AlertKey| Thread::new(alert, target(), reference.into());
        let alerts = notice.subject.alerts().iter().map(|facts| thread(facts.key.clone()));
        alerts.filter_map(|thread| self.learn(thread)).collect()
    }

    /// A target has a name for an alert; what there is to write of it.
    pub(super) fn learn(&mut self, thread: Thread) -> Option<Write> {
        let known = self.by_alert.entry(thread.alert.clone()).or_default();
        match known.iter_mut().find(|other| other.target == thread.target) {
            Some(other) if other.reference == thread.reference => None,
            Some(other) => {
                other.reference = thread.reference;
                Some(Write::thread(other))
            }
            None => {
                let write = Write::thread(&thread);
                known.push(thread);
                Some(write)
            }
        }
    }

    /// The alerts that a target was told of, after one of them, round and round.
    pub(super) fn told<'a>(
        &'a self,
        target: &'a TargetName,
        after: Option<&'a AlertKey>,
    ) -> impl Iterator<Item = &'a AlertKey> {
        let is_its = |threads: &[Thread]| threads.iter().any(|one| one.target == *target);
        let all = move || self.by_alert.iter().filter(move |(_, threads)| is_its(threads));
        let is_later = move |key: &AlertKey| after.is_none_or(|after| key > after);
        let later = all().filter(move |(key, _)| is_later(key));
        later.chain(all().filter(move |(key, _)| !is_later(key))).map(|(key, _)| key)
    }

    /// What was set right there in an episode of an alert.
    pub(super) fn corrected(
        &self,
        alert: &AlertKey,
        target: &TargetName,
        episode: u32,
    ) -> &[Correction] {
        let thread = self.get(alert, target).filter(|thread| thread.episode == episode);
        thread.map(|thread| thread.corrected.as_slice()).unwrap_or_default()
    }

    /// Something is set right there; what there is to write of it.
    pub(super) fn correct(
        &mut self,
        alert: &AlertKey,
        target: &TargetName,
        episode: u32,
        what: Correction,
    ) -> Option<Write> {
        let known = self.by_alert.get_mut(alert)?;
        let thread = known.iter_mut().find(|thread| thread.target == *target)?;
        if thread.episode != episode {
            thread.episode = episode;
            thread.corrected.clear();
        }
        if thread.corrected.contains(&what) {
            return None;
        }
        thread.corrected.push(what);
        Some(Write::thread(thread))
    }

    /// An alert is forgotten.
    pub(super) fn forget(&mut self, alert: &AlertKey) -> impl Iterator<Item = Write> {
        let known = self.by_alert.remove(alert).unwrap_or_default();
        known.into_iter().map(|thread| Write::forget_thread(&thread.alert, &thread.target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::fixtures::alert;
    use crate::model::rule::Priority;

    #[test]
    fn what_a_target_calls_an_alert_outlives_a_restart_and_goes_with_the_alert() {
        let key = alert(1, Priority::P1).key;
        let target = TargetName::new("slack").unwrap();
        let thread = |reference: &str| {
            let (alert, target) = (key.clone(), target.clone());
            Thread::new(alert, target, reference.into())
        };
        let mut threads = Threads::default();
        assert_eq!(threads.learn(thread("1")), Some(Write::thread(&thread("1"))));
        assert_eq!(threads.learn(thread("1")), None, "it is known");
        threads.learn(thread("2"));
        let restored = threads.get(&key, &target).cloned();
        let mut threads = Threads::restore(restored.into_iter().collect());
        assert_eq!(threads.get(&key, &target), Some(&thread("2")));
        let written: Vec<Write> = threads.forget(&key).collect();
        assert_eq!(written, [Write::forget_thread(&key, &target)]);
        assert_eq!(threads.get(&key, &target), None);
    }

    /// Each target has a name of its own for each alert.
    #[test]
    fn an_alert_is_found_by_what_a_target_calls_it() {
        let one = alert(1, Priority::P1);
        let mut two = one.clone();
        two.key = AlertKey::of(&two.source, "another", two.metric, &two.entity);
        let [slack, pager] = ["slack", "pager"].map(|name| TargetName::new(name).unwrap());
        let mut threads = Threads::default();
        let mut keys = [one.key, two.key];
        keys.sort();
        let [first, last] = &keys;
        for (key, target, name) in
            [(first, &slack, "1"), (first, &pager, "2"), (last, &pager, "1"), (last, &slack, "3")]
        {
            let thread = Thread::new(key.clone(), target.clone(), name.into());
            assert!(threads.learn(thread).is_some());
        }
        assert_eq!(threads.called(&slack, "1"), Some(first));
        assert_eq!(threads.called(&pager, "1"), Some(last));
        assert_eq!(threads.called(&pager, "3"), None);
        assert_eq!(&*threads.get(first, &pager).unwrap().reference, "2");
        let told = |threads: &Threads, target, after| {
            threads.told(target, after).cloned().collect::<Vec<_>>()
        };
        assert_eq!(told(&threads, &pager, None), [first.clone(), last.clone()]);
        assert_eq!(told(&threads, &pager, Some(first)), [last.clone(), first.clone()]);
        assert_eq!(told(&threads, &pager, Some(last)), [first.clone(), last.clone()]);
        let other = TargetName::new("mail").unwrap();
        assert!(told(&threads, &other, None).is_empty());
        let only = Thread::new(first.clone(), other.clone(), "9".into());
        threads.learn(only);
        assert_eq!(told(&threads, &other, Some(last)), Vec::from([first.clone()]));
    }

    #[test]
    fn what_was_set_right_is_forgotten_with_its_episode_and_its_target() {
        let key = alert(1, Priority::P1).key;
        let [slack, pager] = ["slack", "pager"].map(|name| TargetName::new(name).unwrap());
        let mut threads = Threads::default();
        for target in [&slack, &pager] {
            threads.learn(Thread::new(key.clone(), target.clone(), "1".into()));
        }
        let (left, hand) = (Correction::Left, Correction::InHand);
        assert!(threads.correct(&key, &pager, 1, left).is_some());
        assert!(threads.correct(&key, &pager, 1, left).is_none(), "it is known");
        assert!(threads.corrected(&key, &slack, 1).is_empty());
        assert!(threads.correct(&key, &pager, 2, hand).is_some());
        assert_eq!(threads.corrected(&key, &pager, 2), [hand]);
        assert!(threads.corrected(&key, &pager, 1).is_empty());
    }
}
