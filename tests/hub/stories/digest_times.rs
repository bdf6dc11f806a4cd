//! A digest at fixed times of the day: as the clock on the wall has it, late rather than never, and
//! by mail. The stories begin at 16:00 in Berlin.

use andon::model::time::Span;

use crate::config::{self, NOBODY};
use crate::world::{World, minutes};

fn at(times: &str) -> String {
    let digest = "[digest]\n";
    let with = format!("[digest]\nat = {times}\nzone = \"Europe/Berlin\"\n");
    config::thresholds(&[NOBODY]).replace(digest, &with)
}

/// Nobody is at work, from here on.
fn trouble(world: &mut World) {
    world.queue("tier-1").agents(5);
    world.queue("tier-2").agents(1);
}

#[test]
fn a_digest_comes_at_its_times_and_at_no_other() {
    let mut world = World::start(&at(r#"["08:00", "17:30"]"#));
    trouble(&mut world);
    world.pass(minutes(90));
    world.nobody_heard();
    world.pass(minutes(1));
    world.slack().heard(["digest: tier-2 agents_available low"]);
    world.queue("tier-2").agents(5);
    world.pass(minutes(14 * 60 + 28));
    world.nobody_heard();
    world.pass(minutes(2));
    world.slack().heard(["digest: tier-2 agents_available recovered"]);
    world.pass(minutes(12 * 60));
    world.nobody_heard();
}

#[test]
fn a_time_that_passed_while_the_box_was_away_is_made_up_for_once() {
    for away in [Span::ZERO, minutes(20)] {
        let mut world = World::start(&at(r#"["17:30"]"#));
        trouble(&mut world);
        world.pass(minutes(80));
        world.nobody_heard();
        world.reboot(away);
        world.pass(minutes(20));
        world.slack().heard(["digest: tier-2 agents_available low"]);
        world.kill();
        world.pass(minutes(60));
        world.nobody_heard();
    }
}

#[test]
fn a_digest_may_be_a_mail() {
    let mail = "\n[[target]]\nname = \"mail\"\nkind = \"mail\"\nserver = \"localhost\"\n\
                security = \"none\"\nfrom = \"andon@site.example\"\nto = [\"ops@site.example\"]\n";

    let config = at(r#"["17:30"]"#).replace("[digest]\n", "\n[digest]\n");
    let config = config
        .replace("targets = [\"slack\"]\n\n[templates]", "targets = [\"mail\"]\n\n[templates]");

    let mut world = World::start(&format!("{config}{mail}"));
    trouble(&mut world);
    world.pass(minutes(89));
    assert_eq!(world.site.mails, [""; 0]);
    world.pass(minutes(2));
    let [mail] = &world.site.mails[..] else { panic!("{:?}", world.site.mails) };
    assert!(mail.contains("Subject: Digest: 1 in breach, 0 recovered\r\n"), "{mail}");
    assert!(mail.contains("- tier-2 agents_available low\r\n"), "{mail}");
    assert!(mail.contains("Date: Wed, 15 May 2024 15:30:"), "{mail}");
    world.nobody_heard();
}
