//! Kaufman efficiency ratio.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Ring, RollingSum, Window, ZeroRun};
use serde::{Deserialize, Serialize};

/// Kaufman efficiency ratio (ER): how much of the way the value went has
/// brought it forward, from 0 to 1.
///
/// # Formula
/// `ER(t) = |x(t) - x(t-n)| / (|x(t) - x(t-1)| + … + |x(t-n+1) - x(t-n)|)`, and
/// 1 for a window that has not moved.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 10.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{Er, Indicator};
///
/// let mut ratio = Er::new(2)?;
/// assert_eq!(ratio.update(10.0), None);
/// assert_eq!(ratio.update(13.0), None);
/// assert_eq!(ratio.update(12.0), Some(0.5));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Perry J. Kaufman, *Smarter Trading*, 1995.
pub type Er = Machine<Kernel>;

impl Er {
    /// The ratio over `time_period` moves.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Er`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    past: Ring,
    changes: RollingSum,
    flat: ZeroRun,
}

/// The latest value and change, the sum of changes, and how many in a row were
/// zero.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    value: f64,
    change: f64,
    path: f64,
    zeros: usize,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "ER",
        title: "Kaufman Efficiency Ratio",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 10, 2)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self {
            period,
            past: Ring::new(period),
            changes: RollingSum::new(period),
            flat: ZeroRun::new(period),
        }
    }

    fn lookback(&self) -> usize {
        self.period
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        state.change = if clock.bar() == 0 { 0.0 } else { (value - state.value).abs() };
        state.value = value;
        self.changes.step(&mut state.path, state.change);
        if self.flat.step(&mut state.zeros, state.change == 0.0) {
            state.path = 0.0;
        }
        let way = (value - self.past.oldest()).abs();
        // Rounding can leave the path a little shorter.
        if state.path <= way { 1.0 } else { way / state.path }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, state: &State, value: f64) {
        self.past.push(value);
        self.changes.store(state.change);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.past);
        visit(&mut self.changes);
    }
}
