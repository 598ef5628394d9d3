//! `pipeline-bench`: measures the services on one broker in one run, beside a raw
//! librdkafka loop and, where there is one, Quix Streams. Prints tables.
#![forbid(unsafe_code)]

mod broker;
mod error;
mod figure;
mod latency;
mod memory;
mod process;
mod quix;
mod raw;
mod scaling;
mod service;
mod tape;
mod throughput;
mod topic;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use broker::{Broker, Choice};
use error::Result;
use latency::Load;
use raw::RawArgs;
use service::Service;
use throughput::Extent;

/// Measures the services on one broker, each as a process of its own.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// What to measure [default: everything]
    #[arg(value_enum)]
    what: Vec<What>,
    /// embedded, apache (Apache Kafka, downloaded), or the address of a broker
    #[arg(
        long,
        env = "KAFKA_BOOTSTRAP_SERVERS",
        default_value = "embedded",
        value_name = "embedded|apache|HOST:PORT"
    )]
    broker: Choice,
    /// Records for throughput
    #[arg(long, default_value_t = 2_000_000, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1_000..=20_000_000))]
    records: u32,
    /// Rounds, of which the best counts, of each side
    #[arg(long, default_value_t = 3, value_name = "N",
          value_parser = clap::value_parser!(u8).range(1..=100))]
    rounds: u8,
    /// The services' commit interval for latency, in milliseconds
    #[arg(long, default_value_t = 4, value_name = "MS",
          value_parser = clap::value_parser!(u64).range(1..=60_000))]
    commit_interval_ms: u64,
    /// For how long trades are sent before latency is measured, in seconds: a broker
    /// on a Java machine compiles itself for half a minute or more
    #[arg(long, default_value_t = 3, value_name = "S",
          value_parser = clap::value_parser!(u64).range(0..=3_600))]
    warm_up: u64,
    /// A Python with Quix Streams, to measure that too
    #[arg(long, value_name = "PYTHON")]
    quix: Option<PathBuf>,
    #[command(subcommand)]
    inner: Option<Inner>,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Records a second
    Throughput,
    /// From a trade to an indicator
    Latency,
    /// Memory with many pairs, and their restore
    Memory,
    /// More partitions and processes
    Scaling,
}

#[derive(Subcommand)]
enum Inner {
    /// Is one of the processes that are measured
    #[command(hide = true)]
    Serve {
        #[command(subcommand)]
        side: Side,
    },
}

#[derive(Subcommand)]
enum Side {
    Broker,
    Raw(RawArgs),
    Candles,
    TechnicalIndicators,
}

fn serve(side: &Side) -> ExitCode {
    let ended = match side {
        Side::Candles => return Service::Candles.serve(),
        Side::TechnicalIndicators => return Service::TechnicalIndicators.serve(),
        Side::Raw(args) => raw::run(args),
        Side::Broker => pipeline::embedded::Broker::start().map_err(Into::into).map(|broker| {
            println!("{}", broker.address());
            loop {
                std::thread::park();
            }
        }),
    };
    finish(ended)
}

fn run(options: &Options) -> Result<()> {
    let broker = Broker::start(&options.broker)?;
    println!("On {}", broker.name);
    let wanted = |what| options.what.is_empty() || options.what.contains(&what);
    let (records, rounds) = (options.records as usize, options.rounds.into());
    if wanted(What::Throughput) {
        let extent =
            Extent { records, pairs: 50, partitions: 4, rounds, quix: options.quix.as_deref() };
        throughput::run(&broker, &extent)?;
    }
    if wanted(What::Latency) {
        let &Options { warm_up, commit_interval_ms, .. } = options;
        let load = Load { pairs: 100, rate: 10_000, seconds: 20, warm_up, commit_interval_ms };
        latency::run(&broker, load)?;
    }
    if wanted(What::Memory) {
        memory::run(&broker, 10_000)?;
    }
    if wanted(What::Scaling) {
        scaling::run(&broker, records, rounds)?;
    }
    Ok(())
}

fn finish(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    match &options.inner {
        Some(Inner::Serve { side }) => serve(side),
        None => finish(run(&options)),
    }
}
