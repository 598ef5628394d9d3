//! Price volume trend.

use crate::catalog::{Group, Info};
use crate::io::CloseVolume;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;
use serde::{Deserialize, Serialize};

/// Price volume trend (PVT): the volume of all bars, each times the relative
/// move of the close.
///
/// # Formula
/// `PVT(t) = PVT(t-1) + (close(t) - close(t-1)) / close(t-1) · volume(t)`, and
/// 0 at the first bar; nothing is added after a close of 0.
///
/// # Lookback
/// 0
///
/// # Example
/// ```
/// use indicators::{CloseVolume, Indicator, Pvt};
///
/// let mut trend = Pvt::new();
/// assert_eq!(trend.update(CloseVolume { close: 10.0, volume: 5.0 }), Some(0.0));
/// assert_eq!(trend.update(CloseVolume { close: 15.0, volume: 4.0 }), Some(2.0));
/// ```
///
/// # Source
/// Steven B. Achelis, *Technical Analysis from A to Z*, 2nd edition, 2001,
/// "Price and Volume Trend".
pub type Pvt = Machine<Kernel>;

impl Pvt {
    /// The trend, not begun.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for Pvt {
    fn default() -> Self {
        Self::new()
    }
}

/// The definition of [`Pvt`].
#[derive(Clone, Debug)]
pub struct Kernel;

/// The latest close, and the trend.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    close: f64,
    trend: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "PVT",
        title: "Price Volume Trend",
        group: Group::Volume,
        parameters: &[],
        unstable_period: false,
    };
    type Input = CloseVolume;
    type Output = f64;
    type State = State;

    fn new(_: &Arguments) -> Self {
        Self
    }

    fn lookback(&self) -> usize {
        0
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: CloseVolume) -> f64 {
        if clock.bar() > 0 && state.close != 0.0 {
            state.trend += (bar.close - state.close) / state.close * bar.volume;
        }
        state.close = bar.close;
        state.trend
    }
}
