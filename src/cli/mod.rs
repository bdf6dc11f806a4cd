//! The command line: `run`, `check`, `demo`, `simulate`, `alerts`, `explain`, `unread`.

mod arguments;
mod ask;
mod check;
mod demo;
mod dialects;
mod doors;
mod environment;
mod exit;
mod library;
mod out;
mod run;
mod screen;
mod simulate;
mod simulators;

use std::process::ExitCode;

use arguments::Command;
use environment::Environment;

/// Does what the arguments say.
pub(crate) fn main() -> ExitCode {
    let environment = Environment::read();
    let outcome = match arguments::parse() {
        Ok(Command::Run(options)) => run::run(&options, &environment),
        Ok(Command::Check(options)) => check::check(&options),
        Ok(Command::Demo(options)) => demo::demo(&options),
        Ok(Command::Simulate(options)) => simulate::simulate(&options),
        Ok(Command::Ask(options)) => ask::ask(&options, &environment),
        Ok(Command::Help) => out::print(arguments::HELP),
        Ok(Command::Version) => out::print(concat!("andon ", env!("CARGO_PKG_VERSION"), "\n")),
        Err(fault) => Err(fault),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => fault.report(),
    }
}
