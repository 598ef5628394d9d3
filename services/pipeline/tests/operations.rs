//! What an operator sees over HTTP while a step runs. One test: a process has one
//! recorder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pipeline::Health;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use support::*;

fn get(address: SocketAddr, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[test]
fn health_readiness_and_counts_are_shown() {
    let health = Health::new();
    let address = pipeline::http::serve("127.0.0.1:0".parse().unwrap(), &health).unwrap();
    assert!(get(address, "/healthz").0.contains("200"));
    assert!(get(address, "/readyz").0.contains("503"));
    assert!(get(address, "/other").0.contains("404"));

    let config = config("http");
    let running = start_with(Counting::default(), &config, &health);
    wait_until("ready", || get(address, "/readyz").0.contains("200"));
    let mut records: Vec<Plain> = trades(0..10).iter().map(Plain::of).collect();
    records.push(Plain { payload: Some(b"?".to_vec()), ..records[0].clone() });
    write(&config.input_topic, &records);
    wait_caught_up(&config);
    let (_, metrics) = get(address, "/metrics");
    for line in [
        "pipeline_records_total{service=\"counting\"} 11",
        "pipeline_outputs_total{service=\"counting\"} 10",
        "pipeline_dead_letters_total{service=\"counting\"} 1",
        "pipeline_keys{service=\"counting\"} 5",
        "pipeline_restore_seconds_count{service=\"counting\"} ",
        "pipeline_transaction_seconds_bucket{service=\"counting\",le=\"0.1\"} ",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    running.stop();
    assert!(get(address, "/readyz").0.contains("503"));

    let taken = pipeline::http::serve(address, &Health::new()).unwrap_err().to_string();
    assert!(taken.contains("HTTP_ADDRESS") && taken.contains(&address.to_string()), "{taken}");
}
