//! Throughput: each service beside the raw loop and beside Quix Streams, on the
//! same records, in turns.

use std::collections::HashMap;
use std::path::Path;
use std::slice;

use pipeline::message::{Candle, Trade};
use rdkafka::message::Message as _;
use serde::Deserialize;

use crate::broker::Broker;
use crate::error::{Error, Result};
use crate::figure::{Figure, HEADING, line};
use crate::process::Process;
use crate::service::{Service, Work};
use crate::tape;
use crate::topic::{self, Filling, Sizes};

/// As the Quix Streams job has them.
const FOUR_INDICATORS: &str = "\
- { name: ema12, expr: \"ema(close, 12)\" }
- { name: ema26, expr: \"ema(close, 26)\" }
- { name: macd, expr: \"macd(close, 12, 26, 9).macd\" }
- { name: rsi14, expr: \"rsi(close, 14)\" }
";

/// The services' own is a tenth of it, Quix Streams' is five times as long.
const COMMIT_INTERVAL_MS: u32 = 1_000;

/// How much is measured.
#[derive(Clone, Debug)]
pub(crate) struct Extent<'a> {
    pub(crate) records: usize,
    pub(crate) pairs: usize,
    pub(crate) partitions: i32,
    pub(crate) rounds: usize,
    pub(crate) quix: Option<&'a Path>,
}

/// Measures, and prints as it goes.
pub(crate) fn run(broker: &Broker, extent: &Extent<'_>) -> Result<()> {
    let list = broker.directory.path().join("four.yaml");
    std::fs::write(&list, FOUR_INDICATORS).map_err(Error::system("write the indicators' list"))?;
    let list = ("INDICATORS_FILE", list.to_string_lossy().into_owned());
    let interval = ("COMMIT_INTERVAL_MS", COMMIT_INTERVAL_MS.to_string());
    println!(
        "Throughput: {} records, {} pairs, {} partitions, commits every {} ms, best of {} rounds",
        extent.records, extent.pairs, extent.partitions, COMMIT_INTERVAL_MS, extent.rounds
    );
    if extent.quix.is_none() {
        println!(
            "(beside Quix Streams with --quix PYTHON, a Python after `pip install \
             quixstreams==3.28.1`)"
        );
    }

    let trades = "bench.trades";
    let filled = fill_trades(broker, trades, extent)?;
    let job = Job { broker, extent, input: trades, filled, service: Service::Candles };
    job.run("candles", slice::from_ref(&interval), Some("candles"), |_| {})?;
    let mut forming = Vec::new();
    let every = [interval.clone(), ("FORMING_UPDATES", "trade".to_owned())];
    job.run("candles, a forming update a trade", &every, None, |output| {
        forming = output;
    })?;
    topic::delete(&broker.servers, &[trades])?;

    let candles = "bench.closed-candles";
    let filled = fill_candles(broker, candles, extent)?;
    let service = Service::TechnicalIndicators;
    let job = Job { broker, extent, input: candles, filled, service };
    let settings = [interval.clone(), list];
    job.run("technical-indicators, EMA, MACD, RSI", &settings, Some("indicators"), |_| {})?;
    topic::delete(&broker.servers, &[candles])?;

    let candles = "bench.candles";
    topic::create(&broker.servers, candles, extent.partitions)?;
    let filled = topic::fill(&broker.servers, candles, forming.into_iter().map(Ok))?;
    let job = Job { broker, extent, input: candles, filled, service };
    let title = "technical-indicators, 16 outputs, a forming update a trade";
    job.run(title, &[interval], None, |_| {})?;
    topic::delete(&broker.servers, &[candles])
}

/// Fills a new topic with trades.
pub(crate) fn fill_trades(broker: &Broker, name: &str, extent: &Extent<'_>) -> Result<Sizes> {
    topic::create(&broker.servers, name, extent.partitions)?;
    let trades = tape::trades(extent.records, extent.pairs);
    topic::fill(&broker.servers, name, trades.map(|trade| filling_of(&trade)))
}

/// A trade as a record: without headers, as any producer writes it.
pub(crate) fn filling_of(trade: &Trade) -> Result<Filling> {
    // A side that is not known is left out.
    let value = format!(
        r#"{{"pair":"{}","price":{},"quantity":{},"timestamp_ms":{},"trade_id":{}}}"#,
        trade.pair, trade.price, trade.quantity, trade.timestamp_ms, trade.trade_id
    );
    let (key, timestamp_ms) = (trade.pair.clone(), trade.timestamp_ms);
    Ok(Filling { key, value: value.into_bytes(), timestamp_ms, headers: None })
}

fn fill_candles(broker: &Broker, name: &str, extent: &Extent<'_>) -> Result<Sizes> {
    topic::create(&broker.servers, name, extent.partitions)?;
    let mut numbers: HashMap<String, i64> = HashMap::new();
    let candles = tape::trades(extent.records, extent.pairs).map(|trade| {
        let number = numbers.entry(trade.pair.clone()).or_default();
        *number += 1;
        filling_of_candle(&tape::candle_of(&trade, *number), trade.timestamp_ms)
    });
    topic::fill(&broker.servers, name, candles)
}

/// A candle as a record without headers.
pub(crate) fn filling_of_candle(candle: &Candle, timestamp_ms: i64) -> Result<Filling> {
    let value = serde_json::to_vec(candle).map_err(|e| Error::Output(e.to_string()))?;
    Ok(Filling { key: candle.pair.clone(), value, timestamp_ms, headers: None })
}

struct Job<'a> {
    broker: &'a Broker,
    extent: &'a Extent<'a>,
    input: &'a str,
    filled: Sizes,
    service: Service,
}

impl Job<'_> {
    /// Measures all sides in turns. `keep` is given what the service has written.
    fn run(
        &self,
        title: &str,
        settings: &[(&'static str, String)],
        quix: Option<&str>,
        keep: impl FnOnce(Vec<Filling>),
    ) -> Result<()> {
        let servers = &self.broker.servers;
        let (mut own, mut raw, mut written) = (None, None, Sizes::default());
        let mut kept = Vec::new();
        for round in 0..self.extent.rounds {
            let output = format!("{}-{}-{}-{round}", self.input, self.service.name(), title.len());
            let work = Work {
                service: self.service,
                input: self.input,
                output: &output,
                partitions: self.extent.partitions,
                settings,
            };
            own = Some(work.measure(self.broker, self.filled.records)?.better(own));
            kept.clear();
            written = self.check(&output, &mut kept)?;
            let topics = work.topics();
            topic::delete(servers, &topics.iter().map(String::as_str).collect::<Vec<_>>())?;
            raw = Some(self.raw(written)?.better(raw));
        }
        let quix = match (quix, self.extent.quix) {
            (Some(job), Some(python)) => {
                let output = format!("{}-{job}-quix", self.input);
                let records = self.filled.records;
                let figure =
                    crate::quix::run(self.broker, python, job, self.input, &output, records)?;
                Some(figure)
            }
            _ => None,
        };
        println!(
            "\n{title}: values of {} bytes in, {} records of {} bytes out",
            self.filled.mean(),
            written.records,
            written.mean()
        );
        println!("{HEADING}");
        if let Some(raw) = &raw {
            println!("{}", line("raw loop, as many out", raw, None, None));
        }
        if let Some(own) = &own {
            println!("{}", line(self.service.name(), own, raw.as_ref(), quix.as_ref()));
        }
        if let Some(quix) = &quix {
            println!("{}", line("Quix Streams", quix, raw.as_ref(), None));
        }
        keep(kept);
        Ok(())
    }

    /// Checks that what a service has written is about every record of its input.
    fn check(&self, output: &str, kept: &mut Vec<Filling>) -> Result<Sizes> {
        #[derive(Deserialize)]
        struct Seen {
            pair: String,
            window_start_ms: i64,
            trades: u64,
        }
        let keep = self.service == Service::Candles;
        let mut trades: HashMap<(String, i64), u64> = HashMap::new();
        let written = topic::read(&self.broker.servers, output, |message| {
            let value = message.payload().unwrap_or_default();
            if keep {
                let seen: Seen = serde_json::from_slice(value)
                    .map_err(|e| Error::Output(format!("a candle in {output}: {e}")))?;
                trades.insert((seen.pair, seen.window_start_ms), seen.trades);
                kept.push(Filling {
                    key: String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned(),
                    value: value.to_vec(),
                    timestamp_ms: message.timestamp().to_millis().unwrap_or_default(),
                    headers: message.headers().map(|headers| headers.detach()),
                });
            }
            Ok(())
        })?;
        let counted = match keep {
            true => trades.values().sum(),
            false => written.records,
        };
        if counted != self.filled.records {
            let expected = self.filled.records;
            return Err(Error::Output(format!(
                "{output} is about {counted} records, expected {expected}"
            )));
        }
        Ok(written)
    }

    /// The raw loop, with so much output.
    fn raw(&self, written: Sizes) -> Result<Figure> {
        let (broker, servers) = (self.broker, &self.broker.servers);
        let output = format!("{}-raw", self.input);
        topic::create(servers, &output, self.extent.partitions)?;
        let arguments = [
            "serve",
            "raw",
            "--servers",
            servers,
            "--input",
            self.input,
            "--output",
            &output,
            "--partitions",
            &self.extent.partitions.to_string(),
            "--records",
            &self.filled.records.to_string(),
            "--outputs",
            &written.records.to_string(),
            "--bytes",
            &written.mean().to_string(),
        ];
        let directory = broker.directory.path();
        let mut process = Process::start(directory, &arguments, &Default::default())?;
        process.line()?;
        let before = broker.cpu_seconds();
        let line = process.line()?;
        let broker_cpu = broker.cpu_seconds() - before;
        let numbers: Vec<f64> = line.split(' ').filter_map(|n| n.parse().ok()).collect();
        let [_, seconds, cpu] = numbers[..] else {
            return Err(Error::Output(format!("the raw loop says '{line}'")));
        };
        let sent = topic::read(servers, &output, |_| Ok(()))?;
        if sent.records != written.records {
            let expected = written.records;
            return Err(Error::Output(format!(
                "{} raw records, expected {expected}",
                sent.records
            )));
        }
        topic::delete(servers, &[&output])?;
        Ok(Figure { records: self.filled.records, seconds, cpu, broker_cpu })
    }
}
