//! A sum over a long window that is kept up, and renewed before rounding gathers.

use super::ZeroRun;
use serde::{Deserialize, Serialize};

/// Windows of up to this many bars are added up afresh at each bar, in TA-Lib's order
/// and so with its last bits; the sums of longer ones are kept up, and may differ in
/// those.
pub(crate) const AFRESH: usize = 128;

/// The sum of the values before the newest, none of which is negative, and the one
/// that will replace it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RenewedSum {
    sum: f64,
    /// Of the latest values, from zero on: it has never had anything taken out.
    fresh: f64,
    /// Values in the fresh sum.
    age: usize,
    /// Zeros in a row.
    zeros: usize,
}

impl RenewedSum {
    /// The sum of `value` and the `earlier` values before it, the first of which,
    /// `oldest`, then goes.
    #[inline(always)]
    pub fn step(&mut self, earlier: usize, oldest: f64, value: f64) -> f64 {
        let sum = self.sum + value;
        self.sum = (sum - oldest).max(0.0);
        self.fresh += value;
        self.age = self.age.saturating_add(1);
        if self.age >= earlier {
            self.sum = self.fresh;
            (self.fresh, self.age) = (0.0, 0);
        }
        if ZeroRun::new(earlier).step(&mut self.zeros, value == 0.0) {
            self.sum = 0.0;
        }
        sum
    }
}
