//! What a window holds of each bar: a number, or several that belong together.

use std::fmt::Debug;

/// What a window holds of a bar.
pub trait Item: Copy + Debug + Send + Sync + 'static {
    /// How many numbers it is saved as.
    const WIDTH: usize;

    /// What stands for bars before the first.
    const ZERO: Self;

    /// Appends its numbers.
    fn save(self, numbers: &mut Vec<f64>);

    /// The item of as many numbers as its width.
    fn load(numbers: &[f64]) -> Option<Self>;
}

impl Item for f64 {
    const WIDTH: usize = 1;
    const ZERO: f64 = 0.0;

    fn save(self, numbers: &mut Vec<f64>) {
        numbers.push(self);
    }

    fn load(numbers: &[f64]) -> Option<Self> {
        numbers.first().copied()
    }
}

impl<const N: usize> Item for [f64; N] {
    const WIDTH: usize = N;
    const ZERO: Self = [0.0; N];

    fn save(self, numbers: &mut Vec<f64>) {
        numbers.extend(self);
    }

    fn load(numbers: &[f64]) -> Option<Self> {
        numbers.try_into().ok()
    }
}

/// The numbers of some items, one item after the other.
pub(super) fn numbers<'a, T: Item>(items: impl Iterator<Item = &'a T>) -> Vec<f64> {
    let mut numbers = Vec::new();
    items.for_each(|item| item.save(&mut numbers));
    numbers
}
