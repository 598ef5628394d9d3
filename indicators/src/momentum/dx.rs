//! Directional movement index.

use crate::catalog::{Group, Info};
use crate::io::HighLowClose;
use crate::kernel::{self, Clock, Kernel as _, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::volatility::trange;
use crate::window::{DirectionalMove, WilderSum};
use serde::{Deserialize, Serialize};

/// Directional movement index (DX): how far one of the two directional
/// indicators is ahead of the other, in percent of both.
///
/// # Formula
/// `DX = 100 · |PLUS_DI - MINUS_DI| / (PLUS_DI + MINUS_DI)`. Where there is no
/// movement, it keeps its value, and begins with 0.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 14.
///
/// # Lookback
/// `n`, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{Dx, HighLowClose, Indicator};
///
/// let mut index = Dx::new(2)?;
/// assert_eq!(index.update(HighLowClose { high: 12.0, low: 9.0, close: 10.0 }), None);
/// assert_eq!(index.update(HighLowClose { high: 13.0, low: 9.0, close: 10.0 }), None);
/// assert_eq!(index.update(HighLowClose { high: 13.0, low: 9.0, close: 12.0 }), Some(100.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// J. Welles Wilder, *New Concepts in Technical Trading Systems*, 1978, section
/// IV.
pub type Dx = Machine<Kernel>;

impl Dx {
    /// The index over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// In percent of the true range; what is below counts as none, as in TA-Lib.
const LEAST_MOVEMENT: f64 = 1e-14;

/// The definition of [`Dx`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    /// The bar of the first value that is given.
    first: usize,
    sum: WilderSum,
    range: trange::Kernel,
}

/// The latest bar, the sums, and the index.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    bar: DirectionalMove,
    up: f64,
    down: f64,
    range: trange::State,
    ranges: f64,
    index: f64,
}

impl Kernel {
    /// An index over `period` bars, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        Self { period, first: period, sum: WilderSum::new(period), range: trange::Kernel }
    }

    /// The index of this bar alone; `None` where there is no movement.
    #[inline(always)]
    pub(crate) fn direction<C: Clock>(
        &self,
        clock: C,
        state: &mut State,
        bar: HighLowClose,
    ) -> Option<f64> {
        let (up, down) = state.bar.step(clock.bar(), bar.high, bar.low);
        let range = self.range.step(clock, &mut state.range, bar);
        let ranges = self.sum.step(&mut state.ranges, clock.bar(), range);
        let up = 100.0 * (self.sum.step(&mut state.up, clock.bar(), up) / ranges);
        let down = 100.0 * (self.sum.step(&mut state.down, clock.bar(), down) / ranges);
        let both = up + down;
        // Also false where there was no range, and both are not numbers.
        (both >= LEAST_MOVEMENT).then(|| 100.0 * ((down - up).abs() / both))
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "DX",
        title: "Directional Movement Index",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: true,
    };
    type Input = HighLowClose;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let over = Self::over(arguments.integer(0));
        Self { first: over.first + arguments.unstable_period(), ..over }
    }

    fn lookback(&self) -> usize {
        self.period
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLowClose) -> f64 {
        if clock.bar() <= self.first {
            state.index = 0.0;
        }
        if let Some(index) = self.direction(clock, state, bar) {
            state.index = index;
        }
        state.index
    }
}
