//! Hands a message to the strict mail server without a socket: the hub's own dialogue says what it
//! says on a connection, and the server hears each byte of it.

use andon::edge::smtp::{Act, Dialogue, Heard, QUIT, heard};
use andon::model::http::{LinkFault, Reply};
use andon::model::mail::Submission;

use crate::receivers::smtp::{Manners, State, answers};

/// What comes of it, and what the server has then.
pub(crate) fn submit(
    manners: &Manners,
    submission: &Submission,
) -> (Result<Reply, LinkFault>, State) {
    let mut dialogue = Dialogue::new(submission);
    let (mut said, mut read) = (Vec::new(), 0);
    loop {
        let (bytes, state) = answers(manners, &said);
        let Heard::Whole(words, used) = heard(&bytes[read..]) else {
            return (Err(LinkFault::Closed("before the server's reply was whole".into())), state);
        };
        read += used;
        let mut act = dialogue.hear(words);
        if matches!(act, Act::Secure) {
            act = dialogue.is_secured();
        }
        match act {
            Act::Say(bytes) => said.extend_from_slice(&bytes),
            Act::Secure => panic!("TLS in TLS"),
            Act::End(reply) => {
                said.extend_from_slice(QUIT);
                return (Ok(reply), answers(manners, &said).1);
            }
        }
    }
}
