//! Further platforms on loopback, each with the same traffic as the CXone of guide 2: the APIs that
//! NICE CXone and Genesys Cloud really have, the Genesys Cloud of guide 1, an Amazon Connect, a
//! Statuspage and a plain list of queues.

use alloc::rc::Rc;
use core::cell::RefCell;
use core::net::SocketAddr;
use std::path::Path;

use andon::demo::connect::{self, Connect, Keys};
use andon::demo::genesys::guide::GenesysGuide;
use andon::demo::genesys::{self, Genesys};
use andon::demo::http::{Incoming, Reaction};
use andon::demo::incontact::{self, InContact};
use andon::demo::queue_list::QueueList;
use andon::demo::statuspage::StatusPage;
use andon::demo::traffic::Traffic;
use andon::edge::clock::Clock;
use andon::edge::listener::Listener;
use andon::model::time::{Span, UtcMs};
use serde_json::{Value, json};
use smol::LocalExecutor;

use super::exit::Fault;
use super::simulators::{listen, spawn};

/// What these platforms accept.
pub(super) const CLIENT_ID: &str = "andon@demo";
pub(super) const CLIENT_SECRET: &str = "demo-client-secret";
const ACCESS_KEY_ID: &str = "DEMOACCESSKEY";
const ACCESS_KEY_SECRET: &str = "demo-access-key-secret";
const TENANT: &str = "demo-tenant";
const AWS_KEY_ID: &str = "AKIDEXAMPLE";
const AWS_SECRET: &str = "demo-secret-access-key";
const AWS_REGION: &str = "us-east-1";
const INSTANCE: &str = "00000000-0000-4000-8000-000000000000";
const API_KEY: &str = "demo-api-key";

type Receive = dyn Fn(&Incoming, UtcMs) -> Reaction;

/// A server that has its port and waits to serve.
struct Dialect {
    name: &'static str,
    address: SocketAddr,
    /// What a client has to say to be let in.
    credentials: Value,
    listener: Listener,
    receive: Rc<Receive>,
}

/// What a config says about a source that watches a dialect.
pub(crate) struct Watching {
    /// The keys of its `[[source]]` table after its name.
    pub(crate) source: String,
    /// What its secrets are, by the file that holds each.
    pub(crate) secrets: Vec<(&'static str, String)>,
}

/// The platforms.
pub(crate) struct Dialects {
    all: Vec<Dialect>,
    /// The one that pushes, and where it is.
    pub(crate) guide: Option<(Rc<RefCell<GenesysGuide>>, SocketAddr)>,
    clock: Clock,
}

impl Dialects {
    /// Binds them to ports in a row from `port` on; port 0 takes any.
    pub(crate) fn bind(
        traffic: &Traffic,
        clock: Clock,
        seed: u64,
        port: u16,
    ) -> Result<Self, Fault> {
        let (guide, platform) = genesys_cloud_guide(traffic.clone(), seed, port)?;
        let pushing = Some((platform, guide.address));
        let all = Vec::from([
            nice_cxone(traffic.clone(), seed, port)?,
            amazon_connect(traffic.clone(), port)?,
            statuspage(clock.now().utc, port)?,
            queue_list(traffic.clone(), port)?,
            genesys_cloud(traffic.clone(), seed, port)?,
            guide,
        ]);
        Ok(Self { all, guide: pushing, clock })
    }

    /// The one that a demo is of, on any port; none for guide 2's.
    pub(crate) fn one(
        name: Option<&str>,
        traffic: &Traffic,
        clock: Clock,
        seed: u64,
    ) -> Result<Self, Fault> {
        let all = match name {
            None | Some("nice-cxone-guide") => Vec::new(),
            Some("genesys-cloud") => Vec::from([genesys_cloud(traffic.clone(), seed, 0)?]),
            Some("nice-cxone") => Vec::from([nice_cxone(traffic.clone(), seed, 0)?]),
            Some(other) => {
                let text = format!(
                    "no demo is of {other}; there are genesys-cloud, nice-cxone, nice-cxone-guide"
                );
                return Err(Fault::usage(text));
            }
        };
        Ok(Self { all, guide: None, clock })
    }

    /// Adds a Genesys Cloud of guide 1 with traffic of its own, on any port.
    pub(crate) fn with_guide(mut self, traffic: Traffic, seed: u64) -> Result<Self, Fault> {
        let (guide, platform) = genesys_cloud_guide(traffic, seed, 0)?;
        self.guide = Some((platform, guide.address));
        self.all.push(guide);
        Ok(self)
    }

    /// What a config in a directory says to watch the one that a demo is of.
    pub(crate) fn watching(&self, directory: &Path) -> Option<Watching> {
        let at = directory.display();
        let dialect = self.all.first()?;
        let name = dialect.name;
        let address = dialect.address;
        let mut secrets = Vec::from([("client-secret", CLIENT_SECRET.to_owned())]);
        let addresses = match name {
            "genesys-cloud" => {
                format!("login_url = \"http://{address}\"\napi_url = \"http://{address}\"\n")
            }
            "nice-cxone" => {
                secrets.push(("access-key", ACCESS_KEY_SECRET.to_owned()));
                format!(
                    "login_url = \"http://{address}\"\naccess_key_id = \"{ACCESS_KEY_ID}\"\n\
                     access_key_secret = {{ file = \"{at}/access-key\" }}\n"
                )
            }
            _ => return None,
        };
        let source = format!(
            "definition = \"{name}\"\nclient_id = \"{CLIENT_ID}\"\n\
             client_secret = {{ file = \"{at}/client-secret\" }}\n{addresses}"
        );
        Some(Watching { source, secrets })
    }

    /// Where each is and whom it lets in, by its name.
    pub(crate) fn places(&self) -> Value {
        let place = |dialect: &Dialect| {
            let url = format!("http://{}", dialect.address);
            (dialect.name.to_owned(), json!({ "url": url, "credentials": dialect.credentials }))
        };
        Value::Object(self.all.iter().map(place).collect())
    }

    /// The same for people, a line each.
    pub(crate) fn lines(&self) -> String {
        let line = |dialect: &Dialect| {
            let credentials = dialect.credentials.as_object().into_iter().flatten();
            let pairs = credentials.map(|(name, value)| format!("{name} {value}"));
            let pairs = pairs.collect::<Vec<_>>().join(", ");
            format!("{:<19} http://{}  {pairs}\n", dialect.name, dialect.address)
        };
        self.all.iter().map(line).collect()
    }

    /// Serves for ever.
    pub(crate) fn serve(self, executor: &Rc<LocalExecutor<'static>>) {
        let clock = self.clock;
        for Dialect { listener, receive, .. } in self.all {
            spawn(executor, listener, move |incoming| receive(incoming, clock.now().utc));
        }
    }
}

fn nice_cxone(traffic: Traffic, seed: u64, port: u16) -> Result<Dialect, Fault> {
    let (listener, address) = bound(port, 0)?;
    let here = format!("http://{address}");
    let access = incontact::Access {
        client_id: CLIENT_ID.into(),
        client_secret: CLIENT_SECRET.into(),
        access_key_id: ACCESS_KEY_ID.into(),
        access_key_secret: ACCESS_KEY_SECRET.into(),
        token_life: Span::secs(3_600),
        requests_per_minute: 60,
        page_rows: 100,
        tenant_id: TENANT.into(),
        issuer: here.as_str().into(),
        api_endpoint: here.into(),
    };
    let platform = RefCell::new(InContact::new(traffic, access, seed));
    Ok(Dialect {
        name: "nice-cxone",
        address,
        credentials: json!({
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "access_key_id": ACCESS_KEY_ID,
            "access_key_secret": ACCESS_KEY_SECRET,
        }),
        listener,
        receive: Rc::new(move |incoming, utc| platform.borrow_mut().receive(incoming, utc)),
    })
}

fn amazon_connect(traffic: Traffic, port: u16) -> Result<Dialect, Fault> {
    let (listener, address) = bound(port, 1)?;
    let keys = Keys {
        access_key_id: AWS_KEY_ID.into(),
        secret_access_key: AWS_SECRET.into(),
        region: AWS_REGION.into(),
        service: "connect".into(),
    };
    let access = connect::Access { instance_id: INSTANCE.into(), keys, requests_per_minute: 120 };
    let platform = RefCell::new(Connect::new(traffic, access));
    Ok(Dialect {
        name: "amazon-connect",
        address,
        credentials: json!({
            "access_key_id": AWS_KEY_ID,
            "secret_access_key": AWS_SECRET,
            "region": AWS_REGION,
            "instance_id": INSTANCE,
        }),
        listener,
        receive: Rc::new(move |incoming, utc| platform.borrow_mut().receive(incoming, utc)),
    })
}

fn statuspage(utc: UtcMs, port: u16) -> Result<Dialect, Fault> {
    let (listener, address) = bound(port, 2)?;
    let components = ["Voice", "Digital", "Reporting"];
    let page = RefCell::new(StatusPage::new("The platform", &components, utc));
    Ok(Dialect {
        name: "statuspage",
        address,
        credentials: json!({}),
        listener,
        receive: Rc::new(move |incoming, utc| page.borrow_mut().receive(incoming, utc)),
    })
}

fn queue_list(traffic: Traffic, port: u16) -> Result<Dialect, Fault> {
    let (listener, address) = bound(port, 3)?;
    let service = RefCell::new(QueueList::new(traffic, API_KEY));
    Ok(Dialect {
        name: "json",
        address,
        credentials: json!({ "x-api-key": API_KEY }),
        listener,
        receive: Rc::new(move |incoming, utc| service.borrow_mut().receive(incoming, utc)),
    })
}

fn genesys_cloud(traffic: Traffic, seed: u64, port: u16) -> Result<Dialect, Fault> {
    let (listener, address) = bound(port, 4)?;
    // A day, as a tenant has it that changes nothing.
    let platform = RefCell::new(Genesys::new(traffic, genesys_access(86_400), seed));
    Ok(Dialect {
        name: "genesys-cloud",
        address,
        credentials: json!({ "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET }),
        listener,
        receive: Rc::new(move |incoming, utc| platform.borrow_mut().receive(incoming, utc)),
    })
}

/// Its sender looks at it, too.
fn genesys_cloud_guide(
    traffic: Traffic,
    seed: u64,
    port: u16,
) -> Result<(Dialect, Rc<RefCell<GenesysGuide>>), Fault> {
    let (listener, address) = bound(port, 5)?;
    let platform = GenesysGuide::new(traffic, genesys_access(3_600), seed);
    let platform = Rc::new(RefCell::new(platform));
    let shared = Rc::clone(&platform);
    let dialect = Dialect {
        name: "genesys-cloud-guide",
        address,
        credentials: json!({ "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET }),
        listener,
        receive: Rc::new(move |incoming, utc| shared.borrow_mut().receive(incoming, utc)),
    };
    Ok((dialect, platform))
}

/// One host for login and API, as a hub's `base_url` has it.
fn genesys_access(token_life_seconds: i64) -> genesys::Access {
    genesys::Access {
        client_id: CLIENT_ID.into(),
        client_secret: CLIENT_SECRET.into(),
        token_life: Span::secs(token_life_seconds),
        requests_per_minute: 300,
        login_prefix: "".into(),
        api_prefix: "".into(),
    }
}

fn bound(port: u16, offset: u16) -> Result<(Listener, SocketAddr), Fault> {
    let listener = listen(port, offset)?;
    let address = listener.address().map_err(|error| Fault::cannot_create(error.to_string()))?;
    Ok((listener, address))
}
