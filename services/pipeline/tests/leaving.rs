//! What an instance leaves behind when it stops.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pipeline::KafkaConfig;
use std::time::Duration;
use support::*;

#[test]
fn an_instance_without_a_name_gives_its_partitions_up_when_it_stops() {
    let patient = Duration::from_secs(300);
    let config = KafkaConfig { static_member: false, session_timeout: patient, ..config("leave") };
    let all = trades(0..200);
    let one = start(Counting::default(), &config);
    wait_until("ready", || one.health.is_ready());
    let other = KafkaConfig { instance_id: "other".to_owned(), ..config.clone() };
    let two = start(Counting::default(), &other);
    wait_until("both ready", || one.health.is_ready() && two.health.is_ready());
    write_trades(&config.input_topic, &all[..100]);
    wait_caught_up(&config);
    one.stop();
    write_trades(&config.input_topic, &all[100..]);
    // Long before the session timeout.
    wait_caught_up(&config);
    two.stop();
    assert_eq!(committed_tallies(&config.output_topic), tallies(&all));
}
