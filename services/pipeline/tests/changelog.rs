//! A changelog that is not what the group's offsets need is refused, never
//! silently believed; one that is, is restored.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pipeline::KafkaConfig;
use pipeline::message::Trade;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::time::Duration;
use support::*;

/// The changelog of a group and its committed offsets, at one time.
#[derive(Clone, Debug)]
struct Kept {
    changelog: Vec<Plain>,
    offsets: BTreeMap<i32, i64>,
}

fn in_group(config: &KafkaConfig) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", servers())
        .set("group.id", &config.consumer_group)
        .create()
        .unwrap()
}

fn kept(config: &KafkaConfig) -> Kept {
    let mut list = TopicPartitionList::new();
    for partition in 0..4 {
        list.add_partition(&config.input_topic, partition);
    }
    let offsets = in_group(config).committed_offsets(list, Duration::from_secs(10)).unwrap();
    let offsets = offsets.elements().into_iter().map(|e| (e.partition(), e.offset()));
    let offsets = offsets
        .filter_map(|(partition, offset)| match offset {
            Offset::Offset(offset) => Some((partition, offset)),
            _ => None,
        })
        .collect();
    Kept { changelog: read(&config.changelog_topic(), "read_committed"), offsets }
}

/// A group of its own on the same input, with this changelog and these offsets.
fn group_with(origin: &KafkaConfig, kept: &Kept) -> KafkaConfig {
    let config = KafkaConfig { input_topic: origin.input_topic.clone(), ..config("changelog") };
    create(&config.changelog_topic(), 4, &[("cleanup.policy", "compact")]);
    write(&config.changelog_topic(), &kept.changelog);
    let mut list = TopicPartitionList::new();
    for (&partition, &offset) in &kept.offsets {
        let offset = Offset::Offset(offset);
        list.add_partition_offset(&config.input_topic, partition, offset).unwrap();
    }
    if list.count() > 0 {
        in_group(&config).commit(&list, CommitMode::Sync).unwrap();
    }
    config
}

fn is_marker(record: &Plain) -> bool {
    record.key.as_deref() == Some(b"\xffmarker")
}

/// What is kept after 100 and after 200 trades; 100 more follow those.
fn history() -> (KafkaConfig, Kept, Kept, Vec<Trade>) {
    let config = config("history");
    let all = trades(0..300);
    let running = start(Counting::default(), &config);
    wait_until("ready", || running.health.is_ready());
    write_trades(&config.input_topic, &all[..100]);
    wait_caught_up(&config);
    let older = kept(&config);
    write_trades(&config.input_topic, &all[100..200]);
    wait_caught_up(&config);
    running.stop();
    let newer = kept(&config);
    write_trades(&config.input_topic, &all[200..]);
    (config, older, newer, all)
}

#[test]
fn a_changelog_is_restored_with_the_offsets_of_its_group_or_without() {
    let (origin, _, newer, all) = history();
    for offsets in [newer.offsets.clone(), BTreeMap::new()] {
        let config = group_with(&origin, &Kept { offsets, ..newer.clone() });
        let running = start(Counting::default(), &config);
        wait_caught_up(&config);
        running.stop();
        assert_eq!(committed_tallies(&config.output_topic), tallies(&all)[200..]);
    }
}

#[test]
fn a_changelog_that_lacks_something_is_refused() {
    let (origin, older, newer, _) = history();
    assert!(older.offsets != newer.offsets);
    let without = |drop: &dyn Fn(&Plain) -> bool| -> Vec<Plain> {
        newer.changelog.iter().filter(|record| !drop(record)).cloned().collect()
    };
    let unreadable = newer.changelog.iter().cloned().map(|record| match is_marker(&record) {
        true => Plain { payload: Some(b"{\"input_offset\":1,\"sum\":2}".to_vec()), ..record },
        false => record,
    });
    let none = BTreeMap::new();
    for (changelog, offsets, expected) in [
        // Its end was cut off.
        (older.changelog.clone(), &newer.offsets, "what was written in between is lost"),
        // Emptied.
        (Vec::new(), &newer.offsets, "was emptied"),
        // Its beginning was deleted.
        (without(&|r| r.key.as_deref() == Some(b"P1/X")), &newer.offsets, "records are lost"),
        (without(&|r| r.key.as_deref() == Some(b"P1/X")), &none, "records are lost"),
        // The group was set back.
        (newer.changelog.clone(), &older.offsets, "counted twice"),
        // Written by something else.
        (without(&is_marker), &newer.offsets, "does not say where its state ends"),
        (without(&is_marker), &none, "was written by something else"),
        (unreadable.collect(), &newer.offsets, "the marker cannot be read: unknown field"),
    ] {
        let config = group_with(&origin, &Kept { changelog, offsets: offsets.clone() });
        let error = start(Counting::default(), &config).wait().unwrap().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}, expected {expected}");
        for part in [&config.changelog_topic(), "partition "] {
            assert!(error.contains(part), "{error} does not name {part}");
        }
        assert!(!error.contains('\n'));
        assert_eq!(committed_tallies(&config.output_topic), []);
    }
    let behind = group_with(&origin, &Kept { offsets: newer.offsets.clone(), ..older.clone() });
    let error = start(Counting::default(), &behind).wait().unwrap().unwrap_err().to_string();
    let named = |partition: &i32| {
        error.contains(&format!("partition {partition}: "))
            && error.contains(&format!("offset {} of topic", older.offsets[partition]))
            && error.contains(&format!("committed offset {}", newer.offsets[partition]))
    };
    assert!(older.offsets.keys().any(named), "{error}");
}

#[test]
fn state_that_this_build_does_not_know_stops_it() {
    for (version, payload, expected) in [
        ("6", vec![1, 2, 3], "the state has version 6, this build reads version 7"),
        ("7", vec![1], "the state cannot be read"),
        ("7", vec![1, 0, 0, 0, 0, 0, 0, 0, 0, 9], "the state has 1 bytes too many"),
    ] {
        let config = config("version");
        create(&config.input_topic, 1, &[]);
        create(&config.changelog_topic(), 1, &[("cleanup.policy", "compact")]);
        let state =
            Plain { key: Some(b"P0/X".to_vec()), payload: Some(payload), ..Plain::default() };
        write(&config.changelog_topic(), &[state.with("state-version", version)]);
        let error = start(Counting::default(), &config).wait().unwrap().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        for part in [&config.changelog_topic(), "partition 0", "'P0/X'"] {
            assert!(error.contains(part), "{error} does not name {part}");
        }
        assert!(!error.contains('\n'));
    }
}
