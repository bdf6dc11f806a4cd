//! Slack: by an incoming webhook one message for each notice, by an app one for each incident.
//!
//! # Not here
//! No buttons and no updates by a webhook: it gives no way back.

mod app;
mod message;
mod press;

use crate::limits::{SLACK_GAP, TELL_DEADLINE};
use crate::model::config::TextOrSecret;
use crate::model::http::{Reply, Request};
use crate::model::notice::Notice;
use crate::model::outgoing::Outgoing;
use crate::model::target::Slack;
use crate::model::time::Span;
use crate::target::{
    Delivery, Digests, Hands, Letter, Manner, Speak, Stage, TargetFault, Updates, address, json,
};

impl Speak for Slack {
    fn manner(&self) -> Manner {
        Manner {
            gap: SLACK_GAP,
            digests: Digests::Takes,
            updates: Updates::Anew,
            hands: Hands::Shows,
        }
    }

    fn address(&self) -> Option<&TextOrSecret> {
        Some(&self.url)
    }

    fn ask(&self, letter: &Letter<'_>) -> Result<Outgoing, TargetFault> {
        let url = address(letter.secrets, &self.url)?;
        let body = json(&message::message(letter.notice, letter.texts))?;
        Ok(Outgoing::Http(Request::post_json(url, body, TELL_DEADLINE)))
    }

    fn hear(&self, _: &Notice, _: &Stage, reply: &Reply) -> Delivery {
        classify(reply)
    }
}

/// What an answer of Slack means. Success is spelled `ok`, whatever the status says.
fn classify(reply: &Reply) -> Delivery {
    match reply.status {
        200 if reply.body.trim_ascii() == b"ok" => Delivery::ACCEPTED,
        429 => Delivery::later(reply, SLACK_GAP),
        408 | 500..=599 => Delivery::later(reply, Span::ZERO),
        403 | 404 | 410 => Delivery::disabled(
            reply,
            "the webhook or its channel is gone; make a new webhook and put in its address",
        ),
        _ => Delivery::refused(reply, ""),
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn every_answer_has_its_meaning() {
        let meaning = |status, body: &str| {
            let reply = Reply { body: body.into(), ..Reply::empty(status) };
            match classify(&reply) {
                Delivery::Accepted { .. } => "accepted".to_string(),
                Delivery::Later { after, .. } => format!("later {:?}", after.map(|a| a.0)),
                Delivery::Refused { why } => format!("refused: {why}"),
                Delivery::Disabled { .. } => "disabled".into(),
                Delivery::Next(_) => "next".into(),
            }
        };
        assert_eq!(meaning(200, "ok"), "accepted");
        assert_eq!(meaning(200, "<html>"), "refused: answered 200: <html>");
        assert_eq!(meaning(400, "invalid_payload"), "refused: answered 400: invalid_payload");
        assert_eq!(meaning(429, ""), "later Some(1000)");
        assert_eq!(meaning(500, "rollup_error"), "later None");
        assert_eq!(meaning(503, ""), "later None");
        for status in [403, 404, 410] {
            assert_eq!(meaning(status, "no_service"), "disabled", "{status}");
        }
    }
}
