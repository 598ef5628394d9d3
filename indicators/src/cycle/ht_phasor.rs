//! The components of the phasor.

use crate::catalog::{Group, Info};
use crate::cycle::ht_dcperiod::START;
use crate::io::output;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;
use crate::window::{Homodyne, HomodyneState};

/// Phasor components (`HT_PHASOR`): the cycle that the series runs through as a
/// pointer that turns, by its two coordinates.
///
/// # Formula
/// `in_phase(t) = d(t-3)` and `quadrature = H(d)`, where `d` is the series,
/// smoothed over 4 bars and detrended, and `H` Ehlers's Hilbert transformer,
/// which is late by 3 bars and turns a cycle by a quarter.
///
/// # Parameters
/// None.
///
/// # Lookback
/// 32, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{HtPhasor, Indicator};
///
/// let mut phasor = HtPhasor::new();
/// assert_eq!(phasor.lookback(), 32);
/// for bar in 0..400 {
///     let cycle = (f64::from(bar) * std::f64::consts::TAU / 20.0).sin();
///     if let Some(output) = phasor.update(100.0 + 5.0 * cycle) {
///         let length = output.in_phase.hypot(output.quadrature);
///         assert!(bar < 200 || (length - 5.0).abs() < 0.5);
///     }
/// }
/// ```
///
/// # Source
/// John F. Ehlers, *Rocket Science for Traders*, 2001.
pub type HtPhasor = Machine<Kernel>;

impl HtPhasor {
    /// The phasor of the cycle in a series.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for HtPhasor {
    fn default() -> Self {
        Self::new()
    }
}

output! {
    /// What [`HtPhasor`] gives, on the scale of the input.
    HtPhasorOutput {
        /// The cycle itself.
        in_phase: "outInPhase",
        /// The cycle a quarter of a turn further.
        quadrature: "outQuadrature",
    }
}

/// The definition of [`HtPhasor`].
#[derive(Clone, Debug)]
pub struct Kernel {
    cycle: Homodyne,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "HT_PHASOR",
        title: "Hilbert Transform - Phasor Components",
        group: Group::Cycle,
        parameters: &[],
        unstable_period: true,
    };
    type Input = f64;
    type Output = HtPhasorOutput;
    type State = HomodyneState;

    fn new(_: &Arguments) -> Self {
        Self { cycle: Homodyne::new(START) }
    }

    fn lookback(&self) -> usize {
        32
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut HomodyneState, value: f64) -> HtPhasorOutput {
        let cycle = self.cycle.step(state, clock.bar(), value);
        HtPhasorOutput { in_phase: cycle.in_phase, quadrature: cycle.quadrature }
    }
}
