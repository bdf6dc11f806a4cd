//! Random worlds from seeds: whatever happens, the oracle and the reference model agree.
//!
//! `cargo swarm` runs them in release; `ANDON_WORLDS=1000` says how many, `ANDON_SEED=123` runs one
//! alone, `ANDON_FIRST=5001` where to begin. A failure prints the acts that are needed for it and
//! the command that repeats it.

mod aftermath;
mod door;
mod eyes;
mod level;
mod model;
mod parcel;
mod people;
mod plan;
pub(crate) mod planted;
mod run;
mod shown;
mod shrink;
mod side;
mod verdict;

use core::cell::RefCell;
use core::panic::AssertUnwindSafe;
use core::sync::atomic::{AtomicU64, Ordering};
use std::panic;
use std::sync::Once;
use std::time::Instant;

use crate::site::Site;
use crate::swarm::plan::{CALM, Plan, Timed};

/// Seeds of a plain `cargo test`.
const SEEDS: u64 = 16;

/// Worlds that a failure may cost until its acts are few.
const TRIES: usize = 300;

#[test]
fn whatever_happens_everybody_is_told_what_they_must_be() {
    swarm(Plan::of);
}

#[test]
fn whatever_people_do_nothing_is_lost_or_told_twice() {
    swarm(Plan::with_people);
}

/// Performs the plans of many seeds.
fn swarm(plan_of: impl Fn(u64) -> Plan + Sync) {
    let only = number("ANDON_SEED");
    let first = only.or_else(|| number("ANDON_FIRST")).unwrap_or(1);
    let count = number("ANDON_WORLDS").unwrap_or(SEEDS);
    let count = if only.is_some() { 1 } else { count };
    #[expect(clippy::disallowed_methods, reason = "the throughput is measured")]
    let begin = Instant::now();
    let next = AtomicU64::new(first);
    let failed = std::thread::scope(|scope| {
        let worker = || {
            let seeds = core::iter::from_fn(|| {
                Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < first + count)
            });
            seeds.filter(|seed| fails(&plan_of(*seed)).is_some()).collect::<Vec<u64>>()
        };
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers.map(|worker| worker.join().unwrap()).concat()
    });
    let hours: i32 = (first..first + count).map(|seed| hours(&plan_of(seed))).sum();
    let took = begin.elapsed().as_secs_f64();
    report(&format!(
        "swarm: {count} worlds, {hours} simulated hours in {took:.1} s: {:.0} hours per second",
        f64::from(hours) / took
    ));
    if let Some(seed) = failed.iter().min() {
        panic!(
            "{} of {count} worlds failed: {failed:?}\n{}",
            failed.len(),
            story_of(&plan_of(*seed))
        );
    }
}

/// A failure as a person needs it.
fn story_of(plan: &Plan) -> String {
    let seed = plan.seed;
    let acts: Vec<Timed> =
        shrink::shrink(plan.acts.clone(), TRIES, |acts| fails(&plan.with(acts.to_vec())).is_some());
    let few = plan.with(acts);
    let why = fails(&few).unwrap_or_default();
    format!("{few}{why}\n\nrepeat it: ANDON_SEED={seed} cargo swarm")
}

fn hours(plan: &Plan) -> i32 {
    i32::try_from((plan.end() + CALM).whole_secs() / 3_600).unwrap()
}

/// Why a world fails, if it does.
fn fails(plan: &Plan) -> Option<String> {
    fails_with(plan, |_| {})
}

fn fails_with(plan: &Plan, prepare: impl FnOnce(&mut Site)) -> Option<String> {
    keep_panics();
    PANIC.set(Some(String::new()));
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut performed = run::perform(plan, prepare);
        let mut complaints = aftermath::complaints(plan, &mut performed);
        complaints.extend(door::complaints(&performed));
        complaints.extend(eyes::complaints(&performed));
        complaints.extend(people::complaints(plan, &performed));
        if plan.people.is_none() {
            complaints.extend(model::complaints(plan, &performed));
        }
        complaints
    }));
    let panicked = PANIC.take();
    match outcome {
        Ok(complaints) if complaints.is_empty() => None,
        Ok(complaints) => Some(complaints.join("\n")),
        Err(_) => panicked,
    }
}

thread_local! {
    /// The last panic of this thread, where it is running a world.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A world that fails while it is shrunk says so once, not in each of its tries.
fn keep_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANIC.with_borrow_mut(|kept| match kept {
                Some(text) => *text = info.to_string(),
                None => usual(info),
            });
        }));
    });
}

fn number(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "which seeds, said on the command line")]
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

#[expect(clippy::print_stdout, reason = "a measurement is printed")]
fn report(line: &str) {
    println!("{line}");
}
