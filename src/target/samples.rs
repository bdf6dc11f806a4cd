//! The notice of guide 2's example, and the clock it is told at.

use alloc::string::String;

use super::*;
use crate::model::business::Business;
use crate::model::metric::Metric;
use crate::model::name::TargetName;
use crate::model::notice::{AlertFacts, Reason, Subject, Word};
use crate::model::time::{ClockTrust, Tick, UtcMs};

/// The alert of the example, with its context.
pub(crate) fn facts(reason: Reason) -> AlertFacts {
    let mut facts = facts::sample(reason).unwrap();
    for (metric, value) in [("longest_wait", 135.0), ("agents_available", 4.0)] {
        facts.context.push((Metric::find(metric).unwrap(), value)).unwrap();
    }
    let url = "https://api.example/ui/queues/8f3a?a=1&b=2";
    facts.monitoring_url = Some(url.into());
    facts
}

pub(crate) fn business_of_tier_2() -> Business {
    Business {
        impact: Some("sla_violation_risk".into()),
        unit: Some("Retail".into()),
        owner: Some("Beth".into()),
        runbook: Some("https://wiki.example/tier-2".into()),
    }
}

pub(crate) const NOW: Now =
    Now { tick: Tick(5_000), utc: UtcMs(1_715_783_545_000), trust: ClockTrust::Ntp };

/// The notice that templates are checked against, with the example's own context.
pub(crate) fn notice(reason: Reason) -> Notice {
    let mut notice = trial::sample_notice(reason).unwrap();
    match &mut notice.subject {
        Subject::Alert(alert) => **alert = facts(reason),
        Subject::Digest(alerts) => *alerts = [reason, Reason::Recovered].map(facts).into(),
        Subject::Word(word) => {
            **word = Word {
                headline: "Window \"m-1\" begins".into(),
                text: "until 06:00".into(),
                key: "window:m-1".into(),
            };
        }
    }
    Notice {
        number: 7,
        target: TargetName::new("ops").unwrap(),
        idempotency_key: "00112233445566778899aabbccddeeff".into(),
        ..notice
    }
}

/// JSON that was broken into lines to be readable.
pub(crate) fn joined(lines: &str) -> String {
    lines.lines().map(str::trim_start).collect()
}

pub(crate) fn text(body: Result<Vec<u8>, TargetFault>) -> String {
    String::from_utf8(body.unwrap()).unwrap()
}
