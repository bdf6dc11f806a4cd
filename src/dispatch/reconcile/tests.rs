//! What is set right and what is left, and how rounds go through many alerts.

use alloc::boxed::Box;

use super::*;
use crate::dispatch::fixtures::{alert, at, config};
use crate::dispatch::telling::begin;
use crate::ledger::Remembered;
use crate::model::config::{Templates, TextOrSecret};
use crate::model::login::HttpLogin;
use crate::model::name::EntityId;
use crate::model::rule::Priority;
use crate::model::secret::{Secret, SecretRef};
use crate::model::target::{IncidentStates, ServiceNow, TargetKind};
use crate::model::thread::Thread;
use crate::target::Texts;

const OPEN: Theirs = Theirs::Open;
const HELD: Theirs = Theirs::InHand { by: None };

#[test]
fn whoever_says_so_wins() {
    use Correction::{EndedAgain, InHand, OpenedAgain, ToldAgain};
    let cases = [
        (Ours::Open, [None, Some(InHand), Some(OpenedAgain), Some(ToldAgain)]),
        (Ours::InHand, [None, None, Some(OpenedAgain), Some(ToldAgain)]),
        (Ours::Over, [Some(EndedAgain), Some(EndedAgain), None, None]),
        (Ours::Untold, [None, None, None, None]),
    ];
    for (ours, wanted) in cases {
        let theirs = [OPEN, HELD, Theirs::Over, Theirs::Unknown];
        assert_eq!(theirs.map(|theirs| judge(ours, &theirs, &[])), wanted, "{ours:?}");
    }
}

#[test]
fn nothing_is_set_right_twice_in_an_episode() {
    let opened = [Correction::OpenedAgain];
    assert_eq!(judge(Ours::Open, &Theirs::Over, &opened), Some(Correction::Left));
    assert_eq!(judge(Ours::Open, &Theirs::Unknown, &opened), Some(Correction::ToldAgain));
    let left = [Correction::OpenedAgain, Correction::Left];
    assert_eq!(judge(Ours::Open, &Theirs::Over, &left), None);
    assert_eq!(judge(Ours::Open, &HELD, &[Correction::InHand]), None);
}

/// A dispatch with so many alerts that ServiceNow was told of half an hour ago.
struct Told {
    dispatch: Dispatch,
    alerts: BTreeMap<AlertKey, Alert>,
    secrets: Secrets,
}

impl Told {
    fn new(count: usize) -> Self {
        let mut config = config();
        let password = SecretRef::Credential("sn".into());
        let mut secrets = Secrets::default();
        secrets.put(password.clone(), Secret::new("hush"));
        let snow = ServiceNow {
            url: TextOrSecret::Text("https://snow.test/incident".into()),
            login: HttpLogin::Bearer(password),
            fields: Vec::new(),
            states: IncidentStates {
                open: "1".into(),
                acknowledged: "2".into(),
                resolved: "6".into(),
                closed: Vec::from(["7".into()]),
            },
            close_code: "done".into(),
        };
        let name = config.targets[0].name.clone();
        config.targets[0].kind = TargetKind::ServiceNow(Box::new(snow));
        let mut remembered = Remembered::default();
        let mut alerts = BTreeMap::new();
        for number in 0..count {
            let mut alert = alert(1, Priority::P1);
            let entity = EntityId::new(&format!("q-{number}")).unwrap();
            alert.key = AlertKey::of(&alert.source, "p", alert.metric, &entity);
            let mut telling = begin(&alert, &alert.worst);
            telling.told = Vec::from([name.clone()]);
            telling.last_told = Some(at(0).stamp());
            remembered.tellings.push(telling);
            let thread = Thread::new(alert.key.clone(), name.clone(), "s".into());
            remembered.threads.push(thread);
            alerts.insert(alert.key.clone(), alert);
        }
        let texts = Texts::compile(&Templates::default()).unwrap();
        let dispatch = Dispatch::new(alloc::rc::Rc::new(config), texts, &mut remembered, 1, at(0));
        let mut told = Self { dispatch, alerts, secrets };
        assert_eq!(told.read(1_800), 0, "the first round comes after five minutes");
        told
    }

    /// How many alerts the request asks about that leaves at this moment.
    fn read(&mut self, second: i64) -> usize {
        let Self { dispatch, alerts, secrets } = self;
        dispatch.read_due(&|key| alerts.get(key), secrets, at(second));
        let asked = core::iter::from_fn(|| dispatch.next_step()).filter_map(|step| {
            let Step::Read { request, .. } = step else { return None };
            Some(request.url.matches("calls_waiting").count())
        });
        asked.sum()
    }

    /// What is set right where this is the answer.
    fn hear(&mut self, status: u16, body: &str, second: i64) -> usize {
        let Self { dispatch, alerts, .. } = self;
        let reply = Ok(Reply::new(status, "application/json", body));
        dispatch.read_back(0, &reply, &|key| alerts.get(key), at(second)).len()
    }
}

const NOTHING: &str = r#"{"result": []}"#;

#[test]
fn a_round_reads_all_in_batches_and_the_next_goes_on_where_it_ended() {
    let mut told = Told::new(200);
    let mut round = |begin: i64| {
        let mut read = Vec::new();
        for second in begin..begin + 10 {
            read.push(told.read(second));
            told.hear(200, NOTHING, second);
        }
        read
    };
    assert_eq!(round(2_100), [40, 40, 40, 40, 0, 0, 0, 0, 0, 0]);
    let first = told_last(&told);
    let mut round = |begin: i64| {
        let read = told.read(begin);
        told.hear(200, NOTHING, begin);
        read
    };
    assert_eq!((round(2_399), round(2_400)), (0, 40));
    assert!(told_last(&told) > first, "it begins with the forty that were left");
}

fn told_last(told: &Told) -> AlertKey {
    told.dispatch.reconcile.desks.values().next().unwrap().last.clone().unwrap()
}

#[test]
fn a_reading_that_fails_changes_nothing_and_ends_the_round() {
    let mut told = Told::new(60);
    assert_eq!(told.read(2_100), 40);
    assert_eq!(told.read(2_101), 0, "one at a time");
    assert_eq!(told.hear(503, "", 2_102), 0);
    assert_eq!(told.read(2_110), 0);
    assert_eq!(told.read(2_400), 40);
    assert_eq!(told.hear(200, NOTHING, 2_401), 40);
    assert_eq!(told.read(2_402), 20);
}

#[test]
fn what_waits_in_the_outbox_is_not_compared() {
    let mut told = Told::new(1);
    let key = told.alerts.keys().next().unwrap().clone();
    let alert = told.alerts.get_mut(&key).unwrap();
    let name = told.dispatch.config.targets[0].name.clone();
    assert_eq!(told.dispatch.waits_for(&name), 0);
    told.dispatch.correct(alert, &name, Correction::OpenedAgain, at(1_900));
    assert_eq!(told.dispatch.waits_for(&name), 1);
    assert_eq!(told.read(2_100), 0);
}
