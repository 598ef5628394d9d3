//! Wilder's averages of the rises and the falls of a series.

use serde::{Deserialize, Serialize};

/// The average rise and the average fall from one value to the next. Both begin
/// as the means of the first `n` moves; then each new move counts for one part
/// in `n`.
#[derive(Clone, Debug)]
pub struct Moves {
    period: usize,
}

/// The latest value, and the sums of rises and falls until there are enough of
/// them, then their averages.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct MovesState {
    previous: f64,
    rise: f64,
    fall: f64,
}

impl Moves {
    /// Averages over `period` moves.
    pub fn new(period: usize) -> Self {
        Self { period }
    }

    /// How many values come before the first averages.
    pub fn lookback(&self) -> usize {
        self.period
    }

    /// The average rise and the average fall at `value`, which comes at `bar`.
    /// `part` is one part in `n` of a number, rounded as the caller needs it.
    #[inline(always)]
    pub fn step(
        &self,
        state: &mut MovesState,
        bar: usize,
        value: f64,
        part: impl Fn(f64) -> f64,
    ) -> (f64, f64) {
        let change = if bar == 0 { 0.0 } else { value - state.previous };
        state.previous = value;
        let (rise, fall) = if change < 0.0 { (0.0, -change) } else { (change, 0.0) };
        if bar > self.period {
            let kept = (self.period - 1) as f64;
            state.rise = part(state.rise * kept + rise);
            state.fall = part(state.fall * kept + fall);
        } else {
            state.rise += rise;
            state.fall += fall;
            if bar == self.period {
                state.rise = part(state.rise);
                state.fall = part(state.fall);
            }
        }
        (state.rise, state.fall)
    }
}
