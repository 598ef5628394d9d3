//! Output, state and offsets are committed together or not at all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/registry.rs"]
mod registry;
mod support;

use pipeline::codec::avro::Contract;
use pipeline::message::{Message, Trade};
use pipeline::{Error, KafkaConfig, Keyed, Outbox, Processor, Record, Refused, RegistryConfig};
use rdkafka::consumer::Consumer;
use rdkafka::producer::Producer;
use registry::Registry;
use serde::{Serialize, Serializer};
use std::time::Duration;
use support::*;

#[test]
fn a_restarted_step_goes_on_from_its_changelog() {
    let config = config("restart");
    let all = trades(0..300);
    let first = start(Counting::default(), &config);
    wait_until("ready", || first.health.is_ready());
    write_trades(&config.input_topic, &all[..200]);
    wait_caught_up(&config);
    first.stop();
    assert_eq!(committed_tallies(&config.output_topic), tallies(&all[..200]));

    let second = start(Counting::default(), &config);
    write_trades(&config.input_topic, &all[200..]);
    wait_caught_up(&config);
    second.stop();
    assert_eq!(committed_tallies(&config.output_topic), tallies(&all));

    let output = read(&config.output_topic, "read_committed");
    assert!(output.iter().all(|r| r.header("schema").as_deref() == Some("3")));
    for record in output {
        let tally: Tally = serde_json::from_slice(&record.payload.clone().unwrap()).unwrap();
        let event_time = (1_000_000 + tally.last_id).to_string();
        assert_eq!(record.header("event-time"), Some(event_time));
        // Not that of the event, or retention would delete it.
        assert!(record.timestamp_ms > now_ms() - 600_000);
    }
    // State is where its input is, so that whoever gets the partition finds it.
    let input = read(&config.input_topic, "read_committed");
    let state = read(&config.changelog_topic(), "read_committed");
    let (markers, state): (Vec<_>, Vec<_>) =
        state.into_iter().partition(|record| record.key == Some(b"\xffmarker".to_vec()));
    assert!(!state.is_empty() && !markers.is_empty());
    for record in state {
        assert_eq!(record.header("state-version").as_deref(), Some("7"));
        let same_key = input.iter().find(|i| i.key == record.key);
        assert_eq!(same_key.unwrap().partition, record.partition);
    }
}

#[test]
fn a_transaction_that_does_not_commit_leaves_no_trace() {
    let config = config("abort");
    let all = trades(0..100);
    let slow = KafkaConfig { commit_interval: Duration::from_secs(60), ..config.clone() };
    let doomed = start(Counting { panic_at: Some(99), ..Counting::default() }, &slow);
    wait_until("ready", || doomed.health.is_ready());
    // Such a reader stays, and must see what is committed after the abort too.
    let live = consumer("read_committed");
    let ends = assign(&live, &config.output_topic);
    assert_eq!(read_to_ends(&live, ends), []);
    write_trades(&config.input_topic, &all[..99]);
    wait_until("output on its way", || read(&config.output_topic, "read_uncommitted").len() >= 90);
    write_trades(&config.input_topic, &all[99..]);
    assert!(doomed.wait().is_none(), "it should have panicked");
    assert_eq!(committed_tallies(&config.output_topic), []);

    for range in [0..60, 60..100] {
        let next = start(Counting::default(), &config);
        if range.start > 0 {
            wait_until("ready", || next.health.is_ready());
        }
        wait_caught_up(&config);
        next.stop();
    }
    assert_eq!(committed_tallies(&config.output_topic), tallies(&all));
    let mut seen = Vec::new();
    wait_until("the live reader sees it all", || {
        if let Some(Ok(message)) = live.poll(Duration::from_millis(100)) {
            let payload = rdkafka::Message::payload(&message).unwrap();
            seen.push(serde_json::from_slice::<Tally>(payload).unwrap());
        }
        seen.len() == all.len()
    });
}

#[test]
fn partitions_that_move_between_instances_lose_and_repeat_nothing() {
    let config = config("move");
    let all = trades(0..600);
    let one = start(Counting::default(), &config);
    wait_until("ready", || one.health.is_ready());
    write_trades(&config.input_topic, &all[..200]);
    let other = KafkaConfig { instance_id: "other".to_owned(), ..config.clone() };
    let two = start(Counting::default(), &other);
    write_trades(&config.input_topic, &all[200..400]);
    wait_until("both ready", || one.health.is_ready() && two.health.is_ready());
    write_trades(&config.input_topic, &all[400..]);
    wait_caught_up(&config);
    assert!(!one.is_finished() && !two.is_finished());
    one.stop();
    two.stop();
    assert_eq!(committed_tallies(&config.output_topic), tallies(&all));
}

#[test]
fn a_second_process_with_the_same_name_takes_over() {
    let config = config("fence");
    let all = trades(0..200);
    let first = start(Counting::default(), &config);
    wait_until("ready", || first.health.is_ready());
    write_trades(&config.input_topic, &all[..100]);
    wait_caught_up(&config);
    let second = start(Counting::default(), &config);
    wait_until("ready", || second.health.is_ready());
    write_trades(&config.input_topic, &all[100..]);
    wait_caught_up(&config);
    let ended = first.wait().expect("it panicked");
    assert!(matches!(ended, Err(Error::Fenced { .. })), "{ended:?}");
    second.stop();
    assert_eq!(committed_tallies(&config.output_topic), tallies(&all));
}

#[test]
fn an_instance_whose_place_is_taken_while_it_restores_ends() {
    let config = config("usurped");
    create(&config.input_topic, 1, &[]);
    create(&config.changelog_topic(), 1, &[("cleanup.policy", "compact")]);
    // A restore waits for this transaction to end.
    let writer = producer(&[("transactional.id", &format!("{}-w", config.consumer_group))]);
    writer.init_transactions(Duration::from_secs(10)).unwrap();
    writer.begin_transaction().unwrap();
    let record = Plain { key: Some(b"P0/X".to_vec()), ..Plain::default() };
    send(&writer, &config.changelog_topic(), &[record]);
    let first = start(Counting::default(), &config);
    wait_until("a member", || {
        let groups = consumer("read_committed");
        let found = groups.fetch_group_list(Some(&config.consumer_group), Duration::from_secs(5));
        found.unwrap().groups().iter().any(|group| group.state() == "Stable")
    });
    let second = start(Counting::default(), &config);
    let ended = first.wait().expect("it panicked");
    assert!(matches!(ended, Err(Error::Fenced { .. })), "{ended:?}");
    writer.abort_transaction(Duration::from_secs(10)).unwrap();
    wait_until("the other is ready", || second.health.is_ready());
    second.stop();
}

/// A trade that takes long to write, so that what is sent is far behind what is read.
struct Slow(Trade);

impl Serialize for Slow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        std::thread::sleep(Duration::from_micros(50));
        self.0.serialize(serializer)
    }
}

impl Message for Slow {
    const SCHEMA: &'static str = Trade::SCHEMA;
    const SCHEMA_VERSION: u32 = Trade::SCHEMA_VERSION;

    fn key(&self) -> &str {
        self.0.key()
    }

    fn event_time_ms(&self) -> Option<i64> {
        self.0.event_time_ms()
    }

    fn validate(&self) -> Result<(), String> {
        self.0.validate()
    }
}

/// Sends on what it reads, at a price that says which one of its pair it is.
struct Numbering;

impl Processor for Numbering {
    type Input = Trade;
    type Output = Slow;
    type State = u32;

    const SERVICE: &'static str = "numbering";
    const VERSION: &'static str = "1";
    const STATE_VERSION: u32 = 1;

    fn process(
        &mut self,
        trade: Trade,
        _: &Record<'_>,
        state: &mut Keyed<u32>,
        out: &mut Outbox<Slow>,
    ) -> Result<(), Refused> {
        let (number, timestamp_ms) = (state.get_mut(), trade.timestamp_ms);
        *number += 1;
        out.emit(Slow(Trade { price: f64::from(*number), ..trade }), timestamp_ms);
        Ok(())
    }
}

#[test]
fn an_abort_with_thousands_of_outputs_under_way_loses_and_repeats_none() {
    // The last record aborts every transaction for as long as its schema cannot be had.
    let registry = Registry::start();
    let config = KafkaConfig {
        commit_interval: Duration::from_secs(3),
        registry: Some(RegistryConfig::new(&registry.url)),
        ..config("batches")
    };
    let running = start(Numbering, &config);
    wait_until("ready", || running.health.is_ready());
    let mut other: serde_json::Value = serde_json::from_str(Trade::SCHEMA).unwrap();
    other["doc"] = "in other words".into();
    let id = registry.register(&format!("{}-other", config.input_topic), &other.to_string());
    registry.close();
    let all: Vec<Trade> = (0..=5_000).map(|id| trade("P0/X", id)).collect();
    let mut records: Vec<Plain> = all.iter().map(Plain::of).collect();
    let contract = Contract::parse(Trade::SCHEMA).unwrap();
    let mut payload = [&[0][..], &id.to_be_bytes()].concat();
    contract.writer().unwrap().write(&all[5_000], &mut payload).unwrap();
    records[5_000].payload = Some(payload);
    write(&config.input_topic, &records);
    wait_until("aborted", || !running.health.is_ready());
    registry.reopen();
    wait_caught_up(&config);
    running.stop();

    let reader = contract.reader(contract).unwrap();
    let found = read(&config.output_topic, "read_committed");
    let found = found.iter().map(|plain| &plain.payload.as_ref().unwrap()[5..]);
    let found: Vec<Trade> = found.map(|bytes| reader.read(bytes).unwrap()).collect();
    let numbered =
        (1..).zip(all).map(|(number, trade)| Trade { price: f64::from(number), ..trade });
    let expected: Vec<Trade> = numbered.collect();
    assert_eq!(found.len(), expected.len());
    assert!(found == expected, "{:?}", found.iter().zip(&expected).find(|(a, b)| a != b));
}
