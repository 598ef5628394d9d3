//! Exponential moving average.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use serde::{Deserialize, Serialize};

/// Exponential moving average (EMA): each value weighs less than the next one
/// by the same factor.
///
/// # Formula
/// `EMA(t) = EMA(t-1) + 2 / (n + 1) · (x(t) - EMA(t-1))`, where the first EMA is
/// the mean of the first `n` values.
///
/// # Parameters
/// * `time_period` `n`: 1 to 100,000, default 30; 1 smooths nothing.
///
/// # Lookback
/// `n - 1`, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{Ema, Indicator};
///
/// let mut ema = Ema::new(3)?;
/// assert_eq!(ema.update(1.0), None);
/// assert_eq!(ema.update(2.0), None);
/// assert_eq!(ema.update(6.0), Some(3.0));
/// assert_eq!(ema.update(5.0), Some(4.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// John J. Murphy, *Technical Analysis of the Financial Markets*, 1999, chapter 9.
pub type Ema = Machine<Kernel>;

impl Ema {
    /// The exponential mean over `time_period` values.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Ema`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    weight: f64,
    /// Smooths nothing: the formula would round.
    copies: bool,
}

/// The sum of the first values until there are enough of them, then the average.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    average: f64,
}

impl Kernel {
    /// An average over `period` values, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        Self { copies: period == 1, ..Self::rounding(period) }
    }

    /// The same, but as it comes out of the formula where it smooths nothing.
    pub(crate) fn rounding(period: usize) -> Self {
        Self::weighing(period, 2.0 / (period + 1) as f64)
    }

    /// An average that begins as the mean of `period` values, and of which each
    /// new value then makes up `weight`.
    pub(crate) fn weighing(period: usize, weight: f64) -> Self {
        Self { period, weight, copies: false }
    }
}

impl State {
    /// The latest average.
    pub(crate) fn average(&self) -> f64 {
        self.average
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "EMA",
        title: "Exponential Moving Average",
        group: Group::Overlap,
        parameters: &[Parameter::period("time_period", 30, 1)],
        unstable_period: true,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        Self::over(arguments.integer(0))
    }

    fn lookback(&self) -> usize {
        self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        if clock.bar() >= self.period {
            // Fused, as in TA-Lib's C library.
            state.average = self.weight.mul_add(value - state.average, state.average);
        } else {
            state.average += value;
            if clock.bar() == self.period - 1 {
                state.average /= self.period as f64;
            }
        }
        // Chosen here, the state need not wait for it.
        if self.copies { value } else { state.average }
    }
}
