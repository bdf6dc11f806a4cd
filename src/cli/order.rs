//! `andon ack`, `unack`, `resolve`, `dead-letters retry` and `drop`: orders to the running hub.

use core::net::SocketAddr;
use std::path::Path;

use andon::api::{HandBody, LettersDone, letters_done_text};
use andon::edge::http::Client;
use andon::edge::operator::{FILE, Operator};
use andon::model::http::{Method, Reply, Request};
use andon::model::time::Span;
use serde::Serialize;
use smol::channel::bounded;

use super::ask::{encoded, place};
use super::environment::Environment;
use super::exit::Fault;
use super::options::{HandOptions, Handing, LettersOptions, LettersVerb};
use super::out;

/// Says something of an alert.
pub(crate) fn hand(options: &HandOptions, environment: &Environment) -> Result<(), Fault> {
    let HandOptions { key, by, seconds, handing, place: asked } = options;
    let verb = match handing {
        Handing::Take => "acknowledge",
        Handing::LetGo => "unacknowledge",
        Handing::IsOver => "resolve",
    };
    let place = place(asked, environment)?;
    let path = format!("/api/v1/alerts/{}/{verb}", encoded(key));
    let body = HandBody { by: by.as_str().into(), seconds: *seconds };
    let reply = order(place.admin, &place.state_directory, Method::Post, &path, &body)?;
    if asked.json {
        return out::print(&format!("{}\n", String::from_utf8_lossy(&reply.body)));
    }
    out::print(&match handing {
        Handing::Take => format!("{by} has {key} in hand\n"),
        Handing::LetGo => format!("{key} is in nobody's hand\n"),
        Handing::IsOver => format!("{key} is over, and who was told hears so\n"),
    })
}

/// Sends dead letters again, or drops them.
pub(crate) fn letters(options: &LettersOptions, environment: &Environment) -> Result<(), Fault> {
    let (path, done) = match options.verb {
        LettersVerb::Retry => ("/api/v1/dead-letters/retry", "sent again"),
        LettersVerb::Drop => ("/api/v1/dead-letters/drop", "dropped"),
    };
    let place = place(&options.place, environment)?;
    let reply = order(place.admin, &place.state_directory, Method::Post, path, &options.body)?;
    if options.place.json {
        return out::print(&format!("{}\n", String::from_utf8_lossy(&reply.body)));
    }
    let outcome: LettersDone = serde_json::from_slice(&reply.body)
        .map_err(|error| Fault::data(format!("the hub's answer cannot be read: {error}")))?;
    out::print(&letters_done_text(&outcome, done))
}

/// Sends an order to the running hub, and gives its reply where that is a yes.
pub(crate) fn order(
    admin: SocketAddr,
    state_directory: &Path,
    method: Method,
    path: &str,
    body: &impl Serialize,
) -> Result<Reply, Fault> {
    let token = Operator::read(state_directory).map_err(|error| {
        let file = state_directory.join(FILE);
        Fault::unavailable(format!(
            "{} cannot be read: {error}. It proves who may change something: does a hub run \
             there, and are you its user or root?",
            file.display()
        ))
    })?;
    let body = serde_json::to_vec(body).map_err(|error| Fault::data(error.to_string()))?;
    let mut request = Request::post_json(&format!("http://{admin}{path}"), body, Span::secs(10))
        .with_header("authorization", &token.header());
    request.method = method;
    let (events, _) = bounded(1);
    let reply = Client::new(events).fetch(&request);
    let reply =
        reply.map_err(|fault| Fault::unavailable(format!("the hub at {admin}: {fault}")))?;
    match reply.status {
        200 => Ok(reply),
        400 => Err(Fault::usage(reply.excerpt())),
        _ => Err(Fault::unavailable(reply.excerpt())),
    }
}
