//! What is proved and no mapping understands: kept, shown, an alert, never dropped.

use andon::api::UnreadsView;
use andon::limits::UNREAD_ALERTS_FOR;

use crate::config::{self, CROWD};
use crate::world::{World, minutes, seconds};

const KEPT: &str = "andon_payloads_unread";

fn pushing(route_of_p3: &str) -> World {
    let text = config::thresholds(&[CROWD]);
    let secret = "client_secret = { credential = \"cxone\" }\n";
    let both = format!("{secret}webhook_secret = {{ credential = \"webhook\" }}\n");
    let text = text.replacen(secret, &both, 1);
    World::start(&text.replacen("P3 = { digest = true }", route_of_p3, 1))
}

fn unread(world: &mut World) -> UnreadsView {
    let reply = world.ask("/api/v1/unread");
    assert_eq!(reply.status, 200);
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn a_payload_that_no_mapping_understands_is_kept_shown_and_an_alert() {
    let mut world = pushing("P3 = { targets = [\"slack\"] }");
    world.pass(minutes(2));
    assert_eq!(world.push("cxone", "1", r#"{"what": "is this"}"#), 200);
    assert!(world.said("a webhook means nothing to us: no event of the source definition fits"));
    // A power cut takes nothing away, and its sender, who heard nothing, is known again.
    world.reboot(seconds(30));
    world.pass(seconds(20));
    assert_eq!(world.push("cxone", "1", r#"{"what": "is this"}"#), 200);
    assert_eq!(world.push("cxone", "2", "a=b"), 200);
    let kept = unread(&mut world).unread;
    let shown: Vec<_> =
        kept.iter().map(|one| (one.number, &*one.source, one.body.as_deref().unwrap())).collect();
    assert_eq!(shown, [(0, "cxone", r#"{"what": "is this"}"#), (1, "cxone", "a=b")]);
    assert_eq!(kept[1].why, "the body is not JSON");
    assert_eq!(world.metric(KEPT), 2);
    let counted = "andon_deliveries_total{source=\"cxone\",outcome=\"not_understood\"}";
    assert_eq!(world.metric(counted), 1, "since the start");
    world.pass(seconds(1));
    world.slack().heard(["cxone unread_payloads low"]);
    world.pass(UNREAD_ALERTS_FOR);
    world.slack().heard(["cxone unread_payloads recovered"]);
    assert_eq!(world.metric(KEPT), 2, "they stay for people");
}

#[test]
fn nothing_is_kept_that_is_not_on_disk_or_not_proved() {
    let mut world = pushing("P3 = { targets = [\"slack\"] }");
    world.pass(minutes(2));
    assert_eq!(world.push_with("cxone", "1", "{}", "sha256=00"), 401);
    assert!(unread(&mut world).unread.is_empty());
    world.disk_is_full(true);
    assert_eq!(world.push("cxone", "1", "{}"), 0, "the ledger has not taken it");
    world.disk_is_full(false);
    world.pass(seconds(10));
    assert_eq!(world.push("cxone", "1", "{}"), 200, "a duplicate");
    assert_eq!(world.metric(KEPT), 1);
}
