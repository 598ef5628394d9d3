//! The C library's streams behind this crate's trait: they give what the same functions
//! give over whole columns, and can do all that a state machine can but be saved.

#![cfg(feature = "talib-v0_8")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod series;

use indicators::catalog::Row;
use indicators::talib;
use indicators::{Bar, DynIndicator, Expression, Values};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use series::{arguments, columns};

fn bits(values: Option<Values>) -> Option<Vec<u64>> {
    values.map(|values| values.iter().map(|value| value.to_bits()).collect())
}

/// The function over whole columns: one call of the library.
fn over_columns(
    row: &'static Row,
    arguments: &[Option<f64>],
    columns: &[Vec<f64>],
) -> Vec<Vec<f64>> {
    let reference = talib::rows().iter().find(|one| one.info.name == row.info.name).unwrap();
    let mut outputs = vec![vec![0.0; columns[0].len()]; row.outputs.len()];
    let inputs: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let mut filled: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    reference.make(arguments).unwrap().batch(&inputs, &mut filled).unwrap();
    outputs
}

#[test]
fn every_function_has_a_stream() {
    let names = |rows: &[&'static Row]| rows.iter().map(|row| row.info.name).collect::<Vec<_>>();
    assert_eq!(names(talib::streams()), names(talib::rows()));
}

/// A bar that is not finite among them, a fork somewhere, and a look ahead at each.
#[test]
fn a_stream_is_the_function_bar_by_bar() {
    for row in talib::streams() {
        // A runner counts its cases, and runs no more than so many.
        let mut runner = TestRunner::new(ProptestConfig::with_cases(24));
        let case = (arguments(row), columns(row.inputs, 1..300), 0..300usize, 0..300usize);
        let outcome = runner.run(&case, |(arguments, mut columns, hole, fork)| {
            if let Some(value) = columns[0].get_mut(hole) {
                *value = f64::NAN;
            }
            let mut stream = row.make(&arguments).unwrap();
            let mut forked = None;
            let expected = over_columns(row, &arguments, &columns);
            for t in 0..columns[0].len() {
                let bar: Vec<f64> = columns.iter().map(|column| column[t]).collect();
                if t == fork {
                    forked = Some(stream.clone());
                }
                let ahead = bits(stream.peek(&bar));
                let values = bits(stream.update(&bar));
                prop_assert_eq!(&ahead, &values, "{:?}, ahead of bar {}", arguments, t);
                if let Some(forked) = &mut forked {
                    // Looks at another bar first, which changes nothing.
                    forked.peek(&bar.iter().map(|field| field * 2.0).collect::<Vec<_>>());
                    prop_assert_eq!(&bits(forked.update(&bar)), &values, "a fork, bar {}", t);
                }
                let found = values.unwrap_or_else(|| vec![f64::NAN.to_bits(); row.outputs.len()]);
                for (found, column) in found.into_iter().zip(&expected) {
                    let (found, expected) = (f64::from_bits(found), column[t]);
                    prop_assert!(
                        found.to_bits() == expected.to_bits()
                            || (found.is_nan() && expected.is_nan()),
                        "{arguments:?}, bar {t}: {found} instead of {expected}"
                    );
                }
            }
            prop_assert_eq!(stream.failure(), None);
            stream.reset();
            let fresh = row.make(&arguments).unwrap();
            let bar: Vec<f64> = columns.iter().map(|column| column[0]).collect();
            prop_assert_eq!(bits(stream.peek(&bar)), bits(fresh.peek(&bar)));
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{}: {error}", row.info.name));
    }
}

#[test]
fn columns_go_through_a_stream_bar_by_bar() {
    let row = talib::streams().iter().find(|row| row.info.name == "MACD").unwrap();
    let close: Vec<f64> = (0..80).map(|t| 50.0 + f64::from(t * t % 17)).collect();
    let expected = over_columns(row, &[], std::slice::from_ref(&close));
    let mut stream = row.make(&[]).unwrap();
    let mut outputs = vec![vec![0.0; close.len()]; 3];
    let (first, second) = close.split_at(40);
    for (rows, input) in [(0..40, first), (40..80, second)] {
        let mut filled: Vec<&mut [f64]> =
            outputs.iter_mut().map(|column| &mut column[rows.clone()]).collect();
        stream.batch(&[input], &mut filled).unwrap();
    }
    for (found, expected) in outputs.iter().zip(&expected) {
        let bits = |column: &[f64]| column.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&found[33..]), bits(&expected[33..]));
        assert!(found[..33].iter().all(|value| value.is_nan()));
    }
    let refused = stream.batch(&[&close, &close], &mut []).unwrap_err().to_string();
    assert!(refused.contains("column"), "{refused}");
}

#[test]
fn a_stream_says_that_it_cannot_be_saved() {
    let mut expression = Expression::with_catalog("sma(close, 2)", talib::streams()).unwrap();
    let bar = Bar::new(1.0, 1.0, 1.0, 1.0, 1.0).unwrap();
    assert_eq!((expression.update(&bar), expression.update(&bar).unwrap()[0]), (None, 1.0));
    let refused = "SMA: the C library's streams cannot be saved";
    assert_eq!(expression.snapshot().unwrap_err().to_string(), refused);
    let error = serde_json::to_string(&expression).unwrap_err().to_string();
    assert_eq!(error, refused);
    let kept = Expression::with_catalog("sma(close, 2)", talib::rows()).unwrap();
    assert_eq!(expression.restore(&kept.snapshot().unwrap()).unwrap_err().to_string(), refused);
    // It goes on as it was.
    assert_eq!(expression.peek(&bar).unwrap()[0], 1.0);
}

#[test]
fn streams_can_be_looked_at_from_many_threads() {
    let row = talib::streams().iter().find(|row| row.info.name == "RSI").unwrap();
    let mut stream: Box<dyn DynIndicator> = row.make(&[Some(3.0)]).unwrap();
    for close in [1.0, 3.0, 2.0, 5.0, 4.0] {
        stream.update(&[close]);
    }
    let expected = bits(stream.peek(&[6.0]));
    assert!(expected.is_some());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    assert_eq!(bits(stream.peek(&[6.0])), expected);
                    assert_eq!(bits(stream.clone().update(&[6.0])), expected);
                }
            });
        }
    });
}
