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
/// high; volume not negative). In some series a bar opens away from the close before it,
/// often so far that the two have no price in common; in some, prices are also below 0.
pub(crate) fn columns(
    sources: &'static [Source],
    length: Range<usize>,
) -> impl Strategy<Value = Vec<Vec<f64>>> {
    // Some in the range of the periods that MAVP takes it for.
    let volume = prop_oneof![2 => 0.0..1e6, 1 => 0.0..600.0, 1 => 0.0..40.0, 1 => Just(0.0)];
    // Without any wicks, bars can stand still for a whole window.
    let longest_wick = prop_oneof![3 => Just(0.02), 1 => Just(0.0)];
    let widest_gap = prop_oneof![2 => Just(0.0), 1 => Just(0.02), 1 => Just(0.4)];
    let below = prop_oneof![4 => Just(0.0), 1 => 0.0..3.0];
    let shape = (prices(length), longest_wick, widest_gap, below);
    let bars = shape.prop_flat_map(move |(closes, longest_wick, widest_gap, below)| {
        let wicks = prop_oneof![3 => 0.0..=longest_wick, 1 => Just(0.0)];
        let gaps = prop_oneof![2 => Just(0.0), 1 => -widest_gap..=widest_gap];
        let rest = (wicks.clone(), wicks, gaps, volume.clone());
        let rest = prop::collection::vec(rest, closes.len());
        (Just(closes), rest, Just(below))
    });
    bars.prop_map(|(closes, rest, below)| {
        let mut columns = [(); 5].map(|()| Vec::new());
        let (mut last, below) = (closes[0], closes[0] * below);
        for (close, (up, down, gap, volume)) in closes.into_iter().zip(rest) {
            let open = last * (1.0 + gap);
            let (high, low) = (open.max(close), open.min(close));
            let prices = [open, high + high * up, low - low * down, close];
            let bar = prices.map(|price| price - below).into_iter().chain([volume]);
            columns.iter_mut().zip(bar).for_each(|(column, value)| column.push(value));
            last = close;
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
    /// One price that is wrong by a power of ten.
    Outlier(i32),
}

/// The moves of a series: of every kind, or of few, so that a long window has nothing
/// else in it.
fn moves() -> impl Strategy<Value = BoxedStrategy<Move>> {
    let flat = || (2..40usize).prop_map(Move::Flat);
    let ticks = || (-3..=3).prop_map(Move::Tick);
    let specks = || (-40..=40).prop_map(Move::Speck);
    let walk = || (-0.03..0.03).prop_map(Move::Walk);
    let step = || (0.2..5.0).prop_map(Move::Step);
    let outlier = || (-3..=12).prop_map(Move::Outlier);
    let all = prop_oneof![
        2 => flat(), 8 => ticks(), 2 => specks(), 12 => walk(), 2 => step(), 4 => Just(Move::Back),
        1 => outlier(),
    ];
    let few = prop_oneof![
        Just(prop_oneof![9 => ticks(), 1 => flat()].boxed()),
        Just(prop_oneof![999 => ticks(), 1 => outlier()].boxed()),
        Just(prop_oneof![9 => specks(), 1 => flat()].boxed()),
        Just(prop_oneof![499 => walk(), 1 => outlier()].boxed()),
        Just(prop_oneof![9 => flat(), 1 => step()].boxed()),
    ];
    prop_oneof![2 => Just(all.boxed()), 1 => few]
}

/// Positive prices: walks, flats, steps, ties with earlier prices, one-tick moves and
/// outliers, of magnitudes from 1e-8 to 1e12.
pub(crate) fn prices(length: Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    let range = length.clone();
    let steps = moves().prop_flat_map(move |step| prop::collection::vec(step, range.clone()));
    (-8..=12i32, 1.0..10.0, steps).prop_map(move |(magnitude, start, steps)| {
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
                Move::Outlier(power) => {
                    prices.push(last * 10f64.powi(power));
                    last
                }
            };
            prices.push(if (unit * 1e-2..unit * 1e3).contains(&next) { next } else { last });
        }
        prices.truncate(length.end);
        prices
    })
}
