//! The service `trades`: reads a source of trades, writes them to Kafka.
#![forbid(unsafe_code)]

use pipeline::{Shutdown, cli};
use std::error::Error;
use std::process::ExitCode;
use trades::{DEFAULTS, Options};

fn run(options: Options, shutdown: &Shutdown) -> Result<(), Box<dyn Error>> {
    let source = trades::source(&options.source)?;
    let config = options.kafka.resolve(DEFAULTS)?;
    let health = options.service.serve(shutdown)?;
    Ok(pipeline::source::run(source, &config, &health, shutdown)?)
}

fn main() -> ExitCode {
    cli::main(|options: &Options| options.service.log("info"), run)
}
