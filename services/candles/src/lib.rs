//! Trades in, candles out: the service, for its own program and for
//! `standalone`.
#![forbid(unsafe_code)]

mod lane;
mod step;
mod window;

pub use lane::Gaps;
pub use step::{FormingUpdates, Settings, State, Step};

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
    /// What is sent for a window without trades between a pair's candles, and
    /// after its latest one while heartbeats go on: nothing, or a flat candle at
    /// the last close, without volume or trades
    #[arg(long, env = "CANDLE_GAPS", value_enum, default_value_t)]
    pub candle_gaps: Gaps,
    /// After how many flat candles in a row a pair counts as gone: no more are
    /// sent until its next trade
    #[arg(long, env = "CANDLE_GAPS_MOST", value_name = "N", default_value_t = 1440)]
    pub candle_gaps_most: u32,
    /// How far a trade's time may be ahead of its record's own, in milliseconds;
    /// what is further ahead is of a wrong clock and goes to the dead letters. 0
    /// allows any
    #[arg(long, env = "CANDLE_AHEAD_MS", value_name = "MS", default_value_t = 3_600_000)]
    pub candle_ahead_ms: u32,
    /// Silence of a pair, in milliseconds, after which its event time goes on
    /// with the wall clock, where its source sends no heartbeats. 0, the default:
    /// never. With it, the log alone does not decide any more
    #[arg(long, env = "CANDLE_IDLE_MS", value_name = "MS", default_value_t = 0)]
    pub candle_idle_ms: u32,
}

impl CandleArgs {
    /// The step that the options ask for.
    #[must_use]
    pub fn step(&self) -> Step {
        let seconds = match self.candle_seconds.is_empty() {
            true => vec![SECONDS],
            false => self.candle_seconds.clone(),
        };
        Step::new(Settings {
            seconds,
            grace_ms: self.candle_grace_ms,
            forming: self.forming_updates,
            gaps: self.candle_gaps,
            most_flat: self.candle_gaps_most,
            ahead_ms: self.candle_ahead_ms,
            idle_ms: self.candle_idle_ms,
        })
    }
}
