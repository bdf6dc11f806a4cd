//! The whole hub by a list of events: bytes become answers, waits, clock steps, questions and
//! deliveries.

use andon::event::{Event, Ticket};
use andon::model::http::LinkFault;
use andon::model::secret::Secrets;
use andon::model::time::{ClockTrust, Span};

use super::answers::reply;
use super::webhooks::delivery;
use super::world::{Bytes, SECRET_HEAD, World, loaded, secrets};

/// Events of one list. The bytes beyond them are not looked at.
const EVENTS_MAX: usize = 100;

/// After each event there is a next wake, the loop does not spin, and no secret is shown.
pub fn hub(bytes: &[u8]) {
    run(bytes);
}

/// The world that a list of events ends in.
pub fn run(bytes: &[u8]) -> World {
    let mut world = World::start(loaded(), Default::default());
    // Whoever hears a secret from outside may repeat it.
    world.secrets_are_ours = !bytes.windows(SECRET_HEAD.len()).any(|head| head == SECRET_HEAD);
    let mut bytes = Bytes(bytes);
    for _ in 0..EVENTS_MAX {
        let Some(what) = bytes.take() else { break };
        step(what, &mut bytes, &mut world);
    }
    world
}

fn step(what: u8, bytes: &mut Bytes<'_>, world: &mut World) {
    match what % 13 {
        0 | 1 => {
            let rounds = usize::from(bytes.number() % 64);
            world.live(rounds, bytes.number());
        }
        2 => {
            let by = span(bytes);
            world.now.tick = world.now.tick + by;
            world.now.utc = world.now.utc + by;
            world.wake();
        }
        3 => {
            let by = span(bytes);
            let by = if bytes.number().is_multiple_of(2) { by } else { Span::ZERO - by };
            world.now.utc = world.now.utc + by;
            world.now.trust = match bytes.number() % 5 {
                0 => ClockTrust::Untrusted,
                1 => ClockTrust::HttpDate,
                _ => ClockTrust::Ntp,
            };
            world.wake();
        }
        4 => {
            let which = bytes.number();
            let reply = reply(bytes.long());
            world.answer_one(which, Ok(reply));
        }
        5 => {
            let which = bytes.number();
            world.answer_one(which, Err(fault(bytes)));
        }
        6 => {
            let ticket = match bytes.number() % 8 {
                0 => Ticket::Token(bytes.number().into()),
                1 => Ticket::Data(bytes.number().into(), bytes.number()),
                2 => Ticket::Context(bytes.number().into()),
                3 => Ticket::Webhook(bytes.number().into()),
                4 => Ticket::Probe,
                5 => Ticket::Readback(bytes.number().into()),
                6 => Ticket::Login(bytes.number().into()),
                _ => Ticket::Notice(bytes.number().into()),
            };
            world.answer(ticket, Ok(reply(bytes.long())));
        }
        7 => {
            let text = String::from_utf8_lossy(bytes.long()).into_owned();
            let (method, path) = text.split_once('\n').unwrap_or(("GET", &text));
            world.ask(method, path);
        }
        8 => {
            let well = bytes.number().is_multiple_of(2);
            let refused = Event::LedgerFailed("no space left on device".into());
            world.happens(if well { Event::LedgerRecovered } else { refused });
        }
        9 => {
            let all = bytes.number().is_multiple_of(2);
            world.happens(Event::SecretsRead(if all { secrets() } else { Secrets::default() }));
        }
        10 => {
            let boots = bytes.number() % 2 == 1;
            world.restart(boots);
        }
        11 => world.answer_with_secret(bytes.number()),
        _ => {
            let (source, is_genuine) = (bytes.number(), !bytes.number().is_multiple_of(4));
            let delivery = delivery(bytes.long());
            world.push(["one", "two", "none"][usize::from(source % 3)], delivery, is_genuine);
        }
    }
}

/// From nothing to a month.
fn span(bytes: &mut Bytes<'_>) -> Span {
    const MILLIS: [i64; 10] =
        [0, 1, 999, 1_000, 10_000, 61_000, 601_000, 3_600_000, 86_400_000, 30 * 86_400_000];
    Span(MILLIS[usize::from(bytes.number()) % MILLIS.len()])
}

fn fault(bytes: &mut Bytes<'_>) -> LinkFault {
    match bytes.number() % 11 {
        0 => LinkFault::NoSuchHost,
        1 => LinkFault::Connect("refused".into()),
        2 => LinkFault::Tls("unknown issuer".into()),
        3 => LinkFault::Timeout,
        4 => LinkFault::Closed("early".into()),
        5 => LinkFault::AnswerTooLarge,
        6 => LinkFault::Dated("expired".into()),
        7 => LinkFault::NotMade("no thread".into()),
        8 => LinkFault::Proxy("answered 502".into()),
        9 => LinkFault::ProxyRefuses("answered 407".into()),
        _ => LinkFault::BadRequest("no host".into()),
    }
}
