//! What becomes of routes and ladders.

use andon::model::route::Route;

use super::good::{good, good_text};

#[test]
fn the_routing_rules_of_guide_1_load_as_they_stand() {
    let guide = "\"business_impact\": [\"sla_violation_risk\", \"trunk_failure\"]";
    assert!(good_text("guide-1.json").contains(guide));
    let config = good("guide-1.json");
    let [urgent, channel, rest] = config.routes.ordered.as_slice() else { panic!("three routes") };
    let told = |route: &Route| route.targets.iter().map(ToString::to_string).collect::<String>();
    assert_eq!(told(urgent), "pagerduty-critical-queue");
    assert_eq!(
        urgent.matcher.to_string(),
        "severity critical or high, business impact sla_violation_risk or trunk_failure"
    );
    let rung = |route: &Route| (route.ladder[0].after.unwrap().whole_secs(), route.ladder.len());
    assert_eq!((rung(urgent), rung(channel)), ((900, 1), (3_600, 1)));
    assert_eq!(urgent.windows, ["maintenance-01".into(), "cutover-02".into()]);
    assert!(channel.windows.is_empty());
    assert_eq!(
        channel.matcher.to_string(),
        "severity medium or low, metric type routing.queue.longest_wait or telephony.trunk.latency"
    );
    assert_eq!((told(rest), rest.matcher.is_empty()), ("slack-ops-channel".into(), true));
}

#[test]
fn routes_are_asked_before_the_short_form_of_them() {
    let config = good("routes.toml");
    let ordered = config.routes.ordered.iter();
    let said = ordered.map(|route| {
        let targets: Vec<&str> = route.targets.iter().map(|target| target.as_str()).collect();
        let repeats = route.repeats.len();
        format!("{}: {} {} {repeats}", route.matcher, targets.join("+"), route.continues)
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            "every alert: audit true 0",
            "unit Sales: pager+slack false 4",
            "entity test-*:  false 4",
            "priority P1: pager false 4",
            "priority P2: slack false 4",
        ]
    );
    let rungs = config.routes.ordered[1].ladder.iter().map(|rung| {
        let hours = rung.hours.as_ref().map(|hours| hours.name.to_string());
        (rung.after.unwrap().whole_secs(), rung.raises, hours)
    });
    let day = Some("day".to_string());
    assert_eq!(
        rungs.collect::<Vec<_>>(),
        [(600, false, day), (600, true, None), (3_600, true, None)]
    );
    assert!(config.routes.ordered[2].digest_only && config.routes.ordered[0].ladder.is_empty());
}
