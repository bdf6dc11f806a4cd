//! What the command line says.

use core::net::SocketAddr;
use std::ffi::OsStr;
use std::path::PathBuf;

use lexopt::prelude::*;

use super::exit::Fault;

/// What `andon help` prints.
pub(crate) const HELP: &str = "\
andon: the alerting hub for contact centres

  andon run --config FILE          watch, decide, tell
      [--verbose] logs each use of a token, each try, each bucket given up
  andon check FILE                 every problem in a config or source definition; exit 0 or 78
  andon demo                       the whole thing on loopback, nothing to configure
      [--platform genesys-cloud|nice-cxone|nice-cxone-guide]
      [--for-seconds N] [--data FILE.csv[.gz]] [--speed N] [--seed N]
  andon simulate                   platforms, a PagerDuty and a Slack to point a hub at
      [--port N] [--data FILE.csv[.gz]] [--speed N] [--seed N] [--queues N]
  andon alerts                     open and lately resolved alerts
  andon explain KEY                why it was told, or was not
  andon unread                     webhooks that were proved and that no mapping understood
      these ask the running hub, else read the ledger:
      [--config FILE] [--admin ADDRESS] [--state-directory DIRECTORY]
  andon help | version

Each takes --json: output for tools, one object or one a line.
The config is /etc/andon/andon.toml unless --config says otherwise.
";

/// Where the config lies when nobody says.
const CONFIG: &str = "/etc/andon/andon.toml";

/// A story of the simulated bank that has every kind of notice in its first hour.
const SEED: u64 = 38;

/// What to do.
#[derive(Debug)]
pub(crate) enum Command {
    Run(RunOptions),
    Check(CheckOptions),
    Demo(DemoOptions),
    Simulate(SimulateOptions),
    Ask(AskOptions),
    Help,
    Version,
}

/// `andon run`.
#[derive(Debug)]
pub(crate) struct RunOptions {
    pub(crate) config: PathBuf,
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
    pub(crate) json: bool,
}

/// `andon alerts`, `andon explain` and `andon unread`.
#[derive(Debug)]
pub(crate) struct AskOptions {
    pub(crate) question: Question,
    pub(crate) json: bool,
    pub(crate) config: PathBuf,
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) state_directory: Option<PathBuf>,
}

/// What an operator asks.
#[derive(Debug)]
pub(crate) enum Question {
    Alerts,
    Explain(String),
    Unread,
}

/// Every option there is, as typed.
#[derive(Debug, Default)]
struct Typed {
    operands: Vec<String>,
    config: Option<PathBuf>,
    json: bool,
    platform: Option<String>,
    verbose: bool,
    for_seconds: Option<u64>,
    data: Option<PathBuf>,
    speed: Option<u32>,
    seed: Option<u64>,
    port: Option<u16>,
    queues: Option<u32>,
    admin: Option<SocketAddr>,
    state_directory: Option<PathBuf>,
    given: Vec<&'static str>,
}

/// Reads the arguments of the process.
pub(crate) fn parse() -> Result<Command, Fault> {
    command(lexopt::Parser::from_env())
}

fn command(mut parser: lexopt::Parser) -> Result<Command, Fault> {
    let wrong = |error: lexopt::Error| Fault::usage(format!("{error}\n\n{HELP}"));
    let verb = match parser.next().map_err(wrong)? {
        None | Some(Short('h') | Long("help")) => return Ok(Command::Help),
        Some(Short('V') | Long("version")) => return Ok(Command::Version),
        Some(Value(verb)) => verb.to_string_lossy().into_owned(),
        Some(other) => return Err(wrong(other.unexpected())),
    };
    let typed = options(parser).map_err(wrong)?;
    match verb.as_str() {
        "help" => Ok(Command::Help),
        "version" => Ok(Command::Version),
        "run" => {
            typed.only(&verb, 0, &["--config", "--json", "--verbose"])?;
            let (config, json, verbose) = (typed.config(), typed.json, typed.verbose);
            Ok(Command::Run(RunOptions { config, json, verbose }))
        }
        "check" => {
            typed.only(&verb, 1, &["--json"])?;
            Ok(Command::Check(CheckOptions { file: typed.operand()?.into(), json: typed.json }))
        }
        "demo" => {
            let known = ["--platform", "--for-seconds", "--data", "--speed", "--seed", "--json"];
            typed.only(&verb, 0, &known)?;
            let (for_seconds, json) = (typed.for_seconds, typed.json);
            let platform = typed.platform.clone();
            let traffic = typed.traffic(60);
            Ok(Command::Demo(DemoOptions { traffic, platform, for_seconds, json }))
        }
        "simulate" => {
            typed.only(
                &verb,
                0,
                &["--port", "--data", "--speed", "--seed", "--queues", "--json"],
            )?;
            let (port, queues, json) = (typed.port.unwrap_or(9480), typed.queues, typed.json);
            Ok(Command::Simulate(SimulateOptions { traffic: typed.traffic(1), port, queues, json }))
        }
        "alerts" => typed.ask(&verb, Question::Alerts, 0),
        "unread" => typed.ask(&verb, Question::Unread, 0),
        "explain" => {
            let key = typed.operand()?;
            typed.ask(&verb, Question::Explain(key), 1)
        }
        other => Err(Fault::usage(format!("andon has no command `{other}`\n\n{HELP}"))),
    }
}

fn options(mut parser: lexopt::Parser) -> Result<Typed, lexopt::Error> {
    let mut typed = Typed::default();
    while let Some(argument) = parser.next()? {
        let option = match argument {
            Value(operand) => {
                typed.operands.push(text(&operand));
                continue;
            }
            Long("config") => "--config",
            Long("json") => "--json",
            Long("platform") => "--platform",
            Long("verbose") => "--verbose",
            Long("for-seconds") => "--for-seconds",
            Long("data") => "--data",
            Long("speed") => "--speed",
            Long("seed") => "--seed",
            Long("port") => "--port",
            Long("queues") => "--queues",
            Long("admin") => "--admin",
            Long("state-directory") => "--state-directory",
            other @ (Long(_) | Short(_)) => return Err(other.unexpected()),
        };
        typed.given.push(option);
        match option {
            "--config" => typed.config = Some(parser.value()?.into()),
            "--platform" => typed.platform = Some(text(&parser.value()?)),
            "--for-seconds" => typed.for_seconds = Some(parser.value()?.parse()?),
            "--data" => typed.data = Some(parser.value()?.into()),
            "--speed" => typed.speed = Some(parser.value()?.parse()?),
            "--seed" => typed.seed = Some(parser.value()?.parse()?),
            "--port" => typed.port = Some(parser.value()?.parse()?),
            "--queues" => typed.queues = Some(parser.value()?.parse()?),
            "--admin" => typed.admin = Some(parser.value()?.parse()?),
            "--state-directory" => typed.state_directory = Some(parser.value()?.into()),
            "--verbose" => typed.verbose = true,
            _ => typed.json = true,
        }
    }
    Ok(typed)
}

fn text(operand: &OsStr) -> String {
    operand.to_string_lossy().into_owned()
}

impl Typed {
    /// Refuses what the command does not take.
    fn only(&self, verb: &str, operands: usize, known: &[&str]) -> Result<(), Fault> {
        if let Some(other) = self.given.iter().find(|given| !known.contains(given)) {
            return Err(Fault::usage(format!("`andon {verb}` takes no {other}\n\n{HELP}")));
        }
        match self.operands.get(operands) {
            Some(extra) => {
                Err(Fault::usage(format!("`andon {verb}` takes no `{extra}`\n\n{HELP}")))
            }
            None => Ok(()),
        }
    }

    fn operand(&self) -> Result<String, Fault> {
        let missing = || Fault::usage(format!("something is missing after the command\n\n{HELP}"));
        self.operands.first().cloned().ok_or_else(missing)
    }

    fn config(&self) -> PathBuf {
        self.config.clone().unwrap_or_else(|| CONFIG.into())
    }

    fn traffic(self, speed: u32) -> TrafficOptions {
        TrafficOptions {
            data: self.data,
            speed: self.speed.unwrap_or(speed).clamp(1, 3_600),
            seed: self.seed.unwrap_or(SEED),
        }
    }

    fn ask(self, verb: &str, question: Question, operands: usize) -> Result<Command, Fault> {
        self.only(verb, operands, &["--json", "--config", "--admin", "--state-directory"])?;
        Ok(Command::Ask(AskOptions {
            question,
            json: self.json,
            config: self.config(),
            admin: self.admin,
            state_directory: self.state_directory,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, Fault> {
        command(lexopt::Parser::from_args(line.split_whitespace()))
    }

    #[test]
    fn each_command_takes_its_own_options_only() {
        assert!(matches!(
            parse("run --config a"),
            Ok(Command::Run(RunOptions { verbose: false, .. }))
        ));
        assert!(matches!(
            parse("run --verbose"),
            Ok(Command::Run(RunOptions { verbose: true, .. }))
        ));
        assert!(matches!(
            parse("check a --json"),
            Ok(Command::Check(CheckOptions { json: true, .. }))
        ));
        assert!(matches!(parse("explain k"), Ok(Command::Ask(_))));
        assert!(matches!(parse("unread --json"), Ok(Command::Ask(AskOptions { json: true, .. }))));
        assert!(matches!(parse(""), Ok(Command::Help)));
        for line in ["run a", "run --speed 2", "check", "explain", "fly", "demo --for-seconds x"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_demo_runs_sixty_times_as_fast_and_a_simulation_in_real_time() {
        let Ok(Command::Demo(demo)) = parse("demo --for-seconds 5") else { panic!("a demo") };
        assert_eq!((demo.traffic.speed, demo.for_seconds), (60, Some(5)));
        let Ok(Command::Simulate(simulate)) = parse("simulate") else { panic!("a simulation") };
        assert_eq!((simulate.traffic.speed, simulate.port), (1, 9480));
    }
}
