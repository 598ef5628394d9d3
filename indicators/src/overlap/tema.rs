//! Triple exponential moving average.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::overlap::ema;
use crate::parameter::{Arguments, Parameter, ParameterError};
use serde::{Deserialize, Serialize};

/// Triple exponential moving average (TEMA): an exponential average with the lag
/// of a second and a third one, each taken of the one before, removed.
///
/// # Formula
/// `TEMA = 3 · E1 - 3 · E2 + E3`, where `E1 = EMA(x, n)`, `E2 = EMA(E1, n)` and
/// `E3 = EMA(E2, n)`.
///
/// # Parameters
/// * `time_period` `n`: 1 to 100,000, default 30; 1 smooths nothing.
///
/// # Lookback
/// `3 · (n - 1)`
///
/// # Example
/// ```
/// use indicators::{Indicator, Tema};
///
/// let mut tema = Tema::new(3)?;
/// assert_eq!(tema.lookback(), 6);
/// let last = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0].map(|x| tema.update(x))[6];
/// assert_eq!(last, Some(7.0)); // no lag on a straight line
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Patrick G. Mulloy, *Smoothing Data with Less Lag*, Technical Analysis of
/// Stocks & Commodities, volume 12, 1994, pages 72 to 80.
pub type Tema = Machine<Kernel>;

impl Tema {
    /// The average over `time_period` values.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Tema`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    average: ema::Kernel,
}

/// The average, the average of it, and the average of that.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    once: ema::State,
    twice: ema::State,
    thrice: ema::State,
}

impl Kernel {
    /// An average over `period` values, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        Self { period, average: ema::Kernel::over(period) }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "TEMA",
        title: "Triple Exponential Moving Average",
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
        3 * self.average.lookback()
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        if self.period == 1 {
            // The formula would round.
            return value;
        }
        let lookback = self.average.lookback();
        let once = self.average.step(clock, &mut state.once, value);
        let Some(second) = clock.since(lookback) else { return 0.0 };
        let twice = self.average.step(second, &mut state.twice, once);
        let Some(third) = clock.since(2 * lookback) else { return 0.0 };
        let thrice = self.average.step(third, &mut state.thrice, twice);
        thrice + (3.0 * once - 3.0 * twice)
    }
}
