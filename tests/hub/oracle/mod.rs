//! Watches every turn of every story, and stops the story that breaks a promise.
//!
//! It knows nothing of how the hub decides: it sees the rows that were committed, the requests that
//! left, and what the platforms saw.
//!
//! Where each promise of the design is tried:
//!
//! | promise | by |
//! |---|---|
//! | 1 nothing leaves before it is on disk | `leaves.rs`; stories `cuts` and `syncs` |
//! | 2 a webhook answered 2xx survives | `answers`; `swarm/door.rs`; `stories/syncs.rs` |
//! | 3 a breach is told or held for a reason | `swarm/model.rs`: `must`; `stories/explain.rs` |
//! | 4 one problem is one incident | `made`; `swarm/aftermath.rs`; hysteresis: `must_not` |
//! | 5 a restart by itself sends nothing | `swarm/model.rs`: `must_not`; `stories/restart.rs` |
//! | 6 trouble delays nothing else | `swarm/eyes.rs` with an annex; `stories/two_sources.rs` |
//! | 7 a bad file changes nothing | `tests/edges`; the swarm drops good files only |
//! | 8 missing data is never fine | `swarm/verdict.rs`: `clears`; `swarm/eyes.rs`: blind |
//! | 9 all is bounded | `leaves.rs`, `after_turn`; memory and disk in `tests/edges` |
//! | 10 same events, same decisions | `stories/repeatable.rs` |

mod leaves;

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};

use andon::ledger::{Row, Table, Write, restore};
use andon::limits::{DELIVERIES_KEPT, DELIVERIES_MAX, DELIVERY_BLOCK_IDS};
use andon::model::alert::AlertKey;
use andon::model::config::Config;
use andon::model::http::Reply;
use andon::model::metric::Metric;
use andon::model::name::TargetName;
use andon::model::notice::{AlertFacts, Notice, Reason, Subject};
use andon::model::rule::Priority;
use andon::model::time::{ClockTrust, Now, Span, Tick, UtcMs, Wake};

use crate::disk::Disk;
use crate::network::{
    CLIENT_SECRET, Platform, ROUTING_KEY, SIGNING_SECRET, SLACK_TOKEN, SLACK_URL,
};
use crate::site::BEGIN;

/// An episode, its priority and count, and who was told of it in the stead of another.
type StandIn = ((AlertKey, UtcMs), (Priority, u32), TargetName);

/// What has been seen so far, as far as the next sight is judged by it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Oracle {
    cooldowns: BTreeMap<(Metric, Priority), Span>,
    /// When a notice about a breach was last made.
    told: BTreeMap<(AlertKey, Priority), (Span, u32)>,
    /// What may be said once in an episode, which is named by its first breach.
    escalated: BTreeMap<(AlertKey, UtcMs, Priority, TargetName), usize>,
    /// How many rungs the longest ladder has.
    rungs: usize,
    /// Who has heard that an alert is over and of nothing since.
    at_rest: BTreeSet<(AlertKey, TargetName)>,
    /// When the end of an alert was last told, and the first breach of the episode that it ended.
    ended: BTreeMap<AlertKey, (Span, UtcMs)>,
    /// What was told as unstable, until it is told how it settles.
    unstable: BTreeSet<(AlertKey, Priority)>,
    /// What lies on disk of each notice, by number, until it is gone.
    on_its_way: BTreeMap<u64, Notice>,
    /// The keys of dead letters.
    dead: BTreeSet<String>,
    /// Who was told in the stead of another.
    stood_in: BTreeSet<StandIn>,
    /// The keys of those that were never sent, since a newer one took their place or they came to
    /// nothing.
    pub(crate) collapsed: BTreeSet<String>,
    /// When the notices that are not on disk yet were made.
    made_at: BTreeMap<Box<[u8]>, Span>,
    /// Every notice that reached the disk, and when it was made.
    pub(crate) notices: Vec<(Span, Notice)>,
    sent: BTreeMap<TargetName, BTreeSet<u64>>,
    /// Which targets are told of new alerts together.
    in_groups: BTreeSet<TargetName>,
    /// Whether a notice may overtake others that wait for the context of their alerts, or for more
    /// of their group.
    may_overtake: bool,
    /// What came and went untold, by its beginning and how often it had begun.
    passed: BTreeSet<(AlertKey, UtcMs, u32)>,
    /// What differs at a target is set right by a notice more.
    pub(crate) is_set_right: bool,
    bodies: BTreeMap<String, Vec<u8>>,
    /// When deliveries were answered with yes, within the last day.
    accepted: VecDeque<Span>,
    /// How many deliveries are known to the disk, counted since the last commit.
    on_disk: Option<usize>,
    /// By platform and bucket's length: for each clock error the number of the newest bucket, and
    /// how often it was tried.
    tries: BTreeMap<(String, i64), [(i64, u32); leaves::CLOCK_ERRORS]>,
    /// By platform, the clock errors by which some bucket had too many tries.
    ruled_out: BTreeMap<String, BTreeSet<usize>>,
    /// When something was last written, and whether the time was known then.
    pub(crate) last_commit: (Span, bool),
    moment: Span,
    turns_of_moment: u32,
}

/// More turns than this without time passing are a loop that burns the board.
const TURNS_OF_MOMENT_MAX: u32 = 50;

impl Oracle {
    /// A hub begins with a config.
    pub(crate) fn learn(&mut self, config: &Config) {
        let in_groups = config.targets.iter().filter(|target| target.group.is_some());
        self.in_groups = in_groups.map(|target| target.name.clone()).collect();
        self.may_overtake = config.enrichment.cmdb.is_some() || !self.in_groups.is_empty();
        let rungs = config.routes.ordered.iter().map(|route| route.ladder.len());
        self.rungs = self.rungs.max(rungs.max().unwrap_or(0));
        self.cooldowns.clear();
        self.made_at.clear();
        self.ruled_out.clear();
        self.on_disk = None;
        for rule in &config.rules {
            let known = self.cooldowns.entry((rule.metric, rule.priority)).or_insert(rule.cooldown);
            *known = rule.cooldown.min(*known);
        }
    }

    /// The hub wants something written.
    pub(crate) fn asked_to_write(&mut self, write: &Write, now: Span) {
        if write.table == Table::Outbox && write.value.is_some() {
            self.made_at.entry(write.key.clone()).or_insert(now);
        }
    }

    /// A turn's writes are on disk.
    pub(crate) fn committed(&mut self, writes: &[Write], now: Span, trust: ClockTrust) {
        self.last_commit = (now, trust == ClockTrust::Ntp);
        self.on_disk = None;
        self.take_back_ends(writes);
        for write in writes.iter().filter(|write| write.table == Table::Outbox) {
            let Some(value) = &write.value else { continue };
            let row = Row { table: write.table, key: write.key.clone(), value: value.clone() };
            let made_at = self.made_at.remove(&write.key).unwrap_or(now);
            self.is_on_disk(notice_of(row), made_at);
        }
        for write in writes.iter().filter(|write| write.table == Table::Outbox) {
            let is_of_row = |other: &&Write| other.table == Table::Outbox && other.key == write.key;
            let last = writes.iter().rev().find(is_of_row);
            if last.is_some_and(|last| last.value.is_none()) {
                self.is_gone(write, writes, now);
            }
        }
    }

    /// An end that is taken back before it was told may be told another time; while the disk was
    /// full both may have happened since it was last written.
    fn take_back_ends(&mut self, writes: &[Write]) {
        let gone = writes.iter().filter(|one| one.table == Table::Outbox && one.value.is_none());
        for write in gone {
            let number = u64::from_be_bytes((*write.key).try_into().unwrap());
            let Some(notice) = self.on_its_way.get(&number) else { continue };
            let is_sent = self.sent.get(&notice.target).is_some_and(|sent| sent.contains(&number));
            if !is_sent {
                let notice = notice.clone();
                self.ends_anew(&notice);
            }
        }
    }

    fn ends_anew(&mut self, notice: &Notice) {
        if let Subject::Alert(facts) = &notice.subject
            && facts.resolved
        {
            self.at_rest.remove(&(facts.key.clone(), notice.target.clone()));
        }
    }

    /// A notice is new, or tells something newer: one more repeat, or what makes a repeat of it.
    fn is_on_disk(&mut self, notice: Notice, now: Span) {
        let mut news = notice.clone();
        let count = |notice: &Notice| match &notice.subject {
            Subject::Alert(facts) => facts.notification_count,
            Subject::Digest(_) | Subject::Word(_) => 0,
        };
        if let Some(known) = self.on_its_way.insert(notice.number, notice) {
            let is_same = known.idempotency_key == news.idempotency_key;
            if is_same && count(&known) == count(&news) && known.reason == news.reason {
                return;
            }
            let sent = self.sent.get(&known.target);
            assert!(sent.is_none_or(|sent| !sent.contains(&known.number)), "sent: {known:?}");
            self.ends_anew(&known);
            if is_same {
                news.reason = Reason::Repeat;
            } else {
                self.collapsed.insert(known.idempotency_key.to_string());
            }
        }
        let is_retried = self.dead.remove(&*news.idempotency_key);
        match &news.subject {
            Subject::Alert(facts) if news.passage.via.is_some() => self.stands_in(&news, facts),
            Subject::Alert(facts) if !is_retried => self.made(&news, facts, now),
            // Who reads there what is still bad hears of its end.
            Subject::Word(word) if word.headline.ends_with("still bad") => {
                self.at_rest.retain(|(_, target)| *target != news.target);
            }
            Subject::Alert(_) | Subject::Digest(_) | Subject::Word(_) => {}
        }
        self.notices.push((now, news));
    }

    /// A target is told in the stead of another, once of each notice.
    fn stands_in(&mut self, notice: &Notice, facts: &AlertFacts) {
        assert!(!facts.resolved, "nobody is told of an end in another's stead: {notice:?}");
        let (of, target) = ((facts.key.clone(), facts.first_breach), notice.target.clone());
        let which = (of, (facts.priority, facts.notification_count), target.clone());
        assert!(self.stood_in.insert(which), "told twice: {notice:?}");
        self.at_rest.remove(&(facts.key.clone(), target));
    }

    /// A notice leaves the outbox: it was taken, it is a dead letter, or it was never sent and a
    /// newer one of the same alert for the same target is there. Nothing is there only where it
    /// would page for what is over, or what is over has waited for its group.
    fn is_gone(&mut self, write: &Write, writes: &[Write], now: Span) {
        let number = u64::from_be_bytes((*write.key).try_into().unwrap());
        let Some(mut notice) = self.on_its_way.remove(&number) else { return };
        let is_sent = self.sent.get(&notice.target).is_some_and(|sent| sent.contains(&number));
        let dies = |one: &Write| one.table == Table::DeadLetters && one.key == write.key;
        if writes.iter().any(dies) {
            self.dead.insert(notice.idempotency_key.to_string());
            return;
        }
        if is_sent {
            return;
        }
        let Subject::Alert(facts) = &mut notice.subject else { return };
        self.collapsed.insert(notice.idempotency_key.to_string());
        let is_newer = |one: &Notice| {
            let is_later = one.number > number && one.target == notice.target;
            is_later && one.subject.alerts().iter().any(|it| it.key == facts.key)
        };
        if !self.on_its_way.values().any(is_newer) {
            let may_end_untold =
                notice.target.as_str() != "slack" || self.in_groups.contains(&notice.target);
            assert!(may_end_untold, "nobody is told: {facts:?}");
            // It is told as new by whatever lets go of it.
            self.told.remove(&(facts.key.clone(), facts.priority));
            facts.resolved = true;
            notice.reason = Reason::Recovered;
            self.notices.push((now, notice));
        }
    }

    /// At most one notice per alert, priority and cooldown; an escalation besides, once in an
    /// episode for each target, and a recovery for those who have heard of the alert since the last
    /// one. What was told as unstable settles before anything else is told of it. A cooldown is
    /// judged by when a notice was made, as guide 2 has it from the decision on: while the disk is
    /// full several are made, and all are on disk at one moment.
    fn made(&mut self, notice: &Notice, facts: &AlertFacts, now: Span) {
        let about = (facts.key.clone(), facts.priority);
        self.is_another(facts, now);
        if self.is_set_right && matches!(notice.reason, Reason::Reopened | Reason::Recovered) {
            return;
        }
        match notice.reason {
            Reason::FirstBreach | Reason::Repeat | Reason::Reopened => {
                assert!(!self.unstable.contains(&about), "told while it is unstable: {notice:?}");
                let cooldown = self.cooldowns.get(&(facts.metric, facts.priority));
                let cooldown = cooldown.copied().unwrap_or(Span::secs(300));
                // Who is named by a route that is known late is told what the others were.
                let is_other =
                    |last: &&(Span, u32)| last.0 != now && last.1 != facts.notification_count;
                if let Some((last, _)) = self.told.get(&about).filter(is_other) {
                    let since = now - *last;
                    assert!(since >= cooldown, "told again after {since}: {notice:?}");
                }
            }
            Reason::Escalation => {
                let (key, first) = (facts.key.clone(), facts.first_breach);
                let once = (key, first, facts.priority, notice.target.clone());
                let times = self.escalated.entry(once).or_insert(0);
                *times += 1;
                assert!(*times <= self.rungs, "told twice: {notice:?}");
            }
            Reason::Recovered | Reason::Passed => {
                if !self.unstable.iter().any(|(key, _)| *key == facts.key) {
                    self.ended.insert(facts.key.clone(), (now, facts.first_breach));
                }
                let rests = self.at_rest.insert((facts.key.clone(), notice.target.clone()));
                // What came and went may both have been while the disk was full.
                let which = (facts.key.clone(), facts.first_breach, facts.raises);
                let is_news = notice.reason == Reason::Passed
                    && (is_of_1970(facts.first_breach) || self.passed.insert(which));
                assert!(rests || is_news, "told twice: {notice:?}");
            }
            Reason::Unstable => drop(self.unstable.insert(about.clone())),
            Reason::Settled
            | Reason::Digest
            | Reason::Updated
            | Reason::Acknowledged
            | Reason::Lapsed
            | Reason::Announcement
            | Reason::Test => {}
        }
        if matches!(notice.reason, Reason::Settled | Reason::Recovered | Reason::Passed) {
            self.unstable.retain(|(key, _)| *key != facts.key);
        }
        if notice.reason == Reason::FirstBreach && is_of_1970(facts.first_breach) {
            let (key, first, priority) = (&facts.key, facts.first_breach, facts.priority);
            self.escalated.retain(|(k, f, p, ..), _| (k, *f, *p) != (key, first, priority));
        }
        if !matches!(notice.reason, Reason::Recovered | Reason::Passed | Reason::Updated) {
            self.at_rest.remove(&(facts.key.clone(), notice.target.clone()));
            self.told.insert(about, (now, facts.notification_count));
        }
    }

    /// What is there again within the window is the same episode. How long it has been there is
    /// told by the platform's clock, which may be changed, and the end may be told late: so only
    /// what began within half of the shortest window is judged.
    fn is_another(&self, facts: &AlertFacts, now: Span) {
        let Some((ended, first_breach)) = self.ended.get(&facts.key) else { return };
        let begun = now - Span::secs(facts.breach_duration_seconds.into());
        let is_same = facts.first_breach == *first_breach;
        let is_soon = *ended <= begun && begun - *ended < Span::secs(150);
        assert!(is_same || !is_soon, "there again as another problem: {facts:?}");
    }

    /// Somebody hears an answer. What a sender is told to be taken is on disk.
    pub(crate) fn answers(&mut self, reply: &Reply, disk: &Disk, now: Span) {
        if reply.status == 200 && reply.body == b"accepted\n" {
            self.accepted.push_back(now);
            while self.accepted.front().is_some_and(|at| now - *at > DELIVERIES_KEPT) {
                self.accepted.pop_front();
            }
            let on_disk = *self.on_disk.get_or_insert_with(|| {
                let rows = disk.rows().into_iter().filter(|row| row.table == Table::Deliveries);
                restore(rows, "", NOBODYS)
                    .unwrap()
                    .deliveries
                    .iter()
                    .map(|block| block.ids.len())
                    .sum()
            });
            // The oldest give way together.
            let accepted = self.accepted.len().min(DELIVERIES_MAX - DELIVERY_BLOCK_IDS);
            assert!(on_disk >= accepted, "{accepted} were accepted, {on_disk} are on disk");
        }
    }

    /// No secret and no token is ever in the log.
    pub(crate) fn reads_the_log(&self, text: &str) {
        for secret in
            [CLIENT_SECRET, ROUTING_KEY, SLACK_URL, SLACK_TOKEN, SIGNING_SECRET, "Bearer demo-"]
        {
            assert!(!text.contains(secret), "a secret is in the log: {text}");
        }
    }

    /// A turn has ended.
    pub(crate) fn after_turn<'a>(
        &mut self,
        wake: Option<Wake>,
        now: Now,
        elapsed: Span,
        platforms: impl Iterator<Item = &'a mut Platform>,
    ) {
        let wake = wake.unwrap_or_else(|| panic!("the hub has no next wake"));
        assert!(wake.at >= now.tick, "the next wake lies in the past: {wake:?} at {now:?}");
        if self.moment != elapsed {
            (self.moment, self.turns_of_moment) = (elapsed, 0);
        }
        self.turns_of_moment += 1;
        assert!(self.turns_of_moment <= TURNS_OF_MOMENT_MAX, "the loop spins: {wake:?}");
        for platform in platforms {
            let repeated = platform.repeated();
            if elapsed < platform.repeats.excused_until {
                platform.repeats.excused = repeated;
            }
            assert_eq!(repeated, platform.repeats.excused, "buckets repeated and overlapping");
        }
    }
}

/// A board that twice began in 1970 has two episodes of the same first moment: there the next one
/// begins with the next first breach after a recovery.
pub(crate) fn is_of_1970(first_breach: UtcMs) -> bool {
    first_breach < BEGIN + Span::secs(-86_400)
}

/// A clock for rows that no clock is read by.
const NOBODYS: Now = Now { tick: Tick(0), utc: UtcMs(0), trust: ClockTrust::Ntp };

fn notice_of(row: Row) -> Notice {
    restore([row], "", NOBODYS).unwrap().notices.pop().unwrap()
}
