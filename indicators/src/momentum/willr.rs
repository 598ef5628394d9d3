//! Williams' %R.

use crate::catalog::{Group, Info};
use crate::io::{HighLowClose, Input};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Range, RangeState, Window, spread};

/// Williams' %R (WILLR): how far the close is below the highest high, in
/// percent of the range of the last bars. From -100 to 0.
///
/// # Formula
/// `WILLR(t) = -100 · (H(t) - close(t)) / (H(t) - L(t))`, where `H` is the
/// highest high and `L` the lowest low of the last `n` bars; 0 where they are
/// the same.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 14.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, Willr};
///
/// let mut percent = Willr::new(2)?;
/// assert_eq!(percent.update(HighLowClose { high: 12.0, low: 8.0, close: 10.0 }), None);
/// assert_eq!(percent.update(HighLowClose { high: 12.0, low: 9.0, close: 11.0 }), Some(-25.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Larry R. Williams, *How I Made One Million Dollars Last Year Trading
/// Commodities*, 1973.
pub type Willr = Machine<Kernel>;

impl Willr {
    /// The place of the close in the range of `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Willr`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    range: Range,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "WILLR",
        title: "Williams' %R",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = f64;
    type State = RangeState;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, range: Range::new(period) }
    }

    fn lookback(&self) -> usize {
        self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut Self::State, bar: HighLowClose) -> f64 {
        let (highest, lowest) = self.range.step(clock, state, bar.high, bar.low);
        let range = spread(highest, lowest);
        if range == 0.0 { 0.0 } else { (highest - bar.close) / range * -100.0 }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &Self::State, bar: HighLowClose) {
        self.range.store(clock, state, bar.high, bar.low);
    }

    const HAS_COLUMNS: bool = true;

    #[inline(always)]
    fn columns(
        &mut self,
        state: &mut Self::State,
        [highs, lows, _]: <Self::Input as Input>::Columns<'_>,
        ready: &mut Ready,
    ) -> bool {
        self.range.columns(state, highs, lows, ready)
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.range.windows(visit);
    }
}
