//! Twilio's Messages API as far as the hub uses it: it refuses JSON, a wrong login, a body that is
//! too long, and numbers that are none; it lists what it has taken, and takes the same text twice
//! as what it is: two messages.

use andon::demo::http::{Incoming, Reaction, json_reply};
use andon::model::http::Reply;
use andon::model::time::UtcMs;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub(crate) const TOKEN: &str = "a-twilio-token";

/// What it does with the next request to send, in the place of what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twist {
    /// Answers 429 and how long to wait.
    Throttles,
    /// Answers 500 and takes nothing.
    Fails,
    /// Takes the message; the answer is lost.
    LosesTheAnswer,
    /// Takes nothing and never answers.
    Hangs,
    /// Will not send to such a number.
    Refuses,
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sms {
    pub(crate) to: String,
    pub(crate) from: String,
    pub(crate) body: String,
    pub(crate) status: &'static str,
}

/// The account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Twilio {
    pub(crate) messages: Vec<Sms>,
    pub(crate) twists: Vec<Twist>,
    pub(crate) complaints: Vec<String>,
    /// How often it was asked what it has.
    pub(crate) looked_up: usize,
}

impl Twilio {
    /// Answers one request.
    pub(crate) fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        let login = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{TOKEN}")));
        if incoming.header("authorization") != Some(login.as_str()) {
            return refuse(401, 20_003, "Authenticate");
        }
        if incoming.route() != format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json") {
            return self.complains(404, 20_404, "no such resource");
        }
        match &*incoming.method {
            "GET" => self.list(incoming, utc),
            "POST" => self.send(incoming, utc),
            _ => self.complains(405, 20_004, "no such method"),
        }
    }

    fn list(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        let query = incoming.query();
        let of = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, v)| v.clone());
        let (Some(to), Some(size)) = (of("To"), of("PageSize")) else {
            return self.complains(400, 20_001, "name To and PageSize");
        };
        let size = size.parse::<usize>().ok().filter(|size| (1..=1_000).contains(size));
        let Some(size) = size else {
            return self.complains(400, 20_001, "PageSize is not 1 to 1000");
        };
        self.looked_up += 1;
        let newest = self.messages.iter().enumerate().rev().filter(|(_, sms)| sms.to == to);
        let list: Vec<Value> =
            newest.take(size).map(|(number, sms)| resource(number, sms)).collect();
        Reaction::reply_at(json_reply(200, &json!({ "messages": list, "page": 0 })), utc)
    }

    fn send(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        if incoming.media_type() != "application/x-www-form-urlencoded" {
            return self.complains(415, 20_012, "a form was wanted");
        }
        let form = incoming.form();
        let known = ["To", "From", "MessagingServiceSid", "Body", "ValidityPeriod"];
        if let Some((name, _)) = form.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            let what = format!("{name} is no parameter");
            return self.complains(400, 20_001, &what);
        }
        let of = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, v)| v.clone());
        let from = match (of("From"), of("MessagingServiceSid")) {
            (Some(from), None) => from,
            (None, Some(service)) if service.starts_with("MG") && service.len() == 34 => service,
            _ => return self.complains(400, 21_603, "one of From and MessagingServiceSid"),
        };
        let Some(to) = of("To").filter(|to| is_number(to)) else {
            return self.complains(400, 21_211, "To is no number");
        };
        let Some(body) = of("Body").filter(|body| !body.is_empty()) else {
            return self.complains(400, 21_602, "there is no Body");
        };
        if body.encode_utf16().count() > 1_600 {
            return self.complains(400, 21_617, "the Body is longer than 1600 characters");
        }
        let validity = of("ValidityPeriod").map(|period| period.parse::<u32>());
        if validity.is_some_and(|period| !period.is_ok_and(|secs| (1..=36_000).contains(&secs))) {
            return self.complains(400, 21_670, "the ValidityPeriod is not 1 to 36000");
        }
        let twist = (!self.twists.is_empty()).then(|| self.twists.remove(0));
        match twist {
            None | Some(Twist::LosesTheAnswer) => {}
            Some(Twist::Hangs) => return Reaction::Hang,
            Some(Twist::Fails) => return refuse(500, 20_500, "internal error"),
            Some(Twist::Refuses) => return refuse(400, 21_610, "the recipient wants no messages"),
            Some(Twist::Throttles) => {
                let Reaction::Reply(reply) = refuse(429, 20_429, "too many requests") else {
                    unreachable!()
                };
                return Reaction::Reply(reply.with_header("retry-after", "3"));
            }
        }
        let sms = Sms { to, from, body, status: "queued" };
        let reply = json_reply(201, &resource(self.messages.len(), &sms));
        self.messages.push(sms);
        if twist.is_some() { Reaction::Close } else { Reaction::reply_at(reply, utc) }
    }

    fn complains(&mut self, status: u16, code: u32, what: &str) -> Reaction {
        self.complaints.push(what.to_owned());
        refuse(status, code, what)
    }
}

fn resource(number: usize, sms: &Sms) -> Value {
    let error = (sms.status == "failed").then_some(30_003);
    json!({
        "sid": format!("SM{number:032}"), "to": sms.to, "from": sms.from, "body": sms.body,
        "status": sms.status, "error_code": error, "direction": "outbound-api",
    })
}

fn refuse(status: u16, code: u32, message: &str) -> Reaction {
    let body = json!({ "code": code, "message": message, "status": status });
    let reply: Reply = json_reply(status, &body);
    Reaction::Reply(reply)
}

/// E.164: a plus sign and up to 15 digits.
fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}
