//! Chaikin's volatility.

use crate::catalog::{Group, Info};
use crate::io::HighLow;
use crate::kernel::{self, Clock, Machine};
use crate::overlap::ema;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Ring, Window};

/// Chaikin's volatility (CVI): how far the average range of the bars has
/// changed, in percent.
///
/// # Formula
/// `CVI(t) = 100 · (E(t) - E(t-m)) / E(t-m)`, where `E = EMA(high - low, n)`; 0
/// where `E(t-m)` is 0.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 10.
/// * `roc_period` `m`: bars to look back, 1 to 100,000, default 10.
///
/// # Lookback
/// `n + m - 1`
///
/// # Example
/// ```
/// use indicators::{Cvi, HighLow, Indicator};
///
/// let mut volatility = Cvi::new(2, 1)?;
/// assert_eq!(volatility.update(HighLow { high: 12.0, low: 10.0 }), None);
/// assert_eq!(volatility.update(HighLow { high: 12.0, low: 10.0 }), None);
/// assert_eq!(volatility.update(HighLow { high: 15.0, low: 10.0 }), Some(100.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Marc Chaikin; Steven B. Achelis, *Technical Analysis from A to Z*, 2nd
/// edition, 2001, "Volatility, Chaikin's".
pub type Cvi = Machine<Kernel>;

impl Cvi {
    /// The change over `roc_period` bars of an average over `time_period`.
    ///
    /// # Errors
    /// When `time_period` is not from 2 to 100,000, or `roc_period` not from 1 to
    /// 100,000.
    pub fn new(time_period: usize, roc_period: usize) -> Result<Self, ParameterError> {
        let periods = [time_period, roc_period];
        Self::from_values(&periods.map(|period| Some(period as f64)))
    }
}

/// The definition of [`Cvi`].
#[derive(Clone, Debug)]
pub struct Kernel {
    average: ema::Kernel,
    past: Ring,
    roc: usize,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "CVI",
        title: "Chaikin's Volatility",
        group: Group::Volatility,
        parameters: &[
            Parameter::period("time_period", 10, 2),
            Parameter::period("roc_period", 10, 1),
        ],
        unstable_period: false,
    };
    type Input = HighLow;
    type Output = f64;
    type State = ema::State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        let roc = arguments.integer(1);
        Self { average: ema::Kernel::over(period), past: Ring::new(roc), roc }
    }

    fn lookback(&self) -> usize {
        self.average.lookback() + self.roc
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut Self::State, bar: HighLow) -> f64 {
        let average = self.average.step(clock, state, bar.high - bar.low);
        let base = self.past.oldest();
        if base == 0.0 { 0.0 } else { 100.0 * ((average - base) / base) }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, state: &Self::State, _: HighLow) {
        self.past.push(state.average());
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.past);
    }
}
