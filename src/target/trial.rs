//! Notices that are told for a try: whether a target can be reached, and what its templates make.
//!
//! # Promises
//! - `a_test_is_told_as_one_and_leaves_nothing_open`

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::facts::sample;
use super::{Updates, manner};
use crate::model::alert::AlertKey;
use crate::model::config::HUB_SOURCE;
use crate::model::metric::Metric;
use crate::model::name::{EntityId, NameFault, SourceName, TargetName};
use crate::model::notice::{AlertFacts, Notice, Reason, Subject, Word};
use crate::model::passage::Passage;
use crate::model::rule::{Priority, Severity};
use crate::model::target::TargetConfig;
use crate::model::time::{Now, Stamp, Tick, UtcMs};

/// What a self-test tells a target, one after the other. What keeps alerts open gets one of its
/// own, the least urgent that there is, and at once its end; others get one message.
///
/// # Errors
/// None of its names is unfit; the constructors cannot know that.
pub fn trial(target: &TargetConfig, key: &str, now: Now) -> Result<Vec<Notice>, NameFault> {
    let notice = |number: u64, reason, subject| Notice {
        number,
        target: target.name.clone(),
        // A receiver that knows the first by its key has to take the second.
        idempotency_key: key
            .chars()
            .take(31)
            .chain(core::char::from_digit(u32::from(number > 1), 10))
            .collect(),
        reason,
        subject,
        made: Stamp { tick: now.tick, utc: now.utc },
        passage: Passage::new(now.tick),
    };
    Ok(match manner(&target.kind).updates {
        Updates::Anew => Vec::from([notice(1, Reason::Test, word())]),
        Updates::InPlace => {
            let [open, over] = [false, true].map(|over| facts(over, now));
            Vec::from([
                notice(1, Reason::Test, Subject::Alert(Box::new(open?))),
                notice(2, Reason::Recovered, Subject::Alert(Box::new(over?))),
            ])
        }
    })
}

fn word() -> Subject {
    Subject::Word(Box::new(Word {
        headline: HEADLINE.into(),
        text: TEXT.into(),
        key: "selftest".into(),
    }))
}

fn facts(resolved: bool, now: Now) -> Result<AlertFacts, NameFault> {
    let (source, entity) = (SourceName::new(HUB_SOURCE)?, EntityId::new("selftest")?);
    let metric = Metric::HEARTBEAT_AGE;
    Ok(AlertFacts {
        key: AlertKey::of(&source, HUB_SOURCE, metric, &entity),
        source,
        platform: HUB_SOURCE.into(),
        entity,
        entity_name: "self-test, nothing is wrong".into(),
        metric,
        value: if resolved { 0.0 } else { 1.0 },
        threshold: 1.0,
        low: 0.0,
        high: 1.0,
        priority: Priority::P3,
        severity: Severity::Low,
        resolved,
        first_breach: now.utc,
        breach_duration_seconds: 0,
        open_seconds: 0,
        detail: Some(TEXT.into()),
        ..sample(Reason::Test)?
    })
}

const HEADLINE: &str = "TEST of andon: this target can be told. Nothing is wrong";
const TEXT: &str =
    "Somebody has run `andon selftest`. Nothing is wrong, and nothing is to be done.";

/// A notice of guide 2's example for a reason, which templates are checked against.
///
/// # Errors
/// None of its names is unfit; the constructors cannot know that.
pub(super) fn sample_notice(reason: Reason) -> Result<Notice, NameFault> {
    let subject = match reason {
        Reason::Digest => Subject::Digest(Vec::from([sample(reason)?, sample(Reason::Recovered)?])),
        Reason::Announcement => word(),
        Reason::FirstBreach
        | Reason::Repeat
        | Reason::Escalation
        | Reason::Recovered
        | Reason::Updated
        | Reason::Reopened
        | Reason::Unstable
        | Reason::Settled
        | Reason::Acknowledged
        | Reason::Lapsed
        | Reason::Passed
        | Reason::Test => Subject::Alert(Box::new(sample(reason)?)),
    };
    Ok(Notice {
        number: 1,
        target: TargetName::new("sample")?,
        idempotency_key: "0123456789abcdef0123456789abcdef".into(),
        reason,
        subject,
        made: Stamp { tick: Tick(0), utc: UtcMs(1_715_783_540_000) },
        passage: Passage::new(Tick(0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::{Templates, TextOrSecret};
    use crate::model::secret::SecretRef;
    use crate::model::target::{PagerDuty, Slack, TargetKind};
    use crate::target::Texts;
    use crate::target::samples::NOW;

    #[test]
    fn a_test_is_told_as_one_and_leaves_nothing_open() {
        let texts = Texts::compile(&Templates::default()).unwrap();
        let told = |kind| {
            let name = TargetName::new("ops").unwrap();
            let target = TargetConfig::new(name, kind);
            let notices = trial(&target, "00112233445566778899aabbccddeeff", NOW).unwrap();
            let said: Vec<_> = notices.iter().map(|notice| texts.headline(notice)).collect();
            (notices, said)
        };
        let url = || TextOrSecret::Text("https://x.example".into());
        let routing_key = SecretRef::Credential("key".into());
        let (notices, said) = told(TargetKind::PagerDuty(PagerDuty::new(url(), routing_key)));
        assert!(said[0].starts_with("TEST P3 self-test, nothing is wrong"), "{said:?}");
        let [open, over] = [0, 1].map(|at: usize| &notices[at].subject.alerts()[0]);
        assert_eq!((&open.key, open.resolved, over.resolved), (&over.key, false, true));
        assert_ne!(notices[0].idempotency_key, notices[1].idempotency_key);
        let (_, said) = told(TargetKind::Slack(Slack { url: url() }));
        assert_eq!(said, [HEADLINE]);
    }
}
