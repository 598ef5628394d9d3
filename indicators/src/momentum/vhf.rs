//! Vertical horizontal filter.

use crate::catalog::{Group, Info};
use crate::io::Input;
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{AFRESH, Range, RangeState, RenewedSum, Ring, Window};
use serde::{Deserialize, Serialize};

/// Vertical horizontal filter (VHF): the range of the last values in relation
/// to the way they went; high in a trend, low in a trading range.
///
/// # Formula
/// `VHF(t) = (H(t) - L(t)) / (d(t) + … + d(t-n+1))`, where `H` and `L` are the
/// highest and the lowest of the last `n` values and `d(t) = |x(t) - x(t-1)|`; 0
/// for a window that has not moved.
///
/// Over up to 128 bars the changes are summed anew from the oldest on, as in TA-Lib; over
/// more the sum is kept up, with what rounding takes from it, and the values differ from
/// TA-Lib's in the last bits.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 28.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{Indicator, Vhf};
///
/// let mut filter = Vhf::new(2)?;
/// assert_eq!(filter.update(10.0), None);
/// assert_eq!(filter.update(13.0), None);
/// assert_eq!(filter.update(12.0), Some(0.25));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Adam White, "The Vertical Horizontal Filter", *Futures*, August 1991.
pub type Vhf = Machine<Kernel>;

impl Vhf {
    /// The filter over `time_period` moves.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Vhf`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    changes: Ring,
    range: Range,
}

/// The latest value and change, and where the window is.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    value: f64,
    change: f64,
    way: RenewedSum,
    range: RangeState,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "VHF",
        title: "Vertical Horizontal Filter",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 28, 2)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, changes: Ring::new(period - 1), range: Range::new(period) }
    }

    fn lookback(&self) -> usize {
        self.period
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        state.change = (value - state.value).abs();
        state.value = value;
        let (highest, lowest) = self.range.step(clock, &mut state.range, value, value);
        let way = if self.period > AFRESH {
            state.way.step(self.period - 1, self.changes.oldest(), state.change)
        } else {
            self.changes.iter().sum::<f64>() + state.change
        };
        if way > 0.0 { (highest - lowest) / way } else { 0.0 }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, value: f64) {
        self.changes.push(state.change);
        self.range.store(clock, &state.range, value, value);
    }

    const HAS_COLUMNS: bool = true;

    #[inline(always)]
    fn columns(
        &mut self,
        state: &mut Self::State,
        values: <Self::Input as Input>::Columns<'_>,
        ready: &mut Ready,
    ) -> bool {
        self.range.columns(&mut state.range, values, values, ready)
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.changes);
        self.range.windows(visit);
    }
}
