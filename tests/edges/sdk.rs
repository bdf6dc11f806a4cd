//! The vendor's own SDK, which nobody here wrote, reads the simulated Genesys Cloud.
//!
//! `ANDON_GENESYS_PYTHON` names a Python that has the package `PureCloudPlatformClientV2`. Where
//! there is none the test is left out and says so.

use core::fmt::Write;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use andon::demo::faults::Fault;
use andon::demo::genesys::{Access, Genesys};
use andon::demo::http::{Incoming, Reaction};
use andon::demo::recording::Recording;
use andon::demo::traffic::Traffic;
use andon::model::time::{Span, UtcMs};
use serde_json::{Value, json};

use crate::demonstration::Killed;
use crate::patience::{utc, wait_for};
use crate::server::{Desk, Server};

impl Desk for Genesys {
    fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        Self::receive(self, incoming, utc)
    }
}

#[test]
fn the_official_sdk_reads_the_simulated_genesys_cloud() {
    #[expect(clippy::disallowed_methods, reason = "a test has no other way to learn of it")]
    let Ok(python) = std::env::var("ANDON_GENESYS_PYTHON") else {
        eprintln!("LEFT OUT: ANDON_GENESYS_PYTHON names no Python that has the SDK of Genesys");
        return;
    };
    let began = utc();
    let server = Server::start(platform());
    let until = began + Span::secs(3_600);
    // A look while all is well, so that the trouble is a change.
    Desk::receive(&mut *server.desk(), &Incoming::new("GET", "/simulate/status"), began);
    server.desk().faults.set(Fault::EdgeOffline { edge: Some("e-2".into()) }, until);
    let read = read(&python, server.address.port());
    let since = read["waiting_since"].as_i64().unwrap();
    let wait = utc().0 - since;
    assert!((200_000..400_000).contains(&wait), "a moment, from which {wait} ms have gone by");
    let expected = json!({
        "queues": ["queue-0", "queue-1", "queue-2"],
        "waiting": 22,
        "waiting_since": since,
        "interacting": 4,
        "abandoned": 60,
        "active": 22,
        "trunks": { "t-1": true, "t-2": false, "t-3": true, "t-4": false },
        "bases": ["tb-1", "tb-2"],
        "calls": 4,
        "edges": { "e-1": "ONLINE", "e-2": "OFFLINE" },
        "cpu": 8.0,
        "alerts": ["oWaiting", "oWaiting"],
        "events": ["t-4", "t-2", "e-2"],
        "year": read["year"],
    });
    assert_eq!(read, expected);
    let desk = server.desk();
    assert_eq!((desk.seen.tokens_issued, desk.seen.asked_for_persons), (1, 0));
    assert!(desk.seen.statuses.keys().eq([&200]), "{:?}", desk.seen.statuses);
}

/// What the script understood of the server at a port.
fn read(python: &str, port: u16) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/edges/genesys_sdk.py");
    let mut command = Command::new(python);
    command.arg(script).args(["127.0.0.1", &port.to_string(), CLIENT_ID, CLIENT_SECRET]);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut running = Killed(command.spawn().unwrap());
    let status = wait_for("the SDK has read", 120, || running.0.try_wait().unwrap());
    let mut told = String::new();
    running.0.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(status.success(), "{status}: {told}");
    serde_json::from_str(&told).unwrap()
}

/// Two queues in trouble, with an abandoned call every ten seconds, and one without a call.
fn platform() -> Genesys {
    let mut csv = String::from(
        "ts,queue,calls_waiting,longest_wait,offered,answered,answered_20s,abandoned,\
         agents_available,agents_busy\n",
    );
    let now = utc().0.div_euclid(10_000) * 10;
    for second in (now - 600..now + 1_800).step_by(10) {
        for queue in ["queue-0", "queue-1"] {
            writeln!(csv, "{second},{queue},22,200,2,1,1,2,0,4").unwrap();
        }
        writeln!(csv, "{second},queue-2,0,0,0,0,0,0,0,0").unwrap();
    }
    let access = Access {
        client_id: CLIENT_ID.into(),
        client_secret: CLIENT_SECRET.into(),
        token_life: Span::secs(86_400),
        requests_per_minute: 300,
        login_prefix: "/login".into(),
        api_prefix: "/gate".into(),
    };
    Genesys::new(Traffic::Recorded(Recording::parse(&csv).unwrap()), access, 1)
}

const CLIENT_ID: &str = "sdk";
const CLIENT_SECRET: &str = "sdk-secret";
