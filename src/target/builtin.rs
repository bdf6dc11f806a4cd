//! The texts of a notice where the file brings no templates, or where a template fails.
//!
//! They cannot fail themselves, so no notice is ever lost for want of words.
//!
//! # Promises
//! - `the_first_80_characters_say_what_where_how_bad_and_since_when`: on a lock screen too.
//! - `what_is_told_late_says_so`

use alloc::format;
use alloc::string::{String, ToString};

use super::cut::{one_line, units_of};
use super::facts::{
    business_unit, cause, dependents, detail, duration, entity_name, held_alerts, impact, owner,
    runbook, worst,
};
use crate::limits::{BUSINESS_TEXT_CHARS_MAX, SUMMARY_GLANCE_CHARS};
use crate::model::notice::{AlertFacts, Reason};
use crate::model::time::Span;

/// One line: `P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s`.
pub(super) fn summary(facts: &AlertFacts, reason: Reason) -> String {
    let AlertFacts { metric, priority, operator, .. } = facts;
    let metric_name = metric.short();
    let value = metric.unit().show(facts.value);
    let lasted = duration(facts);
    let (before, after) = if let Some(why) = &facts.lapse {
        let why = one_line(&why.to_string(), LAPSE_CHARS_MAX);
        ("ENDED ".into(), format!(": {metric_name} {value}, {why}"))
    } else if facts.resolved {
        ("RECOVERED ".into(), format!(": {metric_name} {value} after {lasted}"))
    } else {
        let before = match reason {
            Reason::Escalation => format!("ESCALATED {priority} "),
            Reason::Reopened => format!("AGAIN {priority} "),
            Reason::Unstable => format!("UNSTABLE {priority} "),
            Reason::Settled => format!("SETTLED {priority} "),
            Reason::Acknowledged => format!("IN HAND {priority} "),
            Reason::Lapsed => format!("IN NO HAND {priority} "),
            Reason::Passed => format!("CAME AND WENT {priority} "),
            Reason::Test => format!("TEST {priority} "),
            Reason::FirstBreach
            | Reason::Repeat
            | Reason::Recovered
            | Reason::Digest
            | Reason::Updated
            | Reason::Announcement => format!("{priority} "),
        };
        let threshold = metric.unit().show(facts.threshold);
        let since = match lasted.whole_secs() {
            0 => "just now".into(),
            _ => format!("for {lasted}"),
        };
        let holds = match held_alerts(facts) {
            0 => String::new(),
            count => format!(", holds back {count}"),
        };
        (before, format!(": {metric_name} {value} ({operator} {threshold}) {since}{holds}"))
    };
    let late = match facts.told_late_seconds {
        0 => String::new(),
        late => format!(", told {} late", Span::secs(late.into())),
    };
    let after = format!("{after}{late}");
    let room = SUMMARY_GLANCE_CHARS.saturating_sub(units_of(&before) + units_of(&after));
    let name = one_line(&facts.entity_name, room.max(NAME_CHARS_MIN));
    format!("{before}{name}{after}")
}

/// A few lines more: what is compared, since when, what else holds, where to look.
pub(super) fn body(facts: &AlertFacts) -> String {
    let AlertFacts { metric, priority, severity, operator, .. } = facts;
    let (name, short) = (entity_name(facts), metric.short());
    let (value, threshold) = (metric.unit().show(facts.value), metric.unit().show(facts.threshold));
    let (began, lasted) = (facts.first_breach, duration(facts));
    let mut body = if let Some(why) = &facts.lapse {
        format!(
            "{short} of {name} is {value}; a breach is {operator} {threshold} ({priority}).\n\
             The alert ends: {why}. It began {began} and lasted {lasted}.\n"
        )
    } else if facts.resolved {
        format!(
            "{short} of {name} is {value} again; a breach is {operator} {threshold} ({priority}).\n\
             The breach began {began} and lasted {lasted}.\n"
        )
    } else {
        format!(
            "{short} of {name} is {value}; a breach is {operator} {threshold} \
             ({priority}, {severity}).\n\
             In breach since {began}, for {lasted}. This is notice {}.\n",
            facts.notification_count
        )
    };
    if let Some(hand) = &facts.hand {
        let by = one_line(&hand.to_string(), BUSINESS_TEXT_CHARS_MAX);
        body.push_str(&format!("In hand by {by} since {}.\n", hand.at.utc));
    }
    if let Some(detail) = detail(facts) {
        body.push_str(&format!("{detail}.\n"));
    }
    body.push_str(&course(facts));
    if facts.held_back > 0 {
        let held_back = facts.held_back;
        let told = format!("Short breaches since the last notice, not told: {held_back}.\n");
        body.push_str(&told);
    }
    if !facts.context.is_empty() {
        body.push_str(&format!("At the same time: {}.\n", context(facts)));
    }
    for (what, text) in [("Behind it", dependents(facts)), ("Cause", cause(facts))] {
        if let Some(text) = text {
            body.push_str(&format!("{what}: {text}.\n"));
        }
    }
    body.push_str(&business(facts));
    let AlertFacts { entity, source, platform, key, .. } = facts;
    body.push_str(&format!("{entity} at {source} ({platform}), alert {key}"));
    body
}

/// How it went, where it came and went, and how bad it was in the end.
fn course(facts: &AlertFacts) -> String {
    let AlertFacts { metric, raises, .. } = facts;
    let show = |value| metric.unit().show(value);
    let open = Span::secs(facts.open_seconds.into());
    let share = facts.open_seconds.saturating_mul(100) / facts.breach_duration_seconds.max(1);
    match (raises, facts.resolved) {
        (0 | 1, false) => String::new(),
        (0 | 1, true) => format!("At its worst it was {}.\n", show(worst(facts))),
        _ => format!(
            "It began {raises} times and was in breach for {open}, {} % of the time; {} to {}.\n",
            share.min(100),
            show(facts.low),
            show(facts.high)
        ),
    }
}

/// What it means, where the config names places to ask: `Impact: unmapped.`
fn business(facts: &AlertFacts) -> String {
    if facts.business.is_none() {
        return String::new();
    }
    let mut line = format!("Impact: {}", impact(facts));
    for (name, text) in [("unit", business_unit(facts)), ("owner", owner(facts))] {
        if let Some(text) = text {
            line.push_str(&format!("; {name}: {text}"));
        }
    }
    line.push_str(".\n");
    if let Some(url) = runbook(facts) {
        line.push_str(&format!("Runbook: {url}\n"));
    }
    line
}

/// The title of a notice about many alerts.
pub(super) fn list_title(alerts: &[AlertFacts], reason: Reason) -> String {
    let over = alerts.iter().filter(|facts| facts.resolved).count();
    let open = alerts.len() - over;
    if reason == Reason::Digest {
        format!("Digest: {open} in breach, {over} recovered")
    } else {
        format!("Together: {open} in breach")
    }
}

/// The other metrics: `longest_wait 135 s, agents_available 4`.
fn context(facts: &AlertFacts) -> String {
    let mut line = String::new();
    for (metric, value) in &facts.context {
        if !line.is_empty() {
            line.push_str(", ");
        }
        line.push_str(&format!("{} {}", metric.short(), metric.unit().show(*value)));
    }
    line
}

/// So much is shown of why an alert ended.
const LAPSE_CHARS_MAX: usize = 48;

/// So much of a name is always shown, even where the rest of the line is long.
const NAME_CHARS_MIN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::condition::Lapse;
    use crate::model::metric::Metric;
    use crate::target::samples::{business_of_tier_2, facts};
    use alloc::boxed::Box;

    #[test]
    fn a_summary_speaks_by_its_reason() {
        let says = |reason| summary(&facts(reason), reason);
        let breach = "P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s";
        assert_eq!(says(Reason::FirstBreach), breach);
        assert_eq!(says(Reason::Repeat), breach);
        assert_eq!(says(Reason::Escalation), format!("ESCALATED {breach}"));
        let recovered = "RECOVERED Tier-2 Support: calls_waiting 4 after 12 min";
        assert_eq!(says(Reason::Recovered), recovered);
        let mut lapsed = facts(Reason::Recovered);
        lapsed.lapse = Some(Lapse::OutsideHours("day".into()));
        let ended = "ENDED Tier-2 Support: calls_waiting 4, outside of the hours \"day\"";
        assert_eq!(summary(&lapsed, Reason::Recovered), ended);
        assert!(body(&lapsed).contains("The alert ends: outside of the hours \"day\". It began"));
        let mut new = facts(Reason::FirstBreach);
        new.breach_duration_seconds = 0;
        assert!(summary(&new, Reason::FirstBreach).ends_with("(>= 15) just now"));
    }

    #[test]
    fn the_first_80_characters_say_what_where_how_bad_and_since_when() {
        let mut facts = facts(Reason::Escalation);
        facts.entity_name = "Premium Support\nfor the whole of the United States, nights".into();
        facts.metric = Metric::find("abandoned_calls").unwrap();
        facts.breach_duration_seconds = 12_000;
        let line = summary(&facts, Reason::Escalation);
        assert_eq!(
            line,
            "ESCALATED P1 Premium Su [cut]: abandoned_calls 22/min (>= 15/min) for 3 h 20 min"
        );
        assert!(units_of(&line) <= SUMMARY_GLANCE_CHARS);
    }

    #[test]
    fn what_is_told_late_says_so() {
        let mut facts = facts(Reason::FirstBreach);
        facts.breach_duration_seconds = 0;
        facts.told_late_seconds = 3_300;
        let line = summary(&facts, Reason::FirstBreach);
        let wanted = "P1 Tier-2 Support: calls_waiting 22 (>= 15) just now, told 55 min late";
        assert_eq!(line, wanted);
    }

    #[test]
    fn a_body_says_the_rest() {
        let mut open = facts(Reason::Repeat);
        open.held_back = 3;
        assert_eq!(
            body(&open),
            "calls_waiting of Tier-2 Support is 22; a breach is >= 15 (P1, critical).\n\
             In breach since 2024-05-15T14:31:35Z, for 45 s. This is notice 1.\n\
             Short breaches since the last notice, not told: 3.\n\
             At the same time: longest_wait 135 s, agents_available 4.\n\
             queue-id-8f3a2c1d at cxone-prod (nice-cxone), alert \
             cxone-prod:queue-id-8f3a2c1d:calls_waiting:36c7c0d6"
        );
        open.business = Some(Box::default());
        assert!(body(&open).contains("agents_available 4.\nImpact: unmapped.\nqueue-id"));
        open.business = Some(Box::new(business_of_tier_2()));
        let told = "Impact: sla_violation_risk; unit: Retail; owner: Beth.\n\
                    Runbook: https://wiki.example/tier-2\nqueue-id";
        assert!(body(&open).contains(told), "{}", body(&open));
        let over = body(&facts(Reason::Recovered));
        assert!(over.starts_with("calls_waiting of Tier-2 Support is 4 again; "), "{over}");
        assert!(over.contains("and lasted 12 min."), "{over}");
    }

    #[test]
    fn a_body_says_how_it_went_who_has_it_and_what_stands_behind_it() {
        let mut facts = facts(Reason::Repeat);
        (facts.raises, facts.open_seconds, facts.breach_duration_seconds) = (3, 90, 270);
        let course = "It began 3 times and was in breach for 90 s, 33 % of the time; 18 to 22.\n";
        assert!(body(&facts).contains(course), "{}", body(&facts));
        facts.breach_duration_seconds = 0;
        assert!(body(&facts).contains("100 % of the time"), "{}", body(&facts));
        (facts.raises, facts.resolved) = (1, true);
        assert!(body(&facts).contains("At its worst it was 22.\n"), "{}", body(&facts));
        (facts.resolved, facts.detail) = (false, Some("no data".into()));
        assert!(!body(&facts).contains("worst"), "{}", body(&facts));
        facts.kin = Some(Box::new(crate::model::dependency::Kin {
            held: 1,
            names: [Box::from("a")].into(),
            cause: Some("b".into()),
            ..Default::default()
        }));
        let behind = "no data.\nAt the same time: longest_wait 135 s, agents_available 4.\n\
                      Behind it: 1 held back: a.\nCause: probably b.\n";
        assert!(body(&facts).contains(behind), "{}", body(&facts));
        assert!(!body(&facts).contains("Short breaches"));
        let at = crate::target::samples::NOW.stamp();
        facts.hand = Some(Box::new(crate::model::hand::Hand {
            by: "Ann".into(),
            via: "pager".into(),
            priority: facts.priority,
            at,
            lasts: Span::secs(60),
        }));
        let hand = format!("In hand by Ann (pager) since {}.\nno data.\n", at.utc);
        assert!(body(&facts).contains(&hand), "{}", body(&facts));
        facts.context = crate::model::few::Few::new();
        assert!(!body(&facts).contains("At the same time"));
    }
}
