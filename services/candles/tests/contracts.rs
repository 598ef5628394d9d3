//! The story that must be impossible: an older build of `trades`, which calls the
//! quantity by another name, is started while today's `candles` runs. It stops at
//! its start, and `candles` goes on as if nothing had been.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../pipeline/tests/support/registry.rs"]
mod registry;

use pipeline::codec::avro::Contract;
use pipeline::embedded::Broker;
use pipeline::message::{Candle, Message as _, Side, Trade};
use pipeline::progress::caught_up;
use pipeline::source::{Event, Position, Source, SourceError};
use pipeline::{
    Error, Health, KafkaConfig, Keyed, Outbox, Processor, Record, Refused, RegistryConfig, Shutdown,
};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use registry::Registry;
use serde::Serialize;
use std::future::Future;
use std::pin::Pin;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc::Sender;

fn servers() -> String {
    static EMBEDDED: OnceLock<Broker> = OnceLock::new();
    match std::env::var("KAFKA_BOOTSTRAP_SERVERS") {
        Ok(servers) if !servers.is_empty() => servers,
        _ => EMBEDDED.get_or_init(|| Broker::start().unwrap()).address(),
    }
}

/// The program `candles`, which does not outlive its test.
struct Candles(Child);

impl Candles {
    fn start(config: &KafkaConfig, registry: &Registry) -> Candles {
        let mut command = Command::new(env!("CARGO_BIN_EXE_candles"));
        let prefixes = ["KAFKA_", "CANDLE_", "FORMING_", "COMMIT_", "HTTP_", "LOG", "SCHEMA_"];
        for (name, _) in std::env::vars() {
            if prefixes.iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command
            .env("KAFKA_BOOTSTRAP_SERVERS", &config.bootstrap_servers)
            .env("KAFKA_INPUT_TOPIC", &config.input_topic)
            .env("KAFKA_OUTPUT_TOPIC", &config.output_topic)
            .env("KAFKA_CONSUMER_GROUP", &config.consumer_group)
            .env("KAFKA_INSTANCE_ID", "one")
            .env("SCHEMA_REGISTRY_URL", &registry.url)
            .env("LOG", "warn");
        Candles(command.spawn().unwrap())
    }
}

impl Drop for Candles {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Trades of one pair, one a second.
fn trades(seconds: std::ops::Range<i64>) -> Vec<Trade> {
    let trade = |second| Trade {
        pair: "A/B".to_owned(),
        price: 100.0 + (second % 7) as f64,
        quantity: 1.0 + (second % 3) as f64,
        side: Some(if second % 2 == 0 { Side::Buy } else { Side::Sell }),
        timestamp_ms: 1_700_000_040_000 + second * 1000,
        trade_id: second,
    };
    seconds.map(trade).collect()
}

/// Today's `trades` with a source that sends all of these, however many were sent
/// before.
struct Listed(Vec<Trade>);

impl Source for Listed {
    fn name(&self) -> String {
        "listed".to_owned()
    }

    fn run(
        self: Box<Self>,
        position: Position,
        events: Sender<Event>,
    ) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>> {
        Box::pin(async move {
            let sent = usize::try_from(position.trades)?;
            for trade in self.0.into_iter().skip(sent) {
                events.send(Event::Trade(trade)).await?;
            }
            Ok(())
        })
    }
}

/// What an older build writes.
#[derive(Serialize)]
struct OldTrade {
    pair: String,
    price: f64,
    qty: f64,
    side: Option<Side>,
    timestamp_ms: i64,
    trade_id: i64,
}

impl pipeline::message::Message for OldTrade {
    const SCHEMA: &'static str = r#"{
        "type": "record", "name": "Trade", "namespace": "market", "fields": [
            { "name": "pair", "type": "string" },
            { "name": "price", "type": "double" },
            { "name": "qty", "type": "double" },
            {
                "name": "side", "default": null,
                "type": ["null", { "type": "enum", "name": "Side", "symbols": ["buy", "sell"] }]
            },
            { "name": "timestamp_ms", "type": "long" },
            { "name": "trade_id", "type": "long" }
        ]
    }"#;
    const SCHEMA_VERSION: u32 = 1;

    fn key(&self) -> &str {
        &self.pair
    }

    fn event_time_ms(&self) -> Option<i64> {
        Some(self.timestamp_ms)
    }

    fn validate(&self) -> Result<(), String> {
        Ok(())
    }
}

/// The older build: it would write what it has as fast as it is asked to.
struct Old;

impl Processor for Old {
    type Input = Trade;
    type Output = OldTrade;
    type State = ();

    const SERVICE: &'static str = "trades";
    const VERSION: &'static str = "0.0.1";
    const STATE_VERSION: u32 = 1;

    fn process(
        &mut self,
        trade: Trade,
        _: &Record<'_>,
        _: &mut Keyed<()>,
        out: &mut Outbox<OldTrade>,
    ) -> Result<(), Refused> {
        let Trade { pair, price, quantity, side, timestamp_ms, trade_id } = trade;
        let old = OldTrade { pair, price, qty: quantity, side, timestamp_ms, trade_id };
        out.emit(old, timestamp_ms);
        Ok(())
    }
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The committed values of a topic; nothing where there is none.
fn read(topic: &str) -> Vec<Vec<u8>> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", servers())
        .set("group.id", "look")
        .set("isolation.level", "read_committed")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .create()
        .unwrap();
    let metadata = consumer.fetch_metadata(None, Duration::from_secs(5)).unwrap();
    let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
        return Vec::new();
    };
    let mut list = TopicPartitionList::new();
    for partition in found.partitions() {
        list.add_partition_offset(topic, partition.id(), Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    let (mut values, mut ends) = (Vec::new(), found.partitions().len());
    while ends > 0 {
        match consumer.poll(Duration::from_secs(5)) {
            Some(Ok(message)) => values.push(message.payload().unwrap_or_default().to_vec()),
            Some(Err(KafkaError::PartitionEOF(_))) => ends -= 1,
            other => panic!("{:?}", other.map(|read| read.map(|_| ()))),
        }
    }
    values
}

fn closed(topic: &str) -> Vec<Candle> {
    let contract = Contract::parse(Candle::SCHEMA).unwrap();
    let reader = contract.reader(contract).unwrap();
    let candles = read(topic).into_iter().map(|value| {
        assert_eq!(value[0], 0, "not in Confluent's wire format");
        reader.read(&value[5..]).unwrap()
    });
    candles.filter(|candle: &Candle| candle.closed).collect()
}

#[test]
fn an_older_trades_build_stops_at_start_and_todays_candles_do_not_notice() {
    let registry = Registry::start();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let candles = KafkaConfig {
        input_topic: format!("story-{now}-trades"),
        output_topic: format!("story-{now}-candles"),
        consumer_group: format!("story-{now}"),
        registry: Some(RegistryConfig::new(&registry.url)),
        ..KafkaConfig::new(servers(), candles::DEFAULTS)
    };
    let trades_config = KafkaConfig {
        input_topic: format!("story-{now}-feed"),
        output_topic: candles.input_topic.clone(),
        consumer_group: format!("story-{now}-trades"),
        ..candles.clone()
    };
    let publish = |all: Vec<Trade>| -> Result<(), Error> {
        let source = Box::new(Listed(all));
        pipeline::source::run(source, &trades_config, &Health::new(), &Shutdown::new())
    };
    let mut running = Candles::start(&candles, &registry);
    let is_done =
        || caught_up(&candles, &candles.consumer_group, &candles.input_topic).is_ok_and(|yes| yes);
    publish(trades(0..300)).unwrap();
    wait_until("candles of the first trades", || {
        is_done() && !closed(&candles.output_topic).is_empty()
    });

    // Candles of today claims the contract even before it has read anything, so
    // the older build is refused whichever of the two came first.
    let subject = format!("{}-value", candles.input_topic);
    for _ in 0..3 {
        let error = pipeline::run(Old, &trades_config, &Health::new(), &Shutdown::new());
        let error = error.unwrap_err().to_string();
        for named in [subject.as_str(), "'qty'", "'quantity'"] {
            assert!(error.contains(named), "{error}, expected {named}");
        }
        assert!(!error.contains('\n'), "{error}");
    }
    publish(trades(0..600)).unwrap();
    wait_until("candles of all trades", || is_done() && closed(&candles.output_topic).len() >= 9);
    assert!(running.0.try_wait().unwrap().is_none(), "candles has stopped");

    let found = closed(&candles.output_topic);
    assert_eq!(found.len(), 9, "ten minutes, of which the last is open");
    for candle in &found {
        let inside = |trade: &Trade| {
            (candle.window_start_ms..candle.window_end_ms).contains(&trade.timestamp_ms)
        };
        let all = trades(0..600);
        let its: Vec<&Trade> = all.iter().filter(|trade| inside(trade)).collect();
        assert_eq!((candle.trades, candle.candle_seconds), (60, 60));
        assert_eq!(candle.volume, its.iter().map(|trade| trade.quantity).sum::<f64>());
        assert_eq!((candle.open, candle.close), (its[0].price, its[59].price));
    }
    assert_eq!(read(&candles.dead_letter_topic()), Vec::<Vec<u8>>::new());
    assert_eq!(registry.versions(&subject).len(), 1);
}
