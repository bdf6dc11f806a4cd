//! `andon alerts`, `explain KEY`, `unread`, `dead-letters`, `calibrate`: of the running hub, else
//! of its ledger.

use core::net::SocketAddr;
use core::time::Duration;
use std::net::TcpStream;
use std::path::PathBuf;

use andon::api::{
    AlertView, AlertsView, DeadLetterView, DeadLettersView, ExplainView, MonthView, SilenceView,
    SilencesView, UnreadView, UnreadsView, alerts_text, dead_letters_text, explain_text,
    month_text, silences_text, unread_text,
};
use andon::edge::clock::Clock;
use andon::edge::http::Client;
use andon::edge::store::Store;
use andon::hub::{Loaded, month};
use andon::ledger::{self, Remembered};
use andon::model::config::HubConfig;
use andon::model::http::{Reply, Request};
use andon::model::notice::Notice;
use andon::model::time::Span;
use smol::channel::bounded;

use super::environment::Environment;
use super::exit::Fault;
use super::options::{AskOptions, PlaceOptions, Question};
use super::{check, out, run};

/// Where the hub's answers are found.
pub(crate) struct Place {
    pub(crate) admin: SocketAddr,
    pub(crate) state_directory: PathBuf,
}

/// Asks, and prints what was answered.
pub(crate) fn ask(options: &AskOptions, environment: &Environment) -> Result<(), Fault> {
    let place = place(&options.place, environment)?;
    let path = match &options.question {
        Question::Alerts => "/api/v1/alerts".to_owned(),
        Question::Unread => "/api/v1/unread".to_owned(),
        Question::Silences => "/api/v1/silences".to_owned(),
        Question::DeadLetters => "/api/v1/dead-letters".to_owned(),
        Question::Calibrate => "/api/v1/calibration".to_owned(),
        Question::Explain(key) => format!("/api/v1/explain/{}", encoded(key)),
    };
    let body = match hub(place.admin, &path)? {
        Some(reply) if reply.status == 200 => reply.body,
        Some(reply) => return Err(Fault::unavailable(reply.excerpt())),
        None => ledger(&place, options, environment)?,
    };
    if options.place.json {
        return out::print(&format!("{}\n", String::from_utf8_lossy(&body)));
    }
    let unreadable =
        |error: serde_json::Error| Fault::data(format!("the hub's answer cannot be read: {error}"));
    out::print(&match &options.question {
        Question::Alerts => {
            let view: AlertsView = serde_json::from_slice(&body).map_err(unreadable)?;
            alerts_text(&view.alerts, out::colour())
        }
        Question::Unread => {
            let view: UnreadsView = serde_json::from_slice(&body).map_err(unreadable)?;
            unread_text(&view.unread, out::colour())
        }
        Question::Silences => {
            let view: SilencesView = serde_json::from_slice(&body).map_err(unreadable)?;
            silences_text(&view.silences, out::colour())
        }
        Question::DeadLetters => {
            let view: DeadLettersView = serde_json::from_slice(&body).map_err(unreadable)?;
            dead_letters_text(&view.dead_letters, out::colour())
        }
        Question::Calibrate => {
            let view: MonthView = serde_json::from_slice(&body).map_err(unreadable)?;
            month_text(&view, out::colour())
        }
        Question::Explain(_) => {
            let view: ExplainView = serde_json::from_slice(&body).map_err(unreadable)?;
            explain_text(&view, out::colour())
        }
    })
}

/// Where the hub is that is asked.
pub(crate) fn place(options: &PlaceOptions, environment: &Environment) -> Result<Place, Fault> {
    if let (Some(admin), Some(state_directory)) = (options.admin, &options.state_directory) {
        return Ok(Place { admin, state_directory: state_directory.clone() });
    }
    let hub = match check::config(&options.config) {
        Ok(loaded) => loaded.config.hub,
        Err(_) if options.admin.is_some() || options.state_directory.is_some() => {
            HubConfig::default()
        }
        Err(fault) => return Err(fault),
    };
    Ok(Place {
        admin: options.admin.unwrap_or(hub.admin_listen),
        state_directory: options
            .state_directory
            .clone()
            .unwrap_or_else(|| run::state_directory(&hub, environment)),
    })
}

/// The running hub's reply; nothing where none listens.
fn hub(admin: SocketAddr, path: &str) -> Result<Option<Reply>, Fault> {
    if TcpStream::connect_timeout(&admin, Duration::from_secs(1)).is_err() {
        return Ok(None);
    }
    let (events, _) = bounded(1);
    let request = Request::get(&format!("http://{admin}{path}"), Span::secs(10));
    let reply = Client::new(events).fetch(&request);
    reply.map(Some).map_err(|fault| Fault::unavailable(format!("the hub at {admin}: {fault}")))
}

/// What the ledger knows, in the shape of the hub's reply.
fn ledger(
    place: &Place,
    options: &AskOptions,
    environment: &Environment,
) -> Result<Vec<u8>, Fault> {
    let rows = Store::peek(&place.state_directory).map_err(|fault| {
        Fault::unavailable(format!("no hub listens on {}, and {fault}", place.admin))
    })?;
    let now = Clock::real().now();
    let mut remembered = ledger::restore(rows, &environment.boot, now)
        .map_err(|fault| run::newer(&place.state_directory, fault))?;
    for complaint in &remembered.complaints {
        out::complain(complaint);
    }
    let body = match &options.question {
        Question::Alerts => serde_json::to_vec(&AlertsView { alerts: views(&remembered) }),
        Question::Unread => {
            let unread = remembered.unread.iter().map(UnreadView::of).collect();
            serde_json::to_vec(&UnreadsView { unread })
        }
        Question::Silences => {
            let silences = remembered.silences.iter().map(SilenceView::of).collect();
            serde_json::to_vec(&SilencesView { silences })
        }
        Question::DeadLetters => {
            let dead_letters = remembered.dead_letters.iter().map(DeadLetterView::of).collect();
            serde_json::to_vec(&DeadLettersView { dead_letters })
        }
        Question::Calibrate => {
            // What is compared, and the factors in force, stand in the file.
            let Loaded { config, definitions, .. } = check::config(&options.place.config)?;
            let report = month(&config, &definitions, &mut remembered, now.utc);
            serde_json::to_vec(&MonthView::of(&report))
        }
        Question::Explain(key) => serde_json::to_vec(&explained(&remembered, key)?),
    };
    body.map_err(|error| Fault::data(error.to_string()))
}

fn views(remembered: &Remembered) -> Vec<AlertView> {
    remembered.alerts.iter().map(|alert| view(remembered, alert)).collect()
}

fn view(remembered: &Remembered, alert: &andon::model::alert::Alert) -> AlertView {
    let of_alert = remembered.tellings.iter().filter(|telling| telling.alert == alert.key);
    AlertView::of(alert, &of_alert.collect::<Vec<_>>())
}

fn explained(remembered: &Remembered, key: &str) -> Result<ExplainView, Fault> {
    let alert = remembered.alerts.iter().find(|alert| alert.key.as_str() == key);
    let alert = alert.ok_or_else(|| {
        Fault::unavailable(format!(
            "the ledger knows no alert {key}; `andon alerts` lists those it knows. A rule that \
             never paged is explained by the running hub only"
        ))
    })?;
    let of_alert = remembered.tellings.iter().filter(|telling| telling.alert == alert.key);
    let is_about =
        |notice: &&Notice| notice.subject.alerts().iter().any(|facts| facts.key == alert.key);
    let waiting = remembered.notices.iter().filter(is_about);
    let undelivered = u32::try_from(waiting.count()).unwrap_or(u32::MAX);
    Ok(ExplainView::of(alert, &of_alert.collect::<Vec<_>>(), undelivered, Vec::new()))
}

/// A key as part of a path.
pub(crate) fn encoded(key: &str) -> String {
    let mut path = String::new();
    for byte in key.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b':' => {
                path.push(char::from(byte));
            }
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    path
}
