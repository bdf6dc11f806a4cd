//! Where webhooks go: to an address of the command line, and to those that were registered with a
//! simulated platform.
//!
//! # Promises
//! - `a_registration_counts_while_it_is_enabled_and_of_this_box`: a simulation reaches nobody else.
//! - `an_address_without_a_path_is_the_door_of_a_hub`

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use serde_json::Value;

use crate::demo::sender::news::Topic;
use crate::model::http::origin;

/// One receiver of a platform's events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    url: Box<str>,
    topics: Vec<Topic>,
    /// Names in lower case; `{{uuid}}` in a value stands for the delivery's id.
    headers: Vec<(Box<str>, Box<str>)>,
}

impl Subscription {
    /// A receiver of everything, with the headers of guide 1. An address without a path is a hub's,
    /// which takes what its source of that name is pushed.
    #[must_use]
    pub fn of_everything(url: &str, source: &str, platform: &str) -> Self {
        let has_path = url.strip_prefix(origin(url)).is_some_and(|path| path.len() > 1);
        let url = if has_path {
            url.into()
        } else {
            format!("{}/ingest/{source}", origin(url)).into_boxed_str()
        };
        let headers = [("x-webhook-source", platform), ("x-request-id", UUID)];
        let headers = headers.map(|(name, value)| (name.into(), value.into()));
        Self { url, topics: [Topic::Queue, Topic::Trunk].into(), headers: headers.into() }
    }

    /// A registration as a simulated platform lists it. Nothing for one that is not enabled, or
    /// leads away from this box.
    #[must_use]
    pub fn registered(listed: &Value) -> Option<Self> {
        let enabled = listed.get("enabled").and_then(Value::as_bool).unwrap_or(true);
        let url = listed.get("url").and_then(Value::as_str).filter(|_| enabled)?;
        if !is_of_this_box(url) {
            return None;
        }
        let events = listed.get("events").and_then(Value::as_array)?;
        let topics = events.iter().filter_map(Value::as_str).filter_map(topic).collect();
        let headers = listed.get("headers").and_then(Value::as_object).into_iter().flatten();
        let header = |(name, value): (&String, &Value)| {
            Some((name.to_ascii_lowercase().into(), value.as_str()?.into()))
        };
        Some(Self { url: url.into(), topics, headers: headers.filter_map(header).collect() })
    }

    /// Where it is.
    #[must_use]
    pub const fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn wants(&self, topic: Topic) -> bool {
        self.topics.contains(&topic)
    }

    /// The headers of a delivery.
    pub(super) fn headers(&self, id: &str) -> impl Iterator<Item = (&str, String)> {
        self.headers.iter().map(move |(name, value)| (&**name, value.replace(UUID, id)))
    }
}

/// What the guides' registrations call their events. Reports are only polled.
fn topic(event: &str) -> Option<Topic> {
    match event {
        "routing.queue.event" | "queue.status.changed" => Some(Topic::Queue),
        "telephony.trunk.event" | "trunk.health.alert" => Some(Topic::Trunk),
        _ => None,
    }
}

/// Whether an address leads to loopback and nowhere else: no other host's name, no user in it.
fn is_of_this_box(url: &str) -> bool {
    let host = origin(url).split_once("://").map_or("", |(_, host)| host);
    let by_name = host.strip_prefix("localhost").is_some_and(|rest| {
        rest.is_empty() || rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
    });
    let address = host.parse().map(|socket: SocketAddr| socket.ip());
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = address.or_else(|_| bare.parse::<IpAddr>());
    by_name || address.is_ok_and(|address| address.is_loopback())
}

const UUID: &str = "{{uuid}}";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn listed(url: &str) -> Value {
        // As guide 1 registers it.
        json!({
            "name": "cc-aws-health-ingest", "enabled": true, "type": "webhook", "url": url,
            "events": ["routing.queue.event", "analytics.report.event"],
            "headers": { "X-Webhook-Source": "genesys-cloud", "X-Request-Id": "{{uuid}}" },
        })
    }

    #[test]
    fn a_registration_counts_while_it_is_enabled_and_of_this_box() {
        let url = "http://127.0.0.1:9471/ingest/genesys";
        let known = Subscription::registered(&listed(url)).unwrap();
        assert_eq!(known.url(), url);
        assert!(known.wants(Topic::Queue) && !known.wants(Topic::Trunk));
        let headers: Vec<(&str, String)> = known.headers("id-1").collect();
        let wanted = [("x-request-id", "id-1"), ("x-webhook-source", "genesys-cloud")];
        assert_eq!(headers, wanted.map(|(name, value)| (name, value.into())));
        for here in
            ["https://localhost/x", "http://localhost:1/x", "http://[::1]:9/", "http://127.9.9.9"]
        {
            assert!(Subscription::registered(&listed(here)).is_some(), "{here}");
        }
        for away in [
            "https://your-hub.example.com/ingest/genesys",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1@example.com/",
            "http://localhost.example.com/",
            "http://localhost:1@example.com/",
            "http://10.0.0.1/",
            "127.0.0.1",
            "",
        ] {
            assert_eq!(Subscription::registered(&listed(away)), None, "{away}");
        }
        let mut off = listed(url);
        off["enabled"] = false.into();
        assert_eq!(Subscription::registered(&off), None);
    }

    #[test]
    fn an_address_without_a_path_is_the_door_of_a_hub() {
        let url = |url| Subscription::of_everything(url, "genesys", "genesys-cloud").url;
        assert_eq!(&*url("http://127.0.0.1:9471"), "http://127.0.0.1:9471/ingest/genesys");
        assert_eq!(&*url("http://127.0.0.1:9471/"), "http://127.0.0.1:9471/ingest/genesys");
        assert_eq!(&*url("http://hub:1/ingest/west"), "http://hub:1/ingest/west");
    }
}
