//! Mail: what stands in the subject, over the real dialogue with a strict server.

use crate::chapters::{AWAY, Restarts, told, told_after_an_hour, told_when_throttled};
use crate::config::told_by;
use crate::strict::MAIL;
use crate::world::{minutes, seconds};

const TARGET: &str = r#"
kind = "mail"
server = "mail.test"
user = "andon"
password = { credential = "mail" }
from = "andon@site.example"
to = ["a@noc.example", "b@noc.example"]
"#;

#[test]
fn an_alert_is_told_grows_worse_and_recovers_whatever_restarts() {
    for restarts in [Restarts::InNone, Restarts::InEach] {
        let [begins, worse, over] = told(&told_by(TARGET), MAIL, restarts);
        assert_eq!(begins, ["P2 tier-2: calls_waiting 9 (>= 5) just now"]);
        assert_eq!(worse, ["P1 tier-2: calls_waiting 22 (>= 15) for 3 min"]);
        assert_eq!(over, ["RECOVERED tier-2: calls_waiting 0 after 8 min"]);
    }
}

#[test]
fn after_an_hour_away_it_is_one_story_in_order_that_says_how_old_it_is() {
    for away in AWAY {
        let [back, over] = told_after_an_hour(&told_by(TARGET), MAIL, away, None);
        assert_eq!(
            back,
            [
                "P2 tier-2: calls_waiting 9 (>= 5) just now, late",
                "P1 tier-2: calls_waiting 22 (>= 15) for 15 min, late"
            ]
        );
        assert_eq!(over, ["RECOVERED tier-2: calls_waiting 0 after 65 min"]);
        let [back, later] = told_after_an_hour(&told_by(TARGET), MAIL, away, Some(minutes(40)));
        assert_eq!(
            back,
            [
                "P2 tier-2: calls_waiting 9 (>= 5) just now, late",
                "RECOVERED tier-2: calls_waiting 0 after 35 min, late"
            ]
        );
        assert_eq!(later, [""; 0]);
    }
}

#[test]
fn a_server_that_has_too_much_to_do_is_asked_again_and_takes_it_once() {
    let told = told_when_throttled(&told_by(TARGET), MAIL, seconds(15));
    assert_eq!(told, ["P2 tier-2: calls_waiting 9 (>= 5) just now"]);
}
