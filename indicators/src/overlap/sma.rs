//! Simple moving average.

use crate::catalog::{Group, Info};
use crate::clock::PIECE;
use crate::io::{Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Ring, Window, fill_pairs};
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

impl State {
    /// The sum when `oldest` leaves the window for `value`.
    #[inline(always)]
    fn move_on(&mut self, oldest: f64, value: f64) -> f64 {
        // In TA-Lib's order: others differ in the last bits.
        self.sum -= oldest;
        self.sum += value;
        self.sum
    }
}

impl Kernel {
    /// A mean of `period` values, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        Self { period: period as f64, window: Ring::new(period) }
    }

    /// What the window holds.
    pub(crate) fn ring(&self) -> &Ring {
        &self.window
    }

    /// What the window holds, to change it.
    pub(crate) fn ring_mut(&mut self) -> &mut Ring {
        &mut self.window
    }

    /// The means at several bars past the lookback, in a batch of an indicator that this
    /// is a part of; each of `oldest` leaves the window for the one of `values`.
    #[inline(always)]
    pub(crate) fn block<const N: usize>(
        &self,
        state: &mut State,
        oldest: [f64; N],
        values: [f64; N],
    ) -> [f64; N] {
        let mut sums = [0.0; N];
        for (slot, (oldest, value)) in sums.iter_mut().zip(oldest.into_iter().zip(values)) {
            *slot = state.move_on(oldest, value);
        }
        sums.map(|sum| sum / self.period)
    }
}

impl Kernel {
    /// The means at all bars past the lookback of a column, and their windows taken in, in a
    /// batch of an indicator that this is a part of. `false`, and nothing changed, when the
    /// values are not finite.
    #[inline(always)]
    pub(crate) fn means(&mut self, state: &mut State, values: &[f64], means: &mut [f64]) -> bool {
        let period = self.period;
        fill_pairs(&mut self.window, values, means, state, |state, oldest, value| {
            state.move_on(oldest, value) / period
        })
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
        // Dividing is TA-Lib's way: a multiplication differs in the last bits.
        state.move_on(self.window.oldest(), value) / self.period
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &State, value: f64) {
        self.window.push(value);
    }

    const FILLS: bool = true;
    const PIECE: usize = 4 * PIECE;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut State,
        values: <Self::Input as Input>::Columns<'_>,
        averages: &mut <Self::Output as Output>::Columns<'_>,
        _: &mut Ready,
    ) -> bool {
        self.means(state, values, averages)
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.window);
    }
}
