//! The length and the phase of the cycle that a series runs through, bar by bar:
//! Ehlers's homodyne discriminator, which MAMA and the cycle indicators share.
//! It reads a fixed number of bars, so all of it is state.
//!
//! The formulas are those of John F. Ehlers, *Rocket Science for Traders*, 2001,
//! in the order of operations of TA-Lib's C library, and fused where it is.

use serde::{Deserialize, Serialize};

/// The cycle at one bar.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cycle {
    /// The in-phase part.
    pub in_phase: f64,
    /// The quadrature part: a quarter of a cycle ahead.
    pub quadrature: f64,
    /// The period in bars, smoothed.
    pub period: f64,
}

/// The discriminator: it smooths the values from the first on, and looks for the
/// cycle from a later bar on.
#[derive(Clone, Debug)]
pub struct Homodyne {
    start: usize,
}

/// What the discriminator knows.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct HomodyneState {
    smoother: Smoother,
    detrender: Hilbert,
    quadrature: Hilbert,
    advanced_in_phase: Hilbert,
    advanced_quadrature: Hilbert,
    /// The detrended values of the last three bars, newest first.
    detrended: [f64; 3],
    in_phase: f64,
    in_quadrature: f64,
    real: f64,
    imaginary: f64,
    period: f64,
}

/// A weighted mean of four values: 0 for the first three.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Smoother {
    plain: f64,
    weighted: f64,
    /// Newest first.
    values: [f64; 4],
}

impl Smoother {
    /// Takes a value, `bar` values after the first, and gives the mean.
    #[inline(always)]
    pub(crate) fn step(&mut self, bar: usize, value: f64) -> f64 {
        let [first, second, third, oldest] = self.values;
        self.values = [value, first, second, third];
        self.plain += value;
        if bar < 3 {
            self.weighted += value * (bar + 1) as f64;
            return 0.0;
        }
        self.plain -= oldest;
        self.weighted += value * 4.0;
        let mean = self.weighted * 0.1;
        self.weighted -= self.plain;
        mean
    }
}

/// A Hilbert transformer over seven values, every other of which counts.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Hilbert {
    /// Newest first.
    values: [f64; 6],
}

impl Hilbert {
    #[inline(always)]
    fn step(&mut self, value: f64, gain: f64) -> f64 {
        const OUTER: f64 = 0.0962;
        const INNER: f64 = 0.5769;
        let [one, two, three, four, five, six] = self.values;
        self.values = [value, one, two, three, four, five];
        (OUTER * value - OUTER * six - INNER * four + INNER * two) * gain
    }
}

impl Homodyne {
    /// A discriminator that looks for the cycle from bar `start` on.
    pub fn new(start: usize) -> Self {
        Self { start }
    }

    /// The cycle at the `bar`th bar from 0, with its `value`; nothing before the
    /// start.
    #[inline(always)]
    pub fn step(&self, state: &mut HomodyneState, bar: usize, value: f64) -> Cycle {
        let smooth = state.smoother.step(bar, value);
        if bar < self.start {
            return Cycle::default();
        }
        let gain = 0.075f64.mul_add(state.period, 0.54);
        let detrended = state.detrender.step(smooth, gain);
        let quadrature = state.quadrature.step(detrended, gain);
        let [first, second, in_phase] = state.detrended;
        state.detrended = [detrended, first, second];
        let ahead = state.advanced_in_phase.step(in_phase, gain);
        let behind = state.advanced_quadrature.step(quadrature, gain);
        let (i, q) = (state.in_phase, state.in_quadrature);
        state.in_quadrature = 0.2f64.mul_add(quadrature + ahead, 0.8 * q);
        state.in_phase = 0.2f64.mul_add(in_phase - behind, 0.8 * i);
        let real = state.in_phase.mul_add(i, state.in_quadrature * q);
        let imaginary = state.in_phase * q - state.in_quadrature * i;
        state.real = 0.8f64.mul_add(state.real, 0.2 * real);
        state.imaginary = 0.8f64.mul_add(state.imaginary, 0.2 * imaginary);
        state.period = next_period(state.period, state.real, state.imaginary);
        Cycle { in_phase, quadrature, period: state.period }
    }
}

/// The period after one of `last` bars: near it, within 6 and 50, and smoothed.
#[inline(always)]
fn next_period(last: f64, real: f64, imaginary: f64) -> f64 {
    let mut period = last;
    if imaginary != 0.0 && real != 0.0 {
        period = 360.0 / ((imaginary / real).atan() * DEGREES);
    }
    // The last bounds win: the first period is 6, though 1.5 times 0 is less.
    let near = period.min(1.5 * last).max(0.67 * last);
    0.2f64.mul_add(near.clamp(6.0, 50.0), 0.8 * last)
}

/// Degrees in a radian.
pub(crate) const DEGREES: f64 = 180.0 / std::f64::consts::PI;
