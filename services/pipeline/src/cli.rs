//! The frame of a program's `main`: options, log, signals, HTTP, and one line and
//! an exit code when it ends.

use std::fmt::Display;
use std::process::ExitCode;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser};

use crate::error::Error;
use crate::healthcheck;
use crate::http;
use crate::log;
use crate::shutdown::{Health, Shutdown};

/// How long a service takes to stop at most.
pub const STOP: Duration = Duration::from_millis(1_800);

/// The options of a service's process. Flatten them into the service's own with
/// `#[command(flatten)]`.
#[derive(Args, Clone, Debug)]
pub struct ServiceArgs {
    /// Address for /healthz, /readyz and /metrics, such as 0.0.0.0:8080. With
    /// --healthcheck as its only argument, the program asks the one that runs there
    /// whether it is healthy
    #[arg(long, env = "HTTP_ADDRESS", value_name = "IP:PORT")]
    http_address: Option<String>,
    #[command(flatten)]
    log: LogArgs,
}

/// What is logged.
#[derive(Args, Clone, Debug)]
pub struct LogArgs {
    /// Log level: error, warn, info, debug, or by module (info,pipeline=debug)
    #[arg(long, env = "LOG", value_name = "LEVEL")]
    log: Option<String>,
}

impl LogArgs {
    /// The levels that were asked for, or else `default`.
    #[must_use]
    pub fn filter(&self, default: &str) -> String {
        self.log.as_deref().filter(|level| !level.is_empty()).unwrap_or(default).to_owned()
    }
}

impl ServiceArgs {
    /// The log levels that were asked for, or else `default`.
    #[must_use]
    pub fn log(&self, default: &str) -> String {
        self.log.filter(default)
    }

    /// Starts the HTTP server if an address was given, and returns what it
    /// shows as the service's readiness. From here on a signal ends the process
    /// within [`STOP`].
    ///
    /// # Errors
    /// When the address is wrong or taken.
    pub fn serve(&self, shutdown: &Shutdown) -> Result<Health, Error> {
        shutdown.exit_after(STOP);
        let health = Health::new();
        if let Some(address) = self.http_address.as_deref().filter(|a| !a.is_empty()) {
            http::serve(http::address(address)?, &health)?;
        }
        Ok(health)
    }
}

/// Runs a program: reads its options, starts the log with the levels of `log`
/// and the signal handler, then calls `run` on this thread. An error is printed
/// as one line on stderr, and the exit code is not zero. With `--healthcheck` as
/// its only argument it asks the program that runs on this machine instead.
pub fn main<Options: Parser, E: Display>(
    log: impl FnOnce(&Options) -> String,
    run: impl FnOnce(Options, &Shutdown) -> Result<(), E>,
) -> ExitCode {
    // Before the options are read: it needs none of those that a service must have.
    if healthcheck::is_asked_for(std::env::args_os().skip(1)) {
        return match healthcheck::run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(error),
        };
    }
    let options = match parse::<Options>(std::env::args_os()) {
        Ok(options) => options,
        Err(Refusal::Help(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(Refusal::Wrong(line)) => return fail(line),
    };
    if let Err(error) = log::init(&log(&options)) {
        return fail(error);
    }
    match Shutdown::on_signals() {
        Ok(shutdown) => match run(options, &shutdown) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(error),
        },
        Err(error) => fail(error),
    }
}

fn fail(error: impl Display) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

/// Why there are no options to run with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The user asked for this text.
    Help(String),
    /// One line that names the option, its environment variable and what was expected.
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
                let beside = |line: &str| ["tip:", "For more"].iter().any(|b| line.starts_with(b));
                let words: Vec<&str> = text
                    .lines()
                    .take_while(|line| !line.starts_with("Usage"))
                    .map(str::trim)
                    .filter(|line| !line.is_empty() && !beside(line))
                    .collect();
                let line = words.join(" ");
                let line = line.strip_prefix("error: ").unwrap_or(&line);
                let mut named = variables::<Options>(&error).join(", ");
                if !named.is_empty() {
                    named += ": ";
                }
                Refusal::Wrong(named + line)
            }
        }
    })
}

/// The environment variables of the options that an error is about: whoever sets
/// variables need not know what the options are called.
fn variables<Options: Parser>(error: &clap::Error) -> Vec<String> {
    let shown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(one)) => std::slice::from_ref(one),
        Some(ContextValue::Strings(all)) => all,
        _ => &[],
    };
    let command = Options::command();
    let variable = |shown: &String| {
        let name = shown.split([' ', '=']).next()?.strip_prefix("--")?;
        let option = command.get_arguments().find(|option| option.get_long() == Some(name))?;
        Some(option.get_env()?.to_string_lossy().into_owned())
    };
    shown.iter().filter_map(variable).collect()
}
