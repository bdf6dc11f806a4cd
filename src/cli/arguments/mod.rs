//! What the command line says.

mod verbs;

use core::net::SocketAddr;
use std::ffi::OsStr;
use std::path::PathBuf;

use lexopt::prelude::*;

use crate::cli::deliveries::WebhookOptions;
use crate::cli::exit::Fault;
use crate::cli::help::HELP;
use crate::cli::options::{
    CheckOptions, Command, DemoOptions, Handing, PlaceOptions, Question, RunOptions,
    SelftestOptions, SimulateOptions, TrafficOptions,
};
use crate::cli::replay::{ReplayOptions, Replayed};

/// Where the config lies when nobody says.
const CONFIG: &str = "/etc/andon/andon.toml";

/// A story of the simulated bank that has every kind of notice in its first hour.
const SEED: u64 = 38;

/// Every option there is, as typed.
#[derive(Debug, Default)]
struct Typed {
    operands: Vec<String>,
    config: Option<PathBuf>,
    watch: Option<PathBuf>,
    json: bool,
    platform: Option<String>,
    verbose: bool,
    for_seconds: Option<u64>,
    data: Option<PathBuf>,
    speed: Option<u32>,
    seed: Option<u64>,
    port: Option<u16>,
    queues: Option<u32>,
    webhooks: WebhookOptions,
    admin: Option<SocketAddr>,
    state_directory: Option<PathBuf>,
    url: Option<String>,
    by: Option<String>,
    owner: Option<String>,
    comment: Option<String>,
    until: Option<String>,
    at: Option<String>,
    target: Option<String>,
    about: Option<String>,
    source: Option<String>,
    replayed: Replayed,
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
            typed.only(&verb, 0, &["--config", "--watch", "--json", "--verbose"])?;
            let (config, json, verbose) = (typed.config(), typed.json, typed.verbose);
            Ok(Command::Run(RunOptions { config, watch: typed.watch, json, verbose }))
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
            let known = ["--port", "--data", "--speed", "--seed", "--queues", "--json"];
            typed.only(&verb, 0, &[&known, &WebhookOptions::NAMES[..]].concat())?;
            Ok(Command::Simulate(typed.simulate()))
        }
        "alerts" => typed.ask(&verb, Question::Alerts, 0),
        "unread" => typed.ask(&verb, Question::Unread, 0),
        "calibrate" => typed.ask(&verb, Question::Calibrate, 0),
        "explain" => {
            let key = typed.operand()?;
            typed.ask(&verb, Question::Explain(key), 1)
        }
        "dead-letters" => typed.letters(&verb),
        "ack" => typed.hand(&verb, Handing::Take),
        "unack" => typed.hand(&verb, Handing::LetGo),
        "resolve" => typed.hand(&verb, Handing::IsOver),
        "silence" => typed.silence(&verb),
        "windows" => typed.preview(&verb),
        "register" => typed.register(&verb),
        "route" => typed.route(&verb),
        "selftest" => {
            let all = usize::from(typed.given.contains(&"--all"));
            typed.only(&verb, 1 - all, &["--json", "--config", "--all"])?;
            let target = if all == 1 { None } else { Some(typed.operand()?) };
            let (config, json) = (typed.config(), typed.json);
            Ok(Command::Selftest(SelftestOptions { target, config, json }))
        }
        "replay" => {
            let known = ["--data", "--seed", "--config", "--json"];
            typed.only(&verb, 0, &[&known, &Replayed::NAMES[..]].concat())?;
            let Typed { data, seed, config, replayed, json, .. } = typed;
            let replayed = replayed.of(data, seed.unwrap_or(SEED))?;
            Ok(Command::Replay(ReplayOptions { replayed, config, json }))
        }
        other => Err(Fault::usage(format!("andon has no command `{other}`\n\n{HELP}"))),
    }
}

/// What says where the running hub is, and how its answer is shown.
const PLACE: [&str; 4] = ["--json", "--config", "--admin", "--state-directory"];

/// All of them.
const OPTIONS: &str = "--config --watch --json --platform --verbose --for-seconds --data \
    --speed --seed --port --queues --webhooks --webhook-secret --duplicated --reordered \
    --forged --truncated --burst-seconds --admin --state-directory --url --list --remove \
    --days --queue --from --to --by --owner --comment --until --at --target --all --force \
    --for --source";

fn options(mut parser: lexopt::Parser) -> Result<Typed, lexopt::Error> {
    let mut typed = Typed::default();
    while let Some(argument) = parser.next()? {
        let option = match argument {
            Value(operand) => {
                typed.operands.push(text(&operand));
                continue;
            }
            Long(name) => {
                let mut known = OPTIONS.split(' ');
                let known = known.find(|option| option.strip_prefix("--") == Some(name));
                known.ok_or_else(|| Long(name).unexpected())?
            }
            Short(_) => return Err(argument.unexpected()),
        };
        typed.given.push(option);
        match option {
            "--config" => typed.config = Some(parser.value()?.into()),
            "--watch" => typed.watch = Some(parser.value()?.into()),
            "--platform" => typed.platform = Some(text(&parser.value()?)),
            "--for-seconds" => typed.for_seconds = Some(parser.value()?.parse()?),
            "--data" => typed.data = Some(parser.value()?.into()),
            "--speed" => typed.speed = Some(parser.value()?.parse()?),
            "--seed" => typed.seed = Some(parser.value()?.parse()?),
            "--port" => typed.port = Some(parser.value()?.parse()?),
            "--queues" => typed.queues = Some(parser.value()?.parse()?),
            "--admin" => typed.admin = Some(parser.value()?.parse()?),
            "--state-directory" => typed.state_directory = Some(parser.value()?.into()),
            "--owner" => typed.owner = Some(text(&parser.value()?)),
            "--comment" => typed.comment = Some(text(&parser.value()?)),
            "--until" => typed.until = Some(text(&parser.value()?)),
            "--at" => typed.at = Some(text(&parser.value()?)),
            "--by" => typed.by = Some(text(&parser.value()?)),
            "--target" => typed.target = Some(text(&parser.value()?)),
            "--for" => typed.about = Some(text(&parser.value()?)),
            "--source" => typed.source = Some(text(&parser.value()?)),
            "--url" => typed.url = Some(text(&parser.value()?)),
            "--verbose" => typed.verbose = true,
            about if WebhookOptions::NAMES.contains(&about) => {
                typed.webhooks.read(about, &mut parser)?;
            }
            about if Replayed::NAMES.contains(&about) => typed.replayed.read(about, &mut parser)?,
            // What they say is that they were given.
            "--list" | "--remove" | "--all" | "--force" => {}
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

    fn simulate(mut self) -> SimulateOptions {
        let (port, queues, json) = (self.port.unwrap_or(9480), self.queues, self.json);
        let webhooks = core::mem::take(&mut self.webhooks);
        SimulateOptions { traffic: self.traffic(1), port, queues, webhooks, json }
    }

    fn place(self) -> PlaceOptions {
        PlaceOptions {
            json: self.json,
            config: self.config(),
            admin: self.admin,
            state_directory: self.state_directory,
        }
    }
}

#[cfg(test)]
mod tests {
    use andon::platform::Goal;

    use super::*;
    use crate::cli::options::RegisterOptions;

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
        assert!(matches!(parse("calibrate --json"), Ok(Command::Ask(_))));
        let Ok(Command::Ask(asked)) = parse("unread --json") else { panic!("a question") };
        assert!(asked.place.json);
        assert!(matches!(parse("ack q:calls_waiting --by Ann"), Ok(Command::Hand(_))));
        assert!(parse("ack q:calls_waiting").is_err(), "by whom?");
        let add = "silence add entity=q severity=high --owner Noa --comment why --for-seconds 60";
        assert!(matches!(parse(add), Ok(Command::Silence(_))));
        assert!(matches!(parse("silence list --json"), Ok(Command::Ask(_))));
        assert!(matches!(parse("silence expire 7"), Ok(Command::Silence(_))));
        assert!(matches!(parse("windows preview w --at x"), Ok(Command::Preview(_))));
        for line in ["silence", "silence add q --owner Noa", "silence expire", "windows w"] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(matches!(parse("dead-letters"), Ok(Command::Ask(_))));
        assert!(matches!(parse("dead-letters list --json"), Ok(Command::Ask(_))));
        for line in ["retry 7", "drop --all", "retry --target pager --force"] {
            assert!(matches!(parse(&format!("dead-letters {line}")), Ok(Command::Letters(_))));
        }
        for line in ["retry", "drop --all --force", "retry 7 --all", "drop x", "eat 7"] {
            assert!(parse(&format!("dead-letters {line}")).is_err(), "{line}");
        }
        assert!(matches!(parse("route --for q:calls_waiting:P1 --json"), Ok(Command::Route(_))));
        assert!(parse("route").is_err(), "which alert?");
        assert!(matches!(parse(""), Ok(Command::Help)));
        let goal = |line| match parse(line) {
            Ok(Command::Register(RegisterOptions { goal, .. })) => Some(goal),
            _ => None,
        };
        assert_eq!(goal("register s --url https://x/ingest/s"), Some(Goal::Register));
        assert_eq!(goal("register s --list --json"), Some(Goal::Show));
        assert_eq!(goal("register --remove s"), Some(Goal::Remove));
        for line in ["register", "register s --list --remove", "register s --url http://x/"] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(matches!(parse("selftest --all --json"), Ok(Command::Selftest(_))));
        assert!(parse("selftest").is_err() && parse("selftest --all a").is_err());
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

    #[test]
    fn a_replay_is_of_a_recording_or_of_a_seed() {
        let replay = |line: &str| matches!(parse(line), Ok(Command::Replay(_)));
        assert!(replay("replay") && replay("replay --seed 1 --days 2 --queue each --json"));
        assert!(replay("replay --data a.csv --from 1999-03-01 --to 1999-03-02T07:00:00Z"));
        for line in ["--data a.csv --days 1", "--from 1999-03-01", "--data a --to noon", "week"] {
            assert!(!replay(&format!("replay {line}")), "{line}");
        }
    }

    #[test]
    fn a_simulation_pushes_where_it_is_told_and_with_the_mischief_it_is_told() {
        let line = "simulate --webhooks http://hub:1 --duplicated 20 --burst-seconds 60";
        let Ok(Command::Simulate(simulate)) = parse(line) else { panic!("a simulation") };
        let mischief = simulate.webhooks.mischief;
        assert_eq!(simulate.webhooks.to.as_deref(), Some("http://hub:1"));
        assert_eq!((mischief.duplicated_percent, mischief.forged_percent), (20, 0));
        assert_eq!(mischief.burst_every.whole_secs(), 60);
        for line in ["demo --webhooks http://hub:1", "simulate --forged few", "run --forged 1"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
