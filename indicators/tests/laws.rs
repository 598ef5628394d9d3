//! The laws that hold for every row of the catalog and need no reference:
//! batch = streaming, peek = the next update, snapshot anywhere = uninterrupted,
//! reset = fresh, clone = fork, and nothing from bars that are not finite.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod series;

use indicators::catalog::{self, Row};
use indicators::{DynIndicator, Values};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use series::{arguments, columns, long_arguments};
use std::ops::Range;

/// One row of the catalog, with parameters in range, and columns for its inputs.
type Case = (&'static Row, Vec<Option<f64>>, Vec<Vec<f64>>);

fn case() -> impl Strategy<Value = Case> {
    let rows = catalog::rows();
    (0..rows.len()).prop_flat_map(move |index| {
        let row = rows[index];
        (Just(row), arguments(row), columns(row.inputs, 1..300))
    })
}

/// The same with periods of hundreds of bars and series of thousands, one of whose
/// bars may be missing, and where to cut them.
fn long_case() -> impl Strategy<Value = (Case, [usize; 2])> {
    let rows = catalog::rows();
    (0..rows.len()).prop_flat_map(move |index| {
        let row = rows[index];
        let cuts = [0..4_000usize, 0..4_000].map(|cut| cut.prop_map(|cut| cut.min(2_000)));
        let case = (long_arguments(row), columns(row.inputs, 2_000..4_000), cuts, 0..8_000usize);
        case.prop_map(move |(arguments, mut columns, mut cuts, hole)| {
            columns[0].get_mut(hole).into_iter().for_each(|value| *value = f64::NAN);
            cuts.sort();
            ((row, arguments, columns), cuts)
        })
    })
}

fn bar(columns: &[Vec<f64>], t: usize) -> Vec<f64> {
    columns.iter().map(|column| column[t]).collect()
}

fn bits(values: Option<Values>) -> Option<Vec<u64>> {
    values.map(|values| values.iter().map(|value| value.to_bits()).collect())
}

fn run(indicator: &mut dyn DynIndicator, columns: &[Vec<f64>]) -> Vec<Option<Vec<u64>>> {
    (0..columns[0].len()).map(|t| bits(indicator.update(&bar(columns, t)))).collect()
}

fn batch(
    row: &Row,
    indicator: &mut dyn DynIndicator,
    columns: &[Vec<f64>],
    rows: Range<usize>,
) -> Vec<Vec<f64>> {
    let mut outputs = vec![vec![0.0; rows.len()]; row.outputs.len()];
    let inputs: Vec<&[f64]> = columns.iter().map(|column| &column[rows.clone()]).collect();
    let mut filled: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    indicator.batch(&inputs, &mut filled).unwrap();
    outputs
}

/// Every row, and without holes: what a row computes for many bars at one go is put
/// to the test for each.
#[test]
fn every_batch_without_holes_is_streaming() {
    let mut runner = TestRunner::deterministic();
    for row in catalog::rows() {
        for _ in 0..4 {
            let case = (arguments(row), columns(row.inputs, 1_200..2_500));
            let (arguments, columns) = case.new_tree(&mut runner).unwrap().current();
            let mut batched = row.make(&arguments).unwrap();
            let outputs = batch(row, batched.as_mut(), &columns, 0..columns[0].len());
            let mut streamed = row.make(&arguments).unwrap();
            for (t, values) in run(streamed.as_mut(), &columns).into_iter().enumerate() {
                let found: Vec<u64> = outputs.iter().map(|output| output[t].to_bits()).collect();
                let nothing = || vec![f64::NAN.to_bits(); row.outputs.len()];
                let (name, expected) = (row.info.name, values.unwrap_or_else(nothing));
                assert_eq!(found, expected, "{name} {arguments:?}, bar {t}");
            }
            assert_eq!(batched.save(), streamed.save(), "{} {arguments:?}", row.info.name);
        }
    }
}

proptest! {
    // Some for each row: each takes a while.
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn batches_updates_and_saved_states_follow_each_other(((row, arguments, columns), [first, second]) in long_case()) {
        let mut expected = row.make(&arguments).unwrap();
        let expected = run(expected.as_mut(), &columns);
        let mut indicator = row.make(&arguments).unwrap();
        let end = columns[0].len();
        let mut found = Vec::new();
        for rows in [0..first, second..end] {
            let outputs = batch(row, indicator.as_mut(), &columns, rows.clone());
            for t in 0..rows.len() {
                let values = outputs.iter().map(|output| output[t].to_bits()).collect();
                found.push((rows.start + t, values));
            }
            if rows.start == 0 {
                let between = first..second;
                let some: Vec<_> = columns.iter().map(|c| c[between.clone()].to_vec()).collect();
                for (t, values) in run(indicator.as_mut(), &some).into_iter().enumerate() {
                    let nothing = || vec![f64::NAN.to_bits(); row.outputs.len()];
                    found.push((first + t, values.unwrap_or_else(nothing)));
                }
                // And what is saved is all of it.
                let saved = indicator.save().unwrap();
                indicator = row.make(&arguments).unwrap();
                indicator.load(&saved).unwrap();
                if second < end {
                    let peeked = bits(indicator.peek(&bar(&columns, second)));
                    prop_assert_eq!(peeked, expected[second].clone());
                }
            }
        }
        for ((t, found), expected) in found.into_iter().zip(expected) {
            let nothing = || vec![f64::NAN.to_bits(); row.outputs.len()];
            prop_assert_eq!(found, expected.unwrap_or_else(nothing), "bar {}", t);
        }
    }
}

proptest! {
    // Some fifty for each row.
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn values_begin_after_exactly_the_lookback((row, arguments, columns) in case()) {
        let mut indicator = row.make(&arguments).unwrap();
        let lookback = indicator.lookback();
        for (t, values) in run(indicator.as_mut(), &columns).into_iter().enumerate() {
            prop_assert_eq!(values.is_some(), t >= lookback, "bar {}", t);
            prop_assert!(values.is_none_or(|values| values.len() == row.outputs.len()));
        }
    }

    #[test]
    fn peek_is_the_next_update_and_commits_nothing((row, arguments, columns) in case()) {
        let mut indicator = row.make(&arguments).unwrap();
        for t in 0..columns[0].len() {
            let saved = indicator.save().unwrap();
            let forming: Vec<f64> = bar(&columns, t).iter().map(|value| value * 0.5).collect();
            indicator.peek(&forming);
            let peeked = indicator.peek(&bar(&columns, t));
            prop_assert_eq!(saved, indicator.save().unwrap());
            prop_assert_eq!(bits(peeked), bits(indicator.update(&bar(&columns, t))));
        }
    }

    #[test]
    fn a_restored_indicator_goes_on_as_if_never_stopped(
        (row, arguments, columns) in case(),
        stop in any::<prop::sample::Index>(),
    ) {
        let mut uninterrupted = row.make(&arguments).unwrap();
        let mut restored = row.make(&arguments).unwrap();
        let stop = stop.index(columns[0].len());
        for t in 0..columns[0].len() {
            if t == stop {
                restored.load(&uninterrupted.save().unwrap()).unwrap();
            }
            let values = uninterrupted.update(&bar(&columns, t));
            if t >= stop {
                prop_assert_eq!(bits(values), bits(restored.update(&bar(&columns, t))));
            }
        }
    }

    #[test]
    fn reset_is_fresh_and_a_clone_goes_its_own_way((row, arguments, columns) in case()) {
        let mut indicator = row.make(&arguments).unwrap();
        let first = run(indicator.as_mut(), &columns);
        let mut fork = indicator.clone();
        prop_assert_eq!(run(fork.as_mut(), &columns), run(indicator.as_mut(), &columns));
        indicator.reset();
        prop_assert_eq!(first, run(indicator.as_mut(), &columns));
    }

    #[test]
    fn batch_is_streaming(
        (row, arguments, columns) in case(),
        hole in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut columns = columns;
        // Where a bar is missing, those around it are not computed at one go.
        if let Some(hole) = hole {
            let hole = hole.index(columns[0].len());
            columns[0][hole] = f64::NAN;
        }
        let mut batched = row.make(&arguments).unwrap();
        let outputs = batch(row, batched.as_mut(), &columns, 0..columns[0].len());
        let streamed = run(row.make(&arguments).unwrap().as_mut(), &columns);
        for (t, values) in streamed.into_iter().enumerate() {
            for (i, output) in outputs.iter().enumerate() {
                let expected = values.as_ref().map_or(f64::NAN.to_bits(), |values| values[i]);
                prop_assert_eq!(output[t].to_bits(), expected, "bar {}", t);
            }
        }
    }

    #[test]
    fn a_bar_that_is_not_finite_changes_nothing(
        (row, arguments, columns) in case(),
        bad in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
    ) {
        let mut indicator = row.make(&arguments).unwrap();
        for t in 0..columns[0].len() {
            let saved = indicator.save().unwrap();
            for field in 0..row.inputs.len() {
                let mut fields = bar(&columns, t);
                fields[field] = bad;
                prop_assert_eq!(indicator.peek(&fields), None);
                prop_assert_eq!(indicator.update(&fields), None);
            }
            prop_assert_eq!(saved, indicator.save().unwrap());
            indicator.update(&bar(&columns, t));
        }
    }

    #[test]
    fn damaged_states_are_refused_or_harmless(
        (row, arguments, columns) in case(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut indicator = row.make(&arguments).unwrap();
        run(indicator.as_mut(), &columns);
        let mut state = indicator.save().unwrap();
        let place = place.index(state.len());
        state[place] = byte;
        if indicator.load(&state).is_ok() {
            run(indicator.as_mut(), &columns);
        }
        prop_assert!(indicator.load(&state[..place]).is_err());
    }
}

#[test]
fn a_state_of_other_parameters_is_refused_with_both() {
    let row = catalog::find("sma").unwrap();
    let state = row.make(&[Some(3.0)]).unwrap().save().unwrap();
    let error = row.make(&[Some(4.0)]).unwrap().load(&state).unwrap_err();
    assert_eq!(error.to_string(), "SMA: the saved state is of SMA(3), expected SMA(4)");
}

#[test]
fn columns_that_do_not_fit_are_refused() {
    let mut obv = catalog::find("OBV").unwrap().make(&[]).unwrap();
    let error = obv.batch(&[&[1.0, 2.0], &[1.0]], &mut [&mut [0.0; 2]]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "columns of [2, 1] rows in and [2] rows out, expected 2 in and 1 out, all of one length"
    );
    assert!(obv.batch(&[&[1.0], &[1.0]], &mut [&mut [0.0; 2]]).is_err());
}
