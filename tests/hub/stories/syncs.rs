//! Power is cut at every sync of the ledger in turn: people hear the same in the end.
//!
//! Of what was not synced a random part of the sectors arrives, other ones with each seed, so a cut
//! commit is lost, torn, or there though nobody was told so. The making of the ledger, its opening
//! after an earlier cut and its first commit are syncs like any other.
//!
//! `ANDON_CUT_SEEDS=20 cargo test --release --test hub syncs -- --nocapture` tears each sync in
//! twenty ways.

use andon::demo::faults::Fault;
use andon::model::time::Span;

use crate::config::{self, CROWD, NOBODY, WAIT};
use crate::disk::Disk;
use crate::heard;
use crate::site::{BEGIN, Cuts, Site};
use crate::world::{World, minutes, seconds};

/// The ways in which each sync is torn, where nobody asks for more.
const SEEDS: u64 = 2;

#[expect(clippy::disallowed_methods, reason = "asked for by hand")]
fn seeds() -> Vec<u64> {
    let asked = std::env::var("ANDON_CUT_SEEDS").map(|seeds| seeds.parse().unwrap());
    (1..=asked.unwrap_or(SEEDS)).collect()
}

/// What each target took, each key once.
fn told(world: &mut World) -> [Vec<String>; 3] {
    [world.pagerduty().lines(), world.slack().lines(), world.webhook().lines()].map(heard::once)
}

/// The power comes back, the hub starts on what the cut left, and lives to the end.
fn goes_on(mut world: World, end: Span) -> [Vec<String>; 3] {
    world.reboot(seconds(2));
    world.pass(end - world.site.elapsed);
    told(&mut world)
}

/// The power goes again at each sync of the opening that mends what a cut left; how many there are.
fn cuts_of_the_opening(site: &Site) -> usize {
    let cuts = Some(Cuts { seeds: vec![1], ..Cuts::default() });
    let mut site = Site { cuts, ..site.clone() };
    site.at_the_disk(Disk::open).unwrap();
    let again = site.cuts.take().unwrap();
    for site in again.sites {
        site.disk.clone().open().unwrap();
    }
    again.syncs
}

/// Tells the story once, and its rest once more from each sync on; what people hear.
#[expect(clippy::print_stderr, reason = "says how many cuts were tried")]
fn cut_at_every_sync(
    title: &str,
    config: &str,
    lasts: Span,
    begin: impl Fn(&mut World),
) -> [Vec<String>; 3] {
    let cuts = Cuts { seeds: seeds(), ..Cuts::default() };
    let mut world = World::with(config, 1, |site| site.cuts = Some(cuts));
    let at_the_start = world.site.cuts.as_ref().map_or(0, |cuts| cuts.sites.len());
    begin(&mut world);
    world.pass(lasts);
    let expected = told(&mut world);
    let Cuts { seeds, sites, syncs } = world.site.cuts.take().unwrap();
    assert!(syncs > 12, "{title}: {syncs} syncs; is a commit synced?");
    let (first, later) = sites.split_at(at_the_start);
    for site in first {
        let mut world = World::dead(site.clone());
        begin(&mut world);
        assert_eq!(goes_on(world, lasts), expected, "{title}: cut at the first start");
    }
    let (early, late) = later.split_at(later.len() / 2);
    std::thread::scope(|scope| {
        let expected = &expected;
        for sites in [early, late] {
            scope.spawn(move || {
                for site in sites {
                    let heard = goes_on(World::dead(site.clone()), lasts);
                    assert_eq!(heard, *expected, "{title}: cut at {}", site.elapsed);
                }
            });
        }
    });
    let second: usize = sites.iter().map(cuts_of_the_opening).sum();
    let ways = seeds.len();
    eprintln!("{title}: {syncs} syncs torn in {ways} ways, and {second} syncs of the openings");
    expected
}

#[test]
fn a_page_with_escalation_and_recovery_is_told_the_same_after_any_sync() {
    let config = config::thresholds(&[CROWD, WAIT]);
    let heard = cut_at_every_sync("paging", &config, minutes(30), |world| {
        let tier_2 = world.queue("tier-2").after(seconds(25)).waiting(22);
        tier_2.after(seconds(845)).waiting(0).after(seconds(1_345)).waiting(30);
        let tier_1 = world.queue("tier-1").after(seconds(145)).longest_wait(300);
        tier_1.after(seconds(565)).longest_wait(1);
    });
    assert_eq!(heard.each_ref().map(Vec::len), [6, 3, 0], "{heard:?}");
}

#[test]
fn a_target_that_is_away_hears_the_same_after_any_sync() {
    let config = config::thresholds(&[CROWD]);
    let heard = cut_at_every_sync("away", &config, minutes(40), |world| {
        world.pagerduty().suffers(Fault::Unavailable, minutes(30));
        world.queue("tier-2").after(seconds(25)).waiting(22).after(minutes(8)).waiting(0);
        world.queue("tier-1").after(minutes(20)).waiting(30).after(minutes(22)).waiting(0);
    });
    assert_eq!(heard.each_ref().map(Vec::len), [2, 2, 0], "{heard:?}");
}

#[test]
fn a_digest_says_the_same_after_any_sync() {
    let config = config::thresholds(&[CROWD, NOBODY]);
    let heard = cut_at_every_sync("digest", &config, minutes(100), |world| {
        world.queue("tier-1").agents(1).after(minutes(45)).agents(9);
        world.queue("tier-2").agents(9).after(minutes(5)).waiting(22);
        world.queue("tier-2").after(minutes(55)).waiting(0);
    });
    assert_eq!(heard.each_ref().map(Vec::len), [7, 2, 0], "{heard:?}");
}

/// What a sender says in the story, and when; under the same id it says the same.
const PUSHED: [(i64, &str, &str, &str); 5] = [
    (30, "1", "trunk-1", "critical"),
    (45, "2", "trunk-2", "medium"),
    (60, "3", "trunk-1", "resolved"),
    (120, "4", "trunk-2", "resolved"),
    (345, "5", "trunk-1", "high"),
];

/// The sender says everything that is to come, and again what it was not heard to say before a
/// moment. How it is answered: with yes, once or again.
fn says(world: &mut World, heard_until: Span, is_again: bool) {
    for (second, id, trunk, severity) in PUSHED {
        let at = seconds(second);
        if is_again && at < heard_until {
            // Answered with yes before the cut: it is known, and nothing comes of it.
            assert_eq!(world.answer_to(id, &said(at, trunk, severity)), "duplicate");
            continue;
        }
        world.pass((at - world.site.elapsed).max(Span::ZERO));
        let word = world.answer_to(id, &said(at, trunk, severity));
        let was_under_way = at == heard_until && word == "duplicate";
        assert!(word == "accepted" || was_under_way, "{id} at {second} s is {word}");
    }
}

fn said(at: Span, trunk: &str, severity: &str) -> String {
    let timestamp = (BEGIN + at).rfc3339();
    format!(
        r#"{{"alert_key": "k", "metric_type": "telephony.trunk.event", "entity_id": "{trunk}",
            "entity_name": "{trunk}", "severity": "{severity}", "timestamp": "{timestamp}"}}"#
    )
}

#[test]
fn what_was_answered_with_yes_is_known_and_told_after_any_sync() {
    let config = config::pushing(&config::thresholds(&[CROWD]));
    let lasts = minutes(8);
    let cuts = Cuts { seeds: seeds(), ..Cuts::default() };
    let mut world = World::with(&config, 1, |site| site.cuts = Some(cuts));
    says(&mut world, Span::ZERO, false);
    world.pass(lasts - world.site.elapsed);
    let expected = told(&mut world);
    assert_eq!(expected.each_ref().map(Vec::len), [3, 2, 0], "{expected:?}");
    let Cuts { sites, syncs, .. } = world.site.cuts.take().unwrap();
    assert!(syncs > 12, "{syncs} syncs; is a commit synced?");
    for site in sites {
        let cut = site.elapsed;
        let mut world = World::dead(site);
        world.reboot(seconds(2));
        world.pass(seconds(1));
        says(&mut world, cut, true);
        world.pass(lasts - world.site.elapsed);
        assert_eq!(told(&mut world), expected, "cut at {cut}");
    }
}
