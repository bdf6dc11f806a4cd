//! The strict receivers in the site: what comes to them, by HTTP, to a mail server or to a
//! collector of logs, and what people read there. One that has to complain of anything stops the
//! story.

use alloc::sync::Arc;

use andon::demo::http::{Incoming, Reaction};
use andon::demo::reception::Reception;
use andon::model::http::Reply;
use andon::model::mail::Submission;
use andon::model::outgoing::Outgoing;
use andon::model::record::Records;
use andon::model::time::{Span, UtcMs};
use rustls::ServerConfig;
use rustls::server::ResolvesServerCertUsingSni;
use serde_json::Value;

use crate::heard::Line;
use crate::receivers::alertmanager::Alertmanager;
use crate::receivers::datadog::Datadog;
use crate::receivers::smtp::{Instead, Mail, Manners};
use crate::receivers::syslog::{self, Record};
use crate::receivers::teams::Teams;
use crate::receivers::twilio::Twilio;
use crate::receivers::unwired;
use crate::receivers::webhook::Receiver;

/// Where they are.
pub(crate) const TEAMS: &str = "https://teams.test";
pub(crate) const DATADOG: &str = "https://datadog.test";
pub(crate) const ALERTMANAGER: &str = "https://alertmanager.test";
pub(crate) const HOOK: &str = "https://hook.test";
pub(crate) const TWILIO: &str = "https://twilio.test";
pub(crate) const MAIL: &str = "mail.test";
pub(crate) const LOGS: &str = "logs.test";

/// What the header says by which the hook believes us.
pub(crate) const HOOK_KEY: &str = "a-key-of-the-hook";

/// What is on the way to a server.
#[derive(Debug, Clone)]
pub(crate) enum Parcel {
    Http(Incoming),
    Mail(Submission),
    Records(Records),
}

impl Parcel {
    /// Where it goes, what it is, and when the hub gives it up.
    pub(crate) fn of(outgoing: Outgoing) -> (String, Self, Span) {
        let host = outgoing.origin().to_owned();
        match outgoing {
            Outgoing::Http(request) => {
                let path = request.url.strip_prefix(&*host).unwrap_or_default().into();
                let (method, headers) = (request.method.as_str().into(), request.headers);
                let incoming = Incoming { method, path, headers, body: request.body };
                (host, Self::Http(incoming), request.deadline)
            }
            Outgoing::Mail(mail) => {
                let deadline = mail.deadline;
                (host, Self::Mail(mail), deadline)
            }
            Outgoing::Syslog(records) => {
                let deadline = records.deadline;
                (host, Self::Records(records), deadline)
            }
        }
    }
}

/// A receiver, with what goes wrong there and what it has taken.
#[derive(Debug, Clone)]
pub(crate) struct Strict {
    pub(crate) reception: Reception,
    pub(crate) kind: Kind,
    pub(crate) lines: Vec<Line>,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Teams(Teams),
    Datadog(Datadog),
    Alertmanager(Alertmanager),
    Hook(Receiver),
    Twilio(Twilio),
    Mail(Box<PostOffice>),
    Logs(Vec<Record>),
}

/// A mail server and what it has taken.
#[derive(Debug, Clone)]
pub(crate) struct PostOffice {
    pub(crate) manners: Manners,
    pub(crate) mails: Vec<Mail>,
}

impl Strict {
    /// All of them, by where they are.
    pub(crate) fn all() -> [(&'static str, Self); 7] {
        let kinds = [
            (TEAMS, Kind::Teams(Teams::default())),
            (DATADOG, Kind::Datadog(Datadog::default())),
            (ALERTMANAGER, Kind::Alertmanager(Alertmanager::default())),
            (HOOK, Kind::Hook(Receiver::new("PUT", Some(("x-api-key", HOOK_KEY))))),
            (TWILIO, Kind::Twilio(Twilio::default())),
            (MAIL, Kind::Mail(Box::new(PostOffice::new()))),
            (LOGS, Kind::Logs(Vec::new())),
        ];
        let idle = |kind| Self { reception: Reception::default(), kind, lines: Vec::new() };
        kinds.map(|(host, kind)| (host, idle(kind)))
    }

    /// Answers what has come.
    pub(crate) fn receive(&mut self, parcel: &Parcel, utc: UtcMs) -> Reaction {
        match parcel {
            Parcel::Http(incoming) => {
                if let Some(reaction) = self.reception.open(incoming, utc) {
                    return reaction;
                }
                let reaction = self.answer(incoming, utc);
                if let Some(reply) = reaction.reply()
                    && (200..300).contains(&reply.status)
                {
                    let key = incoming.header("idempotency-key").unwrap().to_owned();
                    self.reads(&key, read(&self.kind, incoming, utc));
                }
                reaction
            }
            Parcel::Mail(submission) => self.post(submission, utc),
            Parcel::Records(records) => self.log(records, utc),
        }
    }

    fn answer(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        let (reaction, complaints) = match &mut self.kind {
            Kind::Teams(desk) => (desk.receive(incoming), &desk.complaints),
            Kind::Datadog(desk) => (desk.receive_at(incoming, utc), &desk.complaints),
            Kind::Alertmanager(desk) => (desk.receive_at(incoming, utc), &desk.complaints),
            Kind::Hook(desk) => (desk.receive(incoming), &desk.complaints),
            Kind::Twilio(desk) => (desk.receive(incoming, utc), &desk.complaints),
            Kind::Mail(_) | Kind::Logs(_) => panic!("it does not speak HTTP"),
        };
        assert_eq!(*complaints, [""; 0]);
        reaction
    }

    /// A mail server that is in trouble says so by codes of its own.
    fn post(&mut self, submission: &Submission, utc: UtcMs) -> Reaction {
        let Kind::Mail(office) = &mut self.kind else { panic!("it takes no mail") };
        let mut manners = office.manners.clone();
        match self.reception.open(&Incoming::new("MAIL", "/"), utc) {
            Some(Reaction::Reply(reply)) => {
                let word = if reply.status == 429 { "450 4.7.0 too much" } else { "421 4.3.2 no" };
                manners.instead.push(("MAIL", Instead::Says(word)));
            }
            Some(reaction) => return reaction,
            None => {}
        }
        let (outcome, state) = unwired::submit(&manners, submission);
        assert_eq!(state.complaints, [""; 0]);
        office.mails.extend(state.mails.iter().cloned());
        for Mail { text, .. } in &state.mails {
            self.reads(&header(text, "Message-ID"), vec![header(text, "Subject")]);
        }
        outcome.map_or(Reaction::Close, Reaction::Reply)
    }

    /// A collector has no words: it reads what comes, or the connection breaks.
    fn log(&mut self, records: &Records, utc: UtcMs) -> Reaction {
        let is_down = self.reception.open(&Incoming::new("SYSLOG", "/"), utc);
        let Kind::Logs(taken) = &mut self.kind else { panic!("it takes no records") };
        match is_down {
            Some(Reaction::Hang) => return Reaction::Hang,
            Some(_) => return Reaction::Close,
            None => {}
        }
        let read = syslog::frames(&records.framed());
        assert_eq!(read.complaints, [""; 0]);
        taken.extend(read.records.iter().cloned());
        for record in read.records {
            let key = record.data.iter().find(|(name, _)| name == "notice").unwrap().1.clone();
            self.reads(&key, vec![format!("<{}> {}", record.priority, record.text)]);
        }
        Reaction::Reply(Reply::empty(200))
    }

    /// One notice may be more than one thing to read.
    fn reads(&mut self, key: &str, texts: Vec<String>) {
        let line = |text: String| Line { key: format!("{key} {text}"), text };
        self.lines.extend(texts.into_iter().map(line));
    }
}

impl PostOffice {
    /// It offers STARTTLS, of which a dialogue without a socket sees no certificate, and logs in.
    fn new() -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let config = config.with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new()));
        let tls = Some(Arc::new(config));
        let manners = Manners { tls, mechanisms: "PLAIN LOGIN", ..Manners::default() };
        Self { manners, mails: Vec::new() }
    }
}

/// What people read of a request that was taken.
fn read(kind: &Kind, incoming: &Incoming, utc: UtcMs) -> Vec<String> {
    let body: Value = serde_json::from_slice(&incoming.body).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match kind {
        Kind::Teams(_) => {
            let card = &body["attachments"][0]["content"]["body"][0];
            vec![format!("{} {}", text(&card["color"]), text(&card["text"]))]
        }
        Kind::Datadog(_) if incoming.route() == "/api/v1/check_run" => {
            let check = &body[0];
            vec![format!("check {} {}", check["status"], text(&check["message"]))]
        }
        Kind::Datadog(_) => {
            let event = &body["data"]["attributes"];
            vec![format!("{} {}", text(&event["attributes"]["status"]), text(&event["title"]))]
        }
        Kind::Alertmanager(_) => {
            let alerts = body.as_array().unwrap().iter();
            let line = |alert: &Value| {
                let ends = alert["endsAt"].as_str().and_then(UtcMs::from_rfc3339);
                let word = if ends.is_some_and(|ends| ends <= utc) { "ends" } else { "fires" };
                let severity = text(&alert["labels"]["severity"]);
                format!("{word} {severity}: {}", text(&alert["annotations"]["summary"]))
            };
            alerts.map(line).collect()
        }
        Kind::Hook(_) => vec![text(&body["text"])],
        Kind::Twilio(_) => {
            let form = incoming.form();
            let of = |name: &str| form.iter().find(|(known, _)| known == name);
            let sent = of("To").zip(of("Body"));
            // The mark of the notice stands at the end.
            let line = |((_, to), (_, body)): (&(String, String), &(String, String))| {
                format!("{to}: {}", body.rsplit_once(" #").unwrap().0)
            };
            sent.map(line).into_iter().collect()
        }
        Kind::Mail(_) | Kind::Logs(_) => Vec::new(),
    }
}

/// A header of a message, in one line.
pub(crate) fn header(text: &str, name: &str) -> String {
    let unfolded = text.replace("\r\n ", " ");
    let begin = format!("{name}: ");
    let line = unfolded.lines().find_map(|line| line.strip_prefix(&begin));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).to_owned()
}
