//! Average true range.

use crate::catalog::{Group, Info};
use crate::clock::RUNNING;
use crate::io::{HighLowClose, Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::overlap::rma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::volatility::trange;
use serde::{Deserialize, Serialize};

/// Average true range (ATR): Wilder's average of the true range.
///
/// # Formula
/// `ATR(t) = ((n - 1) · ATR(t-1) + TRANGE(t)) / n`, where the first is the mean
/// of the first `n` true ranges.
///
/// # Parameters
/// * `time_period` `n`: true ranges in the average, 1 to 100,000, default 14; 1
///   smooths nothing.
///
/// # Lookback
/// `n`, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{Atr, HighLowClose, Indicator};
///
/// let mut range = Atr::new(2)?;
/// assert_eq!(range.update(HighLowClose { high: 12.0, low: 9.0, close: 10.0 }), None);
/// assert_eq!(range.update(HighLowClose { high: 12.0, low: 10.0, close: 11.0 }), None);
/// assert_eq!(range.update(HighLowClose { high: 15.0, low: 12.0, close: 15.0 }), Some(3.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// J. Welles Wilder, *New Concepts in Technical Trading Systems*, 1978, section
/// III.
pub type Atr = Machine<Kernel>;

impl Atr {
    /// The average over `time_period` true ranges.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Atr`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    range: trange::Kernel,
    average: rma::Kernel,
}

/// The true range, and its average.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    range: trange::State,
    average: rma::State,
}

impl Kernel {
    /// An average over `period` true ranges, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        Self { range: trange::Kernel, average: rma::Kernel::over(period) }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "ATR",
        title: "Average True Range",
        group: Group::Volatility,
        parameters: &[Parameter::period("time_period", 14, 1)],
        unstable_period: true,
    };
    type Input = HighLowClose;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        Self::over(arguments.integer(0))
    }

    fn lookback(&self) -> usize {
        1 + self.average.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLowClose) -> f64 {
        let range = self.range.step(clock, &mut state.range, bar);
        match clock.since(1) {
            Some(clock) => self.average.step(clock, &mut state.average, range),
            None => 0.0,
        }
    }

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut State,
        bars: <Self::Input as Input>::Columns<'_>,
        averages: &mut <Self::Output as Output>::Columns<'_>,
        _: &mut Ready,
    ) -> bool {
        let mut average = state.average;
        let filled = self.range.carry(state.range, bars, averages, &mut average, |average, range| {
            self.average.step(RUNNING, average, range)
        });
        let Some(range) = filled else { return false };
        *state = State { range, average };
        true
    }
}
