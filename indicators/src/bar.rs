//! The bar that every indicator can read, and the series that can be taken
//! from one.

use serde::{Deserialize, Serialize};

/// One bar (candle): prices in the quote currency, volume in the base currency.
///
/// All five fields are finite: [`Bar::new`] is the only way to make one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawBar")]
pub struct Bar {
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: f64,
}

/// A field of a bar that no indicator can work with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{field} is {value}, expected a finite number")]
pub struct BarError {
    /// Which field: `open`, `high`, `low`, `close` or `volume`.
    pub field: &'static str,
    /// What it held.
    pub value: f64,
}

impl Bar {
    /// Makes a bar.
    ///
    /// # Errors
    /// Names the first field that is NaN or infinite. That the low is no higher
    /// than the high is not asked for: TA-Lib computes with such bars too.
    pub fn new(open: f64, high: f64, low: f64, close: f64, volume: f64) -> Result<Self, BarError> {
        let fields =
            [("open", open), ("high", high), ("low", low), ("close", close), ("volume", volume)];
        match fields.into_iter().find(|(_, value)| !value.is_finite()) {
            Some((field, value)) => Err(BarError { field, value }),
            None => Ok(Self { open, high, low, close, volume }),
        }
    }

    /// Price at the start.
    pub fn open(&self) -> f64 {
        self.open
    }

    /// Highest price.
    pub fn high(&self) -> f64 {
        self.high
    }

    /// Lowest price.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// Price at the end, or the latest one while the bar forms.
    pub fn close(&self) -> f64 {
        self.close
    }

    /// Quantity traded.
    pub fn volume(&self) -> f64 {
        self.volume
    }
}

/// What a bar looks like before it is checked.
#[derive(Deserialize)]
struct RawBar {
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: f64,
}

impl TryFrom<RawBar> for Bar {
    type Error = BarError;

    fn try_from(raw: RawBar) -> Result<Self, BarError> {
        Self::new(raw.open, raw.high, raw.low, raw.close, raw.volume)
    }
}

/// A series that can be read from bars: a field, or a mean of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Source {
    /// The opening price.
    Open,
    /// The highest price.
    High,
    /// The lowest price.
    Low,
    /// The closing price.
    Close,
    /// The volume.
    Volume,
    /// `(high + low) / 2`
    Hl2,
    /// `(high + low + close) / 3`
    Hlc3,
    /// `(open + high + low + close) / 4`
    Ohlc4,
}

impl Source {
    /// Every source.
    pub const ALL: [Source; 8] = [
        Source::Open,
        Source::High,
        Source::Low,
        Source::Close,
        Source::Volume,
        Source::Hl2,
        Source::Hlc3,
        Source::Ohlc4,
    ];

    /// Its name in an expression.
    pub fn name(self) -> &'static str {
        match self {
            Source::Open => "open",
            Source::High => "high",
            Source::Low => "low",
            Source::Close => "close",
            Source::Volume => "volume",
            Source::Hl2 => "hl2",
            Source::Hlc3 => "hlc3",
            Source::Ohlc4 => "ohlc4",
        }
    }

    /// Its value in one bar.
    #[inline]
    pub fn of(self, bar: &Bar) -> f64 {
        match self {
            Source::Open => bar.open,
            Source::High => bar.high,
            Source::Low => bar.low,
            Source::Close => bar.close,
            Source::Volume => bar.volume,
            Source::Hl2 => (bar.high + bar.low) / 2.0,
            Source::Hlc3 => (bar.high + bar.low + bar.close) / 3.0,
            Source::Ohlc4 => (bar.open + bar.high + bar.low + bar.close) / 4.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_with_a_field_that_is_not_finite_is_refused_by_name() {
        assert_eq!(
            Bar::new(1.0, 2.0, f64::NEG_INFINITY, 1.5, 0.0).unwrap_err().to_string(),
            "low is -inf, expected a finite number"
        );
        assert_eq!(Bar::new(1.0, 2.0, 0.5, 1.5, f64::NAN).unwrap_err().field, "volume");
    }
}
