//! Relative strength index.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Moves, MovesState};

/// Relative strength index (RSI): the share of the gains in all moves, in
/// percent, smoothed by Wilder's average. From 0 to 100; above 70 a market is
/// called overbought, below 30 oversold.
///
/// # Formula
/// `RSI(t) = 100 · G(t) / (G(t) + L(t))`, where the average gain
/// `G(t) = (G(t-1) · (n - 1) + max(x(t) - x(t-1), 0)) / n`, the average loss `L`
/// likewise of the falls, and both begin as the means of the first `n` moves. A
/// series that has not moved at all has 0, as in TA-Lib.
///
/// # Parameters
/// * `time_period` `n`: moves in the average, 2 to 100,000, default 14.
///
/// # Lookback
/// `n`, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{Indicator, Rsi};
///
/// let mut rsi = Rsi::new(2)?;
/// assert_eq!(rsi.update(10.0), None);
/// assert_eq!(rsi.update(12.0), None);
/// assert_eq!(rsi.update(10.0), Some(50.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// J. Welles Wilder, *New Concepts in Technical Trading Systems*, 1978, section VI.
pub type Rsi = Machine<Kernel>;

impl Rsi {
    /// The index over `time_period` moves.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Rsi`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    moves: Moves,
    share: f64,
}

impl Kernel {
    /// The index over `period` moves, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        Self { moves: Moves::new(period), share: 1.0 / period as f64 }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "RSI",
        title: "Relative Strength Index",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: true,
    };
    type Input = f64;
    type Output = f64;
    type State = MovesState;

    fn new(arguments: &Arguments) -> Self {
        Self::over(arguments.integer(0))
    }

    fn lookback(&self) -> usize {
        self.moves.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut MovesState, value: f64) -> f64 {
        let (gain, loss) = self.moves.step(state, clock.bar(), value, |sum| sum * self.share);
        let moves = gain + loss;
        if moves == 0.0 { 0.0 } else { 100.0 * (gain / moves) }
    }
}
