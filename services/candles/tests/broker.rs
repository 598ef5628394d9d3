//! The program on a broker: recorded trades, killed at any instant, and what it
//! says when it cannot start.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use pipeline::embedded::Broker;
use pipeline::message::{Candle, Trade};
use pipeline::{KafkaConfig, progress::caught_up};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn servers() -> String {
    static EMBEDDED: OnceLock<Broker> = OnceLock::new();
    match std::env::var("KAFKA_BOOTSTRAP_SERVERS") {
        Ok(servers) if !servers.is_empty() => servers,
        _ => EMBEDDED.get_or_init(|| Broker::start().unwrap()).address(),
    }
}

/// Topics and a group that no other test has.
fn config(test: &str) -> KafkaConfig {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    KafkaConfig {
        input_topic: format!("{test}-{now}-trades"),
        output_topic: format!("{test}-{now}-candles"),
        consumer_group: format!("{test}-{now}"),
        ..KafkaConfig::new(servers(), candles::DEFAULTS)
    }
}

/// The program, with none of the caller's settings.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candles"));
    for (name, _) in std::env::vars() {
        let prefixes = ["KAFKA_", "CANDLE_", "FORMING_", "COMMIT_", "HTTP_", "LOG", "SCHEMA_"];
        if prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// The running program, which does not outlive its test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn start(config: &KafkaConfig) -> Service {
    start_with(config, &[])
}

fn start_with(config: &KafkaConfig, settings: &[(&str, &str)]) -> Service {
    let child = program()
        .envs(settings.iter().copied())
        .env("KAFKA_BOOTSTRAP_SERVERS", &config.bootstrap_servers)
        .env("KAFKA_INPUT_TOPIC", &config.input_topic)
        .env("KAFKA_OUTPUT_TOPIC", &config.output_topic)
        .env("KAFKA_CONSUMER_GROUP", &config.consumer_group)
        .env("KAFKA_INSTANCE_ID", "one")
        .env("COMMIT_INTERVAL_MS", "5")
        .env("LOG", "warn")
        .spawn()
        .unwrap();
    Service(child)
}

fn producer() -> BaseProducer {
    ClientConfig::new()
        .set("bootstrap.servers", servers())
        .set("partitioner", "murmur2_random")
        .create()
        .unwrap()
}

fn headers(kind: Option<&str>) -> OwnedHeaders {
    let headers = OwnedHeaders::new().insert(Header { key: "source", value: Some("test") });
    kind.into_iter()
        .fold(headers, |headers, kind| headers.insert(Header { key: "type", value: Some(kind) }))
}

fn write(producer: &BaseProducer, topic: &str, trades: &[Trade]) {
    for trade in trades {
        let payload = serde_json::to_vec(trade).unwrap();
        let record = BaseRecord::to(topic).key(&trade.pair).payload(&payload);
        producer.send(record.headers(headers(None))).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(Duration::from_secs(20)).unwrap();
}

/// Ends the source, in every partition.
fn end(producer: &BaseProducer, topic: &str) {
    let metadata = producer.client().fetch_metadata(Some(topic), Duration::from_secs(5)).unwrap();
    for partition in metadata.topics()[0].partitions() {
        let record = BaseRecord::<(), str>::to(topic).partition(partition.id());
        let record = record.payload(r#"{"timestamp_ms":0,"end":true}"#);
        let record = record.headers(headers(Some("heartbeat")));
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(Duration::from_secs(20)).unwrap();
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn is_done(config: &KafkaConfig) -> bool {
    caught_up(config, &config.consumer_group, &config.input_topic).is_ok_and(|yes| yes)
}

/// What a committed reader sees in a topic: keys and values.
fn read(topic: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", servers())
        .set("group.id", "look")
        .set("isolation.level", "read_committed")
        .set("enable.partition.eof", "true")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(5)).unwrap();
    let mut list = TopicPartitionList::new();
    let mut ends = 0;
    for partition in metadata.topics()[0].partitions() {
        list.add_partition_offset(topic, partition.id(), Offset::Beginning).unwrap();
        ends += 1;
    }
    consumer.assign(&list).unwrap();
    let mut found = Vec::new();
    while ends > 0 {
        match consumer.poll(Duration::from_secs(20)).expect("no end of the topic") {
            Ok(message) => {
                found.push((message.key().unwrap().to_vec(), message.payload().unwrap().to_vec()));
            }
            Err(KafkaError::PartitionEOF(_)) => ends -= 1,
            Err(error) => panic!("{error}"),
        }
    }
    found
}

/// The closed candles that a committed reader sees, per pair in their order.
fn closed(config: &KafkaConfig) -> BTreeMap<String, Vec<Candle>> {
    let mut candles: BTreeMap<String, Vec<Candle>> = BTreeMap::new();
    for (key, value) in read(&config.output_topic) {
        let candle: Candle = serde_json::from_slice(&value).unwrap();
        assert_eq!(key, candle.pair.as_bytes());
        if candle.closed {
            candles.entry(candle.pair.clone()).or_default().push(candle);
        }
    }
    candles
}

/// The candles of trades that are in order, computed directly.
fn expected(trades: &[Trade]) -> BTreeMap<String, Vec<Candle>> {
    let mut candles: BTreeMap<String, Vec<Candle>> = BTreeMap::new();
    for trade in trades {
        let list = candles.entry(trade.pair.clone()).or_default();
        let start = trade.timestamp_ms.div_euclid(60_000) * 60_000;
        match list.last_mut().filter(|candle| candle.window_start_ms == start) {
            Some(candle) => {
                candle.high = candle.high.max(trade.price);
                candle.low = candle.low.min(trade.price);
                candle.close = trade.price;
                candle.volume += trade.quantity;
                candle.trades += 1;
            }
            None => list.push(Candle {
                pair: trade.pair.clone(),
                open: trade.price,
                high: trade.price,
                low: trade.price,
                close: trade.price,
                volume: trade.quantity,
                trades: 1,
                window_start_ms: start,
                window_end_ms: start + 60_000,
                candle_seconds: 60,
                closed: true,
            }),
        }
    }
    candles
}

/// The recorded trades of XRP/ETH, if they are there.
fn recorded() -> Option<Vec<Trade>> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/trades/XRP-ETH.csv");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: {} is not there", file.display());
        return None;
    };
    let trades = text.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        Trade {
            pair: "XRP/ETH".to_owned(),
            price: fields[3].parse().unwrap(),
            quantity: fields[4].parse().unwrap(),
            side: None,
            timestamp_ms: fields[1].parse().unwrap(),
            trade_id: fields[0].parse().unwrap(),
        }
    });
    Some(trades.collect())
}

#[test]
fn recorded_trades_give_the_candles_computed_from_the_file() {
    let Some(trades) = recorded() else { return };
    let config = config("recorded");
    let service = start(&config);
    let producer = producer();
    wait_until("topics", || is_done(&config));
    write(&producer, &config.input_topic, &trades);
    end(&producer, &config.input_topic);
    wait_until("all read", || is_done(&config));
    let found = closed(&config);
    assert_eq!(found["XRP/ETH"].len(), 2469);
    assert_eq!(found, expected(&trades));
    terminate(service);
}

#[test]
fn killed_again_and_again_it_gives_the_same_candles() {
    // Six pairs, a trade a second each, some seconds skipped.
    let mut trades = Vec::new();
    for id in 0..12_000_i64 {
        let pair = format!("P{}/X", id % 6);
        let (price, quantity) = (1.0 + (id * 7919 % 101) as f64, 0.1 * (id % 13 + 1) as f64);
        let timestamp_ms = 1_700_000_000_000 + id / 6 * 1000 + id / 600 * 7_000;
        trades.push(Trade { pair, price, quantity, side: None, timestamp_ms, trade_id: id });
    }
    let config = config("killed");
    let producer = producer();
    let mut service = start(&config);
    wait_until("topics", || is_done(&config));
    let mut kills = 0;
    for (index, part) in trades.chunks(100).enumerate() {
        write(&producer, &config.input_topic, part);
        std::thread::sleep(Duration::from_millis(5));
        if index % 10 == 9 {
            // Spread over the phases of a transaction.
            std::thread::sleep(Duration::from_micros(1_700 * (index as u64 % 7)));
            // SIGKILL.
            drop(service);
            kills += 1;
            service = start(&config);
            std::thread::sleep(Duration::from_millis(40 * (index as u64 % 11)));
        }
    }
    end(&producer, &config.input_topic);
    wait_until("all read", || is_done(&config));
    assert_eq!(kills, 12);
    assert_eq!(closed(&config), expected(&trades));
    terminate(service);
}

#[test]
fn a_producer_without_heartbeats_gets_its_candles_by_the_idle_timeout() {
    let config = config("idle");
    let settings =
        [("CANDLE_IDLE_MS", "200"), ("CANDLE_SECONDS", "1"), ("CANDLE_AHEAD_MS", "60000")];
    let service = start_with(&config, &settings);
    wait_until("topics", || is_done(&config));
    let trade = |pair: &str, timestamp_ms: i64| Trade {
        pair: pair.to_owned(),
        price: 2.0,
        quantity: 1.0,
        side: None,
        timestamp_ms,
        trade_id: 1,
    };
    // Long ago, and of a clock that is ten minutes ahead.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let trades = [trade("A/B", 1_700_000_000_000), trade("A/B", now + 600_000)];
    write(&producer(), &config.input_topic, &trades);
    wait_until("the candle", || !closed(&config).is_empty());
    let candles = closed(&config).remove("A/B").unwrap();
    let windows: Vec<_> = candles.iter().map(|c| (c.window_start_ms, c.trades)).collect();
    assert_eq!(windows, [(1_700_000_000_000, 1)]);
    assert_eq!(read(&config.dead_letter_topic()).len(), 1);
    terminate(service);
}

/// Asks it to stop, which it must do soon and with success.
fn terminate(mut service: Service) {
    let service = &mut service.0;
    let asked = Instant::now();
    let kill = Command::new("kill").arg(service.id().to_string()).status().unwrap();
    assert!(kill.success());
    wait_until("the end of the program", || service.try_wait().unwrap().is_some());
    assert!(service.wait().unwrap().success());
    assert!(asked.elapsed() < Duration::from_secs(2), "it took {:?}", asked.elapsed());
}

#[test]
fn asked_to_stop_it_does_so_though_no_broker_answers() {
    // It takes connections, and that is all.
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = program()
        .env("KAFKA_BOOTSTRAP_SERVERS", deaf.local_addr().unwrap().to_string())
        .spawn()
        .unwrap();
    let _connection = deaf.accept().unwrap();
    let asked = Instant::now();
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    wait_until("the end of the program", || child.try_wait().unwrap().is_some());
    assert!(asked.elapsed() < Duration::from_secs(3), "it took {:?}", asked.elapsed());
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

#[test]
fn what_is_wrong_at_the_start_is_one_line_and_a_failure() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = free.to_string();
    for (name, value, named) in [
        ("KAFKA_BOOTSTRAP_SERVERS", "", "KAFKA_BOOTSTRAP_SERVERS"),
        ("KAFKA_BOOTSTRAP_SERVERS", nobody.as_str(), nobody.as_str()),
        ("CANDLE_SECONDS", "60,soon", "--candle-seconds "),
        ("CANDLE_SECONDS", "0", "--candle-seconds "),
        ("CANDLE_GRACE_MS", "-1", "--candle-grace-ms "),
        ("FORMING_UPDATES", "never", "--forming-updates "),
        ("CANDLE_GAPS", "some", "--candle-gaps "),
        ("CANDLE_GAPS_MOST", "-1", "--candle-gaps-most "),
        ("CANDLE_AHEAD_MS", "1h", "--candle-ahead-ms "),
        ("CANDLE_IDLE_MS", "soon", "--candle-idle-ms "),
        ("HTTP_ADDRESS", "here", "HTTP_ADDRESS"),
    ] {
        let output = program()
            .env("KAFKA_BOOTSTRAP_SERVERS", &nobody)
            .env(name, value)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(said.contains(named), "{said}");
        assert!(said.contains(name) && !said.contains("--help"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let output = program().stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: KAFKA_BOOTSTRAP_SERVERS: "), "{said}");
    assert!(said.contains("--kafka-bootstrap-servers") && !said.contains("--help"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
