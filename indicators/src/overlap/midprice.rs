//! Midpoint price over a period.

use crate::catalog::{Group, Info};
use crate::io::{HighLow, Input};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Range, RangeState, Window};

/// Midpoint price over a period (MIDPRICE): half way between the highest high and
/// the lowest low of the last `n` bars.
///
/// # Formula
/// `MIDPRICE = (MAX(high, n) + MIN(low, n)) / 2`
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 14.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{HighLow, Indicator, MidPrice};
///
/// let mut midprice = MidPrice::new(2)?;
/// assert_eq!(midprice.update(HighLow { high: 5.0, low: 2.0 }), None);
/// assert_eq!(midprice.update(HighLow { high: 4.0, low: 1.0 }), Some(3.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// A definition: the middle of the range. No single source is known. It is the middle
/// line of a [`Donchian`](crate::Donchian) channel, and over 9 and 26 bars the conversion
/// and the base line of Goichi Hosoda's *Ichimoku Kinko Hyo*, of the late 1960s.
pub type MidPrice = Machine<Kernel>;

impl MidPrice {
    /// The midpoint of the last `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`MidPrice`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    window: Range,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "MIDPRICE",
        title: "MidPoint Price over period",
        group: Group::Overlap,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: false,
    };
    type Input = HighLow;
    type Output = f64;
    type State = RangeState;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, window: Range::new(period) }
    }

    fn lookback(&self) -> usize {
        self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut RangeState, HighLow { high, low }: HighLow) -> f64 {
        let (highest, lowest) = self.window.step(clock, state, high, low);
        (highest + lowest) / 2.0
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &RangeState, HighLow { high, low }: HighLow) {
        self.window.store(clock, state, high, low);
    }

    const HAS_COLUMNS: bool = true;

    #[inline(always)]
    fn columns(
        &mut self,
        state: &mut Self::State,
        [highs, lows]: <Self::Input as Input>::Columns<'_>,
        ready: &mut Ready,
    ) -> bool {
        self.window.columns(state, highs, lows, ready)
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.window.windows(visit);
    }
}
