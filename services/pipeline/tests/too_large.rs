//! What a topic does not take for its size ends the service with a line that says
//! so: to abort and send it again would go on for ever.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pipeline::KafkaConfig;
use std::time::{Duration, Instant};
use support::*;

#[test]
fn a_state_that_is_too_large_for_the_changelog_is_named() {
    let config = config("large-state");
    create(&config.input_topic, 1, &[]);
    let settings = [("cleanup.policy", "compact"), ("max.message.bytes", "400")];
    create(&config.changelog_topic(), 1, &settings);
    let running = start(Counting::default(), &config);
    wait_until("ready", || running.health.is_ready());
    write_trades(&config.input_topic, &trades(0..10));
    wait_caught_up(&config);
    let long = "P".repeat(300);
    write_trades(&config.input_topic, &[trade(&long, 10)]);
    let error = running.wait().unwrap().unwrap_err().to_string();
    let expected = format!(
        "changelog {}, partition 0, key '{long}': the state takes ",
        config.changelog_topic()
    );
    assert!(error.starts_with(&expected), "{error}");
    assert!(error.contains("max.message.bytes of the topic is 400"), "{error}");
    assert!(!error.contains('\n'), "{error}");
    assert_eq!(committed_tallies(&config.output_topic), tallies(&trades(0..10)));
}

#[test]
fn a_record_that_the_broker_refuses_for_its_size_ends_the_service() {
    // Refused when the transaction is committed, and long before.
    for commit_interval in [20, 60_000].map(Duration::from_millis) {
        let config = KafkaConfig { commit_interval, ..config("large-record") };
        create(&config.output_topic, 1, &[("max.message.bytes", "80")]);
        let running = start(Counting::default(), &config);
        wait_until("ready", || running.health.is_ready());
        let before = Instant::now();
        wait_until("its end", || {
            write_trades(&config.input_topic, &trades(0..10));
            running.is_finished()
        });
        // The abort does not wait for what it drops.
        assert!(before.elapsed() < Duration::from_secs(5), "{:?}", before.elapsed());
        let error = running.wait().unwrap().unwrap_err().to_string();
        for part in [config.output_topic.as_str(), "max.message.bytes", "too large"] {
            assert!(error.contains(part), "{error} does not say {part}");
        }
        assert!(!error.contains('\n'), "{error}");
        assert_eq!(committed_tallies(&config.output_topic), []);
    }
}
