//! What is usual at this hour of the week: shifts, month-ends, bad days, and a hub that is new.
//!
//! The weeks before a story are lived through by the evaluation alone, a reading a minute; the hub
//! of the story begins with the ledger that came of them.

use andon::evaluate::{Evaluate, News};
use andon::ledger::Write;
use andon::model::answer::{Answer, Reading, Row};
use andon::model::baseline::{LearnedWeeks, Learning, Unusual};
use andon::model::metric::Metric;
use andon::model::name::EntityId;
use andon::model::time::{ClockTrust, Now, Span, Tick, UtcMs};

use crate::config;
use crate::site::BEGIN;
use crate::world::{World, minutes};

/// Half as much again as is usual, and no alarm below fifteen.
pub(super) const UNUSUAL_CROWD: &str = r#"metric = "calls_waiting", operator = ">=",
    static_value = 15,
    baseline = { quantile = 0.95, factor = 1.5 }, priority = "P1",
    cooldown_seconds = 86400, escalation_threshold_seconds = 604800"#;

const TRIGGER: &str = "trigger tier-2 calls_waiting critical";
const RESOLVE: &str = "resolve tier-2 calls_waiting recovered";

pub(super) const MINUTE: i64 = 60_000;
pub(super) const DAY: i64 = 24 * 60;

/// An evaluation that lives through weeks in a moment.
pub(super) struct Past {
    pub(super) evaluate: Evaluate,
    pub(super) learned: LearnedWeeks,
    writes: usize,
    /// Alerts that began.
    pub(super) begun: Vec<UtcMs>,
}

impl Past {
    pub(super) fn new(config: &str) -> Self {
        let library = andon::hub::Library::built_in();
        let loaded = andon::hub::load("andon.toml", config, &library).unwrap();
        let mut evaluate = Evaluate::new(loaded.config.rules.clone(), &loaded.config.sources);
        evaluate.baselines.stand_in(loaded.config.hub.zone, loaded.config.except);
        Self { evaluate, learned: LearnedWeeks::default(), writes: 0, begun: Vec::new() }
    }

    /// Lives from so many minutes before the story to so many before it, with so many callers in
    /// tier-2.
    pub(super) fn live(&mut self, from: i64, to: i64, waiting: impl Fn(UtcMs) -> f64) {
        for minute in from..to {
            let utc = UtcMs(BEGIN.0 + minute * MINUTE);
            let now = Now { tick: Tick(utc.0), utc, trust: ClockTrust::Ntp };
            let open = self.open();
            self.evaluate.observe(0, &answer(utc, waiting(utc)), now);
            self.evaluate.wake(now);
            if self.open() > open {
                self.begun.push(utc);
            }
            while let Some(news) = self.evaluate.baselines.next_news() {
                self.writes += 1;
                match news {
                    News::Series(number, name) => self.learned.series.push((number, name)),
                    News::Hour(hour) => {
                        let other = |known: &andon::model::baseline::LearnedHour| {
                            known.place() != hour.place()
                        };
                        self.learned.hours.retain(other);
                        self.learned.hours.push(hour);
                    }
                }
            }
        }
    }

    fn open(&self) -> usize {
        self.evaluate.alerts.iter().filter(|alert| alert.cleared.is_none()).count()
    }

    /// The world in which a hub goes on from here.
    pub(super) fn world(&self, config: &str) -> World {
        let learned = &self.learned;
        let series = learned.series.iter().map(|(n, name)| Write::baseline_series(*n, name));
        let hours = learned.hours.iter().map(Write::baseline_hour);
        let writes: Vec<Write> = series.chain(hours).collect();
        World::with(config, 1, |site| {
            site.disk.open().unwrap();
            site.disk.commit(&writes).unwrap();
            site.disk.process_dies();
        })
    }
}

fn answer(utc: UtcMs, waiting: f64) -> Answer {
    Answer {
        vendor_time: utc,
        bucket: None,
        every: Some(minutes(1)),
        metrics: [Metric::find("calls_waiting").unwrap()].into(),
        rows: vec![Row { entity: EntityId::new("tier-2").unwrap(), name: None }],
        readings: vec![Reading::Value(waiting)],
        rows_refused: 0,
    }
}

/// The late shift: from 15:00 to 20:00 forty callers wait as a rule, give or take, else four.
pub(super) fn late_shift(utc: UtcMs) -> f64 {
    let hour = utc.0.div_euclid(60 * MINUTE).rem_euclid(24);
    let stir = f64::from(u32::try_from(utc.0.div_euclid(MINUTE).rem_euclid(7)).unwrap());
    if (15..20).contains(&hour) { 34.0 + stir } else { 1.0 + stir / 2.0 }
}

pub(super) fn six_weeks() -> Past {
    let mut past = Past::new(&config::thresholds(&[UNUSUAL_CROWD]));
    past.live(-6 * 7 * DAY, 0, late_shift);
    past
}

#[test]
fn a_shift_change_that_repeats_raises_nothing_once_it_is_learned() {
    let past = six_weeks();
    let config = config::thresholds(&[UNUSUAL_CROWD]);
    let mut world = past.world(&config);
    world.queue("tier-1").waiting(4);
    world.queue("tier-2").waiting(4);
    // Today's shift begins five minutes early.
    world.pass(minutes(55));
    world.nobody_heard();
    world.queue("tier-2").waiting(40);
    world.pass(minutes(60));
    world.nobody_heard();
    let story = world.explain("tier-2:calls_waiting");
    let [watch] = &story.watches[..] else { panic!("{story:?}") };
    assert_eq!((watch.value, watch.threshold), (Some(40.0), Some(60.0)));
    let said = "; usual on Wed 15:00: 40, from 5 of 8 weeks";
    assert!(watch.why.ends_with(said), "{}", watch.why);
    // A queue that nobody knows goes by the static value.
    world.queue("tier-1").waiting(40);
    world.pass(minutes(5));
    world.pagerduty().heard(["trigger tier-1 calls_waiting critical"]);
    let story = world.explain("tier-1:calls_waiting");
    let said = "; usual: warming up, 0 of 3 days, 0 of 3 weeks; static_value alone until then";
    assert!(story.watches[0].why.ends_with(said), "{story:?}");
    // And what is unusual in the shift, too, is told.
    world.queue("tier-2").waiting(61);
    world.pass(minutes(5));
    world.pagerduty().heard([TRIGGER]);
}

#[test]
fn the_first_shifts_raise_while_the_profile_warms_up() {
    let mut past = Past::new(&config::thresholds(&[UNUSUAL_CROWD]));
    past.live(-6 * 7 * DAY, 0, late_shift);
    // Six weeks ago on Wednesday the first shift was news, and it was passed over. So were those
    // of Thursday and Friday and of the first weekend; after each kind had three days, none was.
    let days: Vec<i64> =
        past.begun.iter().map(|utc| (utc.0 - BEGIN.0).div_euclid(DAY * MINUTE) + 6 * 7).collect();
    assert!(days.len() <= 16 && days.iter().all(|day| *day <= 18), "{days:?}");
    assert_eq!(days.first(), Some(&0));
}

#[test]
fn a_month_end_raises_once_and_does_not_flap() {
    let mut past = six_weeks();
    let before = past.begun.len();
    // The volumes double on the last day of the month, and the day after is as ever.
    past.live(0, 16 * DAY, late_shift);
    assert_eq!(past.begun.len(), before, "half a month as ever");
    past.live(16 * DAY, 17 * DAY, |utc| 2.0 * late_shift(utc));
    assert_eq!(past.begun.len(), before + 1, "{:?}", past.begun);
    past.live(17 * DAY, 47 * DAY, late_shift);
    assert_eq!(past.begun.len(), before + 1, "the month-end did not become the usual");
    past.live(47 * DAY, 48 * DAY, |utc| 2.0 * late_shift(utc));
    assert_eq!(past.begun.len(), before + 2, "nor is the next one");
}

#[test]
fn a_month_end_is_told_once_with_what_is_usual() {
    let mut world = six_weeks().world(&config::thresholds(&[UNUSUAL_CROWD]));
    world.queue("tier-2").waiting(8);
    for (hour, waiting) in [(1, 70), (2, 78), (3, 69), (4, 80)] {
        world.queue("tier-2").after(minutes(60 * hour)).waiting(waiting);
    }
    world.queue("tier-2").after(minutes(360)).waiting(8);
    world.pass(minutes(180));
    world.pagerduty().heard([TRIGGER]);
    let story = world.explain("tier-2:calls_waiting");
    assert!(story.watches[0].why.contains("usual on Wed 16:00: 40"), "{story:?}");
    world.pass(minutes(240));
    world.pagerduty().heard([RESOLVE]);
}

#[test]
fn one_bad_day_spoils_nothing() {
    let mut past = Past::new(&config::thresholds(&[UNUSUAL_CROWD]));
    past.live(-6 * 7 * DAY, -7 * DAY, late_shift);
    // A week ago two hundred waited all day. Trouble at this hour has been passed over in the first
    // week already, so that the day is learned, and outvoted.
    past.live(-7 * DAY, -6 * DAY, |_| 200.0);
    past.live(-6 * DAY, 0, late_shift);
    let highest = past.learned.hours.iter().flat_map(|hour| &hour.codes).max();
    let of_the_day = past.learned.hours.iter().filter(|hour| hour.codes.iter().max() == highest);
    assert_eq!(of_the_day.count(), 5, "the five hours of the shift");
    let mut world = past.world(&config::thresholds(&[UNUSUAL_CROWD]));
    world.queue("tier-2").waiting(4);
    world.pass(minutes(75));
    let story = world.explain("tier-2:calls_waiting");
    assert!(story.watches[0].why.contains("usual on Wed 15:00: 40, from 5 of"), "{story:?}");
}

#[test]
fn maintenance_and_storms_teach_nothing() {
    let mut past = six_weeks();
    let begun = past.begun.len();
    for unusual in [Unusual::Maintenance, Unusual::Storm] {
        let hours = past.learned.hours.clone();
        past.evaluate.baselines.learning = Learning::Off(unusual);
        past.live(60, 120, |_| 14.0);
        past.evaluate.baselines.learning = Learning::On;
        assert_eq!(past.learned.hours, hours);
    }
    assert_eq!(past.begun.len(), begun);
}

#[test]
fn a_new_level_becomes_the_usual_within_four_weeks() {
    let mut past = six_weeks();
    let doubled = |utc| 2.0 * late_shift(utc);
    let before = past.begun.len();
    past.live(0, 5 * 7 * DAY, doubled);
    let days = past.begun.split_off(before);
    let day_of = |utc: &UtcMs| (utc.0 - BEGIN.0).div_euclid(DAY * MINUTE);
    let last = days.iter().map(day_of).max().unwrap();
    // Every evening for that long, each an incident of its own, and then no more.
    assert!((14..28).contains(&last), "the last on day {last}");
    assert!(days.len() <= 28, "{}", days.len());
}

#[test]
fn what_was_learned_outlives_power_cuts() {
    let config = config::thresholds(&[UNUSUAL_CROWD]);
    let mut world = six_weeks().world(&config);
    world.queue("tier-2").waiting(4);
    // The hour that is being learned is cut in its middle.
    world.pass(minutes(90));
    world.reboot(minutes(3));
    world.queue("tier-2").waiting(40);
    world.pass(minutes(60));
    world.nobody_heard();
    let story = world.explain("tier-2:calls_waiting");
    assert!(story.watches[0].why.contains("usual on Wed 16:00: 40, from 5"), "{story:?}");
    let rows = world.site.disk.rows();
    let hours = rows.iter().filter(|row| row.table == andon::ledger::Table::BaselineHours);
    assert!(hours.count() > 6 * 7 * 24, "the hours of the story itself are there, too");
}

#[test]
fn a_clock_that_is_not_trusted_teaches_nothing_and_says_so() {
    let config = config::thresholds(&[UNUSUAL_CROWD]);
    let mut world = six_weeks().world(&config);
    world.queue("tier-2").waiting(4);
    world.pass(minutes(70));
    assert_eq!(world.metric("andon_baseline_learning"), 1);
    world.queue("tier-2").waiting(40);
    world.wall_clock_jumps(Span::secs(-9 * 3_600));
    world.pass(minutes(60));
    world.pagerduty().heard([]);
    assert_eq!(world.metric("andon_baseline_learning"), 0);
    assert_eq!(world.metric("andon_baseline_series"), 2);
    assert_eq!(world.metric("andon_baseline_series_known"), 1);
    let story = world.explain("tier-2:calls_waiting");
    let said = "usual on Wed 16:00: 40, from 5 of 8 weeks; nothing is learned: the box's clock is \
                not trusted";
    assert!(story.watches[0].why.contains(said), "{story:?}");
}

#[test]
fn too_few_agents_for_this_hour() {
    let few = r#"metric = "agents_available", operator = "<", static_value = 30,
        baseline = { factor = 0.5 }, priority = "P1""#;
    let ratio = r#"metric = "calls_waiting", operator = ">=", static_value = 3,
        baseline = { quantile = 0.5, form = "ratio" }, priority = "P2""#;
    let mut world = World::start(&config::thresholds(&[few, ratio]));
    world.queue("tier-2").agents(31).waiting(9);
    world.queue("tier-1").agents(31).waiting(9);
    world.pass(minutes(5));
    world.nobody_heard();
    let story = world.explain("tier-2:calls_waiting");
    let said = "what is usual, which is not learned yet; usual: warming up";
    assert!(story.watches[0].why.contains(said), "{story:?}");
    world.queue("tier-2").agents(29);
    world.pass(minutes(4));
    world.pagerduty().heard(["trigger tier-2 agents_available critical"]);
}
