//! With a schema registry: messages are Avro by the schemas that are registered
//! there, a build that the others cannot understand does not start, and a
//! registry that is gone spoils nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/registry.rs"]
mod registry;
mod support;

use pipeline::codec::avro::Contract;
use pipeline::message::{Heartbeat, Message, Trade};
use pipeline::source::{Event, Position, Source, SourceError};
use pipeline::{
    Compatibility, Health, KafkaConfig, Keyed, Outbox, Processor, Record, Refused, RegistryConfig,
    Shutdown,
};
use rdkafka::consumer::Consumer;
use registry::Registry;
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use support::*;
use tokio::sync::mpsc::Sender;

/// Sends on what it reads, as the messages that its build knows.
struct Passing<M>(std::marker::PhantomData<fn(M)>);

fn passing<M>() -> Passing<M> {
    Passing(std::marker::PhantomData)
}

impl<M: Message + Serialize + From<Trade> + 'static> Processor for Passing<M> {
    type Input = Trade;
    type Output = M;
    type State = Option<i64>;

    const SERVICE: &'static str = "passing";
    const VERSION: &'static str = "1";
    const STATE_VERSION: u32 = 1;

    fn process(
        &mut self,
        trade: Trade,
        _: &Record<'_>,
        state: &mut Keyed<Option<i64>>,
        out: &mut Outbox<M>,
    ) -> Result<(), Refused> {
        *state.get_mut() = Some(trade.trade_id);
        let timestamp_ms = trade.timestamp_ms;
        out.emit(trade.into(), timestamp_ms);
        Ok(())
    }
}

/// A trade as an older build writes it: with another name for the quantity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct OldTrade {
    pair: String,
    price: f64,
    qty: f64,
    side: Option<pipeline::message::Side>,
    timestamp_ms: i64,
    trade_id: i64,
}

impl Message for OldTrade {
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

impl From<Trade> for OldTrade {
    fn from(trade: Trade) -> OldTrade {
        let Trade { pair, price, quantity, side, timestamp_ms, trade_id } = trade;
        OldTrade { pair, price, qty: quantity, side, timestamp_ms, trade_id }
    }
}

/// Trades and a clock, as a source sends them.
struct Listed(Vec<Trade>);

impl Source for Listed {
    fn name(&self) -> String {
        "listed".to_owned()
    }

    fn run(
        self: Box<Self>,
        _: Position,
        events: Sender<Event>,
    ) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>> {
        Box::pin(async move {
            for trade in self.0 {
                events.send(Event::Trade(trade)).await?;
            }
            Ok(events.send(Event::End).await?)
        })
    }
}

fn publish(config: &KafkaConfig, trades: Vec<Trade>) -> Result<(), pipeline::Error> {
    pipeline::source::run(Box::new(Listed(trades)), config, &Health::new(), &Shutdown::new())
}

fn with(registry: &Registry, config: KafkaConfig) -> KafkaConfig {
    KafkaConfig { registry: Some(RegistryConfig::new(&registry.url)), ..config }
}

/// The configuration of whatever writes the input of `config`.
fn source_of(config: &KafkaConfig) -> KafkaConfig {
    KafkaConfig {
        input_topic: String::new(),
        output_topic: config.input_topic.clone(),
        consumer_group: format!("{}-source", config.consumer_group),
        ..config.clone()
    }
}

fn ready(config: &KafkaConfig) -> Running {
    let running = start(passing::<Trade>(), config);
    wait_until("ready", || running.health.is_ready() || running.is_finished());
    running
}

fn contract(schema: &str) -> Contract {
    Contract::parse(schema).unwrap()
}

/// A message in Confluent's wire format.
fn framed(id: u32, schema: &str, message: &impl Serialize) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend_from_slice(&id.to_be_bytes());
    contract(schema).writer().unwrap().write(message, &mut bytes).unwrap();
    bytes
}

fn avro(id: u32, schema: &str, trade: &Trade) -> Plain {
    Plain { payload: Some(framed(id, schema, trade)), ..Plain::of(trade) }
}

fn id_of(plain: &Plain) -> u32 {
    let payload = plain.payload.as_ref().unwrap();
    assert_eq!(payload[0], 0, "not in Confluent's wire format");
    u32::from_be_bytes(payload[1..5].try_into().unwrap())
}

/// The committed trades of a topic in Avro, in the order of their numbers.
fn committed_trades(topic: &str) -> Vec<Trade> {
    let ours = contract(Trade::SCHEMA);
    let reader = ours.reader(ours).unwrap();
    let mut trades: Vec<Trade> = read(topic, "read_committed")
        .iter()
        .filter(|plain| plain.header("type").is_none())
        .map(|plain| reader.read(&plain.payload.as_ref().unwrap()[5..]).unwrap())
        .collect();
    trades.sort_by_key(|trade| trade.trade_id);
    trades
}

fn topics() -> Vec<String> {
    let metadata = consumer("read_committed").fetch_metadata(None, Duration::from_secs(5)).unwrap();
    metadata.topics().iter().map(|topic| topic.name().to_owned()).collect()
}

#[test]
fn messages_are_avro_by_the_registered_schemas_and_no_message_asks_for_them() {
    let registry = Registry::start();
    let config = with(&registry, config("avro"));
    let (input, output) = (&config.input_topic, &config.output_topic);
    let running = ready(&config);
    let all = trades(0..500);
    publish(&source_of(&config), all[..200].to_vec()).unwrap();
    wait_caught_up(&config);
    let asked = registry.requests();
    assert!(asked > 0);
    let records = read(input, "read_committed");
    let is_trade = |plain: &&Plain| plain.header("type").is_none();
    let id = id_of(records.iter().find(is_trade).expect("a trade"));
    let more: Vec<Plain> = all[200..].iter().map(|t| avro(id, Trade::SCHEMA, t)).collect();
    write(input, &more);
    wait_caught_up(&config);
    assert_eq!(registry.requests(), asked, "the registry is asked once for each schema");
    running.stop();

    assert_eq!(committed_trades(output), all);
    assert_eq!(read(&config.dead_letter_topic(), "read_committed"), []);
    let beats: Vec<Plain> = read(input, "read_committed")
        .into_iter()
        .filter(|plain| plain.header("type").as_deref() == Some("heartbeat"))
        .collect();
    assert_eq!(beats.len(), 4, "the end of the source, in every partition");
    let ours = contract(Heartbeat::SCHEMA);
    let beat: Heartbeat =
        ours.reader(ours).unwrap().read(&beats[0].payload.as_ref().unwrap()[5..]).unwrap();
    assert!(beat.end);

    // What was registered are the files, under names that tell what they are of.
    for (subject, schema) in [
        (format!("{input}-value"), Trade::SCHEMA),
        (format!("{output}-value"), Trade::SCHEMA),
        (format!("{input}-market.Heartbeat"), Heartbeat::SCHEMA),
    ] {
        let versions = registry.versions(&subject);
        assert_eq!(versions.len(), 1, "{subject}");
        assert_eq!(contract(&versions[0]), contract(schema), "{subject}");
        assert_eq!(registry.level(&subject).as_deref(), Some("FULL_TRANSITIVE"), "{subject}");
    }
}

#[test]
fn unreadable_avro_is_a_dead_letter_and_json_is_still_read() {
    let registry = Registry::start();
    let config = with(&registry, config("mixed"));
    let running = ready(&config);
    let id = registry.register(&format!("{}-value", config.input_topic), Trade::SCHEMA);
    let other = registry.register(&format!("{}-other", config.input_topic), Heartbeat::SCHEMA);
    let good = trade("P0/X", 1);
    let bytes = framed(id, Trade::SCHEMA, &good);
    let negative = Trade { price: -1.0, ..good.clone() };
    let beat = Heartbeat { timestamp_ms: 1, end: true };
    let letters = [
        (vec![0, 1], "the value has 2 bytes, expected 5 or more".to_owned()),
        (bytes[..9].to_vec(), format!("schema {id}: ")),
        ([&bytes[..], b"x"].concat(), "has 1 bytes too many".to_owned()),
        (
            [&[0][..], &u32::MAX.to_be_bytes(), &bytes[5..]].concat(),
            "has no such schema".to_owned(),
        ),
        (framed(id, Trade::SCHEMA, &negative), "price is -1, expected a positive".to_owned()),
        (framed(other, Heartbeat::SCHEMA, &beat), format!("schema {other}: ")),
        (b"\xff\x00 neither".to_vec(), "expected value".to_owned()),
    ];
    let mut records = Vec::new();
    for (number, (letter, _)) in letters.iter().enumerate() {
        let letter = Plain { payload: Some(letter.clone()), ..Plain::of(&good) };
        records.push(Plain { partition: 0, ..letter });
        let good = trade("P0/X", 10 + 2 * number as i64);
        records.push(Plain { partition: 0, ..avro(id, Trade::SCHEMA, &good) });
        let good = Trade { trade_id: good.trade_id + 1, ..good };
        records.push(Plain { partition: 0, ..Plain::of(&good) }.with("schema", "1"));
    }
    let stale = Plain { partition: 0, ..Plain::of(&good) }.with("schema", "0");
    records.push(stale.clone());
    write(&config.input_topic, &records);
    wait_caught_up(&config);
    running.stop();

    let ids: Vec<i64> =
        committed_trades(&config.output_topic).iter().map(|trade| trade.trade_id).collect();
    assert_eq!(ids, (10..10 + 2 * letters.len() as i64).collect::<Vec<_>>());
    let found = read(&config.dead_letter_topic(), "read_committed");
    assert_eq!(found.len(), letters.len() + 1);
    for (number, (letter, reason)) in letters.iter().enumerate() {
        let offset = (3 * number).to_string();
        let copy = found.iter().find(|f| f.header("offset") == Some(offset.clone())).unwrap();
        assert_eq!(copy.payload.as_ref(), Some(letter));
        let said = copy.header("reason").unwrap();
        assert!(said.contains(reason) && !said.contains('\n'), "{said}, expected {reason}");
    }
    let copy = found.iter().find(|f| f.payload == stale.payload).unwrap();
    let reason = copy.header("reason").unwrap();
    assert_eq!(reason, "schema version '0', this build reads version 1");
}

#[test]
fn without_a_registry_json_of_another_build_is_set_aside_and_avro_says_what_it_needs() {
    let config = config("json");
    let running = ready(&config);
    let good = trade("P0/X", 1);
    let old = serde_json::to_vec(&OldTrade::from(good.clone())).unwrap();
    let letters = [
        (Plain { payload: Some(old.clone()), ..Plain::of(&good) }, "unknown field `qty`"),
        (
            Plain { payload: Some(old), ..Plain::of(&good) }.with("schema", "0"),
            "schema version '0', this build reads version 1",
        ),
        (avro(1, Trade::SCHEMA, &good), "SCHEMA_REGISTRY_URL"),
    ];
    let mut records: Vec<Plain> = letters.iter().map(|(letter, _)| letter.clone()).collect();
    records.push(Plain::of(&good));
    records.iter_mut().for_each(|record| record.partition = 0);
    write(&config.input_topic, &records);
    wait_caught_up(&config);
    running.stop();
    assert_eq!(read(&config.output_topic, "read_committed").len(), 1);
    let found = read(&config.dead_letter_topic(), "read_committed");
    assert_eq!(found.len(), letters.len());
    for (number, (_, reason)) in letters.iter().enumerate() {
        let copy = found.iter().find(|f| f.header("offset") == Some(number.to_string())).unwrap();
        let said = copy.header("reason").unwrap();
        assert!(said.contains(reason), "{said}, expected {reason}");
    }
}

#[test]
fn a_build_whose_messages_the_readers_do_not_know_stops_at_start_and_leaves_no_trace() {
    let registry = Registry::start();
    let config = with(&registry, config("stale"));
    let running = ready(&config);
    // Today's trades come from a step, so that an older build of it can try to
    // take its place.
    let today = KafkaConfig {
        input_topic: format!("{}-raw", config.input_topic),
        output_topic: config.input_topic.clone(),
        consumer_group: format!("{}-source", config.consumer_group),
        ..config.clone()
    };
    let source = ready(&today);
    let id = registry.register(&format!("{}-value", today.input_topic), Trade::SCHEMA);
    let send = |trades: &[Trade]| {
        let records: Vec<Plain> = trades.iter().map(|t| avro(id, Trade::SCHEMA, t)).collect();
        write(&today.input_topic, &records);
        wait_caught_up(&today);
        wait_caught_up(&config);
    };
    let all = trades(0..300);
    send(&all[..100]);

    let subject = format!("{}-value", config.input_topic);
    let other_group =
        KafkaConfig { consumer_group: format!("{}-old", config.consumer_group), ..today.clone() };
    for old in [&today, &other_group] {
        let error = start(passing::<OldTrade>(), old).wait().unwrap().unwrap_err().to_string();
        for named in [&subject, "'qty'", "'quantity'", "FULL_TRANSITIVE", &registry.url] {
            assert!(error.contains(named), "{error}, expected {named}");
        }
        assert!(!error.contains('\n'), "{error}");
        send(&all[100..200]);
    }
    assert!(!topics().contains(&other_group.changelog_topic()), "it made topics");
    send(&all[200..]);
    assert!(!source.is_finished(), "an old build has taken over from today's");
    source.stop();
    running.stop();
    let mut expected = [&all[..], &all[100..200]].concat();
    expected.sort_by_key(|trade| trade.trade_id);
    assert_eq!(committed_trades(&config.output_topic), expected);
    assert_eq!(read(&config.dead_letter_topic(), "read_committed"), []);
    assert_eq!(registry.versions(&subject).len(), 1);

    // The same the other way round: whoever reads what it does not know stops.
    let name = format!("{}-foreign", config.input_topic);
    registry.register(&format!("{name}-value"), OldTrade::SCHEMA);
    let reader = KafkaConfig { input_topic: name.clone(), ..config };
    let error = start(passing::<Trade>(), &reader).wait().unwrap().unwrap_err().to_string();
    assert!(error.contains(&format!("{name}-value")) && error.contains("'quantity'"), "{error}");
}

#[test]
fn the_level_is_the_subjects_own_unless_one_is_asked_for() {
    let registry = Registry::start();
    let config = with(&registry, config("level"));
    let subject = format!("{}-value", config.output_topic);
    registry.register(&subject, OldTrade::SCHEMA);
    registry.set_level(&subject, "NONE");
    ready(&config).stop();
    assert_eq!(registry.level(&subject).as_deref(), Some("NONE"));
    assert_eq!(registry.versions(&subject).len(), 2, "anything goes");

    let asked = RegistryConfig {
        compatibility: Some(Compatibility::Backward),
        ..RegistryConfig::new(&registry.url)
    };
    let strict = KafkaConfig { registry: Some(asked), ..config.clone() };
    ready(&strict).stop();
    assert_eq!(registry.level(&subject).as_deref(), Some("BACKWARD"));
}

/// A trade with one more field, as a newer build may write it.
#[derive(Serialize)]
struct Newer {
    #[serde(flatten)]
    trade: Trade,
    venue: &'static str,
}

fn newer_schema() -> String {
    let mut schema: serde_json::Value = serde_json::from_str(Trade::SCHEMA).unwrap();
    let fields = schema["fields"].as_array_mut().unwrap();
    fields.push(serde_json::json!({ "name": "venue", "type": "string", "default": "" }));
    schema.to_string()
}

#[test]
fn a_registry_that_is_gone_spoils_no_message() {
    let registry = Registry::start();
    let config = with(&registry, config("gone"));
    let running = ready(&config);
    let subject = format!("{}-value", config.input_topic);
    let id = registry.register(&subject, Trade::SCHEMA);
    let all = trades(0..150);
    let known = |trades: &[Trade]| -> Vec<Plain> {
        trades.iter().map(|t| avro(id, Trade::SCHEMA, t)).collect()
    };
    let newer = newer_schema();
    let newer_id = registry.register(&subject, &newer);
    registry.close();
    write(&config.input_topic, &known(&all[..50]));
    wait_caught_up(&config);
    assert_eq!(committed_trades(&config.output_topic), all[..50]);

    // By a schema that nobody has looked up yet: good messages, which wait.
    let unknown = all[50..100].iter().map(|trade| {
        let message = Newer { trade: trade.clone(), venue: "somewhere" };
        Plain { payload: Some(framed(newer_id, &newer, &message)), ..Plain::of(trade) }
    });
    write(&config.input_topic, &unknown.collect::<Vec<_>>());
    write(&config.input_topic, &known(&all[100..]));
    wait_until("not ready", || !running.health.is_ready());
    assert!(!running.is_finished());
    registry.reopen();
    wait_caught_up(&config);
    running.stop();
    assert_eq!(committed_trades(&config.output_topic), all);
    assert_eq!(read(&config.dead_letter_topic(), "read_committed"), []);
}

#[test]
fn a_registry_that_lags_spoils_no_message() {
    let registry = Registry::start();
    let config = with(&registry, config("lags"));
    let running = ready(&config);
    let newer = newer_schema();
    let id = registry.register(&format!("{}-value", config.input_topic), &newer);
    registry.hide(id);
    let all = trades(0..100);
    let records = all.iter().map(|trade| {
        let message = Newer { trade: trade.clone(), venue: "somewhere" };
        Plain { payload: Some(framed(id, &newer, &message)), ..Plain::of(trade) }
    });
    let records: Vec<Plain> = records.collect();
    write(&config.input_topic, &records[..50]);
    wait_until("not ready", || !running.health.is_ready());
    registry.show();
    write(&config.input_topic, &records[50..]);
    wait_caught_up(&config);
    running.stop();
    assert_eq!(committed_trades(&config.output_topic), all);
    assert_eq!(read(&config.dead_letter_topic(), "read_committed"), []);
}

#[test]
fn a_registry_that_does_not_answer_ends_the_start_with_one_line() {
    let registry = Registry::start();
    registry.close();
    let config = with(&registry, config("silent"));
    for error in [
        start(passing::<Trade>(), &config).wait().unwrap().unwrap_err(),
        publish(&source_of(&config), trades(0..1)).unwrap_err(),
    ] {
        let error = error.to_string();
        assert!(error.contains(&registry.url) && error.contains("cannot be asked"), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}
