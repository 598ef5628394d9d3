//! Messages that nobody should send, through the services that read: every one of
//! them is in the dead-letter topic as it came, the service neither ends nor
//! stands still, and the good messages in between give what they give alone.
//!
//! `MALFORMED_MESSAGES` says how many there are for each service, twenty thousand
//! where it does not; a million are for `--test-threads=1`, as they come to gigabytes,
//! at which two services and a broker on one disk can stand for longer than a
//! transaction may take. They run on the embedded broker, or on the cluster that
//! `KAFKA_BOOTSTRAP_SERVERS` names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chaos::Service;
use pipeline::embedded::Broker;
use pipeline::{Defaults, KafkaConfig, progress::caught_up};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngCore, SeedableRng};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::process::Child;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// One message in so many is good.
const GOOD_EVERY: u64 = 10;
/// One in so many has ten megabytes.
const LARGE_EVERY: u64 = 7_001;
const LARGE: usize = 10_000_000;
/// What the input topic takes. Copies of the largest, with their reason and where
/// they are from, are larger.
const LIMIT: usize = LARGE;

fn servers() -> String {
    static EMBEDDED: OnceLock<Broker> = OnceLock::new();
    match std::env::var("KAFKA_BOOTSTRAP_SERVERS") {
        Ok(servers) if !servers.is_empty() => servers,
        _ => EMBEDDED.get_or_init(|| Broker::start().unwrap()).address(),
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Bad {
    key: Option<Vec<u8>>,
    payload: Option<Vec<u8>>,
    header: Option<(&'static str, &'static str)>,
}

/// What is good for a service: the message that everything is made from.
fn good(service: Service, number: u64) -> (String, String) {
    let pair = format!("G{}/X", number / GOOD_EVERY % 4);
    let (price, time) = (100.0 + (number * 7919 % 101) as f64, 1_700_000_040_000 + number * 60_000);
    let text = match service {
        Service::Candles => format!(
            r#"{{"pair":"{pair}","price":{price},"quantity":0.1,"side":"buy","timestamp_ms":{},"trade_id":{number}}}"#,
            1_700_000_040_000 + number * 20
        ),
        _ => format!(
            r#"{{"pair":"{pair}","open":{price},"high":{},"low":1.0,"close":{price},"volume":3.5,"trades":7,"window_start_ms":{time},"window_end_ms":{},"candle_seconds":60,"closed":{}}}"#,
            price + 1.0,
            time + 60_000,
            !number.is_multiple_of(3)
        ),
    };
    (pair, text)
}

/// Replaces the value of a field.
fn with(text: &str, field: &str, value: &str) -> Vec<u8> {
    let begin = text.find(&format!("\"{field}\":")).unwrap() + field.len() + 3;
    let end = begin + text[begin..].find([',', '}']).unwrap();
    [&text[..begin], value, &text[end..]].concat().into_bytes()
}

/// Whether the message of this number is bad and has ten megabytes.
fn is_large(number: u64) -> bool {
    number % LARGE_EVERY == LARGE_EVERY / 2 && !number.is_multiple_of(GOOD_EVERY)
}

/// A bad message, the same for the same number.
fn bad(service: Service, number: u64) -> Bad {
    let mut random = StdRng::seed_from_u64(number);
    let (pair, text) = good(service, random.next_u64() % 1_000_000);
    let floats: &[&str] = match service {
        Service::Candles => &["price", "quantity"],
        _ => &["open", "high", "low", "close"],
    };
    let whole: &[&str] = match service {
        Service::Candles => &["timestamp_ms", "trade_id"],
        _ => &["window_start_ms", "window_end_ms", "candle_seconds"],
    };
    let float = *floats.choose(&mut random).unwrap();
    let number_field = *[floats, whole].concat().choose(&mut random).unwrap();
    let whole = *whole.choose(&mut random).unwrap();
    let plain = |payload: Vec<u8>| Bad {
        key: Some(pair.clone().into_bytes()),
        payload: Some(payload),
        header: None,
    };
    if is_large(number) {
        // Well-formed, with a name of ten megabytes, which the reason would quote.
        let name = "x".repeat(LARGE - 1_000);
        return plain(with(&text, "pair", &format!("\"{name}\"")));
    }
    match random.random_range(0..12) {
        0 => {
            let mut bytes = vec![0; random.random_range(0..200)];
            random.fill_bytes(&mut bytes);
            plain(bytes)
        }
        1 => plain(text.as_bytes()[..random.random_range(0..text.len())].to_vec()),
        2 => {
            let wrong = ["null", "\"1\"", "[1]", "{}", "true", "[[]]", "\"\""];
            plain(with(&text, number_field, wrong.choose(&mut random).unwrap()))
        }
        3 => {
            let huge = ["1e999", "-1e308", "-0.0", "9e99999999999", "-99999999999999999999999"];
            plain(with(&text, float, huge.choose(&mut random).unwrap()))
        }
        4 => {
            let huge = ["9223372036854775808", "1e18", "18446744073709551616", "0.5", "1e999"];
            plain(with(&text, whole, huge.choose(&mut random).unwrap()))
        }
        5 => {
            let none = ["NaN", "\"NaN\"", "Infinity", "-Infinity", "nan", "\"Infinity\""];
            plain(with(&text, number_field, none.choose(&mut random).unwrap()))
        }
        6 => {
            let depth = match random.random_range(0..100) {
                0 => 100_000,
                _ => random.random_range(1..500),
            };
            let opening = ["[", "{\"pair\":", "{\"a\":[", "[{}, "].choose(&mut random).unwrap();
            let nested = opening.repeat(depth);
            match random.random() {
                true => plain(nested.into_bytes()),
                false => plain(with(&text, number_field, &nested)),
            }
        }
        7 => {
            // It may still be readable; but its key is never that of its pair.
            let mut bytes = text.into_bytes();
            for _ in 0..random.random_range(1..6) {
                let at = random.random_range(0..bytes.len());
                bytes[at] = random.random();
            }
            Bad { key: Some(b"\xfe".to_vec()), ..plain(bytes) }
        }
        8 => {
            let field = format!("\"{number_field}\":");
            let other = ["\"amount\":", "\"\":", "\"pair\":", "x:"].choose(&mut random).unwrap();
            plain(text.replacen(&field, other, 1).into_bytes())
        }
        9 => {
            let headers = [
                ("schema", "2"),
                ("schema", "\u{fffd}"),
                ("type", "order"),
                ("type", "heartbeat"),
                ("event-time", "yesterday"),
            ];
            Bad { header: headers.choose(&mut random).copied(), ..plain(text.into_bytes()) }
        }
        10 => Bad { payload: None, ..plain(Vec::new()) },
        _ => {
            let key = [None, Some(Vec::new()), Some(b"G/X".to_vec()), Some(b"\xff\xfe".to_vec())];
            Bad { key: key.choose(&mut random).unwrap().clone(), ..plain(text.into_bytes()) }
        }
    }
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn config(service: Service, test: &str) -> KafkaConfig {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let none = Defaults { input_topic: "", output_topic: "", consumer_group: "" };
    KafkaConfig {
        input_topic: format!("{test}-{now}-in"),
        output_topic: format!("{test}-{now}-out"),
        consumer_group: format!("{test}-{now}-{}", service.program()),
        ..KafkaConfig::new(servers(), none)
    }
}

fn create(topic: &str, limit: usize) {
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", servers()).create().unwrap();
    let limit = limit.to_string();
    let new = NewTopic::new(topic, 4, TopicReplication::Fixed(1)).set("max.message.bytes", &limit);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let created = runtime.block_on(admin.create_topics(&[new], &AdminOptions::new())).unwrap();
    created.into_iter().for_each(|result| drop(result.unwrap()));
}

fn start(service: Service, config: &KafkaConfig) -> Running {
    let mut command = service.command().unwrap();
    let child = command
        .env("KAFKA_BOOTSTRAP_SERVERS", &config.bootstrap_servers)
        .env("KAFKA_INPUT_TOPIC", &config.input_topic)
        .env("KAFKA_OUTPUT_TOPIC", &config.output_topic)
        .env("KAFKA_CONSUMER_GROUP", &config.consumer_group)
        .env("KAFKA_INSTANCE_ID", "one")
        .env("FORMING_UPDATES", "trade")
        .env("CANDLE_SECONDS", "60")
        .env("LOG", "error")
        .spawn()
        .unwrap();
    Running(child)
}

fn producer() -> BaseProducer {
    ClientConfig::new()
        .set("bootstrap.servers", servers())
        .set("partitioner", "murmur2_random")
        .set("message.max.bytes", "20000000")
        .create()
        .unwrap()
}

fn send(producer: &BaseProducer, topic: &str, message: &Bad, number: u64) {
    let mut headers = OwnedHeaders::new()
        .insert(Header { key: "number", value: Some(number.to_string().as_str()) });
    if let Some((key, value)) = message.header {
        headers = headers.insert(Header { key, value: Some(value) });
    }
    let mut record = BaseRecord::<[u8], [u8]>::to(topic).headers(headers);
    record.key = message.key.as_deref();
    record.payload = message.payload.as_deref();
    while let Err((error, unsent)) = producer.send(record) {
        let full = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
        assert_eq!(error, full);
        record = unsent;
        producer.poll(Duration::from_millis(10));
    }
    producer.poll(Duration::ZERO);
}

/// Reads all that is committed in a topic.
fn read(topic: &str, mut each: impl FnMut(&rdkafka::message::BorrowedMessage<'_>)) {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", servers())
        .set("group.id", "look")
        .set("isolation.level", "read_committed")
        .set("enable.partition.eof", "true")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    for partition in 0..4 {
        list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    let mut ends = 0;
    while ends < 4 {
        match consumer.poll(Duration::from_secs(60)).expect("no end of the topic") {
            Ok(message) => each(&message),
            Err(KafkaError::PartitionEOF(_)) => ends += 1,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The output for the good messages, per key, of a service that reads so many bad
/// ones for each of them; and its configuration.
fn outputs(
    service: Service,
    messages: u64,
    with_bad: bool,
) -> (KafkaConfig, BTreeMap<Vec<u8>, Vec<Vec<u8>>>) {
    let config = config(service, if with_bad { "malformed" } else { "good" });
    create(&config.input_topic, LIMIT);
    let mut running = start(service, &config);
    let producer = producer();
    for number in 0..messages {
        if number.is_multiple_of(GOOD_EVERY) {
            let (pair, text) = good(service, number);
            let (key, payload) = (Some(pair.into_bytes()), Some(text.into_bytes()));
            send(&producer, &config.input_topic, &Bad { key, payload, header: None }, number);
        } else if with_bad {
            send(&producer, &config.input_topic, &bad(service, number), number);
        }
    }
    producer.flush(Duration::from_secs(60)).unwrap();
    let deadline = Instant::now() + Duration::from_secs(120 + messages / 500);
    while !caught_up(&config, &config.consumer_group, &config.input_topic).is_ok_and(|yes| yes) {
        assert!(Instant::now() < deadline, "it stands still");
        assert_eq!(running.0.try_wait().unwrap(), None, "it ended");
        std::thread::sleep(Duration::from_millis(100));
    }
    let mut outputs: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
    read(&config.output_topic, |message| {
        let key = message.key().unwrap().to_vec();
        outputs.entry(key).or_default().push(message.payload().unwrap().to_vec());
    });
    (config, outputs)
}

fn assert_survived(service: Service) {
    let messages = std::env::var("MALFORMED_MESSAGES").map_or(20_000, |n| n.parse().unwrap());
    let (_, expected) = outputs(service, messages, false);
    assert_eq!(expected.len(), 4);
    assert!(expected.values().map(Vec::len).sum::<usize>() as u64 >= messages / GOOD_EVERY);
    let (config, found) = outputs(service, messages, true);
    assert!(found == expected, "the good messages gave something else");

    let mut seen = vec![false; messages as usize];
    let (mut letters, mut large) = (0, 0);
    read(&config.dead_letter_topic(), |message| {
        let headers = message.headers().unwrap();
        let header =
            |name: &str| headers.iter().filter(|h| h.key == name).last().and_then(|h| h.value);
        let number = std::str::from_utf8(header("number").unwrap()).unwrap().parse().unwrap();
        let sent = bad(service, number);
        assert_eq!(message.key(), sent.key.as_deref(), "{number}");
        assert!(message.payload() == sent.payload.as_deref(), "{number} came changed");
        let reason = std::str::from_utf8(header("reason").unwrap()).unwrap();
        assert!(!reason.is_empty() && reason.len() < 1_100);
        assert!(!std::mem::replace(&mut seen[number as usize], true), "{number} came twice");
        letters += 1;
        large += u64::from(message.payload().is_some_and(|p| p.len() > LARGE / 2));
    });
    assert_eq!(letters, messages - messages.div_ceil(GOOD_EVERY));
    assert_eq!(large, (0..messages).filter(|&number| is_large(number)).count() as u64);
    println!("{}: {letters} dead letters, {large} of 10 MB", service.program());
}

#[test]
fn candles_survive_malformed_messages() {
    assert_survived(Service::Candles);
}

#[test]
fn technical_indicators_survive_malformed_messages() {
    assert_survived(Service::TechnicalIndicators);
}
