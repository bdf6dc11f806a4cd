//! The commands, each with what it is told to do.

use core::net::SocketAddr;
use std::path::PathBuf;

use andon::api::LettersBody;
use andon::platform::Goal;

use super::deliveries::WebhookOptions;
use super::replay::ReplayOptions;

/// What to do.
#[derive(Debug)]
pub(crate) enum Command {
    Run(RunOptions),
    Check(CheckOptions),
    Demo(DemoOptions),
    Simulate(SimulateOptions),
    Ask(AskOptions),
    Hand(HandOptions),
    Silence(SilenceOptions),
    Preview(PreviewOptions),
    Letters(LettersOptions),
    Register(RegisterOptions),
    Selftest(SelftestOptions),
    Replay(ReplayOptions),
    Route(RouteOptions),
    Help,
    Version,
}

/// `andon run`.
#[derive(Debug)]
pub(crate) struct RunOptions {
    pub(crate) config: PathBuf,
    /// Where the next config is dropped, if not there.
    pub(crate) watch: Option<PathBuf>,
    /// The log as JSON, an object a line.
    pub(crate) json: bool,
    /// The log with what is only of use for looking closely, the audit of tokens among it.
    pub(crate) verbose: bool,
}

/// `andon check`.
#[derive(Debug)]
pub(crate) struct CheckOptions {
    pub(crate) file: PathBuf,
    pub(crate) json: bool,
}

/// The traffic of a simulated centre.
#[derive(Debug)]
pub(crate) struct TrafficOptions {
    /// A recording instead of the simulation.
    pub(crate) data: Option<PathBuf>,
    /// Seconds of the centre per second of the world.
    pub(crate) speed: u32,
    pub(crate) seed: u64,
}

/// `andon demo`.
#[derive(Debug)]
pub(crate) struct DemoOptions {
    pub(crate) traffic: TrafficOptions,
    /// Whose API the centre is watched through, if not guide 2's.
    pub(crate) platform: Option<String>,
    /// Until Ctrl-C when nobody says.
    pub(crate) for_seconds: Option<u64>,
    pub(crate) json: bool,
}

/// `andon simulate`.
#[derive(Debug)]
pub(crate) struct SimulateOptions {
    pub(crate) traffic: TrafficOptions,
    /// The first of nine ports; 0 takes any.
    pub(crate) port: u16,
    /// A centre of so many queues instead of the bank's six.
    pub(crate) queues: Option<u32>,
    pub(crate) webhooks: WebhookOptions,
    pub(crate) json: bool,
}

/// `andon alerts`, `explain`, `unread`, `dead-letters` and `calibrate`.
#[derive(Debug)]
pub(crate) struct AskOptions {
    pub(crate) question: Question,
    pub(crate) place: PlaceOptions,
}

/// Where the running hub is found, and in which form its answer is shown.
#[derive(Debug)]
pub(crate) struct PlaceOptions {
    pub(crate) json: bool,
    pub(crate) config: PathBuf,
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) state_directory: Option<PathBuf>,
}

/// `andon ack`, `andon unack` and `andon resolve`.
#[derive(Debug)]
pub(crate) struct HandOptions {
    pub(crate) key: String,
    pub(crate) by: String,
    /// As long as the config says, if nobody says here.
    pub(crate) seconds: Option<u32>,
    pub(crate) handing: Handing,
    pub(crate) place: PlaceOptions,
}

/// `andon silence add` and `andon silence expire`.
#[derive(Debug)]
pub(crate) struct SilenceOptions {
    pub(crate) act: Silencing,
    pub(crate) place: PlaceOptions,
}

/// What is done about a silence.
#[derive(Debug)]
pub(crate) enum Silencing {
    Add {
        /// Each is `entity=tier-2,tier-3`, or an alert's key.
        about: Vec<String>,
        owner: String,
        comment: String,
        seconds: Option<u64>,
        until: Option<String>,
    },
    Expire(String),
}

/// `andon windows preview`.
#[derive(Debug)]
pub(crate) struct PreviewOptions {
    pub(crate) name: Option<String>,
    pub(crate) config: PathBuf,
    /// From when on, if not from now on.
    pub(crate) at: Option<String>,
    pub(crate) json: bool,
}

/// `andon dead-letters retry` and `drop`.
#[derive(Debug)]
pub(crate) struct LettersOptions {
    pub(crate) verb: LettersVerb,
    pub(crate) body: LettersBody,
    pub(crate) place: PlaceOptions,
}

/// What becomes of dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LettersVerb {
    Retry,
    Drop,
}

/// What is said of an alert.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Handing {
    Take,
    LetGo,
    IsOver,
}

/// `andon register`.
#[derive(Debug)]
pub(crate) struct RegisterOptions {
    pub(crate) source: String,
    pub(crate) config: PathBuf,
    pub(crate) goal: Goal,
    /// Instead of the config's.
    pub(crate) url: Option<String>,
    pub(crate) json: bool,
}

/// `andon route`.
#[derive(Debug)]
pub(crate) struct RouteOptions {
    /// `entity:metric` or `entity:metric:priority`.
    pub(crate) key: String,
    /// When it begins; now, if nobody says.
    pub(crate) at: Option<String>,
    /// Of each source, if nobody says of which.
    pub(crate) source: Option<String>,
    pub(crate) config: PathBuf,
    pub(crate) json: bool,
}

/// `andon selftest`.
#[derive(Debug)]
pub(crate) struct SelftestOptions {
    /// All of them where none is named.
    pub(crate) target: Option<String>,
    pub(crate) config: PathBuf,
    pub(crate) json: bool,
}

/// What an operator asks.
#[derive(Debug)]
pub(crate) enum Question {
    Alerts,
    Explain(String),
    Unread,
    Silences,
    DeadLetters,
    Calibrate,
}
