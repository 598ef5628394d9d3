//! Candles in, technical indicators out: the service, for its own program and
//! for `standalone`.
#![forbid(unsafe_code)]

mod list;
mod message;
mod step;

pub use list::{IndicatorList, ListError};
pub use message::{NamedValues, TechnicalIndicators};
pub use step::{State, Step};

use clap::{Args, Parser};
use pipeline::KafkaArgs;
use pipeline::cli::ServiceArgs;
use pipeline::config::Defaults;
use std::path::PathBuf;

/// The topics and the group where nothing else is configured.
pub const DEFAULTS: Defaults = Defaults {
    input_topic: "candles",
    output_topic: "technical_indicators",
    consumer_group: "technical-indicators",
};

/// Turns candles into technical indicators, exactly once: closed candles move
/// the indicators on, forming ones show what they would be.
#[derive(Parser, Clone, Debug)]
#[command(version)]
pub struct Options {
    /// Where candles come from and indicators go.
    #[command(flatten)]
    pub kafka: KafkaArgs,
    /// Which indicators.
    #[command(flatten)]
    pub indicators: IndicatorArgs,
    /// The service's process.
    #[command(flatten)]
    pub service: ServiceArgs,
}

/// The service's own options.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Indicators")]
pub struct IndicatorArgs {
    /// YAML file with the indicators to compute [default: a built-in list]
    #[arg(long, env = "INDICATORS_FILE", value_name = "FILE")]
    pub indicators_file: Option<PathBuf>,
}

impl IndicatorArgs {
    /// The indicators that the options ask for.
    ///
    /// # Errors
    /// When the file cannot be read or is wrong.
    pub fn list(&self) -> Result<IndicatorList, ListError> {
        let file = self.indicators_file.as_deref();
        IndicatorList::load(file.filter(|file| !file.as_os_str().is_empty()))
    }

    /// The step that the options ask for.
    ///
    /// # Errors
    /// When the file cannot be read or is wrong.
    pub fn step(&self) -> Result<Step, ListError> {
        Ok(Step::new(self.list()?))
    }
}
