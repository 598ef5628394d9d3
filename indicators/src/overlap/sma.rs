//! Simple moving average.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Ring, Window};
use serde::{Deserialize, Serialize};

/// Simple moving average (SMA): the mean of the last `n` values.
///
/// # Formula
/// `SMA(t) = (x(t) + x(t-1) + … + x(t-n+1)) / n`
///
/// # Parameters
/// * `time_period` `n`: bars in the mean, 1 to 100,000, default 30.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{Indicator, Sma};
///
/// let mut sma = Sma::new(3)?;
/// assert_eq!(sma.update(1.0), None);
/// assert_eq!(sma.update(2.0), None);
/// assert_eq!(sma.update(6.0), Some(3.0));
/// assert_eq!(sma.update(7.0), Some(5.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// John J. Murphy, *Technical Analysis of the Financial Markets*, 1999, chapter 9.
pub type Sma = Machine<Kernel>;

impl Sma {
    /// The mean of the last `time_period` values.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Sma`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    period: f64,
    window: Ring,
}

/// The sum of the window.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    sum: f64,
}

impl Kernel {
    /// A mean of `period` values, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        Self { period: period as f64, window: Ring::new(period) }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "SMA",
        title: "Simple Moving Average",
        group: Group::Overlap,
        parameters: &[Parameter::period("time_period", 30, 1)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        Self::over(arguments.integer(0))
    }

    fn lookback(&self) -> usize {
        self.window.length() - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, _: C, state: &mut State, value: f64) -> f64 {
        // Subtracting first and dividing are TA-Lib's order: other orders
        // differ in the last bits.
        state.sum -= self.window.oldest();
        state.sum += value;
        state.sum / self.period
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &State, value: f64) {
        self.window.push(value);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.window);
    }
}
