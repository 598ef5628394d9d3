//! Double exponential moving average.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::overlap::ema;
use crate::parameter::{Arguments, Parameter, ParameterError};
use serde::{Deserialize, Serialize};

/// Double exponential moving average (DEMA): an exponential average with the lag
/// of a second one, taken of the first, removed.
///
/// # Formula
/// `DEMA = 2 · EMA(x, n) - EMA(EMA(x, n), n)`
///
/// # Parameters
/// * `time_period` `n`: 1 to 100,000, default 30; 1 smooths nothing.
///
/// # Lookback
/// `2 · (n - 1)`
///
/// # Example
/// ```
/// use indicators::{Dema, Indicator};
///
/// let mut dema = Dema::new(3)?;
/// assert_eq!(dema.lookback(), 4);
/// let last = [1.0, 2.0, 3.0, 4.0, 5.0].map(|x| dema.update(x))[4];
/// assert_eq!(last, Some(5.0)); // no lag on a straight line
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Patrick G. Mulloy, *Smoothing Data with Faster Moving Averages*, Technical
/// Analysis of Stocks & Commodities, volume 12, 1994, pages 11 to 19.
pub type Dema = Machine<Kernel>;

impl Dema {
    /// The average over `time_period` values.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Dema`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    average: ema::Kernel,
}

/// The average, and the average of it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    once: ema::State,
    twice: ema::State,
}

impl Kernel {
    /// An average over `period` values, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        Self { average: ema::Kernel::over(period) }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "DEMA",
        title: "Double Exponential Moving Average",
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
        2 * self.average.lookback()
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        let once = self.average.step(clock, &mut state.once, value);
        match clock.since(self.average.lookback()) {
            Some(clock) => 2.0 * once - self.average.step(clock, &mut state.twice, once),
            None => 0.0,
        }
    }
}
