//! True strength index.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::overlap::ema;
use crate::parameter::{Arguments, Parameter, ParameterError};
use serde::{Deserialize, Serialize};

/// True strength index (TSI): the moves, smoothed twice, in relation to their
/// sizes, smoothed likewise. From -100 to 100.
///
/// # Formula
/// `TSI = 100 · EMA(EMA(c, a), b) / EMA(EMA(|c|, a), b)`, where
/// `c(t) = x(t) - x(t-1)`; 0 where the divisor is 0.
///
/// # Parameters
/// * `first_period` `a`: 2 to 100,000, default 25.
/// * `second_period` `b`: 2 to 100,000, default 13.
///
/// # Lookback
/// `a + b - 1`
///
/// # Example
/// ```
/// use indicators::{Indicator, Tsi};
///
/// let mut index = Tsi::new(2, 2)?;
/// let last = [1.0, 2.0, 4.0, 5.0].map(|x| index.update(x))[3];
/// assert_eq!(last, Some(100.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// William Blau, "True Strength Index", *Technical Analysis of Stocks &
/// Commodities*, November 1991.
pub type Tsi = Machine<Kernel>;

impl Tsi {
    /// The index of two averages, one of the other.
    ///
    /// # Errors
    /// When a period is not from 2 to 100,000.
    pub fn new(first_period: usize, second_period: usize) -> Result<Self, ParameterError> {
        let periods = [first_period, second_period];
        Self::from_values(&periods.map(|period| Some(period as f64)))
    }
}

/// The definition of [`Tsi`].
#[derive(Clone, Debug)]
pub struct Kernel {
    first: ema::Kernel,
    second: ema::Kernel,
}

/// The latest value, and both averages of the moves and of their sizes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    value: f64,
    moves: (ema::State, ema::State),
    sizes: (ema::State, ema::State),
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "TSI",
        title: "True Strength Index",
        group: Group::Momentum,
        parameters: &[
            Parameter::period("first_period", 25, 2),
            Parameter::period("second_period", 13, 2),
        ],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let first = arguments.integer(0);
        let second = arguments.integer(1);
        Self { first: ema::Kernel::over(first), second: ema::Kernel::over(second) }
    }

    fn lookback(&self) -> usize {
        1 + self.first.lookback() + self.second.lookback()
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        let change = value - state.value;
        state.value = value;
        let Some(clock) = clock.since(1) else {
            return 0.0;
        };
        let moves = self.first.step(clock, &mut state.moves.0, change);
        let sizes = self.first.step(clock, &mut state.sizes.0, change.abs());
        let Some(clock) = clock.since(self.first.lookback()) else {
            return 0.0;
        };
        let moves = self.second.step(clock, &mut state.moves.1, moves);
        let sizes = self.second.step(clock, &mut state.sizes.1, sizes);
        if sizes > 0.0 { 100.0 * moves / sizes } else { 0.0 }
    }
}
