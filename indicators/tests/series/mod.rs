//! Hostile series and random parameters, shared by the tests.
#![allow(dead_code, reason = "each test file uses its own part")]

use indicators::catalog::Row;
use indicators::{Parameter, ParameterKind, Source};
use proptest::prelude::*;
use std::ops::Range;

/// Values of all parameters, in range; periods are short enough that most series
/// get past the lookback. Sometimes a parameter is left at its default.
pub(crate) fn arguments(row: &'static Row) -> impl Strategy<Value = Vec<Option<f64>>> + use<> {
    let own: Vec<_> = row.info.parameters.iter().map(argument).collect();
    let unstable = if row.info.unstable_period { 0..=40 } else { 0..=0 };
    let unstable = unstable.prop_map(|bars: i32| (bars > 20).then(|| f64::from(bars - 20)));
    let all = (own, unstable).prop_map(|(mut values, unstable)| {
        values.extend(unstable.map(Some));
        values
    });
    all.prop_filter("parameters that fit each other", |values| row.make(values).is_ok())
}

/// Values of all parameters: periods of hundreds of bars, where they may be so
/// long, and the others at their defaults.
pub(crate) fn long_arguments(row: &'static Row) -> impl Strategy<Value = Vec<Option<f64>>> + use<> {
    let own: Vec<_> = row.info.parameters.iter().map(long_argument).collect();
    own.prop_filter("parameters that fit each other", |values| row.make(values).is_ok())
}

fn long_argument(parameter: &Parameter) -> impl Strategy<Value = Option<f64>> + use<> {
    match (parameter.kind, parameter.max > 600.0) {
        (ParameterKind::Integer, true) => (60..600i32).prop_map(|n| Some(f64::from(n))).boxed(),
        _ => Just(None).boxed(),
    }
}

fn argument(parameter: &Parameter) -> impl Strategy<Value = Option<f64>> + use<> {
    let Parameter { min, max, .. } = *parameter;
    let value = match parameter.kind {
        ParameterKind::Integer => {
            let (min, max) = (min as i32, max as i32);
            let short = min..=max.min(min + 8);
            prop_oneof![short, min..=max.min(60)].prop_map(f64::from).boxed()
        }
        ParameterKind::MaType => (min as i32..=max as i32).prop_map(f64::from).boxed(),
        // Few of the values that a range like -3e37 to 3e37 holds mean anything.
        _ => {
            let usual = parameter.default.abs().max(1.0) * 2.0;
            prop_oneof![3 => min.max(-usual)..=max.min(usual), 1 => min..=max].boxed()
        }
    };
    prop_oneof![9 => value.prop_map(Some), 1 => Just(None)]
}

/// One column for each source: bars that hang together (low <= open, close <=
/// high; volume not negative).
pub(crate) fn columns(
    sources: &'static [Source],
    length: Range<usize>,
) -> impl Strategy<Value = Vec<Vec<f64>>> {
    let volume = prop_oneof![4 => 0.0..1e6, 1 => Just(0.0)];
    // Without any wicks, bars can stand still for a whole window.
    let longest_wick = prop_oneof![3 => Just(0.02), 1 => Just(0.0)];
    let bars = (prices(length), longest_wick).prop_flat_map(move |(closes, longest_wick)| {
        let wicks = prop_oneof![3 => 0.0..=longest_wick, 1 => Just(0.0)];
        let rest = prop::collection::vec((wicks.clone(), wicks, volume.clone()), closes.len());
        (Just(closes), rest)
    });
    bars.prop_map(|(closes, rest)| {
        let mut columns = [(); 5].map(|()| Vec::new());
        let mut open = closes[0];
        for (close, (up, down, volume)) in closes.into_iter().zip(rest) {
            let (high, low) = (open.max(close), open.min(close));
            let bar = [open, high + high * up, low - low * down, close, volume];
            columns.iter_mut().zip(bar).for_each(|(column, value)| column.push(value));
            open = close;
        }
        let of = |source: &Source| match source {
            Source::Open => columns[0].clone(),
            Source::High => columns[1].clone(),
            Source::Low => columns[2].clone(),
            Source::Volume => columns[4].clone(),
            _ => columns[3].clone(),
        };
        sources.iter().map(of).collect()
    })
}

/// A move from one price to the next.
#[derive(Clone, Debug)]
enum Move {
    Flat(usize),
    Tick(i32),
    /// So many times what a number of that size can just tell apart.
    Speck(i32),
    Walk(f64),
    Step(f64),
    Back,
}

/// Positive prices: walks, flats, steps, ties with earlier prices and one-tick
/// moves, of magnitudes from 1e-8 to 1e12.
pub(crate) fn prices(length: Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    let step = prop_oneof![
        1 => (2..40usize).prop_map(Move::Flat),
        4 => (-3..=3).prop_map(Move::Tick),
        1 => (-40..=40).prop_map(Move::Speck),
        6 => (-0.03..0.03).prop_map(Move::Walk),
        1 => (0.2..5.0).prop_map(Move::Step),
        2 => Just(Move::Back),
    ];
    let walk = (-8..=12i32, 1.0..10.0, prop::collection::vec(step, length.clone()));
    walk.prop_map(move |(magnitude, start, steps)| {
        let unit = 10f64.powi(magnitude);
        let tick = unit / 128.0;
        let mut prices = vec![start * unit];
        for step in steps {
            let last = prices[prices.len() - 1];
            let next = match step {
                Move::Flat(bars) => {
                    prices.extend(std::iter::repeat_n(last, bars));
                    last
                }
                Move::Tick(ticks) => last + f64::from(ticks) * tick,
                Move::Speck(specks) => last * (1.0 + f64::from(specks) * f64::EPSILON),
                Move::Walk(share) => last * (1.0 + share),
                Move::Step(factor) => last * factor,
                Move::Back => prices[prices.len() / 2],
            };
            prices.push(if (unit * 1e-2..unit * 1e3).contains(&next) { next } else { last });
        }
        prices.truncate(length.end);
        prices
    })
}
