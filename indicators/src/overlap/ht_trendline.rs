//! Ehlers's instantaneous trendline.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::Arguments;
use crate::window::{Homodyne, HomodyneState, Ring, Window};
use serde::{Deserialize, Serialize};

/// Instantaneous trendline (`HT_TRENDLINE`): the mean over just one turn of the
/// cycle that the series runs through, in which the cycle cancels out, so that
/// the trend is left.
///
/// # Formula
/// `y(t) = (4 · m(t) + 3 · m(t-1) + 2 · m(t-2) + m(t-3)) / 10`, where `m` is the
/// mean of the last `n` values, and `n` the period of the dominant cycle that
/// Ehlers's homodyne discriminator gives, smoothed and rounded to whole bars.
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

/// The definition of [`HtTrendline`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    cycle: Homodyne,
    values: Ring,
}

/// The cycle, its smoothed period, and the last three means, newest first.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    cycle: HomodyneState,
    period: f64,
    means: [f64; 3],
}

/// The bar at which the search for the cycle begins.
const START: usize = 37;

/// The longest cycle, in bars.
const LONGEST: usize = 50;

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
        Self { cycle: Homodyne::new(START), values: Ring::new(LONGEST - 1) }
    }

    fn lookback(&self) -> usize {
        63
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        let cycle = self.cycle.step(&mut state.cycle, clock.bar(), value);
        if clock.bar() < START {
            return 0.0;
        }
        // Fused, as in TA-Lib's C library.
        state.period = 0.33f64.mul_add(cycle.period, 0.67 * state.period);
        let bars = (state.period + 0.5) as usize;
        let values = std::iter::once(value).chain(self.values.iter().rev());
        // The first period is shorter than a bar: its mean is none.
        let mean = values.take(bars).sum::<f64>() / bars.max(1) as f64;
        let [one, two, three] = state.means;
        state.means = [mean, one, two];
        (2.0f64.mul_add(two, 4.0f64.mul_add(mean, 3.0 * one)) + three) / 10.0
    }

    #[inline(always)]
    fn store(&mut self, _: &State, value: f64) {
        self.values.push(value);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.values);
    }
}
