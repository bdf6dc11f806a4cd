//! Registration against the simulated platforms of the guides.

#![expect(clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use andon::demo::centre::Centre;
use andon::demo::cxone::{self, CxOne};
use andon::demo::genesys::{self, guide::GenesysGuide};
use andon::demo::http::{Incoming, Reaction};
use andon::demo::traffic::Traffic;
use andon::demo::week::{WeekHour, Weekday};
use andon::hub::{Library, load};
use andon::model::config::{Parameter, SourceConfig, WEBHOOK_URL};
use andon::model::http::{Method, Reply, Request, origin};
use andon::model::secret::{Secret, SecretRef, Secrets};
use andon::model::time::{Span, UtcMs};
use andon::platform::{
    Deed, Definition, Goal, LoginDraft, LoginStep, Registering, RegistrationStep, Session,
    Standing, VendorFault,
};
use serde_json::{Value, json};

use crate::wire;

const NOW: UtcMs = UtcMs(1_715_783_531_000);

/// A simulated platform, and what was asked of it.
struct Platform {
    receive: Box<dyn FnMut(&Incoming) -> Reaction>,
    asked: Vec<String>,
}

struct Site {
    definition: Definition,
    source: SourceConfig,
    secrets: Secrets,
    platform: Platform,
}

const RULE: &str =
    r#"{ metric = "calls_waiting", operator = ">=", static_value = 15, priority = "P1" }"#;

fn traffic() -> Traffic {
    let at = WeekHour { weekday: Weekday::Thursday, hour: 10 };
    Traffic::Simulated(Box::new(Centre::bank(1, NOW, at)))
}

fn site(definition: &str, more: &str, platform: Platform) -> Site {
    let text = format!(
        "[[source]]\nname = \"prod\"\ndefinition = \"{definition}\"\nclient_id = \"id\"\n\
         client_secret = {{ credential = \"secret\" }}\n{more}\n\
         webhook_secret = {{ credential = \"webhook\" }}\nwebhook_register = true\n\
         webhook_url = \"https://your-hub.example.com/ingest/{definition}\"\n\
         [[target]]\nname = \"slack\"\nkind = \"slack\"\nurl = {{ credential = \"slack\" }}\n\
         [routes]\nP1 = {{ targets = [\"slack\"] }}\nP2 = {{ targets = [\"slack\"] }}\n\
         [[rules]]\nthresholds = [{RULE}]\n"
    );
    let loaded = load("andon.toml", &text, &Library::built_in());
    let loaded = loaded.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let mut secrets = Secrets::default();
    secrets.put(SecretRef::Credential("secret".into()), Secret::new("secret"));
    Site {
        definition: (*loaded.definitions[0]).clone(),
        source: loaded.config.sources[0].clone(),
        secrets,
        platform,
    }
}

fn genesys() -> Site {
    let access = genesys::Access {
        client_id: "id".into(),
        client_secret: "secret".into(),
        token_life: Span::secs(3_600),
        requests_per_minute: 300,
        login_prefix: "".into(),
        api_prefix: "".into(),
    };
    let mut guide = GenesysGuide::new(traffic(), access, 1);
    let receive = Box::new(move |incoming: &Incoming| guide.receive(incoming, NOW));
    site("genesys-cloud-guide", "", Platform { receive, asked: Vec::new() })
}

fn cxone() -> Site {
    cxone_with("realtime:read analytics:read webhook.manage")
}

fn cxone_with(scope: &str) -> Site {
    let access = cxone::Access {
        client_id: "id".into(),
        client_secret: "secret".into(),
        token_life: Span::secs(3_600),
        requests_per_minute: 300,
    };
    let mut guide = CxOne::new(traffic(), access, 1);
    let receive = Box::new(move |incoming: &Incoming| guide.receive(incoming, NOW));
    let scope = format!("scope = \"{scope}\"");
    site("nice-cxone-guide", &scope, Platform { receive, asked: Vec::new() })
}

impl Platform {
    fn fetch(&mut self, request: &Request) -> Reply {
        let path = request.url.strip_prefix(origin(&request.url)).unwrap();
        let incoming = Incoming {
            method: request.method.as_str().into(),
            path: path.into(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        };
        self.asked.push(format!("{} {path}", &incoming.method));
        (self.receive)(&incoming).reply().unwrap().clone()
    }
}

impl Site {
    fn session(&mut self) -> Session {
        let mut draft = LoginDraft::default();
        loop {
            match self.definition.login(&self.source, &self.secrets, &draft).unwrap() {
                LoginStep::Done(session) => return session,
                LoginStep::Ask(request) => {
                    let reply = self.platform.fetch(&request);
                    let read =
                        self.definition.read_login(&self.source, draft, &request.url, &reply);
                    draft = read.unwrap();
                }
            }
        }
    }

    fn run(&mut self, goal: Goal) -> Result<Registering, VendorFault> {
        let session = self.session();
        self.platform.asked.clear();
        let mut draft = Registering::new(goal);
        loop {
            let (source, secrets) = (&self.source, &self.secrets);
            let step = self.definition.register(source, secrets, &session, &mut draft, NOW);
            match step.unwrap() {
                RegistrationStep::Done => return Ok(draft),
                RegistrationStep::Ask(request) => {
                    let reply = self.platform.fetch(&request);
                    self.definition.read_registration(&mut draft, &request.url, &reply)?;
                }
            }
        }
    }

    fn deeds(&mut self, goal: Goal) -> Vec<Deed> {
        self.run(goal).unwrap().deeds().iter().map(|(deed, _)| *deed).collect()
    }

    /// Name and address of each webhook that there is.
    fn there(&mut self) -> Vec<(String, String)> {
        let listed = self.run(Goal::Show).unwrap();
        let listed = listed.listed().iter();
        listed.map(|listed| (listed.name.to_string(), listed.url.to_string())).collect()
    }

    fn moves_to(&mut self, url: &str) {
        self.source.parameters.insert(WEBHOOK_URL.into(), Parameter::Text(url.into()));
    }

    /// Somebody registers something by hand.
    fn register(&mut self, change: &[(&str, Value)]) {
        let session = self.session();
        let mut request = self.create();
        let mut body: Value = serde_json::from_slice(&request.body).unwrap();
        for (key, value) in change {
            body[*key] = value.clone();
        }
        request.body = body.to_string().into_bytes();
        let token = format!("Bearer {}", session.token.expose());
        request.headers.retain(|(name, _)| &**name != "authorization");
        request.headers.push(("authorization".into(), token.into()));
        assert_eq!(self.platform.fetch(&request).status, 201);
    }

    /// The request that registers, where nothing is registered yet.
    fn create(&self) -> Request {
        let session = Session::of(Secret::new("{TOKEN}"), Span::secs(60));
        let mut draft = Registering::new(Goal::Register);
        for _ in 0..2 {
            let (source, secrets) = (&self.source, &self.secrets);
            let step = self.definition.register(source, secrets, &session, &mut draft, NOW);
            let RegistrationStep::Ask(request) = step.unwrap() else { break };
            if request.method == Method::Post {
                return request;
            }
            let body = r#"{"entities":[],"webhooks":[],"pageCount":0}"#;
            let reply = Reply::new(200, "application/json", body);
            self.definition.read_registration(&mut draft, &request.url, &reply).unwrap();
        }
        panic!("nothing is registered")
    }
}

#[test]
fn the_request_of_the_guide_is_made_to_the_byte() {
    let squeezed = |text: &str| text.lines().map(str::trim_start).collect::<String>();
    let genesys = squeezed(
        r#"{"name":"cc-aws-health-ingest",
        "description":"Centralized alerting hub ingestion endpoint",
        "enabled":true,"type":"webhook",
        "url":"https://your-hub.example.com/ingest/genesys-cloud-guide",
        "events":["routing.queue.event","telephony.trunk.event","analytics.report.event"],
        "headers":{"X-Webhook-Source":"genesys-cloud","X-Request-Id":"{{uuid}}"}}"#,
    );
    let wanted = format!(
        "POST https://api.mypurecloud.com/api/v2/integration/webhooks\n\
         content-type: application/json\nauthorization: Bearer {{TOKEN}}\n{genesys}"
    );
    assert_eq!(wire(&self::genesys().create()), wanted);
    let cxone = squeezed(
        r#"{"name":"cc-aws-health-ingest",
        "description":"Centralized alerting hub ingestion endpoint",
        "enabled":true,
        "url":"https://your-hub.example.com/ingest/nice-cxone-guide",
        "events":["queue.status.changed","trunk.health.alert","analytics.threshold.breach"],
        "headers":{"X-Webhook-Source":"nice-cxone","X-Request-Id":"{{uuid}}"}}"#,
    );
    let wanted = format!(
        "POST https://platform.nice-incontact.com/v1/webhooks\n\
         content-type: application/json\nauthorization: Bearer {{TOKEN}}\n{cxone}"
    );
    assert_eq!(wire(&self::cxone().create()), wanted);
}

#[test]
fn a_second_run_changes_nothing() {
    for mut site in [genesys(), cxone()] {
        assert_eq!(site.deeds(Goal::Register), [Deed::Created]);
        let there = site.there();
        assert_eq!(there.len(), 1);
        assert_eq!(site.deeds(Goal::Register), []);
        assert_eq!(site.platform.asked.len(), 1, "{:?}", site.platform.asked);
        assert_eq!(site.there(), there);
    }
}

#[test]
fn what_differs_is_corrected_and_what_stands_twice_is_removed() {
    let url = "https://moved.example.com/ingest/prod";
    for (mut site, wanted) in
        [(genesys(), &[Deed::Corrected][..]), (cxone(), &[Deed::Removed, Deed::Created][..])]
    {
        site.register(&[]);
        site.moves_to(url);
        let shown = site.run(Goal::Show).unwrap();
        assert_eq!(shown.listed()[0].standing, Standing::Differs("url".into()));
        assert_eq!(shown.deeds(), []);
        assert_eq!(site.deeds(Goal::Register), wanted);
        assert_eq!(site.there(), [("cc-aws-health-ingest".into(), url.into())]);
        assert_eq!(site.deeds(Goal::Register), []);
    }
    for change in [("enabled", json!(false)), ("events", json!(["queue.status.changed"]))] {
        let mut site = cxone();
        site.register(&[change]);
        assert_eq!(site.deeds(Goal::Register), [Deed::Removed, Deed::Created]);
        assert_eq!(site.deeds(Goal::Register), []);
    }
    // The same events in another order are the same.
    let mut site = genesys();
    let events = ["analytics.report.event", "telephony.trunk.event", "routing.queue.event"];
    site.register(&[("events", json!(events))]);
    assert_eq!(site.deeds(Goal::Register), []);
    // The right one of three is kept, wherever it stands.
    let mut site = cxone();
    site.register(&[("url", json!("https://old.example.com"))]);
    site.register(&[]);
    site.register(&[("enabled", json!(false))]);
    assert_eq!(site.deeds(Goal::Register), [Deed::Removed, Deed::Removed]);
    assert_eq!(site.there().len(), 1);
    assert_eq!(site.deeds(Goal::Register), []);
}

#[test]
fn what_others_have_registered_stays() {
    for mut site in [genesys(), cxone()] {
        for number in 0..30 {
            site.register(&[("name", json!(format!("other-{number}")))]);
        }
        assert_eq!(site.deeds(Goal::Register), [Deed::Created]);
        assert_eq!(site.there().len(), 31);
        assert_eq!(site.deeds(Goal::Remove), [Deed::Removed]);
        assert_eq!(site.there().len(), 30);
        assert!(site.there().iter().all(|(name, _)| name.starts_with("other-")));
        assert_eq!(site.deeds(Goal::Remove), []);
    }
}

#[test]
fn a_list_of_many_pages_is_read_to_its_end() {
    let mut site = genesys();
    site.register(&[]);
    let session = site.session();
    let mut draft = Registering::new(Goal::Register);
    let mut asked = Vec::new();
    let page = |at: usize| {
        let name = if at == 3 { "cc-aws-health-ingest" } else { "other" };
        let row = json!({ "id": format!("{at}"), "name": name });
        Reply::new(
            200,
            "application/json",
            json!({ "entities": [row], "pageCount": 3 }).to_string(),
        )
    };
    loop {
        let (source, secrets) = (&site.source, &site.secrets);
        let step = site.definition.register(source, secrets, &session, &mut draft, NOW);
        let RegistrationStep::Ask(request) = step.unwrap() else { break };
        asked.push(request.url.rsplit_once('=').unwrap().1.to_owned());
        site.definition.read_registration(&mut draft, &request.url, &page(asked.len())).unwrap();
    }
    assert_eq!(asked, ["1", "2", "3"]);
    assert_eq!((draft.listed().len(), draft.deeds().len()), (3, 0), "what is not told is right");
}

#[test]
fn a_refusal_is_told_with_the_platforms_word() {
    let mut site = cxone_with("realtime:read analytics:read");
    let Err(VendorFault::Refused { status: 403, excerpt }) = site.run(Goal::Register) else {
        panic!("it is not refused")
    };
    assert!(excerpt.contains("webhook.manage is needed"), "{excerpt}");
}

#[test]
fn what_is_gone_meanwhile_counts_as_removed() {
    let mut site = cxone();
    site.register(&[]);
    let session = site.session();
    let mut draft = Registering::new(Goal::Remove);
    for body in [r#"{"webhooks":[{"id":7,"name":"cc-aws-health-ingest"}]}"#, ""] {
        let (source, secrets) = (&site.source, &site.secrets);
        let step = site.definition.register(source, secrets, &session, &mut draft, NOW).unwrap();
        let RegistrationStep::Ask(request) = step else { panic!("{step:?}") };
        let status = if body.is_empty() { 404 } else { 200 };
        let reply = Reply::new(status, "application/json", body);
        site.definition.read_registration(&mut draft, &request.url, &reply).unwrap();
    }
    assert_eq!(draft.deeds(), [(Deed::Removed, "7".into())]);
}

#[test]
fn a_registration_at_start_needs_an_address_and_a_secret() {
    let problems = |keys: &str| {
        let text = format!(
            "[[source]]\nname = \"prod\"\ndefinition = \"nice-cxone-guide\"\nclient_id = \"id\"\n\
             client_secret = {{ credential = \"secret\" }}\nwebhook_register = true\n{keys}\n\
             [[target]]\nname = \"slack\"\nkind = \"slack\"\nurl = {{ credential = \"slack\" }}\n\
             [routes]\nP1 = {{ targets = [\"slack\"] }}\nP2 = {{ targets = [\"slack\"] }}\n\
             [[rules]]\nthresholds = [{RULE}]\n"
        );
        let problems = load("andon.toml", &text, &Library::built_in()).err();
        problems.map(|problems| problems.render(false)).unwrap_or_default()
    };
    let url = "webhook_url = \"https://x.example/ingest/prod\"";
    let secret = "webhook_secret = { credential = \"webhook\" }";
    assert_eq!(problems(&format!("{url}\n{secret}")), "");
    assert!(problems(secret).contains("webhook_url is missing"));
    assert!(problems(url).contains("webhook_secret is missing"));
    let clear = problems(&format!("webhook_url = \"http://x.example/\"\n{secret}"));
    assert!(clear.contains("http would send secrets in clear"), "{clear}");
}
