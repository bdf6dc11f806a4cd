//! Any receiver of webhooks, with the method, the header and the body that the file gives it.

use crate::chapters::{AWAY, Restarts, told, told_after_an_hour, told_when_throttled};
use crate::config::told_by;
use crate::strict::HOOK;
use crate::world::{minutes, seconds};

const TARGET: &str = r#"
kind = "webhook"
url = "https://hook.test/in"
method = "PUT"
headers = { x-api-key = { credential = "hook" } }
body = '''{"text": {{ summary|tojson }}, "queue": {{ entity_name|tojson }}}'''
"#;

#[test]
fn an_alert_is_told_grows_worse_and_recovers_whatever_restarts() {
    for restarts in [Restarts::InNone, Restarts::InEach] {
        let [begins, worse, over] = told(&told_by(TARGET), HOOK, restarts);
        assert_eq!(begins, ["P2 tier-2: calls_waiting 9 (>= 5) just now"]);
        assert_eq!(worse, ["P1 tier-2: calls_waiting 22 (>= 15) for 3 min"]);
        assert_eq!(over, ["RECOVERED tier-2: calls_waiting 0 after 8 min"]);
    }
}

#[test]
fn after_an_hour_away_it_is_one_story_in_order_that_says_how_old_it_is() {
    for away in AWAY {
        let [back, over] = told_after_an_hour(&told_by(TARGET), HOOK, away, None);
        assert_eq!(
            back,
            [
                "P2 tier-2: calls_waiting 9 (>= 5) just now, late",
                "P1 tier-2: calls_waiting 22 (>= 15) for 15 min, late"
            ]
        );
        assert_eq!(over, ["RECOVERED tier-2: calls_waiting 0 after 65 min"]);
        let [back, later] = told_after_an_hour(&told_by(TARGET), HOOK, away, Some(minutes(40)));
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
fn who_asks_for_time_has_it_and_is_told_once() {
    let told = told_when_throttled(&told_by(TARGET), HOOK, seconds(85));
    assert_eq!(told, ["P2 tier-2: calls_waiting 9 (>= 5) just now"]);
}
