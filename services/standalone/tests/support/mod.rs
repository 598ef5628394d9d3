//! Running the program, and what a recording gives when computed directly.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program with these arguments, and none of the caller's settings.
pub(crate) fn standalone(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standalone"));
    let settings =
        ["KAFKA_", "TRADES_", "PAIRS", "SPEED", "SEED", "CANDLE_", "FORMING_", "INDICATORS_"];
    for (name, _) in std::env::vars() {
        if settings.iter().any(|setting| name.starts_with(setting)) {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

/// The messages on stdout, of a run that must succeed.
pub(crate) fn messages(command: &mut Command) -> Vec<Value> {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{status}: {}", String::from_utf8_lossy(&stderr));
    let stdout = String::from_utf8(stdout).unwrap();
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The messages of closed candles.
pub(crate) fn closed(messages: &[Value]) -> Vec<&Value> {
    messages.iter().filter(|message| message["closed"] == true).collect()
}

/// A file of the shared recordings; `None`, and said, where they are not there.
pub(crate) fn recording(name: &str) -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/trades");
    let file = data.join(name);
    if !file.exists() {
        println!("skipped: {} is not there", file.display());
        return None;
    }
    Some(file)
}

/// A candle computed directly from the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candle {
    pub(crate) start_ms: i64,
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    pub(crate) volume: f64,
    pub(crate) trades: u64,
}

/// Timestamp in milliseconds, price and quantity of every trade of a recording.
pub(crate) fn trades(file: &Path) -> Vec<(i64, f64, f64)> {
    let text = std::fs::read_to_string(file).unwrap();
    let rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let number = |field: &str| field.parse::<f64>().unwrap();
    rows.filter(|row| row[0] != "trade_id")
        .map(|row| match row[..] {
            [_, timestamp, _, price, quantity] => {
                (timestamp.parse().unwrap(), number(price), number(quantity))
            }
            [seconds, price, quantity] => {
                (seconds.parse::<i64>().unwrap() * 1000, number(price), number(quantity))
            }
            _ => panic!("{row:?}"),
        })
        .collect()
}

/// The candle of the window after every trade: how it forms.
pub(crate) fn forming(trades: &[(i64, f64, f64)], seconds: i64) -> Vec<Candle> {
    let mut candles: Vec<Candle> = Vec::new();
    for &(timestamp, price, quantity) in trades {
        let start_ms = timestamp - timestamp.rem_euclid(seconds * 1000);
        let candle = match candles.last() {
            Some(last) if last.start_ms == start_ms => Candle {
                high: last.high.max(price),
                low: last.low.min(price),
                close: price,
                volume: last.volume + quantity,
                trades: last.trades + 1,
                ..last.clone()
            },
            _ => {
                let (open, high, low, close) = (price, price, price, price);
                Candle { start_ms, open, high, low, close, volume: quantity, trades: 1 }
            }
        };
        candles.push(candle);
    }
    candles
}

/// The last state of every window.
pub(crate) fn finished(forming: &[Candle]) -> Vec<Candle> {
    let mut candles = forming.to_vec();
    candles.reverse();
    candles.dedup_by_key(|candle| candle.start_ms);
    candles.reverse();
    candles
}

/// Checks the candle's fields of a message.
pub(crate) fn assert_candle(message: &Value, candle: &Candle, pair: &str, seconds: i64) {
    assert_eq!(message["pair"], pair);
    assert_eq!(message["window_start_ms"], candle.start_ms);
    assert_eq!(message["window_end_ms"], candle.start_ms + seconds * 1000);
    assert_eq!(message["candle_seconds"], seconds);
    assert_eq!(message["trades"], candle.trades, "{message}");
    for (field, value) in [
        ("open", candle.open),
        ("high", candle.high),
        ("low", candle.low),
        ("close", candle.close),
        ("volume", candle.volume),
    ] {
        assert_eq!(message[field].as_f64(), Some(value), "{field} of {message}");
    }
}
