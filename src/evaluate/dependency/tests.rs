//! The graph with a site, an edge, trunks and queues, each of them with callers that wait.

use alloc::format;
use alloc::string::{String, ToString};

use super::*;
use crate::evaluate::Evaluate;
use crate::evaluate::fixtures::{answer_of_waiting, now, rule};
use crate::model::answer::Answer;
use crate::model::dependency::{End, Kin, Tie};
use crate::model::rule::{Priority, Rule};
use crate::model::time::Span;

pub(super) fn end(entities: &[&str]) -> End {
    let source = SourceName::new("cxone").unwrap();
    End {
        source,
        entities: entities.iter().map(|one| (*one).into()).collect(),
        metrics: Vec::new(),
        labels: Vec::new(),
    }
}

/// What stands under what, at line `at` of the file: 20 s of waiting, 180 s of shadow.
pub(super) fn under(at: usize, parent: &str, children: &[&str]) -> Dependency {
    Dependency {
        origin: format!("andon.toml:{at}").into(),
        tie: Tie::Sure,
        parent: end(&[parent]),
        children: end(children),
        hold_child: Dependency::HOLD_CHILD,
        shadow: Dependency::SHADOW,
        cooldown: None,
    }
}

pub(super) fn trunks() -> Dependency {
    under(1, "trunk-*", &["tier-*"])
}

/// A hub's evaluation with these dependencies, whose P1 begins at 15 and whose P2 begins at 5.
pub(super) struct Centre {
    evaluate: Evaluate,
    dependencies: Vec<Dependency>,
}

impl Centre {
    pub(super) fn new(dependencies: &[Dependency]) -> Self {
        let page = rule("calls_waiting", ">=", 15.0);
        let tell = Rule {
            priority: Priority::P2,
            origin: "andon.toml:2".into(),
            static_value: 5.0,
            ..page.clone()
        };
        let mut evaluate = crate::evaluate::fixtures::evaluate(Vec::from([page, tell]));
        evaluate.depend(dependencies, now(0));
        Self { evaluate, dependencies: dependencies.to_vec() }
    }

    /// So many wait; the alerts that this touches.
    pub(super) fn waiting(&mut self, entity: &str, count: f64, second: i64) -> String {
        let answer = answer_of_waiting(entity, count);
        names(&self.evaluate.observe(0, &answer, now(second)))
    }

    fn wake(&mut self, second: i64) -> String {
        names(&self.evaluate.wake(now(second)))
    }

    fn due(&self) -> Option<i64> {
        self.evaluate.next_wake().map(|wake| wake.at.0 / 1_000)
    }

    pub(super) fn alert(&self, entity: &str) -> &Alert {
        self.evaluate.alerts.iter().find(|alert| alert.entity.as_str() == entity).unwrap()
    }

    /// Where an alert stands: `held trunk-1 1`.
    fn stands(&self, entity: &str) -> String {
        let Some(behind) = &self.alert(entity).suppression.parent else { return "free".into() };
        let stage = match behind.stage {
            Stage::Waits => "waits",
            Stage::Held => "held",
            Stage::Shadow => "shadow",
        };
        let root = behind.root.as_ref().map(|root| short(root.as_str())).unwrap_or_default();
        let line = behind.dependency.rsplit_once(':').unwrap().1;
        format!("{stage} {root} {line}")
    }

    fn kin(&self, entity: &str) -> Kin {
        *self.alert(entity).kin.clone().unwrap_or_default()
    }

    /// The hub starts again at this second.
    fn restart(&mut self, second: i64) {
        let before: Vec<Alert> = self.evaluate.alerts.iter().cloned().collect();
        *self = Self::new(&self.dependencies.clone());
        for alert in before {
            self.evaluate.alerts.restore(alert, now(second).stamp());
        }
        self.evaluate.depend(&self.dependencies, now(second));
    }
}

fn short(key: &str) -> String {
    key.split(':').nth(1).unwrap().into()
}

fn names(touched: &[Touched]) -> String {
    touched.iter().map(|one| short(one.key.as_str())).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_child_that_begins_waits_for_its_parent() {
    let mut centre = Centre::new(&[trunks()]);
    centre.waiting("tier-1", 20.0, 100);
    centre.waiting("other", 20.0, 100);
    assert_eq!(
        (centre.stands("tier-1"), centre.stands("other")),
        ("waits  1".into(), "free".into())
    );
    assert_eq!(centre.due(), Some(120));
    assert_eq!(centre.wake(119), "");
    assert_eq!((centre.wake(120), centre.stands("tier-1")), ("tier-1".into(), "free".into()));
    assert_eq!(centre.kin("tier-1").outlived, None, "it was behind nobody");

    centre.waiting("tier-2", 20.0, 200);
    assert_eq!(centre.waiting("trunk-1", 20.0, 210), "trunk-1 tier-1 tier-2");
    assert_eq!(centre.stands("tier-2"), "held trunk-1 1");
    centre.wake(220);
    assert_eq!(centre.stands("tier-2"), "held trunk-1 1");
    let kin = centre.kin("trunk-1");
    let names: Vec<&str> = kin.names.iter().map(|name| &**name).collect();
    assert_eq!((kin.held, names), (2, Vec::from(["tier-1 calls_waiting", "tier-2 calls_waiting"])));
}

#[test]
fn a_parent_takes_in_the_children_that_were_told_before() {
    let mut centre = Centre::new(&[trunks()]);
    centre.waiting("tier-1", 20.0, 100);
    centre.wake(120);
    assert_eq!(centre.waiting("trunk-1", 20.0, 400), "trunk-1 tier-1");
    assert_eq!(centre.stands("tier-1"), "held trunk-1 1");
    assert_eq!(centre.alert("tier-1").phase_shown(), "suppressed");
    let trail = centre.alert("tier-1").trail.clone();
    let dependency = "andon.toml:1".into();
    let explained = Decision::Explained { root: centre.alert("trunk-1").key.clone(), dependency };
    assert!(trail.steps().any(|step| step.what == explained));
    assert_eq!(centre.waiting("tier-1", 0.0, 410), "tier-1 trunk-1", "the count falls");
    assert_eq!((centre.kin("trunk-1").held, centre.stands("tier-1")), (0, "free".into()));
    assert_eq!(centre.kin("tier-1").outlived, None);
}

#[test]
fn a_child_that_outlives_its_parent_is_freed_after_the_shadow() {
    let mut centre = Centre::new(&[trunks()]);
    centre.waiting("trunk-1", 20.0, 100);
    centre.waiting("tier-1", 20.0, 110);
    centre.waiting("tier-2", 20.0, 110);
    centre.waiting("trunk-1", 0.0, 300);
    assert_eq!(centre.stands("tier-1"), "shadow trunk-1 1");
    assert_eq!(centre.kin("trunk-1").held, 2, "its end tells what has not ended with it");
    centre.waiting("tier-2", 0.0, 400);
    centre.waiting("tier-3", 20.0, 420);
    assert_eq!(centre.stands("tier-3"), "shadow trunk-1 1", "what begins in the shadow, too");
    assert_eq!(centre.due(), Some(480));
    assert_eq!(centre.wake(480), "tier-1 tier-3");
    assert_eq!((centre.stands("tier-1"), centre.stands("tier-3")), ("free".into(), "free".into()));
    assert_eq!(centre.kin("tier-1").outlived.as_deref(), Some("trunk-1 calls_waiting"));
    centre.waiting("tier-1", 0.0, 500);
    centre.waiting("tier-1", 20.0, 600);
    assert_eq!(centre.kin("tier-1").outlived, None, "that was another episode");
}

#[test]
fn a_parent_that_comes_back_in_the_shadow_holds_again() {
    let mut centre = Centre::new(&[trunks()]);
    centre.waiting("trunk-1", 20.0, 100);
    centre.waiting("tier-1", 20.0, 110);
    centre.waiting("trunk-1", 0.0, 200);
    centre.waiting("trunk-1", 20.0, 250);
    assert_eq!(centre.stands("tier-1"), "held trunk-1 1");
    assert_eq!(centre.kin("trunk-1").held, 1);
    centre.wake(380);
    assert_eq!(centre.stands("tier-1"), "held trunk-1 1");
    assert!(centre.due().is_none(), "{:?}", centre.due());
}

#[test]
fn a_child_of_two_parents_is_held_until_both_have_cleared() {
    let mut centre = Centre::new(&[trunks()]);
    centre.waiting("trunk-2", 20.0, 100);
    centre.waiting("trunk-1", 20.0, 110);
    centre.waiting("tier-1", 20.0, 120);
    assert_eq!(centre.stands("tier-1"), "held trunk-2 1", "it was there first");
    centre.waiting("trunk-2", 0.0, 200);
    assert_eq!(centre.stands("tier-1"), "held trunk-1 1");
    assert_eq!((centre.kin("trunk-2").held, centre.kin("trunk-1").held), (0, 1));
    centre.waiting("trunk-1", 0.0, 300);
    assert_eq!(centre.stands("tier-1"), "shadow trunk-1 1");
}

#[test]
fn the_topmost_alert_speaks_for_all_below_it() {
    let site = under(1, "site", &["edge-*"]);
    let edge = under(2, "edge-*", &["trunk-*"]);
    let queue = under(3, "trunk-*", &["tier-*"]);
    let mut centre = Centre::new(&[queue, edge, site]);
    centre.waiting("trunk-1", 20.0, 100);
    centre.wake(120);
    centre.waiting("tier-1", 20.0, 130);
    assert_eq!(centre.stands("tier-1"), "held trunk-1 3");
    centre.waiting("edge-1", 20.0, 140);
    assert_eq!(centre.stands("trunk-1"), "held edge-1 2");
    assert_eq!(centre.stands("tier-1"), "held edge-1 3");
    assert_eq!((centre.kin("edge-1").held, centre.kin("trunk-1").held), (2, 0));
    centre.waiting("site", 20.0, 150);
    assert_eq!(centre.stands("tier-1"), "held site 3");
    assert_eq!((centre.kin("site").held, centre.kin("edge-1").held), (3, 0));
    centre.waiting("site", 0.0, 300);
    assert_eq!(centre.stands("edge-1"), "shadow site 1");
    assert_eq!(centre.stands("tier-1"), "held edge-1 3", "the edge is still in trouble");
    centre.waiting("trunk-1", 0.0, 310);
    assert_eq!(centre.stands("tier-1"), "shadow trunk-1 3");
}

#[test]
fn a_parent_is_as_urgent_as_what_it_holds() {
    let mut centre = Centre::new(&[trunks()]);
    centre.waiting("trunk-1", 7.0, 100);
    centre.waiting("tier-1", 7.0, 110);
    assert_eq!(centre.alert("trunk-1").leading().priority, Priority::P2);
    centre.waiting("tier-1", 20.0, 120);
    assert_eq!(centre.alert("trunk-1").leading().priority, Priority::P1);
    centre.waiting("trunk-1", 8.0, 130);
    assert_eq!(centre.alert("trunk-1").breaches.len(), 2, "it is raised once");
    centre.waiting("trunk-1", 0.0, 200);
    assert_eq!(centre.alert("trunk-1").phase, Phase::Resolved);
    assert_eq!(centre.alert("trunk-1").worst.priority, Priority::P1);
}

#[test]
fn an_unsure_parent_holds_nothing() {
    let mut centre = Centre::new(&[Dependency { tie: Tie::Unsure, ..trunks() }]);
    centre.waiting("tier-1", 20.0, 100);
    assert_eq!(centre.stands("tier-1"), "free", "nor does it wait for one");
    centre.waiting("trunk-1", 20.0, 110);
    assert_eq!(centre.stands("tier-1"), "free");
    assert_eq!(centre.kin("tier-1").cause.as_deref(), Some("trunk-1 calls_waiting"));
    assert_eq!((centre.kin("trunk-1").related, centre.kin("trunk-1").held), (1, 0));
    centre.waiting("trunk-1", 0.0, 200);
    assert_eq!(centre.kin("tier-1").cause, None);
}

#[test]
fn a_cooldown_bounds_how_long_a_parent_holds() {
    let cooldown = Some(Span::secs(600));
    let mut centre = Centre::new(&[Dependency { cooldown, ..trunks() }]);
    centre.waiting("trunk-1", 20.0, 100);
    centre.waiting("tier-1", 20.0, 110);
    assert_eq!(centre.due(), Some(700));
    assert_eq!(
        (centre.wake(700), centre.stands("tier-1")),
        ("tier-1 trunk-1".into(), "free".into())
    );
    centre.waiting("tier-2", 20.0, 800);
    assert_eq!(centre.stands("tier-2"), "free");
}

/// The age of the source's own data, which makes it blind.
fn blind(age: f64) -> Answer {
    Answer { metrics: [Metric::DATA_AGE].into(), ..answer_of_waiting("cxone", age) }
}

#[test]
fn a_parent_that_nobody_sees_holds_no_page_for_long() {
    let dependencies = [trunks()];
    let page = rule("calls_waiting", ">=", 15.0);
    let tell = Rule { priority: Priority::P2, origin: "andon.toml:2".into(), ..page.clone() };
    let tell = Rule { static_value: 5.0, ..tell };
    let stale = Rule { origin: "andon.toml:3".into(), ..rule("data_age", ">=", 120.0) };
    let mut evaluate = crate::evaluate::fixtures::evaluate(Vec::from([page, tell, stale]));
    evaluate.depend(&dependencies, now(0));
    let mut centre = Centre { evaluate, dependencies: dependencies.to_vec() };
    centre.waiting("trunk-1", 20.0, 100);
    centre.waiting("tier-1", 20.0, 110);
    centre.waiting("tier-2", 7.0, 110);
    centre.evaluate.observe(0, &blind(120.0), now(200));
    assert_eq!(centre.due(), Some(800));
    centre.wake(799);
    assert_eq!(centre.stands("tier-1"), "held trunk-1 1");
    centre.wake(800);
    assert_eq!(
        (centre.stands("tier-1"), centre.stands("tier-2").as_str()),
        ("free".into(), "held trunk-1 1")
    );
    centre.evaluate.observe(0, &blind(0.0), now(900));
    assert_eq!(centre.stands("tier-1"), "held trunk-1 1");
}

#[test]
fn a_restart_finds_everything_where_it_was() {
    let site = under(1, "site", &["trunk-*"]);
    let mut centre = Centre::new(&[site, under(2, "trunk-*", &["tier-*"])]);
    let all = |centre: &Centre| {
        ["trunk-1", "tier-1", "tier-2"].map(|entity| centre.stands(entity)).join(", ")
    };
    centre.waiting("tier-2", 20.0, 90);
    centre.waiting("trunk-1", 20.0, 100);
    centre.waiting("tier-1", 20.0, 105);
    assert_eq!(all(&centre), "waits  1, held trunk-1 2, held trunk-1 2");
    centre.restart(110);
    assert_eq!(all(&centre), "waits  1, held trunk-1 2, held trunk-1 2");
    centre.wake(120);
    assert_eq!(all(&centre), "free, held trunk-1 2, held trunk-1 2");
    centre.restart(130);
    assert_eq!(centre.evaluate.wake(now(130)), [], "nobody is told by a restart");
    assert_eq!(centre.kin("trunk-1").held, 2);
    centre.waiting("trunk-1", 20.0, 140);
    centre.waiting("trunk-1", 0.0, 200);
    centre.restart(210);
    assert!(all(&centre).ends_with("shadow trunk-1 2, shadow trunk-1 2"), "{}", all(&centre));
    centre.restart(400);
    assert_eq!(centre.stands("tier-1"), "free", "its shadow has passed in the meantime");
    assert_eq!(centre.kin("tier-1").outlived.as_deref(), Some("trunk-1 calls_waiting"));
    assert_eq!(centre.wake(459), "");
    assert_eq!(centre.wake(460), "tier-1 tier-2", "though no sample of them has come");
    centre.waiting("trunk-1", 20.0, 500);
    assert_eq!(centre.stands("tier-1"), "held trunk-1 2");
    centre.dependencies.clear();
    centre.restart(510);
    assert_eq!(centre.due(), None, "nothing is left to look at");
    assert_eq!(centre.stands("tier-1"), "free");
    assert_eq!(centre.alert("tier-1").kin, None);
}

#[test]
fn a_parent_counts_all_and_names_a_few() {
    let mut centre = Centre::new(&[trunks()]);
    centre.waiting("trunk-1", 20.0, 100);
    for queue in 0..1_000 {
        centre.waiting(&format!("tier-{queue}"), 20.0, 101);
    }
    let kin = centre.kin("trunk-1");
    assert_eq!((kin.held, kin.names.len()), (1_000, 8));
    assert_eq!(centre.evaluate.dependents(&centre.alert("trunk-1").key.to_string()).count(), 1_000);
}
