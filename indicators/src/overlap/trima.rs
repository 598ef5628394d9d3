//! Triangular moving average.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Ring, Window};
use serde::{Deserialize, Serialize};

/// Triangular moving average (TRIMA): the mean of the last `n` values, with
/// weights that rise towards the middle of the window and fall again.
///
/// # Formula
/// `TRIMA = SMA(SMA(x, n/2), n/2 + 1)` where `n` is even, and
/// `SMA(SMA(x, (n+1)/2), (n+1)/2)` where it is odd.
///
/// # Parameters
/// * `time_period` `n`: bars in the mean, 1 to 100,000, default 30.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{Indicator, Trima};
///
/// let mut trima = Trima::new(3)?;
/// assert_eq!(trima.update(1.0), None);
/// assert_eq!(trima.update(2.0), None);
/// assert_eq!(trima.update(7.0), Some(3.0)); // (1 + 2 · 2 + 7) / 4
/// assert_eq!(trima.update(4.0), Some(5.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Steven B. Achelis, *Technical Analysis from A to Z*, 1995, 'Moving averages'.
pub type Trima = Machine<Kernel>;

impl Trima {
    /// The triangular mean of the last `time_period` values.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Trima`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    /// Values in the half whose weights fall.
    half: usize,
    share: f64,
    window: Ring,
}

/// The weighted sum, and the plain sums of the halves whose weights rise and fall.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    weighted: f64,
    rising: f64,
    falling: f64,
}

impl Kernel {
    /// A mean of `period` values, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        let half = period / 2;
        let weights = period.div_ceil(2) as f64 * (half + 1) as f64;
        Self { period, half, share: 1.0 / weights, window: Ring::new(period) }
    }

    /// The sums of the first window. TA-Lib adds up the rising half from the
    /// middle outwards, which the last bits depend on, so it waits for the whole.
    #[cold]
    fn first(&self, value: f64) -> State {
        let mut state = State::default();
        for bars in self.half..self.period {
            state.rising += if bars == 0 { value } else { self.window.ago(bars) };
            state.weighted += state.rising;
        }
        for bars in (0..self.half).rev() {
            state.falling += if bars == 0 { value } else { self.window.ago(bars) };
            state.weighted += state.falling;
        }
        state
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "TRIMA",
        title: "Triangular Moving Average",
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
        self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        if self.period == 1 {
            return value;
        }
        if clock.bar() == self.period - 1 {
            *state = self.first(value);
        } else if clock.bar() >= self.period {
            let middle = self.window.ago(self.half);
            state.weighted -= state.rising;
            state.rising -= self.window.oldest();
            state.rising += middle;
            if self.period % 2 == 1 {
                state.weighted += state.falling;
                state.falling -= middle;
            } else {
                state.falling -= middle;
                state.weighted += state.falling;
            }
            state.falling += value;
            state.weighted += value;
        }
        state.weighted * self.share
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &State, value: f64) {
        self.window.push(value);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.window);
    }
}
