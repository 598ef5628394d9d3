//! Average directional movement index rating.

use crate::catalog::{Group, Info};
use crate::io::HighLowClose;
use crate::kernel::{self, Clock, Machine};
use crate::momentum::adx;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Ring, Window};
use serde::{Deserialize, Serialize};

/// Average directional movement index rating (ADXR): the middle of the average
/// directional movement index now and some bars ago.
///
/// # Formula
/// `ADXR(t) = (ADX(t) + ADX(t-n+1)) / 2`
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 14.
///
/// # Lookback
/// `3 · n - 2`
///
/// # Example
/// ```
/// use indicators::{Adxr, HighLowClose, Indicator};
///
/// let mut rating = Adxr::new(2)?;
/// let bar = |high: f64| HighLowClose { high, low: high - 2.0, close: high - 1.0 };
/// let last = [12.0, 13.0, 14.0, 15.0, 16.0].map(|high| rating.update(bar(high)))[4];
/// assert_eq!(last, Some(100.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// J. Welles Wilder, *New Concepts in Technical Trading Systems*, 1978, section
/// IV.
pub type Adxr = Machine<Kernel>;

impl Adxr {
    /// The rating over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Adxr`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    average: adx::Kernel,
    past: Ring,
}

/// The state of the average, and its latest value.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    average: adx::State,
    latest: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "ADXR",
        title: "Average Directional Movement Index Rating",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, average: adx::Kernel::over(period), past: Ring::new(period - 1) }
    }

    fn lookback(&self) -> usize {
        self.average.lookback() + self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLowClose) -> f64 {
        state.latest = self.average.step(clock, &mut state.average, bar);
        (state.latest + self.past.oldest()) / 2.0
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, state: &State, _: HighLowClose) {
        self.past.push(state.latest);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.past);
    }
}
