//! The messages on the topics: trades, candles, and heartbeats, as Rust types.
//! Nothing here knows of Kafka.

use serde::{Deserialize, Serialize};

/// The first millisecond that no timestamp reaches: the year 10000 UTC.
pub const END_OF_TIME_MS: i64 = 253_402_300_800_000;

/// A message on a topic.
pub trait Message: Send {
    /// The contract: its Avro schema, one of the files in `schemas/`. Where the
    /// fields depend on the configuration, those that it always has.
    const SCHEMA: &'static str;

    /// The version of its schema, which travels in the header `schema` of JSON
    /// messages. It goes up when readers of the one before cannot read it.
    const SCHEMA_VERSION: u32;

    /// The record's key: what is kept in order, and has a state of its own.
    fn key(&self) -> &str;

    /// When what the message is about happened, in milliseconds since 1970 UTC, if
    /// its fields say so. Otherwise the header `event-time` does.
    fn event_time_ms(&self) -> Option<i64>;

    /// Checks what the type alone does not say.
    ///
    /// # Errors
    /// One line with the field, its value, and what was expected.
    fn validate(&self) -> Result<(), String>;
}

/// One trade on an exchange.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trade {
    /// The traded pair, base before quote: `XRP/ETH`. Also the record's key.
    pub pair: String,
    /// Price of one unit of the base currency, in the quote currency; positive.
    pub price: f64,
    /// Quantity of the base currency; positive.
    pub quantity: f64,
    /// Side of the taker, where the source tells it.
    pub side: Option<Side>,
    /// When the exchange matched the trade, in milliseconds since 1970 UTC.
    pub timestamp_ms: i64,
    /// The source's number for the trade, unique within a pair.
    pub trade_id: i64,
}

/// Side of the taker of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The taker bought.
    Buy,
    /// The taker sold.
    Sell,
}

/// A source's clock, written to every partition of the trades topic, so that
/// event time moves on when nothing is traded. The header `type: heartbeat`
/// tells it from a trade, the header `source` whose clock it is: it speaks for
/// those pairs whose latest trade carries the same `source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// The source's clock, in milliseconds since 1970 UTC: it sends no trade
    /// older than this any more.
    pub timestamp_ms: i64,
    /// The source has ended: its open candles close now, however long their
    /// windows still are.
    pub end: bool,
}

/// The candle of one pair and one window, forming or closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candle {
    /// The traded pair. Also the record's key.
    pub pair: String,
    /// Price of the first trade in the window.
    pub open: f64,
    /// Highest price in the window.
    pub high: f64,
    /// Lowest price in the window.
    pub low: f64,
    /// Price of the latest trade in the window.
    pub close: f64,
    /// Sum of the quantities, in the base currency.
    pub volume: f64,
    /// Number of trades.
    #[serde(with = "count")]
    pub trades: u64,
    /// Start of the window, inclusive, in milliseconds since 1970 UTC.
    pub window_start_ms: i64,
    /// End of the window, exclusive, in milliseconds since 1970 UTC.
    pub window_end_ms: i64,
    /// Length of the window, in seconds.
    pub candle_seconds: u32,
    /// Whether the candle is final. A forming candle is sent again as it grows.
    pub closed: bool,
}

impl Message for Trade {
    const SCHEMA: &'static str = include_str!("../../../schemas/trades.avsc");
    const SCHEMA_VERSION: u32 = 1;

    fn key(&self) -> &str {
        &self.pair
    }

    fn event_time_ms(&self) -> Option<i64> {
        Some(self.timestamp_ms)
    }

    fn validate(&self) -> Result<(), String> {
        not_empty("pair", &self.pair)?;
        positive("price", self.price)?;
        positive("quantity", self.quantity)?;
        timestamp("timestamp_ms", self.timestamp_ms)
    }
}

impl Message for Heartbeat {
    const SCHEMA: &'static str = include_str!("../../../schemas/heartbeat.avsc");
    const SCHEMA_VERSION: u32 = 1;

    fn key(&self) -> &str {
        ""
    }

    fn event_time_ms(&self) -> Option<i64> {
        Some(self.timestamp_ms)
    }

    fn validate(&self) -> Result<(), String> {
        timestamp("timestamp_ms", self.timestamp_ms)
    }
}

impl Message for Candle {
    const SCHEMA: &'static str = include_str!("../../../schemas/candles.avsc");
    const SCHEMA_VERSION: u32 = 1;

    fn key(&self) -> &str {
        &self.pair
    }

    /// Of a closed candle its end. A forming one does not say when it was last
    /// traded.
    fn event_time_ms(&self) -> Option<i64> {
        self.closed.then_some(self.window_end_ms)
    }

    fn validate(&self) -> Result<(), String> {
        not_empty("pair", &self.pair)?;
        positive("open", self.open)?;
        positive("high", self.high)?;
        positive("low", self.low)?;
        positive("close", self.close)?;
        if !(self.volume.is_finite() && self.volume >= 0.0) {
            return Err(format!("volume is {}, expected zero or more", self.volume));
        }
        for (field, price) in [("open", self.open), ("close", self.close)] {
            if !(self.low..=self.high).contains(&price) {
                return Err(format!(
                    "{field} is {price}, expected low {} to high {}",
                    self.low, self.high
                ));
            }
        }
        timestamp("window_start_ms", self.window_start_ms)?;
        let length = i64::from(self.candle_seconds) * 1000;
        if length == 0 || self.window_end_ms != self.window_start_ms + length {
            return Err(format!(
                "window_end_ms is {}, expected window_start_ms {} plus candle_seconds {}",
                self.window_end_ms, self.window_start_ms, self.candle_seconds
            ));
        }
        Ok(())
    }
}

fn not_empty(field: &str, value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Err(format!("{field} is empty"));
    }
    Ok(())
}

fn positive(field: &str, value: f64) -> Result<(), String> {
    if !(value.is_finite() && value > 0.0) {
        return Err(format!("{field} is {value}, expected a positive number"));
    }
    Ok(())
}

fn timestamp(field: &str, value: i64) -> Result<(), String> {
    if !(0..END_OF_TIME_MS).contains(&value) {
        return Err(format!(
            "{field} is {value}, expected milliseconds since 1970, before the year 10000"
        ));
    }
    Ok(())
}

/// A count as Avro knows it, which has no unsigned numbers; JSON shows no
/// difference.
mod count {
    use serde::de::{Deserialize, Deserializer, Error as _};
    use serde::ser::{Error as _, Serializer};

    pub(super) fn serialize<S: Serializer>(count: &u64, to: S) -> Result<S::Ok, S::Error> {
        let number = i64::try_from(*count);
        to.serialize_i64(number.map_err(|_| S::Error::custom("the count is beyond 2^63"))?)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let number = i64::deserialize(from)?;
        let problem = || D::Error::custom(format!("the count is {number}, expected 0 or more"));
        u64::try_from(number).map_err(|_| problem())
    }
}
