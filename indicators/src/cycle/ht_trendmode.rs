//! Trend or cycle.

use crate::catalog::{Group, Info};
use crate::cycle::ht_dcperiod::LATE_START;
use crate::cycle::{HtSineOutput, ht_dcphase};
use crate::io::output;
use crate::kernel::{self, Clock, Machine};
use crate::overlap::ht_trendline::{Trend, TrendState};
use crate::parameter::Arguments;
use crate::window::Window;
use serde::{Deserialize, Serialize};

/// Trend or cycle (`HT_TRENDMODE`): whether the series follows a trend, or runs
/// through a cycle.
///
/// # Formula
/// It is a cycle where one of these holds, and a trend otherwise:
/// * less than half a period has passed since the sine wave crossed its lead;
/// * the phase turned since the last bar by 0.67 to 1.5 of `360° / P`.
///
/// It is a trend in any case where the smoothed value is 1.5 % or more away from
/// the instantaneous trendline. Period `P`, phase, sine wave and trendline are
/// those of HT_DCPERIOD, HT_DCPHASE, HT_SINE and HT_TRENDLINE.
///
/// # Parameters
/// None.
///
/// # Lookback
/// 63, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{HtTrendMode, Indicator};
///
/// let mut mode = HtTrendMode::new();
/// assert_eq!(mode.lookback(), 63);
/// for bar in 0..400 {
///     let cycle = (f64::from(bar) * std::f64::consts::TAU / 20.0).sin();
///     if let Some(output) = mode.update(100.0 + cycle) {
///         assert!(bar < 200 || output.trend == 0);
///     }
/// }
/// ```
///
/// # Source
/// John F. Ehlers, *Rocket Science for Traders*, 2001.
pub type HtTrendMode = Machine<Kernel>;

impl HtTrendMode {
    /// The mode of a series.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for HtTrendMode {
    fn default() -> Self {
        Self::new()
    }
}

output! {
    /// What [`HtTrendMode`] gives.
    HtTrendModeOutput {
        /// 1 in a trend, 0 in a cycle.
        trend: i32 "outInteger",
    }
}

/// The definition of [`HtTrendMode`].
#[derive(Clone, Debug)]
pub struct Kernel {
    phase: ht_dcphase::Kernel,
    trend: Trend,
}

/// The phase, the trendline, both sines, and the bars since they crossed.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    phase: ht_dcphase::State,
    trend: TrendState,
    sine: f64,
    lead_sine: f64,
    since_crossing: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "HT_TRENDMODE",
        title: "Hilbert Transform - Trend vs Cycle Mode",
        group: Group::Cycle,
        parameters: &[],
        unstable_period: true,
    };
    type Input = f64;
    type Output = HtTrendModeOutput;
    type State = State;

    fn new(_: &Arguments) -> Self {
        Self { phase: ht_dcphase::Kernel::within(), trend: Trend::new() }
    }

    fn lookback(&self) -> usize {
        63
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> HtTrendModeOutput {
        let last_phase = state.phase.phase;
        let phase = self.phase.step(clock, &mut state.phase, value);
        let period = state.phase.period();
        let trendline = self.trend.step(&mut state.trend, period, value);
        if clock.bar() < LATE_START {
            return HtTrendModeOutput { trend: 0 };
        }
        let HtSineOutput { sine, lead_sine } = HtSineOutput::of(phase);
        let crossed = (sine > lead_sine && state.sine <= state.lead_sine)
            || (sine < lead_sine && state.sine >= state.lead_sine);
        (state.sine, state.lead_sine) = (sine, lead_sine);
        state.since_crossing = if crossed { 1.0 } else { state.since_crossing + 1.0 };
        let turned = phase - last_phase;
        let evenly = turned > 0.67 * 360.0 / period && turned < 1.5 * 360.0 / period;
        let cycle = crossed || state.since_crossing < 0.5 * period || evenly;
        let distance = (state.phase.smooth - trendline) / trendline;
        let away = trendline != 0.0 && distance.abs() >= 0.015;
        HtTrendModeOutput { trend: i32::from(away || !cycle) }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, value: f64) {
        self.phase.store(clock, &state.phase, value);
        self.trend.store(value);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.phase.windows(visit);
        visit(&mut self.trend);
    }
}
