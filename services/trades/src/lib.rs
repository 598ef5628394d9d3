//! Where trades come from: a recorded file, a synthetic market, or Kraken's
//! live feed, each as a [`pipeline::source::Source`]. What happens to the
//! events, Kafka included, is the pipeline's.
#![forbid(unsafe_code)]

pub mod args;
pub mod kraken;
mod pace;
pub mod pair;
pub mod recording;
pub mod replay;
pub mod synthetic;

pub use args::{SourceArgs, source};
pub use pace::Speed;
pub use pair::Pair;

use clap::Parser;
use pipeline::KafkaArgs;
use pipeline::cli::ServiceArgs;
use pipeline::config::Defaults;

/// The topic and the group where nothing else is configured.
pub const DEFAULTS: Defaults =
    Defaults { input_topic: "", output_topic: "trades", consumer_group: "trades" };

/// Publishes trades, exactly once: from Kraken, a recording, or a synthetic
/// market.
#[derive(Parser, Clone, Debug)]
#[command(version)]
pub struct Options {
    /// Where trades come from.
    #[command(flatten)]
    pub source: SourceArgs,
    /// Where they go.
    #[command(flatten)]
    pub kafka: KafkaArgs,
    /// The service's process.
    #[command(flatten)]
    pub service: ServiceArgs,
}
