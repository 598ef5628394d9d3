//! The highest high and the lowest low of the last `n` bars.

use super::{Extreme, ExtremeState, Highest, Lowest, Window};
use serde::{Deserialize, Serialize};

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
    pub fn step(&self, state: &mut RangeState, high: f64, low: f64) -> (f64, f64) {
        (self.highs.step(&mut state.highs, high), self.lows.step(&mut state.lows, low))
    }

    /// Takes in a bar, with the state that [`step`](Self::step) has left.
    #[inline(always)]
    pub fn store(&mut self, state: &RangeState, high: f64, low: f64) {
        self.highs.store(&state.highs, high);
        self.lows.store(&state.lows, low);
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
