//! The period of the dominant cycle.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;
use crate::window::{Homodyne, HomodyneState};
use serde::{Deserialize, Serialize};

/// Dominant cycle period (`HT_DCPERIOD`): how many bars one turn of the cycle
/// takes that the series runs through.
///
/// # Formula
/// `P(t) = 0.33 · p(t) + 0.67 · P(t-1)`, where `p` is the period that Ehlers's
/// homodyne discriminator gives: from how far the analytic signal, which his
/// Hilbert transformers give, turned since the last bar.
///
/// # Parameters
/// None.
///
/// # Lookback
/// 32, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{HtDcPeriod, Indicator};
///
/// let mut period = HtDcPeriod::new();
/// assert_eq!(period.lookback(), 32);
/// for bar in 0..400 {
///     let cycle = (f64::from(bar) * std::f64::consts::TAU / 20.0).sin();
///     if let Some(bars) = period.update(100.0 + 5.0 * cycle) {
///         assert!(bar < 200 || (bars - 20.0).abs() < 0.5);
///     }
/// }
/// ```
///
/// # Source
/// John F. Ehlers, *Rocket Science for Traders*, 2001.
pub type HtDcPeriod = Machine<Kernel>;

impl HtDcPeriod {
    /// The period of the cycle in a series.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for HtDcPeriod {
    fn default() -> Self {
        Self::new()
    }
}

/// The longest period, in bars.
pub(crate) const LONGEST: usize = 50;

/// The bar at which the search for the cycle begins.
pub(crate) const START: usize = 12;

/// The same where something is measured over the period.
pub(crate) const LATE_START: usize = 37;

/// The definition of [`HtDcPeriod`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    cycle: Homodyne,
}

/// The cycle, and its smoothed period.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    cycle: HomodyneState,
    pub(crate) period: f64,
}

impl Kernel {
    /// The period for what is measured over it: 0 before [`LATE_START`].
    pub(crate) fn late() -> Self {
        Self { cycle: Homodyne::new(LATE_START) }
    }
}

/// The whole bars of a period: 0 before there is one.
#[inline(always)]
pub(crate) fn bars(period: f64) -> usize {
    (period + 0.5) as usize
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "HT_DCPERIOD",
        title: "Hilbert Transform - Dominant Cycle Period",
        group: Group::Cycle,
        parameters: &[],
        unstable_period: true,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(_: &Arguments) -> Self {
        Self { cycle: Homodyne::new(START) }
    }

    fn lookback(&self) -> usize {
        32
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        let cycle = self.cycle.step(&mut state.cycle, clock.bar(), value);
        // Fused, as in TA-Lib's C library.
        state.period = 0.67f64.mul_add(state.period, 0.33 * cycle.period);
        state.period
    }
}
