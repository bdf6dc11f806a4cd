//! The command line: `run`, `check`, `demo`, `simulate`, `register`, `selftest`, `replay`, and what
//! operators ask: `alerts`, `explain`, `unread`, `dead-letters`, `calibrate`.

mod arguments;
mod ask;
mod check;
mod deliveries;
mod demo;
mod dialects;
mod doors;
mod environment;
mod exit;
mod help;
mod library;
mod options;
mod order;
mod out;
mod pushing;
mod register;
mod replay;
mod route;
mod run;
mod screen;
mod selftest;
mod silence;
mod simulate;
mod simulators;
mod windows;

use std::process::ExitCode;

use environment::Environment;
use options::Command;

/// Does what the arguments say.
pub(crate) fn main() -> ExitCode {
    let environment = Environment::read();
    let outcome = match arguments::parse() {
        Ok(Command::Run(options)) => run::run(&options, &environment),
        Ok(Command::Check(options)) => check::check(&options),
        Ok(Command::Demo(options)) => demo::demo(&options),
        Ok(Command::Simulate(options)) => simulate::simulate(&options),
        Ok(Command::Register(options)) => register::register(&options, &environment),
        Ok(Command::Route(options)) => route::route(&options),
        Ok(Command::Selftest(options)) => selftest::selftest(&options, &environment),
        Ok(Command::Replay(options)) => replay::replay(&options),
        Ok(Command::Ask(options)) => ask::ask(&options, &environment),
        Ok(Command::Silence(options)) => silence::silence(&options, &environment),
        Ok(Command::Preview(options)) => windows::preview(&options),
        Ok(Command::Hand(options)) => order::hand(&options, &environment),
        Ok(Command::Letters(options)) => order::letters(&options, &environment),
        Ok(Command::Help) => out::print(help::HELP),
        Ok(Command::Version) => out::print(concat!("andon ", env!("CARGO_PKG_VERSION"), "\n")),
        Err(fault) => Err(fault),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => fault.report(),
    }
}
