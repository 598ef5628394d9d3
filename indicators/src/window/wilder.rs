//! Wilder's running sums, and the directional moves that he sums.

use serde::{Deserialize, Serialize};

/// Wilder's running sum: that of the first values, then every new value drives
/// out one part in `n` of the sum. The state is the sum itself.
#[derive(Clone, Debug)]
pub struct WilderSum {
    period: usize,
}

impl WilderSum {
    /// A sum over `period` values.
    pub fn new(period: usize) -> Self {
        Self { period }
    }

    /// The sum with `value`, which comes at `bar`. A series of moves has its
    /// first value at bar 1, so that the sum is whole one bar before `period`.
    #[inline(always)]
    pub fn step(&self, sum: &mut f64, bar: usize, value: f64) -> f64 {
        if bar >= self.period {
            *sum -= *sum / self.period as f64;
        }
        *sum += value;
        *sum
    }
}

/// The part of a bar that lies outside the one before it, above or below: the
/// larger of the two counts, the other is zero. Holds the latest bar.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct DirectionalMove {
    high: f64,
    low: f64,
}

impl DirectionalMove {
    /// The moves up and down of the bar with `high` and `low`; none at the first
    /// bar.
    #[inline(always)]
    pub fn step(&mut self, bar: usize, high: f64, low: f64) -> (f64, f64) {
        let (up, down) = (high - self.high, self.low - low);
        *self = Self { high, low };
        if bar == 0 {
            (0.0, 0.0)
        } else {
            (
                if up > down && up > 0.0 { up } else { 0.0 },
                if down > up && down > 0.0 { down } else { 0.0 },
            )
        }
    }
}
