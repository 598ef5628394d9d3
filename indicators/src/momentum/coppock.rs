//! Coppock curve.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::momentum::roc::rate;
use crate::overlap::wma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Ring, WeightedSumState, Window};
use serde::{Deserialize, Serialize};

/// Coppock curve (COPPOCK): a weighted mean of two rates of change together.
///
/// # Formula
/// `COPPOCK = WMA(ROC(x, a) + ROC(x, b), n)`
///
/// # Parameters
/// * `wma_period` `n`: 1 to 100,000, default 10.
/// * `roc1period` `a`: 1 to 100,000, default 11.
/// * `roc2period` `b`: 1 to 100,000, default 14.
///
/// # Lookback
/// The longer of `a` and `b`, and `n - 1`.
///
/// # Example
/// ```
/// use indicators::{Coppock, Indicator};
///
/// let mut curve = Coppock::new(1, 1, 2)?;
/// assert_eq!(curve.update(8.0), None);
/// assert_eq!(curve.update(8.0), None);
/// assert_eq!(curve.update(12.0), Some(100.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Edwin S. C. Coppock, in *Barron's*, October 1962.
pub type Coppock = Machine<Kernel>;

impl Coppock {
    /// The mean of `wma_period` sums of two rates of change.
    ///
    /// # Errors
    /// When a period is not from 1 to 100,000.
    pub fn new(
        wma_period: usize,
        roc1period: usize,
        roc2period: usize,
    ) -> Result<Self, ParameterError> {
        let periods = [wma_period, roc1period, roc2period];
        Self::from_values(&periods.map(|period| Some(period as f64)))
    }
}

/// The definition of [`Coppock`].
#[derive(Clone, Debug)]
pub struct Kernel {
    lags: (usize, usize),
    past: Ring,
    mean: wma::Kernel,
}

/// The latest rates of change together, and their mean.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    rates: f64,
    mean: WeightedSumState,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "COPPOCK",
        title: "Coppock Curve",
        group: Group::Momentum,
        parameters: &[
            Parameter::period("wma_period", 10, 1),
            Parameter::period("roc1period", 11, 1),
            Parameter::period("roc2period", 14, 1),
        ],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let wma = arguments.integer(0);
        let lags = (arguments.integer(1), arguments.integer(2));
        Self { lags, past: Ring::new(lags.0.max(lags.1)), mean: wma::Kernel::over(wma) }
    }

    fn lookback(&self) -> usize {
        self.lags.0.max(self.lags.1) + self.mean.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        state.rates =
            rate(value, self.past.ago(self.lags.0)) + rate(value, self.past.ago(self.lags.1));
        match clock.since(self.lags.0.max(self.lags.1)) {
            Some(clock) => self.mean.step(clock, &mut state.mean, state.rates),
            None => 0.0,
        }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, value: f64) {
        self.past.push(value);
        self.mean.store(clock, &state.mean, state.rates);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.past);
        self.mean.windows(visit);
    }
}
