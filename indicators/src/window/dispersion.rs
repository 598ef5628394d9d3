//! The mean of a window and all distances from it, over a long one in a time that hardly
//! depends on its length.
//!
//! The values above the mean are as far from it, in sum, as those below it. So all distances
//! follow from how many values are below the mean, and from their sum. The sums are those of
//! whole numbers, and exact: they follow from the values alone, whatever came before.

use super::buckets::{Buckets, Part};
use super::whole::{Divisor, Unit, exponent, real};
use super::{AFRESH, Ring, SavedWindow, Window};

/// The latest values, whose distances from their mean are asked for.
#[derive(Clone, Debug)]
pub enum Sample {
    /// Added up afresh at each bar.
    Short(Ring),
    /// Kept up.
    Long(Dispersion),
}

impl Sample {
    /// A sample of `length` values, in a ring of `room` when that is short.
    pub fn new(length: usize, room: usize) -> Self {
        if length > AFRESH {
            Self::Long(Dispersion::new(length))
        } else {
            Self::Short(Ring::new(room))
        }
    }

    /// Takes in `value`.
    #[inline(always)]
    pub fn store(&mut self, value: f64) {
        match self {
            Self::Short(ring) => ring.push(value),
            Self::Long(dispersion) => dispersion.store(value),
        }
    }

    /// What is saved of it.
    pub fn window(&mut self) -> &mut dyn Window {
        match self {
            Self::Short(ring) => ring,
            Self::Long(dispersion) => dispersion,
        }
    }
}

/// A window of which the mean and the distances from it are asked for.
#[derive(Clone, Debug)]
pub struct Dispersion {
    earlier: Ring,
    /// The exponent of the largest earlier value, and how many of them have it.
    top: u64,
    tops: usize,
    /// The earlier values as numbers, and their sum.
    buckets: Buckets,
    total: u128,
    /// Divides by the length of the window.
    divisor: Divisor,
}

impl Dispersion {
    /// A window of `length` values, 2 or more.
    pub fn new(length: usize) -> Self {
        let mut new = Self {
            earlier: Ring::new(length - 1),
            top: 0,
            tops: 0,
            buckets: Buckets::new(length - 1),
            total: 0,
            divisor: Divisor::new(length as u64),
        };
        new.measure();
        new
    }

    /// The mean of the window that ends with `value`, and the sum of all distances
    /// from it.
    #[inline(always)]
    pub fn step(&self, value: f64) -> (f64, f64) {
        if exponent(value) > self.top {
            return self.step_beyond(value);
        }
        let unit = Unit::new(self.top);
        let number = unit.number(value);
        let total = self.total + u128::from(number);
        let mean = self.divisor.mean(total);
        let below = self.buckets.up_to(mean) + Part::of(u64::from(number <= mean), number);
        self.distances(unit, total, below)
    }

    /// The same, where `value` needs a larger unit than the earlier ones.
    #[cold]
    fn step_beyond(&self, value: f64) -> (f64, f64) {
        let unit = Unit::new(exponent(value));
        let numbers = || self.earlier.iter().chain([value]).map(|value| unit.number(value));
        let total = numbers().map(u128::from).sum();
        let mean = self.divisor.mean(total);
        let below = numbers().filter(|number| *number <= mean);
        let below = below.fold(Part::default(), |part, number| part + Part::of(1, number));
        self.distances(unit, total, below)
    }

    /// The mean of numbers with this total, some of which are below it, and the sum of all
    /// distances from it.
    #[inline(always)]
    fn distances(&self, unit: Unit, total: u128, below: Part) -> (f64, f64) {
        let count = self.earlier.length() as u64 + 1;
        // What those below lack to be the mean, times all there are.
        let lack = u128::from(below.count) * total - u128::from(count) * below.sum;
        let distances = 2.0 * unit.value(real(lack) / count as f64);
        (unit.mean(total, count), distances)
    }

    /// Takes in `value`.
    #[inline(always)]
    pub fn store(&mut self, value: f64) {
        let (oldest, slot) = (self.earlier.oldest(), self.earlier.slot());
        self.earlier.push(value);
        self.tops += usize::from(exponent(value) == self.top);
        self.tops -= usize::from(exponent(oldest) == self.top);
        if exponent(value) > self.top || self.tops == 0 {
            return self.measure();
        }
        let number = Unit::new(self.top).number(value);
        let total = self.total + u128::from(number);
        self.total = total - u128::from(self.buckets.number(slot));
        self.buckets.replace(slot, number, self.divisor.mean(total));
    }

    /// Measures all that is in the ring, in the unit that suits it.
    #[cold]
    fn measure(&mut self) {
        let earlier = || self.earlier.slots().iter().copied();
        self.top = earlier().map(exponent).fold(0, u64::max);
        self.tops = earlier().filter(|value| exponent(*value) == self.top).count();
        let unit = Unit::new(self.top);
        let numbers = earlier().map(|value| unit.number(value));
        self.total = self.buckets.fill(numbers, self.earlier.slot());
    }
}

impl Window for Dispersion {
    fn save(&self) -> SavedWindow {
        self.earlier.save()
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        let fits = self.earlier.load(saved);
        if fits {
            self.measure();
        }
        fits
    }
}
