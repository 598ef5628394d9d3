//! The last `n` values, oldest out first.

use super::{SavedWindow, Window};

/// The last `n` values; zeros before there were any.
#[derive(Clone, Debug)]
pub struct Ring {
    values: Box<[f64]>,
    /// Where the oldest value is, and the next one goes.
    next: usize,
}

impl Ring {
    /// A ring of `length` zeros. A ring of no length stays one of zeros.
    pub fn new(length: usize) -> Self {
        Self { values: vec![0.0; length].into(), next: 0 }
    }

    /// How many values it holds.
    pub fn length(&self) -> usize {
        self.values.len()
    }

    /// Where the next value goes.
    pub fn slot(&self) -> usize {
        self.next
    }

    /// The value that the next push drives out.
    #[inline(always)]
    pub fn oldest(&self) -> f64 {
        self.values.get(self.next).copied().unwrap_or_default()
    }

    /// The value that was pushed `pushes` pushes ago, 1 being the latest; zero
    /// when that is further back than the ring is long.
    #[inline(always)]
    pub fn ago(&self, pushes: usize) -> f64 {
        let slot = match self.next.checked_sub(pushes) {
            Some(slot) => slot,
            None => (self.next + self.values.len()).wrapping_sub(pushes),
        };
        self.values.get(slot).copied().unwrap_or_default()
    }

    /// The values, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = f64> {
        let (newer, older) = self.values.split_at(self.next.min(self.values.len()));
        older.iter().chain(newer).copied()
    }

    /// The values as a push of `value` would leave them, in the order of their
    /// slots: a value keeps its place until it is driven out.
    pub fn slots_with(&self, value: f64) -> impl Iterator<Item = f64> {
        let (before, after) = self.values.split_at(self.next.min(self.values.len()));
        let after = after.get(1..).unwrap_or_default();
        before.iter().copied().chain([value]).chain(after.iter().copied())
    }

    /// Puts `value` in the place of the oldest.
    #[inline(always)]
    pub fn push(&mut self, value: f64) {
        if let Some(slot) = self.values.get_mut(self.next) {
            *slot = value;
        }
        self.next += 1;
        if self.next >= self.values.len() {
            self.next = 0;
        }
    }
}

impl Window for Ring {
    fn save(&self) -> SavedWindow {
        SavedWindow { values: self.values.to_vec(), position: self.next }
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        let fits =
            saved.values.len() == self.values.len() && saved.position < saved.values.len().max(1);
        if fits {
            *self = Self { values: saved.values.into(), next: saved.position };
        }
        fits
    }
}
