//! Market facilitation index.

use crate::catalog::{Group, Info};
use crate::io::HighLowVolume;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;

/// Market facilitation index (MARKETFI): the range that the price covered for
/// each unit of volume.
///
/// # Formula
/// `MARKETFI(t) = (high(t) - low(t)) / volume(t)`, and 0 where there was no
/// volume.
///
/// # Lookback
/// 0
///
/// # Example
/// ```
/// use indicators::{HighLowVolume, Indicator, Marketfi};
///
/// let mut index = Marketfi::new();
/// let bar = HighLowVolume { high: 12.0, low: 9.0, volume: 6.0 };
/// assert_eq!(index.update(bar), Some(0.5));
/// ```
///
/// # Source
/// Bill Williams, *Trading Chaos*, 1995.
pub type Marketfi = Machine<Kernel>;

impl Marketfi {
    /// The index of each bar.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for Marketfi {
    fn default() -> Self {
        Self::new()
    }
}

/// The definition of [`Marketfi`].
#[derive(Clone, Debug)]
pub struct Kernel;

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "MARKETFI",
        title: "Market Facilitation Index",
        group: Group::Volume,
        parameters: &[],
        unstable_period: false,
    };
    type Input = HighLowVolume;
    type Output = f64;
    type State = ();

    fn new(_: &Arguments) -> Self {
        Self
    }

    fn lookback(&self) -> usize {
        0
    }

    #[inline(always)]
    fn step<C: Clock>(&self, _: C, _: &mut (), bar: HighLowVolume) -> f64 {
        if bar.volume == 0.0 { 0.0 } else { (bar.high - bar.low) / bar.volume }
    }
}
