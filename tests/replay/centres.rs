//! The same goals for centres that the defaults were not made for: other seeds, other sizes, the
//! whole and each queue.

use andon::demo::bank::Plan;
use andon::demo::centre::Centre;
use andon::demo::traffic::{Traffic, WHOLE};
use andon::demo::week::{DAY, WeekHour, Weekday};
use andon::hub::Loaded;
use andon::model::time::{Span, UtcMs};
use andon::replay::{Replay, Report, usual};

use crate::month::assert_nothing_missed;

/// A Sunday.
const BEGIN: UtcMs = UtcMs(920_764_800_000);

/// So many days of a bank that is so many times the real one, which has 5 to 7 agents in its busy
/// hours. The threshold of callers who wait grows with it.
fn week(seed: u64, times: u32, days: i64, each: bool) -> Report {
    let midnight = WeekHour { weekday: Weekday::Sunday, hour: 0 };
    let centre = Centre::new(Plan::bank_times(times), seed, BEGIN, midnight).with_whole();
    let traffic = Traffic::Simulated(Box::new(centre));
    let queues = traffic.queues().iter().map(|queue| &*queue.id);
    let queues: Vec<&str> = queues.filter(|queue| (*queue == WHOLE) != each).collect();
    let mut loaded: Loaded = usual(&queues).unwrap();
    for rule in &mut loaded.config.rules {
        if rule.metric.short() != "longest_wait" {
            rule.static_value *= f64::from(times);
        }
    }
    let stretch = (BEGIN, BEGIN + Span(DAY.0 * days));
    Replay::new(loaded, traffic.clone(), stretch).run()
}

/// A centre with less trouble than the real one has shorter breaches, and of a short one the notice
/// and the recovery are a greater share. So here less is asked than of the real month.
const NAIVE_LEAST: f64 = 94.0;
const CROSSING_LEAST: f64 = 50.0;

#[test]
fn a_simulated_centre_is_told_with_few_notices() {
    let report = week(1, 1, 2, false);
    assert_nothing_missed(&report, "the bank");
    assert!(report.cut_against_naive(&report.andon) >= NAIVE_LEAST);
    assert!(report.cut_against_crossing(&report.andon) >= CROSSING_LEAST);
}

/// Five weeks, each of another seed, of one size of centre.
struct Weeks {
    agents: u32,
    watched: &'static str,
    reports: Vec<Report>,
}

impl Weeks {
    fn sum(&self, of: fn(&Report) -> u64) -> u64 {
        self.reports.iter().map(of).sum()
    }

    /// By how many of a hundred andon's messages are fewer than the naive alerter's, and its
    /// notices than those of the alerter that speaks on crossing.
    fn cuts(&self) -> [f64; 2] {
        let cut = |said: u64, of: u64| {
            let said = u32::try_from(said * 10_000 / of).unwrap();
            100.0 - f64::from(said) / 100.0
        };
        [
            cut(self.sum(|report| report.andon.messages()), self.sum(|r| r.naive.notices)),
            cut(self.sum(|report| report.andon.notices), self.sum(|r| r.crossing.notices)),
        ]
    }

    fn row(&self) -> String {
        let [naive, crossing] = self.cuts();
        let long = self.reports.iter().map(|report| report.long().0).sum::<usize>();
        let untold = self.reports.iter().map(|report| report.long().1.len()).sum::<usize>();
        let slowest = |percent| self.reports.iter().filter_map(|r| r.delay(percent)).max();
        let seconds = |percent| slowest(percent).map_or(0, Span::whole_secs);
        format!(
            "| {} | {} | {} | {} | {} | {} | {naive:.1} % | {crossing:.1} % | {long} | {untold} | \
             {} s | {} s |",
            self.agents,
            self.watched,
            self.sum(|report| report.naive.notices),
            self.sum(|report| report.crossing.notices),
            self.sum(|report| report.andon.notices),
            self.sum(|report| report.andon.recoveries),
            seconds(50),
            seconds(95),
        )
    }
}

#[test]
#[ignore = "minutes in a debug build; prints a table for people"]
fn other_centres_are_told_with_few_notices() {
    eprintln!(
        "| agents | watched | naive | on crossing | andon | recoveries | cut naive | \
         cut crossing | 300 s | untold | median | p95 |\n{}",
        "|---".repeat(12) + "|"
    );
    for (times, agents) in [(1, 7), (2, 14), (8, 56), (30, 210)] {
        for each in [false, true] {
            let reports = (1..=5).map(|seed| week(seed, times, 7, each)).collect();
            let watched = if each { "six queues" } else { "whole" };
            let weeks = Weeks { agents, watched, reports };
            eprintln!("{}", weeks.row());
            for report in &weeks.reports {
                assert_nothing_missed(report, &weeks.row());
            }
            let [naive, crossing] = weeks.cuts();
            assert!(naive >= NAIVE_LEAST && crossing >= CROSSING_LEAST, "{}", weeks.row());
        }
    }
}
