//! Parabolic stop and reverse, extended.

use crate::catalog::{Group, Info};
use crate::io::HighLow;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use serde::{Deserialize, Serialize};

/// Parabolic stop and reverse, extended (SAREXT): Wilder's parabolic with a start
/// of one's own, an offset on each reversal, and accelerations for each side.
///
/// # Formula
/// As [`Sar`](crate::Sar). The value is negative while the position is short. On
/// a reversal the new stop moves away from the price by `offset_on_reverse` of
/// itself. Where the start value is not 0, the position begins long (if it is
/// positive) or short, with its absolute value as the stop.
///
/// # Parameters
/// * `start_value`: -3e37 to 3e37, default 0.
/// * `offset_on_reverse`: 0 to 3e37, default 0.
/// * `acceleration_init_long`, `acceleration_long`, `acceleration_max_long`: the
///   acceleration that a long position begins with, what a new high adds to it,
///   and the most it comes to; each 0 to 3e37, default 0.02, 0.02 and 0.2.
/// * `acceleration_init_short`, `acceleration_short`, `acceleration_max_short`:
///   the same of a short position.
///
/// # Lookback
/// 1
///
/// # Example
/// ```
/// use indicators::{HighLow, Indicator, SarExt};
///
/// let mut sarext = SarExt::from_values(&[Some(-9.0)])?;
/// assert_eq!(sarext.update(HighLow { high: 5.0, low: 3.0 }), None);
/// assert_eq!(sarext.update(HighLow { high: 6.0, low: 4.0 }), Some(-9.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// J. Welles Wilder, *New Concepts in Technical Trading Systems*, 1978, section
/// II; extended as in TA-Lib, group 'Overlap Studies'.
pub type SarExt = Machine<Kernel>;

impl SarExt {
    /// A stop with the accelerations of a long and a short position: the first,
    /// what each new extreme adds, and the most.
    ///
    /// # Errors
    /// When `start_value` is not from -3e37 to 3e37, or another value not from 0
    /// to 3e37.
    pub fn new(
        start_value: f64,
        offset_on_reverse: f64,
        long: [f64; 3],
        short: [f64; 3],
    ) -> Result<Self, ParameterError> {
        let values = [&[start_value, offset_on_reverse], &long[..], &short[..]].concat();
        let values: Vec<_> = values.into_iter().map(Some).collect();
        Self::from_values(&values)
    }
}

/// The definition of [`SarExt`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    start: f64,
    offset: f64,
    long: Acceleration,
    short: Acceleration,
}

/// How fast the stop comes closer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acceleration {
    first: f64,
    more: f64,
    most: f64,
}

impl Acceleration {
    /// Begins with `first`, grows by `more`, and ends at `most`.
    pub(crate) fn new(first: f64, more: f64, most: f64) -> Self {
        Self { first: first.min(most), more: more.min(most), most }
    }
}

/// The latest bar, and the position: its stop, the best price since it was
/// taken, and its acceleration.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    high: f64,
    low: f64,
    short: bool,
    stop: f64,
    best: f64,
    acceleration: f64,
}

impl Kernel {
    /// A stop for use within another indicator.
    pub(crate) fn of(
        start: f64,
        offset: f64,
        long: Acceleration,
        short: Acceleration,
    ) -> Self {
        Self { start, offset, long, short }
    }

    /// The position that the second bar begins with.
    #[cold]
    fn begin(&self, state: &mut State, high: f64, low: f64) {
        let down = state.low - low;
        state.short = match self.start == 0.0 {
            true => down > 0.0 && down > high - state.high,
            false => self.start < 0.0,
        };
        let (before, best) = if state.short { (state.high, low) } else { (state.low, high) };
        state.stop = if self.start == 0.0 { before } else { self.start.abs() };
        state.best = best;
        state.acceleration = self.side(state).first;
        // The bar before has done its part.
        (state.high, state.low) = (high, low);
    }

    #[inline(always)]
    fn side(&self, state: &State) -> &Acceleration {
        if state.short { &self.short } else { &self.long }
    }

    /// The stop at this bar, and whether the position is short now.
    #[inline(always)]
    pub(crate) fn stop<C: Clock>(&self, clock: C, state: &mut State, bar: HighLow) -> (f64, bool) {
        let HighLow { high, low } = bar;
        if clock.bar() == 0 {
            (state.high, state.low) = (high, low);
            return (0.0, false);
        }
        if clock.bar() == 1 {
            self.begin(state, high, low);
        }
        let (ceiling, floor) = (high.max(state.high), low.min(state.low));
        (state.high, state.low) = (high, low);
        let around = Around { high, low, ceiling, floor };
        // Positions last for many bars: a jump that is foreseen costs less than
        // choosing between the sides at every turn.
        match (state.short, high >= state.stop, low <= state.stop) {
            (true, true, _) => self.reverse::<false>(state, around),
            (true, ..) => self.hold::<true>(state, around),
            (false, _, true) => self.reverse::<true>(state, around),
            (false, ..) => self.hold::<false>(state, around),
        }
    }

    /// The position goes on.
    #[inline(always)]
    fn hold<const SHORT: bool>(&self, state: &mut State, around: Around) -> (f64, bool) {
        let side = if SHORT { &self.short } else { &self.long };
        let new = if SHORT { around.low } else { around.high };
        let better = if SHORT { new < state.best } else { new > state.best };
        let faster = (state.acceleration + side.more).min(side.most);
        state.acceleration = if better { faster } else { state.acceleration };
        state.best = if better { new } else { state.best };
        self.follow::<SHORT>(state, around, state.stop)
    }

    /// The other position begins, with the best price of the one before as its
    /// stop.
    #[inline(always)]
    fn reverse<const SHORT: bool>(&self, state: &mut State, around: Around) -> (f64, bool) {
        let mut stop = around.outside::<SHORT>(state.best);
        if self.offset != 0.0 {
            let offset = stop * self.offset;
            stop = if SHORT { stop + offset } else { stop - offset };
        }
        state.short = SHORT;
        state.acceleration = if SHORT { self.short.first } else { self.long.first };
        state.best = if SHORT { around.low } else { around.high };
        self.follow::<SHORT>(state, around, stop)
    }

    /// This bar's stop, and the next one from it.
    #[inline(always)]
    fn follow<const SHORT: bool>(
        &self,
        state: &mut State,
        around: Around,
        stop: f64,
    ) -> (f64, bool) {
        // Fused, as in TA-Lib's C library.
        let next = state.acceleration.mul_add(state.best - stop, stop);
        state.stop = around.outside::<SHORT>(next);
        (stop, SHORT)
    }
}

/// A bar, and the extremes of it and the one before.
#[derive(Clone, Copy)]
struct Around {
    high: f64,
    low: f64,
    ceiling: f64,
    floor: f64,
}

impl Around {
    /// The stop never lies within the last two bars.
    #[inline(always)]
    fn outside<const SHORT: bool>(self, stop: f64) -> f64 {
        match SHORT {
            true => if stop < self.ceiling { self.ceiling } else { stop },
            false => if stop > self.floor { self.floor } else { stop },
        }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "SAREXT",
        title: "Parabolic SAR - Extended",
        group: Group::Overlap,
        parameters: &[
            Parameter::real("start_value", 0.0, -3e37, 3e37),
            Parameter::real("offset_on_reverse", 0.0, 0.0, 3e37),
            Parameter::real("acceleration_init_long", 0.02, 0.0, 3e37),
            Parameter::real("acceleration_long", 0.02, 0.0, 3e37),
            Parameter::real("acceleration_max_long", 0.2, 0.0, 3e37),
            Parameter::real("acceleration_init_short", 0.02, 0.0, 3e37),
            Parameter::real("acceleration_short", 0.02, 0.0, 3e37),
            Parameter::real("acceleration_max_short", 0.2, 0.0, 3e37),
        ],
        unstable_period: false,
    };
    type Input = HighLow;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let side = |at| {
            Acceleration::new(arguments.real(at), arguments.real(at + 1), arguments.real(at + 2))
        };
        Self::of(arguments.real(0), arguments.real(1), side(2), side(5))
    }

    fn lookback(&self) -> usize {
        1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLow) -> f64 {
        let (stop, short) = self.stop(clock, state, bar);
        if short { -stop } else { stop }
    }
}
