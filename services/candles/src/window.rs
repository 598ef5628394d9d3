//! One window of one pair: the arithmetic of a candle.

use pipeline::message::{Candle, Trade};
use serde::{Deserialize, Serialize};

/// The trades of one window, summed up. `open` is the price of the earliest
/// trade and `close` that of the latest one by the exchange's time; of trades at
/// the same time the first to arrive opens and the last to arrive closes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Window {
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: f64,
    trades: u64,
    first_ms: i64,
    last_ms: i64,
}

/// The start of the window that a time falls in: windows are aligned to 1970.
pub(crate) fn start_of(timestamp_ms: i64, seconds: u32) -> i64 {
    timestamp_ms - timestamp_ms.rem_euclid(length_ms(seconds))
}

/// The length of a window, in milliseconds.
pub(crate) fn length_ms(seconds: u32) -> i64 {
    i64::from(seconds) * 1000
}

impl Window {
    /// A window with its first trade.
    pub(crate) fn of(trade: &Trade) -> Self {
        let Trade { price, quantity, timestamp_ms, .. } = *trade;
        Self {
            open: price,
            high: price,
            low: price,
            close: price,
            volume: quantity,
            trades: 1,
            first_ms: timestamp_ms,
            last_ms: timestamp_ms,
        }
    }

    /// A window that starts at `start_ms`, without trades, at this price.
    pub(crate) fn flat(price: f64, start_ms: i64) -> Self {
        Self {
            open: price,
            high: price,
            low: price,
            close: price,
            volume: 0.0,
            trades: 0,
            first_ms: start_ms,
            last_ms: start_ms,
        }
    }

    /// Whether the sum of the quantities stays a number with this trade.
    pub(crate) fn has_room_for(&self, trade: &Trade) -> bool {
        (self.volume + trade.quantity).is_finite()
    }

    /// Adds a trade.
    pub(crate) fn add(&mut self, trade: &Trade) {
        let Trade { price, quantity, timestamp_ms, .. } = *trade;
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.volume += quantity;
        self.trades += 1;
        if timestamp_ms < self.first_ms {
            (self.first_ms, self.open) = (timestamp_ms, price);
        }
        if timestamp_ms >= self.last_ms {
            (self.last_ms, self.close) = (timestamp_ms, price);
        }
    }

    /// Price of the latest trade.
    pub(crate) fn close(&self) -> f64 {
        self.close
    }

    /// Time of the latest trade, in milliseconds since 1970 UTC.
    pub(crate) fn last_ms(&self) -> i64 {
        self.last_ms
    }

    /// The window as a message.
    pub(crate) fn candle(&self, pair: &str, start_ms: i64, seconds: u32, closed: bool) -> Candle {
        Candle {
            pair: pair.to_owned(),
            open: self.open,
            high: self.high,
            low: self.low,
            close: self.close,
            volume: self.volume,
            trades: self.trades,
            window_start_ms: start_ms,
            window_end_ms: start_ms + length_ms(seconds),
            candle_seconds: seconds,
            closed,
        }
    }
}
