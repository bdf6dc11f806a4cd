//! Slack by an app of one's own (Web API): an alert's life in one message.
//!
//! | reason | the message | and in its thread |
//! |---|---|---|
//! | the first of an episode, whatever it is | is posted | |
//! | `repeat`, `updated`, `acknowledged`, `passed` | is changed in place | |
//! | `escalation`, `reopened`, the first breach of another priority | is changed | a loud reply |
//! | `lapsed`, `unstable`, `settled`, `recovered` | is changed | a reply |
//!
//! The whole channel sees a loud reply; a recovery has one where the file does not say no. A
//! changed message rings for nobody, so that what people have to notice is a reply, too. What was
//! told first in a list recovers as a reply to that, and gets a message of its own with anything
//! else. A message that is gone, or cannot be changed any more, is posted anew.
//!
//! Slack knows no idempotency: whether it has taken a post whose answer was lost cannot be asked
//! without the right to read the channel, and what it does with `client_msg_id` is not documented.
//! So such a post is made again, and the channel may show it twice. An update cannot double.
//!
//! # Promises
//! - `an_episode_has_one_message_and_a_new_one_another`
//! - `what_people_have_to_notice_is_a_reply_too`
//! - `a_message_that_is_gone_is_posted_anew`
//! - `a_yes_is_spelled_ok_whatever_the_status_says`

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::limits::{SLACK_GAP, TELL_DEADLINE};
use crate::model::config::TextOrSecret;
use crate::model::http::{Method, Reply, Request};
use crate::model::notice::{AlertFacts, Notice, Reason, Subject};
use crate::model::outgoing::Outgoing;
use crate::model::target::SlackApp;
use crate::model::thread::Thread;
use crate::model::time::{Span, UtcMs};
use crate::target::slack::message::{Block, button, message};
use crate::target::slack::press;
use crate::target::{
    Callback, Delivery, Digests, Hands, Letter, Manner, Sealed, Speak, Stage, TargetFault, Updates,
    address, json, secret,
};

impl Speak for SlackApp {
    fn manner(&self) -> Manner {
        Manner {
            gap: SLACK_GAP,
            digests: Digests::Takes,
            updates: Updates::InPlace,
            hands: Hands::Shows,
        }
    }

    fn address(&self) -> Option<&TextOrSecret> {
        Some(&self.api_url)
    }

    fn ask(&self, letter: &Letter<'_>) -> Result<Outgoing, TargetFault> {
        let Letter { notice, texts, secrets, thread, stage, .. } = letter;
        let token = secret(secrets, &self.token)?.expose();
        let url = address(secrets, &self.api_url)?.trim_end_matches('/');
        let step = Step::of(*thread, notice, stage);
        let message = message(notice, texts);
        let mut body = Body {
            channel: &self.channel,
            ts: None,
            thread_ts: None,
            reply_broadcast: false,
            text: message.text,
            blocks: message.blocks,
            unfurl_links: Some(false),
            unfurl_media: Some(false),
        };
        if let (Subject::Alert(facts), Some(_)) = (&notice.subject, &self.signing_secret) {
            body.blocks.extend(button(facts));
        }
        match &step {
            Step::Post => {}
            Step::Update(place) => {
                (body.channel, body.ts) = (place.channel, Some(place.ts));
                (body.unfurl_links, body.unfurl_media) = (None, None);
            }
            Step::Reply(place) => {
                (body.channel, body.thread_ts) = (place.channel, Some(place.ts));
                body.reply_broadcast = loudness(notice.reason) == Loudness::Channel;
                // The message above it has the rest.
                body.blocks = Vec::new();
            }
        }
        let method = if matches!(step, Step::Update(_)) { "update" } else { "postMessage" };
        let headers = Vec::from([
            ("content-type".into(), "application/json; charset=utf-8".into()),
            ("authorization".into(), format!("Bearer {token}").into()),
        ]);
        Ok(Outgoing::Http(Request {
            method: Method::Post,
            url: format!("{url}/chat.{method}"),
            headers,
            body: json(&body)?,
            deadline: TELL_DEADLINE,
            identity: None,
            network_of: None,
        }))
    }

    fn hear(&self, notice: &Notice, stage: &Stage, reply: &Reply) -> Delivery {
        self.hear_in(None, notice, stage, reply)
    }

    fn hear_in(
        &self,
        thread: Option<&Thread>,
        notice: &Notice,
        stage: &Stage,
        reply: &Reply,
    ) -> Delivery {
        match reply.status {
            200 => {}
            429 => return Delivery::later(reply, SLACK_GAP),
            408 | 500..=599 => return Delivery::later(reply, Span::ZERO),
            401 | 403 => return Delivery::disabled(reply, TOKEN),
            _ => return Delivery::refused(reply, ""),
        }
        let Ok(answer) = serde_json::from_slice::<Answer>(&reply.body) else {
            // Not a word of Slack: something stands in between.
            return Delivery::later(reply, Span::ZERO);
        };
        let step = Step::of(thread, notice, stage);
        match (answer.ok, &step) {
            (false, _) => fault(answer.error.as_deref().unwrap_or_default(), &step, reply),
            (true, Step::Post) => Delivery::Accepted { thread: reference(&answer, notice) },
            (true, Step::Update(_)) if self.replies(notice.reason) => {
                Delivery::Next(Stage::Then(REPLY.into()))
            }
            (true, Step::Update(_) | Step::Reply(_)) => Delivery::ACCEPTED,
        }
    }

    fn sealed(&self) -> Option<Sealed<'_>> {
        let secret = self.signing_secret.as_ref()?;
        Some(Sealed { scheme: "slack", secrets: Vec::from([secret]) })
    }

    fn callback(&self, body: &[u8]) -> Option<Vec<Callback>> {
        press::read(body)
    }
}

impl SlackApp {
    /// Whether people have to notice it.
    fn replies(&self, reason: Reason) -> bool {
        let is_wanted = reason != Reason::Recovered || self.reply_recovered;
        is_wanted && loudness(reason) != Loudness::Silent
    }
}

/// Who notices a notice about an alert that has its message already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loudness {
    /// Who looks at the message.
    Silent,
    /// Who follows its thread.
    Thread,
    /// The whole channel.
    Channel,
}

const fn loudness(reason: Reason) -> Loudness {
    match reason {
        Reason::FirstBreach | Reason::Escalation | Reason::Reopened => Loudness::Channel,
        Reason::Lapsed | Reason::Unstable | Reason::Settled | Reason::Recovered => Loudness::Thread,
        Reason::Repeat
        | Reason::Digest
        | Reason::Updated
        | Reason::Acknowledged
        | Reason::Passed
        | Reason::Announcement
        | Reason::Test => Loudness::Silent,
    }
}

/// What the exchange about a notice does next.
#[derive(Debug, PartialEq, Eq)]
enum Step<'a> {
    /// A new message.
    Post,
    /// Another text for one.
    Update(Place<'a>),
    /// A message in the thread of one.
    Reply(Place<'a>),
}

impl<'a> Step<'a> {
    fn of(thread: Option<&'a Thread>, notice: &Notice, stage: &Stage) -> Self {
        let Subject::Alert(facts) = &notice.subject else { return Self::Post };
        let Some(place) = thread.and_then(|thread| Place::of(thread, facts)) else {
            return Self::Post;
        };
        match (stage, place.holds) {
            (Stage::Then(next), _) if **next == *POST => Self::Post,
            (Stage::Then(next), _) if **next == *REPLY => Self::Reply(place),
            (_, Holds::List) if facts.resolved => Self::Reply(place),
            (_, Holds::List) => Self::Post,
            (_, Holds::Alert) => Self::Update(place),
        }
    }
}

/// Where the message is that an episode began with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place<'a> {
    channel: &'a str,
    ts: &'a str,
    holds: Holds,
}

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Alert,
    /// Several that began together.
    List,
}

impl<'a> Place<'a> {
    /// Of this episode: `C0123 1503435956.000247 1715783495000 alert`, where the third is the first
    /// breach, of several the last one's.
    fn of(thread: &'a Thread, facts: &AlertFacts) -> Option<Self> {
        let mut words = thread.reference.split(' ');
        let (channel, ts) = (words.next()?, words.next()?);
        let first_breach = UtcMs(words.next()?.parse().ok()?);
        let holds = if words.next()? == LIST { Holds::List } else { Holds::Alert };
        (facts.first_breach <= first_breach).then_some(Self { channel, ts, holds })
    }
}

/// What a message that was posted is found again by; nothing where it is about no new alert.
fn reference(answer: &Answer, notice: &Notice) -> Option<Box<str>> {
    let (channel, ts) = (answer.channel.as_deref()?, answer.ts.as_deref()?);
    let holds = match (&notice.subject, notice.reason) {
        (_, Reason::Test | Reason::Digest) => return None,
        (Subject::Alert(_), _) => ALERT,
        (Subject::Digest(_), _) => LIST,
        (Subject::Word(_), _) => return None,
    };
    let newest = notice.subject.alerts().iter().map(|facts| facts.first_breach).max()?;
    Some(format!("{channel} {ts} {} {holds}", newest.0).into())
}

/// What it means that Slack says no, and who has to do what.
fn fault(error: &str, step: &Step<'_>, reply: &Reply) -> Delivery {
    let is_gone = match step {
        Step::Post => false,
        Step::Update(_) => GONE.contains(&error),
        Step::Reply(_) => GONE.contains(&error) || UNANSWERABLE.contains(&error),
    };
    if is_gone {
        return Delivery::Next(Stage::Then(POST.into()));
    }
    if let Some((_, mend)) = MENDS.iter().find(|(errors, _)| errors.contains(&error)) {
        return Delivery::disabled(reply, mend);
    }
    if THROTTLED.contains(&error) {
        Delivery::later(reply, SLACK_GAP)
    } else if PASSING.contains(&error) {
        Delivery::later(reply, Span::ZERO)
    } else {
        Delivery::refused(reply, "")
    }
}

/// The arguments of `chat.postMessage` and `chat.update`. A change keeps its layout only if it says
/// both text and blocks.
#[derive(Serialize)]
struct Body<'a> {
    channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_ts: Option<&'a str>,
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    reply_broadcast: bool,
    text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<Block>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unfurl_links: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unfurl_media: Option<bool>,
}

#[derive(Deserialize)]
struct Answer {
    ok: bool,
    error: Option<Box<str>>,
    channel: Option<Box<str>>,
    ts: Option<Box<str>>,
}

const POST: &str = "post";
const REPLY: &str = "reply";
const ALERT: &str = "alert";
const LIST: &str = "list";

/// The message is not there any more, or not for us to change; nor is its channel.
const GONE: &[&str] = &[
    "message_not_found",
    "cant_update_message",
    "edit_window_closed",
    "channel_not_found",
    "not_in_channel",
    "is_archived",
];

/// It is there, and has no thread.
const UNANSWERABLE: &[&str] = &["thread_not_found", "cannot_reply_to_message"];

const THROTTLED: &[&str] = &["ratelimited", "rate_limited", "message_limit_exceeded"];

const PASSING: &[&str] = &[
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "update_failed",
    "team_added_to_org",
];

const TOKEN: &str = "put the app's Bot User OAuth Token (xoxb-...) into the secret of token";

/// What somebody has to mend before anything is taken.
const MENDS: &[(&[&str], &str)] = &[
    (
        &[
            "invalid_auth",
            "not_authed",
            "account_inactive",
            "token_revoked",
            "token_expired",
            "not_allowed_token_type",
        ],
        TOKEN,
    ),
    (&["missing_scope", "no_permission"], "give the app the scope chat:write and install it again"),
    (&["not_in_channel"], "invite the app into the channel: /invite @NAME"),
    (
        &["channel_not_found"],
        "write the channel's id (C...) as channel; into a private one invite the app first",
    ),
    (&["is_archived"], "restore the channel, or write another one as channel"),
    (
        &["restricted_action", "restricted_action_read_only_channel", "access_denied"],
        "let the app post into the channel: its posting permissions",
    ),
];

#[cfg(test)]
mod tests;
