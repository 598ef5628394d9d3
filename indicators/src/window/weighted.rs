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

    /// Puts `value` in the place of `oldest`, which has no weight any more.
    #[inline(always)]
    pub(crate) fn replace(&mut self, oldest: f64, value: f64, weight: f64) {
        self.plain += value;
        self.plain -= oldest;
        self.weighted += value * weight;
    }

    /// The weighted sum, before every weight is lowered by one for the next bar.
    #[inline(always)]
    pub(crate) fn lower(&mut self) -> f64 {
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
        Self { length, weight: length as f64, values: Ring::new(length) }
    }

    /// The weighted sum of the window that ends with `value`, which is the
    /// `bar`th from 0.
    #[inline(always)]
    pub fn step(&self, state: &mut WeightedSumState, bar: usize, value: f64) -> f64 {
        if bar < self.length {
            state.sums.add(value, (bar + 1) as f64);
            state.age = 1;
            if bar + 1 == self.length {
                return state.sums.lower();
            }
            return state.sums.weighted;
        }
        self.move_on(state, self.values.oldest(), value)
    }

    /// The weighted sum of a full window that `oldest` leaves for `value`.
    #[inline(always)]
    fn move_on(&self, state: &mut WeightedSumState, oldest: f64, value: f64) -> f64 {
        state.sums.replace(oldest, value, self.weight);
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

    /// How many bars come before the one at which the sums are replaced.
    #[inline(always)]
    pub(crate) fn until_renewal(&self, state: &WeightedSumState) -> usize {
        (RENEWAL * self.length).saturating_sub(state.age + 1)
    }

    /// Like [`step`](Self::step) for a full `window`, which is not the one that is kept
    /// here: [`settle`](Self::settle) has to follow.
    #[inline(always)]
    pub(crate) fn over(&self, state: &mut WeightedSumState, oldest: f64, window: &[f64]) -> f64 {
        if self.until_renewal(state) == 0 {
            state.fresh = Sums::of(window);
            (state.sums, state.age) = (state.fresh, 0);
        } else if let Some(value) = window.last() {
            state.sums.replace(oldest, *value, self.weight);
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

    /// The highest weight.
    pub(crate) fn weight(&self) -> f64 {
        self.weight
    }

    /// The weighted sums at any number of bars of a full window, which one of `oldest`
    /// leaves for one of `values` at each: `put` is given the number of each bar, from 0,
    /// and the sum.
    #[inline(always)]
    pub(crate) fn along(
        &self,
        state: &mut WeightedSumState,
        oldest: &[f64],
        values: &[f64],
        mut put: impl FnMut(usize, f64),
    ) {
        let rows = values.len().min(oldest.len());
        let mut row = 0;
        while row < rows {
            let (calm, growing) = self.run(state);
            let end = rows.min(row + calm.max(growing).max(1));
            let (oldest, values) = (&oldest[row..end], &values[row..end]);
            let put = |at, sum| put(row + at, sum);
            if calm > 0 {
                self.calmly(state, oldest, values, put);
            } else if growing > 0 {
                self.growing(state, oldest, values, put);
            } else {
                let mut put = put;
                put(0, self.move_on(state, oldest[0], values[0]));
            }
            row = end;
        }
    }

    /// At how many bars no fresh sums grow; and if there are none, at how many they grow
    /// without being needed.
    #[inline(always)]
    fn run(&self, state: &WeightedSumState) -> (usize, usize) {
        match ((RENEWAL - 1) * self.length).saturating_sub(state.age) {
            0 => (0, (RENEWAL * self.length).saturating_sub(state.age + 1)),
            calm => (calm, 0),
        }
    }

    /// Bars at which no fresh sums grow.
    #[inline(always)]
    fn calmly(
        &self,
        state: &mut WeightedSumState,
        oldest: &[f64],
        values: &[f64],
        mut put: impl FnMut(usize, f64),
    ) {
        let mut sums = state.sums;
        for (row, (oldest, value)) in oldest.iter().zip(values).enumerate() {
            sums.replace(*oldest, *value, self.weight);
            put(row, sums.lower());
        }
        state.sums = sums;
        state.age += values.len();
    }

    /// Bars at which fresh sums grow, but are not needed yet.
    #[inline(always)]
    fn growing(
        &self,
        state: &mut WeightedSumState,
        oldest: &[f64],
        values: &[f64],
        mut put: impl FnMut(usize, f64),
    ) {
        let grown = state.age - (RENEWAL - 1) * self.length;
        let mut fresh = if grown == 0 { Sums::default() } else { state.fresh };
        let (mut sums, mut weight) = (state.sums, grown as f64);
        for (row, (oldest, value)) in oldest.iter().zip(values).enumerate() {
            weight += 1.0;
            fresh.add(*value, weight);
            sums.replace(*oldest, *value, self.weight);
            put(row, sums.lower());
        }
        (state.sums, state.fresh) = (sums, fresh);
        state.age += values.len();
    }

    /// The values.
    pub(crate) fn ring(&self) -> &Ring {
        &self.values
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

impl Window for WeightedSum {
    fn save(&self) -> SavedWindow {
        self.values.save()
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        self.values.load(saved)
    }
}
