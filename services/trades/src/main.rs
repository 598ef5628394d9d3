//! The service `trades`: reads a source of trades, writes them to Kafka.
#![forbid(unsafe_code)]

use clap::Parser;
use pipeline::cli::{self, ServiceArgs};
use pipeline::{KafkaArgs, Shutdown};
use std::error::Error;
use std::process::ExitCode;
use trades::{DEFAULTS, SourceArgs};

/// Publishes trades, exactly once: from Kraken, a recording, or a synthetic
/// market.
#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    kafka: KafkaArgs,
    #[command(flatten)]
    service: ServiceArgs,
}

fn run(options: Options, shutdown: &Shutdown) -> Result<(), Box<dyn Error>> {
    let source = trades::source(&options.source)?;
    let config = options.kafka.resolve(DEFAULTS)?;
    let health = options.service.serve()?;
    Ok(pipeline::source::run(source, &config, &health, shutdown)?)
}

fn main() -> ExitCode {
    cli::main(|_| "info", run)
}
