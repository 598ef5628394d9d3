//! The frame of a service's `main`: options, log, signals, HTTP, and one line
//! and an exit code when it ends.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser};

use crate::error::Error;
use crate::http;
use crate::log;
use crate::shutdown::{Health, Shutdown};

/// The options that have to do with the process and not with Kafka. Flatten them
/// into a service's own with `#[command(flatten)]`.
#[derive(Args, Clone, Debug)]
pub struct ServiceArgs {
    /// Address for /healthz, /readyz and /metrics, such as 0.0.0.0:8080
    #[arg(long, env = "HTTP_ADDRESS", value_name = "IP:PORT")]
    pub http_address: Option<SocketAddr>,
}

/// Runs a service: reads its options, starts the log, the signal handler and the
/// HTTP server, then calls `run` on this thread. An error is printed as one line
/// on stderr.
pub fn main<Options: Parser, E: std::fmt::Display>(
    service_args: impl FnOnce(&Options) -> &ServiceArgs,
    run: impl FnOnce(Options, &Health, &Shutdown) -> Result<(), E>,
) -> ExitCode {
    let options = match parse::<Options>(std::env::args_os()) {
        Ok(options) => options,
        Err(Refusal::Help(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(Refusal::Wrong(line)) => return fail(line),
    };
    log::init();
    let started = Shutdown::on_signals().and_then(|shutdown| {
        let health = Health::new();
        if let Some(address) = service_args(&options).http_address {
            http::serve(address, &health)?;
        }
        Ok((health, shutdown))
    });
    match started {
        Ok((health, shutdown)) => match run(options, &health, &shutdown) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(error),
        },
        Err::<_, Error>(error) => fail(error),
    }
}

fn fail(error: impl std::fmt::Display) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

/// Why there are no options to run with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The user asked for this text.
    Help(String),
    /// One line that names the option and what was expected.
    Wrong(String),
}

/// Reads options and environment variables.
///
/// # Errors
/// [`Refusal`], on one line where clap would print a page.
pub fn parse<Options: Parser>(
    arguments: impl IntoIterator<Item = std::ffi::OsString>,
) -> Result<Options, Refusal> {
    Options::try_parse_from(arguments).map_err(|error| {
        let text = error.render().to_string();
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Refusal::Help(text),
            _ => {
                let words: Vec<&str> = text
                    .lines()
                    .take_while(|line| !line.starts_with("Usage"))
                    .filter(|line| !line.trim_start().starts_with("tip:"))
                    .map(str::trim)
                    .filter(|line| !line.is_empty())
                    .collect();
                let line = words.join(" ");
                Refusal::Wrong(line.strip_prefix("error: ").unwrap_or(&line).to_owned())
            }
        }
    })
}
