//! Minus directional movement.

use crate::catalog::{Group, Info};
use crate::io::HighLow;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{DirectionalMove, WilderSum};
use serde::{Deserialize, Serialize};

/// Minus directional movement (MINUS_DM): how far the bars reach below the ones
/// before them, summed the way Wilder does.
///
/// # Formula
/// `MINUS_DM(t) = MINUS_DM(t-1) · (n - 1) / n + m(t)`, where `m(t)` is
/// `low(t-1) - low(t)` if that is positive and above `high(t) - high(t-1)`, and
/// 0 otherwise. The first value is the sum of `n - 1` moves.
///
/// # Parameters
/// * `time_period` `n`: 1 to 100,000, default 14; 1 gives each move itself.
///
/// # Lookback
/// `n - 1`, and 1 at least; and the unstable period.
///
/// # Example
/// ```
/// use indicators::{HighLow, Indicator, MinusDm};
///
/// let mut movement = MinusDm::new(2)?;
/// assert_eq!(movement.update(HighLow { high: 12.0, low: 9.0 }), None);
/// assert_eq!(movement.update(HighLow { high: 13.0, low: 7.0 }), Some(2.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// J. Welles Wilder, *New Concepts in Technical Trading Systems*, 1978, section
/// IV.
pub type MinusDm = Machine<Kernel>;

impl MinusDm {
    /// The sum over `time_period` moves.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`MinusDm`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    sum: WilderSum,
}

/// The latest bar, and the sum.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    bar: DirectionalMove,
    sum: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "MINUS_DM",
        title: "Minus Directional Movement",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 1)],
        unstable_period: true,
    };
    type Input = HighLow;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, sum: WilderSum::new(period) }
    }

    fn lookback(&self) -> usize {
        1.max(self.period - 1)
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLow) -> f64 {
        let (_, down) = state.bar.step(clock.bar(), bar.high, bar.low);
        self.sum.step(&mut state.sum, clock.bar(), down)
    }
}
