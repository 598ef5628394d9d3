//! Aroon.

use crate::catalog::{Group, Info};
use crate::io::{HighLow, output};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Extreme, ExtremeState, HighestAt, LowestAt, Point, Window};
use serde::{Deserialize, Serialize};

/// Aroon (AROON): how recent the lowest low and the highest high are, in
/// percent of the period: 100 when it is this bar, 0 when it is the oldest.
///
/// # Formula
/// `down(t) = 100 · (n - a(t)) / n`, where `a(t)` is how many bars ago the
/// lowest low of the last `n + 1` bars was, the latest if there are several;
/// `up` likewise of the highest high.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 14.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{Aroon, HighLow, Indicator};
///
/// let mut aroon = Aroon::new(2)?;
/// assert_eq!(aroon.update(HighLow { high: 12.0, low: 9.0 }), None);
/// assert_eq!(aroon.update(HighLow { high: 13.0, low: 10.0 }), None);
/// let output = aroon.update(HighLow { high: 12.5, low: 11.0 }).expect("the third bar is past the lookback");
/// assert_eq!((output.down, output.up), (0.0, 50.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Tushar S. Chande, "A Time Price Oscillator", *Technical Analysis of Stocks &
/// Commodities*, September 1995.
pub type Aroon = Machine<Kernel>;

impl Aroon {
    /// The ages of the extremes of `time_period` bars and the one before.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

output! {
    /// What [`Aroon`] gives, from 0 to 100.
    AroonOutput {
        /// How recent the lowest low is.
        down: "outAroonDown",
        /// How recent the highest high is.
        up: "outAroonUp",
    }
}

/// The definition of [`Aroon`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    factor: f64,
    highs: Extreme<HighestAt>,
    lows: Extreme<LowestAt>,
}

/// How many bars there were, and where the windows are.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    bars: f64,
    highs: ExtremeState<HighestAt>,
    lows: ExtremeState<LowestAt>,
}

impl Kernel {
    /// Ages within `period` bars and the one before, for use within another
    /// indicator.
    pub(crate) fn over(period: usize) -> Self {
        Self {
            period,
            factor: 100.0 / period as f64,
            highs: Extreme::new(period + 1),
            lows: Extreme::new(period + 1),
        }
    }

    /// How many bars ago the lowest low and the highest high were.
    #[inline(always)]
    pub(crate) fn ages(&self, state: &mut State, bar: HighLow) -> (f64, f64) {
        state.bars += 1.0;
        let at = |value| Point { value, bar: state.bars };
        let low = self.lows.step(&mut state.lows, at(bar.low));
        let high = self.highs.step(&mut state.highs, at(bar.high));
        (state.bars - low.bar, state.bars - high.bar)
    }

    /// What share of the period `bars` are, in percent.
    #[inline(always)]
    pub(crate) fn percent(&self, bars: f64) -> f64 {
        self.factor * bars
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "AROON",
        title: "Aroon",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: false,
    };
    type Input = HighLow;
    type Output = AroonOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        Self::over(arguments.integer(0))
    }

    fn lookback(&self) -> usize {
        self.period
    }

    #[inline(always)]
    fn step<C: Clock>(&self, _: C, state: &mut State, bar: HighLow) -> AroonOutput {
        let (low, high) = self.ages(state, bar);
        let percent = |age: f64| self.percent(self.period as f64 - age);
        AroonOutput { down: percent(low), up: percent(high) }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, state: &State, bar: HighLow) {
        let at = |value| Point { value, bar: state.bars };
        self.highs.store(&state.highs, at(bar.high));
        self.lows.store(&state.lows, at(bar.low));
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.highs);
        visit(&mut self.lows);
    }
}
