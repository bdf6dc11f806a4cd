//! The hub runs with another config file than before: who keeps changes beside its incidents is
//! told.
//!
//! What changed a moment before the trouble is what people look for first. Only a `revision` that
//! the operator has written tells one file from another, so that a restart by itself sends nothing;
//! and only a change event is made of it, which pages nobody.
//!
//! # Promises
//! - `another_revision_is_told_once_to_who_keeps_changes`
//! - `a_restart_a_first_file_and_one_without_a_revision_tell_nobody`

use alloc::boxed::Box;
use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;

use crate::dispatch::mute::Announced;
use crate::dispatch::{Dispatch, Step};
use crate::ledger::Write;
use crate::model::name::TargetName;
use crate::model::notice::Word;
use crate::model::time::Now;
use crate::target::{self, Words};

impl Dispatch {
    /// Goes on with the config's revision where another one was in force `before`.
    pub(super) fn take_up_revision(&mut self, before: Option<Box<str>>, now: Now) {
        let config = Rc::clone(&self.config);
        let Some(mark) = config.revision.as_deref() else { return };
        match before {
            Some(before) if *before == *mark => return,
            None => {}
            Some(before) => {
                let keeps = config.targets.iter();
                let keeps = keeps.filter(|one| target::words(&one.kind) == Words::Apart);
                let told: Vec<TargetName> = keeps.map(|one| one.name.clone()).collect();
                let word = Word {
                    headline: format!("andon runs with revision {mark} of its config").into(),
                    text: format!("Before, it ran with revision {before}.").into(),
                    key: "config".into(),
                };
                // It is told by the next start, then.
                if self.tell_word(&word, &told, now) == Announced::NoRoom {
                    return;
                }
            }
        }
        self.steps.push_back(Step::Write(Write::revision(mark)));
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;
    use crate::dispatch::fixtures::{at, config};
    use crate::ledger::{Row, Table, restore};
    use crate::model::config::TextOrSecret;
    use crate::model::notice::Subject;
    use crate::model::target::TargetKind;
    use crate::target::Texts;

    /// What a start with a file of this revision tells, and what the ledger holds then.
    fn start(revision: Option<&str>, ledger: &mut Vec<Row>) -> Vec<String> {
        let mut config = config();
        config.revision = revision.map(Into::into);
        for target in &mut config.targets {
            if let TargetKind::PagerDuty(pager) = &mut target.kind {
                pager.change_url = Some(TextOrSecret::Text("https://x.test/change".into()));
            }
        }
        let mut remembered = restore(ledger.iter().cloned(), "b", at(0)).unwrap();
        let config = Rc::new(config);
        let mut dispatch = Dispatch::new(config, Texts::default(), &mut remembered, 1, at(0));
        let mut told = Vec::new();
        while let Some(step) = dispatch.next_step() {
            let Step::Write(write) = step else { continue };
            if let Some(notice) = write.as_notice() {
                let Subject::Word(word) = notice.subject else { panic!("it is about an alert") };
                told.push(format!("{}: {} {}", notice.target, word.headline, word.text));
            } else if let (Table::Revision, Some(value)) = (write.table, write.value) {
                *ledger = Vec::from([Row { table: write.table, key: write.key, value }]);
            }
        }
        told
    }

    #[test]
    fn another_revision_is_told_once_to_who_keeps_changes() {
        let mut ledger = Vec::new();
        start(Some("7"), &mut ledger);
        let told = start(Some("8"), &mut ledger);
        let line = "pager: andon runs with revision 8 of its config \
                    Before, it ran with revision 7.";
        assert_eq!(told, [line]);
        assert!(start(Some("8"), &mut ledger).is_empty());
        assert_eq!(start(Some("7"), &mut ledger).len(), 1, "back again is a change");
    }

    #[test]
    fn a_restart_a_first_file_and_one_without_a_revision_tell_nobody() {
        let mut ledger = Vec::new();
        for revision in [None, Some("7"), Some("7"), None, Some("7")] {
            assert!(start(revision, &mut ledger).is_empty(), "{revision:?}");
        }
        assert_eq!(ledger.len(), 1);
    }
}
