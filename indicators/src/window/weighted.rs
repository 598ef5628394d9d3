//! The sum of the last `n` values with weights that rise from 1 to `n`.

use super::{Ring, SavedWindow, Window};
use serde::{Deserialize, Serialize};

/// How many lengths of the window the running sums are kept up before they are
/// replaced by fresh ones, in which no rounding has gathered.
const RENEWAL: usize = 8;

/// The values in the window.
#[derive(Clone, Debug)]
pub struct WeightedSum {
    weighting: Weighting,
    values: Ring,
}

/// How the values are weighted, which follows from their number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weighting {
    length: usize,
    /// The highest weight: the length.
    weight: f64,
}

/// A plain and a weighted sum of the same values.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sums {
    plain: f64,
    weighted: f64,
}

impl Sums {
    /// The sums of values whose weights rise from 1.
    fn of(values: &[f64]) -> Self {
        let (mut sums, mut weight) = (Self::default(), 0.0);
        for value in values {
            weight += 1.0;
            sums.add(*value, weight);
        }
        sums
    }

    #[inline(always)]
    fn add(&mut self, value: f64, weight: f64) {
        self.plain += value;
        self.weighted += value * weight;
    }

    /// The weighted sum, before every weight is lowered by one for the next bar.
    #[inline(always)]
    fn lower(&mut self) -> f64 {
        let sum = self.weighted;
        self.weighted -= self.plain;
        sum
    }
}

/// The sums, and those that will replace them.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct WeightedSumState {
    /// Bars since the sums were new.
    pub(crate) age: usize,
    pub(crate) sums: Sums,
    fresh: Sums,
}

impl WeightedSum {
    /// A window of `length` values.
    pub fn new(length: usize) -> Self {
        let weighting = Weighting { length, weight: length as f64 };
        Self { weighting, values: Ring::new(length) }
    }

    /// The weighted sum of the window that ends with `value`, which is the
    /// `bar`th from 0.
    #[inline(always)]
    pub fn step(&self, state: &mut WeightedSumState, bar: usize, value: f64) -> f64 {
        let length = self.weighting.length;
        if bar < length {
            state.sums.add(value, (bar + 1) as f64);
            state.age = 1;
            if bar + 1 == length {
                return state.sums.lower();
            }
            return state.sums.weighted;
        }
        self.weighting.move_on(state, self.values.oldest(), value)
    }

    /// How the values are weighted.
    pub(crate) fn weighting(&self) -> Weighting {
        self.weighting
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

impl Weighting {
    /// The weighted sum of a full window that `oldest` leaves for `value`.
    #[inline(always)]
    pub(crate) fn move_on(&self, state: &mut WeightedSumState, oldest: f64, value: f64) -> f64 {
        self.replace(&mut state.sums, oldest, value);
        state.age += 1;
        // The fresh sums grow over the last window before they are needed, so
        // that no window is read twice.
        if let Some(weight) = state.age.checked_sub((RENEWAL - 1) * self.length) {
            if weight == 1 {
                state.fresh = Sums::default();
            }
            if weight > 0 {
                state.fresh.add(value, weight as f64);
            }
            if weight >= self.length {
                state.age = 0;
                state.sums = state.fresh;
            }
        }
        state.sums.lower()
    }

    /// Puts `value` in the place of `oldest`, which has no weight any more.
    #[inline(always)]
    fn replace(&self, sums: &mut Sums, oldest: f64, value: f64) {
        sums.plain += value;
        sums.plain -= oldest;
        sums.weighted += value * self.weight;
    }

    /// The weighted sum of a full window that `oldest` leaves for `value`, where `sums` are
    /// not replaced.
    #[inline(always)]
    pub(crate) fn next(&self, sums: &mut Sums, oldest: f64, value: f64) -> f64 {
        self.replace(sums, oldest, value);
        sums.lower()
    }

    /// How many bars come before the one at which the sums are replaced.
    #[inline(always)]
    pub(crate) fn until_renewal(&self, state: &WeightedSumState) -> usize {
        (RENEWAL * self.length).saturating_sub(state.age + 1)
    }

    /// Like [`move_on`](Self::move_on) for a full `window`, which is not the one that is kept
    /// here: [`settle`](Self::settle) has to follow.
    #[inline(always)]
    pub(crate) fn over(&self, state: &mut WeightedSumState, oldest: f64, window: &[f64]) -> f64 {
        if self.until_renewal(state) == 0 {
            state.fresh = Sums::of(window);
            (state.sums, state.age) = (state.fresh, 0);
        } else if let Some(value) = window.last() {
            self.replace(&mut state.sums, oldest, *value);
            state.age += 1;
        }
        state.sums.lower()
    }

    /// Adds up the sums that will replace those of now, as far as they have grown; the last
    /// values are those of `line`.
    pub(crate) fn settle(&self, state: &mut WeightedSumState, line: &[f64]) {
        let grown = state.age.saturating_sub((RENEWAL - 1) * self.length);
        if grown > 0 {
            state.fresh = Sums::of(&line[line.len() - grown..]);
        }
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
