//! Plain lines, for a log or a pipe: every closed candle, and of forming ones
//! the latest of a pair once a second.

use crate::board::{Entry, few};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// How many indicators a line shows.
const INDICATORS: usize = 5;

/// Writes a line for a message, where one is due.
#[derive(Debug)]
pub(crate) struct Lines {
    indicators: Vec<String>,
    due: BTreeMap<(String, u64), Instant>,
}

impl Lines {
    /// `names` are the configured indicators.
    pub(crate) fn new(names: &[String]) -> Self {
        let indicators = few(names).into_iter().take(INDICATORS).collect();
        Self { indicators, due: BTreeMap::new() }
    }

    /// Writes the message's line, unless it is a forming candle too soon after
    /// the last one.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub(crate) fn write(
        &mut self,
        entry: &Entry,
        now: Instant,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let (seconds, start) = entry.window();
        if !entry.closed() {
            let due = self.due.entry((entry.pair().to_owned(), seconds)).or_insert(now);
            if now < *due {
                return Ok(());
            }
            *due = now + Duration::from_secs(1);
        }
        let state = if entry.closed() { "closed " } else { "forming" };
        write!(out, "{start} {:<9} {seconds}s {state}", entry.pair())?;
        for field in ["open", "high", "low", "close", "volume", "trades"] {
            write!(out, " {field}={}", entry.text(field))?;
        }
        for field in &self.indicators {
            write!(out, " {field}={}", entry.text(field))?;
        }
        writeln!(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_candles_are_all_shown_and_forming_ones_once_a_second() {
        let entry = |closed: bool| {
            let message = serde_json::json!({
                "pair": "BTC/EUR", "open": 1.0, "high": 2.0, "low": 1.0, "close": 1.5,
                "volume": 3.0, "trades": 4, "window_start_ms": 0, "candle_seconds": 60,
                "closed": closed, "sma_7": null, "obv": 3.0,
            });
            Entry::read(message.to_string().as_bytes()).unwrap()
        };
        let mut lines = Lines::new(&["sma_7".to_owned(), "obv".to_owned()]);
        let mut out = Vec::new();
        let start = Instant::now();
        for (closed, millis) in [(false, 0), (false, 900), (true, 950), (true, 951), (false, 1100)]
        {
            lines.write(&entry(closed), start + Duration::from_millis(millis), &mut out).unwrap();
        }
        let out = String::from_utf8(out).unwrap();
        let states: Vec<_> = out.lines().map(|line| line.contains("closed")).collect();
        assert_eq!(states, [false, true, true, false]);
        assert_eq!(
            out.lines().next().unwrap(),
            "00:00:00 BTC/EUR   60s forming open=1 high=2 low=1 close=1.5 volume=3 trades=4 \
             sma_7=- obv=3"
        );
    }
}
