//! The test of the tests: a guard is taken away, and the swarm has to notice.
//!
//! Each bug is planted around the hub, where the guard shows, so that its source stays as it is.

use core::sync::atomic::{AtomicUsize, Ordering};

use andon::event::Ticket;
use andon::ledger::{Table, Write};
use andon::model::http::{LinkFault, Reply, Request};
use andon::model::time::Span;

use crate::swarm::plan::Plan;
use crate::swarm::{fails, fails_with};

/// A guard that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planted {
    /// What has to be remembered leaves the box before it is on disk.
    EffectsFirst,
    /// A ledger that refuses a commit is taken at its word that it did not.
    RefusalUnheard,
    /// A commit is not all or nothing: its second half is lost.
    TornCommit,
    /// What was told is not remembered.
    TellingsForgotten,
    /// Open alerts are not remembered.
    AlertsForgotten,
    /// What waits for a target is not taken up after a start.
    OutboxForgotten,
    /// The clock of the last commit, with the number of the next notice, is not remembered.
    ClockForgotten,
    /// A reboot is not told from a restart, so ticks of one boot are read as those of another.
    BootUnnoticed,
    /// Each try has a key of its own.
    KeyOfTheTry,
    /// A target's no is taken for a yes.
    NoMeansYes,
    /// There is no deadline: what hangs is waited for without end.
    NoDeadline,
    /// No cooldown, and no quiet about what is there again, which is never shorter.
    NoCooldown,
    /// No escalation.
    NoEscalation,
    /// No hysteresis: what is back on the line is clear.
    NoMargin,
    /// A breach is an alert at once, however short it may be.
    NoOnDelay,
    /// An alert ends at once, however soon it may come again.
    NoOffDelay,
    /// A sender hears yes before what it sent is on disk.
    YesFirst,
    /// What was taken is not remembered.
    DeliveriesForgotten,
    /// A delivery that comes again is taken for a new one.
    NoDedup,
    /// What comes last is taken for the newest.
    NoOrder,
    /// Whoever sends is believed.
    NoProof,
    /// What is there again is a new problem.
    NoWindow,
    /// What is there again is held back for as long as it lasts.
    QuietForEver,
}

const ALL: [Planted; 23] = [
    Planted::EffectsFirst,
    Planted::RefusalUnheard,
    Planted::TornCommit,
    Planted::TellingsForgotten,
    Planted::AlertsForgotten,
    Planted::OutboxForgotten,
    Planted::ClockForgotten,
    Planted::BootUnnoticed,
    Planted::KeyOfTheTry,
    Planted::NoMeansYes,
    Planted::NoDeadline,
    Planted::NoCooldown,
    Planted::NoEscalation,
    Planted::NoMargin,
    Planted::NoOnDelay,
    Planted::NoOffDelay,
    Planted::YesFirst,
    Planted::DeliveriesForgotten,
    Planted::NoDedup,
    Planted::NoOrder,
    Planted::NoProof,
    Planted::NoWindow,
    Planted::QuietForEver,
];

/// Worlds in which a bug has to show.
const SEEDS_MAX: u64 = 500;

impl Planted {
    /// The config as the hub gets it.
    pub(crate) fn config(self, text: &str) -> String {
        let delays =
            [(Self::NoOnDelay, "on_delay_seconds"), (Self::NoOffDelay, "off_delay_seconds")];
        if let Some((_, key)) = delays.iter().find(|(bug, _)| *bug == self) {
            return without(text, key);
        }
        let keys = [
            (Self::NoCooldown, "cooldown_seconds = 0, max_quiet_seconds = 0"),
            (Self::NoEscalation, "escalation_threshold_seconds = 604800"),
            (Self::NoWindow, "flap = \"off\", dedup_window_seconds = 0"),
            (Self::QuietForEver, "max_quiet_seconds = 86400"),
            (Self::NoMargin, "margin_percent = 0, margin_value = 0"),
        ];
        let Some((_, key)) = keys.iter().find(|(bug, _)| *bug == self) else {
            return text.to_owned();
        };
        text.replace("priority = \"", &format!("{key}, priority = \""))
    }

    /// The writes of a turn that reach the disk.
    pub(crate) fn written(self, writes: &[Write]) -> Vec<Write> {
        let torn = self == Self::TornCommit;
        let kept = if torn { writes.len().div_ceil(2) } else { writes.len() };
        let lost = [
            (Self::TellingsForgotten, Table::Tellings),
            (Self::AlertsForgotten, Table::Alerts),
            (Self::ClockForgotten, Table::Clock),
            (Self::DeliveriesForgotten, Table::Deliveries),
        ];
        let stays = |write: &&Write| !lost.contains(&(self, write.table));
        writes.iter().take(kept).filter(stays).cloned().collect()
    }

    /// A request as it leaves.
    pub(crate) fn request(self, mut request: Request, now: Span) -> Request {
        let is_key = |(name, _): &&mut (Box<str>, Box<str>)| &**name == "idempotency-key";
        if self == Self::KeyOfTheTry
            && let Some((_, key)) = request.headers.iter_mut().find(is_key)
        {
            *key = format!("{key}-{}", now.0).into();
        }
        request
    }

    /// What the hub hears of a target's answer.
    pub(crate) fn answer(self, ticket: Ticket, outcome: Outcome) -> Option<Outcome> {
        match (self, ticket, &outcome) {
            (Self::NoMeansYes, Ticket::Notice(_), Ok(reply)) if reply.status >= 300 => {
                // PagerDuty's yes; to Slack's answers it is a no.
                Some(Ok(Reply::new(202, "text/plain", "ok")))
            }
            (Self::NoDeadline, Ticket::Notice(_), Err(LinkFault::Timeout)) => None,
            _ => Some(outcome),
        }
    }
}

type Outcome = Result<Reply, LinkFault>;

/// A file in which a delay is nothing.
fn without(text: &str, key: &str) -> String {
    let key = format!("{key} = ");
    let mut parts = text.split(&key);
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.trim_start_matches(|letter: char| letter.is_ascii_digit());
        format!("{text}{key}0{rest}")
    })
}

/// The first seed in which a bug shows, and without it nothing.
fn found(planted: Planted) -> Option<u64> {
    (1..=SEEDS_MAX).find(|seed| {
        let prepare = |site: &mut crate::site::Site| site.planted = Some(planted);
        let plan = Plan::of(*seed);
        fails_with(&plan, prepare).is_some() && fails(&plan).is_none()
    })
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes seconds in release, minutes without: cargo swarm")]
fn a_guard_that_is_missing_is_noticed() {
    let next = AtomicUsize::new(0);
    let mut found: Vec<(Planted, Option<u64>)> = std::thread::scope(|scope| {
        let worker = || {
            let bugs = core::iter::from_fn(|| ALL.get(next.fetch_add(1, Ordering::Relaxed)));
            bugs.map(|planted| (*planted, found(*planted))).collect::<Vec<_>>()
        };
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers.map(|worker| worker.join().unwrap()).concat()
    });
    found.sort_by_key(|(_, seed)| seed.unwrap_or(u64::MAX));
    let lines = found.iter().map(|(planted, seed)| match seed {
        Some(seed) => format!("planted: {planted:?} shows in seed {seed}"),
        None => format!("planted: {planted:?} shows in none of {SEEDS_MAX} seeds"),
    });
    super::report(&lines.collect::<Vec<_>>().join("\n"));
    let missed: Vec<_> = found.iter().filter(|(_, seed)| seed.is_none()).collect();
    assert!(missed.is_empty(), "{missed:?}");
}
