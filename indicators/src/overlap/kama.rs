//! Kaufman's adaptive moving average.

use crate::catalog::{Group, Info};
use crate::io::{Finite, Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Ring, Window, ZeroRun, lines};
use serde::{Deserialize, Serialize};

/// Kaufman adaptive moving average (KAMA): an exponential average that follows
/// closely where the series moves in one direction, and hardly moves where it
/// only goes back and forth.
///
/// # Formula
/// `KAMA(t) = KAMA(t-1) + s(t)² · (x(t) - KAMA(t-1))`, where
/// `s = E · (2/3 - 2/31) + 2/31` and the efficiency ratio `E` is the move over
/// the last `n` bars, `|x(t) - x(t-n)|`, divided by the sum of the `n` moves from
/// bar to bar; 1 where there was none. The first KAMA follows from the value
/// before it.
///
/// # Parameters
/// * `time_period` `n`: moves in the ratio, 1 to 100,000, default 30; 1 smooths
///   nothing.
///
/// # Lookback
/// `n` (0 where `n` is 1), and the unstable period.
///
/// # Example
/// ```
/// use indicators::{Indicator, Kama};
///
/// let mut kama = Kama::new(2)?;
/// assert_eq!(kama.update(1.0), None);
/// assert_eq!(kama.update(2.0), None);
/// assert_eq!(kama.update(2.9), Some(2.4)); // one direction: 2 + (2/3)² · 0.9
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Perry J. Kaufman, *Smarter Trading*, 1995.
pub type Kama = Machine<Kernel>;

impl Kama {
    /// The average with the efficiency ratio over `time_period` moves.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The weight of the newest value in an average over 30 values.
const SLOW: f64 = 2.0 / (30.0 + 1.0);
/// What is added to it for an average over 2 values.
const SPAN: f64 = 2.0 / (2.0 + 1.0) - SLOW;

/// The definition of [`Kama`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    /// The values that the window's moves are between, and one more.
    values: Ring,
    flat: ZeroRun,
}

/// The sum of the window's moves, how many of the latest were none, and the average.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    moves: f64,
    zeros: usize,
    average: f64,
}

impl Kernel {
    /// An average over `period` values, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        Self { period, values: Ring::new(period + 1), flat: ZeroRun::new(period) }
    }
}

impl State {
    /// Moves the average towards `value`.
    #[inline(always)]
    fn follow(&mut self, value: f64, weight: f64) -> f64 {
        self.average = (value - self.average).mul_add(weight, self.average);
        self.average
    }
}

/// The weight of `value`, where `moves` lead to it from `first`.
#[inline(always)]
fn weight(first: f64, value: f64, moves: f64) -> f64 {
    let whole = (value - first).abs();
    // The sum is running, and can round to less than the straight line.
    let ratio = whole / moves;
    let efficiency = if moves <= whole { 1.0 } else { ratio };
    // Fused, as in TA-Lib's C library.
    let smoothing = efficiency.mul_add(SPAN, SLOW);
    smoothing * smoothing
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "KAMA",
        title: "Kaufman Adaptive Moving Average",
        group: Group::Overlap,
        parameters: &[Parameter::period("time_period", 30, 1)],
        unstable_period: true,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        Self::over(arguments.integer(0))
    }

    fn lookback(&self) -> usize {
        if self.period == 1 { 0 } else { self.period }
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        if self.period == 1 || clock.bar() == 0 {
            return value;
        }
        let previous = self.values.ago(1);
        let first = self.values.ago(self.period);
        if clock.bar() > self.period {
            state.moves -= (self.values.oldest() - first).abs();
        } else {
            state.average = previous;
        }
        state.moves += (value - previous).abs();
        if self.flat.step(&mut state.zeros, value == previous) {
            state.moves = 0.0;
        }
        if clock.bar() < self.period {
            return value;
        }
        state.follow(value, weight(first, value, state.moves))
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &State, value: f64) {
        self.values.push(value);
    }

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut State,
        values: <Self::Input as Input>::Columns<'_>,
        averages: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        if self.period == 1 {
            return false;
        }
        let [room, _] = &mut room.scratch;
        let Some(lines) = lines(&self.values, values, room) else { return false };
        let mut now = *state;
        let mut flat = false;
        let mut finite = Finite::default();
        for (line, rows) in lines {
            let from = |start: usize| line.iter().skip(start);
            let moves = |start: usize| from(start).zip(from(start + 1));
            let steps = moves(0).zip(moves(self.period));
            let averages = averages[rows].iter_mut();
            for (average, ((oldest, first), (previous, value))) in averages.zip(steps) {
                let come = (value - previous).abs();
                now.moves -= (first - oldest).abs();
                now.moves += come;
                flat |= self.flat.step(&mut now.zeros, come == 0.0);
                *average = now.follow(*value, weight(*first, *value, now.moves));
                finite.see(*value);
            }
        }
        // Flat windows are rare, and left to the steps.
        if flat || !finite.all() {
            return false;
        }
        *state = now;
        self.values.extend(values);
        true
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.values);
    }
}
