//! Weighted moving average.

use crate::catalog::{Group, Info};
use crate::io::{Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Ring, WeightedSum, WeightedSumState, Window, lines};

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
        self.window.ring()
    }

    /// The means at several bars; each of `oldest` leaves the window for the one of
    /// `values`.
    #[inline(always)]
    pub(crate) fn block<const N: usize>(
        &self,
        state: &mut WeightedSumState,
        oldest: [f64; N],
        values: [f64; N],
    ) -> [f64; N] {
        match self.period {
            1 => values,
            _ => self.window.block(state, oldest, values).map(|sum| sum / self.weights),
        }
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
    const LOOKS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut Self::State,
        values: <Self::Input as Input>::Columns<'_>,
        averages: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        if self.period == 1 {
            return false;
        }
        let [room, _] = &mut room.scratch;
        let Some(lines) = lines(self.window.ring(), values, room) else { return false };
        let mut now = *state;
        for (line, rows) in lines {
            let averages = &mut averages[rows];
            self.window.along(&mut now, line, |row, sum| averages[row] = sum / self.weights);
        }
        if !Self::Input::are_finite(values) {
            return false;
        }
        *state = now;
        self.window.ring().extend(values.iter().copied());
        true
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.window);
    }
}
