//! On balance volume.

use crate::catalog::{Group, Info};
use crate::io::CloseVolume;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;
use serde::{Deserialize, Serialize};

/// On balance volume (OBV): the volume of rising bars less that of falling ones.
///
/// # Formula
/// `OBV(0) = volume(0)`;
/// `OBV(t) = OBV(t-1) + volume(t)` when the close rose, `- volume(t)` when it
/// fell, unchanged otherwise.
///
/// # Lookback
/// 0
///
/// # Example
/// ```
/// use indicators::{CloseVolume, Indicator, Obv};
///
/// let mut obv = Obv::new();
/// assert_eq!(obv.update(CloseVolume { close: 10.0, volume: 5.0 }), Some(5.0));
/// assert_eq!(obv.update(CloseVolume { close: 11.0, volume: 2.0 }), Some(7.0));
/// assert_eq!(obv.update(CloseVolume { close: 10.5, volume: 4.0 }), Some(3.0));
/// ```
///
/// # Source
/// Joseph E. Granville, *Granville's New Key to Stock Market Profits*, 1963.
pub type Obv = Machine<Kernel>;

impl Obv {
    /// The balance, not begun.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for Obv {
    fn default() -> Self {
        Self::new()
    }
}

/// The definition of [`Obv`].
#[derive(Clone, Debug)]
pub struct Kernel;

/// The latest close, and the balance.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    previous: f64,
    balance: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "OBV",
        title: "On Balance Volume",
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
    fn step<C: Clock>(&self, clock: C, state: &mut State, input: CloseVolume) -> f64 {
        let CloseVolume { close, volume } = input;
        // Without a jump, which could not be predicted. Adding a negative zero changes nothing.
        let fell = if close < state.previous { -volume } else { -0.0 };
        let rose = clock.bar() == 0 || close > state.previous;
        state.previous = close;
        state.balance += if rose { volume } else { fell };
        state.balance
    }
}
