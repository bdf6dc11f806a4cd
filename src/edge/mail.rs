//! Hands messages to mail servers: the dialogue of `edge/smtp.rs` over a connection.
//!
//! # Promises
//! - In `tests/targets`: against a strict server.

use std::io::{Read, Write};

use crate::edge::fault::of_io;
use crate::edge::smtp::{Act, Dialogue, Heard, QUIT, Said, heard};
use crate::edge::wire::{Trust, Wire};
use crate::model::http::{LinkFault, Reply};
use crate::model::mail::{Security, Submission};

/// Hands in a message, and waits for the server's last word.
///
/// # Errors
/// Says which part of the path failed.
pub(super) fn submit(
    submission: &Submission,
    trust: impl Fn() -> Trust,
) -> Result<Reply, LinkFault> {
    let Submission { server, port, security, deadline, .. } = submission;
    let mut wire = Wire::open(server, *port, *deadline)?;
    if *security == Security::Tls {
        wire = wire.secure(server, trust())?;
    }
    let mut dialogue = Dialogue::new(submission);
    let mut come = Vec::new();
    loop {
        let mut act = dialogue.hear(reply(&mut wire, &mut come)?);
        if matches!(act, Act::Secure) {
            // What stands here was sent in clear, by whoever stands between, to be read as safe.
            if !come.is_empty() {
                return Err(LinkFault::Tls("the server spoke before the handshake".into()));
            }
            wire = wire.secure(server, trust())?;
            act = dialogue.is_secured();
        }
        match act {
            Act::Say(bytes) => {
                wire.write_all(&bytes).and_then(|()| wire.flush()).map_err(|e| of_io(&e))?;
            }
            Act::Secure => {}
            Act::End(reply) => {
                // It is a courtesy: the message is taken, or is not.
                let _ = wire.write_all(QUIT).and_then(|()| wire.flush());
                return Ok(reply);
            }
        }
    }
}

/// The next whole reply; what has come beyond it stays.
fn reply(wire: &mut Wire, come: &mut Vec<u8>) -> Result<Said, LinkFault> {
    let mut bytes = [0; 1_024];
    loop {
        match heard(come) {
            Heard::Whole(said, used) => {
                come.drain(..used);
                return Ok(said);
            }
            Heard::Nonsense(why) => return Err(LinkFault::Closed(why.into())),
            Heard::Part => {}
        }
        match wire.read(&mut bytes).map_err(|error| of_io(&error))? {
            0 => return Err(LinkFault::Closed("before the server's reply was whole".into())),
            count => come.extend_from_slice(bytes.get(..count).unwrap_or_default()),
        }
    }
}
