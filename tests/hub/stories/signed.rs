//! A receiver that believes only what is signed: Standard Webhooks.

use andon::demo::faults::Fault;
use andon::model::secret::{Secret, SecretRef};
use andon::model::time::{ClockTrust, Span};

use crate::config::{self, CROWD};
use crate::site::Site;
use crate::world::{World, minutes, seconds};

fn to_the_webhook() -> String {
    config::thresholds(&[CROWD]).replace("targets = [\"pagerduty\"]", "targets = [\"webhook\"]")
}

#[test]
fn a_strict_receiver_takes_what_we_sign() {
    let mut world = World::start(&to_the_webhook());
    world.queue("tier-2").waiting(22).after(minutes(2)).waiting(0);
    world.pass(minutes(3));
    world.webhook().heard(["tier-2 calls_waiting critical", "tier-2 calls_waiting recovered"]);
}

#[test]
fn a_retry_after_an_hour_is_signed_anew() {
    let mut world = World::start(&to_the_webhook());
    world.webhook().suffers(Fault::Close, minutes(60));
    world.queue("tier-2").waiting(22).after(minutes(2)).waiting(0);
    world.pass(minutes(66));
    world.webhook().heard(["tier-2 calls_waiting critical", "tier-2 calls_waiting recovered"]);
}

#[test]
fn another_secret_is_refused_and_that_is_seen() {
    let other = Secret::new("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
    let mut world = World::with(&to_the_webhook(), 1, |site| {
        site.secrets.put(SecretRef::Credential("webhook".into()), other);
    });
    world.queue("tier-2").waiting(22);
    world.pass(seconds(30));
    world.webhook().heard([]);
    assert!(world.said("check what shows who we are"));
    assert_eq!(world.metric("andon_dead_letters"), 0);
    world.site.secrets = Site::new("", 1).secrets;
    // The next try still has the old secret; its refusal has the secrets read again.
    world.queue("tier-2").waiting(0);
    world.pass(minutes(11));
    world.webhook().heard(["tier-2 calls_waiting critical", "tier-2 calls_waiting recovered"]);
}

#[test]
fn a_board_that_believes_in_1970_signs_by_the_platforms_clock() {
    let mut world = World::with(&to_the_webhook(), 1, |site| {
        site.board.wall_error = Span(-site.utc().0);
        site.board.trust = ClockTrust::Untrusted;
    });
    world.queue("tier-2").waiting(22).after(minutes(2)).waiting(0);
    world.pass(minutes(3));
    world.webhook().heard(["tier-2 calls_waiting critical", "tier-2 calls_waiting recovered"]);
}

#[test]
fn what_a_full_disk_held_up_is_signed_anew() {
    let mut world = World::start(&to_the_webhook());
    world.pass(minutes(1));
    world.disk_is_full(true);
    world.queue("tier-2").waiting(22);
    world.pass(minutes(4));
    world.webhook().heard([]);
    world.pass(minutes(3));
    world.disk_is_full(false);
    world.pass(seconds(15));
    world
        .webhook()
        .heard(["tier-2 calls_waiting critical", "tier-2 calls_waiting critical, repeat"]);
}
