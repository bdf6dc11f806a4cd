//! The door: arguments in, exit code out.

extern crate alloc;

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    cli::main()
}
