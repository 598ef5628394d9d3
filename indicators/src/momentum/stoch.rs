//! Slow stochastic oscillator.

use crate::catalog::{Group, Info};
use crate::io::{HighLowClose, Input, output};
use crate::kernel::{self, Clock, Kernel as _, Machine, Ready};
use crate::late::{Late, LateState};
use crate::ma_type::MaType;
use crate::momentum::stochf;
use crate::overlap::ma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::Window;
use serde::{Deserialize, Serialize};

/// Slow stochastic oscillator (STOCH): an average of where the close lies
/// between the lowest low and the highest high, and an average of that. From 0
/// to 100 with most kinds of average.
///
/// # Formula
/// `slow %K = MA(%K, slow_k)` with `%K` as in [`Stochf`](crate::Stochf),
/// `slow %D = MA(slow %K, slow_d)`.
///
/// # Parameters
/// * `fast_k_period`: bars in the range, 1 to 100,000, default 5.
/// * `slow_k_period`: 1 to 100,000, default 3.
/// * `slow_k_ma_type`: default [`MaType::Sma`].
/// * `slow_d_period`: 1 to 100,000, default 3.
/// * `slow_d_ma_type`: default [`MaType::Sma`].
///
/// # Lookback
/// `fast_k - 1`, and those of the two averages.
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, MaType, Stoch};
///
/// let mut stochastic = Stoch::new(2, (1, MaType::Sma), (1, MaType::Sma))?;
/// let bar = |high: f64| HighLowClose { high, low: high - 2.0, close: high - 1.0 };
/// assert_eq!(stochastic.update(bar(10.0)), None);
/// let output = stochastic.update(bar(12.0)).expect("the second bar is past the lookback");
/// assert_eq!((output.slow_k, output.slow_d), (75.0, 75.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// George C. Lane, *Lane's Stochastics*, Technical Analysis of Stocks & Commodities, 1984.
pub type Stoch = Machine<Kernel>;

impl Stoch {
    /// The place of the close in the range of `fast_k_period` bars, averaged
    /// twice; each average as its period and its kind.
    ///
    /// # Errors
    /// When a period is not from 1 to 100,000.
    pub fn new(
        fast_k_period: usize,
        slow_k: (usize, MaType),
        slow_d: (usize, MaType),
    ) -> Result<Self, ParameterError> {
        let [k, d] = [slow_k, slow_d].map(|(period, kind)| (period as f64, kind.number()));
        Self::from_values(&[fast_k_period as f64, k.0, k.1, d.0, d.1].map(Some))
    }
}

output! {
    /// What [`Stoch`] gives, in percent.
    StochOutput {
        /// The place in the range, averaged.
        slow_k: "outSlowK",
        /// The average of that.
        slow_d: "outSlowD",
    }
}

/// The definition of [`Stoch`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    slow_k: stochf::Kernel,
    slow_d: Late<ma::Kernel>,
}

/// The two averages, and what the second one averages.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    slow_k: stochf::State,
    slow_d: LateState<ma::State>,
    average: f64,
}

impl Kernel {
    /// From the arguments of [`Stoch`], for use within another indicator with
    /// the same parameters, where `default` is what [`MaType::Default`] means.
    pub(crate) fn from_arguments(arguments: &Arguments, default: MaType) -> Self {
        let kind = |index| arguments.ma_type(index, default);
        let slow_k = stochf::Kernel::over(arguments.integer(0), arguments.integer(1), kind(2));
        let average = ma::Kernel::over(arguments.integer(3), kind(4));
        Self { slow_d: Late::new(slow_k.lookback(), average), slow_k }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "STOCH",
        title: "Stochastic",
        group: Group::Momentum,
        parameters: &[
            Parameter::period("fast_k_period", 5, 1),
            Parameter::period("slow_k_period", 3, 1),
            Parameter::ma_type("slow_k_ma_type", MaType::Sma),
            Parameter::period("slow_d_period", 3, 1),
            Parameter::ma_type("slow_d_ma_type", MaType::Sma),
        ],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = StochOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        Self::from_arguments(arguments, MaType::Sma)
    }

    fn lookback(&self) -> usize {
        self.slow_d.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLowClose) -> StochOutput {
        state.average = self.slow_k.step(clock, &mut state.slow_k, bar).fast_d;
        let slow_d = self.slow_d.step(clock, &mut state.slow_d, state.average);
        StochOutput { slow_k: state.average, slow_d: slow_d.unwrap_or_default() }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, bar: HighLowClose) {
        self.slow_k.store(clock, &state.slow_k, bar);
        self.slow_d.store(clock, &state.slow_d, state.average);
    }

    const HAS_COLUMNS: bool = true;

    #[inline(always)]
    fn columns(
        &mut self,
        state: &mut Self::State,
        inputs: <Self::Input as Input>::Columns<'_>,
        ready: &mut Ready,
    ) -> bool {
        self.slow_k.columns(&mut state.slow_k, inputs, ready)
    }

    const HAS_AVERAGES: bool = true;

    #[inline(always)]
    fn is_simple(&self) -> bool {
        self.slow_k.is_simple() && self.slow_d.is_simple()
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.slow_k.windows(visit);
        self.slow_d.windows(visit);
    }
}
