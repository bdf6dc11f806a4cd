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
    let said = core::iter::from_fn(|| told.dispatch.next_step());
    assert_eq!(said.filter(|step| matches!(step, Step::Say(..))).count(), 1);
    assert_eq!(told.read(2_110), 0);
    assert_eq!(told.read(2_400), 40);
    assert_eq!(told.hear(200, NOTHING, 2_400), 40);
    assert_eq!(told.read(2_400), 0, "at its pace");
    assert_eq!(told.read(2_402), 20);
}

#[test]
fn what_waits_in_the_outbox_is_not_compared() {
    let mut told = Told::new(1);
    let key = told.alerts.keys().next().unwrap().clone();
    let alert = told.alerts.get_mut(&key).unwrap();
    let name = told.dispatch.config.targets[0].name.clone();
    let elsewhere = crate::dispatch::fixtures::notice(90, "slack", alert, Reason::Updated);
    told.dispatch.outbox.push(elsewhere).unwrap();
    assert_eq!(told.dispatch.waits_for(&name), 0);
    told.dispatch.correct(alert, &name, Correction::OpenedAgain, at(1_900));
    assert_eq!(told.dispatch.waits_for(&name), 1);
    assert_eq!(told.read(2_100), 0);
}

impl Told {
    fn name(&self) -> TargetName {
        self.dispatch.config.targets[0].name.clone()
    }

    fn key(&self) -> AlertKey {
        self.alerts.keys().next().unwrap().clone()
    }

    /// What we say of the first alert.
    fn ours(&self, second: i64) -> Ours {
        self.dispatch.ours(&self.alerts[&self.key()], &self.name(), at(second))
    }

    fn record(&mut self) -> &mut Telling {
        let key = self.key();
        self.dispatch.tellings.get_mut(&key, Priority::P1).unwrap()
    }

    fn alert(&mut self) -> &mut Alert {
        self.alerts.values_mut().next().unwrap()
    }

    /// What is to be set right where it was ended there.
    fn ended(&self, by: Option<&str>, second: i64) -> Option<Correction> {
        self.dispatch.ended_there(&self.alerts[&self.key()], &self.name(), by, at(second))
    }
}

fn hand() -> Box<crate::model::hand::Hand> {
    let (priority, lasts) = (Priority::P1, Span::secs(9_000));
    let (by, via) = ("Ann".into(), "x".into());
    Box::new(crate::model::hand::Hand { by, via, priority, at: at(0).stamp(), lasts })
}

#[test]
fn what_was_told_a_moment_ago_or_elsewhere_is_not_compared() {
    let settles = RECONCILE_SETTLES.whole_secs();
    let mut told = Told::new(1);
    assert_eq!((told.ours(settles - 1), told.ours(settles)), (Ours::Untold, Ours::Open));
    let key = told.key();
    told.dispatch.reconcile.settling.insert(key, at(2_000).tick);
    assert_eq!(
        (told.ours(1_999 + settles), told.ours(2_000 + settles)),
        (Ours::Untold, Ours::Open)
    );
    told.alert().hand = Some(hand());
    assert_eq!(told.ours(3_000), Ours::InHand);
    let name = TargetName::new("slack").unwrap();
    told.record().told = Vec::from([name]);
    assert_eq!(told.ours(3_000), Ours::Untold);
    // Whoever was told at another priority was told, too.
    let about = told.alert().clone();
    let mut other = begin(&about, &about.worst);
    (other.priority, other.told) = (Priority::P2, Vec::from([told.name()]));
    let tellings = Vec::from([told.record().clone(), other]);
    let mut remembered = Remembered { tellings, ..Remembered::default() };
    let config = alloc::rc::Rc::clone(&told.dispatch.config);
    told.dispatch = Dispatch::new(config, Texts::default(), &mut remembered, 1, at(0));
    assert_eq!(told.ours(3_000), Ours::InHand);
}

#[test]
fn what_is_over_is_compared_for_a_while() {
    let mut told = Told::new(1);
    crate::dispatch::fixtures::resolve(told.alert(), 1_000);
    assert_eq!(told.ours(2_000), Ours::Untold, "its end is not told yet");
    told.record().ended = true;
    let until = 1_000 + RECONCILE_ENDED_FOR.whole_secs();
    assert_eq!(
        (told.ours(2_000), told.ours(until), told.ours(until + 1)),
        (Ours::Over, Ours::Over, Ours::Untold)
    );
}

#[test]
fn what_a_person_ended_there_is_opened_again_unless_something_is_on_its_way() {
    let opened = Some(Correction::OpenedAgain);
    let mut told = Told::new(1);
    assert_eq!((told.ended(None, 5), told.ended(Some("Ann"), 5)), (None, opened));
    assert_eq!(told.ended(None, 3_000), opened);
    let name = told.name();
    let notice = crate::dispatch::fixtures::notice(9, name.as_str(), told.alert(), Reason::Updated);
    told.dispatch.outbox.push(notice).unwrap();
    assert_eq!(told.ended(Some("Ann"), 3_000), None);
    told.dispatch.outbox.withdraw(&name, 9);
    told.record().told.clear();
    assert_eq!(told.ended(Some("Ann"), 3_000), None, "it was not told of it");
}

/// What was set right needs a moment, is remembered, and is told only while there is room.
#[test]
fn a_correction_is_told_and_settles() {
    let mut told = Told::new(2);
    let (name, key) = (told.name(), told.key());
    let other = told.alerts.keys().last().unwrap().clone();
    told.dispatch.reconcile.settling.insert(other.clone(), at(100).tick);
    let Told { dispatch, alerts, .. } = &mut told;
    let alert = alerts.get_mut(&key).unwrap();
    let full = crate::limits::OUTBOX_NOTICES_MAX;
    dispatch.outbox.waiting = full;
    dispatch.correct(alert, &name, Correction::EndedAgain, at(3_000));
    assert_eq!(dispatch.corrected().count(), 0, "the next round does it");
    dispatch.correct(alert, &name, Correction::InHand, at(3_000));
    assert_eq!(dispatch.corrected().count(), 1, "it needs no room");
    dispatch.outbox.waiting = full - 1;
    dispatch.correct(alert, &name, Correction::EndedAgain, at(3_000));
    let reasons: Vec<Reason> =
        dispatch.outbox.lanes[&name].notices.values().map(|one| one.reason).collect();
    assert_eq!(reasons, [Reason::Recovered]);
    let settling: Vec<&AlertKey> = dispatch.reconcile.settling.keys().collect();
    assert_eq!(settling, [&key], "what has settled is forgotten");
    dispatch.reconcile.settling.insert(other, at(2_999).tick);
    dispatch.correct(alerts.get_mut(&key).unwrap(), &name, Correction::InHand, at(3_000));
    assert_eq!(dispatch.reconcile.settling.len(), 2);
}

#[test]
fn who_has_it_in_hand_is_heard_once() {
    let mut told = Told::new(1);
    let (name, key) = (told.name(), told.key());
    while told.dispatch.next_step().is_some() {}
    let Told { dispatch, alerts, .. } = &mut told;
    dispatch.heard_in_hand(&alerts[&key], &name);
    assert!(matches!(dispatch.next_step(), Some(Step::Write(_))));
    assert_eq!(dispatch.threads.corrected(&key, &name, 1), [Correction::InHand]);
}

/// A word from there brings the next reading forward, and never puts it off.
#[test]
fn a_target_that_speaks_is_read_soon() {
    let wake = |told: &Told| told.dispatch.reconcile.next_wake().map(|wake| wake.at);
    let mut told = Told::new(60);
    let gap = told.dispatch.reconcile.desks.values().next().unwrap().reads.gap;
    assert_eq!(wake(&told), Some(at(2_100).tick));
    told.dispatch.read_soon(&TargetName::new("slack").unwrap(), at(1_900));
    assert_eq!(wake(&told), Some(at(2_100).tick), "it is another");
    let name = told.name();
    told.dispatch.read_soon(&name, at(1_900));
    assert_eq!(wake(&told), Some(at(1_900).tick + gap));
    told.dispatch.read_soon(&name, at(1_950));
    assert_eq!(wake(&told), Some(at(1_900).tick + gap));
    assert_eq!(told.read(1_910), 40);
    assert_eq!(wake(&told), None, "one is under way");
    told.hear(503, "", 1_911);
    assert_eq!(wake(&told), Some(at(1_910).tick + RECONCILE_EVERY));
}

/// A secret that is not there costs a reading, is counted and said.
#[test]
fn what_cannot_be_asked_is_said() {
    let mut told = Told::new(1);
    told.secrets = Secrets::default();
    while told.dispatch.next_step().is_some() {}
    assert_eq!(told.read(2_100), 0);
    assert_eq!(told.dispatch.unread().map(|(_, times)| times).sum::<u64>(), 1);
    let Told { dispatch, alerts, secrets } = &mut told;
    dispatch.read_due(&|key| alerts.get(key), secrets, at(2_399));
    assert!(dispatch.next_step().is_none(), "not before the next round");
    dispatch.read_due(&|key| alerts.get(key), secrets, at(2_400));
    let Some(Step::Say(_, text)) = dispatch.next_step() else { panic!("it is said") };
    assert!(text.contains("cannot be read back"), "{text}");
}

#[test]
fn what_waits_when_the_answer_comes_explains_it() {
    let mut told = Told::new(1);
    assert_eq!(told.read(2_100), 1);
    let (name, key) = (told.name(), told.key());
    let notice =
        crate::dispatch::fixtures::notice(9, name.as_str(), &told.alerts[&key], Reason::Updated);
    told.dispatch.outbox.push(notice).unwrap();
    assert_eq!(told.hear(200, NOTHING, 2_101), 0);
}
