//! Awesome oscillator.

use crate::catalog::{Group, Info};
use crate::io::{HighLow, Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::overlap::sma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::price::medprice::median_price;
use crate::terms::fill_terms;
use crate::window::{BLOCK, SCRATCH, Window, block, lay_out};
use serde::{Deserialize, Serialize};

/// Awesome oscillator (AO): how far a fast mean of the median price runs ahead
/// of a slow one.
///
/// # Formula
/// `AO = SMA(p, fast) - SMA(p, slow)`, where `p = (high + low) / 2`. Periods in
/// the wrong order are not swapped.
///
/// # Parameters
/// * `fast_period`: 2 to 100,000, default 5.
/// * `slow_period`: 2 to 100,000, default 34.
///
/// # Lookback
/// The longer period less one.
///
/// # Example
/// ```
/// use indicators::{Ao, HighLow, Indicator};
///
/// let mut oscillator = Ao::new(2, 3)?;
/// let bar = |price: f64| HighLow { high: price, low: price };
/// let last = [1.0, 2.0, 6.0].map(|price| oscillator.update(bar(price)))[2];
/// assert_eq!(last, Some(1.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Bill Williams, *New Trading Dimensions*, 1998.
pub type Ao = Machine<Kernel>;

impl Ao {
    /// Two means of the median price.
    ///
    /// # Errors
    /// When a period is not from 2 to 100,000.
    pub fn new(fast_period: usize, slow_period: usize) -> Result<Self, ParameterError> {
        let periods = [fast_period, slow_period];
        Self::from_values(&periods.map(|period| Some(period as f64)))
    }
}

/// The definition of [`Ao`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    fast: sma::Kernel,
    slow: sma::Kernel,
}

/// The two means, and what they take in: zero until so many bars before the
/// first value as the mean spans, so that no rounding has gathered.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    fast: sma::State,
    slow: sma::State,
    inputs: (f64, f64),
}

impl Kernel {
    /// An oscillator of two periods, for use within another indicator.
    pub(crate) fn over(fast: usize, slow: usize) -> Self {
        Self { fast: sma::Kernel::over(fast), slow: sma::Kernel::over(slow) }
    }

    /// The oscillator at all bars past the lookback of some columns, and the windows taken
    /// in; `false`, and nothing changed, when the bars are not finite, or there is not enough
    /// room.
    #[inline(always)]
    pub(crate) fn oscillate(
        &mut self,
        state: &mut State,
        bars: <HighLow as Input>::Columns<'_>,
        filled: &mut [f64],
        prices: &mut [f64],
        [fast_room, slow_room]: &mut [[f64; SCRATCH]; 2],
    ) -> bool {
        let Some(prices) = prices.get_mut(..filled.len()) else { return false };
        if !fill_terms(bars, prices, median_price) {
            return false;
        }
        let fast_line = lay_out(self.fast.ring(), prices, fast_room);
        let slow_line = lay_out(self.slow.ring(), prices, slow_room);
        let (Some(fast), Some(slow)) = (fast_line, slow_line) else { return false };
        let (blocks, rest) = filled.as_chunks_mut::<BLOCK>();
        for (number, slots) in blocks.iter_mut().enumerate() {
            *slots = self.block(state, [fast, slow], number * BLOCK);
        }
        let done = blocks.len() * BLOCK;
        for (row, slot) in rest.iter_mut().enumerate() {
            [*slot] = self.block(state, [fast, slow], done + row);
        }
        self.fast.ring_mut().extend(prices);
        self.slow.ring_mut().extend(prices);
        let last = prices.last().map(|price| (*price, *price));
        state.inputs = last.unwrap_or(state.inputs);
        true
    }

    /// The oscillator at several rows, the first of which comes after `row` others.
    #[inline(always)]
    fn block<const N: usize>(
        &self,
        state: &mut State,
        [fast, slow]: [&[f64]; 2],
        row: usize,
    ) -> [f64; N] {
        let means = |means: &sma::Kernel, state: &mut sma::State, line: &[f64]| {
            means.block::<N>(state, block(line, row), block(line, row + means.ring().length()))
        };
        let fast = means(&self.fast, &mut state.fast, fast);
        let slow = means(&self.slow, &mut state.slow, slow);
        std::array::from_fn(|lane| fast[lane] - slow[lane])
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "AO",
        title: "Awesome Oscillator",
        group: Group::Momentum,
        parameters: &[
            Parameter::period("fast_period", 5, 2),
            Parameter::period("slow_period", 34, 2),
        ],
        unstable_period: false,
    };
    type Input = HighLow;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        Self::over(arguments.integer(0), arguments.integer(1))
    }

    fn lookback(&self) -> usize {
        self.fast.lookback().max(self.slow.lookback())
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLow) -> f64 {
        let price = median_price(bar);
        let input = |mean: &sma::Kernel| {
            let begun = clock.since(self.lookback() - mean.lookback()).is_some();
            if begun { price } else { 0.0 }
        };
        state.inputs = (input(&self.fast), input(&self.slow));
        self.fast.step(clock, &mut state.fast, state.inputs.0)
            - self.slow.step(clock, &mut state.slow, state.inputs.1)
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, _: HighLow) {
        self.fast.store(clock, &state.fast, state.inputs.0);
        self.slow.store(clock, &state.slow, state.inputs.1);
    }

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut State,
        bars: <Self::Input as Input>::Columns<'_>,
        filled: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        let Ready { columns: [prices, ..], scratch } = room;
        self.oscillate(state, bars, filled, prices, scratch)
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.fast.windows(visit);
        self.slow.windows(visit);
    }
}
