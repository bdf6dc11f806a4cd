//! SMS: each phone of the list gets each chapter once, and Twilio is asked before it is sent.

use crate::chapters::{AWAY, Restarts, told, told_after_an_hour, told_when_throttled};
use crate::config::told_by;
use crate::strict::TWILIO;
use crate::world::{minutes, seconds};

const TARGET: &str = r#"
kind = "sms"
account = "AC0123456789abcdef0123456789abcdef"
auth_token = { credential = "twilio" }
from = "+15550100000"
to = ["+15550100001", "+15550100002"]
url = "https://twilio.test/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json"
"#;

#[test]
fn an_alert_is_told_grows_worse_and_recovers_whatever_restarts() {
    for restarts in [Restarts::InNone, Restarts::InEach] {
        let [begins, worse, over] = told(&told_by(TARGET), TWILIO, restarts);
        assert_eq!(
            begins,
            [
                "+15550100001: P2 tier-2: calls_waiting 9 (>= 5) just now",
                "+15550100002: P2 tier-2: calls_waiting 9 (>= 5) just now"
            ]
        );
        assert_eq!(
            worse,
            [
                "+15550100001: P1 tier-2: calls_waiting 22 (>= 15) for 3 min",
                "+15550100002: P1 tier-2: calls_waiting 22 (>= 15) for 3 min"
            ]
        );
        assert_eq!(
            over,
            [
                "+15550100001: RECOVERED tier-2: calls_waiting 0 after 8 min",
                "+15550100002: RECOVERED tier-2: calls_waiting 0 after 8 min"
            ]
        );
    }
}

#[test]
fn after_an_hour_away_it_is_one_story_in_order_that_says_how_old_it_is() {
    for away in AWAY {
        let [back, over] = told_after_an_hour(&told_by(TARGET), TWILIO, away, None);
        assert_eq!(
            back,
            [
                "+15550100001: P2 tier-2: calls_waiting 9 (>= 5) just now, late",
                "+15550100002: P2 tier-2: calls_waiting 9 (>= 5) just now, late",
                "+15550100001: P1 tier-2: calls_waiting 22 (>= 15) for 15 min, late",
                "+15550100002: P1 tier-2: calls_waiting 22 (>= 15) for 15 min, late"
            ]
        );
        assert_eq!(
            over,
            [
                "+15550100001: RECOVERED tier-2: calls_waiting 0 after 65 min",
                "+15550100002: RECOVERED tier-2: calls_waiting 0 after 65 min"
            ]
        );
        let [back, later] = told_after_an_hour(&told_by(TARGET), TWILIO, away, Some(minutes(40)));
        assert_eq!(
            back,
            [
                "+15550100001: P2 tier-2: calls_waiting 9 (>= 5) just now, late",
                "+15550100002: P2 tier-2: calls_waiting 9 (>= 5) just now, late",
                "+15550100001: RECOVERED tier-2: calls_waiting 0 after 35 min, late",
                "+15550100002: RECOVERED tier-2: calls_waiting 0 after 35 min, late"
            ]
        );
        assert_eq!(later, [""; 0]);
    }
}

#[test]
fn who_asks_for_time_has_it_and_is_told_once() {
    let told = told_when_throttled(&told_by(TARGET), TWILIO, seconds(85));
    assert_eq!(
        told,
        [
            "+15550100001: P2 tier-2: calls_waiting 9 (>= 5) just now",
            "+15550100002: P2 tier-2: calls_waiting 9 (>= 5) just now"
        ]
    );
}
