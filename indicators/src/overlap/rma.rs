//! Wilder's moving average.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use serde::{Deserialize, Serialize};

/// Wilder's smoothed moving average (RMA): an exponential average in which the
/// newest value weighs `1 / n`.
///
/// # Formula
/// `RMA(t) = (RMA(t-1) · (n - 1) + x(t)) / n`, where the first RMA is the mean of
/// the first `n` values.
///
/// # Parameters
/// * `time_period` `n`: 1 to 100,000, default 30; 1 smooths nothing.
///
/// # Lookback
/// `n - 1`, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{Indicator, Rma};
///
/// let mut rma = Rma::new(2)?;
/// assert_eq!(rma.update(1.0), None);
/// assert_eq!(rma.update(3.0), Some(2.0));
/// assert_eq!(rma.update(6.0), Some(4.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// J. Welles Wilder, *New Concepts in Technical Trading Systems*, 1978.
pub type Rma = Machine<Kernel>;

impl Rma {
    /// Wilder's average over `time_period` values.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Rma`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    kept: f64,
    /// From `kept`, so that the two add up to exactly 1.
    weight: f64,
}

/// The sum of the first values until there are enough of them, then the average.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    average: f64,
}

impl Kernel {
    /// An average over `period` values, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        let kept = (period - 1) as f64 / period as f64;
        Self { period, kept, weight: 1.0 - kept }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "RMA",
        title: "Wilder's Smoothed Moving Average",
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
            state.average = self.kept.mul_add(state.average, self.weight * value);
        } else {
            state.average += value;
            if clock.bar() == self.period - 1 {
                state.average /= self.period as f64;
            }
        }
        state.average
    }
}
