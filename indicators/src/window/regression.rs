//! The straight line through the last `n` values that is nearest to them all.

use super::{Ring, SavedWindow, Window};
use serde::{Deserialize, Serialize};

/// How many lengths of the window the running sums are kept up before they are
/// taken anew, so that rounding does not gather in them.
const RENEWAL: usize = 32;

/// How many times the sum of all sizes a value that goes may weigh before the
/// digits that it has covered are lost, and the sums are taken anew.
const LOSS: f64 = 100.0;

/// The values in the window, and what its length alone decides. Places count
/// back from the latest value, which has place 0.
#[derive(Clone, Debug)]
pub struct Regression {
    length: usize,
    places: f64,
    divisor: f64,
    values: Ring,
}

/// The sums over the window: of its values, of its values times their places,
/// and of their sizes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct RegressionState {
    /// Bars since the sums were new.
    age: usize,
    plain: f64,
    placed: f64,
    sizes: f64,
}

impl RegressionState {
    #[inline(always)]
    fn add(&mut self, value: f64, place: usize) {
        self.plain += value;
        self.placed += place as f64 * value;
        self.sizes += value.abs();
    }
}

impl Regression {
    /// A window of `length` values, two at least.
    pub fn new(length: usize) -> Self {
        let n = length as f64;
        let places = n * (n - 1.0) * 0.5;
        let squares = n * (n - 1.0) * (2.0 * n - 1.0) / 6.0;
        let divisor = places * places - n * squares;
        Self { length, places, divisor, values: Ring::new(length) }
    }

    /// The slope of the line, from bar to bar, and its height at the oldest value
    /// of the window that ends with `value`, which is the `bar`th from 0.
    #[inline(always)]
    pub fn step(&self, state: &mut RegressionState, bar: usize, value: f64) -> (f64, f64) {
        let n = self.length as f64;
        if bar < self.length {
            state.add(value, self.length - 1 - bar);
        } else {
            let oldest = self.values.oldest();
            let gone = n * oldest;
            state.placed = state.placed + state.plain - gone;
            state.plain = state.plain - oldest + value;
            state.sizes = state.sizes - oldest.abs() + value.abs();
            state.age += 1;
            if state.age >= RENEWAL * self.length || gone.abs() > LOSS * state.sizes {
                self.renew(state, value);
            }
        }
        let slope = (n * state.placed - self.places * state.plain) / self.divisor;
        (slope, (state.plain - slope * self.places) / n)
    }

    /// Takes the sums anew. The one place where the window is read as a whole.
    #[cold]
    fn renew(&self, state: &mut RegressionState, value: f64) {
        *state = RegressionState::default();
        let window = self.values.iter().skip(1).chain([value]);
        for (value, place) in window.zip((0..self.length).rev()) {
            state.add(value, place);
        }
    }

    /// Takes in `value`.
    #[inline(always)]
    pub fn store(&mut self, value: f64) {
        self.values.push(value);
    }
}

impl Window for Regression {
    fn save(&self) -> SavedWindow {
        self.values.save()
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        self.values.load(saved)
    }
}
