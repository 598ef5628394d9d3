//! Chande momentum oscillator, unsmoothed.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{RollingSum, Window, ZeroRun};
use serde::{Deserialize, Serialize};

/// Chande momentum oscillator, unsmoothed (CMOU): the surplus of gains over
/// falls in relation to all moves of the last bars, in percent, as its authors
/// define it. From -100 to 100.
///
/// # Formula
/// `CMOU(t) = 100 · (G(t) - L(t)) / (G(t) + L(t))`, where `G` and `L` are the
/// sums of the last `n` gains and falls; 0 for a window that has not moved.
///
/// # Parameters
/// * `time_period` `n`: moves in the sums, 2 to 100,000, default 14.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{Cmou, Indicator};
///
/// let mut oscillator = Cmou::new(2)?;
/// assert_eq!(oscillator.update(10.0), None);
/// assert_eq!(oscillator.update(13.0), None);
/// assert_eq!(oscillator.update(12.0), Some(50.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Tushar S. Chande and Stanley Kroll, *The New Technical Trader*, 1994.
pub type Cmou = Machine<Kernel>;

impl Cmou {
    /// The oscillator over `time_period` moves.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Cmou`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    gains: RollingSum,
    losses: RollingSum,
    flat: ZeroRun,
}

/// The latest value and move, the sums, and how many moves in a row were zero.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    value: f64,
    change: f64,
    gains: f64,
    losses: f64,
    zeros: usize,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "CMOU",
        title: "Chande Momentum Oscillator (Unsmoothed)",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self {
            period,
            gains: RollingSum::new(period),
            losses: RollingSum::new(period),
            flat: ZeroRun::new(period),
        }
    }

    fn lookback(&self) -> usize {
        self.period
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        let change = if clock.bar() == 0 { 0.0 } else { value - state.value };
        state.value = value;
        state.change = change;
        self.gains.step(&mut state.gains, change.max(0.0));
        self.losses.step(&mut state.losses, (-change).max(0.0));
        if self.flat.step(&mut state.zeros, change == 0.0) {
            state.gains = 0.0;
            state.losses = 0.0;
        }
        let moves = state.gains + state.losses;
        if moves > 0.0 { 100.0 * (state.gains - state.losses) / moves } else { 0.0 }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, state: &State, _: f64) {
        self.gains.store(state.change.max(0.0));
        self.losses.store((-state.change).max(0.0));
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.gains);
        visit(&mut self.losses);
    }
}
