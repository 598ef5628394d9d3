//! The service `technical-indicators`: reads candles, writes indicators.
#![forbid(unsafe_code)]

use pipeline::{Shutdown, cli};
use std::error::Error;
use std::process::ExitCode;
use technical_indicators::{DEFAULTS, Options};

fn run(options: Options, shutdown: &Shutdown) -> Result<(), Box<dyn Error>> {
    let step = options.indicators.step()?;
    let config = options.kafka.resolve(DEFAULTS)?;
    let health = options.service.serve(shutdown)?;
    Ok(pipeline::run(step, &config, &health, shutdown)?)
}

fn main() -> ExitCode {
    cli::main(|options: &Options| options.service.log("info"), run)
}
