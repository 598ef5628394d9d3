//! Ehlers's sine wave indicator.

use crate::catalog::{Group, Info};
use crate::cycle::ht_dcphase;
use crate::io::output;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;
use crate::window::{DEGREES, Window};

/// Sine wave (`HT_SINE`): the sine of the phase of the dominant cycle, and the
/// sine an eighth of a turn further. They cross where a cycle turns, and run
/// side by side in a trend.
///
/// # Formula
/// `sine = sin(φ)` and `lead_sine = sin(φ + 45°)`, where `φ` is the phase of the
/// dominant cycle as of HT_DCPHASE.
///
/// # Parameters
/// None.
///
/// # Lookback
/// 63, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{HtSine, Indicator};
///
/// let mut sine = HtSine::new();
/// assert_eq!(sine.lookback(), 63);
/// for bar in 0..400 {
///     let cycle = (f64::from(bar) * std::f64::consts::TAU / 20.0).sin();
///     if let Some(output) = sine.update(100.0 + 5.0 * cycle) {
///         assert!(bar < 200 || (output.sine - cycle).abs() < 0.2);
///     }
/// }
/// ```
///
/// # Source
/// John F. Ehlers, *Rocket Science for Traders*, 2001.
pub type HtSine = Machine<Kernel>;

impl HtSine {
    /// The sine wave of a series.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for HtSine {
    fn default() -> Self {
        Self::new()
    }
}

output! {
    /// What [`HtSine`] gives, from -1 to 1.
    HtSineOutput {
        /// The sine of the phase.
        sine: "outSine",
        /// The sine 45° further.
        lead_sine: "outLeadSine",
    }
}

impl HtSineOutput {
    /// Both sines of a phase in degrees.
    #[inline(always)]
    pub(crate) fn of(phase: f64) -> Self {
        const RADIANS: f64 = 1.0 / DEGREES;
        Self { sine: (phase * RADIANS).sin(), lead_sine: ((phase + 45.0) * RADIANS).sin() }
    }
}

/// The definition of [`HtSine`].
#[derive(Clone, Debug)]
pub struct Kernel {
    phase: ht_dcphase::Kernel,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "HT_SINE",
        title: "Hilbert Transform - SineWave",
        group: Group::Cycle,
        parameters: &[],
        unstable_period: true,
    };
    type Input = f64;
    type Output = HtSineOutput;
    type State = ht_dcphase::State;

    fn new(_: &Arguments) -> Self {
        Self { phase: ht_dcphase::Kernel::within() }
    }

    fn lookback(&self) -> usize {
        63
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut Self::State, value: f64) -> HtSineOutput {
        HtSineOutput::of(self.phase.step(clock, state, value))
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &Self::State, value: f64) {
        self.phase.store(clock, state, value);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.phase.windows(visit);
    }
}
