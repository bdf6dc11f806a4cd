//! A receiver that believes only what is signed: Standard Webhooks.

use andon::demo::faults::Fault;
use andon::model::secret::{Secret, SecretRef};

use crate::config::{self, CROWD};
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
    assert_eq!(world.metric("andon_dead_letters"), 1);
}
