//! ServiceNow: an alert is an incident of its table, found again by its `correlation_id`.
//!
//! Nothing there keeps two incidents of one `correlation_id` apart, so that whoever tells asks
//! first: an incident that is still open is written into, whoever lost our answer. One that is
//! resolved is taken up again where it is the same problem, and a new problem is a new incident.
//!
//! # Promises
//! - `an_incident_is_asked_for_before_one_is_made`
//! - `what_is_open_there_is_written_into`
//! - `the_same_problem_takes_a_resolved_incident_up_again`
//! - `an_end_resolves_with_code_and_notes`
//! - `an_incident_that_is_gone_is_asked_for_anew`
//! - `a_yes_without_a_result_is_none`
//! - `who_has_it_in_hand_is_a_state`
//! - `a_key_cannot_break_a_query`

mod access;
mod events;
mod read;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};

use serde_json::{Map, Value};

use crate::limits::{
    SERVICENOW_CORRELATION_CHARS_MAX, SERVICENOW_GAP, SERVICENOW_SHORT_CHARS_MAX,
    SERVICENOW_TEXT_CHARS_MAX, TELL_DEADLINE,
};
use crate::model::alert::AlertKey;
use crate::model::config::TextOrSecret;
use crate::model::http::{Method, Reply, Request, percent_encode};
use crate::model::notice::{AlertFacts, Notice, Reason, Subject};
use crate::model::outgoing::Outgoing;
use crate::model::rule::Severity;
use crate::model::target::ServiceNow;
use crate::model::time::Span;
use crate::target::cut::{lines, one_line};
use crate::target::delivery::Delivery;
use crate::target::texts::{Body, Wording};
use crate::target::{
    Digests, Hands, Letter, Manner, Speak, Stage, TargetFault, Updates, Words, address, json,
};

/// What the exchange about a notice needs next.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    /// Whether there is an incident.
    Find,
    /// There is none that this belongs into.
    Create,
    /// There is one, by its `sys_id`.
    Write(Box<str>),
    /// There is one that is resolved, and is not over.
    Reopen(Box<str>),
}

impl Next {
    fn of(letter: &Letter<'_>) -> Self {
        let known = letter.thread.map(|thread| &*thread.reference).filter(|id| !id.is_empty());
        match (Self::at(letter.stage), known) {
            (Some(next), _) => next,
            (None, Some(id)) if !may_be_new(letter.notice.reason) => Self::Write(id.into()),
            (None, _) => Self::Find,
        }
    }

    fn at(stage: &Stage) -> Option<Self> {
        let Stage::Then(text) = stage else { return None };
        Some(match text.split_once(' ') {
            Some(("write", id)) => Self::Write(id.into()),
            Some(("reopen", id)) => Self::Reopen(id.into()),
            _ if &**text == "create" => Self::Create,
            _ => Self::Find,
        })
    }

    fn stage(&self) -> Stage {
        Stage::Then(match self {
            Self::Find => "find".into(),
            Self::Create => "create".into(),
            Self::Write(id) => format!("write {id}").into(),
            Self::Reopen(id) => format!("reopen {id}").into(),
        })
    }
}

/// Whether what is told may need another incident than the one before.
const fn may_be_new(reason: Reason) -> bool {
    matches!(reason, Reason::FirstBreach | Reason::Reopened | Reason::Passed | Reason::Test)
}

impl Speak for ServiceNow {
    fn manner(&self) -> Manner {
        Manner {
            gap: SERVICENOW_GAP,
            digests: Digests::Pages,
            updates: Updates::InPlace,
            hands: Hands::Keeps,
        }
    }

    fn words(&self) -> Words {
        Words::Left
    }

    fn address(&self) -> Option<&TextOrSecret> {
        Some(&self.url)
    }

    fn ask(&self, letter: &Letter<'_>) -> Result<Outgoing, TargetFault> {
        let url = address(letter.secrets, &self.url)?;
        let Subject::Alert(facts) = &letter.notice.subject else {
            let why = "ServiceNow would open an incident for it. A servicenow-events, slack or \
                       webhook target takes it";
            return Err(TargetFault::Unfit(why));
        };
        let wording = letter.texts.word(facts, letter.notice.reason);
        let next = Next::of(letter);
        let request = match &next {
            Next::Find => Request::get(&self.question(url, &facts.key), TELL_DEADLINE),
            Next::Create => {
                Request::post_json(url, json(&self.new_incident(facts, &wording))?, TELL_DEADLINE)
            }
            Next::Write(id) | Next::Reopen(id) => {
                let body = json(&self.change(facts, letter.notice.reason, &wording, &next))?;
                let url = format!("{url}/{}", percent_encode(id));
                Request { method: Method::Patch, ..Request::post_json(&url, body, TELL_DEADLINE) }
            }
        };
        access::sign(request, &self.login, letter.secrets).map(Outgoing::Http)
    }

    fn hear(&self, notice: &Notice, stage: &Stage, reply: &Reply) -> Delivery {
        let asked = Next::at(stage);
        match (reply.status, &asked) {
            (200..=299, _) => {}
            // The incident is gone, or the address is the table's first version, which calls
            // nothing found so: whether there is another is asked once.
            (404, None | Some(Next::Write(_) | Next::Reopen(_))) => {
                return Delivery::Next(Next::Find.stage());
            }
            (404, Some(Next::Find)) => return self.found(notice, None),
            (404, Some(Next::Create)) => {
                return Delivery::disabled(reply, "check the target's url");
            }
            _ => return access::refusal(reply),
        }
        let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
        match body.as_ref().and_then(|body| body.get("result")) {
            Some(Value::Array(list)) => self.found(notice, list.first()),
            Some(Value::Object(incident)) => match incident.get("sys_id").and_then(Value::as_str) {
                // What is over is not written into any more.
                _ if is_end(notice) => Delivery::Accepted { thread: Some("".into()) },
                Some(id) => Delivery::Accepted { thread: Some(id.into()) },
                None => Delivery::ACCEPTED,
            },
            // A page of a proxy, or of an instance that sleeps.
            _ => Delivery::later(reply, Span::ZERO),
        }
    }

    /// An incident may have been made although its answer was lost: it is asked for again.
    fn resumes(&self, _: &Stage) -> Stage {
        Stage::First
    }
}

impl ServiceNow {
    /// The newest incident of an alert.
    fn question(&self, url: &str, key: &AlertKey) -> String {
        let query = format!("correlation_id={}^ORDERBYDESCsys_created_on", correlation(key));
        let query = percent_encode(&query);
        format!(
            "{url}?sysparm_query={query}&sysparm_fields=sys_id,state&sysparm_limit=1\
             &sysparm_exclude_reference_link=true"
        )
    }

    /// What is to be done where this is the newest incident of the alert.
    fn found(&self, notice: &Notice, newest: Option<&Value>) -> Delivery {
        let text = |name: &str| newest.and_then(|one| one.get(name)).and_then(Value::as_str);
        let (id, state) = (text("sys_id"), text("state").unwrap_or_default());
        let is_closed = self.states.closed.iter().any(|closed| **closed == *state);
        let is_resolved = *self.states.resolved == *state;
        let says_nothing_new = is_end(notice) || notice.reason == Reason::Acknowledged;
        let next = match id {
            Some(id) if !is_closed && !is_resolved => Next::Write(id.into()),
            _ if says_nothing_new => return Delivery::Accepted { thread: Some("".into()) },
            Some(id) if is_resolved && notice.reason != Reason::FirstBreach => {
                Next::Reopen(id.into())
            }
            Some(_) | None => Next::Create,
        };
        Delivery::Next(next.stage())
    }

    fn new_incident(&self, facts: &AlertFacts, wording: &Wording) -> Map<String, Value> {
        let mut incident = Map::new();
        for (name, value) in &self.fields {
            incident.insert(name.to_string(), Value::from(&**value));
        }
        put(&mut incident, "correlation_id", correlation(&facts.key));
        put(&mut incident, "correlation_display", "andon".into());
        put(&mut incident, "description", self.description(facts, wording));
        put(&mut incident, "state", self.state_of(facts).into());
        rate(&mut incident, facts, wording);
        incident
    }

    fn change(
        &self,
        facts: &AlertFacts,
        reason: Reason,
        wording: &Wording,
        next: &Next,
    ) -> Map<String, Value> {
        let mut incident = Map::new();
        let notes = self.description(facts, wording);
        if facts.resolved || reason == Reason::Recovered {
            put(&mut incident, "state", (*self.states.resolved).into());
            put(&mut incident, "close_code", (*self.close_code).into());
            put(&mut incident, "close_notes", notes);
            return incident;
        }
        let says_state = matches!(reason, Reason::Acknowledged | Reason::Lapsed);
        if says_state || matches!(next, Next::Reopen(_)) {
            put(&mut incident, "state", self.state_of(facts).into());
        }
        put(&mut incident, "work_notes", notes);
        rate(&mut incident, facts, wording);
        incident
    }

    fn state_of(&self, facts: &AlertFacts) -> &str {
        if facts.hand.is_some() { &self.states.acknowledged } else { &self.states.open }
    }

    fn description(&self, facts: &AlertFacts, wording: &Wording) -> String {
        let (Body::Own(body) | Body::BuiltIn(body)) = &wording.body;
        let hand = facts.hand.as_ref().map(|hand| format!("\nin hand: {hand}"));
        let text = format!("{}\n{body}{}", wording.summary, hand.unwrap_or_default());
        lines(&text, SERVICENOW_TEXT_CHARS_MAX)
    }
}

/// How bad it is, and its one line, which says the newest numbers.
fn rate(incident: &mut Map<String, Value>, facts: &AlertFacts, wording: &Wording) {
    let (impact, urgency) = match facts.severity {
        Severity::Critical => ("1", "1"),
        Severity::High => ("2", "1"),
        Severity::Medium => ("2", "2"),
        Severity::Low => ("3", "3"),
    };
    put(incident, "short_description", one_line(&wording.summary, SERVICENOW_SHORT_CHARS_MAX));
    put(incident, "impact", impact.into());
    put(incident, "urgency", urgency.into());
}

fn put(incident: &mut Map<String, Value>, name: &str, text: String) {
    incident.insert(name.into(), Value::String(text));
}

fn is_end(notice: &Notice) -> bool {
    let is_over = notice.subject.alerts().iter().any(|facts| facts.resolved);
    is_over || notice.reason == Reason::Recovered
}

/// The key as it stands in `correlation_id`: what a query takes for its own is left out.
fn correlation(key: &AlertKey) -> String {
    of_end(key.as_str(), SERVICENOW_CORRELATION_CHARS_MAX)
}

/// The end of a key, which tells it apart, with what an encoded query takes for its own replaced.
fn of_end(key: &str, chars_max: usize) -> String {
    let is_fit = |c: char| c.is_ascii_graphic() && !matches!(c, '^' | ',' | '=' | '@');
    let too_many = key.chars().count().saturating_sub(chars_max);
    key.chars().skip(too_many).map(|c| if is_fit(c) { c } else { '_' }).collect()
}
