//! Killed in the middle of a replay, against a broker that stays up, and started
//! again: readers of committed messages see no difference.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pipeline::embedded::Broker;
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;
use support::{closed, messages, recording, standalone};

#[test]
fn a_replay_that_is_killed_and_started_again_gives_the_same_closed_candles() {
    let Some(file) = recording("XRP-ETH.csv") else { return };
    // Two and a half days in some twelve seconds.
    let replay = |bootstrap: &str, speed: &str| {
        let file = file.to_str().unwrap();
        let mut command = standalone(&["--source", "replay", file, "--pair", "XRP/ETH"]);
        command.args(["--speed", speed, "--until-end", "--output", "ndjson"]);
        command.env("KAFKA_BOOTSTRAP_SERVERS", bootstrap);
        command
    };
    let calm = Broker::start().unwrap();
    let undisturbed = messages(&mut replay(&calm.address(), "max"));

    let broker = Broker::start().unwrap();
    let mut seen = Vec::new();
    for milliseconds in [1_500, 900, 2_300, 1_100] {
        let mut process = replay(&broker.address(), "20000x");
        let mut process = process.stdout(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        assert!(process.try_wait().unwrap().is_none(), "the replay ended before it was killed");
        process.kill().unwrap();
        let stdout = process.wait_with_output().unwrap().stdout;
        seen.push(String::from_utf8(stdout).unwrap().lines().count());
    }
    assert!(seen.iter().any(|lines| *lines > 0), "no kill came in the middle: {seen:?}");

    let disturbed = messages(&mut replay(&broker.address(), "max"));
    let (undisturbed, disturbed): (Vec<&Value>, _) = (closed(&undisturbed), closed(&disturbed));
    assert_eq!(undisturbed.len(), disturbed.len());
    for (one, other) in undisturbed.into_iter().zip(disturbed) {
        assert_eq!(one, other);
    }
}
