//! Dead letters are shown with their reasons, and go back once when they can be
//! read: by the program `pipeline-admin`, on a broker.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pipeline::KafkaConfig;
use pipeline::message::Trade;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use support::*;

fn admin(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipeline-admin"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KAFKA_")) {
        command.env_remove(name);
    }
    command.env("KAFKA_BOOTSTRAP_SERVERS", servers()).args(arguments);
    command
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn run(arguments: &[&str]) -> String {
    text(admin(arguments).output().unwrap())
}

fn refused(arguments: &[&str]) -> String {
    let output = admin(arguments).output().unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    error
}

/// How many records a topic has ever had, whatever became of them.
fn appended(topic: &str) -> i64 {
    static CONSUMER: OnceLock<BaseConsumer> = OnceLock::new();
    let consumer = CONSUMER.get_or_init(|| consumer("read_uncommitted"));
    let patience = Duration::from_secs(5);
    (0..4).map(|partition| consumer.fetch_watermarks(topic, partition, patience).unwrap().1).sum()
}

/// Trades, of which those with these numbers are refused for their price.
fn unlucky(ids: std::ops::Range<i64>, refused: impl Fn(i64) -> bool) -> Vec<Trade> {
    let price = |id| if refused(id) { 13.0 } else { 1.0 };
    ids.map(|id| Trade { price: price(id), ..trade(&format!("P{}/X", id % 5), id) }).collect()
}

fn process(step: Counting, config: &KafkaConfig) {
    let running = start(step, config);
    wait_until("ready", || running.health.is_ready());
    wait_caught_up(config);
    running.stop();
}

#[test]
fn letters_are_shown_with_their_reasons_and_go_back_once_when_the_service_is_mended() {
    let config = config("redrive");
    let dlq = config.dead_letter_topic();
    let all = unlucky(0..40, |id| id % 4 == 0);
    let mut records: Vec<Plain> = all
        .iter()
        .map(|trade| Plain::of(trade).with("source", "s").with("topic", "its own"))
        .collect();
    let broken = Plain { payload: Some(b"\xff\x00{".to_vec()), partition: 1, ..records[0].clone() };
    records.push(broken.clone());
    create(&config.input_topic, 4, &[]);
    write(&config.input_topic, &records);
    process(Counting::default(), &config);

    let lines = run(&["dlq", "list", &dlq]);
    assert_eq!(lines.lines().count(), 11, "{lines}");
    assert_eq!(lines.matches("price is 13, expected better luck").count(), 10, "{lines}");
    assert!(lines.lines().all(|line| line.contains("counting 1.2.3")), "{lines}");
    assert!(lines.lines().all(|line| line.contains(&format!("from {} ", config.input_topic))));
    assert_eq!(run(&["dlq", "list", &dlq, "--limit", "3"]).lines().count(), 3);
    assert_eq!(run(&["dlq", "list", &dlq, "--service", "another"]), "");
    let json = run(&["dlq", "list", &config.input_topic, "--json", "--reason", "expected value"]);
    let letter: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(letter["value"]["hex"], "ff007b");
    assert_eq!(letter["headers"][1]["value"], "its own");
    assert_eq!(
        (&letter["from"]["topic"], &letter["from"]["partition"]),
        (&config.input_topic.clone().into(), &1.into())
    );
    assert_eq!(letter["redriven"], false);

    // Nothing goes back by itself, or in a dry run.
    let before = read(&config.input_topic, "read_committed").len();
    let luck = ["dlq", "redrive", &dlq, "--reason", "better luck"];
    let report = run(&[&luck[..], &["--dry-run"]].concat());
    assert!(report.contains("10 letters would go back"), "{report}");
    assert_eq!(read(&config.input_topic, "read_committed").len(), before);

    let report = run(&luck);
    assert!(report.contains("10 letters went back"), "{report}");
    let sent = read(&config.input_topic, "read_committed");
    assert_eq!(sent.len(), before + 10);
    for trade in all.iter().filter(|trade| trade.price == 13.0) {
        let original = Plain::of(trade).with("source", "s").with("topic", "its own");
        let copies: Vec<_> = sent.iter().filter(|copy| copy.payload == original.payload).collect();
        assert_eq!(copies.len(), 2);
        for copy in copies {
            assert_eq!((&copy.key, &copy.headers), (&original.key, &original.headers));
        }
    }
    process(Counting { lucky: true, ..Counting::default() }, &config);
    let mut ids: Vec<i64> =
        committed_tallies(&config.output_topic).iter().map(|tally| tally.last_id).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..40).collect::<Vec<_>>(), "each was processed once");

    // Again, and with what is left: none twice, and what is still wrong returns.
    let report = run(&luck);
    assert!(report.contains("0 letters went back; of 10 that match, 10 had before"), "{report}");
    let lines = run(&["dlq", "list", &dlq]);
    assert_eq!(lines.matches("re-driven").count(), 10, "{lines}");
    let report = run(&["dlq", "redrive", &dlq, "--offsets", "0-99999"]);
    assert!(report.contains("1 letters went back; of 11 that match, 10 had before"), "{report}");
    process(Counting { lucky: true, ..Counting::default() }, &config);
    let lines = run(&["dlq", "list", &dlq, "--reason", "expected value"]);
    assert_eq!((lines.lines().count(), lines.matches("re-driven").count()), (2, 1), "{lines}");
    assert_eq!(run(&["dlq", "list", &dlq, "--offsets", "99999-"]), "");
    assert_eq!(committed_tallies(&config.output_topic).len(), 40);
}

#[test]
fn a_redrive_that_is_killed_and_run_again_sends_no_letter_twice() {
    let config = config("killed");
    let dlq = config.dead_letter_topic();
    create(&config.input_topic, 4, &[]);
    let all = unlucky(0..6_000, |_| true);
    write_trades(&config.input_topic, &all);
    process(Counting::default(), &config);
    assert_eq!(read(&dlq, "read_committed").len(), all.len());

    // At another place in its transactions each time.
    let mut on_the_way = 0;
    for after in (0..12).map(|run| 50 + run * 97 % 1_100) {
        let start = appended(&config.input_topic);
        let mut child = admin(&["dlq", "redrive", &dlq]).stdout(Stdio::null()).spawn().unwrap();
        while child.try_wait().unwrap().is_none() && appended(&config.input_topic) < start + after {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let sent = read(&config.input_topic, "read_committed").len() - all.len();
        on_the_way += usize::from(0 < sent && sent < all.len());
    }
    assert!(on_the_way > 0, "no kill came between the first transaction and the last");
    let report = run(&["dlq", "redrive", &dlq]);
    assert!(report.contains(&format!("of {} that match", all.len())), "{report}");
    let mut payloads: Vec<Vec<u8>> = read(&config.input_topic, "read_committed")
        .into_iter()
        .map(|record| record.payload.unwrap())
        .collect();
    payloads.sort();
    let mut expected: Vec<Vec<u8>> =
        all.iter().chain(&all).map(|trade| serde_json::to_vec(trade).unwrap()).collect();
    expected.sort();
    assert!(payloads == expected, "{} records, expected {}", payloads.len(), expected.len());
}

#[test]
fn letters_that_are_too_large_for_their_topic_only_together_go_back() {
    let config = config("one-by-one");
    create(&config.input_topic, 1, &[("max.message.bytes", "3000")]);
    let pair = "P".repeat(900);
    let all: Vec<Trade> = (0..10).map(|id| Trade { price: 13.0, ..trade(&pair, id) }).collect();
    let records: Vec<Plain> = all.iter().map(Plain::of).collect();
    send(&producer(&[("batch.size", "1")]), &config.input_topic, &records);
    process(Counting::default(), &config);
    let report = run(&["dlq", "redrive", &config.dead_letter_topic()]);
    assert!(report.contains("10 letters went back"), "{report}");
    assert_eq!(read(&config.input_topic, "read_committed").len(), 20);
}

#[test]
fn late_trades_and_topics_that_are_not_there_are_refused_with_one_line() {
    let config = config("refused");
    create(&config.late_topic(), 1, &[]);
    let error = refused(&["dlq", "redrive", &config.late_topic()]);
    assert!(error.contains("late again") && error.contains("CANDLE_GRACE_MS"), "{error}");
    assert_eq!(run(&["dlq", "list", &config.late_topic()]), "");
    let error = refused(&["dlq", "list", "nowhere"]);
    assert!(error.contains("topic nowhere.dlq: does not exist"), "{error}");
    let error = refused(&["dlq", "list", "nowhere", "--offsets", "x-y"]);
    assert!(error.contains("'x' is no offset"), "{error}");

    // A record that somebody else put there stays where it is.
    create(&config.dead_letter_topic(), 1, &[]);
    write(&config.dead_letter_topic(), &[Plain::of(&trade("P0/X", 1))]);
    let report = run(&["dlq", "redrive", &config.dead_letter_topic()]);
    assert!(report.contains("0 letters went back") && report.contains("1 cannot"), "{report}");
}
