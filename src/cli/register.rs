//! `andon register SOURCE`: registers the source's webhook with its platform, or shows or removes
//! it. What the decision machine of `platform` asks for is fetched one after the other.

use andon::edge::clock::Clock;
use andon::edge::http::Client;
use andon::edge::secrets::Vaults;
use andon::edge::vault::Vault;
use andon::hub::Loaded;
use andon::model::config::{Parameter, SourceConfig, WEBHOOK_SECRETS, WEBHOOK_URL};
use andon::model::http::{Reply, Request};
use andon::model::secret::{SecretRef, Secrets};
use andon::platform::{
    Deed, Definition, Goal, Listed, LoginDraft, LoginStep, Registering, RegistrationStep, Session,
    SourceFault, Standing, VendorFault,
};
use serde_json::{Value, json};
use smol::channel::bounded;

use super::environment::Environment;
use super::exit::Fault;
use super::options::RegisterOptions;
use super::{check, out, run};

/// Everything that is needed to ask a source's platform.
struct Desk {
    source: SourceConfig,
    definition: Definition,
    secrets: Secrets,
    client: Client,
}

/// Does it, and prints what there was and what was done.
pub(crate) fn register(options: &RegisterOptions, environment: &Environment) -> Result<(), Fault> {
    let desk = Desk::open(options, environment)?;
    let session = desk.login()?;
    let registering = desk.run(options.goal, &session)?;
    out::print(&match options.json {
        true => format!("{}\n", desk.as_json(&registering)),
        false => desk.as_text(options.goal, &registering),
    })
}

impl Desk {
    fn open(options: &RegisterOptions, environment: &Environment) -> Result<Self, Fault> {
        let loaded = check::config(&options.config)?;
        let mut pairs = loaded.config.sources.iter().zip(&loaded.definitions);
        let pair = pairs.find(|(source, _)| source.name.as_str() == options.source);
        let (source, definition) = pair.ok_or_else(|| nobody(options, &loaded))?;
        let (mut source, definition) = (source.clone(), (**definition).clone());
        let name = &source.name;
        if !definition.registers_webhooks() {
            return Err(Fault::config(format!(
                "{name}: the definition {} has no [webhook.registration]. Register the webhook in \
                 the platform's own pages, or write the table (docs/source-definition.md)",
                definition.name()
            )));
        }
        if let Some(url) = &options.url {
            source.parameters.insert(WEBHOOK_URL.into(), Parameter::Text(url.as_str().into()));
        }
        if options.goal == Goal::Register && !source.parameters.contains_key(WEBHOOK_URL) {
            return Err(Fault::usage(format!(
                "{name}: nothing says where the platform reaches this hub. Write webhook_url into \
                 its [[source]] table, or --url https://.../ingest/{name}"
            )));
        }
        let (events, _) = bounded(1);
        let outward = run::outward(&loaded.config.network, environment)?;
        let client = Client::by(outward.clone(), events.clone());
        let vault = loaded.config.vault.clone().map(|config| run::vault(config, &outward, &events));
        let secrets = secrets(&source, vault, environment)?;
        Ok(Self { source, definition, secrets, client })
    }

    /// The source's own login, step by step.
    fn login(&self) -> Result<Session, Fault> {
        let mut draft = LoginDraft::default();
        loop {
            let step = self.definition.login(&self.source, &self.secrets, &draft);
            let request = match step.map_err(|fault| self.of_source(&fault))? {
                LoginStep::Done(session) => return Ok(session),
                LoginStep::Ask(request) => request,
            };
            let reply = self.fetch(&request)?;
            let read = self.definition.read_login(&self.source, draft, &request.url, &reply);
            draft = read.map_err(|fault| {
                let mend = "Check the client's id and secret, and that it is enabled";
                self.of_vendor("no token", &fault, mend)
            })?;
        }
    }

    fn run(&self, goal: Goal, session: &Session) -> Result<Registering, Fault> {
        let mut draft = Registering::new(goal);
        loop {
            let utc = Clock::real().now().utc;
            let step =
                self.definition.register(&self.source, &self.secrets, session, &mut draft, utc);
            let request = match step.map_err(|fault| self.of_source(&fault))? {
                RegistrationStep::Done => return Ok(draft),
                RegistrationStep::Ask(request) => request,
            };
            let reply = self.fetch(&request)?;
            let read = self.definition.read_registration(&mut draft, &request.url, &reply);
            read.map_err(|fault| {
                let what = format!(
                    "{} {} is not done",
                    request.method.as_str(),
                    request.url.split('?').next().unwrap_or_default()
                );
                let mend = "Give the client the permission to manage webhooks, and its token the \
                            scope";
                self.of_vendor(&what, &fault, mend)
            })?;
        }
    }

    fn fetch(&self, request: &Request) -> Result<Reply, Fault> {
        match self.client.fetch(request) {
            Ok(reply) if reply.status < 300 => Ok(reply),
            Ok(reply) => Ok(self.secrets.withhold(reply)),
            Err(fault) => Err(Fault::unavailable(format!(
                "{}: {} cannot be asked: {fault}. See whether this box reaches it",
                self.source.name,
                request.origin()
            ))),
        }
    }

    /// The operator's part is missing.
    fn of_source(&self, fault: &SourceFault) -> Fault {
        Fault::config(format!("{}: {fault}", self.source.name))
    }

    /// The platform answered, and not as it should.
    fn of_vendor(&self, what: &str, fault: &VendorFault, mend: &str) -> Fault {
        let text = |mend: &str| format!("{}: {what}: {fault}. {mend}", self.source.name);
        let refused = if let VendorFault::Refused { status, .. } = fault { *status } else { 0 };
        match refused {
            401 | 403 => Fault::no_permission(text(mend)),
            429 | 500.. => Fault::later(text("This is the platform's trouble: run it again later")),
            _ => Fault::protocol(text(&format!(
                "The platform does not take what the config and the definition {} say, or answers \
                 otherwise",
                self.definition.name()
            ))),
        }
    }

    fn url(&self) -> Option<&str> {
        match self.source.parameters.get(WEBHOOK_URL) {
            Some(Parameter::Text(url)) => Some(url),
            Some(Parameter::Secret(_) | Parameter::List(_)) | None => None,
        }
    }

    fn as_json(&self, registering: &Registering) -> Value {
        let listed = registering.listed().iter().map(|listed| {
            let Listed { id, name, url, standing, .. } = listed;
            let (ours, differs) = match standing {
                Standing::Foreign => (false, None),
                Standing::Right => (true, None),
                Standing::Differs(what) => (true, Some(what)),
            };
            json!({ "id": id, "name": name, "url": url, "ours": ours, "differs": differs })
        });
        let deeds = registering.deeds().iter();
        let deeds = deeds.map(|(deed, id)| json!({ "did": did(*deed), "id": id }));
        json!({
            "source": self.source.name.as_str(),
            "webhook_url": self.url(),
            "listed": listed.collect::<Vec<_>>(),
            "done": deeds.collect::<Vec<_>>(),
        })
    }

    fn as_text(&self, goal: Goal, registering: &Registering) -> String {
        let name = &self.source.name;
        let mut text = format!("{name}: the platform had {}\n", count(registering.listed().len()));
        for Listed { id, name, url, standing, .. } in registering.listed() {
            let whose = match standing {
                Standing::Foreign => "somebody else's".to_owned(),
                Standing::Right => "ours".to_owned(),
                Standing::Differs(what) => format!("ours, and its {what} is not as configured"),
            };
            text.push_str(&format!("  {id}  {name}  {url}  ({whose})\n"));
        }
        for (deed, id) in registering.deeds() {
            let to = match (deed, self.url()) {
                (Deed::Created | Deed::Corrected, Some(url)) => format!(", delivered to {url}"),
                (Deed::Created | Deed::Corrected | Deed::Removed, _) => String::new(),
            };
            text.push_str(&format!("{name}: {} {id}{to}\n", did(*deed)));
        }
        if registering.deeds().is_empty() && goal != Goal::Show {
            let why = match goal {
                Goal::Remove => "none of them is ours",
                Goal::Register | Goal::Show => "ours is as it should be",
            };
            text.push_str(&format!("{name}: nothing to do, {why}\n"));
        }
        text
    }
}

fn did(deed: Deed) -> &'static str {
    match deed {
        Deed::Created => "created",
        Deed::Corrected => "corrected",
        Deed::Removed => "removed",
    }
}

fn count(webhooks: usize) -> String {
    match webhooks {
        0 => "no webhook".into(),
        1 => "1 webhook".into(),
        many => format!("{many} webhooks"),
    }
}

fn nobody(options: &RegisterOptions, loaded: &Loaded) -> Fault {
    let names: Vec<&str> =
        loaded.config.sources.iter().map(|source| source.name.as_str()).collect();
    Fault::usage(format!(
        "{} has no source {}; it has {}",
        options.config.display(),
        options.source,
        names.join(", ")
    ))
}

/// The secrets that the login needs, which those that prove webhooks are none of.
fn secrets(
    source: &SourceConfig,
    vault: Option<Vault>,
    environment: &Environment,
) -> Result<Secrets, Fault> {
    let needed = source.parameters.iter().filter(|(name, _)| !WEBHOOK_SECRETS.contains(&&***name));
    let references: Vec<SecretRef> = needed
        .filter_map(|(_, parameter)| match parameter {
            Parameter::Secret(reference) => Some(reference.clone()),
            Parameter::Text(_) | Parameter::List(_) => None,
        })
        .collect();
    let vaults = Vaults { credentials: environment.credentials.clone(), vault: None };
    let (mut secrets, mut missing) = vaults.read(&references);
    if let Some(vault) = vault {
        let (of_vault, not_there) = vault.read(&references, &vaults);
        secrets = secrets.replaced_by(of_vault);
        missing.extend(not_there);
    }
    match missing.is_empty() {
        true => Ok(secrets),
        false => Err(Fault::config(format!("{}: {}", source.name, missing.join("; ")))),
    }
}
