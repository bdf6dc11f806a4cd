//! The simulated platforms, each with the config of a source that watches it.

use andon::demo::centre::Centre;
use andon::demo::connect::{self, Connect, Keys};
use andon::demo::cxone::{self, CxOne};
use andon::demo::genesys::guide::GenesysGuide;
use andon::demo::genesys::{self, Genesys};
use andon::demo::http::{Incoming, Reaction};
use andon::demo::incontact::{self, InContact};
use andon::demo::queue_list::QueueList;
use andon::demo::traffic::Traffic;
use andon::demo::week::{WeekHour, Weekday};
use andon::model::time::{Span, UtcMs};

/// The moment at which all begins.
pub(crate) const BEGIN: UtcMs = UtcMs(1_715_781_600_000);

type Receive = dyn FnMut(&Incoming, UtcMs) -> Reaction;

/// A platform and the `[[source]]` table, without its name, that asks it.
pub(crate) struct Dialect {
    pub(crate) name: &'static str,
    pub(crate) source: String,
    pub(crate) receive: Box<Receive>,
    /// Requests for what names people, so far.
    pub(crate) persons: alloc::rc::Rc<core::cell::Cell<u64>>,
}

const BUSY: WeekHour = WeekHour { weekday: Weekday::Sunday, hour: 15 };

fn traffic() -> Traffic {
    Traffic::Simulated(Box::new(Centre::bank(7, BEGIN, BUSY)))
}

/// The name of a queue, where a platform gives only its identifier.
pub(crate) fn name_of(entity: &str) -> String {
    let traffic = traffic();
    let queue = traffic.queues().iter().find(|queue| &*queue.id == entity);
    queue.map_or(entity, |queue| &queue.name).into()
}

fn queues() -> String {
    let traffic = traffic();
    let ids = traffic.queues().iter().map(|queue| format!("\"{}\"", queue.id));
    ids.collect::<Vec<_>>().join(", ")
}

fn dialect(
    name: &'static str,
    source: &str,
    mut receive: impl FnMut(&Incoming, UtcMs) -> (Reaction, u64) + 'static,
) -> Dialect {
    let persons = alloc::rc::Rc::<core::cell::Cell<u64>>::default();
    let counted = alloc::rc::Rc::clone(&persons);
    let receive = move |incoming: &Incoming, utc| {
        let (reaction, persons) = receive(incoming, utc);
        counted.set(persons);
        reaction
    };
    Dialect { name, source: source.into(), receive: Box::new(receive), persons }
}

pub(crate) fn cxone_guide() -> Dialect {
    let access = cxone::Access {
        client_id: "id".into(),
        client_secret: "secret".into(),
        token_life: Span::secs(3_600),
        requests_per_minute: 60,
    };
    let mut platform = CxOne::new(traffic(), access, 1);
    let source = "definition = \"nice-cxone-guide\"\nbase_url = \"https://platform.test\"\n\
                  client_id = \"id\"\nclient_secret = { credential = \"secret\" }\n";
    dialect("nice-cxone-guide", source, move |incoming, utc| (platform.receive(incoming, utc), 0))
}

fn genesys_access() -> genesys::Access {
    genesys::Access {
        client_id: "id".into(),
        client_secret: "secret".into(),
        token_life: Span::secs(3_600),
        requests_per_minute: 300,
        login_prefix: "".into(),
        api_prefix: "".into(),
    }
}

pub(crate) fn genesys() -> Dialect {
    genesys_with(traffic())
}

pub(crate) fn genesys_of(queues: u32) -> Dialect {
    genesys_with(Traffic::Simulated(Box::new(Centre::large(7, BEGIN, BUSY, queues))))
}

fn genesys_with(traffic: Traffic) -> Dialect {
    let mut platform = Genesys::new(traffic, genesys_access(), 1);
    let source = "definition = \"genesys-cloud\"\nlogin_url = \"https://platform.test\"\n\
                  api_url = \"https://platform.test\"\nclient_id = \"id\"\n\
                  client_secret = { credential = \"secret\" }\n";
    dialect("genesys-cloud", source, move |incoming, utc| {
        let reaction = platform.receive(incoming, utc);
        (reaction, platform.seen.asked_for_persons)
    })
}

pub(crate) fn genesys_guide() -> Dialect {
    let mut platform = GenesysGuide::new(traffic(), genesys_access(), 1);
    let source = "definition = \"genesys-cloud-guide\"\nbase_url = \"https://platform.test\"\n\
                  client_id = \"id\"\nclient_secret = { credential = \"secret\" }\n";
    dialect("genesys-cloud-guide", source, move |incoming, utc| {
        (platform.receive(incoming, utc), 0)
    })
}

pub(crate) fn cxone() -> Dialect {
    let access = incontact::Access {
        client_id: "id".into(),
        client_secret: "secret".into(),
        access_key_id: "key".into(),
        access_key_secret: "key secret".into(),
        token_life: Span::secs(3_600),
        requests_per_minute: 60,
        page_rows: 4,
        tenant_id: "tenant".into(),
        issuer: "https://platform.test".into(),
        api_endpoint: "https://platform.test".into(),
    };
    let mut platform = InContact::new(traffic(), access, 1);
    let source = "definition = \"nice-cxone\"\nlogin_url = \"https://platform.test\"\n\
                  client_id = \"id\"\nclient_secret = { credential = \"secret\" }\n\
                  access_key_id = \"key\"\naccess_key_secret = { credential = \"key\" }\n";
    dialect("nice-cxone", source, move |incoming, utc| {
        let reaction = platform.receive(incoming, utc);
        (reaction, platform.seen.names_given)
    })
}

pub(crate) fn amazon_connect() -> Dialect {
    let keys = Keys {
        access_key_id: "AKIDEXAMPLE".into(),
        secret_access_key: "secret".into(),
        region: "us-east-1".into(),
        service: "connect".into(),
    };
    let access = connect::Access { instance_id: "instance".into(), keys, requests_per_minute: 120 };
    let mut platform = Connect::new(traffic(), access);
    let source = format!(
        "definition = \"amazon-connect\"\nbase_url = \"https://platform.test\"\n\
         region = \"us-east-1\"\ninstance_id = \"instance\"\naccess_key_id = \"AKIDEXAMPLE\"\n\
         secret_access_key = {{ credential = \"secret\" }}\nqueues = [{}]\n",
        queues()
    );
    dialect("amazon-connect", &source, move |incoming, utc| (platform.receive(incoming, utc), 0))
}

pub(crate) fn json() -> Dialect {
    let mut platform = QueueList::new(traffic(), "secret");
    let source = "definition = \"json\"\nlist_url = \"https://platform.test/queues.json\"\n\
                  api_key = { credential = \"secret\" }\n";
    dialect("json", source, move |incoming, utc| (platform.receive(incoming, utc), 0))
}
