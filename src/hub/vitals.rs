//! The numbers of `/metrics`, gathered from the rooms.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::api::{Family, FamilyKind};
use crate::evaluate::Watching;
use crate::hub::blind::Blind;
use crate::hub::pushed::Outcome;
use crate::hub::{
    Hub, LedgerHealth, baseline, blind, dead_man, enrichment, mute, outbox, pushed, storm,
};
use crate::model::alert::Phase;
use crate::model::name::EntityId;
use crate::model::notice::{Hold, Reason};
use crate::model::rule::Severity;
use crate::model::time::{Now, Span};
use crate::poll::{Breaker, Counters, Freshness, Health, RegistrationState, TokenState};

/// What the hub has done so far, in a few numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Requests for data.
    pub polls: u64,
    /// Readings that were compared with at least one rule.
    pub samples: u64,
    /// Rules that began to hold.
    pub breaches: u64,
    /// Alerts that are open.
    pub open: usize,
    /// Notices made, by reason.
    pub made: Vec<(Reason, u64)>,
    /// Rules that held for less than their on-delay, of which nobody hears.
    pub brief: u64,
    /// Decisions to hold a notice back, by the reason.
    pub held: Vec<(Hold, u64)>,
    /// Webhooks, by what became of them.
    pub pushed: Vec<(&'static str, u64)>,
    /// Checks in breach: what an alerter would have sent that speaks in each cycle.
    pub naive: u64,
}

impl Tally {
    /// Notices made, whatever the reason.
    #[must_use]
    pub fn notices(&self) -> u64 {
        self.made.iter().map(|(_, count)| count).sum()
    }

    /// Webhooks that came, whatever became of them.
    #[must_use]
    pub fn webhooks(&self) -> u64 {
        self.pushed.iter().map(|(_, count)| count).sum()
    }
}

impl Hub {
    /// What it has done so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let counts = self.evaluate.counts;
        let made = &self.dispatch.counts.made;
        Tally {
            polls: self.polls.iter().map(|poll| poll.health().counters.polls).sum(),
            samples: counts.samples,
            breaches: counts.breaches,
            open: self
                .evaluate
                .alerts
                .iter()
                .filter(|alert| alert.phase == Phase::Detected)
                .count(),
            made: Reason::ALL
                .into_iter()
                .map(|reason| (reason, made.get(&reason).copied().unwrap_or(0)))
                .collect(),
            brief: counts.brief_breaches,
            held: Hold::ALL
                .into_iter()
                .map(|hold| (hold, self.dispatch.counts.held.get(&hold).copied().unwrap_or(0)))
                .collect(),
            pushed: Outcome::ALL
                .into_iter()
                .map(|outcome| {
                    let counts = self.pushes.counts.iter();
                    let own = counts.filter(|((_, known), _)| *known == outcome);
                    (outcome.as_str(), own.map(|(_, count)| count).sum())
                })
                .collect(),
            naive: counts.breaching_checks,
        }
    }
}

impl Hub {
    /// Every rule that watches something of a source, for who looks on; see
    /// [`Evaluate::watches`](crate::evaluate::Evaluate::watches).
    pub fn watches(&self, source: usize) -> impl Iterator<Item = (&EntityId, Watching<'_>)> {
        self.evaluate.watches(source)
    }
}

pub(super) type Sample = (Vec<(&'static str, String)>, f64);

/// Every family, in the order of an answer's way through the hub.
pub(super) fn families(hub: &Hub, now: Now) -> Vec<Family> {
    let mut families = vec![
        gauge(
            "andon_up_seconds",
            "Time since the hub started.",
            seconds(now.tick - hub.started.tick),
        ),
        gauge(
            "andon_ledger_writable",
            "Whether the ledger took the last writes.",
            flag(hub.ledger == LedgerHealth::Well),
        ),
        counter(
            "andon_ledger_commits_total",
            "Turns that were written, each by one sync of the disk.",
            count(hub.commits),
        ),
    ];
    families.extend(sources(hub, now));
    let counts = hub.evaluate.counts;
    families.extend([
        counter("andon_checks_total", "Samples compared with rules.", count(counts.checks)),
        counter(
            "andon_breaching_checks_total",
            "Samples in breach: what an alerter without state would have told.",
            count(counts.breaching_checks),
        ),
        counter(
            "andon_brief_breaches_total",
            "Breaches that ended before their on-delay was over, of which nobody hears.",
            count(counts.brief_breaches),
        ),
        counter(
            "andon_unknown_checks_total",
            "Checks without a verdict: a value, a threshold or part of a window was missing.",
            count(counts.unknown_checks),
        ),
        counter(
            "andon_checks_outside_hours_total",
            "Samples that no rule was held against: it was outside of its business hours.",
            count(counts.checks_outside_hours),
        ),
        counter(
            "andon_checks_of_low_volume_total",
            "Samples that no rule was held against: there was too little traffic.",
            count(counts.checks_of_low_volume),
        ),
        counter(
            "andon_entities_refused_total",
            "Rows beyond the entities that one source may have.",
            count(counts.entities_refused),
        ),
        counter(
            "andon_alerts_refused_total",
            "Breaches that found no room among the alerts.",
            count(counts.alerts_refused),
        ),
    ]);
    families.extend(blind::families(hub));
    families.extend(storm::families(hub));
    families.extend(mute::families(hub));
    families.extend(baseline::families(hub, now));
    families.extend(pushed::families(hub));
    families.extend(enrichment::families(hub));
    families.extend(dead_man::families(hub));
    families.push(alerts(hub));
    families.extend(outbox::notices(hub));
    families.extend(outbox::families(hub));
    families
}

fn sources(hub: &Hub, now: Now) -> Vec<Family> {
    let ages = hub.config.sources.iter().zip(&hub.blinds);
    let ages = ages.map(|(source, blind): (_, &Blind)| {
        labelled("source", &source.name, seconds(blind.age(now)))
    });
    let mut families = vec![family(
        "andon_source_data_age_seconds",
        "Time since the last fresh data, or since the start.",
        FamilyKind::Gauge,
        ages.collect(),
    )];
    let ends = hub.config.sources.iter().zip(&hub.polls);
    let ends = ends.map(|(source, poll)| {
        let left = match poll.health().token {
            TokenState::Held { ends } | TokenState::Failing { ends, .. } => ends - now.tick,
            TokenState::Missing => Span::ZERO,
        };
        labelled("source", &source.name, seconds(left.max(Span::ZERO)))
    });
    families.push(family(
        "andon_source_token_ends_seconds",
        "Time until the token ends; 0 without one.",
        FamilyKind::Gauge,
        ends.collect(),
    ));
    let silent = hub.fallbacks.iter().filter_map(|(source, fallback)| {
        let source = hub.config.sources.get(*source)?;
        Some(labelled("source", &source.name, flag(fallback.silence(now).is_some())))
    });
    families.push(family(
        "andon_webhooks_silent",
        "Whether webhooks stay away longer than usual; the source is polled faster then.",
        FamilyKind::Gauge,
        silent.collect(),
    ));
    for (name, help, value) in STATES {
        families.push(family(name, help, FamilyKind::Gauge, each(hub, value)));
    }
    for (name, help, value) in COUNTERS {
        let samples = each(hub, |health| count(value(&health.counters)));
        families.push(family(name, help, FamilyKind::Counter, samples));
    }
    families
}

/// Name, help, and where the value is found.
type Reading<Of, Value> = (&'static str, &'static str, fn(&Of) -> Value);

/// What each source's state says.
const STATES: [Reading<Health, f64>; 7] = [
    ("andon_source_fresh", "Whether the last poll gave data.", |health| {
        flag(health.freshness == Freshness::Fresh)
    }),
    ("andon_source_token_held", "Whether there is a token to ask with.", |health| {
        flag(!matches!(health.token, TokenState::Missing))
    }),
    ("andon_source_token_failing", "Whether the token works and its renewal fails.", |health| {
        flag(matches!(health.token, TokenState::Failing { .. }))
    }),
    ("andon_source_breaker_open", "Whether polling is stopped after refusals.", |health| {
        flag(matches!(health.breaker, Breaker::Open { .. }))
    }),
    ("andon_source_interval_seconds", "How often the source is asked at present.", |health| {
        seconds(health.interval)
    }),
    ("andon_webhook_registered", "Whether the hub has seen to its webhook at start.", |health| {
        flag(health.registration == RegistrationState::Registered)
    }),
    ("andon_source_clock_ahead_seconds", "How far its clock is ahead of the box's.", |health| {
        seconds(health.clock_ahead.unwrap_or(Span::ZERO))
    }),
];

/// What each source's polling counts.
const COUNTERS: [Reading<Counters, u64>; 15] = [
    ("andon_polls_total", "Requests for data.", |counters| counters.polls),
    ("andon_poll_retries_total", "Requests for data made again within their cycle.", |counters| {
        counters.retries
    }),
    ("andon_answers_total", "Answers that were taken.", |counters| counters.answers),
    ("andon_answers_untimely_total", "Answers refused as too old or too new.", |counters| {
        counters.answers_untimely
    }),
    ("andon_answers_overlapping_total", "Answers whose bucket had been counted.", |counters| {
        counters.answers_overlapping
    }),
    ("andon_throttled_total", "Answers 429.", |counters| counters.throttled),
    ("andon_vendor_faults_total", "Other answers that could not be used.", |counters| {
        counters.vendor_faults
    }),
    ("andon_link_faults_total", "Requests without an answer.", |counters| counters.link_faults),
    ("andon_buckets_given_up_total", "Buckets that were never seen.", |counters| {
        counters.buckets_given_up
    }),
    ("andon_tokens_total", "Tokens received.", |counters| counters.tokens),
    ("andon_token_failures_total", "Requests for a token that failed.", |counters| {
        counters.token_failures
    }),
    ("andon_token_uses_total", "Requests for data that were made with a token.", |counters| {
        counters.token_uses
    }),
    ("andon_registration_failures_total", "Tries to register a webhook that failed.", |counters| {
        counters.registration_failures
    }),
    ("andon_cells_coerced_total", "Numbers that stood in quotes.", |counters| {
        counters.cells_coerced
    }),
    ("andon_cells_refused_total", "Values that could not be read.", |counters| {
        counters.cells_refused
    }),
];

fn each(hub: &Hub, value: impl Fn(&Health) -> f64) -> Vec<Sample> {
    let sources = hub.config.sources.iter().zip(&hub.polls);
    sources.map(|(source, poll)| labelled("source", &source.name, value(poll.health()))).collect()
}

fn flag(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

fn alerts(hub: &Hub) -> Family {
    let severities = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
    let samples = severities.into_iter().map(|severity| {
        let open = hub
            .evaluate
            .alerts
            .iter()
            .filter(|alert| alert.phase == Phase::Detected && alert.severity() == severity);
        labelled("severity", &severity, count(open.count()))
    });
    family("andon_alerts_open", "Open alerts.", FamilyKind::Gauge, samples.collect())
}

pub(super) const fn family(
    name: &'static str,
    help: &'static str,
    kind: FamilyKind,
    samples: Vec<Sample>,
) -> Family {
    Family { name, help, kind, samples }
}

pub(super) fn gauge(name: &'static str, help: &'static str, value: f64) -> Family {
    family(name, help, FamilyKind::Gauge, vec![(Vec::new(), value)])
}

pub(super) fn counter(name: &'static str, help: &'static str, value: f64) -> Family {
    family(name, help, FamilyKind::Counter, vec![(Vec::new(), value)])
}

pub(super) fn labelled(label: &'static str, value: &impl ToString, number: f64) -> Sample {
    (vec![(label, value.to_string())], number)
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "Prometheus counts in f64; past 2^53 the last digit is of no use to anybody"
)]
pub(super) fn count(value: impl TryInto<u64>) -> f64 {
    value.try_into().unwrap_or(u64::MAX) as f64
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "milliseconds of an uptime fit a f64 exactly"
)]
fn seconds(span: Span) -> f64 {
    span.0 as f64 / 1_000.0
}
