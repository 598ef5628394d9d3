//! Accumulation/distribution line.

use crate::catalog::{Group, Info};
use crate::io::{HighLowCloseVolume, Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::Arguments;
use crate::terms::carry_terms;
use serde::{Deserialize, Serialize};

/// Accumulation/distribution line (AD): the volume of all bars, each counted by
/// where in its range the bar closed, from fully at the high to fully negative
/// at the low.
///
/// # Formula
/// `AD(t) = AD(t-1) + ((c - l) - (h - c)) / (h - l) · volume(t)`, where `h l c`
/// are the prices of bar `t`; a bar without a range adds nothing.
///
/// # Lookback
/// 0
///
/// # Example
/// ```
/// use indicators::{Ad, HighLowCloseVolume, Indicator};
///
/// let mut line = Ad::new();
/// assert_eq!(line.update(HighLowCloseVolume { high: 12.0, low: 8.0, close: 11.0, volume: 100.0 }), Some(50.0));
/// assert_eq!(line.update(HighLowCloseVolume { high: 12.0, low: 8.0, close: 8.0, volume: 20.0 }), Some(30.0));
/// ```
///
/// # Source
/// Marc Chaikin; Steven B. Achelis, *Technical Analysis from A to Z*, 2nd
/// edition, 2001, "Accumulation/Distribution".
pub type Ad = Machine<Kernel>;

impl Ad {
    /// The line, not begun.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for Ad {
    fn default() -> Self {
        Self::new()
    }
}

/// The definition of [`Ad`].
#[derive(Clone, Debug)]
pub struct Kernel;

/// The line.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    line: f64,
}

impl State {
    /// The line after a bar whose volume counts so much.
    #[inline(always)]
    pub(crate) fn add(&mut self, volume: f64) -> f64 {
        self.line += volume;
        self.line
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "AD",
        title: "Chaikin A/D Line",
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
        state.add(money_flow_volume(bar))
    }

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut State,
        bars: <Self::Input as Input>::Columns<'_>,
        lines: &mut <Self::Output as Output>::Columns<'_>,
        _: &mut Ready,
    ) -> bool {
        carry_terms(bars, lines, state, money_flow_volume, State::add)
    }
}

/// The volume of a bar, counted by where in its range the bar closed; for use
/// within another indicator.
#[inline(always)]
pub(crate) fn money_flow_volume(bar: HighLowCloseVolume) -> f64 {
    let HighLowCloseVolume { high, low, close, volume } = bar;
    let range = high - low;
    let divisor = if range > 0.0 { range } else { 1.0 };
    // Always divided: the jump around it costs more where bars without a range are few.
    let share = ((close - low) - (high - close)) / divisor;
    if range > 0.0 { share * volume } else { 0.0 }
}
