//! Any receiver of webhooks, with the method, the header and the body that the file gives it.

use crate::chapters::{
    tells_after_an_hour_by_its_first_line, tells_by_its_first_line, told_when_throttled,
};
use crate::config::told_by;
use crate::strict::HOOK;
use crate::world::seconds;

const TARGET: &str = r#"
kind = "webhook"
url = "https://hook.test/in"
method = "PUT"
headers = { x-api-key = { credential = "hook" } }
body = '''{"text": {{ summary|tojson }}, "queue": {{ entity_name|tojson }}}'''
"#;

#[test]
fn an_alert_is_told_grows_worse_and_recovers_whatever_restarts() {
    tells_by_its_first_line(&told_by(TARGET), HOOK);
}

#[test]
fn after_an_hour_away_it_is_one_story_in_order_that_says_how_old_it_is() {
    tells_after_an_hour_by_its_first_line(&told_by(TARGET), HOOK);
}

#[test]
fn who_asks_for_time_has_it_and_is_told_once() {
    let told = told_when_throttled(&told_by(TARGET), HOOK, seconds(85));
    assert_eq!(told, ["P2 tier-2: calls_waiting 9 (>= 5) just now"]);
}
