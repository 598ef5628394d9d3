//! Negative volume index.

use crate::catalog::{Group, Info};
use crate::io::CloseVolume;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;
use serde::{Deserialize, Serialize};

/// Negative volume index (NVI): what the close has gained since the first bar,
/// counting only bars whose volume fell. It begins at 1,000.
///
/// # Formula
/// `NVI(t) = NVI(t-1) · close(t) / close(t-1)` when `volume(t) < volume(t-1)`,
/// unchanged otherwise. A gain that would take the index past the largest number
/// is left out.
///
/// # Lookback
/// 0
///
/// # Example
/// ```
/// use indicators::{CloseVolume, Indicator, Nvi};
///
/// let mut index = Nvi::new();
/// assert_eq!(index.update(CloseVolume { close: 10.0, volume: 5.0 }), Some(1000.0));
/// assert_eq!(index.update(CloseVolume { close: 11.0, volume: 4.0 }), Some(1100.0));
/// assert_eq!(index.update(CloseVolume { close: 22.0, volume: 9.0 }), Some(1100.0));
/// ```
///
/// # Source
/// Norman G. Fosback, *Stock Market Logic*, 1976.
pub type Nvi = Machine<Kernel>;

impl Nvi {
    /// The index, not begun.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for Nvi {
    fn default() -> Self {
        Self::new()
    }
}

/// The definition of [`Nvi`].
#[derive(Clone, Debug)]
pub struct Kernel;

/// The latest close and volume, and the index.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    close: f64,
    volume: f64,
    index: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "NVI",
        title: "Negative Volume Index",
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
        let CloseVolume { close, volume } = bar;
        if clock.bar() == 0 {
            state.index = 1000.0;
        } else if volume < state.volume && state.close != 0.0 {
            let index = state.index + (close - state.close) / state.close * state.index;
            if index.is_finite() {
                state.index = index;
            }
        }
        state.close = close;
        state.volume = volume;
        state.index
    }
}
