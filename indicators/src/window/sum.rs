//! The sum of the last `n` values, and what keeps it exact.

use super::{Ring, SavedWindow, Window};

/// The sum of the last `n` values: each is added when it comes and subtracted
/// when it goes. The state is the sum itself.
#[derive(Clone, Debug)]
pub struct RollingSum {
    values: Ring,
}

impl RollingSum {
    /// A sum over `length` values; those before the first count as zeros.
    pub fn new(length: usize) -> Self {
        Self { values: Ring::new(length) }
    }

    /// The sum of the window that ends with `value`.
    #[inline(always)]
    pub fn step(&self, sum: &mut f64, value: f64) -> f64 {
        *sum -= self.values.oldest();
        *sum += value;
        *sum
    }

    /// Takes in `value`.
    #[inline(always)]
    pub fn store(&mut self, value: f64) {
        self.values.push(value);
    }
}

impl Window for RollingSum {
    fn save(&self) -> SavedWindow {
        self.values.save()
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        self.values.load(saved)
    }
}

/// Several sums over the same bars.
#[derive(Clone, Debug)]
pub struct RollingSums<const N: usize> {
    values: Ring<[f64; N]>,
}

impl<const N: usize> RollingSums<N> {
    /// Sums over `length` bars; those before the first count as zeros.
    pub fn new(length: usize) -> Self {
        Self { values: Ring::new(length) }
    }

    /// The sums of the window that ends with `values`.
    #[inline(always)]
    pub fn step(&self, sums: &mut [f64; N], values: [f64; N]) -> [f64; N] {
        for ((sum, old), new) in sums.iter_mut().zip(self.values.oldest()).zip(values) {
            *sum -= old;
            *sum += new;
        }
        *sums
    }

    /// Takes in `values`.
    #[inline(always)]
    pub fn store(&mut self, values: [f64; N]) {
        self.values.push(values);
    }

    /// Takes in all rows of some columns, and fills another one with what `finish` makes of
    /// the sums at each.
    #[inline(always)]
    pub(crate) fn fill(
        &mut self,
        sums: &mut [f64; N],
        columns: [&[f64]; N],
        filled: &mut [f64],
        finish: impl Fn([f64; N]) -> f64,
    ) {
        let (length, rows) = (self.values.length(), filled.len());
        let columns = columns.map(|column| &column[..rows]);
        let at = |row| std::array::from_fn(|sum| columns[sum][row]);
        let (first, rest) = filled.split_at_mut(length.min(rows));
        for (row, slot) in first.iter_mut().enumerate() {
            *slot = finish(self.step(sums, at(row)));
            self.store(at(row));
        }
        let mut now = *sums;
        let leaving = columns.map(|column| &column[..rest.len()]);
        let coming = columns.map(|column| &column[first.len()..][..rest.len()]);
        for (row, slot) in rest.iter_mut().enumerate() {
            for (sum, total) in now.iter_mut().enumerate() {
                *total -= leaving[sum][row];
                *total += coming[sum][row];
            }
            *slot = finish(now);
        }
        *sums = now;
        // The last ones are all that is left of the rest.
        let gone = rest.len().saturating_sub(length);
        self.values.skip(gone);
        for row in first.len() + gone..rows {
            self.store(at(row));
        }
    }
}

impl<const N: usize> Window for RollingSums<N> {
    fn save(&self) -> SavedWindow {
        self.values.save()
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        self.values.load(saved)
    }
}

/// Tells when the last `n` values have all been zero. The running sum of such a
/// window is known to be zero, and what rounding has left of it can be dropped.
/// The state is the number of zeros in a row.
#[derive(Clone, Debug)]
pub struct ZeroRun {
    length: usize,
}

impl ZeroRun {
    /// Watches `length` values.
    pub fn new(length: usize) -> Self {
        Self { length }
    }

    /// Whether the window that ends with a value that is or is not `zero` is all
    /// zeros.
    #[inline(always)]
    pub fn step(&self, zeros: &mut usize, zero: bool) -> bool {
        // Without a jump, which could not be predicted.
        let zero = usize::from(zero);
        *zeros = self.length.min((*zeros & zero.wrapping_neg()).wrapping_add(zero));
        *zeros == self.length
    }
}
