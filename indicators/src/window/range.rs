//! The highest high and the lowest low of the last `n` bars.

use super::{Extreme, ExtremeState, Highest, Lowest, Window};
use crate::clock::{Clock, Ready};
use serde::{Deserialize, Serialize};

/// The columns in which a range is made ready.
const HIGHEST: usize = 0;
const LOWEST: usize = 1;

/// The highs and the lows in the window.
#[derive(Clone, Debug)]
pub struct Range {
    highs: Extreme<Highest>,
    lows: Extreme<Lowest>,
}

/// Where the two windows are.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct RangeState {
    highs: ExtremeState<Highest>,
    lows: ExtremeState<Lowest>,
}

impl Range {
    /// A window of `length` bars.
    pub fn new(length: usize) -> Self {
        Self { highs: Extreme::new(length), lows: Extreme::new(length) }
    }

    /// The highest high and the lowest low of the window that ends with `high`
    /// and `low`.
    #[inline(always)]
    pub fn step<C: Clock>(
        &self,
        clock: C,
        state: &mut RangeState,
        high: f64,
        low: f64,
    ) -> (f64, f64) {
        if let (Some(highest), Some(lowest)) = (clock.ready(HIGHEST), clock.ready(LOWEST)) {
            return (highest, lowest);
        }
        (self.highs.step(&mut state.highs, high), self.lows.step(&mut state.lows, low))
    }

    /// Takes in a bar, with the state that [`step`](Self::step) has left.
    #[inline(always)]
    pub fn store<C: Clock>(&mut self, clock: C, state: &RangeState, high: f64, low: f64) {
        if !clock.is_prepared() {
            self.highs.store(&state.highs, high);
            self.lows.store(&state.lows, low);
        }
    }

    /// Makes the highest highs and the lowest lows of many bars ready at one
    /// go. See [`Kernel::columns`](crate::kernel::Kernel::columns).
    #[inline(always)]
    pub fn columns(
        &mut self,
        state: &mut RangeState,
        highs: &[f64],
        lows: &[f64],
        ready: &mut Ready,
    ) -> bool {
        let Ready { columns: [highest, lowest, ..], scratch } = ready;
        let rows = highs.len();
        let (Some(highest), Some(lowest)) = (highest.get_mut(..rows), lowest.get_mut(..rows))
        else {
            return false;
        };
        self.highs.columns(&mut state.highs, highs, highest, scratch);
        self.lows.columns(&mut state.lows, lows, lowest, scratch);
        true
    }

    /// Shows both windows to `visit`.
    pub fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.highs);
        visit(&mut self.lows);
    }
}

/// What `high` is above `low`; 0 where that is no more than rounding leaves of
/// prices of this size, as in TA-Lib.
#[inline(always)]
pub(crate) fn spread(high: f64, low: f64) -> f64 {
    let spread = high - low;
    if spread <= 1e-14 * (high.abs() + low.abs()) { 0.0 } else { spread }
}
