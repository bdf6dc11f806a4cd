//! An instance of ServiceNow: its incident table and Event Management, as strict as theirs.
//!
//! It refuses what they refuse: a wrong user, what is no text, columns that no table has, an end
//! without code and notes. It counts its requests by the hour, as each customer's own limits do.

use andon::demo::http::{Incoming, Reaction, json_reply};
use andon::demo::reception::Reception;
use andon::model::http::Reply;
use andon::model::time::{Span, UtcMs};
use serde_json::{Map, Value, json};

use super::oauth::Endpoint;

/// The secret of the client `andon-client`.
pub(crate) const SERVICENOW_CLIENT_SECRET: &str = "a-servicenow-client-secret";

/// Who may write there: `andon` with this password.
pub(crate) const SERVICENOW_PASSWORD: &str = "a-servicenow-password";

/// The instance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Instance {
    pub(crate) reception: Reception,
    /// The incidents, the oldest first.
    pub(crate) incidents: Vec<Map<String, Value>>,
    /// The events.
    pub(crate) events: Vec<Map<String, Value>>,
    /// The alerts that Event Management made of them, the oldest first.
    pub(crate) alerts: Vec<Map<String, Value>>,
    /// When each request came.
    pub(crate) asked: Vec<UtcMs>,
    /// Requests in an hour, where there is a limit.
    pub(crate) limit: Option<usize>,
    /// It sleeps: a page with 200 in the place of every answer.
    pub(crate) sleeps: bool,
    /// The answer to the next incident that is made is lost on the way.
    pub(crate) loses: bool,
    /// Questions whose answers were read back.
    pub(crate) readings: usize,
    /// Where it gives tokens, by which alone it then lets anybody in.
    pub(crate) oauth: Option<Endpoint>,
    /// Whatever is shown.
    pub(crate) lets_nobody_in: bool,
}

const COLUMNS: [&str; 13] = [
    "assignment_group",
    "category",
    "close_code",
    "close_notes",
    "correlation_display",
    "correlation_id",
    "description",
    "impact",
    "short_description",
    "state",
    "sys_id",
    "urgency",
    "work_notes",
];

const EVENT_FIELDS: [&str; 13] = [
    "additional_info",
    "description",
    "event_class",
    "message_key",
    "metric_name",
    "node",
    "resolution_state",
    "resource",
    "severity",
    "source",
    "time_of_event",
    "type",
    "ci_type",
];

const TOKENS: &str = "/oauth_token.do";

const ALERTS: &str = "/api/now/v2/table/em_alert";

const TABLE: &str = "/api/now/v2/table/incident";

/// Where it gives tokens to its client.
pub(crate) fn endpoint() -> Endpoint {
    let endpoint = Endpoint::new("andon-client", SERVICENOW_CLIENT_SECRET);
    Endpoint { reissues: true, ..endpoint }
}

impl Instance {
    /// Answers one request.
    pub(crate) fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if let Some(reaction) = self.reception.open(incoming, utc) {
            return reaction;
        }
        if let Some(oauth) = self.oauth.as_mut().filter(|_| incoming.route() == TOKENS) {
            return oauth.receive(incoming, utc);
        }
        let reply = self.answer(incoming, utc);
        if reply.status == 201 && core::mem::take(&mut self.loses) {
            return Reaction::Hang;
        }
        Reaction::reply_at(reply, utc)
    }

    /// The column of each incident of a key, the oldest first.
    pub(crate) fn column(&self, name: &str) -> Vec<&str> {
        let text = |row: &Map<String, Value>| row.get(name).and_then(Value::as_str).is_some();
        let rows = self.incidents.iter().filter(|row| text(row));
        rows.map(|row| row[name].as_str().unwrap()).collect()
    }

    /// Somebody there writes into the newest incident.
    pub(crate) fn writes(&mut self, name: &str, value: &str) {
        self.incidents.last_mut().unwrap().insert(name.into(), value.into());
    }

    fn answer(&mut self, incoming: &Incoming, utc: UtcMs) -> Reply {
        // andon:a-servicenow-password
        let proof = "Basic YW5kb246YS1zZXJ2aWNlbm93LXBhc3N3b3Jk";
        let is_let_in = match &self.oauth {
            Some(oauth) => is_known(oauth, incoming, utc),
            None => incoming.header("authorization") == Some(proof),
        };
        if !is_let_in || self.lets_nobody_in {
            return self.refuse(401, "User Not Authenticated");
        }
        if self.sleeps {
            return Reply::new(200, "text/html", "<h1>Your instance is hibernating</h1>");
        }
        self.asked.push(utc);
        let lately = self.asked.iter().filter(|at| utc - **at < Span::secs(3_600)).count();
        if self.limit.is_some_and(|limit| lately > limit) {
            let reset = (utc.0 / 3_600_000 + 1) * 3_600;
            return Reply::empty(429).with_header("x-ratelimit-reset", &reset.to_string());
        }
        if (&*incoming.method, incoming.route()) == ("GET", ALERTS) {
            return self.find(incoming, "message_key");
        }
        let id = incoming.route().strip_prefix(TABLE).map(|rest| rest.trim_start_matches('/'));
        match (&*incoming.method, incoming.route(), id) {
            ("POST", "/api/global/em/jsonv2", _) => self.take_events(incoming),
            ("GET", _, Some("")) => self.find(incoming, "correlation_id"),
            ("POST", _, Some("")) => self.create(incoming),
            ("PATCH", _, Some(id)) => self.change(id, incoming),
            _ => self.refuse(404, "Requested URI does not represent any resource"),
        }
    }

    fn refuse(&mut self, status: u16, why: &str) -> Reply {
        self.reception.refuse(why);
        json_reply(status, &json!({ "error": { "message": why }, "status": "failure" }))
    }

    /// The rows of a table by one of its columns, the newest first.
    fn find(&mut self, incoming: &Incoming, column: &str) -> Reply {
        let query = incoming.query();
        let value = |name: &str| {
            let known = query.iter().find(|(known, _)| known == name);
            known.map(|(_, value)| value.clone())
        };
        let text = value("sysparm_query").unwrap();
        let (condition, order) = text.split_once('^').unwrap();
        assert_eq!(order, "ORDERBYDESCsys_created_on");
        let keys: Vec<&str> = match condition.split_once(&format!("{column}IN")) {
            Some((_, keys)) => {
                self.readings += 1;
                keys.split(',').collect()
            }
            None => vec![condition.strip_prefix(&format!("{column}=")).unwrap()],
        };
        let fields = value("sysparm_fields").unwrap();
        let limit: usize = value("sysparm_limit").unwrap().parse().unwrap();
        let is_asked = |row: &&Map<String, Value>| keys.contains(&row[column].as_str().unwrap());
        let table = if column == "message_key" { &self.alerts } else { &self.incidents };
        let rows = table.iter().rev().filter(is_asked).take(limit);
        let shown = |row: &Map<String, Value>| {
            let fields = fields.split(',');
            Value::Object(fields.map(|name| (name.to_owned(), row[name].clone())).collect())
        };
        json_reply(200, &json!({ "result": rows.map(shown).collect::<Vec<Value>>() }))
    }

    fn create(&mut self, incoming: &Incoming) -> Reply {
        let mut row = match table(&incoming.body, &COLUMNS) {
            Ok(row) => row,
            Err(why) => return self.refuse(400, &why),
        };
        if row["short_description"].as_str().unwrap().chars().count() > 160
            || row["correlation_id"].as_str().unwrap().chars().count() > 100
        {
            return self.refuse(400, "a value is too long for its column");
        }
        let id = format!("{:032x}", self.incidents.len() + 1);
        row.insert("sys_id".into(), id.clone().into());
        self.incidents.push(row);
        self.reception.accept(incoming.header("idempotency-key"));
        json_reply(201, &json!({ "result": { "sys_id": id } }))
    }

    fn change(&mut self, id: &str, incoming: &Incoming) -> Reply {
        let row = match table(&incoming.body, &COLUMNS) {
            Ok(row) => row,
            Err(why) => return self.refuse(400, &why),
        };
        let is_end = row.get("state").is_some_and(|state| state == "6");
        if is_end && !(row.contains_key("close_code") && row.contains_key("close_notes")) {
            return self
                .refuse(403, "Data Policy Exception: close_code, close_notes are mandatory");
        }
        let Some(known) = self.incidents.iter_mut().find(|known| known["sys_id"] == id) else {
            return self.refuse(404, "No Record found");
        };
        known.extend(row);
        self.reception.accept(incoming.header("idempotency-key"));
        json_reply(200, &json!({ "result": { "sys_id": id } }))
    }

    fn take_events(&mut self, incoming: &Incoming) -> Reply {
        let body: Value = serde_json::from_slice(&incoming.body).unwrap();
        let records = body["records"].as_array().unwrap().clone();
        for record in &records {
            match table(record.to_string().as_bytes(), &EVENT_FIELDS) {
                Ok(event) if event["time_of_event"].as_str().unwrap().len() == 19 => {
                    self.correlate(&event);
                    self.events.push(event);
                }
                Ok(_) => return self.refuse(400, "time_of_event is no time"),
                Err(why) => return self.refuse(400, &why),
            }
        }
        self.reception.accept(incoming.header("idempotency-key"));
        json_reply(200, &json!({ "default": format!("{} events were inserted", records.len()) }))
    }
}

impl Instance {
    /// An event opens the alert of its key, opens it again, or closes it; an OK makes none.
    fn correlate(&mut self, event: &Map<String, Value>) {
        let key = &event["message_key"];
        let known = self.alerts.iter_mut().rev().find(|alert| alert["message_key"] == *key);
        let is_over = event["severity"] == "0" || event["resolution_state"] == "Closing";
        match known {
            Some(alert) if is_over => drop(alert.insert("state".into(), "Closed".into())),
            Some(alert) if alert["state"] == "Closed" => {
                drop(alert.insert("state".into(), "Reopen".into()));
            }
            None if !is_over && event["severity"] != "5" => self.alerts.push(Map::from_iter([
                ("message_key".to_owned(), key.clone()),
                ("state".to_owned(), "Open".into()),
                ("acknowledged".to_owned(), "false".into()),
            ])),
            Some(_) | None => {}
        }
    }
}

/// Whether a request shows a token that is good.
fn is_known(oauth: &Endpoint, incoming: &Incoming, utc: UtcMs) -> bool {
    let shown = incoming.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
    oauth.tokens.iter().any(|(token, ends)| shown == Some(token) && utc < *ends)
}

/// A table of texts in known columns.
fn table(body: &[u8], columns: &[&str]) -> Result<Map<String, Value>, String> {
    let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let row = body.as_object().ok_or("it is no object")?;
    for (name, value) in row {
        if !columns.contains(&name.as_str()) {
            return Err(format!("there is no column {name}"));
        }
        if !value.is_string() {
            return Err(format!("{name} is no text"));
        }
    }
    Ok(row.clone())
}
