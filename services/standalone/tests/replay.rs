//! A recording through the whole system: every candle against the file, every
//! indicator against the TA-Lib C library.

#![cfg(feature = "talib")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use indicators::talib;
use serde_json::Value;
use support::{Candle, assert_candle, closed, finished, forming, messages, recording, standalone};

/// The fields of the default list, and what they are in TA-Lib: function,
/// parameters, which output.
fn expected_outputs() -> Vec<(String, &'static str, Vec<f64>, usize)> {
    let mut outputs = Vec::new();
    for function in ["sma", "ema", "rsi"] {
        for period in [7, 14, 21, 60] {
            let name = match function {
                "sma" => "SMA",
                "ema" => "EMA",
                _ => "RSI",
            };
            outputs.push((format!("{function}_{period}"), name, vec![f64::from(period)], 0));
        }
    }
    for (output, name) in ["macd_7", "macdsignal_7", "macdhist_7"].into_iter().enumerate() {
        outputs.push((name.to_owned(), "MACD", vec![7.0, 14.0, 9.0], output));
    }
    outputs.push(("obv".to_owned(), "OBV", Vec::new(), 0));
    outputs
}

/// What the C library's batch functions give over a series of candles: a column
/// for each output, NaN before the lookback.
fn reference(candles: &[Candle]) -> Vec<(String, Vec<f64>)> {
    let closes: Vec<f64> = candles.iter().map(|candle| candle.close).collect();
    let volumes: Vec<f64> = candles.iter().map(|candle| candle.volume).collect();
    let outputs = expected_outputs().into_iter().map(|(field, name, parameters, output)| {
        let row = talib::rows().iter().find(|row| row.info.name == name).unwrap();
        let values: Vec<_> = parameters.into_iter().map(Some).collect();
        let mut function = row.make(&values).unwrap();
        let mut columns = vec![vec![0.0; candles.len()]; row.outputs.len()];
        let mut filled: Vec<&mut [f64]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
        let inputs: &[&[f64]] = if name == "OBV" { &[&closes, &volumes] } else { &[&closes] };
        function.batch(inputs, &mut filled).unwrap();
        (field, columns.swap_remove(output))
    });
    outputs.collect()
}

/// Checks the indicators of a message against row `t` of the reference.
fn assert_indicators(message: &Value, reference: &[(String, Vec<f64>)], t: usize) {
    assert_eq!(reference.len(), 16);
    for (field, column) in reference {
        let (value, expected) = (&message[field], column[t]);
        if expected.is_nan() {
            assert!(message.get(field).is_some_and(Value::is_null), "{field} of {message}");
            continue;
        }
        let value = value.as_f64().unwrap_or_else(|| panic!("{field} of {message}"));
        let scale = expected.abs().max(f64::MIN_POSITIVE);
        assert!((value - expected).abs() <= 1e-9 * scale, "{field}: {value}, expected {expected}");
    }
}

fn replay(file: &std::path::Path, pair: &str, more: &[&str]) -> Vec<Value> {
    let file = file.to_str().unwrap();
    let mut arguments = vec!["--source", "replay", file, "--pair", pair, "--speed", "max"];
    arguments.extend(["--until-end", "--output", "ndjson"]);
    arguments.extend(more);
    messages(&mut standalone(&arguments))
}

fn check_closed(name: &str, pair: &str, seconds: i64, more: &[&str]) {
    let Some(file) = recording(name) else { return };
    let candles = finished(&forming(&support::trades(&file), seconds));
    let all = replay(&file, pair, more);
    let closed = closed(&all);
    assert_eq!(closed.len(), candles.len());
    let reference = reference(&candles);
    for (t, (message, candle)) in closed.into_iter().zip(&candles).enumerate() {
        assert_candle(message, candle, pair, seconds);
        assert_indicators(message, &reference, t);
    }
}

#[test]
fn every_closed_minute_of_a_recording_is_what_the_file_and_talib_say() {
    check_closed("XRP-ETH.csv", "XRP/ETH", 60, &[]);
}

#[test]
fn another_pair_another_format_and_another_length_work_the_same() {
    check_closed("kraken-history-BCH-EUR.csv", "BCH/EUR", 300, &["--candle-seconds", "300"]);
}

#[test]
fn a_forming_candle_carries_what_closing_at_that_trade_would_give() {
    let Some(file) = recording("XRP-ETH.csv") else { return };
    let forming = forming(&support::trades(&file), 60);
    let all = replay(&file, "XRP/ETH", &["--forming-updates", "trade"]);
    let messages: Vec<_> = all.iter().filter(|message| message["closed"] == false).collect();
    assert_eq!(messages.len(), 12_477);
    assert_eq!(messages.len(), forming.len());
    let mut before: Vec<Candle> = Vec::new();
    for (t, (message, candle)) in messages.into_iter().zip(&forming).enumerate() {
        if let Some(previous) = t.checked_sub(1).map(|t| &forming[t])
            && previous.start_ms != candle.start_ms
        {
            before.push(previous.clone());
        }
        assert_candle(message, candle, "XRP/ETH", 60);
        before.push(candle.clone());
        assert_indicators(message, &reference(&before), before.len() - 1);
        before.pop();
    }
}

#[test]
fn several_candle_lengths_at_once_are_each_what_they_are_alone() {
    let Some(file) = recording("kraken-history-BCH-EUR.csv") else { return };
    let all = replay(&file, "BCH/EUR", &["--candle-seconds", "60,3600"]);
    for seconds in [60, 3600] {
        let candles = finished(&forming(&support::trades(&file), seconds));
        let reference = reference(&candles);
        let closed = closed(&all);
        let closed = closed.into_iter().filter(|message| message["candle_seconds"] == seconds);
        let closed: Vec<_> = closed.collect();
        assert_eq!(closed.len(), candles.len());
        for (t, (message, candle)) in closed.into_iter().zip(&candles).enumerate() {
            assert_candle(message, candle, "BCH/EUR", seconds);
            assert_indicators(message, &reference, t);
        }
    }
}
