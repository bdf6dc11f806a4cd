//! Mail: what stands in the subject, over the real dialogue with a strict server.

use crate::chapters::{
    tells_after_an_hour_by_its_first_line, tells_by_its_first_line, told_when_throttled,
};
use crate::config::told_by;
use crate::strict::MAIL;
use crate::world::seconds;

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
    tells_by_its_first_line(&told_by(TARGET), MAIL);
}

#[test]
fn after_an_hour_away_it_is_one_story_in_order_that_says_how_old_it_is() {
    tells_after_an_hour_by_its_first_line(&told_by(TARGET), MAIL);
}

#[test]
fn a_server_that_has_too_much_to_do_is_asked_again_and_takes_it_once() {
    let told = told_when_throttled(&told_by(TARGET), MAIL, seconds(15));
    assert_eq!(told, ["P2 tier-2: calls_waiting 9 (>= 5) just now"]);
}
