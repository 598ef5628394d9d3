//! `chaos`: replays a recording through the services on an Apache Kafka of three
//! nodes while everything is killed, paused, slowed down and cut off, and says
//! whether committed readers can tell.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use chaos::{Cluster, Error, Pace, Recordings, Stream, compare, mix};
use clap::Parser;

/// Trades a second of one pair, while there is chaos.
const RATE: f64 = 40.0;
const PAIRS: usize = 6;

/// Disturbs the services on an Apache Kafka of three nodes, and compares what
/// they write with an undisturbed run. Downloads Apache Kafka if need be.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// How long, in seconds, before the recordings run to their end undisturbed
    #[arg(long, default_value_t = 600, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Which faults, and when: a seed that is printed [default: a random one]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Keeps the logs of services and brokers in this directory
    #[arg(long, value_name = "DIRECTORY")]
    logs: Option<PathBuf>,
}

fn run(options: &Options) -> Result<bool, Error> {
    let seed = options.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    println!("seed {seed}");
    let cluster = Cluster::start(3)?;
    let trades = (RATE * options.seconds as f64) as usize + 1;
    let recordings = Recordings::write(cluster.path(), seed, PAIRS, trades)?;
    let calm = Stream::start(&cluster, "calm", &recordings, Pace::Max)?.finish()?;
    println!("undisturbed: {} trades, {} records read", PAIRS * trades, calm.len());

    let mut stream = Stream::start(&cluster, "chaos", &recordings, Pace::Rate(RATE))?;
    let counts = mix(&cluster, &mut stream, seed, Duration::from_secs(options.seconds))?;
    println!("{counts}");
    let disturbed = stream.finish();
    if let Some(logs) = &options.logs {
        cluster.save_logs(logs)?;
    }
    let verdict = compare(&calm, &disturbed?);
    match &verdict {
        Ok(()) => println!("identical"),
        Err(difference) => println!("different: {difference}"),
    }
    Ok(verdict.is_ok())
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
