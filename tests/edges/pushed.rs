//! The push door under load: killed at random moments, and with more than it can take.

use core::sync::atomic::{AtomicBool, Ordering};
use std::fs;
use std::thread;

use andon::demo::pagerduty::State;
use andon::limits::{INGEST_BODIES_BYTES_MAX, INGEST_BODY_BYTES_MAX, INGEST_CONNECTIONS_MAX};
use andon::model::rng::Rng;

use crate::hub::Hub;
use crate::patience::{pause, wait_until};
use crate::push::{Door, Parcel};
use crate::told;
use crate::world::{Mood, World};

const SENDERS: usize = 8;

/// Kills while senders push as fast as they can.
const KILLS: usize = 6;

/// Each so many deliveries of a sender are about a trunk that nobody has heard of.
const NEW_TRUNK_EVERY: usize = 100;

/// What a sender has sent, and whether it heard a yes.
struct Sent {
    parcel: Parcel,
    trunk: String,
    is_answered: bool,
}

#[test]
fn what_was_answered_with_yes_survives_every_kill_and_is_told_once() {
    let world = World::new(1, Mood::Calm);
    let door = Door::of(&world);
    let mut rng = Rng::new(7);
    let mut sent: Vec<Sent> = Vec::new();
    for round in 0..KILLS {
        let hub = Hub::start(&world);
        thread::scope(|scope| {
            let push = |sender: usize| until_the_hub_dies(&door, round, sender);
            let senders: Vec<_> = (0..SENDERS).map(|it| scope.spawn(move || push(it))).collect();
            pause(20 + rng.next() % 700);
            hub.kill();
            let all = senders.into_iter().flat_map(|sender| sender.join().unwrap());
            sent.extend(all);
        });
    }
    let answered = sent.iter().filter(|sent| sent.is_answered).count();
    eprintln!("{} deliveries, {answered} of them answered, {KILLS} kills", sent.len());
    assert!(answered > 100, "{answered}");

    // All of it comes again: what was answered is known, and the rest is by then.
    let hub = Hub::start(&world);
    let known = again(&door, &sent, |sent| sent.is_answered);
    assert!((answered..=sent.len()).contains(&known), "{known} of {answered}");
    let duplicates = hub.counts("andon_deliveries_total{source=\"bank\",outcome=\"duplicate\"}");
    assert!((duplicates - f64::from(u32::try_from(known).unwrap())).abs() < 0.5, "{duplicates}");
    hub.kill();
    let hub = Hub::start(&world);
    assert_eq!(again(&door, &sent, |_| true), sent.len());

    let mut trunks: Vec<&str> = sent.iter().map(|sent| sent.trunk.as_str()).collect();
    trunks.sort_unstable();
    trunks.dedup();
    let stand_at = |state| told::incidents(&world.pagerduty.desk(), state);
    wait_until("every trunk is told", 60, || stand_at(State::Triggered) == trunks.len());
    let mut sender = door.connect().unwrap();
    for trunk in &trunks {
        let end = Parcel::new(format!("end-{trunk}"), trunk, "resolved", 0);
        assert_eq!(sender.send(&end).unwrap().0, 200);
    }
    wait_until("every end is told", 60, || stand_at(State::Resolved) == trunks.len());
    let (status, said) = hub.stop();
    assert!(status.success(), "{status}: {said}");
    let told = told::pagerduty(&world.pagerduty.desk());
    told::assert_once(&told);
    assert_eq!(told::count(&told, "first_breach"), trunks.len(), "{told:#?}");
    assert_eq!(told.len(), 2 * trunks.len(), "nothing else was said: {told:#?}");
    assert!(world.pagerduty.desk().incidents().all(|incident| incident.opened == 1));
}

/// Pushes as fast as answers come, until none does.
fn until_the_hub_dies(door: &Door, round: usize, sender: usize) -> Vec<Sent> {
    let mut sent = Vec::new();
    let Ok(mut connection) = door.connect() else { return sent };
    for number in 0.. {
        // The first trunk of a sender is the same in every round.
        let trunk = match number / NEW_TRUNK_EVERY {
            0 => format!("trunk-{sender}"),
            other => format!("trunk-{sender}-{round}-{other}"),
        };
        let parcel = Parcel::new(format!("{round}-{sender}-{number}"), &trunk, "critical", 0);
        let answer = connection.send(&parcel);
        let is_answered = answer.is_ok();
        if let Ok((status, text)) = answer {
            assert!(
                status == 200 && text == "accepted\n",
                "{parcel:?} is answered {status} {text}"
            );
        }
        sent.push(Sent { parcel, trunk, is_answered });
        if !is_answered {
            break;
        }
    }
    sent
}

/// Sends all of it again; how much of it was known, which has to be what is expected to be.
fn again(door: &Door, sent: &[Sent], has_to_be: fn(&Sent) -> bool) -> usize {
    let mut sender = door.connect().unwrap();
    let is_known = |sent: &&Sent| {
        let (status, text) = sender.send(&sent.parcel).unwrap();
        assert_eq!(status, 200, "{text}");
        let is_known = text.starts_with("duplicate");
        assert!(is_known || !has_to_be(sent), "{} is not known: {text}", sent.parcel.id);
        is_known
    };
    sent.iter().filter(is_known).count()
}

/// How many times the connections that it takes at once.
const OVERLOAD: usize = 3;

/// The memory that the door may take: the bodies that it holds, each as bytes, as text and as JSON,
/// the buffers of its connections, and as much as the rest of the hub grows by.
const DOOR_KB_MAX: usize =
    (4 * INGEST_BODIES_BYTES_MAX + (32 << 10) * INGEST_CONNECTIONS_MAX + (16 << 20)) / 1_024;

#[test]
fn three_times_more_than_it_can_take_is_told_so_and_leaves_its_memory_bounded() {
    let world = World::new(1, Mood::Calm);
    let door = Door::of(&world);
    let hub = Hub::start(&world);
    let before = most_kb(&hub);
    let is_over = AtomicBool::new(false);
    let (mut taken, mut later, mut waiting) = (0, 0, 0);
    thread::scope(|scope| {
        let (door, is_over) = (&door, &is_over);
        let push = move |sender: usize| {
            let (mut taken, mut later) = (0, 0);
            let Ok(mut connection) = door.connect() else { return (taken, later) };
            for number in 0.. {
                let (id, trunk) = (format!("{sender}-{number}"), format!("trunk-{}", sender % 8));
                let parcel = Parcel::new(id, &trunk, "critical", INGEST_BODY_BYTES_MAX);
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                match connection.send(&parcel) {
                    Ok((200, _)) => taken += 1,
                    Ok((503, _)) => later += 1,
                    Ok((status, text)) => panic!("{status} {text}"),
                    Err(_) => break,
                }
            }
            (taken, later)
        };
        let senders = 0..OVERLOAD * INGEST_CONNECTIONS_MAX;
        let senders: Vec<_> = senders.map(|it| scope.spawn(move || push(it))).collect();
        pause(6_000);
        is_over.store(true, Ordering::Relaxed);
        for sender in senders {
            let (yes, no) = sender.join().unwrap();
            (taken, later) = (taken + yes, later + no);
            waiting += usize::from(yes + no == 0);
        }
    });
    let after = most_kb(&hub);
    let seen = format!(
        "{taken} taken, {later} told to come later, {waiting} connections were never served; \
         from {before} to {after} KB"
    );
    eprintln!("{seen}");
    assert!(taken > 100 && later > 0, "{seen}");
    assert!(after - before < DOOR_KB_MAX, "{seen}");
    assert_eq!(hub.get("/-/healthy").status, 200);
    let (status, said) = hub.stop();
    assert!(status.success(), "{status}: {said}");
}

/// The most memory that it has had so far.
fn most_kb(hub: &Hub) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", hub.process())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
