//! The bars that everything is timed over.

use indicators::Bar;
use indicators::catalog::Row;

/// How many bars there are.
pub(crate) const BARS: usize = 100_000;

/// Which bars a row is run over.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Series {
    Walk,
    Falling,
}

/// Bars like those of a market: moves with fat tails whose size comes and goes,
/// prices in whole ticks, so that there are ties and bars that stand still. A
/// falling market falls in every bar.
pub(crate) fn bars(series: Series) -> Vec<Bar> {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    // Uniform from 0 to 1 (Marsaglia, Xorshift RNGs, 2003).
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as f64 / (1u64 << 53) as f64
    };
    let tick = |price: f64| (price * 100.0).round() / 100.0;
    let (mut open, mut size) = (100.0, 1e-3);
    let mut bars = Vec::with_capacity(BARS);
    for _ in 0..BARS {
        size = (0.97 * size + 6e-5 * random()).max(1e-4);
        let shock = (0..4).map(|_| random()).sum::<f64>() - 2.0;
        let pull = (100.0f64 / open).ln() * 1e-4;
        let close = match series {
            Series::Walk => tick(open * (size * shock + pull).exp()),
            Series::Falling => open * (1.0 - 1e-5 * random()),
        };
        let wick = |up: f64| tick(open.max(close) * size * up * 0.5);
        let (high, low) = (open.max(close) + wick(random()), open.min(close) - wick(random()));
        let volume = (1_000.0 * (1.0 + shock.abs()) * random()).round();
        bars.push(Bar::new(open, high, low, close, volume).unwrap());
        open = close;
    }
    bars
}

/// The columns that a row reads.
pub(crate) fn columns(row: &Row, bars: &[Bar]) -> Vec<Vec<f64>> {
    let column = |of: &dyn Fn(&Bar) -> f64| bars.iter().map(of).collect();
    let mut columns: Vec<Vec<f64>> =
        row.inputs.iter().map(|source| column(&|bar| source.of(bar))).collect();
    // The one input that prices are no sensible value of: a period for each bar.
    if row.info.name == "MAVP" {
        columns[1] = (0..bars.len()).map(|t| 2.0 + (t / 50 % 29) as f64).collect();
    }
    columns
}
