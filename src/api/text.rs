//! The views as text for people: `andon alerts` and `andon explain`. Times are UTC.
//!
//! # Promises
//! - `the_table_fits_100_columns_with_the_worst_open_alert_first`: whatever the platform's names.
//! - `a_name_cannot_steer_the_terminal`: control characters from outside never reach it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::kin::{KinView, behind_it};
use super::made::{rule, verdicts};
use super::paint::{Paint, clean, when};
use super::story::{ExplainView, StepView};
use super::view::{AlertView, TellingView};
use crate::model::time::Span;

/// Every alert as a table: the open ones first, the worst first, each with its key below it.
#[must_use]
pub fn alerts_text(alerts: &[AlertView], colour: bool) -> String {
    let open = alerts.iter().filter(|alert| alert.is_open()).count();
    let over = alerts.len() - open;
    if alerts.is_empty() {
        return "No alerts: nothing is in breach, and nothing was in the last 24 h.\n".into();
    }
    let paint = Paint(colour);
    let mut page = format!("{open} in breach, {over} resolved.\n\n");
    let head = row(["PRI", "WHERE", "WHAT", "VALUE", "BREACH AT", "FOR", "TOLD"]);
    page.push_str(&paint.faint(&head));
    page.push('\n');
    let mut sorted: Vec<&AlertView> = alerts.iter().collect();
    sorted.sort_by_key(|alert| {
        (!alert.is_open(), &alert.priority, Reverse(alert.breach_duration_seconds))
    });
    for alert in sorted {
        let limit = format!("{} {}", alert.operator, alert.threshold_text);
        let lasted = Span::secs(alert.breach_duration_seconds).to_string();
        let line = row([
            if alert.is_open() { &alert.priority } else { "ok" },
            &alert.entity_name,
            &alert.metric,
            &alert.value_text,
            &limit,
            &lasted,
            &told(alert),
        ]);
        page.push_str(&paint.by_state(&line, alert));
        page.push_str(&format!("\n     {}\n", paint.faint(&clean(&alert.alert_key))));
    }
    page
}

/// The story of one key, as an operations log.
#[must_use]
pub fn explain_text(view: &ExplainView, colour: bool) -> String {
    let paint = Paint(colour);
    let mut page = paint.bold(&clean(&view.key));
    page.push('\n');
    match &view.alert {
        Some(alert) => {
            page.push_str(&about(alert, paint));
            page.push_str(&story(view, paint));
            page.push_str(&verdicts(&view.judged, paint));
            page.push_str(&behind_it(view, paint));
            page.push_str(&format!("\n{}\n", paint.bold("What was told")));
            for telling in &alert.tellings {
                page.push_str(&format!("  {}\n", told_in_full(telling)));
            }
            if alert.tellings.is_empty() {
                page.push_str("  Nothing.\n");
            }
            page.push_str(&match view.undelivered {
                0 => "  Nothing waits to be delivered.\n".to_string(),
                1 => "  1 notice waits to be delivered.\n".to_string(),
                n => format!("  {n} notices wait to be delivered.\n"),
            });
        }
        None => page.push_str("There is no alert of this key, nor was there one in 24 h.\n"),
    }
    page.push_str(&format!("\n{}\n", paint.bold("What the rules say of the newest value")));
    for watch in &view.watches {
        page.push_str(&rule(watch, paint));
    }
    if view.watches.is_empty() {
        page.push_str("  No rule watches it.\n");
    }
    page
}

fn about(alert: &AlertView, paint: Paint) -> String {
    let AlertView { entity_name, entity_id, source, platform, priority, severity, .. } = alert;
    let AlertView { metric, value_text, operator, threshold_text, episode, .. } = alert;
    let lasted = Span::secs(alert.breach_duration_seconds);
    let place = clean(&format!("{entity_name} ({entity_id}) at {source}, {platform}"));
    let state = if alert.is_open() {
        paint.by_state(&format!("IN BREACH {priority} {severity}"), alert)
    } else {
        paint.by_state("RESOLVED", alert)
    };
    let mut lines = format!(
        "{place}\n{state}: {metric} is {value_text}; {operator} {threshold_text} is a breach\n"
    );
    let began = when(&alert.first_breach_timestamp);
    lines.push_str(&match &alert.cleared_timestamp {
        Some(ended) => format!("From {began} to {}, {lasted}; episode {episode}\n", when(ended)),
        None => format!("Since {began}, for {lasted}; episode {episode}\n"),
    });
    if let Some(detail) = &alert.detail {
        lines.push_str(&format!("{}\n", clean(detail)));
    }
    if let (Some(by), Some(until)) = (&alert.muted_by, &alert.muted_until_timestamp) {
        lines.push_str(&format!("Muted by {} until {}\n", clean(by), when(until)));
    }
    if let (Some(by), Some(until)) = (&alert.in_hand_by, &alert.in_hand_until_timestamp) {
        lines.push_str(&format!("In hand by {} until {}\n", clean(by), when(until)));
    }
    lines.push_str(&alert.kin.as_ref().map(KinView::lines).unwrap_or_default());
    lines.push_str(&course(alert));
    lines.push_str(&business(alert));
    if let Some(url) = &alert.monitoring_url {
        lines.push_str(&format!("Live view: {}\n", clean(url)));
    }
    lines
}

/// How it comes and goes, where it does.
fn course(alert: &AlertView) -> String {
    let mut lines = String::new();
    if alert.raises > 1 {
        let open = Span::secs(alert.open_seconds);
        let (raises, penalty) = (alert.raises, alert.flap_penalty);
        lines.push_str(&format!("Began {raises} times, in breach for {open}; penalty {penalty}\n"));
    }
    if let (Some(since), Some(settles)) =
        (&alert.unstable_since_timestamp, &alert.settles_timestamp)
    {
        let (since, settles) = (when(since), when(settles));
        lines.push_str(&format!(
            "UNSTABLE since {since}, told again when it has settled: {settles}\n"
        ));
    }
    lines
}

/// What it means, where the config names places to ask.
fn business(alert: &AlertView) -> String {
    let facts = [("Impact", &alert.business_impact), ("Unit", &alert.business_unit)];
    let more = [("Owner", &alert.owner), ("Runbook", &alert.runbook)];
    let facts = facts.into_iter().chain(more);
    let told =
        facts.filter_map(|(name, text)| Some(format!("{name}: {}\n", clean(text.as_ref()?))));
    told.collect()
}

fn story(view: &ExplainView, paint: Paint) -> String {
    let mut lines = format!("\n{}\n", paint.bold("What happened (UTC)"));
    for (at, step) in view.steps.iter().enumerate() {
        lines.push_str(&happened(step, paint));
        // The first step stays for ever; the ones after it are the first to go.
        if at == 0 && view.steps_lost > 0 {
            let lost = format!("... {} steps are no longer remembered", view.steps_lost);
            lines.push_str(&format!("  {}\n", paint.faint(&lost)));
        }
    }
    if view.steps.is_empty() {
        lines.push_str("  Nothing is remembered.\n");
    }
    lines
}

fn happened(step: &StepView, paint: Paint) -> String {
    let times = match step.times {
        0 | 1 => String::new(),
        n => format!(" ({n} times)"),
    };
    let rule = step.rule.as_deref().map(|rule| paint.faint(&format!("  [{}]", clean(rule))));
    let what = clean(&step.what);
    format!("  {}  {what}{times}{}\n", when(&step.at), rule.unwrap_or_default())
}

fn told_in_full(telling: &TellingView) -> String {
    let TellingView { priority, state, cooldown_seconds, escalation_threshold_seconds, .. } =
        telling;
    let mut line = format!("{priority} {state}: ");
    line.push_str(&match (telling.notification_count, telling.told.is_empty()) {
        (0, _) => "nobody was told".to_string(),
        (n, true) => count(n),
        (n, false) => format!("{} to {}", count(n), telling.told.join(", ")),
    });
    if let Some(last) = &telling.last_told_timestamp {
        line.push_str(&format!(", last at {}", when(last)));
    }
    if !telling.routes.is_empty() {
        line.push_str(&format!("\n     by the route at {}", telling.routes));
    }
    if telling.rungs > 1 {
        line.push_str(&format!(", {} rungs of its ladder are behind it", telling.rungs));
    }
    let (quiet, escalates) = (
        Span::secs((*cooldown_seconds).into()),
        Span::secs((*escalation_threshold_seconds).into()),
    );
    line.push_str(&format!("\n     quiet for {quiet} after each, escalates after {escalates}"));
    if telling.held_back > 0 {
        line.push_str(&format!("\n     short breaches since, not told: {}", telling.held_back));
    }
    line
}

/// The state of the telling that speaks for the alert.
fn told(alert: &AlertView) -> String {
    let of_priority = |telling: &&TellingView| telling.priority == alert.priority;
    let leading = alert.tellings.iter().find(of_priority).or_else(|| alert.tellings.first());
    match leading {
        _ if alert.muted_by.is_some() => "muted".into(),
        Some(_) if alert.in_hand_by.is_some() => "in hand".into(),
        Some(telling) if telling.notification_count > 0 => {
            format!("{}x, {}", telling.notification_count, telling.state)
        }
        Some(_) | None => "not told".into(),
    }
}

fn count(times: u32) -> String {
    match times {
        1 => "told once".into(),
        2 => "told twice".into(),
        n => format!("told {n} times"),
    }
}

fn row(cells: [&str; 7]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.into_iter().zip(WIDTHS) {
        let mut cell = clean(cell);
        if cell.chars().count() > width {
            cell = cell.chars().take(width - 2).collect();
            cell.push_str("..");
        }
        line.push_str(&format!("{cell:width$} "));
    }
    line.trim_end().into()
}

/// Seven columns with a space after each: 100 at the most.
const WIDTHS: [usize; 7] = [4, 24, 17, 11, 13, 11, 14];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::samples::{alert, telling};
    use crate::api::{VerdictView, WatchState, WatchView};

    fn view() -> AlertView {
        AlertView::of(&alert(), &[&telling()])
    }

    fn watch(value: f64, state: WatchState, why: &str) -> WatchView {
        WatchView {
            rule: "andon.toml:14:5".into(),
            priority: "P1".into(),
            operator: ">=".into(),
            value: Some(value),
            threshold: Some(15.0),
            state,
            why: why.into(),
            calibration: None,
            window: None,
            steps: Vec::from([VerdictView { step: "delay".into(), says: "none runs".into() }]),
        }
    }

    #[test]
    fn the_table_fits_100_columns_with_the_worst_open_alert_first() {
        let with = |priority: &str, name: &str, phase: &str| AlertView {
            priority: priority.into(),
            entity_name: name.into(),
            phase: phase.into(),
            ..view()
        };
        let long = "A queue whose name goes on and on and on and on and on and on";
        let mut alerts = Vec::from([
            with("P1", "over", "resolved"),
            with("P3", long, "detected"),
            with("P1", "worst", "detected"),
        ]);
        alerts[1].tellings[0].notification_count = 100;
        alerts[1].tellings[0].state = "ESCALATED".into();
        alerts[1].breach_duration_seconds = 400_000;
        let page = alerts_text(&alerts, false);
        assert_eq!(
            page,
            "\
2 in breach, 1 resolved.

PRI  WHERE                    WHAT              VALUE       BREACH AT     FOR         TOLD
P1   worst                    calls_waiting     22          >= 15         12 min      2x, ESCALATED
     cxone-prod:queue-id-8f3a:calls_waiting:be551a6e
P3   A queue whose name goe.. calls_waiting     22          >= 15         111 h 6 min 100x, ESCALA..
     cxone-prod:queue-id-8f3a:calls_waiting:be551a6e
ok   over                     calls_waiting     22          >= 15         12 min      2x, ESCALATED
     cxone-prod:queue-id-8f3a:calls_waiting:be551a6e
"
        );
        assert!(page.lines().all(|line| line.chars().count() <= 100));
    }

    #[test]
    fn no_alerts_is_a_sentence() {
        assert!(alerts_text(&[], true).starts_with("No alerts: nothing is in breach"));
    }

    #[test]
    fn a_story_reads_like_an_operations_log() {
        let why = "it clears below 13.5, the threshold less the margin";
        let watches = Vec::from([watch(22.0, WatchState::Breached, why)]);
        let view = ExplainView::of(&alert(), &[&telling()], 1, watches);
        assert_eq!(
            explain_text(&view, false),
            "\
cxone-prod:queue-id-8f3a:calls_waiting:be551a6e
Tier-2 Support (queue-id-8f3a) at cxone-prod, nice-cxone
IN BREACH P1 critical: calls_waiting is 22; >= 15 is a breach
Since 2024-05-15 14:32:10, for 12 min; episode 1
Impact: sla_violation_risk
Unit: Retail
Runbook: https://wiki.example/tier-2
Live view: https://cxone.example/queues/8f3a

What happened (UTC)
  2024-05-15 14:32:10  P1 breach begins: calls_waiting is 22, the threshold 15  [andon.toml:14:5]
  2024-05-15 14:32:10  told pagerduty-p1: new breach
  2024-05-15 14:32:11  pagerduty-p1 took the notice: new breach
  2024-05-15 14:37:00  P1 not told: told a short time ago, and the next notice is not due (2 times)
  2024-05-15 14:38:50  the hub started again and took the alert up where it was
  2024-05-15 14:42:10  told managers: escalated
  2024-05-15 14:42:11  managers will not take the notice, it is a dead letter: answered 410
  2024-05-15 14:42:20  came late, changes nothing: calls_waiting was 30 at 2024-05-15T14:32:10Z
  2024-05-15 14:44:15  P1 breach ends: calls_waiting is 4, past the boundary 13.5

What was told
  P1 ESCALATED: told twice to pagerduty-p1, last at 2024-05-15 14:42:10
     by the route at andon.toml:31:1
     quiet for 5 min after each, escalates after 10 min
  1 notice waits to be delivered.

What the rules say of the newest value
  P1 breached: 22, a breach is >= 15  [andon.toml:14:5]
     it clears below 13.5, the threshold less the margin
     delay: none runs
"
        );
    }

    #[test]
    fn a_key_that_never_paged_is_explained_by_its_rules() {
        let why = "the value has been below the threshold since the hub started";
        let view = ExplainView::quiet("a:b:c:d", Vec::from([watch(4.0, WatchState::Clear, why)]));
        assert_eq!(
            explain_text(&view, false),
            "\
a:b:c:d
There is no alert of this key, nor was there one in 24 h.

What the rules say of the newest value
  P1 clear: 4, a breach is >= 15  [andon.toml:14:5]
     the value has been below the threshold since the hub started
     delay: none runs
"
        );
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        let mut alert = alert();
        alert.entity_name = "\u{1b}[2J\u{7}".into();
        alert.monitoring_url = Some("https://x\u{1b}]0;".into());
        let story = ExplainView::of(&alert, &[], 0, Vec::new());
        let pages =
            [alerts_text(&[AlertView::of(&alert, &[])], false), explain_text(&story, false)];
        for page in pages {
            assert!(!page.contains(|c: char| c.is_control() && c != '\n'), "{page:?}");
        }
    }

    #[test]
    fn colour_changes_nothing_but_the_colour() {
        let strip = |page: &str| {
            let mut parts = page.split('\u{1b}');
            let first = parts.next().unwrap_or_default().to_string();
            parts.fold(first, |text, part| text + part.split_once('m').unwrap().1)
        };
        let view = ExplainView::of(&alert(), &[&telling()], 0, Vec::new());
        let (plain, coloured) = (explain_text(&view, false), explain_text(&view, true));
        assert_ne!(plain, coloured);
        assert_eq!(strip(&coloured), plain);
    }
}
