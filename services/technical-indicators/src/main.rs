//! The service `technical-indicators`: reads candles, writes indicators.
#![forbid(unsafe_code)]

use clap::Parser;
use pipeline::cli::{self, ServiceArgs};
use pipeline::{KafkaArgs, Shutdown};
use std::error::Error;
use std::process::ExitCode;
use technical_indicators::{DEFAULTS, IndicatorArgs};

/// Turns candles into technical indicators, exactly once: closed candles move
/// the indicators on, forming ones show what they would be.
#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(flatten)]
    kafka: KafkaArgs,
    #[command(flatten)]
    indicators: IndicatorArgs,
    #[command(flatten)]
    service: ServiceArgs,
}

fn run(options: Options, shutdown: &Shutdown) -> Result<(), Box<dyn Error>> {
    let step = options.indicators.step()?;
    let config = options.kafka.resolve(DEFAULTS)?;
    let health = options.service.serve()?;
    Ok(pipeline::run(step, &config, &health, shutdown)?)
}

fn main() -> ExitCode {
    cli::main(|_| "info", run)
}
