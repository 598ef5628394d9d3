//! The last `n` values, oldest out first.

use super::item::numbers;
use super::{Item, SavedWindow, Window};

/// The last `n` values; zeros before there were any. A value may be several
/// numbers: then they share one place, which is looked for once.
#[derive(Clone, Debug)]
pub struct Ring<T = f64> {
    values: Box<[T]>,
    /// Where the oldest value is, and the next one goes.
    next: usize,
}

impl<T: Item> Ring<T> {
    /// A ring of `length` zeros. A ring of no length stays one of zeros.
    pub fn new(length: usize) -> Self {
        Self { values: vec![T::ZERO; length].into(), next: 0 }
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
    pub fn oldest(&self) -> T {
        self.values.get(self.next).copied().unwrap_or(T::ZERO)
    }

    /// The value that was pushed `pushes` pushes ago, 1 being the latest; zero
    /// when that is further back than the ring is long.
    #[inline(always)]
    pub fn ago(&self, pushes: usize) -> T {
        let slot = match self.next.checked_sub(pushes) {
            Some(slot) => slot,
            None => (self.next + self.values.len()).wrapping_sub(pushes),
        };
        self.values.get(slot).copied().unwrap_or(T::ZERO)
    }

    /// The values, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = T> {
        let [older, newer] = self.parts();
        older.iter().chain(newer).copied()
    }

    /// The values in the order of their slots.
    #[inline(always)]
    pub(crate) fn slots(&self) -> &[T] {
        &self.values
    }

    /// The values in two parts, each of them and both together oldest first.
    #[inline(always)]
    pub(super) fn parts(&self) -> [&[T]; 2] {
        let (newer, older) = self.values.split_at(self.next.min(self.values.len()));
        [older, newer]
    }

    /// The values as a push of `value` would leave them, in the order of their
    /// slots: a value keeps its place until it is driven out.
    pub fn slots_with(&self, value: T) -> impl Iterator<Item = T> {
        let (before, after) = self.values.split_at(self.next.min(self.values.len()));
        let after = after.get(1..).unwrap_or_default();
        before.iter().copied().chain([value]).chain(after.iter().copied())
    }

    /// The slots that the next `pushes` go to, as far as the ring does not begin again, and
    /// the slots before them. There are no more pushes than slots.
    pub(super) fn slots_from_next(&mut self, pushes: usize) -> (&mut [T], &mut [T]) {
        let (before, after) = self.values.split_at_mut(self.next.min(self.values.len()));
        let here = pushes.min(after.len());
        (&mut after[..here], before)
    }

    /// Moves on as `values` pushes would, and leaves what is there.
    pub(super) fn skip(&mut self, values: usize) {
        self.next = (self.next + values) % self.values.len().max(1);
    }

    /// Puts `value` in the place of the oldest.
    #[inline(always)]
    pub fn push(&mut self, value: T) {
        if let Some(slot) = self.values.get_mut(self.next) {
            *slot = value;
        }
        self.next += 1;
        if self.next >= self.values.len() {
            self.next = 0;
        }
    }
}

impl<T: Item> Window for Ring<T> {
    fn save(&self) -> SavedWindow {
        SavedWindow { values: numbers(self.values.iter()), position: self.next }
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        let length = self.values.len();
        let fits = saved.values.len() == length * T::WIDTH && saved.position < length.max(1);
        if fits {
            for (slot, numbers) in self.values.iter_mut().zip(saved.values.chunks_exact(T::WIDTH)) {
                *slot = T::load(numbers).unwrap_or(T::ZERO);
            }
            self.next = saved.position;
        }
        fits
    }
}
