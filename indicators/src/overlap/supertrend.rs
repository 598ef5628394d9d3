//! SuperTrend.

use crate::catalog::{Group, Info};
use crate::io::{HighLowClose, output};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::volatility::atr;
use serde::{Deserialize, Serialize};
use std::hint::select_unpredictable;

/// SuperTrend (SUPERTREND): a stop that follows the price at a distance of some
/// average true ranges, below it in an uptrend and above it in a downtrend.
///
/// # Formula
/// The bands are `(high + low) / 2 ± k · ATR(n)`. The upper one only falls, until
/// a close above it; the lower one only rises, until a close below it. A close
/// below the lower band ends an uptrend, a close above the upper band a
/// downtrend. As in TA-Lib, the first trend is up.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 10.
/// * `multiplier` `k`: 0 to 3e37, default 3.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, SuperTrend};
///
/// let mut supertrend = SuperTrend::new(2, 1.0)?;
/// let bar = HighLowClose { high: 5.0, low: 3.0, close: 4.0 };
/// assert_eq!(supertrend.update(bar), None);
/// assert_eq!(supertrend.update(bar), None);
/// let output = supertrend.update(bar).expect("the third bar is past the lookback");
/// assert_eq!((output.supertrend, output.trend), (2.0, 1));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Attributed to Olivier Seban; a publication of his with its rules is not known. The
/// first trend and the order of the rules are TA-Lib's.
pub type SuperTrend = Machine<Kernel>;

impl SuperTrend {
    /// A stop `multiplier` average true ranges over `time_period` bars away.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000, or the multiplier not from 0 to
    /// 3e37.
    pub fn new(time_period: usize, multiplier: f64) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64), Some(multiplier)])
    }
}

output! {
    /// What [`SuperTrend`] gives.
    SuperTrendOutput {
        /// The stop, on the scale of the prices.
        supertrend: "outSupertrend",
        /// 1 in an uptrend, -1 in a downtrend.
        trend: i32 "outTrend",
    }
}

/// The definition of [`SuperTrend`].
#[derive(Clone, Debug)]
pub struct Kernel {
    range: atr::Kernel,
    multiplier: f64,
}

/// The average true range, the bands, the latest close, and the trend.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    range: atr::State,
    upper: f64,
    lower: f64,
    close: f64,
    falling: bool,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "SUPERTREND",
        title: "SuperTrend",
        group: Group::Overlap,
        parameters: &[
            Parameter::period("time_period", 10, 2),
            Parameter::real("multiplier", 3.0, 0.0, 3e37),
        ],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = SuperTrendOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let range = atr::Kernel::over(arguments.integer(0));
        Self { range, multiplier: arguments.real(1) }
    }

    fn lookback(&self) -> usize {
        self.range.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, input: HighLowClose) -> SuperTrendOutput {
        let HighLowClose { high, low, close } = input;
        let distance = self.multiplier * self.range.step(clock, &mut state.range, input);
        let middle = (high + low) / 2.0;
        let (upper, lower) = (middle + distance, middle - distance);
        let first = clock.bar() <= self.lookback();
        let tighter = first | (upper < state.upper) | (state.close > state.upper);
        state.upper = select_unpredictable(tighter, upper, state.upper);
        let tighter = first | (lower > state.lower) | (state.close < state.lower);
        state.lower = select_unpredictable(tighter, lower, state.lower);
        state.falling = match state.falling {
            true => close <= state.upper,
            false => !first && close < state.lower,
        };
        state.close = close;
        match state.falling {
            true => SuperTrendOutput { supertrend: state.upper, trend: -1 },
            false => SuperTrendOutput { supertrend: state.lower, trend: 1 },
        }
    }
}
