//! `andon silence add` and `andon silence expire`: orders to the running hub.

use andon::api::{SilenceView, silences_text};
use andon::model::http::Method;
use serde_json::{Map, Value, json};

use super::ask::{encoded, place};
use super::environment::Environment;
use super::exit::Fault;
use super::options::{SilenceOptions, Silencing};
use super::order::order;
use super::out;

/// Makes a silence, or ends one before its time.
pub(crate) fn silence(options: &SilenceOptions, environment: &Environment) -> Result<(), Fault> {
    let hub = place(&options.place, environment)?;
    let (method, path, body) = match &options.act {
        Silencing::Expire(id) => {
            (Method::Delete, format!("/api/v1/silences/{}", encoded(id)), Value::Null)
        }
        Silencing::Add { about, owner, comment, seconds, until } => {
            let mut body = json!({ "match": matcher(about)?, "owner": owner, "comment": comment });
            if let (Some(seconds), Some(body)) = (seconds, body.as_object_mut()) {
                body.insert("seconds".into(), (*seconds).into());
            }
            if let (Some(until), Some(body)) = (until, body.as_object_mut()) {
                body.insert("until".into(), until.as_str().into());
            }
            (Method::Post, "/api/v1/silences".into(), body)
        }
    };
    let reply = order(hub.admin, &hub.state_directory, method, &path, &body)?;
    if options.place.json {
        return out::print(&format!("{}\n", String::from_utf8_lossy(&reply.body)));
    }
    let view: SilenceView = serde_json::from_slice(&reply.body)
        .map_err(|error| Fault::data(format!("the hub's answer cannot be read: {error}")))?;
    out::print(&match &options.act {
        Silencing::Add { .. } => silences_text(&[view], out::colour()),
        Silencing::Expire(_) => format!("silence {} is over\n", view.id),
    })
}

/// `entity=tier-2,tier-3 severity=high` as the order's `match`; what has no `=` is an alert's key.
fn matcher(about: &[String]) -> Result<Map<String, Value>, Fault> {
    let mut matcher = Map::new();
    for part in about {
        let (key, values) = part.split_once('=').unwrap_or(("alert_key", part));
        let values: Vec<Value> = values.split(',').map(Into::into).collect();
        if matcher.insert(key.into(), values.into()).is_some() {
            return Err(Fault::usage(format!("{key} stands twice: write {key}=one,other")));
        }
    }
    if matcher.is_empty() {
        let help = "say of which alerts: entity=NAME, severity=high,critical, or an alert's key";
        return Err(Fault::usage(help));
    }
    Ok(matcher)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_silenced_is_said_part_by_part() {
        let about = |parts: &[&str]| {
            matcher(&parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>()).ok()
        };
        let both = about(&["entity=tier-*,sales", "severity=high"]).unwrap();
        assert_eq!(
            Value::from(both),
            json!({ "entity": ["tier-*", "sales"], "severity": ["high"] })
        );
        let key = about(&["cx:tier-2:calls_waiting:9f3a61c2"]).unwrap();
        assert_eq!(Value::from(key), json!({ "alert_key": ["cx:tier-2:calls_waiting:9f3a61c2"] }));
        assert!(about(&[]).is_none() && about(&["unit=a", "unit=b"]).is_none());
    }
}
