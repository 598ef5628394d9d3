//! Weighted close price.

use crate::catalog::{Group, Info};
use crate::io::HighLowClose;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;

/// Weighted close price (WCLPRICE): the mean of the extremes and the close of a
/// bar, where the close counts twice.
///
/// # Formula
/// `WCLPRICE(t) = (high(t) + low(t) + 2 · close(t)) / 4`
///
/// # Lookback
/// 0
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, Wclprice};
///
/// let mut weighted = Wclprice::new();
/// let bar = HighLowClose { high: 12.0, low: 9.0, close: 10.0 };
/// assert_eq!(weighted.update(bar), Some(10.25));
/// ```
///
/// # Source
/// Steven B. Achelis, *Technical Analysis from A to Z*, 2nd edition, 2001,
/// "Weighted Close".
pub type Wclprice = Machine<Kernel>;

impl Wclprice {
    /// The weighted close of each bar.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for Wclprice {
    fn default() -> Self {
        Self::new()
    }
}

/// The definition of [`Wclprice`].
#[derive(Clone, Debug)]
pub struct Kernel;

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "WCLPRICE",
        title: "Weighted Close Price",
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
        (bar.high + bar.low + bar.close * 2.0) / 4.0
    }
}
