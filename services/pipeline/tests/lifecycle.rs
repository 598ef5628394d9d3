//! What a service's log says of its life, at the most talkative level: each event
//! once, and no secret. One test: a process has one log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use clap::Parser;
use pipeline::{Defaults, KafkaArgs, KafkaConfig};
use support::*;

fn lines<'a>(log: &'a str, words: &str) -> Vec<&'a str> {
    log.lines()
        .filter(|line| line.contains(" INFO ") || line.contains("ERROR"))
        .filter(|line| line.contains(words))
        .collect()
}

#[derive(Parser, Clone, Debug)]
struct Options {
    #[command(flatten)]
    kafka: KafkaArgs,
}

const SECRET: &str = "hunter2hunter2";

/// The test's configuration, with a password that a plaintext broker does not ask for.
fn secretive(config: KafkaConfig) -> KafkaConfig {
    let user = ["--kafka-sasl-username", "u", "--kafka-sasl-password", SECRET];
    let protocol = ["--kafka-security-protocol=sasl_plaintext", "--kafka-sasl-mechanism=PLAIN"];
    let options = ["x", "--kafka-bootstrap-servers", "h:1"].into_iter().chain(user).chain(protocol);
    let options = Options::parse_from(options);
    assert!(!format!("{options:?}").contains(SECRET), "{options:?}");
    let defaults = Defaults { input_topic: "", output_topic: "", consumer_group: "" };
    let mut security = options.kafka.resolve(defaults).unwrap().security;
    assert_eq!(security["sasl.password"], SECRET);
    security.remove("security.protocol");
    let config = KafkaConfig { security, ..config };
    for shown in [format!("{config:?}"), format!("{config:#?}")] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
    config
}

#[test]
fn every_event_is_one_line_and_no_secret_is_in_any() {
    // Not the broker's, which may be in this process.
    let log = Log::start("pipeline=trace,rdkafka=trace,kafka=trace");

    let config = secretive(config("life"));
    let one = start(Counting::default(), &config);
    wait_until("ready", || one.health.is_ready());
    write_trades(&config.input_topic, &trades(0..100));
    wait_caught_up(&config);
    one.stop();
    let first = log.text();
    let instance = format!("group=\"{}\" instance=\"local\"", config.consumer_group);
    for (words, fields) in [
        ("started", instance.as_str()),
        ("partitions assigned", "partitions=[0, 1, 2, 3]"),
        ("state restored", "keys=0"),
        ("stopped", "service=\"counting\""),
    ] {
        let lines = lines(&first, words);
        assert_eq!(lines.len(), 1, "{words}: {first}");
        assert!(lines[0].contains(fields), "{}", lines[0]);
    }

    // Restored with its size; then another instance joins; then it is fenced.
    let one = start(Counting::default(), &config);
    wait_until("ready", || one.health.is_ready());
    let other = KafkaConfig { instance_id: "other".to_owned(), ..config.clone() };
    let two = start(Counting::default(), &other);
    wait_until("both ready", || one.health.is_ready() && two.health.is_ready());
    let usurper = start(Counting::default(), &config);
    assert!(one.wait().expect("it panicked").is_err());
    two.stop();
    usurper.stop();
    let all = log.text();
    let later = &all[first.len()..];
    let restored = lines(later, "state restored")[0];
    assert!(restored.contains("keys=5") && restored.contains("milliseconds="), "{restored}");
    assert!(!restored.contains("bytes=0 "), "{restored}");
    assert!(lines(later, "partitions revoked")[0].contains("partitions=[0, 1, 2, 3]"), "{later}");
    let fenced = lines(later, "pipeline::run: fenced");
    assert_eq!(fenced.len(), 1, "{later}");
    assert!(fenced[0].contains(&config.transactional_id()), "{}", fenced[0]);

    assert!(all.contains("TRACE") || all.contains("DEBUG"), "it is at the most talkative level");
    assert!(!all.contains(SECRET), "a secret is in the log");
}
