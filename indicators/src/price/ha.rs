//! Heikin-Ashi candles.

use crate::catalog::{Group, Info};
use crate::io::{OpenHighLowClose, output};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;
use serde::{Deserialize, Serialize};

/// Heikin-Ashi candles (HA): bars averaged with the ones before, so that a
/// trend shows as a run of candles of one colour.
///
/// # Formula
/// `close(t) = (o(t) + h(t) + l(t) + c(t)) / 4`,
/// `open(t) = (open(t-1) + close(t-1)) / 2`,
/// `high(t) = max(h(t), open(t), close(t))`,
/// `low(t) = min(l(t), open(t), close(t))`, where `o h l c` are the prices of
/// the bar; the first `open` is `(o + c) / 2`.
///
/// # Lookback
/// 0, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{Ha, Indicator, OpenHighLowClose};
///
/// let mut candles = Ha::new();
/// candles.update(OpenHighLowClose { open: 10.0, high: 12.0, low: 9.0, close: 11.0 });
/// let bar = OpenHighLowClose { open: 11.0, high: 13.0, low: 11.0, close: 13.0 };
/// let candle = candles.update(bar).expect("there is no lookback");
/// assert_eq!((candle.open, candle.close), (10.5, 12.0));
/// assert_eq!((candle.high, candle.low), (13.0, 10.5));
/// ```
///
/// # Source
/// Dan Valcu, "Using the Heikin-Ashi Technique", *Technical Analysis of Stocks
/// & Commodities*, February 2004.
pub type Ha = Machine<Kernel>;

impl Ha {
    /// Candles, not begun.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for Ha {
    fn default() -> Self {
        Self::new()
    }
}

output! {
    /// What [`Ha`] gives: the prices of a candle.
    HaOutput {
        /// The middle of the candle before.
        open: "outHAOpen",
        /// The highest price that the bar or the candle has.
        high: "outHAHigh",
        /// The lowest price that the bar or the candle has.
        low: "outHALow",
        /// The mean of the four prices of the bar.
        close: "outHAClose",
    }
}

/// The definition of [`Ha`].
#[derive(Clone, Debug)]
pub struct Kernel;

/// The latest candle.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    open: f64,
    close: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "HA",
        title: "Heikin-Ashi Candles",
        group: Group::Price,
        parameters: &[],
        unstable_period: true,
    };
    type Input = OpenHighLowClose;
    type Output = HaOutput;
    type State = State;

    fn new(_: &Arguments) -> Self {
        Self
    }

    fn lookback(&self) -> usize {
        0
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: OpenHighLowClose) -> HaOutput {
        let OpenHighLowClose { open, high, low, close } = bar;
        state.open =
            if clock.bar() == 0 { (open + close) / 2.0 } else { (state.open + state.close) / 2.0 };
        state.close = (open + high + low + close) / 4.0;
        let State { open, close } = *state;
        HaOutput { open, high: high.max(open).max(close), low: low.min(open).min(close), close }
    }
}
