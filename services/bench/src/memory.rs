//! Memory and restore: one `technical-indicators` process with many pairs, and the
//! same again after a restart, from the changelog.

use std::time::Instant;

use pipeline::message::Trade;
use rdkafka::message::Message as _;

use crate::broker::Broker;
use crate::error::{Error, Result};
use crate::process::{Process, memory};
use crate::service::{READS, Service, Work};
use crate::tape;
use crate::throughput::filling_of_candle;
use crate::topic::{self, Filling};

const PARTITIONS: i32 = 4;
/// Closed candles of each pair: with them every indicator has its value, and
/// every window is full.
const CANDLES: i64 = 70;
const INPUT: &str = "memory.candles";
const OUTPUT: &str = "memory.indicators";

/// Measures, and prints.
pub(crate) fn run(broker: &Broker, pairs: usize) -> Result<()> {
    println!("\nMemory and restore: {pairs} pairs, 16 indicators, 60 candles kept of each");
    topic::create(&broker.servers, INPUT, PARTITIONS)?;
    // Pair by pair, so that nearly every state is written once: the changelog is
    // then as large as after compaction.
    let all = (0..pairs).flat_map(|pair| (0..CANDLES).map(move |number| candle(pair, number)));
    topic::fill(&broker.servers, INPUT, all)?;
    let before = pairs as u64 * CANDLES.unsigned_abs();

    let work = Work {
        service: Service::TechnicalIndicators,
        input: INPUT,
        output: OUTPUT,
        partitions: PARTITIONS,
        settings: &[],
    };
    let progress = work.progress(broker)?;
    let mut process = work.start(broker, "memory")?;
    progress.wait(before, &mut process, |_| {})?;
    say("after the candles", &process)?;
    process.stop()?;

    let started = Instant::now();
    let mut process = work.start(broker, "memory")?;
    let restored = process.await_log(READS, 1)?;
    println!(
        "  restored {} states, {:.1} MB of changelog, in {:.2} s; {:.2} s from the process's start",
        number(&restored, "keys="),
        number(&restored, "bytes=") / 1e6,
        number(&restored, "milliseconds=") / 1e3,
        started.elapsed().as_secs_f64()
    );
    say("after the restore", &process)?;

    // One more candle of each pair, whose values need what was before.
    topic::fill(&broker.servers, INPUT, (0..pairs).map(|pair| candle(pair, CANDLES)))?;
    progress.wait(before + pairs as u64, &mut process, |_| {})?;
    say("after one more candle", &process)?;
    process.stop()?;
    let mut whole = 0;
    let written = topic::read(&broker.servers, OUTPUT, |message| {
        let value: serde_json::Value =
            serde_json::from_slice(message.payload().unwrap_or_default())
                .map_err(|e| Error::Output(e.to_string()))?;
        whole += usize::from(value.get("sma_60").is_some_and(serde_json::Value::is_f64));
        Ok(())
    })?;
    let expected = pairs * (CANDLES as usize + 1 - 59);
    if written.records != before + pairs as u64 || whole != expected {
        return Err(Error::Output(format!(
            "{} messages, {whole} of them with sma_60, expected {expected}",
            written.records
        )));
    }
    topic::delete(&broker.servers, &[INPUT, OUTPUT])
}

fn candle(pair: usize, number: i64) -> Result<Filling> {
    let trade = Trade {
        pair: tape::pair(pair),
        price: 100.0 + (pair % 50) as f64 + (number % 7) as f64 / 10.0,
        quantity: 1.0 + (number % 5) as f64,
        side: None,
        timestamp_ms: tape::now_ms(),
        trade_id: number,
    };
    filling_of_candle(&tape::candle_of(&trade, number), trade.timestamp_ms)
}

fn say(when: &str, process: &Process) -> Result<()> {
    let (now, most) = memory(process.id())?;
    println!("  {when}: {now:.0} MB resident, {most:.0} MB at most");
    Ok(())
}

/// The number after a name in a line of the log.
fn number(line: &str, name: &str) -> f64 {
    let digits = line.split(name).nth(1).and_then(|rest| rest.split_whitespace().next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(f64::NAN)
}
