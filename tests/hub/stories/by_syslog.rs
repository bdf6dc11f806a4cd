//! A collector of logs: each chapter is a record, with the priority of how bad it is.

use crate::chapters::{AWAY, Restarts, told, told_after_an_hour, told_when_throttled};
use crate::config::told_by;
use crate::strict::LOGS;
use crate::world::{minutes, seconds};

const TARGET: &str = r#"
kind = "syslog"
server = "logs.test"
hostname = "gateway-7"
"#;

#[test]
fn an_alert_is_told_grows_worse_and_recovers_whatever_restarts() {
    for restarts in [Restarts::InNone, Restarts::InEach] {
        let [begins, worse, over] = told(&told_by(TARGET), LOGS, restarts);
        assert_eq!(begins, ["<132> P2 tier-2: calls_waiting 9 (>= 5) just now"]);
        assert_eq!(worse, ["<130> P1 tier-2: calls_waiting 22 (>= 15) for 3 min"]);
        assert_eq!(over, ["<134> RECOVERED tier-2: calls_waiting 0 after 8 min"]);
    }
}

#[test]
fn after_an_hour_away_it_is_one_story_in_order_that_says_how_old_it_is() {
    for away in AWAY {
        let [back, over] = told_after_an_hour(&told_by(TARGET), LOGS, away, None);
        assert_eq!(
            back,
            [
                "<132> P2 tier-2: calls_waiting 9 (>= 5) just now, late",
                "<130> P1 tier-2: calls_waiting 22 (>= 15) for 15 min, late"
            ]
        );
        assert_eq!(over, ["<134> RECOVERED tier-2: calls_waiting 0 after 65 min"]);
        let [back, later] = told_after_an_hour(&told_by(TARGET), LOGS, away, Some(minutes(40)));
        assert_eq!(
            back,
            [
                "<132> P2 tier-2: calls_waiting 9 (>= 5) just now, late",
                "<134> RECOVERED tier-2: calls_waiting 0 after 35 min, late"
            ]
        );
        assert_eq!(later, [""; 0]);
    }
}

#[test]
fn a_collector_that_breaks_off_is_written_to_again_and_reads_it_once() {
    let told = told_when_throttled(&told_by(TARGET), LOGS, seconds(15));
    assert_eq!(told, ["<132> P2 tier-2: calls_waiting 9 (>= 5) just now"]);
}
