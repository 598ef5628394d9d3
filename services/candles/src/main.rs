//! The service `candles`: reads trades, writes candles.
#![forbid(unsafe_code)]

use candles::{DEFAULTS, Options};
use pipeline::{Error, Shutdown, cli};
use std::process::ExitCode;

fn run(options: Options, shutdown: &Shutdown) -> Result<(), Error> {
    let config = options.kafka.resolve(DEFAULTS)?;
    let health = options.service.serve(shutdown)?;
    pipeline::run(options.candles.step(), &config, &health, shutdown)
}

fn main() -> ExitCode {
    cli::main(|options: &Options| options.service.log("info"), run)
}
