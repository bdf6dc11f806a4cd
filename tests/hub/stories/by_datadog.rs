//! Datadog: an event opens and ends its alert, and a service check says how that stands.

use crate::chapters::{AWAY, Restarts, told, told_after_an_hour, told_when_throttled};
use crate::config::told_by;
use crate::strict::DATADOG;
use crate::world::{minutes, seconds};

const TARGET: &str = r#"
kind = "datadog"
api_key = { credential = "datadog" }
url = "https://datadog.test/api/v2/events"
api_url = "https://datadog.test"
service_check = "andon.alert"
"#;

#[test]
fn an_alert_is_told_grows_worse_and_recovers_whatever_restarts() {
    for restarts in [Restarts::InNone, Restarts::InEach] {
        let [begins, worse, over] = told(&told_by(TARGET), DATADOG, restarts);
        assert_eq!(
            begins,
            [
                "warn P2 tier-2: calls_waiting 9 (>= 5) just now",
                "check 1 P2 tier-2: calls_waiting 9 (>= 5) just now"
            ]
        );
        assert_eq!(
            worse,
            [
                "error P1 tier-2: calls_waiting 22 (>= 15) for 3 min",
                "check 2 P1 tier-2: calls_waiting 22 (>= 15) for 3 min"
            ]
        );
        assert_eq!(
            over,
            [
                "ok RECOVERED tier-2: calls_waiting 0 after 8 min",
                "check 0 RECOVERED tier-2: calls_waiting 0 after 8 min"
            ]
        );
    }
}

#[test]
fn after_an_hour_away_it_is_one_story_in_order_that_says_how_old_it_is() {
    for away in AWAY {
        let [back, over] = told_after_an_hour(&told_by(TARGET), DATADOG, away, None);
        assert_eq!(
            back,
            [
                "warn P2 tier-2: calls_waiting 9 (>= 5) just now, late",
                "check 1 P2 tier-2: calls_waiting 9 (>= 5) just now, late",
                "error P1 tier-2: calls_waiting 22 (>= 15) for 15 min, late",
                "check 2 P1 tier-2: calls_waiting 22 (>= 15) for 15 min, late"
            ]
        );
        assert_eq!(
            over,
            [
                "ok RECOVERED tier-2: calls_waiting 0 after 65 min",
                "check 0 RECOVERED tier-2: calls_waiting 0 after 65 min"
            ]
        );
        let [back, later] = told_after_an_hour(&told_by(TARGET), DATADOG, away, Some(minutes(40)));
        assert_eq!(
            back,
            [
                "warn P2 tier-2: calls_waiting 9 (>= 5) just now, late",
                "check 1 P2 tier-2: calls_waiting 9 (>= 5) just now, late",
                "ok RECOVERED tier-2: calls_waiting 0 after 35 min, late",
                "check 0 RECOVERED tier-2: calls_waiting 0 after 35 min, late"
            ]
        );
        assert_eq!(later, [""; 0]);
    }
}

#[test]
fn who_asks_for_time_has_it_and_is_told_once() {
    let told = told_when_throttled(&told_by(TARGET), DATADOG, seconds(85));
    assert_eq!(
        told,
        [
            "warn P2 tier-2: calls_waiting 9 (>= 5) just now",
            "check 1 P2 tier-2: calls_waiting 9 (>= 5) just now"
        ]
    );
}
