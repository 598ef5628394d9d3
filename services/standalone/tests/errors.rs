//! What a user gets wrong: one clear line, an exit code that is not zero, and
//! nothing written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::io::Write;
use support::standalone;

/// The one line on stderr of a run that must fail and write nothing.
fn error(arguments: &[&str]) -> String {
    let output = standalone(arguments).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{arguments:?}: {stderr}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "{arguments:?}");
    assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
    stderr.trim_end().to_owned()
}

fn file(content: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content.as_bytes()).unwrap();
    file
}

fn replay(file: &str) -> Vec<&str> {
    let replay = ["--source", "replay", file, "--pair", "XRP/ETH", "--speed", "max"];
    [&replay[..], &["--until-end", "--output", "ndjson"]].concat()
}

#[test]
fn a_bad_line_in_the_file() {
    let file = file(
        "trade_id,timestamp_ms,side,price,quantity\n1,1570752011620,sell,0.0014,23\n\
         2,1570752011621,sell,cheap,54\n",
    );
    let path = file.path().to_str().unwrap();
    let error = error(&replay(path));
    assert!(error.contains(&format!("{path}:3: ")) && error.contains("cheap"), "{error}");
}

#[test]
fn a_missing_file() {
    let error = error(&replay("no/such/file.csv"));
    assert!(error.contains("no/such/file.csv"), "{error}");
}

#[test]
fn an_unknown_pair() {
    let error = error(&["--source", "synthetic", "--pair", "FOO/BAR", "--output", "ndjson"]);
    assert!(error.contains("FOO/BAR") && error.contains("BTC/EUR"), "{error}");
}

#[test]
fn a_pair_that_is_none() {
    let error = error(&["--source", "synthetic", "--pair", "xrp"]);
    assert!(error.contains("xrp") && error.contains("BASE/QUOTE"), "{error}");
}

#[test]
fn an_expression_with_a_typo() {
    let list = file("- { name: rsi_14, expr: 'rsii(close, 14)' }\n");
    let list = list.path().to_str().unwrap();
    let error = error(&["--source", "synthetic", "--indicators-file", list]);
    assert!(error.contains("unknown name `rsii`, did you mean rsi?"), "{error}");
    assert!(error.contains(list) && error.contains("entry 1"), "{error}");
}

#[test]
fn a_broker_that_is_not_there() {
    let nobody = ["--kafka-bootstrap-servers", "127.0.0.1:1", "--source", "synthetic"];
    let error = error(&nobody);
    assert!(error.contains("127.0.0.1:1"), "{error}");
}

#[test]
fn a_wrong_value_names_the_option() {
    let error = error(&["--candle-seconds", "0"]);
    assert!(error.contains("candle-seconds") || error.contains("CANDLE_SECONDS"), "{error}");
}

#[test]
fn log_levels_that_are_none() {
    let error = error(&["--source", "synthetic", "--output", "ndjson", "--log", "pipeline=loud"]);
    assert!(error.contains("LOG") && error.contains("pipeline=loud"), "{error}");
}
