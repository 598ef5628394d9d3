//! The whole pipeline in one process: broker, `trades`, `candles` and
//! `technical-indicators` as they are, and a view of what comes out.
#![forbid(unsafe_code)]

mod args;
mod board;
mod lines;
mod reader;
mod services;
mod show;
mod table;

use args::{Args, OutputForm};
use std::process::ExitCode;

fn main() -> ExitCode {
    // The table has the terminal to itself; what goes wrong is said at the end.
    let log = |args: &Args| {
        args.log.filter(if args.form() == OutputForm::Table { "off" } else { "warn" })
    };
    pipeline::cli::main(log, |args: Args, shutdown| show::run(args.with_defaults(), shutdown))
}
