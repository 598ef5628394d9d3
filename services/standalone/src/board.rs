//! What a viewer knows: the latest message of every pair, and the latest closed
//! candles. Reads the topic's JSON; how it is shown is for the views.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, VecDeque};

/// How many closed candles are remembered.
const CLOSED: usize = 100;

/// One message of the topic.
#[derive(Clone, Debug)]
pub(crate) struct Entry(Map<String, Value>);

impl Entry {
    /// `None` when the payload is no message of the topic.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let fields: Map<String, Value> = serde_json::from_slice(payload).ok()?;
        let entry = Self(fields);
        entry.0.get("pair")?.as_str()?;
        entry.0.get("closed")?.as_bool()?;
        Some(entry)
    }

    /// The traded pair.
    pub(crate) fn pair(&self) -> &str {
        self.0.get("pair").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether the candle is final.
    pub(crate) fn closed(&self) -> bool {
        self.0.get("closed").and_then(Value::as_bool).unwrap_or_default()
    }

    /// A number of the message; `None` before an indicator's lookback.
    pub(crate) fn number(&self, field: &str) -> Option<f64> {
        self.0.get(field)?.as_f64()
    }

    /// A field as it is shown: `-` where there is no number.
    pub(crate) fn text(&self, field: &str) -> String {
        self.number(field).map_or_else(|| "-".to_owned(), short)
    }

    /// The length of the candle, and the time at which its window begins.
    pub(crate) fn window(&self) -> (u64, String) {
        let number = |field| self.number(field).unwrap_or_default();
        (number("candle_seconds") as u64, clock(number("window_start_ms") as i64))
    }
}

/// The latest of everything.
#[derive(Debug, Default)]
pub(crate) struct Board {
    /// By pair and length of the candle.
    pub(crate) latest: BTreeMap<(String, u64), Entry>,
    /// The latest closed candles, newest first.
    pub(crate) closed: VecDeque<Entry>,
    /// Messages seen.
    pub(crate) messages: u64,
}

impl Board {
    /// Takes a message in.
    pub(crate) fn take(&mut self, entry: Entry) {
        self.messages += 1;
        if entry.closed() {
            self.closed.push_front(entry.clone());
            self.closed.truncate(CLOSED);
        }
        self.latest.insert((entry.pair().to_owned(), entry.window().0), entry);
    }
}

/// A few indicators to show, one of each kind before the second of any: `names`
/// are fields such as `sma_7`, and the kind is what stands before the number.
pub(crate) fn few(names: &[String]) -> Vec<String> {
    let kind = |name: &str| name.split('_').next().unwrap_or(name).to_owned();
    let mut kinds = BTreeMap::<String, usize>::new();
    let mut ranked: Vec<(usize, &String)> = Vec::new();
    for name in names {
        let rank = kinds.entry(kind(name)).or_default();
        ranked.push((*rank, name));
        *rank += 1;
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, name)| name.clone()).collect()
}

/// A number in about seven characters.
fn short(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        0.0 => 0,
        _ if size >= 100_000.0 => 0,
        _ => (5 - size.log10().floor() as i32).clamp(0, 7) as usize,
    };
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// The time of day, UTC, of milliseconds since 1970.
fn clock(timestamp_ms: i64) -> String {
    let seconds = timestamp_ms.div_euclid(1000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_short_and_without_loss_of_scale() {
        for (value, text) in [
            (0.0, "0"),
            (12.5, "12.5"),
            (64_123.456, "64123.5"),
            (1_234_567.8, "1234568"),
            (0.001_413_42, "0.0014134"),
            (-3.0, "-3"),
            (99.999_999_9, "100"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn one_indicator_of_each_kind_comes_first() {
        let names = ["sma_7", "sma_14", "rsi_7", "rsi_14", "obv"].map(str::to_owned);
        assert_eq!(few(&names), ["sma_7", "rsi_7", "obv", "sma_14", "rsi_14"]);
    }

    #[test]
    fn what_is_no_message_is_passed_over() {
        assert!(Entry::read(b"{}").is_none());
        assert!(Entry::read(b"[1]").is_none());
        assert!(Entry::read(b"\xff").is_none());
    }
}
