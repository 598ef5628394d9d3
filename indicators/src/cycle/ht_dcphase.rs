//! The phase of the dominant cycle.

use crate::catalog::{Group, Info};
use crate::cycle::ht_dcperiod::{self, LATE_START, LONGEST, bars};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;
use crate::window::{DEGREES, Ring, Smoother, Window};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;
use std::fmt;
use std::sync::LazyLock;

/// Dominant cycle phase (`HT_DCPHASE`): how far the cycle that the series runs
/// through has turned, in degrees from -45 to 315.
///
/// # Formula
/// The phase is `atan(R / I)`, in the half turn that the sign of `I` tells, and
/// 90°, and one bar's turn, `360° / P`, for the bar by which smoothing is late.
/// `R = Σ sin(360° · i / n) · s(t-i)` and `I = Σ cos(360° · i / n) · s(t-i)` for
/// `i` from 0 to `n - 1`, where `s(t)` is
/// `(4 · x(t) + 3 · x(t-1) + 2 · x(t-2) + x(t-3)) / 10`, `P` the period of the
/// dominant cycle as of HT_DCPERIOD, and `n` that period in whole bars.
///
/// A bar costs up to 50 products in each of both sums; the sines are computed
/// once.
///
/// # Parameters
/// None.
///
/// # Lookback
/// 63, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{HtDcPhase, Indicator};
///
/// let mut phase = HtDcPhase::new();
/// assert_eq!(phase.lookback(), 63);
/// for bar in 0..400 {
///     let turn = f64::from(bar) * 360.0 / 20.0;
///     if let Some(degrees) = phase.update(100.0 + 5.0 * turn.to_radians().sin()) {
///         let off = (degrees - turn + 180.0).rem_euclid(360.0) - 180.0;
///         assert!(bar < 200 || off.abs() < 10.0);
///     }
/// }
/// ```
///
/// # Source
/// John F. Ehlers, *Rocket Science for Traders*, 2001.
pub type HtDcPhase = Machine<Kernel>;

impl HtDcPhase {
    /// The phase of the cycle in a series.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for HtDcPhase {
    fn default() -> Self {
        Self::new()
    }
}

/// The sine and the cosine of each bar of a turn, for turns of 0 to
/// [`LONGEST`] bars.
#[derive(Clone, Copy)]
struct Turns(&'static [Vec<(f64, f64)>]);

impl Turns {
    fn new() -> Self {
        static TURNS: LazyLock<Vec<Vec<(f64, f64)>>> = LazyLock::new(|| {
            let angle = |i, bars| i as f64 * TAU / bars as f64;
            let turn = |bars| (0..bars).map(|i| angle(i, bars).sin_cos()).collect();
            (0..=LONGEST).map(turn).collect()
        });
        Self(&TURNS)
    }

    #[inline(always)]
    fn of(self, bars: usize) -> &'static [(f64, f64)] {
        self.0.get(bars).map_or(&[], Vec::as_slice)
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Turns")
    }
}

/// The definition of [`HtDcPhase`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    period: ht_dcperiod::Kernel,
    /// The smoothed values.
    smooth: Ring,
    turns: Turns,
}

/// The period, the smoothed value, and the phase in degrees.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    period: ht_dcperiod::State,
    smoother: Smoother,
    pub(crate) smooth: f64,
    pub(crate) phase: f64,
}

impl State {
    /// The period of the cycle, in bars.
    pub(crate) fn period(&self) -> f64 {
        self.period.period
    }
}

impl Kernel {
    /// A phase for use within another indicator.
    pub(crate) fn within() -> Self {
        Self {
            period: ht_dcperiod::Kernel::late(),
            smooth: Ring::new(LONGEST - 1),
            turns: Turns::new(),
        }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "HT_DCPHASE",
        title: "Hilbert Transform - Dominant Cycle Phase",
        group: Group::Cycle,
        parameters: &[],
        unstable_period: true,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(_: &Arguments) -> Self {
        Self::within()
    }

    fn lookback(&self) -> usize {
        63
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        let period = self.period.step(clock, &mut state.period, value);
        let smooth = state.smoother.step(clock.bar(), value);
        // Whatever is smoothed before then counts as 0, as in TA-Lib, and is
        // read while the period is longer than the time since.
        if clock.bar() < LATE_START {
            return 0.0;
        }
        state.smooth = smooth;
        let values = std::iter::once(smooth).chain(self.smooth.iter().rev());
        let (mut real, mut imaginary) = (0.0, 0.0);
        for (value, (sine, cosine)) in values.zip(self.turns.of(bars(period))) {
            real += sine * value;
            imaginary += cosine * value;
        }
        if imaginary != 0.0 {
            state.phase = (real / imaginary).atan() * DEGREES;
        } else if real != 0.0 {
            // From the last phase, as in TA-Lib.
            state.phase += 90f64.copysign(real);
        }
        state.phase += 90.0;
        state.phase += 360.0 / period;
        if imaginary < 0.0 {
            state.phase += 180.0;
        }
        if state.phase > 315.0 {
            state.phase -= 360.0;
        }
        state.phase
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, state: &State, _: f64) {
        self.smooth.push(state.smooth);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.smooth);
    }
}
