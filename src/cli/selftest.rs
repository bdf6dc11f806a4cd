//! `andon selftest TARGET`: tells a target something that says it is a test, by the way that a
//! notice goes, and says in plain words what came of it.
//!
//! It needs no running hub, and touches no ledger.

use andon::edge::clock::Clock;
use andon::edge::entropy;
use andon::edge::http::Client;
use andon::edge::secrets::Vaults;
use andon::hub::Loaded;
use andon::limits::SELFTEST_STEPS_MAX;
use andon::model::http::{LinkFault, Reply};
use andon::model::notice::{Notice, Subject};
use andon::model::outgoing::Outgoing;
use andon::model::secret::{SecretRef, Secrets};
use andon::model::target::TargetConfig;
use andon::model::thread::Thread;
use andon::target::{Delivery, Letter, NoToken, Stage, classify, granted, log_in, request, trial};
use serde_json::{Value, json};
use smol::channel::bounded;

use super::environment::Environment;
use super::exit::Fault;
use super::options::SelftestOptions;
use super::{check, out, run};

/// Tells the targets, one after the other, and prints what came of each.
pub(crate) fn selftest(options: &SelftestOptions, environment: &Environment) -> Result<(), Fault> {
    let loaded = check::config(&options.config)?;
    let chosen: Vec<&TargetConfig> = match &options.target {
        None => loaded.config.targets.iter().collect(),
        Some(name) => {
            let mut targets = loaded.config.targets.iter();
            let found = targets.find(|target| target.name.as_str() == name);
            Vec::from([found.ok_or_else(|| nobody(options, name, &loaded))?])
        }
    };
    let (events, _) = bounded(1);
    let outward = run::outward(&loaded.config.network, environment)?;
    let vault = loaded.config.vault.clone().map(|config| run::vault(config, &outward, &events));
    let own = Vaults { credentials: environment.credentials.clone(), vault: None };
    let references = chosen.iter().flat_map(|target| target.secret_refs()).cloned();
    let references: Vec<SecretRef> = references.collect();
    let (mut secrets, mut missing) = own.read(&references);
    if let Some(vault) = vault {
        let (of_vault, not_there) = vault.read(&references, &own);
        secrets = secrets.replaced_by(of_vault);
        missing.extend(not_there);
    }
    for text in missing {
        out::complain(&text);
    }
    let exits = run::exits(outward, &loaded.config.targets, environment)?;
    let mut desk = Desk { loaded: &loaded, secrets, client: Client::with(exits, events) };
    let mut first = None;
    for target in chosen {
        let verdict = desk.tell(target);
        out::print(&match options.json {
            true => format!("{}\n", verdict.object(target)),
            false => format!("{}: {}\n", target.name, verdict.sentence()),
        })?;
        first = first.or_else(|| verdict.fault());
    }
    first.map_or(Ok(()), Err)
}

struct Desk<'a> {
    loaded: &'a Loaded,
    secrets: Secrets,
    client: Client,
}

/// What came of a target's test.
enum Verdict {
    Told {
        requests: usize,
    },
    /// The settings or the secrets.
    Ours(String),
    /// What lies between.
    Way(String),
    /// Its system has trouble, which may pass.
    Theirs(String),
    /// It does not let us.
    Shut(String),
    /// It does not take what it was sent.
    Refused(String),
}

impl Desk<'_> {
    fn tell(&mut self, target: &TargetConfig) -> Verdict {
        let key = format!("{:016x}{:016x}", entropy::seed(), entropy::seed());
        let notices = match trial(target, &key, Clock::real().now()) {
            Ok(notices) => notices,
            Err(fault) => return Verdict::Ours(format!("no test can be made: {fault}")),
        };
        let (mut requests, mut thread) = match self.log_in(target) {
            Ok(requests) => (requests, None),
            Err(verdict) => return verdict,
        };
        for notice in &notices {
            match self.exchange(target, notice, &mut thread) {
                Ok(made) => requests += made,
                Err(verdict) => return verdict,
            }
        }
        Verdict::Told { requests }
    }

    /// The request for a token, where the target wants one.
    fn log_in(&mut self, target: &TargetConfig) -> Result<usize, Verdict> {
        let Some(client) = target.kind.client() else { return Ok(0) };
        let request = log_in(target, client, &self.secrets);
        let request = request.map_err(|fault| Verdict::Ours(fault.to_string()))?;
        let outgoing = Outgoing::Http(request);
        let outcome = self.client.send(&outgoing);
        match granted(client, &outcome) {
            Ok(granted) => {
                self.secrets.put_token(client, granted.token);
                Ok(1)
            }
            Err(NoToken::Shut { why }) => Err(Verdict::Shut(why.into())),
            Err(NoToken::Later { why, .. }) => {
                let why = outcome.as_ref().err().map_or_else(|| why.into(), ToString::to_string);
                Err(missed(&why, outgoing.origin(), &outcome))
            }
        }
    }

    /// The requests of one notice, as the outbox would make them, but for trying again.
    fn exchange(
        &self,
        target: &TargetConfig,
        notice: &Notice,
        thread: &mut Option<Thread>,
    ) -> Result<usize, Verdict> {
        let mut stage = Stage::First;
        for requests in 1..=SELFTEST_STEPS_MAX {
            let letter = Letter {
                notice,
                texts: self.loaded.texts.of(&target.name),
                secrets: &self.secrets,
                now: Clock::real().now(),
                thread: thread.as_ref(),
                stage: &stage,
            };
            let outgoing =
                request(target, &letter).map_err(|fault| Verdict::Ours(fault.to_string()))?;
            let outcome = self.client.send(&outgoing).map(|reply| self.secrets.withhold(reply));
            let heard = classify(&target.kind, thread.as_ref(), notice, &stage, &outcome);
            match heard {
                Delivery::Next(next) => stage = next,
                Delivery::Accepted { thread: None } => return Ok(requests),
                Delivery::Accepted { thread: Some(reference) } => {
                    *thread = about(notice, target, reference);
                    return Ok(requests);
                }
                Delivery::Later { why, .. } => {
                    return Err(missed(&why, outgoing.origin(), &outcome));
                }
                Delivery::Refused { why } => return Err(Verdict::Refused(why.into())),
                Delivery::Disabled { why } => return Err(Verdict::Shut(why.into())),
            }
        }
        Err(Verdict::Refused(format!("its exchange has no end in {SELFTEST_STEPS_MAX} requests")))
    }
}

/// What the target calls the test's alert.
fn about(notice: &Notice, target: &TargetConfig, reference: Box<str>) -> Option<Thread> {
    let Subject::Alert(facts) = &notice.subject else { return None };
    Some(Thread::new(facts.key.clone(), target.name.clone(), reference))
}

/// Whose fault it is that there is no yes.
fn missed(why: &str, origin: &str, outcome: &Result<Reply, LinkFault>) -> Verdict {
    match outcome {
        Ok(_) => Verdict::Theirs(why.into()),
        Err(LinkFault::BadRequest(_) | LinkFault::NotMade(_) | LinkFault::ProxyRefuses(_)) => {
            Verdict::Ours(why.into())
        }
        Err(
            LinkFault::NoSuchHost
            | LinkFault::Connect(_)
            | LinkFault::Tls(_)
            | LinkFault::Dated(_)
            | LinkFault::Timeout
            | LinkFault::Closed(_)
            | LinkFault::AnswerTooLarge
            | LinkFault::Proxy(_),
        ) => Verdict::Way(format!("{origin}: {why}")),
    }
}

impl Verdict {
    fn sentence(&self) -> String {
        match self {
            Self::Told { requests: 1 } => "told; see whether the test has arrived there".into(),
            Self::Told { requests } => {
                format!("told, in {requests} requests; see whether the test has arrived there")
            }
            Self::Ours(why) => format!("not told, and the mend is on this side: {why}"),
            Self::Way(why) => {
                format!("not told, for the way there: {why}. See whether this box reaches it")
            }
            Self::Theirs(why) => {
                format!("not told, for trouble on its side: {why}. Run this again later")
            }
            Self::Shut(why) => format!("not told, since it does not let us: {why}"),
            Self::Refused(why) => format!(
                "not told, since it does not take what it was sent: {why}. Look at the target's \
                 keys in the file"
            ),
        }
    }

    const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Told { .. } => ("told", "nobody"),
            Self::Ours(_) => ("config", "ours"),
            Self::Way(_) => ("unreachable", "way"),
            Self::Theirs(_) => ("trouble", "target"),
            Self::Shut(_) => ("shut", "ours"),
            Self::Refused(_) => ("refused", "ours"),
        }
    }

    fn object(&self, target: &TargetConfig) -> Value {
        let (verdict, whose) = self.words();
        let said = match self {
            Self::Told { .. } => None,
            Self::Ours(why)
            | Self::Way(why)
            | Self::Theirs(why)
            | Self::Shut(why)
            | Self::Refused(why) => Some(why),
        };
        json!({ "target": target.name.as_str(), "verdict": verdict, "whose": whose, "said": said })
    }

    /// The exit code; what there is to say has been printed.
    fn fault(&self) -> Option<Fault> {
        match self {
            Self::Told { .. } => None,
            Self::Ours(_) => Some(Fault::config("")),
            Self::Way(_) => Some(Fault::unavailable("")),
            Self::Theirs(_) => Some(Fault::later("")),
            Self::Shut(_) => Some(Fault::no_permission("")),
            Self::Refused(_) => Some(Fault::protocol("")),
        }
    }
}

fn nobody(options: &SelftestOptions, name: &str, loaded: &Loaded) -> Fault {
    let names: Vec<&str> =
        loaded.config.targets.iter().map(|target| target.name.as_str()).collect();
    Fault::usage(format!(
        "{} has no target {name}; it has {}",
        options.config.display(),
        names.join(", ")
    ))
}
