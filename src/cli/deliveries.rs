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
use andon::model::outgoing::Outgoing;
use andon::model::secret::{Secret, SecretRef};
use andon::model::time::{Span, Tick, UtcMs};
use lexopt::ValueExt;
use serde_json::Value;
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
    /// The options that are about webhooks.
    pub(crate) const NAMES: [&str; 7] = [
        "--webhooks",
        "--webhook-secret",
        "--duplicated",
        "--reordered",
        "--forged",
        "--truncated",
        "--burst-seconds",
    ];

    /// Takes the value of one of them.
    pub(crate) fn read(
        &mut self,
        name: &str,
        parser: &mut lexopt::Parser,
    ) -> Result<(), lexopt::Error> {
        let value = parser.value()?;
        let mischief = &mut self.mischief;
        match name {
            "--webhooks" => self.to = Some(value.to_string_lossy().into_owned()),
            "--webhook-secret" => self.secret = Some(value.into()),
            "--duplicated" => mischief.duplicated_percent = value.parse()?,
            "--reordered" => mischief.reordered_percent = value.parse()?,
            "--forged" => mischief.forged_percent = value.parse()?,
            "--truncated" => mischief.truncated_percent = value.parse()?,
            _ => mischief.burst_every = Span::secs(value.parse::<u32>()?.into()),
        }
        Ok(())
    }

    /// Where webhooks go and how they are signed, for people.
    pub(crate) fn lines(&self) -> String {
        let to = self.to.as_deref().map(|to| format!("{to} and ")).unwrap_or_default();
        let secret = match &self.secret {
            Some(path) => format!("what {} holds", path.display()),
            None => SECRET.to_owned(),
        };
        format!(
            "Webhooks signed with {secret} go to {to}whoever of this box registers with \
             genesys-cloud-guide or CXone"
        )
    }

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
    pub(crate) name: &'static str,
    sender: Rc<RefCell<Sender>>,
    look: Rc<Look>,
    clock: Clock,
    client: Client,
    answers: Receiver<Event>,
}

impl Courier {
    pub(crate) fn new(name: &'static str, sender: Sender, clock: Clock, look: Rc<Look>) -> Self {
        let (answered, answers) = bounded(EVENTS_WAITING_MAX);
        let client = Client::new(answered);
        Self { name, sender: Rc::new(RefCell::new(sender)), look, clock, client, answers }
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
            self.sender.borrow_mut().hurry();
            while self.sender.borrow().unfinished() > 0 {
                self.start_what_is_due();
                self.hear_until(self.clock.now().tick + LOOK_EVERY).await;
            }
        };
        future::or(done, late).await;
    }

    /// What the sender has done so far, for tools.
    pub(crate) fn shown(&self) -> Value {
        let sender = self.sender.borrow();
        let mut shown = sender.counts.shown();
        if let Some(shown) = shown.as_object_mut() {
            shown.insert("unfinished".into(), sender.unfinished().into());
        }
        shown
    }

    /// The same for people; nothing where nothing was sent.
    pub(crate) fn lines(&self) -> String {
        let sender = self.sender.borrow();
        let (counts, unfinished) = (&sender.counts, sender.unfinished());
        if counts.requests == 0 {
            return String::new();
        }
        let Counts { requests, retries, held_back, given_up, .. } = counts;
        let mut text = format!(
            "{} pushed in {requests} requests, {retries} of them retries; {held_back} deliveries \
             were held back, {given_up} given up, {unfinished} not finished:\n",
            self.name
        );
        for nature in Nature::ALL {
            let answers =
                counts.answers(nature).map(|(status, times)| format!("{status} x {times}"));
            let answers = answers.collect::<Vec<_>>().join(", ");
            let line = format!("  {:<10}{:>7}  {answers}", nature.as_str(), counts.of(nature));
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn start_what_is_due(&self) {
        let now = self.clock.now().tick;
        while let Some((number, request)) = self.sender.borrow_mut().next(now) {
            self.client.start(Ticket::Notice(number), Outgoing::Http(request));
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
