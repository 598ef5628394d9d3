//! Average price.

use crate::catalog::{Group, Info};
use crate::io::OpenHighLowClose;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;

/// Average price (AVGPRICE): the mean of the four prices of a bar.
///
/// # Formula
/// `AVGPRICE(t) = (high(t) + low(t) + close(t) + open(t)) / 4`
///
/// # Lookback
/// 0
///
/// # Example
/// ```
/// use indicators::{Avgprice, Indicator, OpenHighLowClose};
///
/// let mut average = Avgprice::new();
/// let bar = OpenHighLowClose { open: 10.0, high: 12.0, low: 9.0, close: 11.0 };
/// assert_eq!(average.update(bar), Some(10.5));
/// ```
///
/// # Source
/// A definition. No single source is known.
pub type Avgprice = Machine<Kernel>;

impl Avgprice {
    /// The average price of each bar.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for Avgprice {
    fn default() -> Self {
        Self::new()
    }
}

/// The definition of [`Avgprice`].
#[derive(Clone, Debug)]
pub struct Kernel;

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "AVGPRICE",
        title: "Average Price",
        group: Group::Price,
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
        // The open comes last, as in TA-Lib: another order rounds otherwise.
        (bar.high + bar.low + bar.close + bar.open) / 4.0
    }
}
