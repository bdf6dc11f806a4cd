//! Days unlike others: bank holidays and month-ends teach nothing, and are judged by their weekday.

use super::baseline::{DAY, Past, UNUSUAL_CROWD, late_shift, six_weeks};
use crate::config;
use crate::world::minutes;

fn site(days: &str) -> String {
    let rules = config::thresholds(&[UNUSUAL_CROWD]);
    format!("{rules}\n[hub]\nzone = \"Asia/Tokyo\"\n[baseline]\nexcept = [{days}]\n")
}

#[test]
fn an_excepted_day_is_judged_by_its_weekday_and_teaches_nothing() {
    // The story begins in Tokyo an hour before its day ends.
    let mut world = six_weeks().world(&site("\"2024-05-15\""));
    world.queue("tier-2").waiting(4);
    world.pass(minutes(49));
    assert_eq!(world.metric("andon_baseline_learning"), 0);
    let story = world.explain("tier-2:calls_waiting");
    let said = "usual on Wed 23:00: 4, from 6 of 8 weeks; nothing is learned: today is one of the \
                days that [baseline] excepts";
    assert!(story.watches[0].why.contains(said), "{story:?}");
    world.pass(minutes(13));
    assert_eq!(world.metric("andon_baseline_learning"), 1);
    world.queue("tier-2").waiting(40);
    world.pass(minutes(30));
    world.nobody_heard();
    let story = world.explain("tier-2:calls_waiting");
    let why = &story.watches[0].why;
    assert!(why.contains("usual on Thu 00:00: 40") && !why.contains("is learned"), "{why}");
}

#[test]
fn a_month_end_raises_each_time_and_moves_nothing() {
    let waiting = |month_end: bool| move |utc| late_shift(utc) * if month_end { 2.5 } else { 1.0 };
    // From midnight to midnight in Tokyo, each week once.
    let midnight = 60;
    let mut past = Past::new(&site("\"2024-05-16\", \"2024-05-23\", \"2024-05-30\""));
    past.live(-6 * 7 * DAY, midnight, waiting(false));
    for week in 0..3 {
        let from = midnight + week * 7 * DAY;
        let (begun, hours) = (past.begun.len(), past.learned.hours.len());
        past.live(from, from + DAY, waiting(true));
        assert_eq!((past.begun.len(), past.learned.hours.len()), (begun + 1, hours), "{week}");
        past.live(from + DAY, from + 7 * DAY, waiting(false));
        assert_eq!(past.begun.len(), begun + 1, "and no other day does");
    }
}

#[test]
fn a_day_that_is_named_afterwards_is_not_heard_any_more() {
    for (days, said) in [("", "from 5 of 8 weeks"), ("\"2024-05-09\"", "from 4 of 8 weeks")] {
        let mut world = six_weeks().world(&site(days));
        world.queue("tier-2").waiting(4);
        world.pass(minutes(75));
        let story = world.explain("tier-2:calls_waiting");
        let why = &story.watches[0].why;
        assert!(why.contains("usual on Thu 00:00: 40") && why.contains(said), "{days}: {why}");
    }
}
