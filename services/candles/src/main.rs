//! The service `candles`: reads trades, writes candles.
#![forbid(unsafe_code)]

use candles::{CandleArgs, DEFAULTS};
use clap::Parser;
use pipeline::cli::{self, ServiceArgs};
use pipeline::{Error, KafkaArgs, Shutdown};
use std::process::ExitCode;

/// Turns trades into candles, exactly once: one for every window with trades,
/// updated while it forms, final once event time has passed its end.
#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(flatten)]
    kafka: KafkaArgs,
    #[command(flatten)]
    candles: CandleArgs,
    #[command(flatten)]
    service: ServiceArgs,
}

fn run(options: Options, shutdown: &Shutdown) -> Result<(), Error> {
    let config = options.kafka.resolve(DEFAULTS)?;
    let health = options.service.serve()?;
    pipeline::run(options.candles.step(), &config, &health, shutdown)
}

fn main() -> ExitCode {
    cli::main(|_| "info", run)
}
