//! Weighted moving average.

use crate::catalog::{Group, Info};
use crate::clock::PIECE;
use crate::io::{Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Ring, WeightedSum, WeightedSumState, Weighting, Window, fill_pairs};

/// Weighted moving average (WMA): the mean of the last `n` values, with weights
/// that rise from 1 for the oldest to `n` for the newest.
///
/// # Formula
/// `WMA(t) = (n · x(t) + (n-1) · x(t-1) + … + x(t-n+1)) / (n · (n + 1) / 2)`
///
/// # Parameters
/// * `time_period` `n`: bars in the mean, 1 to 100,000, default 30.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{Indicator, Wma};
///
/// let mut wma = Wma::new(3)?;
/// assert_eq!(wma.update(1.0), None);
/// assert_eq!(wma.update(2.0), None);
/// assert_eq!(wma.update(7.0), Some(26.0 / 6.0));
/// assert_eq!(wma.update(1.0), Some(19.0 / 6.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// John J. Murphy, *Technical Analysis of the Financial Markets*, 1999, chapter 9.
pub type Wma = Machine<Kernel>;

impl Wma {
    /// The weighted mean of the last `time_period` values.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Wma`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    weights: f64,
    window: WeightedSum,
}

impl Kernel {
    /// A mean of `period` values, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        let weights = (period as f64) * (period + 1) as f64 / 2.0;
        Self { period, weights, window: WeightedSum::new(period) }
    }
}

/// A mean past its lookback, in a batch of an indicator that it is a part of: see
/// [`kernel::Kernel::fill`].
impl Kernel {
    /// How many values are in the mean.
    pub(crate) fn period(&self) -> usize {
        self.period
    }

    /// What the window holds.
    pub(crate) fn ring(&mut self) -> &mut Ring {
        self.window.ring_mut()
    }

    /// By what the weighted sum is divided.
    pub(crate) fn weights(&self) -> f64 {
        self.weights
    }

    /// How the values are weighted.
    pub(crate) fn weighting(&self) -> Weighting {
        self.window.weighting()
    }

    /// The mean of the window of a line that begins after `start`; see
    /// [`Weighting::over`].
    #[inline(always)]
    pub(crate) fn mean(&self, state: &mut WeightedSumState, line: &[f64], start: usize) -> f64 {
        let window = &line[start + 1..=start + self.period];
        self.weighting().over(state, line[start], window) / self.weights
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "WMA",
        title: "Weighted Moving Average",
        group: Group::Overlap,
        parameters: &[Parameter::period("time_period", 30, 1)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = WeightedSumState;

    fn new(arguments: &Arguments) -> Self {
        Self::over(arguments.integer(0))
    }

    fn lookback(&self) -> usize {
        self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut Self::State, value: f64) -> f64 {
        if self.period == 1 {
            // The sums would round.
            return value;
        }
        self.window.step(state, clock.bar(), value) / self.weights
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &Self::State, value: f64) {
        self.window.store(value);
    }

    const FILLS: bool = true;
    const PIECE: usize = 4 * PIECE;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut Self::State,
        values: <Self::Input as Input>::Columns<'_>,
        averages: &mut <Self::Output as Output>::Columns<'_>,
        _: &mut Ready,
    ) -> bool {
        if self.period == 1 {
            return false;
        }
        let (weighting, weights) = (self.window.weighting(), self.weights);
        fill_pairs(self.window.ring_mut(), values, averages, state, |state, oldest, value| {
            weighting.move_on(state, oldest, value) / weights
        })
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.window);
    }
}
