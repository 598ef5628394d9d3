//! Balance of power.

use crate::catalog::{Group, Info};
use crate::io::OpenHighLowClose;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;

/// Balance of power (BOP): the body of a bar in relation to its range, from -1
/// to 1.
///
/// # Formula
/// `BOP(t) = (close(t) - open(t)) / (high(t) - low(t))`, and 0 for a bar
/// without a range.
///
/// # Lookback
/// 0
///
/// # Example
/// ```
/// use indicators::{Bop, Indicator, OpenHighLowClose};
///
/// let mut balance = Bop::new();
/// let bar = OpenHighLowClose { open: 10.0, high: 12.0, low: 8.0, close: 11.0 };
/// assert_eq!(balance.update(bar), Some(0.25));
/// ```
///
/// # Source
/// Igor Livshin, "Balance of Market Power", *Technical Analysis of Stocks &
/// Commodities*, August 2001.
pub type Bop = Machine<Kernel>;

impl Bop {
    /// The balance of each bar.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for Bop {
    fn default() -> Self {
        Self::new()
    }
}

/// The definition of [`Bop`].
#[derive(Clone, Debug)]
pub struct Kernel;

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "BOP",
        title: "Balance Of Power",
        group: Group::Momentum,
        parameters: &[],
        unstable_period: false,
    };
    type Input = OpenHighLowClose;
    type Output = f64;
    type State = ();

    fn new(_: &Arguments) -> Self {
        Self
    }

    fn lookback(&self) -> usize {
        0
    }

    #[inline(always)]
    fn step<C: Clock>(&self, _: C, _: &mut (), bar: OpenHighLowClose) -> f64 {
        let range = bar.high - bar.low;
        if range <= 0.0 { 0.0 } else { (bar.close - bar.open) / range }
    }
}
