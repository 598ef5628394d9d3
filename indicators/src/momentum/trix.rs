//! Rate of change of a triple exponential average.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::momentum::roc::rate;
use crate::overlap::ema;
use crate::parameter::{Arguments, Parameter, ParameterError};
use serde::{Deserialize, Serialize};

/// TRIX: the rate of change of an exponential average that is smoothed three
/// times, in percent from bar to bar.
///
/// # Formula
/// `TRIX(t) = 100 · (E(t) / E(t-1) - 1)`, where
/// `E = EMA(EMA(EMA(x, n), n), n)`; 0 where `E(t-1)` is 0.
///
/// # Parameters
/// * `time_period` `n`: 1 to 100,000, default 30; 1 smooths nothing.
///
/// # Lookback
/// `3 · (n - 1) + 1`
///
/// # Example
/// ```
/// use indicators::{Indicator, Trix};
///
/// let mut trix = Trix::new(1)?;
/// assert_eq!(trix.update(10.0), None);
/// assert_eq!(trix.update(15.0), Some(50.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Jack K. Hutson, "Good TRIX", *Technical Analysis of Stocks & Commodities*,
/// July 1983.
pub type Trix = Machine<Kernel>;

impl Trix {
    /// The rate of change of three averages over `time_period`.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Trix`].
#[derive(Clone, Debug)]
pub struct Kernel {
    average: ema::Kernel,
}

/// The three averages.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    once: ema::State,
    twice: ema::State,
    thrice: ema::State,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "TRIX",
        title: "Rate of Change of a Triple Exponential Average",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 30, 1)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { average: ema::Kernel::rounding(period) }
    }

    fn lookback(&self) -> usize {
        3 * self.average.lookback() + 1
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        let wait = self.average.lookback();
        let once = self.average.step(clock, &mut state.once, value);
        let Some(clock) = clock.since(wait) else {
            return 0.0;
        };
        let twice = self.average.step(clock, &mut state.twice, once);
        let Some(clock) = clock.since(wait) else {
            return 0.0;
        };
        let base = state.thrice.average();
        rate(self.average.step(clock, &mut state.thrice, twice), base)
    }
}
