//! Trades in, candles out: the service, for its own program and for
//! `standalone`.
#![forbid(unsafe_code)]

mod step;
mod window;

pub use step::{FormingUpdates, State, Step};

use clap::{Args, Parser};
use pipeline::KafkaArgs;
use pipeline::cli::ServiceArgs;
use pipeline::config::Defaults;

/// The topics and the group where nothing else is configured.
pub const DEFAULTS: Defaults =
    Defaults { input_topic: "trades", output_topic: "candles", consumer_group: "candles" };

/// Length of the candles where none is configured, in seconds.
const SECONDS: u32 = 60;

/// The longest candle: a week.
const LONGEST: i64 = 604_800;

/// Turns trades into candles, exactly once: one for every window with trades,
/// updated while it forms, final once event time has passed its end.
#[derive(Parser, Clone, Debug)]
#[command(version)]
pub struct Options {
    /// Where trades come from and candles go.
    #[command(flatten)]
    pub kafka: KafkaArgs,
    /// Which candles.
    #[command(flatten)]
    pub candles: CandleArgs,
    /// The service's process.
    #[command(flatten)]
    pub service: ServiceArgs,
}

/// The service's own options.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Candles")]
pub struct CandleArgs {
    /// Lengths of the candles in seconds, separated by commas [default: 60]
    #[arg(long, env = "CANDLE_SECONDS", value_name = "SECONDS,..", value_delimiter = ',',
          value_parser = clap::value_parser!(u32).range(1..=LONGEST))]
    pub candle_seconds: Vec<u32>,
    /// How long after its window's end a candle waits for trades that come out
    /// of order, in milliseconds of event time
    #[arg(long, env = "CANDLE_GRACE_MS", value_name = "MS", default_value_t = 0)]
    pub candle_grace_ms: u32,
    /// When updates of a forming candle are sent: the latest one a transaction,
    /// or one a trade
    #[arg(long, env = "FORMING_UPDATES", value_enum, default_value_t)]
    pub forming_updates: FormingUpdates,
}

impl CandleArgs {
    /// The step that the options ask for.
    #[must_use]
    pub fn step(&self) -> Step {
        let seconds = match self.candle_seconds.is_empty() {
            true => vec![SECONDS],
            false => self.candle_seconds.clone(),
        };
        Step::new(seconds, self.candle_grace_ms, self.forming_updates)
    }
}
