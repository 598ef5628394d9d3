//! Stochastic relative strength index.

use crate::catalog::{Group, Info};
use crate::io::HighLowClose;
use crate::clock::{PIECE, Running};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::late::{Late, LateState};
use crate::ma_type::MaType;
use crate::momentum::rsi;
use crate::momentum::stochf::{self, StochfOutput};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{MovesState, Window};
use serde::{Deserialize, Serialize};

/// Stochastic relative strength index (STOCHRSI): the fast stochastic oscillator
/// of the relative strength index. From 0 to 100.
///
/// # Formula
/// [`Stochf`](crate::Stochf) over bars whose high, low and close are
/// `RSI(x, n)`.
///
/// # Parameters
/// * `time_period` `n`: of the index, 2 to 100,000, default 14.
/// * `fast_k_period`: 1 to 100,000, default 5.
/// * `fast_d_period`: 1 to 100,000, default 3.
/// * `fast_d_ma_type`: default [`MaType::Sma`].
///
/// # Lookback
/// `n + fast_k - 1`, and that of the average.
///
/// # Example
/// ```
/// use indicators::{Indicator, MaType, Stochrsi};
///
/// let mut stochastic = Stochrsi::new(2, 2, (1, MaType::Sma))?;
/// let last = [1.0, 2.0, 1.0, 3.0].map(|x| stochastic.update(x))[3];
/// let output = last.expect("the fourth bar is past the lookback");
/// assert_eq!((output.fast_k, output.fast_d), (100.0, 100.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Tushar S. Chande and Stanley Kroll, *The New Technical Trader*, 1994.
pub type Stochrsi = Machine<Kernel>;

impl Stochrsi {
    /// The index over `time_period` moves, its place in its range of
    /// `fast_k_period` bars, and the average of that as its period and kind.
    ///
    /// # Errors
    /// When `time_period` is not from 2 to 100,000, or another period not from 1
    /// to 100,000.
    pub fn new(
        time_period: usize,
        fast_k_period: usize,
        fast_d: (usize, MaType),
    ) -> Result<Self, ParameterError> {
        let periods = [time_period, fast_k_period, fast_d.0].map(|period| Some(period as f64));
        let [time, fast_k, fast_d_period] = periods;
        Self::from_values(&[time, fast_k, fast_d_period, Some(fast_d.1.number())])
    }
}

/// The definition of [`Stochrsi`].
#[derive(Clone, Debug)]
pub struct Kernel {
    index: rsi::Kernel,
    stochastic: Late<stochf::Kernel>,
}

/// The index with its latest value, and the oscillator.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    index: MovesState,
    stochastic: LateState<stochf::State>,
    value: f64,
}

/// A bar that is one value.
fn flat(value: f64) -> HighLowClose {
    HighLowClose { high: value, low: value, close: value }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "STOCHRSI",
        title: "Stochastic Relative Strength Index",
        group: Group::Momentum,
        parameters: &[
            Parameter::period("time_period", 14, 2),
            Parameter::period("fast_k_period", 5, 1),
            Parameter::period("fast_d_period", 3, 1),
            Parameter::ma_type("fast_d_ma_type", MaType::Sma),
        ],
        unstable_period: false,
    };
    type Input = f64;
    type Output = StochfOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let index = rsi::Kernel::over(arguments.integer(0));
        let (fast_k, fast_d) = (arguments.integer(1), arguments.integer(2));
        let kind = arguments.ma_type(3, MaType::Sma);
        let stochastic = stochf::Kernel::over(fast_k, fast_d, kind);
        Self { stochastic: Late::new(index.lookback(), stochastic), index }
    }

    fn lookback(&self) -> usize {
        self.stochastic.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> StochfOutput {
        if !clock.is_prepared() {
            state.value = self.index.step(clock, &mut state.index, value);
        }
        let output = self.stochastic.step(clock, &mut state.stochastic, flat(state.value));
        output.unwrap_or(StochfOutput { fast_k: 0.0, fast_d: 0.0 })
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, value: f64) {
        self.index.store(clock, &state.index, value);
        self.stochastic.store(clock, &state.stochastic, flat(state.value));
    }

    const HAS_COLUMNS: bool = true;

    #[inline(always)]
    fn columns(&mut self, state: &mut State, values: &[f64], ready: &mut Ready) -> bool {
        let mut index = state.index;
        let mut indices = [0.0; PIECE];
        let Some(indices) = indices.get_mut(..values.len()) else { return false };
        for (slot, value) in indices.iter_mut().zip(values) {
            *slot = self.index.step(Running { simple: false }, &mut index, *value);
        }
        let stochastic = &mut state.stochastic;
        if !self.stochastic.columns(stochastic, [&*indices; 3], ready) {
            return false;
        }
        state.index = index;
        state.value = indices.last().copied().unwrap_or_default();
        true
    }

    const HAS_AVERAGES: bool = true;

    #[inline(always)]
    fn is_simple(&self) -> bool {
        self.stochastic.is_simple()
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.stochastic.windows(visit);
    }
}
