//! Typical price.

use crate::catalog::{Group, Info};
use crate::io::HighLowClose;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;

/// Typical price (TYPPRICE): the mean of the extremes and the close of a bar.
///
/// # Formula
/// `TYPPRICE(t) = (high(t) + low(t) + close(t)) / 3`
///
/// # Lookback
/// 0
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, Typprice};
///
/// let mut typical = Typprice::new();
/// let bar = HighLowClose { high: 12.0, low: 9.0, close: 10.5 };
/// assert_eq!(typical.update(bar), Some(10.5));
/// ```
///
/// # Source
/// Steven B. Achelis, *Technical Analysis from A to Z*, 2nd edition, 2001,
/// "Typical Price".
pub type Typprice = Machine<Kernel>;

impl Typprice {
    /// The typical price of each bar.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for Typprice {
    fn default() -> Self {
        Self::new()
    }
}

/// The definition of [`Typprice`].
#[derive(Clone, Debug)]
pub struct Kernel;

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "TYPPRICE",
        title: "Typical Price",
        group: Group::Price,
        parameters: &[],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = f64;
    type State = ();

    fn new(_: &Arguments) -> Self {
        Self
    }

    fn lookback(&self) -> usize {
        0
    }

    #[inline(always)]
    fn step<C: Clock>(&self, _: C, _: &mut (), bar: HighLowClose) -> f64 {
        typical_price(bar.high, bar.low, bar.close)
    }
}

/// The typical price of a bar, for use within another indicator.
#[inline(always)]
pub(crate) fn typical_price(high: f64, low: f64, close: f64) -> f64 {
    (high + low + close) / 3.0
}
