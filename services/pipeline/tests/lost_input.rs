//! Input that the group had not read and that is not there any more is told, never
//! silently jumped over; and what is there in its place is not read as if it were it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pipeline::KafkaConfig;
use rdkafka::producer::Producer;
use std::sync::OnceLock;
use std::time::Duration;
use support::*;

/// A process has one log, and each test looks for its own topics in it.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| Log::start("pipeline=info"))
}

/// The errors in the log about a topic.
fn errors(topic: &str) -> Vec<String> {
    let log = log().text();
    let lines = log.lines().filter(|line| line.contains("ERROR") && line.contains(topic));
    lines.map(str::to_owned).collect()
}

/// A group that has read 100 trades and stopped.
fn stopped_after_100(test: &str) -> KafkaConfig {
    log();
    let config = config(test);
    let running = start(Counting::default(), &config);
    wait_until("ready", || running.health.is_ready());
    write_trades(&config.input_topic, &trades(0..100));
    wait_caught_up(&config);
    running.stop();
    config
}

#[test]
fn input_that_was_deleted_is_passed_over_and_the_rest_is_read() {
    let config = stopped_after_100("deleted");
    write_trades(&config.input_topic, &trades(100..150));
    empty(&config.input_topic);
    write_trades(&config.input_topic, &trades(150..200));
    let running = start(Counting::default(), &config);
    wait_caught_up(&config);
    running.stop();
    // Five pairs are in three partitions, none of which was read to its end.
    let errors = errors(&config.input_topic);
    assert_eq!(errors.len(), 3, "{errors:?}");
    for error in errors {
        let number = |name: &str| -> i64 {
            let (_, value) = error.split_once(name).unwrap();
            value.split(' ').next().unwrap().parse().unwrap()
        };
        assert!(number(" partition=") < 4, "{error}");
        assert_eq!(number(" begins=") - number(" offset="), number(" skipped="), "{error}");
        assert!(number(" skipped=") > 0, "{error}");
    }
    let read = [trades(0..100), trades(150..200)].concat();
    assert_eq!(committed_tallies(&config.output_topic), tallies(&read));
}

#[test]
fn a_topic_that_ends_before_what_was_read_is_refused() {
    let config = stopped_after_100("anew");
    delete(&config.input_topic);
    create(&config.input_topic, 4, &[]);
    let again = [trade("P0/X", 0), trade("P1/X", 1)];
    write_trades(&config.input_topic, &again);
    let error = start(Counting::default(), &config).wait().unwrap().unwrap_err().to_string();
    assert!(error.starts_with(&format!("topic {}, partition ", config.input_topic)), "{error}");
    assert!(error.contains("it ends at offset "), "{error}");
    let group = format!("group {} has read up to offset ", config.consumer_group);
    assert!(error.contains(&group), "{error}");
    assert!(error.contains("KAFKA_CONSUMER_GROUP") && !error.contains('\n'), "{error}");
    assert_eq!(committed_tallies(&config.output_topic), tallies(&trades(0..100)));
}

#[test]
fn input_that_is_deleted_under_a_reader_stops_it() {
    let config = stopped_after_100("under");
    let running = start(Counting::default(), &config);
    wait_until("ready", || running.health.is_ready());
    // Readers of what is committed wait before it.
    let writer = producer(&[("transactional.id", &config.consumer_group)]);
    writer.init_transactions(Duration::from_secs(10)).unwrap();
    writer.begin_transaction().unwrap();
    let records: Vec<Plain> = trades(100..150).iter().map(Plain::of).collect();
    send(&writer, &config.input_topic, &records);
    empty(&config.input_topic);
    let error = running.wait().unwrap().unwrap_err().to_string();
    let expected =
        format!("topic {}: the records to be read next are not there", config.input_topic);
    assert!(error.starts_with(&expected) && !error.contains('\n'), "{error}");

    writer.abort_transaction(Duration::from_secs(10)).unwrap();
    write_trades(&config.input_topic, &trades(150..200));
    let running = start(Counting::default(), &config);
    wait_caught_up(&config);
    running.stop();
    let read = [trades(0..100), trades(150..200)].concat();
    assert_eq!(committed_tallies(&config.output_topic), tallies(&read));
}
