//! Indicators that are the simple moving average of a number made of each bar: one kernel
//! for all of them.

use crate::catalog::Info;
use crate::io::{Input, Output};
use crate::kernel::{Clock, Kernel, Ready};
use crate::overlap::sma;
use crate::parameter::Arguments;
use crate::terms::fill_terms;
use crate::window::Window;
use std::fmt::Debug;
use std::marker::PhantomData;

/// What is averaged, over as many bars as the indicator's only parameter says.
pub trait Term: Clone + Debug + Send + Sync + 'static {
    /// The indicator's entry in the catalog.
    const INFO: Info;
    /// What it reads of a bar.
    type Input: Input;

    /// The number made of a bar.
    fn of(bar: Self::Input) -> f64;
}

/// The kernel of an indicator that is such an average.
#[derive(Clone, Debug)]
pub struct MeanOf<T> {
    mean: sma::Kernel,
    term: PhantomData<T>,
}

impl<T: Term> Kernel for MeanOf<T> {
    const INFO: Info = T::INFO;
    type Input = T::Input;
    type Output = f64;
    type State = sma::State;

    fn new(arguments: &Arguments) -> Self {
        Self { mean: sma::Kernel::over(arguments.integer(0)), term: PhantomData }
    }

    fn lookback(&self) -> usize {
        self.mean.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut Self::State, bar: Self::Input) -> f64 {
        self.mean.step(clock, state, T::of(bar))
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &Self::State, bar: Self::Input) {
        self.mean.store(clock, state, T::of(bar));
    }

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut Self::State,
        bars: <Self::Input as Input>::Columns<'_>,
        means: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        let [terms, ..] = &mut room.columns;
        let Some(terms) = terms.get_mut(..means.len()) else { return false };
        fill_terms(bars, terms, T::of) && self.mean.means(state, terms, means)
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.mean.windows(visit);
    }
}
