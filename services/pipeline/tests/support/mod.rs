//! What the broker tests share: a cluster, topics of their own, a step that
//! counts, and plain clients to write and read with.
#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod admin;
mod log;

pub use admin::*;
pub use log::*;
use pipeline::embedded::Broker;
use pipeline::message::{Heartbeat, Message, Trade};
use pipeline::{
    Defaults, Error, Health, KafkaConfig, Keyed, Outbox, Processor, Record, Refused, Shutdown,
};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The cluster named by `KAFKA_BOOTSTRAP_SERVERS`, or an embedded broker.
pub fn servers() -> String {
    static EMBEDDED: OnceLock<Broker> = OnceLock::new();
    match std::env::var("KAFKA_BOOTSTRAP_SERVERS") {
        Ok(servers) if !servers.is_empty() => servers,
        _ => EMBEDDED.get_or_init(|| Broker::start().unwrap()).address(),
    }
}

/// A configuration whose topics and group no other test has.
pub fn config(test: &str) -> KafkaConfig {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let defaults = Defaults { input_topic: "", output_topic: "", consumer_group: "" };
    KafkaConfig {
        input_topic: format!("{test}-{now}-in"),
        output_topic: format!("{test}-{now}-out"),
        consumer_group: format!("{test}-{now}"),
        commit_interval: Duration::from_millis(20),
        ..KafkaConfig::new(servers(), defaults)
    }
}

/// How many trades of its pair there have been, and their quantities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub pair: String,
    pub trades: u64,
    pub quantity: f64,
    pub last_id: i64,
}

impl Message for Tally {
    const SCHEMA: &'static str = r#"{
        "type": "record", "name": "Tally", "namespace": "test", "fields": [
            { "name": "pair", "type": "string" },
            { "name": "trades", "type": "long" },
            { "name": "quantity", "type": "double" },
            { "name": "last_id", "type": "long" }
        ]
    }"#;
    const SCHEMA_VERSION: u32 = 3;

    fn key(&self) -> &str {
        &self.pair
    }

    fn event_time_ms(&self) -> Option<i64> {
        None
    }

    fn validate(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Writes a tally for every trade. It panics at one trade, if so told; refuses
/// a price of 13, and sends a price of 14 to the late topic.
#[derive(Clone, Debug, Default)]
pub struct Counting {
    pub panic_at: Option<i64>,
    /// It takes a price of 13 too.
    pub lucky: bool,
}

impl Processor for Counting {
    type Input = Trade;
    type Output = Tally;
    type State = (u64, f64);

    const SERVICE: &'static str = "counting";
    const VERSION: &'static str = "1.2.3";
    const STATE_VERSION: u32 = 7;
    const HAS_LATE: bool = true;

    fn process(
        &mut self,
        trade: Trade,
        _: &Record<'_>,
        state: &mut Keyed<(u64, f64)>,
        out: &mut Outbox<Tally>,
    ) -> Result<(), Refused> {
        assert_ne!(self.panic_at, Some(trade.trade_id), "told to");
        if trade.price == 13.0 && !self.lucky {
            return Err(Refused("price is 13, expected better luck".to_owned()));
        }
        if trade.price == 14.0 {
            out.late(vec![("candle_seconds", "60".to_owned())]);
            return Ok(());
        }
        let (trades, quantity) = state.get_mut();
        *trades += 1;
        *quantity += trade.quantity;
        let tally = Tally {
            pair: trade.pair,
            trades: *trades,
            quantity: *quantity,
            last_id: trade.trade_id,
        };
        out.emit(tally, trade.timestamp_ms);
        Ok(())
    }

    fn heartbeat(
        &mut self,
        beat: &Heartbeat,
        record: &Record<'_>,
        key: &str,
        state: &mut Keyed<(u64, f64)>,
        out: &mut Outbox<Tally>,
    ) {
        let (trades, quantity) = *state.get();
        let pair = format!("{key}@{}", record.source);
        out.emit(Tally { pair, trades, quantity, last_id: -1 }, beat.timestamp_ms);
    }
}

/// A step that runs on its own thread.
pub struct Running {
    pub health: Health,
    pub shutdown: Shutdown,
    thread: Option<JoinHandle<Result<(), Error>>>,
}

pub fn start<P: Processor + 'static>(processor: P, config: &KafkaConfig) -> Running {
    start_with(processor, config, &Health::new())
}

pub fn start_with<P: Processor + 'static>(
    processor: P,
    config: &KafkaConfig,
    health: &Health,
) -> Running {
    let (health, shutdown) = (health.clone(), Shutdown::new());
    let (h, s, config) = (health.clone(), shutdown.clone(), config.clone());
    let thread = std::thread::spawn(move || pipeline::run(processor, &config, &h, &s));
    Running { health, shutdown, thread: Some(thread) }
}

impl Running {
    /// The result; `None` if it panicked.
    pub fn wait(mut self) -> Option<Result<(), Error>> {
        self.thread.take().unwrap().join().ok()
    }

    pub fn stop(self) {
        self.shutdown.request();
        self.wait().expect("it panicked").unwrap();
    }

    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().unwrap().is_finished()
    }
}

pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(90);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub fn wait_caught_up(config: &KafkaConfig) {
    wait_until("caught up", || {
        pipeline::progress::caught_up(config, &config.consumer_group, &config.input_topic)
            .is_ok_and(|yes| yes)
    });
}

/// Retention goes by a record's timestamp: one of long ago would be deleted.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

pub fn trade(pair: &str, id: i64) -> Trade {
    Trade {
        pair: pair.to_owned(),
        price: 1.0,
        quantity: 0.1 * (id % 7 + 1) as f64,
        side: None,
        timestamp_ms: 1_000_000 + id,
        trade_id: id,
    }
}

/// Trades of five pairs in turn.
pub fn trades(ids: std::ops::Range<i64>) -> Vec<Trade> {
    ids.map(|id| trade(&format!("P{}/X", id % 5), id)).collect()
}

/// What counting these trades gives.
pub fn tallies(trades: &[Trade]) -> Vec<Tally> {
    let mut states = std::collections::BTreeMap::new();
    trades
        .iter()
        .map(|trade| {
            let (trades, quantity) = states.entry(&trade.pair).or_insert((0, 0.0));
            *trades += 1;
            *quantity += trade.quantity;
            let (trades, quantity) = (*trades, *quantity);
            Tally { pair: trade.pair.clone(), trades, quantity, last_id: trade.trade_id }
        })
        .collect()
}

/// A record, to write or as read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plain {
    pub key: Option<Vec<u8>>,
    pub payload: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub partition: i32,
    pub timestamp_ms: i64,
}

impl Plain {
    pub fn of(trade: &Trade) -> Plain {
        Plain {
            key: Some(trade.pair.clone().into_bytes()),
            payload: Some(serde_json::to_vec(trade).unwrap()),
            timestamp_ms: now_ms(),
            partition: -1,
            ..Plain::default()
        }
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let header = self.headers.iter().rfind(|(key, _)| key == name)?;
        Some(String::from_utf8(header.1.clone()).unwrap())
    }

    pub fn with(mut self, name: &str, value: &str) -> Plain {
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }
}

pub fn producer(extra: &[(&str, &str)]) -> BaseProducer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers()).set("partitioner", "murmur2_random");
    for (name, value) in extra {
        config.set(*name, *value);
    }
    config.create().unwrap()
}

pub fn send(producer: &BaseProducer, topic: &str, records: &[Plain]) {
    for plain in records {
        let mut headers = OwnedHeaders::new();
        for (key, value) in &plain.headers {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        let mut record = BaseRecord::<[u8], [u8]>::to(topic).headers(headers);
        record.key = plain.key.as_deref();
        record.payload = plain.payload.as_deref();
        record.partition = (plain.partition >= 0).then_some(plain.partition);
        record.timestamp = (plain.timestamp_ms > 0).then_some(plain.timestamp_ms);
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(Duration::from_secs(20)).unwrap();
}

pub fn write(topic: &str, records: &[Plain]) {
    send(&producer(&[]), topic, records);
}

pub fn write_trades(topic: &str, trades: &[Trade]) {
    let records: Vec<Plain> = trades.iter().map(Plain::of).collect();
    write(topic, &records);
}

pub fn consumer(isolation: &str) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", servers())
        .set("group.id", "look")
        .set("enable.auto.commit", "false")
        .set("isolation.level", isolation)
        .set("enable.partition.eof", "true")
        .set("fetch.wait.max.ms", "10")
        .create()
        .unwrap()
}

pub fn partitions(consumer: &BaseConsumer, topic: &str) -> i32 {
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(5)).unwrap();
    metadata.topics()[0].partitions().len() as i32
}

/// Assigns all partitions of a topic from their beginning; how many they are.
pub fn assign(consumer: &BaseConsumer, topic: &str) -> usize {
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions(consumer, topic) {
        list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    list.count()
}

/// Reads until `ends` partitions have been at their end.
pub fn read_to_ends(consumer: &BaseConsumer, mut ends: usize) -> Vec<Plain> {
    let mut found = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(20);
    while ends > 0 {
        assert!(Instant::now() < deadline, "no end of the topic");
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => found.push(Plain {
                key: message.key().map(<[u8]>::to_vec),
                payload: message.payload().map(<[u8]>::to_vec),
                headers: message.headers().map_or(Vec::new(), |headers| {
                    headers
                        .iter()
                        .map(|h| (h.key.to_owned(), h.value.unwrap_or_default().to_vec()))
                        .collect()
                }),
                partition: message.partition(),
                timestamp_ms: message.timestamp().to_millis().unwrap_or(-1),
            }),
            Some(Err(KafkaError::PartitionEOF(_))) => ends -= 1,
            Some(Err(error)) => panic!("{error}"),
            None => {}
        }
    }
    found
}

/// Everything in a topic.
pub fn read(topic: &str, isolation: &str) -> Vec<Plain> {
    let consumer = consumer(isolation);
    if isolation == "read_committed" {
        wait_for_markers(&consumer, topic);
    }
    let ends = assign(&consumer, topic);
    read_to_ends(&consumer, ends)
}

/// A commit and an abort return before every partition has their marker, and until
/// then committed readers see nothing of it. Transactions that somebody keeps open
/// are not waited for.
fn wait_for_markers(committed: &BaseConsumer, topic: &str) {
    let all = consumer("read_uncommitted");
    let end = |consumer: &BaseConsumer, partition| {
        let marks = consumer.fetch_watermarks(topic, partition, Duration::from_secs(20));
        marks.unwrap().1
    };
    let deadline = Instant::now() + Duration::from_secs(2);
    for partition in 0..partitions(committed, topic) {
        while end(committed, partition) < end(&all, partition) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The committed tallies of a topic, in the order of trade ids.
pub fn committed_tallies(topic: &str) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = read(topic, "read_committed")
        .iter()
        .map(|plain| serde_json::from_slice(plain.payload.as_ref().unwrap()).unwrap())
        .collect();
    tallies.sort_by_key(|tally| tally.last_id);
    tallies
}
