//! Latency: from just before a trade is sent to the moment when a committed
//! reader has an indicator message in its hands that counts the trade in, through
//! `candles` and `technical-indicators`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pipeline::message::Trade;
use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde::Deserialize;

use crate::broker::Broker;
use crate::error::{Error, Result};
use crate::process::cpu_seconds;
use crate::service::{READS, Service, Work};
use crate::tape;
use crate::throughput::filling_of;
use crate::topic::{self, client, partitions};

/// Every partition that a transaction writes to is a request to the broker, one after the
/// other: with four, a commit takes twice as long.
const PARTITIONS: i32 = 1;
const CANDLE_SECONDS: i64 = 5;
const TRADES: &str = "latency.trades";
const CANDLES: &str = "latency.candles";
const INDICATORS: &str = "latency.indicators";

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) pairs: usize,
    pub(crate) rate: u64,
    pub(crate) seconds: u64,
    /// How many seconds before that are left out.
    pub(crate) warm_up: u64,
    pub(crate) commit_interval_ms: u64,
}

impl Load {
    /// For how many seconds trades are sent.
    fn total(self) -> u64 {
        self.warm_up + self.seconds
    }
}

/// A trade as `number`th of its pair and window, or a message about as many.
#[derive(Clone, Copy, Debug)]
struct Mark {
    window_start_ms: i64,
    number: u64,
    at: Instant,
}

type Marks = HashMap<String, Vec<Mark>>;

/// Measures, and prints.
pub(crate) fn run(broker: &Broker, load: Load) -> Result<()> {
    let Load { pairs, rate, seconds, warm_up, commit_interval_ms } = load;
    println!(
        "\nLatency: {rate} trades a second of {pairs} pairs in one partition for {seconds} s, after \
         {warm_up} s to warm up, commits every {commit_interval_ms} ms, candles of {CANDLE_SECONDS} s, 16 indicators"
    );
    for name in [TRADES, CANDLES, INDICATORS] {
        topic::create(&broker.servers, name, PARTITIONS)?;
    }
    let settings = [
        ("COMMIT_INTERVAL_MS", commit_interval_ms.to_string()),
        ("CANDLE_SECONDS", CANDLE_SECONDS.to_string()),
    ];
    let work = |service, input, output| Work {
        service,
        input,
        output,
        partitions: PARTITIONS,
        settings: &settings,
    };
    let mut candles = work(Service::Candles, TRADES, CANDLES).start(broker, "latency")?;
    let second = work(Service::TechnicalIndicators, CANDLES, INDICATORS);
    let mut indicators = second.start(broker, "latency")?;
    candles.await_log(READS, 1)?;
    indicators.await_log(READS, 1)?;

    let expected = AtomicU64::new(u64::MAX);
    let cpu = [candles.id(), indicators.id()].map(cpu_seconds);
    let (sent, seen) = thread::scope(|scope| {
        let reader = scope.spawn(|| listen(&broker.servers, &expected));
        let sent = send(&broker.servers, load);
        expected.store(sent.as_ref().map_or(0, |_| rate * load.total()), Ordering::Relaxed);
        let seen = reader.join().unwrap_or_else(|_| Err(Error::InVain("the reader".to_owned())));
        Ok::<_, Error>((sent?, seen?))
    })?;
    let used = [candles.id(), indicators.id()].map(cpu_seconds);
    candles.check()?;
    indicators.check()?;

    let skipped = usize::try_from(warm_up * rate).unwrap_or_default();
    let mut latencies = latencies(&sent, &seen)?;
    latencies.sort_unstable_by_key(|(sent, _)| *sent);
    let mut milliseconds: Vec<f64> =
        latencies.iter().skip(skipped).map(|(_, latency)| latency.as_secs_f64() * 1e3).collect();
    milliseconds.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (milliseconds.len() as f64 * share) as usize;
        milliseconds.get(place.min(milliseconds.len().saturating_sub(1))).copied().unwrap_or(0.0)
    };
    println!("  {} trades, each seen in an indicator message", latencies.len());
    println!(
        "  median {:.1} ms, p90 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms, longest {:.1} ms",
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        at(1.0)
    );
    let share = |which: usize| {
        let used = used.get(which).zip(cpu.get(which)).map_or(0.0, |(now, then)| now - then);
        100.0 * used / load.total() as f64
    };
    println!("  candles used {:.0} % of a core, technical-indicators {:.0} %", share(0), share(1));
    candles.stop()?;
    indicators.stop()
}

/// Sends trades at an even pace, in time with the clock.
fn send(servers: &str, load: Load) -> Result<Marks> {
    let producer: BaseProducer = client(servers)
        .set("partitioner", "murmur2_random")
        .set("linger.ms", "1")
        .set("delivery.report.only.error", "true")
        .create()
        .map_err(Error::kafka("set up the sender"))?;
    let mut marks = Marks::new();
    let length_ms = CANDLE_SECONDS * 1000;
    let mut tape = tape::trades((load.rate * load.total()) as usize, load.pairs);
    let began = Instant::now();
    let mut last_ms = 0;
    for millisecond in 1..=load.total() * 1000 {
        let due = began + Duration::from_millis(millisecond);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        for _ in 0..load.rate * millisecond / 1000 - load.rate * (millisecond - 1) / 1000 {
            let Some(trade) = tape.next() else { break };
            // A clock that is set back must not make trades late.
            last_ms = tape::now_ms().max(last_ms);
            let trade = Trade { timestamp_ms: last_ms, ..trade };
            let window_start_ms = trade.timestamp_ms.div_euclid(length_ms) * length_ms;
            let of_pair = marks.entry(trade.pair.clone()).or_default();
            let before = of_pair.last().filter(|mark| mark.window_start_ms == window_start_ms);
            let number = before.map_or(1, |mark| mark.number + 1);
            let record = filling_of(&trade)?;
            of_pair.push(Mark { window_start_ms, number, at: Instant::now() });
            let record = BaseRecord::to(TRADES).key(&*record.key).payload(&*record.value);
            let sent = producer.send(record);
            sent.map_err(|(error, _)| Error::kafka("send a trade")(error))?;
        }
        producer.poll(Duration::ZERO);
    }
    producer.flush(Duration::from_secs(10)).map_err(Error::kafka("send the trades"))?;
    Ok(marks)
}

/// Reads indicator messages until they are about as many trades as expected.
fn listen(servers: &str, expected: &AtomicU64) -> Result<Marks> {
    #[derive(Deserialize)]
    struct Seen {
        pair: String,
        window_start_ms: i64,
        trades: u64,
    }
    let consumer: BaseConsumer = client(servers)
        .set("group.id", "latency-look")
        .set("isolation.level", "read_committed")
        .set("enable.auto.commit", "false")
        .set("fetch.wait.max.ms", "10")
        .create()
        .map_err(Error::kafka("set up the reader"))?;
    let all = partitions(INDICATORS, PARTITIONS, Offset::Beginning)?;
    consumer.assign(&all).map_err(Error::kafka("read the indicators"))?;
    let mut marks = Marks::new();
    let mut counted = 0;
    let mut quiet = Instant::now();
    while counted < expected.load(Ordering::Relaxed) {
        if let Some(message) = consumer.poll(Duration::from_millis(20)) {
            let at = Instant::now();
            let message = message.map_err(Error::kafka("read the indicators"))?;
            let seen: Seen = serde_json::from_slice(message.payload().unwrap_or_default())
                .map_err(|e| Error::Output(e.to_string()))?;
            let of_pair = marks.entry(seen.pair).or_default();
            let same = |mark: &&Mark| mark.window_start_ms == seen.window_start_ms;
            let before = of_pair.last().filter(same).map_or(0, |mark| mark.number);
            counted += seen.trades - before.min(seen.trades);
            let (window_start_ms, number) = (seen.window_start_ms, seen.trades);
            of_pair.push(Mark { window_start_ms, number, at });
            quiet = at;
        }
        if quiet.elapsed() > Duration::from_secs(30) {
            let message = format!("indicators, after those about {counted} trades");
            return Err(Error::InVain(message));
        }
    }
    Ok(marks)
}

/// When each trade was sent, and how long it took.
fn latencies(sent: &Marks, seen: &Marks) -> Result<Vec<(Instant, Duration)>> {
    let mut latencies = Vec::new();
    for (pair, trades) in sent {
        let mut messages = seen.get(pair).map_or(&[][..], Vec::as_slice).iter();
        let mut message = messages.next();
        for trade in trades {
            let place = (trade.window_start_ms, trade.number);
            while message.is_some_and(|m| (m.window_start_ms, m.number) < place) {
                message = messages.next();
            }
            let Some(message) = message else {
                return Err(Error::Output(format!("a trade of {pair} is in no message")));
            };
            latencies.push((trade.at, message.at - trade.at));
        }
    }
    Ok(latencies)
}
