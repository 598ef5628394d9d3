//! Candles in, technical indicators out: the service, for its own program and
//! for `standalone`.
#![forbid(unsafe_code)]

mod list;
mod message;
mod running;
#[cfg(feature = "talib")]
mod shadow;
mod step;

pub use list::{IndicatorList, ListError};
pub use message::{NamedValues, TechnicalIndicators, schema};
#[cfg(feature = "talib")]
pub use shadow::{Shadow, ShadowSettings};
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

/// How many closed candles are kept where nothing else is configured: enough for
/// any moving average of the built-in list. They more than double a state record,
/// which is written once for each pair and transaction with a closed candle.
const WARM_UP_CANDLES: u32 = 60;

/// A state record must stay far below the largest that brokers take, a megabyte.
const MOST_WARM_UP: i64 = 10_000;

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
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Indicators")]
pub struct IndicatorArgs {
    /// YAML file with the indicators to compute [default: a built-in list]
    #[arg(long, env = "INDICATORS_FILE", value_name = "FILE")]
    pub indicators_file: Option<PathBuf>,
    /// How many closed candles of each pair and length are kept, to run
    /// indicators over that join the list later; 40 bytes each, in memory and in
    /// every state record
    #[arg(long, env = "WARM_UP_CANDLES", value_name = "N", default_value_t = WARM_UP_CANDLES,
          value_parser = clap::value_parser!(u32).range(..=MOST_WARM_UP))]
    pub warm_up_candles: u32,
    /// Share of the pairs, 0 to 1, that are computed a second time with the TA-Lib C
    /// library, to compare; needs a build with the feature `talib`
    #[arg(long, env = "SHADOW_SHARE", value_name = "SHARE", default_value_t = 0.0,
          value_parser = share)]
    pub shadow_share: f64,
    /// Closed candles after which such a comparison begins anew; the library keeps
    /// and recomputes them all
    #[arg(long, env = "SHADOW_CANDLES", value_name = "N", default_value_t = SHADOW_CANDLES,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub shadow_candles: u32,
}

/// Closed candles in a comparison where nothing else is configured.
const SHADOW_CANDLES: u32 = 500;

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

impl Default for IndicatorArgs {
    fn default() -> Self {
        Self {
            indicators_file: None,
            warm_up_candles: WARM_UP_CANDLES,
            shadow_share: 0.0,
            shadow_candles: SHADOW_CANDLES,
        }
    }
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
        let list = self.list()?;
        #[cfg(feature = "talib")]
        let shadow = match self.shadow_share {
            0.0 => None,
            share => {
                let candles = self.shadow_candles as usize;
                Some(Shadow::new(&list, ShadowSettings { share, candles })?)
            }
        };
        #[cfg(not(feature = "talib"))]
        if self.shadow_share > 0.0 {
            return Err(ListError::NoLibrary);
        }
        let step = Step::new(list, self.warm_up_candles as usize);
        #[cfg(feature = "talib")]
        let step = step.with_shadow(shadow);
        Ok(step)
    }
}
