//! KDJ, the stochastic oscillator with a third line.

use crate::catalog::{Group, Info};
use crate::io::{HighLowClose, Input, output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::ma_type::MaType;
use crate::momentum::stoch;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::Window;

/// KDJ: the slow stochastic oscillator with Wilder's averages, and a third line
/// that runs ahead of the two.
///
/// # Formula
/// `K` and `D` as the slow `%K` and `%D` of [`Stoch`](crate::Stoch),
/// `J = 3 · K - 2 · D`.
///
/// # Parameters
/// * `fast_k_period`: bars in the range, 1 to 100,000, default 9.
/// * `slow_k_period`: 1 to 100,000, default 3.
/// * `slow_k_ma_type`: default [`MaType::Rma`].
/// * `slow_d_period`: 1 to 100,000, default 3.
/// * `slow_d_ma_type`: default [`MaType::Rma`].
///
/// # Lookback
/// `fast_k - 1`, and those of the two averages.
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, Kdj, MaType};
///
/// let mut kdj = Kdj::new(2, (1, MaType::Rma), (1, MaType::Rma))?;
/// let bar = |high: f64| HighLowClose { high, low: high - 2.0, close: high - 1.0 };
/// assert_eq!(kdj.update(bar(10.0)), None);
/// let output = kdj.update(bar(12.0)).expect("the second bar is past the lookback");
/// assert_eq!((output.k, output.d, output.j), (75.0, 75.0, 75.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// After George C. Lane, *Lane's Stochastics*, Technical Analysis of Stocks & Commodities, 1984.
pub type Kdj = Machine<Kernel>;

impl Kdj {
    /// As [`Stoch::new`](crate::Stoch::new).
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
    /// What [`Kdj`] gives, in percent.
    KdjOutput {
        /// The place in the range, averaged.
        k: "outK",
        /// The average of `k`.
        d: "outD",
        /// `3 · k - 2 · d`
        j: "outJ",
    }
}

/// The definition of [`Kdj`].
#[derive(Clone, Debug)]
pub struct Kernel {
    stochastic: stoch::Kernel,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "KDJ",
        title: "KDJ Indicator",
        group: Group::Momentum,
        parameters: &[
            Parameter::period("fast_k_period", 9, 1),
            Parameter::period("slow_k_period", 3, 1),
            Parameter::ma_type("slow_k_ma_type", MaType::Rma),
            Parameter::period("slow_d_period", 3, 1),
            Parameter::ma_type("slow_d_ma_type", MaType::Rma),
        ],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = KdjOutput;
    type State = stoch::State;

    fn new(arguments: &Arguments) -> Self {
        Self { stochastic: stoch::Kernel::from_arguments(arguments, MaType::Rma) }
    }

    fn lookback(&self) -> usize {
        self.stochastic.lookback()
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut Self::State, bar: HighLowClose) -> KdjOutput {
        let output = self.stochastic.step(clock, state, bar);
        let (k, d) = (output.slow_k, output.slow_d);
        KdjOutput { k, d, j: 3.0 * k - 2.0 * d }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &Self::State, bar: HighLowClose) {
        self.stochastic.store(clock, state, bar);
    }

    const HAS_COLUMNS: bool = true;

    #[inline(always)]
    fn columns(
        &mut self,
        state: &mut Self::State,
        inputs: <Self::Input as Input>::Columns<'_>,
        ready: &mut Ready,
    ) -> bool {
        self.stochastic.columns(state, inputs, ready)
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.stochastic.windows(visit);
    }
}
