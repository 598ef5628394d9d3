//! Forecast oscillator.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Regression, RegressionState, Window};
use serde::{Deserialize, Serialize};

/// Forecast oscillator (FOSC): how far the value is above what the line through
/// the values before it has forecast, in percent of the value.
///
/// # Formula
/// `FOSC(t) = 100 · (x(t) - f(t)) / x(t)`, where `f(t)` is the height at bar
/// `t` of the straight line that is nearest, by least squares, to the `n`
/// values before it; 0 where `x(t)` is 0.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 5.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{Fosc, Indicator};
///
/// let mut oscillator = Fosc::new(2)?;
/// assert_eq!(oscillator.update(1.0), None);
/// assert_eq!(oscillator.update(2.0), None);
/// assert_eq!(oscillator.update(4.0), Some(25.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Tushar S. Chande and Stanley Kroll, *The New Technical Trader*, 1994.
pub type Fosc = Machine<Kernel>;

impl Fosc {
    /// The distance from what `time_period` values forecast.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Fosc`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    line: Regression,
}

/// The sums of the line, and what it forecasts for the next bar.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    line: RegressionState,
    forecast: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "FOSC",
        title: "Forecast Oscillator",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 5, 2)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, line: Regression::new(period) }
    }

    fn lookback(&self) -> usize {
        self.period
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        let forecast = state.forecast;
        let (slope, start) = self.line.step(&mut state.line, clock.bar(), value);
        // Fused, as in TA-Lib's C library.
        state.forecast = slope.mul_add(self.period as f64, start);
        if value == 0.0 { 0.0 } else { 100.0 * (value - forecast) / value }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &State, value: f64) {
        self.line.store(value);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.line);
    }
}
