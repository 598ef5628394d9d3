//! Williams' accumulation/distribution.

use crate::catalog::{Group, Info};
use crate::io::HighLowClose;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;
use serde::{Deserialize, Serialize};

/// Williams' accumulation/distribution (WAD): the sum of how far each close
/// rose from the true low, or fell from the true high. No volume goes into it.
///
/// # Formula
/// `WAD(t) = WAD(t-1) + close(t) - min(low(t), close(t-1))` when the close
/// rose, `+ close(t) - max(high(t), close(t-1))` when it fell, unchanged
/// otherwise; 0 at the first bar.
///
/// # Lookback
/// 0
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, Wad};
///
/// let mut line = Wad::new();
/// assert_eq!(line.update(HighLowClose { high: 12.0, low: 8.0, close: 10.0 }), Some(0.0));
/// assert_eq!(line.update(HighLowClose { high: 13.0, low: 9.0, close: 12.0 }), Some(3.0));
/// assert_eq!(line.update(HighLowClose { high: 12.5, low: 9.0, close: 10.0 }), Some(0.5));
/// ```
///
/// # Source
/// Steven B. Achelis, *Technical Analysis from A to Z*, 2nd edition, 2001,
/// "Williams's Accumulation/Distribution".
pub type Wad = Machine<Kernel>;

impl Wad {
    /// The line, not begun.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for Wad {
    fn default() -> Self {
        Self::new()
    }
}

/// The definition of [`Wad`].
#[derive(Clone, Debug)]
pub struct Kernel;

/// The latest close, and the line.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    close: f64,
    line: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "WAD",
        title: "Williams' Accumulation/Distribution",
        group: Group::Momentum,
        parameters: &[],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = f64;
    type State = State;

    fn new(_: &Arguments) -> Self {
        Self
    }

    fn lookback(&self) -> usize {
        0
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLowClose) -> f64 {
        let HighLowClose { high, low, close } = bar;
        if clock.bar() > 0 && close > state.close {
            state.line += close - low.min(state.close);
        } else if clock.bar() > 0 && close < state.close {
            state.line += close - high.max(state.close);
        }
        state.close = close;
        state.line
    }
}
