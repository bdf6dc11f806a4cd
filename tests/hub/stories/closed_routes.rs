//! Guide 1's `suppression_windows`: a window closes the routes that name it, and no others.

use crate::config::{self, BUSY, CROWD};
use crate::world::{World, minutes};

/// From 14:10 to 15:10; the channel's route names it, the pager's does not.
fn file() -> String {
    let text = config::thresholds(&[CROWD, BUSY]);
    let routes = text.find("[routes]").unwrap();
    let digest = text.find("[digest]").unwrap();
    format!(
        r#"{}[[window]]
name = "cutover-02"
from = "2024-05-15T14:10"
to = "2024-05-15T15:10"

[[route]]
match = {{ priority = "P1" }}
targets = ["pagerduty"]
repeat_seconds = [3600]

[[route]]
targets = ["slack"]
repeat_seconds = [3600]
suppression_windows = ["cutover-02"]

{}"#,
        &text[..routes],
        &text[digest..]
    )
}

#[test]
fn a_window_closes_the_routes_that_name_it_and_no_others() {
    let mut world = World::start(&file());
    world.pass(minutes(11));
    world.slack().heard(["Maintenance cutover-02 begins, until 2024-05-15 15:10 UTC"]);
    world.queue("tier-1").waiting(9);
    world.pass(minutes(5));
    world.nobody_heard();
    let alert = world.explain("tier-1:calls_waiting").alert.unwrap();
    assert_eq!(alert.muted_by.as_deref(), Some("maintenance cutover-02"));
    // It grows worse, and goes by the route of the pager then.
    world.queue("tier-1").waiting(30);
    world.pass(minutes(1));
    world.pagerduty().heard(["trigger tier-1 calls_waiting critical"]);
    world.queue("tier-1").waiting(0);
    world.queue("tier-2").waiting(9);
    world.pass(minutes(1));
    world.pagerduty().heard(["resolve tier-1 calls_waiting recovered"]);
    world.pass(minutes(55));
    world.slack().heard(["Maintenance cutover-02 is over: 1 alert is still bad"]);
}
