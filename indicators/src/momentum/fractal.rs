//! Williams fractal.

use crate::catalog::{Group, Info};
use crate::io::{Finite, HighLow, Input, Output, output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Range, RangeState, Ring, Window, block, fill_blocks, lay_out};
use serde::{Deserialize, Serialize};
use std::array;

/// Williams fractal (FRACTAL): bars whose high is above all highs around them,
/// or whose low is below all lows around them. It is known, and given, only
/// when the bars on the right have closed.
///
/// # Formula
/// `swing_high(t)` is 100 if the high of bar `t - r` is above those of the `l`
/// bars before it and of the `r` bars after it, and 0 otherwise; `swing_low(t)`
/// likewise of lows below.
///
/// # Parameters
/// * `left_bars` `l`: bars before, 1 to 100,000, default 2.
/// * `right_bars` `r`: bars after, 1 to 100,000, default 2.
///
/// # Lookback
/// `l + r`
///
/// # Example
/// ```
/// use indicators::{Fractal, HighLow, Indicator};
///
/// let mut fractal = Fractal::new(1, 1)?;
/// assert_eq!(fractal.update(HighLow { high: 12.0, low: 9.0 }), None);
/// assert_eq!(fractal.update(HighLow { high: 14.0, low: 10.0 }), None);
/// let output = fractal.update(HighLow { high: 13.0, low: 10.0 }).expect("the third bar is past the lookback");
/// assert_eq!((output.swing_high, output.swing_low), (100, 0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Bill Williams, *Trading Chaos*, 1995.
pub type Fractal = Machine<Kernel>;

impl Fractal {
    /// The bars that stand out from `left_bars` before and `right_bars` after them.
    ///
    /// # Errors
    /// When a number of bars is not from 1 to 100,000.
    pub fn new(left_bars: usize, right_bars: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[left_bars, right_bars].map(|bars| Some(bars as f64)))
    }
}

output! {
    /// What [`Fractal`] gives, of the bar `right_bars` ago.
    FractalOutput {
        /// 100 if its high stands out, 0 otherwise.
        swing_high: i32 "outSwingHigh",
        /// 100 if its low stands out, 0 otherwise.
        swing_low: i32 "outSwingLow",
    }
}

/// Up to so many bars on both sides, comparing with each of them is faster than keeping
/// their extremes.
const FEW: usize = 16;

/// The definition of [`Fractal`].
#[derive(Clone, Debug)]
pub struct Kernel {
    left: usize,
    right: usize,
    /// The latest bars, back to the one before the bar that may stand out; all of them
    /// where there are few.
    highs: Ring,
    lows: Ring,
    many: Option<Many>,
}

/// The extremes of the bars on each side.
#[derive(Clone, Debug)]
struct Many {
    before: Range,
    after: Range,
}

/// Where the windows are.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    before: RangeState,
    after: RangeState,
}

/// How many bars of a batch are compared together.
const LANES: usize = 8;

/// 100 for each of the `values` that is beyond all others of its window, and 0 for the others;
/// each item holds one of each window, and all of them the values themselves.
#[inline(always)]
fn stand_out<const N: usize>(
    values: [f64; N],
    windows: impl Iterator<Item = [f64; N]>,
    is_beyond: impl Fn(f64, f64) -> bool,
) -> [f64; N] {
    // Each is reached by itself.
    let reached = windows.fold([0.0; N], |reached, others| {
        let reaches = |lane| if is_beyond(values[lane], others[lane]) { 0.0 } else { 1.0 };
        array::from_fn(|lane| reached[lane] + reaches(lane))
    });
    reached.map(|by| if by == 1.0 { 100.0 } else { 0.0 })
}

impl Kernel {
    /// What is given of the bar that may stand out, on the side that the ring holds.
    #[inline(always)]
    fn swing(&self, ring: &Ring, latest: f64, is_beyond: impl Fn(f64, f64) -> bool) -> i32 {
        let window = ring.slots().iter().copied().chain([latest]);
        let [swing] = stand_out([ring.ago(self.right)], window.map(|value| [value]), is_beyond);
        swing as i32
    }

    /// The same at all rows of a line.
    #[inline(always)]
    fn fill_side(
        &self,
        line: &[f64],
        filled: &mut [f64],
        is_beyond: impl Fn(f64, f64) -> bool,
    ) -> bool {
        fill_blocks::<LANES>(filled, |row| {
            let windows = (row..=row + self.left + self.right).map(|at| block(line, at));
            stand_out(block(line, row + self.left), windows, &is_beyond)
        })
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "FRACTAL",
        title: "Williams Fractal",
        group: Group::Momentum,
        parameters: &[Parameter::period("left_bars", 2, 1), Parameter::period("right_bars", 2, 1)],
        unstable_period: false,
    };
    type Input = HighLow;
    type Output = FractalOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let (left, right) = (arguments.integer(0), arguments.integer(1));
        let few = left + right <= FEW;
        let earlier = if few { left + right } else { right + 1 };
        let many = || Many { before: Range::new(left), after: Range::new(right) };
        Self {
            left,
            right,
            highs: Ring::new(earlier),
            lows: Ring::new(earlier),
            many: (!few).then(many),
        }
    }

    fn lookback(&self) -> usize {
        self.left + self.right
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLow) -> FractalOutput {
        let (swing_high, swing_low) = match &self.many {
            None => (
                self.swing(&self.highs, bar.high, |one, other| one > other),
                self.swing(&self.lows, bar.low, |one, other| one < other),
            ),
            Some(Many { before, after }) => {
                let (high, low) = (self.highs.ago(self.right), self.lows.ago(self.right));
                let (oldest_high, oldest_low) = (self.highs.oldest(), self.lows.oldest());
                let before = before.step(clock, &mut state.before, oldest_high, oldest_low);
                let after = after.step(clock, &mut state.after, bar.high, bar.low);
                let swing = |found| 100 * i32::from(found);
                (swing(high > before.0.max(after.0)), swing(low < before.1.min(after.1)))
            }
        };
        FractalOutput { swing_high, swing_low }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, bar: HighLow) {
        if let Some(Many { before, after }) = &mut self.many {
            let (high, low) = (self.highs.oldest(), self.lows.oldest());
            before.store(clock, &state.before, high, low);
            after.store(clock, &state.after, bar.high, bar.low);
        }
        self.highs.push(bar.high);
        self.lows.push(bar.low);
    }

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        _: &mut State,
        [highs, lows]: <Self::Input as Input>::Columns<'_>,
        [swing_highs, swing_lows]: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        if self.many.is_some() {
            return false;
        }
        let [high_room, low_room] = &mut room.scratch;
        let high_line = lay_out(&self.highs, highs, high_room);
        let low_line = lay_out(&self.lows, lows, low_room);
        let (Some(high_line), Some(low_line)) = (high_line, low_line) else { return false };
        if !(self.fill_side(high_line, swing_highs, |one, other| one > other)
            && self.fill_side(low_line, swing_lows, |one, other| one < other))
        {
            return false;
        }
        let mut finite = Finite::default();
        for (high, low) in highs.iter().zip(lows) {
            finite.see(HighLow { high: *high, low: *low });
        }
        if finite.all() {
            self.highs.extend(highs);
            self.lows.extend(lows);
        }
        finite.all()
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.highs);
        visit(&mut self.lows);
        if let Some(Many { before, after }) = &mut self.many {
            before.windows(visit);
            after.windows(visit);
        }
    }
}
