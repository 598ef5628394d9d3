//! Indicators that compare a value with the one some bars ago: one kernel for all of them.

use crate::catalog::Info;
use crate::clock::PIECE;
use crate::io::{Input, Output};
use crate::kernel::{Clock, Kernel, Ready};
use crate::parameter::Arguments;
use crate::window::{Ring, Window, fill_pairs};
use std::fmt::Debug;
use std::marker::PhantomData;

/// What is made of a value and of the one before it by as many bars as the indicator's only
/// parameter says.
pub trait Comparison: Clone + Debug + Send + Sync + 'static {
    /// The indicator's entry in the catalog.
    const INFO: Info;

    /// The value of the indicator.
    fn compare(value: f64, past: f64) -> f64;
}

/// The kernel of an indicator that is such a comparison.
#[derive(Clone, Debug)]
pub struct Lagged<C> {
    past: Ring,
    comparison: PhantomData<C>,
}

impl<C: Comparison> Kernel for Lagged<C> {
    const INFO: Info = C::INFO;
    type Input = f64;
    type Output = f64;
    type State = ();

    fn new(arguments: &Arguments) -> Self {
        Self { past: Ring::new(arguments.integer(0)), comparison: PhantomData }
    }

    fn lookback(&self) -> usize {
        self.past.length()
    }

    #[inline(always)]
    fn step<T: Clock>(&self, _: T, _: &mut (), value: f64) -> f64 {
        C::compare(value, self.past.oldest())
    }

    #[inline(always)]
    fn store<T: Clock>(&mut self, _: T, _: &(), value: f64) {
        self.past.push(value);
    }

    const FILLS: bool = true;
    const PIECE: usize = 4 * PIECE;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut (),
        values: <Self::Input as Input>::Columns<'_>,
        filled: &mut <Self::Output as Output>::Columns<'_>,
        _: &mut Ready,
    ) -> bool {
        fill_pairs(&mut self.past, values, filled, state, |_, past, value| C::compare(value, past))
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.past);
    }
}
