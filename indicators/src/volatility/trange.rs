//! True range.

use crate::catalog::{Group, Info};
use crate::io::{HighLowClose, Input};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;
use crate::terms::carry_terms;
use serde::{Deserialize, Serialize};

/// True range (TRANGE): the range of a bar, together with the gap between it
/// and the close before.
///
/// # Formula
/// `TRANGE(t) = max(h - l, |c - h|, |c - l|)`, where `h` and `l` are the high and
/// the low of bar `t`, and `c` is the close before it.
///
/// # Lookback
/// 1
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, Trange};
///
/// let mut range = Trange::new();
/// assert_eq!(range.update(HighLowClose { high: 12.0, low: 9.0, close: 10.0 }), None);
/// assert_eq!(range.update(HighLowClose { high: 16.0, low: 14.0, close: 15.0 }), Some(6.0));
/// ```
///
/// # Source
/// J. Welles Wilder, *New Concepts in Technical Trading Systems*, 1978, section
/// III.
pub type Trange = Machine<Kernel>;

impl Trange {
    /// The true range of each bar.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for Trange {
    fn default() -> Self {
        Self::new()
    }
}

/// The definition of [`Trange`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel;

/// The latest close.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    close: f64,
}

impl State {
    /// The state after a bar that closed at `close`.
    pub(crate) fn after(close: f64) -> Self {
        Self { close }
    }
}

impl Kernel {
    /// Fills the rows with what `carry` makes of the true range of each, moving `carried` on;
    /// the state after them. All bars are past the first. `None` when one of them is not
    /// finite; `carried` may have been moved on then.
    #[inline(always)]
    pub(crate) fn carry<S: Copy>(
        &self,
        state: State,
        [highs, lows, closes]: <HighLowClose as Input>::Columns<'_>,
        filled: &mut [f64],
        carried: &mut S,
        carry: impl Fn(&mut S, f64) -> f64,
    ) -> Option<State> {
        // Each bar beside the close before it.
        let range = |bar: HighLowClose| true_range(bar.high, bar.low, bar.close);
        let (&close, earlier) = closes.split_last()?;
        let (first, rest) = filled.split_at_mut_checked(1)?;
        let first = (first, 0..1, std::slice::from_ref(&state.close));
        let rest = (rest, 1..closes.len(), earlier);
        for (filled, rows, before) in [first, rest] {
            let columns = [highs.get(rows.clone())?, lows.get(rows)?, before];
            if !carry_terms::<HighLowClose, S>(columns, filled, carried, range, &carry) {
                return None;
            }
        }
        close.is_finite().then_some(State { close })
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "TRANGE",
        title: "True Range",
        group: Group::Volatility,
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
        1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLowClose) -> f64 {
        let HighLowClose { high, low, close } = bar;
        let previous = std::mem::replace(&mut state.close, close);
        if clock.bar() == 0 {
            return 0.0;
        }
        true_range(high, low, previous)
    }
}

/// The true range of a bar after one that closed at `previous`.
#[inline(always)]
pub(crate) fn true_range(high: f64, low: f64, previous: f64) -> f64 {
    // Plain comparisons: what is compared is never NaN.
    let greater = |a: f64, b: f64| if a > b { a } else { b };
    greater(greater(high - low, (previous - high).abs()), (previous - low).abs())
}
