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
        let oldest = if self.length == 1 { value } else { self.values.oldest() };
        self.finish(state, oldest, || self.values.iter().chain([value]))
    }

    /// The variance of a `window` whose latest value has been added, and whose oldest goes
    /// next.
    #[inline(always)]
    fn finish<W: Iterator<Item = f64>>(
        &self,
        state: &mut VarianceState,
        oldest: f64,
        window: impl Fn() -> W,
    ) -> f64 {
        let variance = state.sums.variance(self.share);
        let gone = state.sums.take(oldest);
        state.age += 1;
        if self.loses(variance, gone, state.sums.squares) || state.age >= RENEWAL * self.length {
            let (sums, variance) = self.renew(oldest, window);
            *state = VarianceState { age: 0, sums };
            return variance;
        }
        variance
    }

    /// Whether digits are lost: where the window has come far from the shift, or where a
    /// value that outweighed all others has gone.
    #[inline(always)]
    fn loses(&self, variance: f64, gone: f64, squares: f64) -> bool {
        (variance < 1e-6 * (squares * self.share)) | (gone > 1e6 * squares)
    }

    /// Takes the sums anew, from the mean of the window. The one place where the
    /// window is read as a whole: every `RENEWAL` windows, and where digits are
    /// lost.
    #[cold]
    fn renew<W: Iterator<Item = f64>>(&self, oldest: f64, window: impl Fn() -> W) -> (Sums, f64) {
        let sum: f64 = window().fold(0.0, |sum, value| sum + value);
        let mut sums = Sums { shift: sum * self.share, ..Sums::default() };
        window().for_each(|value| sums.add(value));
        let variance = sums.variance(self.share);
        // Less than that is what rounding has left of equal values.
        let nothing = variance < 1e-12 * (sums.squares * self.share);
        sums.take(oldest);
        (sums, if nothing { 0.0 } else { variance })
    }

    /// The variance of a full window.
    #[inline(always)]
    pub(crate) fn over(&self, state: &mut VarianceState, window: &[f64]) -> f64 {
        let (Some(oldest), Some(value)) = (window.first(), window.last()) else { return 0.0 };
        state.sums.add(*value);
        self.finish(state, *oldest, || window.iter().copied())
    }

    /// The variances of several full windows, which end with `values`; each of `oldest`
    /// is the first of one of them. `None`, and nothing done, where sums have to be taken
    /// anew: [`over`](Self::over) does.
    #[inline(always)]
    pub(crate) fn block<const N: usize>(
        &self,
        state: &mut VarianceState,
        oldest: [f64; N],
        values: [f64; N],
    ) -> Option<[f64; N]> {
        if state.age + N >= RENEWAL * self.length {
            return None;
        }
        let Sums { shift, mut plain, mut squares } = state.sums;
        let (come, gone) = (values.map(|x| x - shift), oldest.map(|x| x - shift));
        let (squares_come, squares_gone) = (come.map(|x| x * x), gone.map(|x| x * x));
        let (mut plains, mut all_squares, mut left) = ([0.0; N], [0.0; N], [0.0; N]);
        for lane in 0..N {
            plain += come[lane];
            squares += squares_come[lane];
            (plains[lane], all_squares[lane]) = (plain, squares);
            plain -= gone[lane];
            squares -= squares_gone[lane];
            left[lane] = squares;
        }
        let (mut variances, mut lost) = ([0.0; N], false);
        for lane in 0..N {
            let sums = Sums { shift, plain: plains[lane], squares: all_squares[lane] };
            variances[lane] = sums.variance(self.share);
            lost |= self.loses(variances[lane], squares_gone[lane], left[lane]);
        }
        if lost {
            return None;
        }
        *state = VarianceState { age: state.age + N, sums: Sums { shift, plain, squares } };
        Some(variances)
    }

    /// The values.
    pub(crate) fn ring_mut(&mut self) -> &mut Ring {
        &mut self.values
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
