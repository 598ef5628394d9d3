//! The sum of the last `n` values with weights that rise from 1 to `n`.

use super::{Ring, SavedWindow, Window};
use serde::{Deserialize, Serialize};

/// How many lengths of the window the running sums are kept up before they are
/// replaced by fresh ones, in which no rounding has gathered.
const RENEWAL: usize = 8;

/// The values in the window.
#[derive(Clone, Debug)]
pub struct WeightedSum {
    length: usize,
    /// The highest weight: the length.
    weight: f64,
    values: Ring,
}

/// A plain and a weighted sum of the same values.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Sums {
    plain: f64,
    weighted: f64,
}

impl Sums {
    #[inline(always)]
    fn add(&mut self, value: f64, weight: usize) {
        self.plain += value;
        self.weighted += value * weight as f64;
    }
}

/// The sums, and those that will replace them.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct WeightedSumState {
    /// Bars since the sums were new.
    age: usize,
    sums: Sums,
    fresh: Sums,
}

impl WeightedSum {
    /// A window of `length` values.
    pub fn new(length: usize) -> Self {
        Self { length, weight: length as f64, values: Ring::new(length) }
    }

    /// The weighted sum of the window that ends with `value`, which is the
    /// `bar`th from 0.
    #[inline(always)]
    pub fn step(&self, state: &mut WeightedSumState, bar: usize, value: f64) -> f64 {
        if bar < self.length {
            state.sums.add(value, bar + 1);
            state.age = 1;
            if bar + 1 == self.length {
                return self.take_out(state);
            }
            return state.sums.weighted;
        }
        self.move_on(state, self.values.oldest(), value)
    }

    /// The weighted sum of a full window that `oldest` leaves for `value`.
    #[inline(always)]
    fn move_on(&self, state: &mut WeightedSumState, oldest: f64, value: f64) -> f64 {
        state.sums.plain += value;
        state.sums.plain -= oldest;
        state.sums.weighted += value * self.weight;
        state.age += 1;
        // The fresh sums grow over the last window before they are needed, so
        // that no window is read twice.
        if let Some(weight) = state.age.checked_sub((RENEWAL - 1) * self.length) {
            if weight == 1 {
                state.fresh = Sums::default();
            }
            if weight > 0 {
                state.fresh.add(value, weight);
            }
            if weight >= self.length {
                state.age = 0;
                state.sums = state.fresh;
            }
        }
        self.take_out(state)
    }

    /// Lowers every weight by one, for the next bar.
    #[inline(always)]
    fn take_out(&self, state: &mut WeightedSumState) -> f64 {
        let sum = state.sums.weighted;
        state.sums.weighted -= state.sums.plain;
        sum
    }

    /// The weighted sums at several bars of a full window; each of `oldest` leaves it
    /// for the one of `values`.
    #[inline(always)]
    pub(crate) fn block<const N: usize>(
        &self,
        state: &mut WeightedSumState,
        oldest: [f64; N],
        values: [f64; N],
    ) -> [f64; N] {
        let mut sums = [0.0; N];
        for (sum, (oldest, value)) in sums.iter_mut().zip(oldest.into_iter().zip(values)) {
            *sum = self.move_on(state, oldest, value);
        }
        sums
    }

    /// The weighted sums of the windows that end with the values of a line after its first
    /// `length`: `put` is given the number of each, from 0, and the sum.
    #[inline(always)]
    pub(crate) fn along(
        &self,
        state: &mut WeightedSumState,
        line: &[f64],
        mut put: impl FnMut(usize, f64),
    ) {
        let Some(values) = line.get(self.length..) else { return };
        let until_fresh = (RENEWAL - 1) * self.length;
        let mut row = 0;
        while row < values.len() {
            // As far as no fresh sums grow, there is nothing to ask.
            let end = values.len().min(row + until_fresh.saturating_sub(state.age));
            state.age += end - row;
            let Sums { mut plain, mut weighted } = state.sums;
            let steps = line[row..end].iter().zip(&values[row..end]);
            for (at, (oldest, value)) in (row..end).zip(steps) {
                plain += value;
                plain -= oldest;
                weighted += value * self.weight;
                put(at, weighted);
                weighted -= plain;
            }
            state.sums = Sums { plain, weighted };
            row = end;
            while row < values.len() && state.age >= until_fresh {
                put(row, self.move_on(state, line[row], values[row]));
                row += 1;
            }
        }
    }

    /// The values.
    pub(crate) fn ring(&mut self) -> &mut Ring {
        &mut self.values
    }

    /// Takes in `value`.
    #[inline(always)]
    pub fn store(&mut self, value: f64) {
        self.values.push(value);
    }
}

impl Window for WeightedSum {
    fn save(&self) -> SavedWindow {
        self.values.save()
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        self.values.load(saved)
    }
}
