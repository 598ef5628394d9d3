//! MESA adaptive moving average.

use crate::catalog::{Group, Info};
use crate::io::output;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{DEGREES, Homodyne, HomodyneState};
use serde::{Deserialize, Serialize};

/// MESA adaptive moving average (MAMA): an exponential average that follows the
/// more closely the faster the phase of the cycle changes, and a second one that
/// follows it (FAMA). Their crossings are signals.
///
/// # Formula
/// `MAMA(t) = a · x(t) + (1 - a) · MAMA(t-1)` and
/// `FAMA(t) = a/2 · MAMA(t) + (1 - a/2) · FAMA(t-1)`, where `a` is the fast limit
/// divided by the degrees that the phase went back since the last bar (at least
/// 1), and at least the slow limit. The phase is `atan(Q / I)` of the quadrature
/// and the in-phase part that Ehlers's Hilbert transformers give.
///
/// # Parameters
/// * `fast_limit`: the largest `a`, 0.01 to 0.99, default 0.5.
/// * `slow_limit`: the smallest `a`, 0.01 to 0.99, default 0.05.
///
/// # Lookback
/// 32, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{Indicator, Mama};
///
/// let mut mama = Mama::new(0.5, 0.05)?;
/// assert_eq!(mama.lookback(), 32);
/// for _ in 0..200 {
///     mama.update(100.0);
/// }
/// let output = mama.update(100.0).expect("200 bars are more than the lookback");
/// assert!((output.mama - 100.0).abs() < 1e-9 && (output.fama - 100.0).abs() < 1e-9);
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// John F. Ehlers, *Rocket Science for Traders*, 2001.
pub type Mama = Machine<Kernel>;

impl Mama {
    /// An average whose newest value weighs from `slow_limit` to `fast_limit`.
    ///
    /// # Errors
    /// When one of them is not from 0.01 to 0.99.
    pub fn new(fast_limit: f64, slow_limit: f64) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(fast_limit), Some(slow_limit)])
    }
}

output! {
    /// What [`Mama`] gives, on the scale of the input.
    MamaOutput {
        /// The adaptive average.
        mama: "outMAMA",
        /// The average that follows it.
        fama: "outFAMA",
    }
}

/// The definition of [`Mama`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    fast_limit: f64,
    slow_limit: f64,
    cycle: Homodyne,
}

/// The cycle, its phase in degrees, and the two averages.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    cycle: HomodyneState,
    phase: f64,
    mama: f64,
    fama: f64,
}

/// The bar at which the averages begin: the transformers have read enough then.
const START: usize = 12;

impl Kernel {
    /// An average for use within another indicator.
    pub(crate) fn within(fast_limit: f64, slow_limit: f64) -> Self {
        Self { fast_limit, slow_limit, cycle: Homodyne::new(START) }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "MAMA",
        title: "MESA Adaptive Moving Average",
        group: Group::Overlap,
        parameters: &[
            Parameter::real("fast_limit", 0.5, 0.01, 0.99),
            Parameter::real("slow_limit", 0.05, 0.01, 0.99),
        ],
        unstable_period: true,
    };
    type Input = f64;
    type Output = MamaOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        Self::within(arguments.real(0), arguments.real(1))
    }

    fn lookback(&self) -> usize {
        32
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> MamaOutput {
        let cycle = self.cycle.step(&mut state.cycle, clock.bar(), value);
        if clock.bar() >= START {
            let phase = match cycle.in_phase == 0.0 {
                true => 0.0,
                false => (cycle.quadrature / cycle.in_phase).atan() * DEGREES,
            };
            let back = state.phase - phase;
            state.phase = phase;
            let weight = match back > 1.0 {
                true => (self.fast_limit / back).max(self.slow_limit),
                false => self.fast_limit,
            };
            // Fused, as in TA-Lib's C library.
            state.mama = (1.0 - weight).mul_add(state.mama, weight * value);
            let weight = weight * 0.5;
            state.fama = (1.0 - weight).mul_add(state.fama, weight * state.mama);
        }
        MamaOutput { mama: state.mama, fama: state.fama }
    }
}
