//! The variance of the last `n` values.

use super::{Ring, SavedWindow, Window};
use serde::{Deserialize, Serialize};

/// How many lengths of the window the running sums are kept up before they are
/// taken anew, so that rounding does not gather in them.
const RENEWAL: usize = 32;

/// The values in the window but the latest.
#[derive(Clone, Debug)]
pub struct Variance {
    length: usize,
    share: f64,
    values: Ring,
}

/// Sums of the window's distances from a value near them: so the two terms whose
/// difference is the variance stay small, and few digits cancel.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Sums {
    shift: f64,
    plain: f64,
    squares: f64,
}

impl Sums {
    #[inline(always)]
    fn add(&mut self, value: f64) {
        let distance = value - self.shift;
        self.plain += distance;
        self.squares += distance * distance;
    }

    /// Takes out a value, and returns the square of its distance.
    #[inline(always)]
    fn take(&mut self, value: f64) -> f64 {
        let distance = value - self.shift;
        let square = distance * distance;
        self.plain -= distance;
        self.squares -= square;
        square
    }

    #[inline(always)]
    fn variance(&self, share: f64) -> f64 {
        let mean = self.plain * share;
        self.squares * share - mean * mean
    }
}

/// The sums without the oldest value, which goes next.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct VarianceState {
    /// Bars since the sums were new.
    age: usize,
    sums: Sums,
}

impl Variance {
    /// A window of `length` values.
    pub fn new(length: usize) -> Self {
        Self { length, share: 1.0 / length as f64, values: Ring::new(length - 1) }
    }

    /// The variance, with `n` as divisor, of the window that ends with `value`,
    /// which is the `bar`th from 0.
    #[inline(always)]
    pub fn step(&self, state: &mut VarianceState, bar: usize, value: f64) -> f64 {
        if bar == 0 {
            state.sums.shift = value;
        }
        state.sums.add(value);
        if bar < self.length - 1 {
            return 0.0;
        }
        let variance = state.sums.variance(self.share);
        let oldest = if self.length == 1 { value } else { self.values.oldest() };
        let gone = state.sums.take(oldest);
        state.age += 1;
        // Digits are lost where the window has come far from the shift, or where
        // a value that outweighed all others has gone.
        let lost =
            variance < 1e-6 * (state.sums.squares * self.share) || gone > 1e6 * state.sums.squares;
        if lost || state.age >= RENEWAL * self.length {
            let (sums, variance) = self.renew(oldest, value);
            *state = VarianceState { age: 0, sums };
            return variance;
        }
        variance
    }

    /// Takes the sums anew, from the mean of the window. The one place where the
    /// window is read as a whole: every `RENEWAL` windows, and where digits are
    /// lost.
    #[cold]
    fn renew(&self, oldest: f64, value: f64) -> (Sums, f64) {
        let window = || self.values.iter().chain([value]);
        let sum: f64 = window().fold(0.0, |sum, value| sum + value);
        let mut sums = Sums { shift: sum * self.share, ..Sums::default() };
        window().for_each(|value| sums.add(value));
        let variance = sums.variance(self.share);
        // Less than that is what rounding has left of equal values.
        let nothing = variance < 1e-12 * (sums.squares * self.share);
        sums.take(oldest);
        (sums, if nothing { 0.0 } else { variance })
    }

    /// Takes in `value`.
    #[inline(always)]
    pub fn store(&mut self, value: f64) {
        self.values.push(value);
    }
}

impl Window for Variance {
    fn save(&self) -> SavedWindow {
        self.values.save()
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        self.values.load(saved)
    }
}
