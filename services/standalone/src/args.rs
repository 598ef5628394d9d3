//! The command line: where trades come from, what is computed, how it is shown.

use candles::CandleArgs;
use clap::{Parser, ValueEnum};
use pipeline::cli::LogArgs;
use std::io::IsTerminal;
use technical_indicators::IndicatorArgs;
use trades::SourceArgs;
use trades::args::SourceKind;

/// Trades, candles and technical indicators in one process, with a Kafka broker
/// inside: nothing to install, nothing left behind.
#[derive(Parser, Clone, Debug)]
#[command(version, about)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) candles: CandleArgs,
    #[command(flatten)]
    pub(crate) indicators: IndicatorArgs,
    /// Ends when the source has ended and everything has been shown
    #[arg(long)]
    pub(crate) until_end: bool,
    /// How messages are shown [default: a table in a terminal, lines in a pipe]
    #[arg(long, value_name = "FORM")]
    pub(crate) output: Option<OutputForm>,
    /// Uses these brokers, `host:port` separated by commas, instead of the one inside
    #[arg(long, env = "KAFKA_BOOTSTRAP_SERVERS", value_name = "HOST:PORT,..")]
    pub(crate) kafka_bootstrap_servers: Option<String>,
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// How messages are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputForm {
    /// A live table in the terminal.
    Table,
    /// Plain lines.
    Lines,
    /// Every message as it is on the topic, one JSON object a line.
    Ndjson,
}

/// Length of the synthetic market's candles where none is asked for: short, so
/// that a first look shows indicators soon.
const SYNTHETIC_CANDLE_SECONDS: u32 = 5;

impl Args {
    /// Fills in what depends on other options.
    #[must_use]
    pub(crate) fn with_defaults(mut self) -> Self {
        let source = *self.source.source.get_or_insert(SourceKind::Synthetic);
        if source == SourceKind::Synthetic && self.candles.candle_seconds.is_empty() {
            self.candles.candle_seconds = vec![SYNTHETIC_CANDLE_SECONDS];
        }
        self
    }

    /// How messages are shown.
    #[must_use]
    pub(crate) fn form(&self) -> OutputForm {
        let terminal = std::io::stdout().is_terminal();
        let default = if terminal { OutputForm::Table } else { OutputForm::Lines };
        self.output.unwrap_or(default)
    }

    /// Whether the trades are made up.
    pub(crate) fn is_synthetic(&self) -> bool {
        self.source.source == Some(SourceKind::Synthetic)
    }

    /// Where the trades come from, in words. What is made up says so.
    #[must_use]
    pub(crate) fn title(&self) -> String {
        match self.source.source {
            Some(SourceKind::Replay) => {
                let file = self.source.file.clone().unwrap_or_default();
                format!("replay of {} at {}", file.display(), self.source.speed)
            }
            Some(SourceKind::Kraken) => "Kraken, live".to_owned(),
            _ => "SYNTHETIC market: made-up trades, not real prices".to_owned(),
        }
    }
}
