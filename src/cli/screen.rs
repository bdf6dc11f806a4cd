//! What a demonstration shows: a line for each notice, one that shows that it goes on, and a
//! summary.

use alloc::collections::BTreeMap;

use andon::edge::voice::Voice;
use andon::hub::{Hub, Tally};
use andon::model::notice::Reason;
use andon::model::time::{Now, Span, Tick};
use serde_json::json;
use smol::channel::Sender;

use super::exit::Fault;
use super::options::DemoOptions;
use super::out::{self, Reader};

/// The screen of a demonstration.
pub(crate) struct Screen {
    form: Form,
    opening: String,
    began: Tick,
    now: Now,
    next_progress: Tick,
    has_progress: bool,
    /// Hears when nobody reads the screen any more.
    reader_gone: Sender<()>,
}

/// What the simulated targets took.
pub(crate) struct Received {
    /// Events at PagerDuty.
    pub(crate) events: u64,
    /// Incidents that they opened.
    pub(crate) incidents: usize,
    /// Messages at Slack.
    pub(crate) messages: u64,
    /// What either found wrong.
    pub(crate) refused: u64,
}

/// Who looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A person: colours, and a progress line that is drawn over.
    Terminal,
    /// A file or a pipe.
    Lines,
    /// A tool: an object a line.
    Json,
}

/// What is said of the side that is pushed.
const PUSHED: &str = "\
Next door an insurer's Genesys Cloud pushes webhooks: some come twice, late or cut, some are forged.
";

impl Screen {
    pub(crate) fn new(options: &DemoOptions, now: Now, reader_gone: Sender<()>) -> Self {
        let form = match (options.json, out::colour()) {
            (true, _) => Form::Json,
            (false, true) => Form::Terminal,
            (false, false) => Form::Lines,
        };
        let what = match &options.traffic.data {
            Some(path) => format!("the recording {}", path.display()),
            None => "a simulated bank's call centre".to_owned(),
        };
        let speed = options.traffic.speed;
        let opening = format!("andon watches {what} at {speed}x, over real HTTP on loopback.");
        Self {
            form,
            opening,
            began: now.tick,
            now,
            next_progress: now.tick,
            has_progress: false,
            reader_gone,
        }
    }

    /// Says what is about to be seen.
    pub(crate) fn open(&self, config: &str) -> Result<(), Fault> {
        if self.form == Form::Json {
            return out::print(&format!("{}\n", json!({ "opening": self.opening })));
        }
        let queues = config.lines().find(|line| line.starts_with("queues")).unwrap_or_default();
        let pushed = if config.contains("webhook_secret") { PUSHED } else { "" };
        out::print(&format!(
            "{}\n{queues}\n{pushed}P1 goes to PagerDuty, P2 to Slack; 5 or 15 calls waiting, 120 s \
             of wait, 5 hang-ups a minute.\n\n",
            self.opening
        ))
    }

    /// Says what happened, in numbers, and what an alerter without state would have done.
    pub(crate) fn close(
        &mut self,
        tally: &Tally,
        received: &Received,
        now: Now,
    ) -> Result<(), Fault> {
        self.clear_line();
        let passed = now.tick - self.began;
        let notices = tally.notices();
        let share = notices.saturating_mul(100).checked_div(tally.naive);
        let fewer = share.map(|share| 100_u64.saturating_sub(share));
        if self.form == Form::Json {
            let by_reason: serde_json::Map<_, _> =
                tally.made.iter().map(|(reason, n)| (reason.as_str().into(), json!(n))).collect();
            return out::print(&format!(
                "{}\n",
                json!({ "summary": {
                    "seconds": passed.whole_secs(), "polls": tally.polls, "samples": tally.samples,
                    "breaches": tally.breaches, "notices": notices, "notices_by_reason": by_reason,
                    "pagerduty_events": received.events, "pagerduty_incidents": received.incidents,
                    "slack_messages": received.messages, "refused": received.refused,
                    "naive_notices": tally.naive, "fewer_percent": fewer,
                    "webhooks": tally.pushed.iter().copied().collect::<BTreeMap<_, _>>(),
                }})
            ));
        }
        let mut text = format!(
            "\nIn {passed} of the centre's time:\n  polls        {}\n{}  samples      {}\n  \
             breaches     {}\n  notices      {notices}\n",
            tally.polls,
            webhooks(tally),
            tally.samples,
            tally.breaches,
        );
        for (reason, count) in tally.made.iter().filter(|(_, count)| *count > 0) {
            text.push_str(&format!("    {:<12} {count}\n", reason.as_str()));
        }
        let Received { events, incidents, messages, refused } = received;
        text.push_str(&format!(
            "  PagerDuty took {events} events as {incidents} incidents, Slack {messages} messages; \
             {refused} were refused.\n  An alerter that speaks in each cycle in breach would have \
             sent {}",
            tally.naive
        ));
        if let Some(fewer) = fewer {
            text.push_str(&format!(": {fewer} % fewer"));
        }
        out::print(&format!("{text}.\n"))
    }

    fn write(&self, text: &str) {
        match out::show(text) {
            Ok(Reader::There) => {}
            Ok(Reader::Gone) | Err(_) => {
                // Once is enough.
                let _ = self.reader_gone.try_send(());
            }
        }
    }

    /// Takes the progress line away.
    fn clear_line(&mut self) {
        if core::mem::take(&mut self.has_progress) {
            self.write("\r\x1b[K");
        }
    }

    /// The centre's time of day.
    fn clock(&self) -> String {
        self.now.utc.rfc3339().get(11..19).unwrap_or_default().to_owned()
    }
}

/// What became of the webhooks, where any came.
fn webhooks(tally: &Tally) -> String {
    let became = tally.pushed.iter().filter(|(_, count)| *count > 0);
    let became = became.map(|(outcome, count)| format!("    {outcome:<14} {count}\n"));
    let became: String = became.collect();
    match tally.webhooks() {
        0 => became,
        all => format!("  webhooks     {all}\n{became}"),
    }
}

impl Voice for Screen {
    fn say(&mut self, level: log::Level, text: &str) {
        self.clear_line();
        log::log!(level, "{text}");
    }

    fn told(&mut self, reason: Reason, text: &str) {
        self.clear_line();
        let colour = match reason {
            Reason::FirstBreach
            | Reason::Reopened
            | Reason::Unstable
            | Reason::Settled
            | Reason::Lapsed
            | Reason::Passed => "33",
            Reason::Repeat
            | Reason::Digest
            | Reason::Updated
            | Reason::Acknowledged
            | Reason::Announcement
            | Reason::Test => "90",
            Reason::Escalation => "31",
            Reason::Recovered => "32",
        };
        let (time, word) = (self.clock(), reason.as_str());
        self.write(&match self.form {
            Form::Terminal => format!("{time}  \x1b[{colour}m{word:<12}\x1b[0m  {text}\n"),
            Form::Lines => format!("{time}  {word:<12}  {text}\n"),
            Form::Json => {
                let at = self.now.utc.rfc3339();
                format!("{}\n", json!({ "at": at, "reason": word, "text": text }))
            }
        });
    }

    fn turned(&mut self, hub: &Hub, now: Now) {
        self.now = now;
        if now.tick < self.next_progress || self.form == Form::Json {
            return;
        }
        // Once a second at the usual speed on a terminal, every ten seconds into a file.
        let is_terminal = self.form == Form::Terminal;
        self.next_progress = now.tick + Span::secs(if is_terminal { 60 } else { 600 });
        let tally = hub.tally();
        let line = format!(
            "{}  {} polls, {} webhooks, {} samples, {} alerts open, {} notices made",
            self.clock(),
            tally.polls,
            tally.webhooks(),
            tally.samples,
            tally.open,
            tally.notices()
        );
        self.clear_line();
        self.has_progress = is_terminal;
        self.write(&if is_terminal {
            format!("\x1b[90m{line}\x1b[0m")
        } else {
            format!("{line}\n")
        });
    }
}
