//! Median price.

use crate::catalog::{Group, Info};
use crate::io::HighLow;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;

/// Median price (MEDPRICE): the middle of a bar, whatever it closed at.
///
/// # Formula
/// `MEDPRICE(t) = (high(t) + low(t)) / 2`
///
/// # Lookback
/// 0
///
/// # Example
/// ```
/// use indicators::{HighLow, Indicator, Medprice};
///
/// let mut median = Medprice::new();
/// assert_eq!(median.update(HighLow { high: 12.0, low: 9.0 }), Some(10.5));
/// ```
///
/// # Source
/// Steven B. Achelis, *Technical Analysis from A to Z*, 2nd edition, 2001,
/// "Median Price".
pub type Medprice = Machine<Kernel>;

impl Medprice {
    /// The middle of each bar.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for Medprice {
    fn default() -> Self {
        Self::new()
    }
}

/// The definition of [`Medprice`].
#[derive(Clone, Debug)]
pub struct Kernel;

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "MEDPRICE",
        title: "Median Price",
        group: Group::Price,
        parameters: &[],
        unstable_period: false,
    };
    type Input = HighLow;
    type Output = f64;
    type State = ();

    fn new(_: &Arguments) -> Self {
        Self
    }

    fn lookback(&self) -> usize {
        0
    }

    #[inline(always)]
    fn step<C: Clock>(&self, _: C, _: &mut (), bar: HighLow) -> f64 {
        median_price(bar)
    }
}

/// The middle of a bar, for use within another indicator.
#[inline(always)]
pub(crate) fn median_price(bar: HighLow) -> f64 {
    (bar.high + bar.low) / 2.0
}
