//! A platform that pushes: what changes on its floor becomes webhooks, signed, tried again and, on
//! request, ill-treated on their way.
//!
//! An answer is waited for ten seconds; after none, 429 or 5xx a delivery is tried again, five
//! seconds later or when `Retry-After` says, five times at most (what Genesys documents of its one
//! signed webhook). Any other answer is final. The body is signed as the guides' definitions want
//! it: `x-signature: sha256=` and the HMAC-SHA256 in hex.
//!
//! # Promises
//! - `a_retry_is_the_same_request_again`: body, id and signature.
//! - `a_delivery_is_tried_six_times_and_given_up`
//! - `retry_after_is_honoured`
//! - `a_final_answer_ends_it`
//! - `a_forgery_has_the_id_and_not_the_secret`
//! - `what_is_held_back_is_overtaken`
//! - `the_same_seed_sends_the_same`: and another start has other ids.
//! - `what_waits_is_bounded`
//!
//! # Not here
//! Sockets and clocks: whoever holds them asks [`Sender::next`] and tells [`Sender::answered`].

mod counts;
mod mischief;
mod news;
mod subscription;
#[cfg(test)]
mod tests;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::limits::{
    SIMULATED_DELIVERIES_AT_ONCE_MAX, SIMULATED_DELIVERIES_WAITING_MAX,
    SIMULATED_DELIVERY_DEADLINE, SIMULATED_RETRIES_MAX, SIMULATED_RETRY_AFTER,
    SIMULATED_RETRY_AFTER_MAX,
};
use crate::model::http::{LinkFault, Reply, Request};
use crate::model::rng::Rng;
use crate::model::secret::Secret;
use crate::model::time::{Now, Span, Tick, UtcMs};

pub use counts::{Counts, Nature};
pub use mischief::Mischief;
pub use news::{Link, Sight, Trunk};
pub use subscription::Subscription;

use mischief::{Cut, Fate};
use news::{Event, News};

/// One platform's sender.
#[derive(Debug)]
pub struct Sender {
    /// What it has done so far.
    pub counts: Counts,
    platform: &'static str,
    secret: Secret,
    mischief: Mischief,
    news: News,
    /// Receivers that nobody had to register.
    always: Vec<Subscription>,
    dice: Rng,
    ids: Rng,
    /// By when it is due, and then by its number.
    waiting: BTreeMap<(Tick, u64), Delivery>,
    under_way: BTreeMap<u64, Delivery>,
    made: u64,
}

/// One thing to be delivered, as often as it takes.
#[derive(Debug, Clone)]
struct Delivery {
    nature: Nature,
    request: Request,
    retries: u32,
}

impl Sender {
    /// A sender of `platform`, as its payloads call it. `seed` decides on the mischief; the ids
    /// depend on `begin`, too, so that a receiver takes the next start's for new.
    #[must_use]
    pub fn new(
        platform: &'static str,
        secret: Secret,
        mischief: Mischief,
        seed: u64,
        begin: UtcMs,
    ) -> Self {
        Self {
            counts: Counts::default(),
            platform,
            secret,
            mischief,
            news: News::default(),
            always: Vec::new(),
            dice: Rng::new(seed),
            ids: Rng::new(Rng::new(seed ^ begin.0.cast_unsigned()).next()),
            waiting: BTreeMap::new(),
            under_way: BTreeMap::new(),
            made: 0,
        }
    }

    /// Adds a receiver that nobody has to register.
    #[must_use]
    pub fn to(mut self, receiver: Subscription) -> Self {
        self.always.push(receiver);
        self
    }

    /// Looks at the platform, and has what is new delivered to all receivers; `registered` are
    /// those besides the ones it always has. One address hears once.
    pub fn look(&mut self, sight: &Sight, registered: &[Subscription], now: Now) {
        let events = self.news.of(sight);
        let mut receivers = self.always.clone();
        for receiver in registered {
            if receivers.iter().all(|known| known.url() != receiver.url()) {
                receivers.push(receiver.clone());
            }
        }
        for event in &events {
            for receiver in receivers.iter().filter(|receiver| receiver.wants(event.topic)) {
                self.send(event, receiver, now.tick);
            }
        }
    }

    /// The next request that is due, and its number. Nothing while as many as may be are under way.
    pub fn next(&mut self, now: Tick) -> Option<(u64, Request)> {
        let is_full = self.under_way.len() >= SIMULATED_DELIVERIES_AT_ONCE_MAX;
        let first = self.waiting.first_entry().filter(|first| first.key().0 <= now && !is_full)?;
        let ((_, number), delivery) = first.remove_entry();
        self.counts.requests += 1;
        self.counts.retries += u64::from(delivery.retries > 0);
        let request = delivery.request.clone();
        self.under_way.insert(number, delivery);
        Some((number, request))
    }

    /// A request has its answer, or will have none.
    pub fn answered(&mut self, number: u64, outcome: &Result<Reply, LinkFault>, now: Tick) {
        let Some(mut delivery) = self.under_way.remove(&number) else { return };
        let status = outcome.as_ref().ok().map(|reply| reply.status);
        self.counts.answer(delivery.nature, status);
        let again = match outcome {
            Ok(reply) if reply.status == 429 || reply.status >= 500 => Some(wait(reply)),
            Ok(_) => None,
            Err(_) => Some(SIMULATED_RETRY_AFTER),
        };
        let Some(wait) = again else { return };
        if delivery.retries >= SIMULATED_RETRIES_MAX {
            self.counts.given_up += 1;
            return;
        }
        delivery.retries += 1;
        self.wait(delivery, now + wait);
    }

    /// When the next request is due. Nothing while an answer has to come first.
    #[must_use]
    pub fn next_wake(&self) -> Option<Tick> {
        let is_full = self.under_way.len() >= SIMULATED_DELIVERIES_AT_ONCE_MAX;
        self.waiting.first_key_value().filter(|_| !is_full).map(|((due, _), _)| *due)
    }

    /// How many deliveries have no final answer yet.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.waiting.len() + self.under_way.len()
    }

    /// Makes everything due that is held back, for an end.
    pub fn hurry(&mut self) {
        let held = core::mem::take(&mut self.waiting);
        self.waiting =
            held.into_iter().map(|((_, n), held)| ((Tick::default(), n), held)).collect();
    }

    /// Has one event delivered to one receiver, with whatever befalls it.
    fn send(&mut self, event: &Event, receiver: &Subscription, now: Tick) {
        let Fate { held, duplicate, forgery, cut } = self.mischief.befall(&mut self.dice);
        let id = uuid(&mut self.ids);
        let body = event.body(self.platform, &id);
        let genuine = request(receiver, &id, body, &self.secret);
        let due = self.departure(now) + held.unwrap_or_default();
        self.counts.held_back += u64::from(held.is_some());
        if forgery.is_some() {
            let body = event.exaggerated().body(self.platform, &id);
            self.deliver(Nature::Forged, request(receiver, &id, body, &wrong_secret()), due);
        }
        if let Some(Cut { percent }) = cut {
            let keep = genuine.body.len() * usize::from(percent) / 100;
            let body = genuine.body.get(..keep).unwrap_or_default().into();
            self.deliver(Nature::Truncated, Request { body, ..genuine.clone() }, due);
        }
        if let Some(after) = duplicate {
            self.deliver(Nature::Duplicate, genuine.clone(), due + after);
        }
        self.deliver(Nature::Genuine, genuine, due);
    }

    /// When what happens at a moment leaves: at once, or with the next burst.
    const fn departure(&self, now: Tick) -> Tick {
        let every = self.mischief.burst_every.0;
        if every <= 0 {
            return now;
        }
        Tick(now.0.saturating_add(every - 1).div_euclid(every).saturating_mul(every))
    }

    fn deliver(&mut self, nature: Nature, request: Request, due: Tick) {
        self.counts.made(nature);
        self.wait(Delivery { nature, request, retries: 0 }, due);
    }

    fn wait(&mut self, delivery: Delivery, due: Tick) {
        if self.waiting.len() >= SIMULATED_DELIVERIES_WAITING_MAX {
            self.waiting.pop_first();
            self.counts.given_up += 1;
        }
        self.waiting.insert((due, self.made), delivery);
        self.made += 1;
    }
}

/// How long a receiver wants to be left alone.
fn wait(reply: &Reply) -> Span {
    let seconds = reply.header("retry-after").and_then(|text| text.trim().parse::<u32>().ok());
    let asked = seconds.map(|seconds| Span::secs(i64::from(seconds)));
    asked.map_or(SIMULATED_RETRY_AFTER, |asked| asked.min(SIMULATED_RETRY_AFTER_MAX))
}

fn request(receiver: &Subscription, id: &str, body: Vec<u8>, secret: &Secret) -> Request {
    let signature = signature(secret, &body);
    let request = Request::post_json(receiver.url(), body, SIMULATED_DELIVERY_DEADLINE);
    let headers = receiver.headers(id);
    headers
        .fold(request, |request, (name, value)| request.with_header(name, &value))
        .with_header("x-signature", &signature)
}

fn signature(secret: &Secret, body: &[u8]) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    let hash = mac.finalize().into_bytes();
    hash.iter().fold(String::from("sha256="), |hex, byte| format!("{hex}{byte:02x}"))
}

fn wrong_secret() -> Secret {
    Secret::new("what-somebody-else-believes-to-be-the-secret")
}

/// A random UUID (version 4) by the dice.
fn uuid(dice: &mut Rng) -> String {
    let [one, two] = [dice.next(), dice.next()];
    let (first, second, third) = (one >> 32, one >> 16 & 0xffff, one & 0xfff);
    let (fourth, fifth) = (0x8000 | two >> 48 & 0x3fff, two & 0xffff_ffff_ffff);
    format!("{first:08x}-{second:04x}-4{third:03x}-{fourth:04x}-{fifth:012x}")
}
