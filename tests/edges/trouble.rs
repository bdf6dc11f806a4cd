//! Platforms and targets in trouble, each of its own kind, beside one source that is well.

use core::net::Ipv4Addr;
use std::net::TcpListener;

use andon::demo::faults::Fault;
use andon::demo::pagerduty::State;
use andon::model::time::Span;

use crate::hub::Hub;
use crate::patience::{utc, wait_until};
use crate::server::Server;
use crate::told;
use crate::world::{Mood, Platform, World};

/// The name of a source, what is wrong with its platform, and what the hub says of it.
const TROUBLES: [(&str, Fault, &str); 8] = [
    ("hangs", Fault::Hang, "no answer before the deadline"),
    ("closes", Fault::Close, "the connection closed early"),
    ("fails", Fault::Unavailable, "the platform answered 503"),
    ("html", Fault::NotJson, "the platform's answer is not JSON"),
    ("huge", Fault::Huge { mebibytes: 9 }, "the answer is larger than 8 MiB"),
    ("locked", Fault::TokenRefused, "no token to ask with: the platform answered 401"),
    ("broken", Fault::TokenError, "no token to ask with: the platform answered 500"),
    ("revoked", Fault::Unauthorized, "the platform answered 401"),
];

/// A platform that is not there.
const ABSENT: (&str, Fault, &str) = ("absent", Fault::Close, "no token to ask with: no connection");

#[test]
fn one_sources_trouble_is_its_own_and_is_named() {
    let world = World::new(2, Mood::Busy);
    let (mut servers, mut sources) = (Vec::new(), String::new());
    for (name, fault, _) in &TROUBLES {
        let server = Server::start(Platform::new(2, Mood::Busy));
        server.desk().busy.faults.set(fault.clone(), forever());
        sources += &world.source(name, &format!("http://{}", server.address));
        servers.push(server);
    }
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    sources += &world.source("absent", &format!("http://{nobody}"));
    sources += &world.source("bank", &format!("http://{}", world.platform.address));
    world.write("andon.toml", &world.config(&sources));
    let hub = Hub::start(&world);
    wait_until("the source that is well is told", 25, || {
        told::incidents(&world.pagerduty.desk(), State::Triggered) == 2
            && world.slack.desk().messages().count() == 2
    });
    for (name, _, why) in TROUBLES.iter().chain(&[ABSENT]) {
        let complaint = format!("source {name} gives no data: ");
        wait_until(&format!("{name}: {why}"), 35, || {
            let page = hub.get("/-/ready");
            let mut lines = page.body.lines();
            page.status == 503 && lines.any(|line| line.contains(&complaint) && line.contains(why))
        });
    }
    assert!(!hub.get("/-/ready").body.contains("source bank"));
    let answers = world.answers();
    wait_until("the source that is well goes on", 15, || world.answers() > answers);
    let (status, said) = hub.stop();
    assert!(status.success(), "{status}: {said}");
    for (name, ..) in &TROUBLES {
        assert!(said.contains(name), "the log says nothing of {name}:\n{said}");
    }
    assert_eq!(world.pagerduty.desk().events().count(), 2, "nothing was read out of the others");
}

#[test]
fn a_target_that_hangs_delays_no_other_and_hears_of_it_later() {
    let world = World::new(3, Mood::Busy);
    world.pagerduty.desk().reception.faults.set(Fault::Hang, forever());
    let hub = Hub::start(&world);
    wait_until("Slack is told", 25, || world.slack.desk().messages().count() == 3);
    assert_eq!(world.pagerduty.desk().events().count(), 0);
    assert_eq!(hub.get("/-/healthy").status, 200);
    assert!(hub.counts("andon_outbox_waiting{target=\"pagerduty\"}") > 2.5);
    world.pagerduty.desk().reception.faults.clear();
    wait_until("PagerDuty is told", 40, || {
        told::incidents(&world.pagerduty.desk(), State::Triggered) == 3
    });
    hub.stop();
    told::assert_once(&told::pagerduty(&world.pagerduty.desk()));
}

fn forever() -> andon::model::time::UtcMs {
    utc() + Span::secs(3_600)
}
