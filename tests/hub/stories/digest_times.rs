//! A digest at fixed times of the day: as the clock on the wall has it, late rather than never, and
//! by mail. The stories begin at 16:00 in Berlin.

use andon::model::time::{Span, UtcMs};

use crate::config::{self, NOBODY};
use crate::receivers::smtp::Mail;
use crate::site::BEGIN;
use crate::strict::{MAIL, header};
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

/// A mail at these times of Berlin, in a world that begins then.
fn by_mail(times: &str, begins: &str) -> World {
    let mail = "\n[[target]]\nname = \"mail\"\nkind = \"mail\"\nserver = \"mail.test\"\n\
                user = \"andon\"\npassword = { credential = \"mail\" }\n\
                from = \"andon@site.example\"\nto = [\"ops@site.example\"]\n";
    let config = at(times)
        .replace("targets = [\"slack\"]\n\n[templates]", "targets = [\"mail\"]\n\n[templates]");
    let ahead = UtcMs::from_rfc3339(begins).unwrap() - BEGIN;
    World::with(&format!("{config}{mail}"), 1, |site| site.board.wall_error = ahead)
}

#[test]
fn a_digest_may_be_a_mail() {
    let mut world = by_mail(r#"["17:30"]"#, "2024-05-15T14:00:00Z");
    trouble(&mut world);
    world.pass(minutes(89));
    world.at(MAIL).heard([]);
    world.pass(minutes(2));
    world.at(MAIL).heard(["Digest: 1 in breach, 0 recovered"]);
    let mail = world.mails().remove(0).text;
    assert!(mail.contains("- tier-2 agents_available low\r\n"), "{mail}");
    assert!(mail.contains("Date: Wed, 15 May 2024 15:30:"), "{mail}");
    world.nobody_heard();
}

/// When the digests came whose times are these, from a begin on over a day and a bit, in which
/// tier-2 is in trouble until an hour after the first.
fn dates(times: &str, begins: &str, first: Span) -> Vec<String> {
    let mut world = by_mail(times, begins);
    trouble(&mut world);
    world.pass(first + minutes(60));
    world.queue("tier-2").agents(5);
    world.kill();
    world.pass(minutes(26 * 60));
    world.at(MAIL).heard(["Digest: 1 in breach, 0 recovered", "Digest: 0 in breach, 1 recovered"]);
    let date = |mail: Mail| header(&mail.text, "Date").rsplit_once(':').unwrap().0.to_owned();
    world.mails().into_iter().map(date).collect()
}

#[test]
fn a_mail_comes_at_the_time_on_the_wall_on_both_sides_of_a_change_of_clocks() {
    let spring = dates(r#"["08:00"]"#, "2024-03-30T06:30:00Z", minutes(30));
    assert_eq!(spring, ["Sat, 30 Mar 2024 07:00", "Sun, 31 Mar 2024 06:00"]);
    let autumn = dates(r#"["08:00"]"#, "2024-10-26T05:30:00Z", minutes(30));
    assert_eq!(autumn, ["Sat, 26 Oct 2024 06:00", "Sun, 27 Oct 2024 07:00"]);
}

#[test]
fn a_time_that_no_clock_shows_is_made_up_for_and_one_that_comes_twice_is_one_mail() {
    // 02:30 would be half an hour after the change: it is 03:30.
    let gap = dates(r#"["02:30"]"#, "2024-03-30T01:00:00Z", minutes(30));
    assert_eq!(gap, ["Sat, 30 Mar 2024 01:30", "Sun, 31 Mar 2024 01:30"]);
    let twice = dates(r#"["02:30"]"#, "2024-10-26T00:00:00Z", minutes(30));
    assert_eq!(twice, ["Sat, 26 Oct 2024 00:30", "Sun, 27 Oct 2024 00:30"]);
}
