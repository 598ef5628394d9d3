//! Donchian channels.

use crate::catalog::{Group, Info};
use crate::io::{HighLow, Input, output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Range, RangeState, Window};

/// Donchian channels (DONCHIAN): the highest high and the lowest low of the last
/// `n` bars, and the middle between them.
///
/// # Formula
/// `upper = MAX(high, n)`, `lower = MIN(low, n)`, `middle = (upper + lower) / 2`.
/// The current bar counts: a breakout is a price beyond the bands of the bar
/// before.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 20.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{Donchian, HighLow, Indicator};
///
/// let mut donchian = Donchian::new(2)?;
/// assert_eq!(donchian.update(HighLow { high: 5.0, low: 2.0 }), None);
/// let output = donchian.update(HighLow { high: 4.0, low: 1.0 });
/// let output = output.expect("the second bar is past the lookback");
/// assert_eq!((output.upper, output.middle, output.lower), (5.0, 3.0, 1.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Richard Donchian's four-week rule in: John J. Murphy, *Technical Analysis of
/// the Financial Markets*, 1999, chapter 9.
pub type Donchian = Machine<Kernel>;

impl Donchian {
    /// The channels over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

output! {
    /// What [`Donchian`] gives, on the scale of the prices.
    DonchianOutput {
        /// The highest high.
        upper: "outRealUpperBand",
        /// Half way between the bands.
        middle: "outRealMiddleBand",
        /// The lowest low.
        lower: "outRealLowerBand",
    }
}

/// The definition of [`Donchian`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    window: Range,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "DONCHIAN",
        title: "Donchian Channels",
        group: Group::Overlap,
        parameters: &[Parameter::period("time_period", 20, 2)],
        unstable_period: false,
    };
    type Input = HighLow;
    type Output = DonchianOutput;
    type State = RangeState;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, window: Range::new(period) }
    }

    fn lookback(&self) -> usize {
        self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut RangeState, input: HighLow) -> DonchianOutput {
        let (upper, lower) = self.window.step(clock, state, input.high, input.low);
        DonchianOutput { upper, middle: (upper + lower) / 2.0, lower }
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
