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

    /// The value that the next push drives out.
    #[inline(always)]
    pub fn oldest(&self) -> f64 {
        self.values.get(self.next).copied().unwrap_or_default()
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
