//! This crate's indicators against the TA-Lib C library, at every bar.

#![cfg(feature = "talib")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod series;

use approx::relative_eq;
use indicators::catalog::{self, Row};
use indicators::talib::{self, TaLib};
use indicators::{DynIndicator, Expression, Field, Indicator, Macd, MacdOutput, Obv};
use proptest::prelude::*;
use series::{arguments, columns, long_arguments};

/// Rows whose values are not TA-Lib's to the last bit, with the worst difference
/// relative to the scale of the output that is allowed.
const NOT_BIT_IDENTICAL: &[(&str, f64)] = &[];

/// The same for windows of more than 128 bars: what TA-Lib adds up afresh at each bar
/// is kept up there.
const NOT_BIT_IDENTICAL_WHEN_LONG: &[(&str, f64)] =
    &[("AVGDEV", 1e-13), ("CCI", 1e-13), ("IMI", 1e-13), ("VHF", 1e-13)];

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

#[test]
fn every_indicator_agrees_with_talib_at_every_bar() {
    for row in tested() {
        agrees(row, case(row), 300, NOT_BIT_IDENTICAL);
    }
}

#[test]
fn every_indicator_agrees_with_talib_over_hundreds_of_bars() {
    for row in tested() {
        let case = (long_arguments(row), columns(row.inputs, 1_000..2_000));
        agrees(row, case, 10, NOT_BIT_IDENTICAL_WHEN_LONG);
    }
}

/// Every value of as many cases is the C library's, or no further from it than
/// `allowed`.
fn agrees(
    row: &'static Row,
    case: impl Strategy<Value = (Vec<Option<f64>>, Vec<Vec<f64>>)>,
    cases: u32,
    allowed: &[(&str, f64)],
) {
    if !is_current() {
        eprintln!("values are not compared: they are those of 0.8, not of {}", talib::version());
        return;
    }
    let Some(reference) = reference(row) else { return };
    let name = row.info.name;
    let allowed = allowed.iter().find(|(other, _)| *other == name);
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
                let same = match allowed {
                    None => value == expected || (value.is_nan() && expected.is_nan()),
                    Some((_, most)) => {
                        let scale = column.iter().fold(0.0, |scale: f64, x| scale.max(x.abs()));
                        relative_eq!(value, expected, epsilon = scale * most, max_relative = 0.0)
                            || (value.is_nan() && expected.is_nan())
                    }
                };
                prop_assert!(same, "{:?}, bar {}: {} instead of {}", arguments, t, value, expected);
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
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
                fresh.restore(&text.snapshot()).unwrap();
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
