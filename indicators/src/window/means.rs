//! The means of the last values over many lengths, of which each bar asks for one.

use super::{AFRESH, Compensated, Ring, SavedWindow, Window};
use crate::clock::Clock;

/// Means over every length from a shortest to a longest, all of which give their first
/// value at the same bar.
///
/// Up to 128 values, each length has a sum of its own, as TA-Lib's have and so with
/// its last bits. A longer sum is made of totals, whatever its length. These begin again with
/// every round of their ring, so that they do not grow with the series, and one that has
/// overflowed goes.
#[derive(Clone, Debug)]
pub struct Means {
    longest: usize,
    /// What the sums that are kept up take out.
    values: Ring,
    /// Over one value less each, down to the shortest.
    sums: Box<[f64]>,
    /// Of each bar's value and those before it in its round.
    totals: Ring<Compensated>,
}

impl Means {
    /// Means over `shortest` to `longest` values.
    pub fn new(shortest: usize, longest: usize) -> Self {
        let kept_up = longest.min(AFRESH);
        let count = (kept_up + 1).saturating_sub(shortest);
        Self {
            longest,
            values: Ring::new(if count > 0 { kept_up } else { 0 }),
            sums: vec![0.0; count].into(),
            totals: Ring::new(if longest > AFRESH { longest } else { 0 }),
        }
    }

    /// The mean of the last `length` values, of which `value` is the latest.
    #[inline(always)]
    pub fn step<C: Clock>(&self, clock: C, length: usize, value: f64) -> f64 {
        if length > AFRESH {
            return self.long_sum(length, value) / length as f64;
        }
        if length <= 1 {
            return value;
        }
        let sum = self.values.length().checked_sub(length).and_then(|part| self.sums.get(part));
        // Nothing has gone yet at the bar of the first values.
        let oldest = if self.is_filling(clock) { 0.0 } else { self.values.ago(length) };
        sum.map_or(f64::NAN, |sum| (sum - oldest + value) / length as f64)
    }

    /// Takes in `value`.
    #[inline(always)]
    pub fn store<C: Clock>(&mut self, clock: C, value: f64) {
        if self.totals.length() > 0 {
            self.totals.push(self.total(value));
        }
        if self.is_filling(clock) {
            let begin = (self.longest - clock.bar()).max(1);
            let begun = (self.values.length() + 1).saturating_sub(begin).min(self.sums.len());
            self.sums.iter_mut().take(begun).for_each(|sum| *sum += value);
        } else {
            let [older, newer] = self.values.parts();
            let (long, short) = self.sums.split_at_mut(older.len().min(self.sums.len()));
            for (sums, oldest) in [(long, older), (short, newer)] {
                for (sum, oldest) in sums.iter_mut().zip(oldest) {
                    *sum -= oldest;
                    *sum += value;
                }
            }
        }
        self.values.push(value);
    }

    /// The total at the bar of `value`.
    #[inline(always)]
    fn total(&self, value: f64) -> Compensated {
        let begins = self.totals.slot() == 0;
        let mut total = if begins { Compensated::default() } else { self.totals.ago(1) };
        total.add(value);
        total
    }

    /// The sum of the last `length` values, of which `value` is the latest.
    #[inline(always)]
    fn long_sum(&self, length: usize, value: f64) -> f64 {
        let (total, before) = (self.total(value), self.totals.slot());
        let gone = self.totals.ago(length);
        if length <= before {
            return total.since(gone);
        }
        // Some values are of the round before, which ended with this total.
        total.value() + self.totals.ago(before + 1).since(gone)
    }

    /// Whether no sum has all its values yet before this bar.
    #[inline(always)]
    fn is_filling<C: Clock>(&self, clock: C) -> bool {
        clock.bar() < self.longest
    }

    /// Shows what is saved of it.
    pub fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.values);
        visit(&mut self.sums);
        visit(&mut self.totals);
    }
}

/// Numbers that keep their places.
impl Window for Box<[f64]> {
    fn save(&self) -> SavedWindow {
        SavedWindow { values: self.to_vec(), position: 0 }
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        let fits = saved.values.len() == self.len();
        if fits {
            *self = saved.values.into();
        }
        fits
    }
}
