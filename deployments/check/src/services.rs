//! The services as they describe themselves: name, options, default topics.

use std::ffi::OsString;

use clap::builder::Resettable;
use clap::{Arg, Args, Command, CommandFactory, FromArgMatches};
use pipeline::dead_letters;
use pipeline::{ConnectionArgs, Defaults, KafkaConfig, Processor};

/// One of the programs that the manifests run.
pub struct Service {
    /// Its name, which is its image's and its workload's too.
    pub name: &'static str,
    /// Its command line, where every option names its variable.
    pub command: Command,
    /// Where it reads and writes, and the longest it lets a transaction take,
    /// where nothing else is configured.
    pub kafka: KafkaConfig,
    /// Whether it sets late input aside.
    pub has_late: bool,
    /// Starts it on these arguments, as far as that goes without a broker.
    accepts: fn(&Command, Vec<OsString>) -> Result<(), String>,
}

impl Service {
    /// Every service with an image.
    #[must_use]
    pub fn all() -> Vec<Service> {
        let config = |defaults: Defaults| KafkaConfig::new("", defaults);
        vec![
            Service {
                name: "trades",
                command: command::<trades::Options>(),
                kafka: config(trades::DEFAULTS),
                has_late: false,
                accepts: |command, arguments| {
                    let options: trades::Options = parse(command, arguments)?;
                    trades::source(&options.source).map_err(line)?;
                    options.kafka.resolve(trades::DEFAULTS).map(drop).map_err(line)
                },
            },
            Service {
                name: "candles",
                command: command::<candles::Options>(),
                kafka: config(candles::DEFAULTS),
                has_late: candles::Step::HAS_LATE,
                accepts: |command, arguments| {
                    let options: candles::Options = parse(command, arguments)?;
                    options.kafka.resolve(candles::DEFAULTS).map(drop).map_err(line)
                },
            },
            Service {
                name: "technical-indicators",
                command: command::<technical_indicators::Options>(),
                kafka: config(technical_indicators::DEFAULTS),
                has_late: technical_indicators::Step::HAS_LATE,
                accepts: |command, arguments| {
                    let options: technical_indicators::Options = parse(command, arguments)?;
                    options.kafka.resolve(technical_indicators::DEFAULTS).map(drop).map_err(line)
                },
            },
        ]
    }

    /// `pipeline-admin`, which every image has, and which nothing listens to.
    #[must_use]
    pub fn admin() -> Service {
        let mut command = ConnectionArgs::augment_args(Command::new("pipeline-admin"));
        command.build();
        Service {
            name: "pipeline-admin",
            command,
            kafka: KafkaConfig::new("", dead_letters::DEFAULTS),
            has_late: false,
            accepts: |command, arguments| {
                let connection: ConnectionArgs = parse(command, arguments)?;
                connection.resolve(dead_letters::DEFAULTS).map(drop).map_err(line)
            },
        }
    }

    /// Whether it answers at `/healthz` and `/readyz`.
    #[must_use]
    pub fn is_served(&self) -> bool {
        self.options().any(|(variable, _)| variable == "HTTP_ADDRESS")
    }

    /// The service of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Service> {
        Service::all().into_iter().find(|service| service.name == name)
    }

    /// The options that a variable can set.
    pub fn options(&self) -> impl Iterator<Item = (String, &Arg)> {
        let variable = |arg: &Arg| Some(arg.get_env()?.to_string_lossy().into_owned());
        self.command.get_arguments().filter_map(move |arg| Some((variable(arg)?, arg)))
    }

    /// Whether the service starts with these variables and no others, as far as
    /// it can tell without a broker.
    ///
    /// # Errors
    /// What it says, in its own words.
    pub fn accepts(&self, variables: &[(String, String)]) -> Result<(), String> {
        let mut arguments = vec![OsString::from(self.name)];
        for (variable, arg) in self.options() {
            let Some((_, value)) = variables.iter().find(|(name, _)| *name == variable) else {
                continue;
            };
            arguments.push(match arg.get_long() {
                Some(long) => format!("--{long}={value}").into(),
                None => value.into(),
            });
        }
        (self.accepts)(&self.command, arguments)
    }
}

fn command<Options: CommandFactory>() -> Command {
    let mut command = Options::command();
    command.build();
    command
}

/// Reads options from arguments alone: what is set where the check runs does not
/// count.
fn parse<Options: FromArgMatches>(
    command: &Command,
    arguments: Vec<OsString>,
) -> Result<Options, String> {
    let matches = command
        .clone()
        .mut_args(|arg| arg.env(Resettable::Reset))
        .try_get_matches_from(arguments)
        .map_err(line)?;
    Options::from_arg_matches(&matches).map_err(line)
}

fn line(error: impl std::fmt::Display) -> String {
    let text = error.to_string();
    let lines = text.lines().take_while(|line| !line.starts_with("Usage"));
    lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
