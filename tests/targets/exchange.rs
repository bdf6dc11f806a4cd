//! A notice on its way to a target: the requests of the exchange about it, and what comes of them.

use andon::edge::exits::Exits;
use andon::edge::http::Client;
use andon::edge::outward::Outward;
use andon::model::alert::AlertKey;
use andon::model::config::Templates;
use andon::model::http::{LinkFault, Reply};
use andon::model::metric::Metric;
use andon::model::name::{EntityId, SourceName, TargetName};
use andon::model::network::NetworkConfig;
use andon::model::notice::{AlertFacts, Notice, Reason, Subject};
use andon::model::outgoing::Outgoing;
use andon::model::passage::Passage;
use andon::model::rule::{Operator, Priority, Severity};
use andon::model::secret::{Secret, SecretRef, Secrets};
use andon::model::target::{TargetConfig, TargetKind};
use andon::model::thread::Thread;
use andon::model::time::{ClockTrust, Now, Span, Stamp, Tick, UtcMs};
use andon::target::{
    Delivery, Letter, NoToken, Stage, Texts, TokenWord, granted, log_in, token_word,
};
use rustls::pki_types::CertificateDer;

/// A target and the client that reaches it.
pub(crate) struct Exchange {
    target: TargetConfig,
    secrets: Secrets,
    client: Client,
    pub(crate) stage: Stage,
    /// What the target calls the alert.
    pub(crate) thread: Option<Thread>,
    pub(crate) now: Now,
    /// In the place of the usual one.
    pub(crate) deadline: Option<Span>,
}

/// 2024-05-15T14:32:25Z.
const NOW: Now = Now { tick: Tick(5_000), utc: UtcMs(1_715_783_545_000), trust: ClockTrust::Ntp };

impl Exchange {
    /// With a target of this kind; every secret is `secret`, and servers that `roots` vouch for are
    /// believed.
    pub(crate) fn new(kind: TargetKind, secret: &str, roots: &[CertificateDer<'static>]) -> Self {
        let mut secrets = Secrets::default();
        for reference in kind.secret_refs() {
            secrets.put(reference.clone(), Secret::new(secret));
        }
        let (events, _) = smol::channel::bounded(1);
        let client = Client::by(Outward::plain().trusting(roots), events);
        let target = TargetConfig::new(TargetName::new("ops").unwrap(), kind);
        let (stage, thread) = (Stage::First, None);
        Self { target, secrets, client, stage, thread, now: NOW, deadline: None }
    }

    /// The same with a target that has a network of its own, beside that of all.
    pub(crate) fn reached_by(mut self, network: &NetworkConfig) -> Self {
        self.target.network = Some(Box::new(network.clone()));
        let targets = core::slice::from_ref(&self.target);
        let (environment, vaults) = Default::default();
        let exits = Exits::open(Outward::plain(), targets, &environment, &vaults).unwrap();
        let (events, _) = smol::channel::bounded(1);
        self.client = Client::with(exits, events);
        self
    }

    /// What kind of target it is.
    pub(crate) const fn kind(&self) -> &TargetKind {
        &self.target.kind
    }

    /// One request and what came of it.
    pub(crate) fn step(&self, notice: &Notice) -> Result<Reply, LinkFault> {
        // As the hub takes it: what is shown of an answer quotes no secret.
        self.client.send(&self.outgoing(notice)).map(|reply| self.secrets.withhold(reply))
    }

    /// The next request.
    pub(crate) fn outgoing(&self, notice: &Notice) -> Outgoing {
        let targets = core::slice::from_ref(&self.target);
        let texts = Texts::of_config(&Templates::default(), targets).unwrap();
        let texts = texts.of(&self.target.name);
        let (secrets, now) = (&self.secrets, self.now);
        let (thread, stage) = (self.thread.as_ref(), &self.stage);
        let letter = Letter { notice, texts, secrets, now, thread, stage };
        let mut outgoing = andon::target::request(&self.target, &letter).unwrap();
        if let Some(shorter) = self.deadline {
            match &mut outgoing {
                Outgoing::Http(request) => request.deadline = shorter,
                Outgoing::Mail(submission) => submission.deadline = shorter,
                Outgoing::Syslog(records) => records.deadline = shorter,
            }
        }
        outgoing
    }

    /// Gets a token, where the target wants one.
    fn log_in(&mut self) -> Result<(), NoToken> {
        let Some(client) = self.target.kind.client() else { return Ok(()) };
        let mut request = log_in(&self.target, client, &self.secrets).unwrap();
        request.deadline = self.deadline.unwrap_or(request.deadline);
        let granted = granted(client, &self.client.send(&Outgoing::Http(request)))?;
        self.secrets.put_token(client, granted.token);
        Ok(())
    }

    /// The exchange until it ends or has to wait, as the outbox would have it: it gets a token
    /// where there is none, and another where one is refused that was good before.
    pub(crate) fn tell(&mut self, notice: &Notice) -> Delivery {
        let client = self.target.kind.client();
        let mut is_old = client.is_some_and(|client| self.secrets.token(client).is_some());
        if !is_old && let Err(none) = self.log_in() {
            return none.into();
        }
        loop {
            let outcome = self.step(notice);
            if is_old && token_word(&outcome) == TokenWord::Refused {
                is_old = false;
                match self.log_in() {
                    Ok(()) => continue,
                    Err(none) => return none.into(),
                }
            }
            let kind = &self.target.kind;
            let (thread, stage) = (self.thread.as_ref(), &self.stage);
            let delivery = andon::target::classify(kind, thread, notice, stage, &outcome);
            if let Delivery::Accepted { thread: Some(reference) } = &delivery {
                let alert = notice.subject.alerts()[0].key.clone();
                let (target, reference) = (notice.target.clone(), reference.clone());
                self.thread = Some(Thread::new(alert, target, reference));
            }
            self.stage = match &delivery {
                Delivery::Next(stage) => {
                    self.stage = stage.clone();
                    continue;
                }
                Delivery::Later { .. } | Delivery::Disabled { .. } => {
                    andon::target::resumes(kind, &self.stage)
                }
                Delivery::Accepted { .. } | Delivery::Refused { .. } => Stage::First,
            };
            return delivery;
        }
    }
}

/// A secret by its name.
pub(crate) fn credential(name: &str) -> SecretRef {
    SecretRef::Credential(name.into())
}

/// A notice about a queue that is called so.
pub(crate) fn notice(reason: Reason, name: &str) -> Notice {
    Notice {
        number: 7,
        target: TargetName::new("ops").unwrap(),
        idempotency_key: "00112233445566778899aabbccddeeff".into(),
        reason,
        subject: Subject::Alert(Box::new(facts(reason, name))),
        made: Stamp { tick: Tick(0), utc: UtcMs(1_715_783_540_000) },
        passage: Passage::new(Tick(0)),
    }
}

/// The alert of guide 2's example.
pub(crate) fn facts(reason: Reason, name: &str) -> AlertFacts {
    let (source, entity) = (SourceName::new("cxone-prod"), EntityId::new("queue-id-8f3a2c1d"));
    let (source, entity) = (source.unwrap(), entity.unwrap());
    let metric = Metric::find("calls_waiting").unwrap();
    let resolved = reason == Reason::Recovered;
    AlertFacts {
        key: AlertKey::of(&source, "nice-cxone", metric, &entity),
        source,
        platform: "nice-cxone".into(),
        entity,
        entity_name: name.into(),
        metric,
        operator: Operator::AtLeast,
        value: if resolved { 4.0 } else { 22.0 },
        threshold: 15.0,
        priority: Priority::P1,
        severity: Severity::Critical,
        resolved,
        first_breach: UtcMs(1_715_783_495_000),
        breach_duration_seconds: if resolved { 720 } else { 45 },
        notification_count: 1,
        held_back: 0,
        raises: 1,
        open_seconds: 45,
        low: 4.0,
        high: 22.0,
        context: Default::default(),
        detail: None,
        monitoring_url: Some("https://api.example/ui/queues/8f3a?a=1&b=2".into()),
        business: None,
        lapse: None,
        told_late_seconds: 0,
        kin: None,
        hand: None,
    }
}
