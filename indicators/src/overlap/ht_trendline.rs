//! Ehlers's instantaneous trendline.

use crate::catalog::{Group, Info};
use crate::cycle::ht_dcperiod::{self, LONGEST, bars};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;
use crate::window::{Ring, SavedWindow, Window};
use serde::{Deserialize, Serialize};

/// Instantaneous trendline (`HT_TRENDLINE`): the mean over just one turn of the
/// cycle that the series runs through, in which the cycle cancels out, so that
/// the trend is left.
///
/// # Formula
/// `y(t) = (4 · m(t) + 3 · m(t-1) + 2 · m(t-2) + m(t-3)) / 10`, where `m` is the
/// mean of the last `n` values, and `n` the period of the dominant cycle as
/// of HT_DCPERIOD, in whole bars.
///
/// The period is within 6 and 50 bars and changes all the time, so the mean is
/// summed anew at every bar, from the newest value back: a running sum would
/// round in another way. A bar costs up to 50 additions, besides the period.
///
/// # Parameters
/// None.
///
/// # Lookback
/// 63, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{HtTrendline, Indicator};
///
/// let mut trendline = HtTrendline::new();
/// assert_eq!(trendline.lookback(), 63);
/// for bar in 0..400 {
///     let cycle = (f64::from(bar) * std::f64::consts::TAU / 20.0).sin();
///     if let Some(trend) = trendline.update(100.0 + 5.0 * cycle) {
///         assert!(bar < 200 || (trend - 100.0).abs() < 0.5);
///     }
/// }
/// ```
///
/// # Source
/// John F. Ehlers, *Rocket Science for Traders*, 2001.
pub type HtTrendline = Machine<Kernel>;

impl HtTrendline {
    /// The trendline of a series.
    pub fn new() -> Self {
        Self::from_arguments(Arguments::default())
    }
}

impl Default for HtTrendline {
    fn default() -> Self {
        Self::new()
    }
}

/// The means over the last turns of the cycle.
#[derive(Clone, Debug)]
pub(crate) struct Trend {
    values: Ring,
}

/// The last three means, newest first.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct TrendState {
    means: [f64; 3],
}

impl Trend {
    pub(crate) fn new() -> Self {
        Self { values: Ring::new(LONGEST - 1) }
    }

    /// The trendline at `value`, when the cycle takes `period` bars.
    #[inline(always)]
    pub(crate) fn step(&self, state: &mut TrendState, period: f64, value: f64) -> f64 {
        let bars = bars(period);
        let values = std::iter::once(value).chain(self.values.iter().rev());
        // The first periods are shorter than a bar: their mean is 0.
        let mean = values.take(bars).sum::<f64>() / bars.max(1) as f64;
        let [one, two, three] = state.means;
        state.means = [mean, one, two];
        // Fused, as in TA-Lib's C library.
        (2.0f64.mul_add(two, 4.0f64.mul_add(mean, 3.0 * one)) + three) / 10.0
    }

    #[inline(always)]
    pub(crate) fn store(&mut self, value: f64) {
        self.values.push(value);
    }
}

impl Window for Trend {
    fn save(&self) -> SavedWindow {
        self.values.save()
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        self.values.load(saved)
    }
}

/// The definition of [`HtTrendline`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: ht_dcperiod::Kernel,
    trend: Trend,
}

/// The period of the cycle, and the means over it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    period: ht_dcperiod::State,
    trend: TrendState,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "HT_TRENDLINE",
        title: "Hilbert Transform - Instantaneous Trendline",
        group: Group::Overlap,
        parameters: &[],
        unstable_period: true,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(_: &Arguments) -> Self {
        Self { period: ht_dcperiod::Kernel::late(), trend: Trend::new() }
    }

    fn lookback(&self) -> usize {
        63
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        let period = self.period.step(clock, &mut state.period, value);
        self.trend.step(&mut state.trend, period, value)
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &State, value: f64) {
        self.trend.store(value);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.trend);
    }
}
