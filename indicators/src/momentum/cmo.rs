//! Chande momentum oscillator.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Moves, MovesState};

/// Chande momentum oscillator (CMO): the surplus of gains over falls in
/// relation to all moves, in percent, smoothed by Wilder's average as TA-Lib
/// does. From -100 to 100.
///
/// # Formula
/// `CMO(t) = 100 · (G(t) - L(t)) / (G(t) + L(t))`, where the average gain
/// `G(t) = (G(t-1) · (n - 1) + max(x(t) - x(t-1), 0)) / n`, the average loss
/// `L` likewise of the falls, and both begin as the means of the first `n`
/// moves; 0 for a series that has not moved.
///
/// # Parameters
/// * `time_period` `n`: moves in the average, 2 to 100,000, default 14.
///
/// # Lookback
/// `n`, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{Cmo, Indicator};
///
/// let mut oscillator = Cmo::new(2)?;
/// assert_eq!(oscillator.update(10.0), None);
/// assert_eq!(oscillator.update(13.0), None);
/// assert_eq!(oscillator.update(12.0), Some(50.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Tushar S. Chande and Stanley Kroll, *The New Technical Trader*, 1994.
pub type Cmo = Machine<Kernel>;

impl Cmo {
    /// The oscillator over `time_period` moves.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Cmo`].
#[derive(Clone, Debug)]
pub struct Kernel {
    moves: Moves,
    period: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "CMO",
        title: "Chande Momentum Oscillator",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: true,
    };
    type Input = f64;
    type Output = f64;
    type State = MovesState;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { moves: Moves::new(period), period: period as f64 }
    }

    fn lookback(&self) -> usize {
        self.moves.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut Self::State, value: f64) -> f64 {
        let (gain, loss) = self.moves.step(state, clock.bar(), value, |sum| sum / self.period);
        let moves = gain + loss;
        if moves == 0.0 { 0.0 } else { 100.0 * ((gain - loss) / moves) }
    }
}
