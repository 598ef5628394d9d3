//! Volume weighted average price.

use crate::catalog::{Group, Info};
use crate::io::HighLowCloseVolume;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;
use crate::price::typprice::typical_price;
use serde::{Deserialize, Serialize};

/// Volume weighted average price (VWAP): the mean of the typical prices since
/// the first bar, each weighted by its volume. For the average of a session,
/// begin with its first bar.
///
/// # Formula
/// `VWAP(t) = (p(0) · v(0) + … + p(t) · v(t)) / (v(0) + … + v(t))`, where
/// `p = (high + low + close) / 3` and `v` is the volume; 0 before there was any
/// volume.
///
/// # Lookback
/// 0
///
/// # Example
/// ```
/// use indicators::{HighLowCloseVolume, Indicator, Vwap};
///
/// let mut average = Vwap::new();
/// assert_eq!(average.update(HighLowCloseVolume { high: 12.0, low: 9.0, close: 9.0, volume: 1.0 }), Some(10.0));
/// assert_eq!(average.update(HighLowCloseVolume { high: 15.0, low: 12.0, close: 15.0, volume: 3.0 }), Some(13.0));
/// ```
///
/// # Source
/// Stephen A. Berkowitz, Dennis E. Logue and Eugene A. Noser, "The Total Cost
/// of Transactions on the NYSE", *The Journal of Finance* 43, 1988.
pub type Vwap = Machine<Kernel>;

impl Vwap {
    /// The average, not begun.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for Vwap {
    fn default() -> Self {
        Self::new()
    }
}

/// The definition of [`Vwap`].
#[derive(Clone, Debug)]
pub struct Kernel;

/// What was paid, for how much, and so on average.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    value: f64,
    volume: f64,
    average: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "VWAP",
        title: "Volume Weighted Average Price",
        group: Group::Volume,
        parameters: &[],
        unstable_period: false,
    };
    type Input = HighLowCloseVolume;
    type Output = f64;
    type State = State;

    fn new(_: &Arguments) -> Self {
        Self
    }

    fn lookback(&self) -> usize {
        0
    }

    #[inline(always)]
    fn step<C: Clock>(&self, _: C, state: &mut State, bar: HighLowCloseVolume) -> f64 {
        let HighLowCloseVolume { high, low, close, volume } = bar;
        state.value += typical_price(high, low, close) * volume;
        state.volume += volume;
        if state.volume > 0.0 {
            state.average = state.value / state.volume;
        }
        state.average
    }
}
