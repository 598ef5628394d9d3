//! `ta`: the library at a command line. This file is the way in and the way out:
//! which command runs, what is said when it fails, and the exit code. Exit code
//! 2 and one line on stderr for whatever a user can get wrong; a reader of the
//! output that stops reading ends the run without a word, unless a snapshot was to
//! be written after the last row.
#![forbid(unsafe_code)]

mod args;
mod backend;
mod bars;
mod compute;
mod failure;
mod list;
mod number;
mod records;
mod saved;

use args::{Args, Command};
use failure::Failure;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            let line = failure.to_string().replace(['\n', '\r'], " ");
            // Nobody is left to be told when stderr is gone too.
            let _ = writeln!(io::stderr(), "ta: {line}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Failure> {
    let Some(Args { command }) = args::parse()? else { return Ok(()) };
    let mut output = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let done = match command {
        Command::List { json, backend } => list::run(json, backend, &mut output),
        Command::Compute(arguments) => compute::run(&arguments, &mut output),
    };
    // What was written before a failure is there to stay.
    let flushed = output.flush().map_err(Failure::Output);
    done.and(flushed)
}
