//! Awesome oscillator.

use crate::catalog::{Group, Info};
use crate::io::HighLow;
use crate::kernel::{self, Clock, Machine};
use crate::overlap::sma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::price::medprice::median_price;
use crate::window::Window;
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

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.fast.windows(visit);
        self.slow.windows(visit);
    }
}
