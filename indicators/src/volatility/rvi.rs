//! Relative volatility index.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::overlap::rma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Variance, VarianceState, Window};
use serde::{Deserialize, Serialize};

/// Relative volatility index (RVI): the share of the standard deviation at
/// rising bars in that at all bars that moved, in percent. From 0 to 100; it is
/// used to confirm other signals.
///
/// # Formula
/// `RVI(t) = 100 · U(t) / (U(t) + D(t))`, where `U = RMA(u, n)` and `u(t)` is
/// the standard deviation of the last `m` values where `x(t) > x(t-1)` and 0
/// otherwise, `D` likewise where `x(t) < x(t-1)`; 50 where there was neither.
///
/// # Parameters
/// * `time_period` `n`: of the averages, 1 to 100,000, default 14.
/// * `std_dev_period` `m`: of the deviation, 2 to 100,000, default 10.
///
/// # Lookback
/// `n + m - 2`, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{Indicator, Rvi};
///
/// let mut index = Rvi::new(2, 2)?;
/// assert_eq!(index.update(10.0), None);
/// assert_eq!(index.update(13.0), None);
/// assert_eq!(index.update(12.0), Some(75.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Donald Dorsey, "The Relative Volatility Index", *Technical Analysis of
/// Stocks & Commodities*, June 1993.
pub type Rvi = Machine<Kernel>;

impl Rvi {
    /// The index of deviations over `std_dev_period` values, averaged over
    /// `time_period`.
    ///
    /// # Errors
    /// When `time_period` is not from 1 to 100,000, or `std_dev_period` not from 2
    /// to 100,000.
    pub fn new(time_period: usize, std_dev_period: usize) -> Result<Self, ParameterError> {
        let periods = [time_period, std_dev_period];
        Self::from_values(&periods.map(|period| Some(period as f64)))
    }
}

/// The definition of [`Rvi`].
#[derive(Clone, Debug)]
pub struct Kernel {
    width: usize,
    variance: Variance,
    average: rma::Kernel,
}

/// The latest value, its window, and the averages.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    value: f64,
    variance: VarianceState,
    up: rma::State,
    down: rma::State,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "RVI",
        title: "Relative Volatility Index",
        group: Group::Volatility,
        parameters: &[
            Parameter::period("time_period", 14, 1),
            Parameter::period("std_dev_period", 10, 2),
        ],
        unstable_period: true,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        let std_dev = arguments.integer(1);
        Self {
            width: std_dev,
            variance: Variance::new(std_dev),
            average: rma::Kernel::over(period),
        }
    }

    fn lookback(&self) -> usize {
        self.width - 1 + self.average.lookback()
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        let variance = self.variance.step(&mut state.variance, clock.bar(), value);
        let change = value - state.value;
        state.value = value;
        let Some(clock) = clock.since(self.width - 1) else {
            return 0.0;
        };
        let deviation = variance.sqrt();
        let up = if change > 0.0 { deviation } else { 0.0 };
        let down = if change < 0.0 { deviation } else { 0.0 };
        let up = self.average.step(clock, &mut state.up, up);
        let down = self.average.step(clock, &mut state.down, down);
        let both = up + down;
        if both == 0.0 { 50.0 } else { 100.0 * (up / both) }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &State, value: f64) {
        self.variance.store(value);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.variance);
    }
}
