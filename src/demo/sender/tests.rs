//! The sender under virtual time.

use super::*;
use crate::demo::traffic::{QueueName, QueueSnapshot};
use crate::model::time::ClockTrust;

const BEGIN: UtcMs = UtcMs(1_715_783_520_000);
const SECRET: &str = "a-secret";

fn at(seconds: i64) -> Now {
    let span = Span::secs(seconds);
    Now { tick: Tick(0) + span, utc: BEGIN + span, trust: ClockTrust::Ntp }
}

fn sender(mischief: Mischief) -> Sender {
    started(mischief, BEGIN)
}

fn started(mischief: Mischief, begin: UtcMs) -> Sender {
    let receiver = Subscription::of_everything("http://127.0.0.1:9471", "genesys", "genesys-cloud");
    Sender::new("genesys-cloud", Secret::new(SECRET), mischief, 1, begin).to(receiver)
}

/// One event: so many callers wait.
fn waiting(sender: &mut Sender, calls_waiting: u32, seconds: i64) {
    let queue = QueueName { id: "tier-2".into(), name: "Tier 2".into() };
    let snapshot = QueueSnapshot { calls_waiting, ..QueueSnapshot::default() };
    let now = at(seconds);
    let sight = Sight { at: now.utc, queues: [(queue, snapshot)].into(), trunks: Vec::new() };
    sender.look(&sight, &[], now);
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.iter().find(|(known, _)| &**known == name).map_or("", |(_, value)| value)
}

fn ok() -> Result<Reply, LinkFault> {
    Ok(Reply::empty(200))
}

/// Everything that leaves at once, answered with yes: the ids.
fn all_until(sender: &mut Sender, seconds: i64) -> Vec<String> {
    let mut ids = Vec::new();
    while let Some((number, request)) = sender.next(at(seconds).tick) {
        ids.push(header(&request, "x-request-id").into());
        sender.answered(number, &ok(), at(seconds).tick);
    }
    ids
}

#[test]
fn a_retry_is_the_same_request_again() {
    let mut sender = sender(Mischief::default());
    waiting(&mut sender, 22, 0);
    let (number, first) = sender.next(at(0).tick).unwrap();
    assert_eq!(first.url, "http://127.0.0.1:9471/ingest/genesys");
    assert_eq!(header(&first, "x-signature"), signature(&Secret::new(SECRET), &first.body));
    assert_eq!(header(&first, "x-webhook-source"), "genesys-cloud");
    assert_eq!(header(&first, "x-request-id").len(), 36);
    sender.answered(number, &Err(LinkFault::Timeout), at(10).tick);
    assert_eq!(sender.next(at(14).tick), None);
    assert_eq!(sender.counts.retries, 0, "it has not been made yet");
    assert_eq!(sender.next_wake(), Some(at(15).tick));
    let (number, second) = sender.next(at(15).tick).unwrap();
    assert!(first == second, "to the byte");
    sender.answered(number, &ok(), at(15).tick);
    assert_eq!((sender.unfinished(), sender.counts.requests, sender.counts.retries), (0, 2, 1));
}

#[test]
fn the_signature_is_the_one_that_is_published() {
    // RFC 4231, test case 2.
    let wanted = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(signature(&Secret::new("Jefe"), b"what do ya want for nothing?"), wanted);
}

#[test]
fn a_delivery_is_tried_six_times_and_given_up() {
    let mut sender = sender(Mischief::default());
    waiting(&mut sender, 22, 0);
    let mut tries = Vec::new();
    for seconds in 0..100 {
        while let Some((number, _)) = sender.next(at(seconds).tick) {
            tries.push(seconds);
            sender.answered(number, &Ok(Reply::empty(500)), at(seconds).tick);
        }
    }
    assert_eq!(tries, [0, 5, 10, 15, 20, 25]);
    assert_eq!((sender.counts.given_up, sender.unfinished()), (1, 0));
    let answers: Vec<(String, u64)> = sender.counts.answers(Nature::Genuine).collect();
    assert_eq!(answers, [("500".into(), 6)]);
}

#[test]
fn retry_after_is_honoured() {
    for (asked, wait) in [("30", 30), ("1", 1), ("86400", 300), ("soon", 5)] {
        for status in [429, 503] {
            let mut sender = sender(Mischief::default());
            waiting(&mut sender, 22, 0);
            let (number, _) = sender.next(at(0).tick).unwrap();
            let reply = Reply::empty(status).with_header("retry-after", asked);
            sender.answered(number, &Ok(reply), at(0).tick);
            assert_eq!(sender.next_wake(), Some(at(wait).tick), "{asked}");
        }
    }
}

#[test]
fn a_final_answer_ends_it() {
    for status in [200, 204, 301, 400, 401, 404, 413, 422] {
        let mut sender = sender(Mischief::default());
        waiting(&mut sender, 22, 0);
        let (number, _) = sender.next(at(0).tick).unwrap();
        sender.answered(number, &Ok(Reply::empty(status)), at(0).tick);
        assert_eq!((sender.unfinished(), sender.counts.retries), (0, 0), "{status}");
    }
}

#[test]
fn a_forgery_has_the_id_and_not_the_secret() {
    let mut sender = sender(Mischief { forged_percent: 100, ..Mischief::default() });
    waiting(&mut sender, 2, 0);
    let (_, forged) = sender.next(at(0).tick).unwrap();
    let (_, genuine) = sender.next(at(0).tick).unwrap();
    assert_eq!(header(&forged, "x-request-id"), header(&genuine, "x-request-id"));
    assert_ne!(forged.body, genuine.body);
    let signed = |request: &Request| {
        header(request, "x-signature") == signature(&Secret::new(SECRET), &request.body)
    };
    assert_eq!((signed(&forged), signed(&genuine)), (false, true));
    assert_eq!((sender.counts.of(Nature::Forged), sender.counts.of(Nature::Genuine)), (1, 1));
}

#[test]
fn what_was_cut_has_the_signature_of_the_whole() {
    let mut sender = sender(Mischief { truncated_percent: 100, ..Mischief::default() });
    waiting(&mut sender, 22, 0);
    let (_, cut) = sender.next(at(0).tick).unwrap();
    let (_, whole) = sender.next(at(0).tick).unwrap();
    assert!(cut.body.len() < whole.body.len() && whole.body.starts_with(&cut.body));
    assert_eq!(cut.headers, whole.headers);
}

#[test]
fn what_is_held_back_is_overtaken() {
    let mut sender = sender(Mischief { reordered_percent: 100, ..Mischief::default() });
    waiting(&mut sender, 22, 0);
    sender.mischief = Mischief::default();
    waiting(&mut sender, 0, 10);
    let younger = all_until(&mut sender, 10);
    let older = all_until(&mut sender, 60);
    assert_eq!((younger.len(), older.len(), sender.counts.held_back), (1, 1, 1));
}

#[test]
fn a_duplicate_is_the_same_request_though_the_first_was_answered() {
    let mut sender = sender(Mischief { duplicated_percent: 100, ..Mischief::default() });
    waiting(&mut sender, 22, 0);
    let first = all_until(&mut sender, 0);
    let second = all_until(&mut sender, 60);
    assert_eq!((first.len(), &first), (1, &second));
}

#[test]
fn a_burst_leaves_at_once() {
    let mut sender = sender(Mischief { burst_every: Span::secs(60), ..Mischief::default() });
    for seconds in 1..=5 {
        waiting(&mut sender, u32::try_from(seconds).unwrap(), seconds);
    }
    assert_eq!(all_until(&mut sender, 59), [""; 0]);
    assert_eq!(all_until(&mut sender, 60).len(), 5);
}

#[test]
fn the_same_seed_sends_the_same() {
    let all = Mischief {
        duplicated_percent: 30,
        reordered_percent: 30,
        forged_percent: 30,
        truncated_percent: 30,
        burst_every: Span::ZERO,
    };
    let story = |begin: UtcMs| {
        let mut sender = started(all, begin);
        for n in 0..50_i64 {
            waiting(&mut sender, u32::try_from(n + 1).unwrap(), n);
        }
        let ids = all_until(&mut sender, 200);
        (sender.counts.clone(), ids)
    };
    assert_eq!(story(BEGIN), story(BEGIN));
    let (counts, ids) = story(BEGIN + Span::millis(1));
    assert_eq!(counts, story(BEGIN).0);
    assert!(ids.iter().all(|id| !story(BEGIN).1.contains(id)), "another start has other ids");
}

#[test]
fn no_more_are_under_way_than_may_be() {
    let mut sender = sender(Mischief::default());
    for n in 0..20_i64 {
        waiting(&mut sender, u32::try_from(n + 1).unwrap(), 0);
    }
    let out = core::iter::from_fn(|| sender.next(at(0).tick)).collect::<Vec<_>>();
    assert_eq!((out.len(), sender.next_wake()), (SIMULATED_DELIVERIES_AT_ONCE_MAX, None));
    sender.answered(out[0].0, &ok(), at(0).tick);
    assert_eq!(sender.next_wake(), Some(at(0).tick));
}

#[test]
fn what_waits_is_bounded() {
    let mut sender = sender(Mischief::default());
    for n in 0..=SIMULATED_DELIVERIES_WAITING_MAX {
        waiting(&mut sender, u32::try_from(n + 1).unwrap(), 0);
    }
    let kept = (sender.unfinished(), sender.counts.given_up);
    assert_eq!(kept, (SIMULATED_DELIVERIES_WAITING_MAX, 1));
}

#[test]
fn an_end_hurries_what_is_held_back() {
    let mut sender = sender(Mischief { reordered_percent: 100, ..Mischief::default() });
    waiting(&mut sender, 22, 0);
    assert_eq!(all_until(&mut sender, 0), [""; 0]);
    sender.hurry();
    assert_eq!((all_until(&mut sender, 0).len(), sender.unfinished()), (1, 0));
}

#[test]
fn one_address_hears_once() {
    let mut sender = sender(Mischief::default());
    let same = sender.always[0].clone();
    let other = Subscription::of_everything("http://127.0.0.1:9472", "genesys", "genesys-cloud");
    let queue = QueueName { id: "tier-2".into(), name: "Tier 2".into() };
    let snapshot = QueueSnapshot { calls_waiting: 3, ..QueueSnapshot::default() };
    let sight = Sight { at: BEGIN, queues: [(queue, snapshot)].into(), trunks: Vec::new() };
    sender.look(&sight, &[same, other], at(0));
    assert_eq!(all_until(&mut sender, 0).len(), 2);
}
