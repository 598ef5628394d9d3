//! A sum over a long window that is kept up, and renewed.

use super::{Compensated, ZeroRun};
use serde::{Deserialize, Serialize};

/// Windows of up to this many bars are added up afresh at each bar, in TA-Lib's order
/// and so with its last bits; the sums of longer ones are kept up, and may differ in
/// those.
pub(crate) const AFRESH: usize = 128;

/// The sum of the values before the newest, none of which is negative, and the one
/// that will replace it: a sum that has overflowed could not be mended otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RenewedSum {
    sum: Compensated,
    /// Of the latest values, from zero on: it has never had anything taken out.
    fresh: Compensated,
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
        self.sum.add(value);
        self.fresh.add(value);
        let sum = self.sum.value();
        self.sum.add(-oldest);
        self.age = self.age.saturating_add(1);
        if self.age >= earlier {
            self.sum = self.fresh;
            (self.fresh, self.age) = (Compensated::default(), 0);
        }
        if ZeroRun::new(earlier).step(&mut self.zeros, value == 0.0) {
            self.sum = Compensated::default();
        }
        if sum < 0.0 { 0.0 } else { sum }
    }
}
