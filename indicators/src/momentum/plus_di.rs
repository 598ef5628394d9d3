//! Plus directional indicator.

use crate::catalog::{Group, Info};
use crate::io::HighLowClose;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::volatility::trange;
use crate::window::{DirectionalMove, WilderSum};
use serde::{Deserialize, Serialize};

/// Plus directional indicator (PLUS_DI): the part of the true range, in
/// percent, that lies above the bar before.
///
/// # Formula
/// `PLUS_DI(t) = 100 · PLUS_DM(t) / R(t)`, where
/// `R(t) = R(t-1) · (n - 1) / n + TRANGE(t)` sums the true ranges as PLUS_DM
/// sums its moves; 0 where `R` is 0. As in TA-Lib, a period of 1 gives a
/// fraction, not percent.
///
/// # Parameters
/// * `time_period` `n`: 1 to 100,000, default 14.
///
/// # Lookback
/// `n`, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, PlusDi};
///
/// let mut indicator = PlusDi::new(2)?;
/// assert_eq!(indicator.update(HighLowClose { high: 12.0, low: 9.0, close: 10.0 }), None);
/// assert_eq!(indicator.update(HighLowClose { high: 12.0, low: 9.0, close: 10.0 }), None);
/// assert_eq!(indicator.update(HighLowClose { high: 15.5, low: 10.0, close: 12.0 }), Some(50.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// J. Welles Wilder, *New Concepts in Technical Trading Systems*, 1978, section
/// IV.
pub type PlusDi = Machine<Kernel>;

impl PlusDi {
    /// The indicator over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`PlusDi`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    whole: f64,
    sum: WilderSum,
    range: trange::Kernel,
}

/// The latest bar, and the sums.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    bar: DirectionalMove,
    moves: f64,
    range: trange::State,
    ranges: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "PLUS_DI",
        title: "Plus Directional Indicator",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 1)],
        unstable_period: true,
    };
    type Input = HighLowClose;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self {
            period,
            whole: if period == 1 { 1.0 } else { 100.0 },
            sum: WilderSum::new(period),
            range: trange::Kernel,
        }
    }

    fn lookback(&self) -> usize {
        self.period
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLowClose) -> f64 {
        let (up, _) = state.bar.step(clock.bar(), bar.high, bar.low);
        let moves = self.sum.step(&mut state.moves, clock.bar(), up);
        let range = self.range.step(clock, &mut state.range, bar);
        let ranges = self.sum.step(&mut state.ranges, clock.bar(), range);
        if ranges > 0.0 { self.whole * (moves / ranges) } else { 0.0 }
    }
}
