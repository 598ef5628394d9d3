//! This crate's indicators against the TA-Lib C library, at every bar.

#![cfg(feature = "talib")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod series;

use indicators::catalog::{self, Row};
use indicators::talib::{self, TaLib};
use indicators::{DynIndicator, Expression, Field, Indicator, Macd, MacdOutput, Obv};
use proptest::prelude::*;
use series::{arguments, columns, long_arguments};
use std::cell::Cell;
use std::ops::Range;
use std::sync::Mutex;
use std::thread::available_parallelism;

/// A row that differs from TA-Lib's over windows of more than 128 bars, where it keeps up
/// what TA-Lib adds up afresh at each bar, or for each period apart. All others give its
/// values to the last bit. TA-Lib's rounding grows with the window: these are figures for
/// up to 600 bars.
struct Near {
    name: &'static str,
    /// The worst difference in relation to the scale, as measured over ten thousand series
    /// and rounded up.
    worst: f64,
    scale: Scale,
}

/// What a difference is measured by.
enum Scale {
    /// The largest output in the series.
    Output,
    /// The same, times what the window's prices are larger than their average deviation:
    /// the smaller distances are beside the prices, the more of them is rounding, TA-Lib's
    /// or ours.
    Deviation,
    /// The largest input in the series: TA-Lib's sums keep for good what an outlier has
    /// rounded away.
    Input,
}

const NEAR: &[Near] = &[
    Near { name: "AVGDEV", worst: 2e-13, scale: Scale::Deviation },
    Near { name: "CCI", worst: 5e-14, scale: Scale::Deviation },
    Near { name: "IMI", worst: 5e-15, scale: Scale::Output },
    Near { name: "MAVP", worst: 1e-13, scale: Scale::Input },
    Near { name: "VHF", worst: 5e-14, scale: Scale::Output },
];

/// Whether the linked library is of the version that this crate follows. An older
/// one has fewer functions, narrower ranges, and other limits and roundings.
fn is_current() -> bool {
    talib::version().starts_with("0.8")
}

/// The linked library's row; an older version does not have all of them.
fn reference(row: &Row) -> Option<&'static Row> {
    let name = row.info.name;
    let found = talib::rows().iter().find(|reference| reference.info.name == name).copied();
    assert!(found.is_some() || !is_current(), "TA-Lib {} has no {name}", talib::version());
    found
}

fn batch(indicator: &mut dyn DynIndicator, columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut outputs = vec![vec![0.0; columns[0].len()]; indicator.fields().len()];
    let inputs: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let mut filled: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    indicator.batch(&inputs, &mut filled).unwrap();
    outputs
}

#[test]
fn the_catalog_is_talibs_own_reflection() {
    for row in catalog::rows() {
        let Some(reference) = reference(row) else { continue };
        let name = row.info.name;
        assert_eq!(row.info.group, reference.info.group, "{name}");
        if is_current() {
            assert_eq!(row.info.parameters, reference.info.parameters, "{name}");
            assert_eq!(row.info.unstable_period, reference.info.unstable_period, "{name}");
        }
        assert_eq!(row.inputs, reference.inputs, "{name}");
        let outputs = |fields: &[Field]| -> Vec<_> {
            fields.iter().map(|field| (field.talib, field.kind)).collect()
        };
        assert_eq!(outputs(row.outputs), outputs(reference.outputs), "{name}");
    }
    let all = if is_current() { 201 } else { 161 };
    assert!(talib::rows().len() >= all);
}

fn case(row: &'static Row) -> impl Strategy<Value = (Vec<Option<f64>>, Vec<Vec<f64>>)> {
    let long = columns(row.inputs, 2_000..4_000);
    (arguments(row), prop_oneof![9 => columns(row.inputs, 1..400).boxed(), 1 => long.boxed()])
}

/// The rows to test: all, or those that the environment variable `INDICATOR`
/// names (`INDICATOR=SMA,EMA`), for work on one of them.
fn tested() -> impl Iterator<Item = &'static Row> {
    let only = std::env::var("INDICATOR").ok();
    let names = |row: &Row, only: &String| only.split(',').any(|name| name == row.info.name);
    let rows = catalog::rows().iter().copied();
    rows.filter(move |row| only.as_ref().is_none_or(|only| names(row, only)))
}

/// Every row to test, on as many threads as there are processors: it takes a while.
fn for_each_tested(test: impl Fn(&'static Row) + Sync) {
    let rows = Mutex::new(tested());
    let threads = available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(row) = next(&rows) {
                    test(row);
                }
            });
        }
    });
}

fn next<T>(items: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    items.lock().unwrap().next()
}

#[test]
fn every_indicator_gives_talibs_bits_at_every_bar() {
    for_each_tested(|row| {
        assert_eq!(worst_difference(row, case(row), 300, None), 0.0, "{}", row.info.name);
    });
}

#[test]
fn every_indicator_gives_talibs_bits_over_hundreds_of_bars_or_is_listed() {
    for_each_tested(|row| {
        let name = row.info.name;
        let near = NEAR.iter().find(|near| near.name == name);
        let case = (long_arguments(row), columns(row.inputs, 1_000..2_000));
        let cases = cases().unwrap_or(if near.is_some() { 150 } else { 15 });
        let worst = worst_difference(row, case, cases, near);
        if let (Some(near), true) = (near, is_current()) {
            eprintln!("{name}: {worst:.2e} at worst in {cases} series, {:.2e} listed", near.worst);
            assert!(worst > 0.0, "{name} need not be listed");
        }
    });
}

/// As many series for each row as the environment variable `CASES` says, for work on
/// what is listed.
fn cases() -> Option<u32> {
    std::env::var("CASES").ok()?.parse().ok()
}

/// The worst difference from the C library at any bar of as many cases, in relation to
/// the scale of the output; none may be above what is listed, or any at all.
fn worst_difference(
    row: &'static Row,
    case: impl Strategy<Value = (Vec<Option<f64>>, Vec<Vec<f64>>)>,
    cases: u32,
    near: Option<&Near>,
) -> f64 {
    if !is_current() {
        eprintln!("values are not compared: they are those of 0.8, not of {}", talib::version());
        return 0.0;
    }
    let Some(reference) = reference(row) else { return 0.0 };
    let worst = Cell::new(0.0);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(cases));
    let outcome = runner.run(&case, |(arguments, columns)| {
        let mut ours = row.make(&arguments).unwrap();
        let mut theirs = reference.make(&arguments).unwrap();
        prop_assert_eq!(ours.lookback(), theirs.lookback());
        let expected = batch(theirs.as_mut(), &columns);
        for t in 0..columns[0].len() {
            let bar: Vec<f64> = columns.iter().map(|column| column[t]).collect();
            let values = ours.update(&bar);
            for (i, column) in expected.iter().enumerate() {
                let (value, expected) = (values.map_or(f64::NAN, |values| values[i]), column[t]);
                if value == expected || (value.is_nan() && expected.is_nan()) {
                    continue;
                }
                let difference = (value - expected).abs() / largest(column);
                let difference = match near.map(|near| &near.scale) {
                    None | Some(Scale::Output) => difference,
                    Some(Scale::Input) => (value - expected).abs() / largest(&columns[0]),
                    Some(Scale::Deviation) => {
                        difference * deviation(&columns, t - ours.lookback()..t + 1)
                    }
                };
                let is_near = near.is_some_and(|near| difference <= near.worst);
                prop_assert!(
                    is_near,
                    "{:?}, bar {}: {} instead of {}, {:e} of the scale",
                    arguments,
                    t,
                    value,
                    expected,
                    difference
                );
                worst.set(difference.max(worst.get()));
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{}: {error}", row.info.name));
    worst.get()
}

fn largest(values: &[f64]) -> f64 {
    let finite = values.iter().filter(|value| value.is_finite());
    finite.fold(0.0, |largest: f64, value| largest.max(value.abs()))
}

/// The average deviation of some bars' prices in relation to their size, or a rounding.
fn deviation(columns: &[Vec<f64>], bars: Range<usize>) -> f64 {
    let count = bars.len() as f64;
    let price = |t| columns.iter().map(|column| column[t]).sum::<f64>() / columns.len() as f64;
    let mean_of = |of: &dyn Fn(f64) -> f64| bars.clone().map(price).map(of).sum::<f64>() / count;
    let mean = mean_of(&|price| price);
    (mean_of(&|price| (price - mean).abs()) / mean_of(&f64::abs)).max(f64::EPSILON)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn talib_answers_to_the_same_trait(
        closes in prop::collection::vec(1.0..100.0, 1..60),
        stop in any::<prop::sample::Index>(),
    ) {
        let values = [3.0, 5.0, 2.0].map(Some);
        let mut expected = [0; 3].map(|_| vec![0.0; closes.len()]);
        let mut columns = expected.each_mut().map(Vec::as_mut_slice);
        TaLib::<Macd>::from_values(&values).unwrap().batch(&[&closes], &mut columns).unwrap();
        let mut theirs = TaLib::<Macd>::from_values(&values).unwrap();
        let mut text = Expression::with_catalog("macd(close, 3, 5, 2)", talib::rows()).unwrap();
        let stop = stop.index(closes.len());
        for (t, close) in closes.iter().enumerate() {
            if t == stop {
                theirs = serde_json::from_str(&serde_json::to_string(&theirs).unwrap()).unwrap();
                let mut fresh =
                    Expression::with_catalog("macd(close, 3, 5, 2)", talib::rows()).unwrap();
                fresh.restore(&text.snapshot().unwrap()).unwrap();
                text = fresh;
            }
            let bar = indicators::Bar::new(*close, *close, *close, *close, 1.0).unwrap();
            let row = expected.each_ref().map(|column| column[t]);
            let expected = (t >= theirs.lookback()).then_some(row);
            let fields = |x: MacdOutput| [x.macd, x.signal, x.histogram];
            prop_assert_eq!(theirs.peek(*close).map(fields), expected);
            prop_assert_eq!(theirs.update(*close).map(fields), expected);
            let values = text.update(&bar).map(|values| values.to_vec());
            prop_assert_eq!(values, expected.map(|row| row.to_vec()));
        }
        theirs.reset();
        prop_assert_eq!(theirs.update(1.0), None);
    }
}

#[test]
fn talib_can_be_called_from_many_threads() {
    let columns = [vec![2.0; 500], (0..500).map(f64::from).collect::<Vec<_>>()];
    let expected = batch(Box::<dyn DynIndicator>::from(Obv::new()).as_mut(), &columns);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let mut obv = TaLib::<Obv>::from_values(&[]).unwrap();
                    let mut out = vec![0.0; 500];
                    obv.batch(&[&columns[0], &columns[1]], &mut [&mut out]).unwrap();
                    assert_eq!(out, expected[0]);
                }
            });
        }
    });
}
