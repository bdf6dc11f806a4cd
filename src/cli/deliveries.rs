//! Carries out what simulated senders decide: looks at their platforms, makes their requests, and
//! sums up how they were answered.

use alloc::rc::Rc;
use core::cell::RefCell;
use core::time::Duration;
use std::path::PathBuf;

use andon::demo::sender::{Counts, Mischief, Nature, Sender, Sight, Subscription};
use andon::edge::clock::Clock;
use andon::edge::http::Client;
use andon::edge::secrets::Vaults;
use andon::event::{Event, Ticket};
use andon::limits::{EVENTS_WAITING_MAX, SIMULATED_DELIVERY_DEADLINE};
use andon::model::secret::{Secret, SecretRef};
use andon::model::time::{Span, Tick, UtcMs};
use smol::channel::{Receiver, bounded};
use smol::{Timer, future};

use super::exit::Fault;

/// By what the webhooks of a simulation are signed, unless somebody says otherwise.
const SECRET: &str = "demo-webhook-secret";

/// How often a sender looks at its platform.
const LOOK_EVERY: Span = Span::secs(10);

/// What a command line says about webhooks.
#[derive(Debug, Default)]
pub(crate) struct WebhookOptions {
    /// Where to, besides what is registered.
    pub(crate) to: Option<String>,
    /// The file of the secret that signs them.
    pub(crate) secret: Option<PathBuf>,
    pub(crate) mischief: Mischief,
}

impl WebhookOptions {
    /// The secret that signs.
    pub(crate) fn secret(&self) -> Result<Secret, Fault> {
        let Some(path) = &self.secret else { return Ok(Secret::new(SECRET)) };
        let shown = path.display().to_string();
        let reference = SecretRef::File(shown.as_str().into());
        Vaults::default()
            .find(&reference)
            .map_err(|why| Fault::no_input(format!("{shown} cannot be read: {why}")))
    }
}

/// A platform as its sender sees it, and the receivers that have been registered with it.
pub(crate) type Look = dyn Fn(UtcMs) -> (Sight, Vec<Subscription>);

/// Runs the errands of one sender. Clones run the same ones.
#[derive(Clone)]
pub(crate) struct Courier {
    sender: Rc<RefCell<Sender>>,
    look: Rc<Look>,
    clock: Clock,
    client: Client,
    answers: Receiver<Event>,
}

impl Courier {
    pub(crate) fn new(sender: Sender, clock: Clock, look: Rc<Look>) -> Self {
        let (answered, answers) = bounded(EVENTS_WAITING_MAX);
        let client = Client::new(answered);
        Self { sender: Rc::new(RefCell::new(sender)), look, clock, client, answers }
    }

    /// Looks and delivers for ever.
    pub(crate) async fn run(self) {
        let mut next_look = Tick::default();
        loop {
            let now = self.clock.now();
            if now.tick >= next_look {
                next_look = now.tick + LOOK_EVERY;
                let (sight, registered) = (self.look)(now.utc);
                self.sender.borrow_mut().look(&sight, &registered, now);
            }
            self.start_what_is_due();
            self.hear_until(next_look).await;
        }
    }

    /// Delivers at once what still waits, for as long as one answer may take.
    pub(crate) async fn finish(&self) {
        let late = async {
            Timer::after(Duration::from_millis(SIMULATED_DELIVERY_DEADLINE.0.unsigned_abs())).await;
        };
        let done = async {
            while self.sender.borrow().unfinished() > 0 {
                self.sender.borrow_mut().hurry();
                self.start_what_is_due();
                self.hear_until(self.clock.now().tick + LOOK_EVERY).await;
            }
        };
        future::or(done, late).await;
    }

    /// What the sender has done so far, and how many of its deliveries have no final answer.
    pub(crate) fn report(&self) -> (Counts, usize) {
        let sender = self.sender.borrow();
        (sender.counts.clone(), sender.unfinished())
    }

    fn start_what_is_due(&self) {
        let now = self.clock.now().tick;
        while let Some((number, request)) = self.sender.borrow_mut().next(now) {
            self.client.start(Ticket::Notice(number), request);
        }
    }

    /// Hears one answer, or none until something is due.
    async fn hear_until(&self, tick: Tick) {
        let due = self.sender.borrow().next_wake().map_or(tick, |due| due.min(tick));
        let until = self.clock.until(due);
        let heard = async { self.answers.recv().await.ok() };
        let woke = async {
            Timer::after(until).await;
            None
        };
        if let Some(Event::Answered { ticket: Ticket::Notice(number), outcome }) =
            future::or(heard, woke).await
        {
            self.sender.borrow_mut().answered(number, &outcome, self.clock.now().tick);
        }
    }
}

/// A sender's summary for people.
pub(crate) fn lines(name: &str, counts: &Counts, unfinished: usize) -> String {
    let mut text = format!(
        "{name} made {} requests, {} of them again; {} deliveries were held back, {} given up, {} \
         not finished.\n",
        counts.requests, counts.retries, counts.held_back, counts.given_up, unfinished
    );
    for nature in Nature::ALL {
        let answers = counts.answers(nature).map(|(status, count)| format!("{count} x {status}"));
        let answers = answers.collect::<Vec<_>>().join(", ");
        let answered =
            if answers.is_empty() { String::new() } else { format!("  answered {answers}") };
        let made = counts.of(nature);
        text.push_str(&format!("  {:<10} {made:>6}{answered}\n", nature.as_str()));
    }
    text
}
