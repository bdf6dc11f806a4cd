//! What an entity means to the business, carried to its alerts and their notices.
//!
//! An alert that begins is told what is known of its entity. Where the configuration database has
//! to be asked, its notices are made and written at once and wait a moment for the answer. What
//! nobody knows is told as `unmapped`, and how many entities in trouble are so is a sample of
//! their source, of the metric `hub.source.unmapped_entities`: guide 1's audit alert.
//!
//! # Promises
//! - `an_entity_counts_as_unmapped_once_it_is_known_to_be`

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

use crate::api::{Family, FamilyKind};
use crate::effect::Effect;
use crate::enrich::{Found, Learned, Step, Whom};
use crate::event::Ticket;
use crate::hub::{Hub, own, vitals};
use crate::limits::ENRICHMENT_WAIT;
use crate::model::alert::{Alert, AlertKey, Phase};
use crate::model::business::Business;
use crate::model::config::{Config, SourceConfig};
use crate::model::metric::{Metric, Subject};
use crate::model::name::{EntityId, SourceName};
use crate::model::rule::Rule;
use crate::model::time::{Now, Span};

/// Which entities in trouble are unmapped, and what was said of it.
#[derive(Debug, Default)]
pub(super) struct Audit {
    /// Those that are known to be.
    unmapped: BTreeSet<Whom>,
    /// Those of which nothing is known yet, since they are asked about for the first time.
    waiting: BTreeSet<Whom>,
    /// What the evaluation was last told of each source.
    told: BTreeMap<SourceName, usize>,
    /// Whether something may be different since.
    news: News,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum News {
    /// At the start an alert from before waits for the first word.
    #[default]
    Some,
    None,
}

impl Audit {
    /// What is unmapped among these alerts, by what was known of them before the start.
    pub(super) fn restore<'a>(alerts: impl Iterator<Item = &'a Alert>) -> Self {
        let unmapped = alerts.filter(|alert| alert.is_unmapped()).map(whom).collect();
        Self { unmapped, ..Self::default() }
    }

    /// Counts anew; the sources whose number is another, with the entities.
    fn count<'a>(
        &mut self,
        alerts: impl Iterator<Item = &'a Alert>,
        sources: &[SourceConfig],
    ) -> Vec<(usize, Vec<EntityId>)> {
        if core::mem::replace(&mut self.news, News::None) == News::None {
            return Vec::new();
        }
        let unmapped = alerts.filter(|alert| alert.is_unmapped()).map(whom);
        self.unmapped = unmapped.filter(|whom| !self.waiting.contains(whom)).collect();
        let mut changed = Vec::new();
        for (index, source) in sources.iter().enumerate() {
            let of_source = self.unmapped.iter().filter(|(name, _)| *name == source.name);
            let entities: Vec<EntityId> = of_source.map(|(_, entity)| entity.clone()).collect();
            if self.told.insert(source.name.clone(), entities.len()) != Some(entities.len()) {
                changed.push((index, entities));
            }
        }
        changed
    }
}

fn whom(alert: &Alert) -> Whom {
    (alert.source.clone(), alert.entity.clone())
}

impl Hub {
    /// Tells an alert what its entity means, as far as that is known, and has the rest looked up.
    pub(super) fn enrich(&mut self, key: &AlertKey, now: Now) {
        let is_configured = self.config.enrichment.is_configured();
        let Some(alert) = self.evaluate.alerts.get_mut(key.as_str()) else { return };
        self.audit.news = News::Some;
        if !is_configured {
            alert.business = None;
            return;
        }
        if alert.phase != Phase::Detected {
            return;
        }
        let whom = whom(alert);
        if matches!(alert.metric.about(), Subject::Source | Subject::Hub) {
            // The hub's own word; the database knows entities.
            let known = self.enrich.in_tables(&whom, &alert.entity_name);
            alert.business = known.map(|business| Box::new(business.clone()));
            return;
        }
        match self.enrich.look_up(&whom, &alert.entity_name, now) {
            Found::Now(learned) => teach(alert, &learned),
            Found::Asked => {
                teach(alert, &Learned::Failed);
                if alert.is_unmapped() {
                    self.dispatch.hold(key, now.tick + ENRICHMENT_WAIT);
                    if !self.audit.unmapped.contains(&whom) {
                        self.audit.waiting.insert(whom);
                    }
                }
            }
        }
    }

    /// What the file says now of the alerts that were open before the start.
    pub(super) fn enrich_restored(&mut self, now: Now) {
        let open = self.evaluate.alerts.iter().filter(|alert| alert.phase == Phase::Detected);
        let known: Vec<_> = open.map(|alert| (alert.key.clone(), alert.business.clone())).collect();
        for (key, before) in known {
            self.enrich(&key, now);
            let alert = self.evaluate.alerts.get(key.as_str());
            if alert.is_some_and(|alert| alert.business != before) {
                self.write_alert(&key);
            }
        }
    }

    /// Carries what the enrichment asks for to where it belongs.
    pub(super) fn follow_enrichment(&mut self, now: Now) {
        while let Some(step) = self.enrich.next_step(&self.secrets, now) {
            match step {
                Step::Ask { number, request } => {
                    let ticket = Ticket::Context(number);
                    self.link.asks(ticket, &request);
                    self.effects.push_back(Effect::Fetch { ticket, request });
                }
                Step::Learned { whom, learned } => self.learned(&whom, &learned, now),
                Step::Again(again) => {
                    let mut alerts = self.evaluate.alerts.iter();
                    let alert = alerts.find(|alert| alert.is_unmapped() && whom(alert) == again);
                    if let Some(alert) = alert {
                        // Nothing waits for it; a [`Step::Learned`] follows where it is asked.
                        self.enrich.look_up(&again, &alert.entity_name, now);
                    }
                }
                Step::RereadSecrets => self.effects.push_back(Effect::RereadSecrets),
                Step::Say(level, text) => self.say(level, text),
            }
        }
    }

    /// How many entities in trouble are unmapped is a sample of their source.
    pub(super) fn look_at_unmapped(&mut self, now: Now) {
        if !self.config.enrichment.is_configured() {
            return;
        }
        let config = alloc::rc::Rc::clone(&self.config);
        for (index, entities) in self.audit.count(self.evaluate.alerts.iter(), &config.sources) {
            let source = config.sources.get(index).map(|source| source.name.as_str());
            let Some(entity) = source.and_then(|name| EntityId::new(name).ok()) else { continue };
            if !entities.is_empty() {
                let names: Vec<&str> =
                    entities.iter().take(NAMES_SAID).map(EntityId::as_str).collect();
                let more = if entities.len() > NAMES_SAID { " and others" } else { "" };
                let text = format!(
                    "{}: {} entities in trouble have no business impact: {}{more}",
                    entity.as_str(),
                    entities.len(),
                    names.join(", ")
                );
                self.say(log::Level::Warn, text);
            }
            let count = vitals::count(entities.len());
            let sample = own::sample(&entity, Metric::UNMAPPED_ENTITIES, count, now);
            self.observe(index, &sample, now);
        }
    }

    fn learned(&mut self, about: &Whom, learned: &Learned, now: Now) {
        self.audit.waiting.remove(about);
        self.audit.news = News::Some;
        let is_it = |alert: &&Alert| {
            alert.source == about.0
                && alert.entity == about.1
                && !matches!(alert.metric.about(), Subject::Source | Subject::Hub)
        };
        let keys: Vec<AlertKey> =
            self.evaluate.alerts.iter().filter(is_it).map(|alert| alert.key.clone()).collect();
        for key in keys {
            let Some(alert) = self.evaluate.alerts.get_mut(key.as_str()) else { continue };
            let before = alert.business.clone();
            teach(alert, learned);
            let business = alert.business.clone();
            if business != before {
                self.dispatch.reroute(alert, now);
                self.write_alert(&key);
            }
            self.dispatch.release(&key, business.as_deref());
        }
    }
}

/// What is known of an alert's entity. A database that is silent takes nothing back.
fn teach(alert: &mut Alert, learned: &Learned) {
    match learned {
        Learned::Known(business) => alert.business = Some(business.clone()),
        Learned::Unknown => alert.business = Some(Box::default()),
        Learned::Failed => {
            alert.business.get_or_insert_with(Box::<Business>::default);
        }
    }
}

/// The rule that makes unmapped entities trouble: a gap in a table, to be mended by day.
pub(super) fn rule(source: &SourceConfig, config: &Config) -> Option<Rule> {
    if !config.enrichment.is_configured() {
        return None;
    }
    let origin = "the hub's own: entities without business context";
    let rule = own::rule(source, config, origin, Metric::UNMAPPED_ENTITIES, 1.0)?;
    Some(Rule {
        priority: config.enrichment.audit_priority,
        cooldown: AUDIT_COOLDOWN,
        escalation_threshold: AUDIT_ESCALATION,
        ..rule
    })
}

/// What became of look-ups, and what is unmapped.
pub(super) fn families(hub: &Hub) -> Vec<Family> {
    if !hub.config.enrichment.is_configured() {
        return Vec::new();
    }
    let counts = hub.enrich.counts;
    let outcomes =
        [("known", counts.known), ("unknown", counts.unknown), ("failed", counts.failed)];
    let outcomes = outcomes
        .map(|(outcome, count)| (Vec::from([("outcome", outcome.into())]), vitals::count(count)));
    let unmapped = hub.config.sources.iter().map(|source| {
        let count = hub.audit.unmapped.iter().filter(|(name, _)| *name == source.name).count();
        vitals::labelled("source", &source.name, vitals::count(count))
    });
    Vec::from([
        Family {
            name: "andon_context_lookups_total",
            help: "Requests about the business context of entities.",
            kind: FamilyKind::Counter,
            samples: Vec::from([(Vec::new(), vitals::count(counts.asked))]),
        },
        Family {
            name: "andon_context_answers_total",
            help: "Entities that were looked up in the configuration database, by what came of it.",
            kind: FamilyKind::Counter,
            samples: outcomes.into(),
        },
        Family {
            name: "andon_unmapped_entities",
            help: "Entities in trouble whose business impact nobody has told.",
            kind: FamilyKind::Gauge,
            samples: unmapped.collect(),
        },
    ])
}

/// So many of them are named in the log.
const NAMES_SAID: usize = 8;

/// A number that changes is told again no sooner than this.
const AUDIT_COOLDOWN: Span = Span::secs(3_600);

/// It does not grow worse within a shift.
const AUDIT_ESCALATION: Span = Span::secs(24 * 3_600);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::hub::Setup;
    use crate::hub::fixtures::{at, loaded_with};
    use crate::ledger::Remembered;
    use crate::model::answer::{Answer, Reading, Row};
    use crate::model::http::{LinkFault, Reply};
    use crate::model::secret::Secrets;

    const CMDB: &str = "P3 = { targets = [\"slack\"] }\n[enrichment]\ncmdb = { url = \
                        \"https://c.example/{entity_id}\" }\n";

    fn hub(more: &str) -> Hub {
        let (loaded, boot) = (loaded_with(more), "boot".into());
        let (secrets, remembered) = (Secrets::default(), Remembered::default());
        Hub::new(Setup { loaded, secrets, remembered, boot, seed: 1 }, at(0))
    }

    fn waiting(hub: &mut Hub, entity: &str, calls: f64, second: i64) {
        let answer = Answer {
            vendor_time: at(second).utc,
            bucket: None,
            every: None,
            metrics: [Metric::find("calls_waiting").unwrap()].into(),
            rows: [Row { entity: EntityId::new(entity).unwrap(), name: None }].into(),
            readings: [Reading::Value(calls)].into(),
            rows_refused: 0,
        };
        hub.observe(0, &answer, at(second));
        hub.handle(Event::Woke, at(second));
    }

    fn unmapped(hub: &Hub) -> Vec<&str> {
        hub.audit.unmapped.iter().map(|(_, entity)| entity.as_str()).collect()
    }

    fn impact(hub: &Hub, entity: &str) -> Option<Box<str>> {
        let mut alerts = hub.evaluate.alerts.iter();
        let alert = alerts.find(|alert| alert.entity.as_str() == entity).unwrap();
        alert.business.as_ref().map(|business| business.impact().into())
    }

    #[test]
    fn an_entity_counts_as_unmapped_once_it_is_known_to_be() {
        let mut hub = hub(CMDB);
        for entity in ["a", "b"] {
            waiting(&mut hub, entity, 22.0, 10);
        }
        assert!(unmapped(&hub).is_empty(), "nobody knows yet");
        let ticket = Ticket::Context(0);
        let outcome = Ok(Reply::new(200, "application/json", "{\"result\": []}"));
        hub.handle(Event::Answered { ticket, outcome }, at(11));
        assert_eq!(unmapped(&hub), ["a"]);
        let ticket = Ticket::Context(1);
        let body = "{\"result\": [{\"business_impact\": \"risk\"}]}";
        let outcome = Ok(Reply::new(200, "application/json", body));
        hub.handle(Event::Answered { ticket, outcome }, at(11));
        assert_eq!((unmapped(&hub), impact(&hub, "b")), (Vec::from(["a"]), Some("risk".into())));
        // It is asked again after a minute, and is no less unmapped meanwhile.
        hub.handle(Event::Woke, at(71));
        waiting(&mut hub, "b", 0.0, 72);
        assert_eq!(unmapped(&hub), ["a"]);
        let (ticket, outcome) = (Ticket::Context(2), Err(LinkFault::Timeout));
        hub.handle(Event::Answered { ticket, outcome }, at(76));
        // What is known of an entity is not unlearned while the database is silent.
        waiting(&mut hub, "b", 22.0, 80);
        assert_eq!((unmapped(&hub), impact(&hub, "b")), (Vec::from(["a"]), Some("risk".into())));
        waiting(&mut hub, "a", 0.0, 90);
        assert!(unmapped(&hub).is_empty());
    }

    #[test]
    fn the_table_of_the_file_is_told_and_nothing_else_where_there_is_none() {
        let table = "P3 = { targets = [\"slack\"] }\n[[context]]\nentity = \"a*\"\n\
                     business_impact = \"risk\"\n";
        let mut hub = hub(table);
        for entity in ["a1", "b"] {
            waiting(&mut hub, entity, 22.0, 10);
        }
        assert_eq!(unmapped(&hub), ["b"]);
        let impacts = ["a1", "b"].map(|entity| impact(&hub, entity));
        assert_eq!(impacts, [Some("risk".into()), Some("unmapped".into())]);
        let own =
            hub.evaluate.alerts.iter().find(|alert| alert.metric == Metric::UNMAPPED_ENTITIES);
        assert_eq!(own.map(|alert| (alert.value, alert.phase)), Some((1.0, Phase::Detected)));
        assert_eq!(impact(&hub, "cxone"), None, "the hub's own alert is about no entity");
        let mut bare = self::hub("");
        waiting(&mut bare, "b", 22.0, 10);
        assert_eq!(impact(&bare, "b"), None);
        assert_eq!(bare.evaluate.alerts.iter().count(), 1);
    }
}
