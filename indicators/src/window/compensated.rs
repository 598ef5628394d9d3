//! A sum that keeps what rounding takes from it.

use super::Item;
use serde::{Deserialize, Serialize};

/// A running sum and all that rounding has taken from it, so that a value that goes
/// leaves nothing behind of what it was larger than: after 1e12 has come and gone, the
/// sum of what is left is as exact as before.
///
/// The error of an addition is itself a number, which the additions of D. E. Knuth,
/// *The Art of Computer Programming*, volume 2, 4.2.2, theorem B, find; that it is added
/// up apart is A. Neumaier's, "Rundungsfehleranalyse einiger Verfahren zur Summation
/// endlicher Summen", *ZAMM* 54, 1974.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Compensated {
    sum: f64,
    lost: f64,
}

impl Compensated {
    /// Adds `value`.
    #[inline(always)]
    pub fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        let added = sum - self.sum;
        self.lost += (self.sum - (sum - added)) + (value - added);
        self.sum = sum;
    }

    /// The sum, rounded once.
    #[inline(always)]
    pub fn value(self) -> f64 {
        self.sum + self.lost
    }

    /// What has been added since the sum was `earlier`.
    #[inline(always)]
    pub fn since(self, earlier: Self) -> f64 {
        (self.sum - earlier.sum) + (self.lost - earlier.lost)
    }
}

impl Item for Compensated {
    const WIDTH: usize = 2;
    const ZERO: Self = Self { sum: 0.0, lost: 0.0 };

    fn save(self, numbers: &mut Vec<f64>) {
        numbers.extend([self.sum, self.lost]);
    }

    fn load(numbers: &[f64]) -> Option<Self> {
        let [sum, lost] = numbers.try_into().ok()?;
        Some(Self { sum, lost })
    }
}
