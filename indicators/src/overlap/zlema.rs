//! Zero-lag exponential moving average.

use crate::catalog::{Group, Info};
use crate::clock::{PIECE, RUNNING};
use crate::io::{Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::overlap::ema;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Ring, Window, fill_pairs};

/// Zero-lag exponential moving average (ZLEMA): an exponential average of values
/// that are carried on by their move over the lag of the average.
///
/// # Formula
/// `ZLEMA = EMA(2 · x(t) - x(t-l), n)` with the lag `l = (n - 1) / 2`, rounded down.
///
/// # Parameters
/// * `time_period` `n`: 1 to 100,000, default 30; 1 smooths nothing.
///
/// # Lookback
/// `l + n - 1`
///
/// # Example
/// ```
/// use indicators::{Indicator, Zlema};
///
/// let mut zlema = Zlema::new(3)?;
/// assert_eq!(zlema.lookback(), 3);
/// let last = [1.0, 2.0, 3.0, 4.0].map(|x| zlema.update(x))[3];
/// assert_eq!(last, Some(4.0)); // no lag on a straight line
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// No source of the formula itself is known. Its name is that of John F. Ehlers and Ric
/// Way, "Zero Lag (Well, Almost)", *Technical Analysis of Stocks & Commodities*,
/// November 2010, pages 30 to 35, who take the lag away with another filter: an average
/// that is corrected by its own error.
pub type Zlema = Machine<Kernel>;

impl Zlema {
    /// The average over `time_period` values.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Zlema`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    lag: usize,
    average: ema::Kernel,
    values: Ring,
}

impl Kernel {
    /// An average over `period` values, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        let lag = (period - 1) / 2;
        Self { lag, average: ema::Kernel::over(period), values: Ring::new(lag) }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "ZLEMA",
        title: "Zero-Lag Exponential Moving Average",
        group: Group::Overlap,
        parameters: &[Parameter::period("time_period", 30, 1)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = ema::State;

    fn new(arguments: &Arguments) -> Self {
        Self::over(arguments.integer(0))
    }

    fn lookback(&self) -> usize {
        self.lag + self.average.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut ema::State, value: f64) -> f64 {
        let Some(clock) = clock.since(self.lag) else { return 0.0 };
        let lagged = if self.lag == 0 { value } else { self.values.oldest() };
        self.average.step(clock, state, 2.0 * value - lagged)
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &ema::State, value: f64) {
        self.values.push(value);
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
        if self.lag == 0 {
            return false;
        }
        let average = &self.average;
        fill_pairs(&mut self.values, values, averages, state, |state, lagged, value| {
            average.step(RUNNING, state, 2.0 * value - lagged)
        })
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.values);
    }
}
