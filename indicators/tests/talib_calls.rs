//! The C library behind other code's back, and other code behind its: settings of
//! the process that somebody changes while functions run, and parameters that the
//! library refuses. A test of its own, since such settings are those of all threads.

#![cfg(feature = "talib")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use indicators::catalog::Row;
use indicators::talib::{self, TaLib};
use indicators::{DynIndicator, Expression, Indicator, Mavp};
use std::sync::{Mutex, MutexGuard, PoisonError};
use ta_lib_sys as sys;

/// Keeps the tests one after the other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets what other code in the process may set for itself, and gives the compatibility
/// that the library has then: 0.8 knows only one.
fn set_all() -> sys::TA_Compatibility {
    // SAFETY: the ids are the library's own, and no other thread calls it meanwhile.
    unsafe {
        for (_, id) in sys::TA_UNSTABLE_PERIODS {
            assert_eq!(sys::TA_SetUnstablePeriod(*id, 40), sys::TA_SUCCESS);
        }
        for of in sys::TA_BodyLong..sys::TA_AllCandleSettings {
            let code = sys::TA_SetCandleSettings(of, sys::TA_RangeType_HighLow, 3, 0.7);
            assert_eq!(code, sys::TA_SUCCESS);
        }
        sys::TA_SetCompatibility(sys::TA_COMPATIBILITY_METASTOCK);
        sys::TA_GetCompatibility()
    }
}

/// Back to the library's defaults.
fn reset_all() {
    // SAFETY: as above.
    unsafe {
        for (_, id) in sys::TA_UNSTABLE_PERIODS {
            sys::TA_SetUnstablePeriod(*id, 0);
        }
        sys::TA_RestoreCandleDefaultSettings(sys::TA_AllCandleSettings);
        sys::TA_SetCompatibility(sys::TA_COMPATIBILITY_DEFAULT);
    }
}

/// Bars of a walk, a column for each source of the row.
fn bar(row: &Row, t: usize) -> Vec<f64> {
    let close = 100.0 + ((t * 37) % 23) as f64 - ((t * t) % 11) as f64;
    let bar = [close - 1.5 + (t % 3) as f64, close + 2.0, close - 3.0, close, 1e3 + t as f64];
    bar[..row.inputs.len()].to_vec()
}

fn values(function: &mut dyn DynIndicator, bar: &[f64]) -> Option<Vec<u64>> {
    function.update(bar).map(|values| values.iter().map(|value| value.to_bits()).collect())
}

const BARS: usize = 120;

fn undisturbed(row: &'static Row) -> Vec<Option<Vec<u64>>> {
    let mut function = row.make(&[]).unwrap();
    (0..BARS).map(|t| values(function.as_mut(), &bar(row, t))).collect()
}

#[test]
fn settings_that_others_change_do_not_reach_a_running_function() {
    let _alone = alone();
    for row in talib::rows() {
        let expected = undisturbed(row);
        let mut function = row.make(&[]).unwrap();
        let (mut found, mut began) = (Vec::new(), None);
        let mut compatibility = sys::TA_COMPATIBILITY_DEFAULT;
        for t in 0..BARS {
            if t == 20 {
                compatibility = set_all();
                began = Some(row.make(&[]).unwrap());
            }
            found.push(values(function.as_mut(), &bar(row, t)));
            if let Some(began) = &mut began {
                let value = values(began.as_mut(), &bar(row, t - 20));
                assert_eq!(value, expected[t - 20], "{} begun after, bar {t}", row.info.name);
            }
        }
        assert_eq!(found, expected, "{}", row.info.name);
        assert_eq!(began.unwrap().lookback(), function.lookback(), "{}", row.info.name);
        assert_eq!(function.failure(), None);
        // And what others set for themselves is as they left it.
        // SAFETY: as in `set_all`.
        unsafe {
            for (name, id) in sys::TA_UNSTABLE_PERIODS {
                assert_eq!(sys::TA_GetUnstablePeriod(*id), 40, "{name}");
            }
            assert_eq!(sys::TA_GetCompatibility(), compatibility);
        }
        reset_all();
    }
}

#[test]
fn functions_run_on_many_threads_beside_the_settings_of_others() {
    let _alone = alone();
    let row = *talib::rows().iter().find(|row| row.info.name == "EMA").unwrap();
    let expected = undisturbed(row);
    set_all();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(undisturbed(row), expected));
        }
    });
    reset_all();
}

#[test]
fn parameters_that_do_not_fit_are_refused_when_a_function_is_made() {
    let _alone = alone();
    let expected = "MAVP: min_period is 30, expected at most max_period, 2";
    let text = Expression::with_catalog("mavp(close, volume, 30, 2)", talib::rows());
    assert_eq!(text.unwrap_err().to_string(), format!("character 1: {expected}"));
    let typed = TaLib::<Mavp>::from_values(&[Some(30.0), Some(2.0)]);
    assert_eq!(typed.unwrap_err().to_string(), expected);
    let mut fits = TaLib::<Mavp>::from_values(&[Some(2.0), Some(30.0)]).unwrap();
    assert_eq!(fits.failure(), None);
    fits.reset();
}

/// The library answers each call or the function cannot be made: there is none
/// that has no value after its lookback.
#[test]
fn a_function_that_can_be_made_gives_values() {
    let _alone = alone();
    for row in talib::rows() {
        let ends = |end: fn(&indicators::Parameter) -> f64| {
            row.info.parameters.iter().map(|parameter| Some(end(parameter))).collect::<Vec<_>>()
        };
        for arguments in [vec![], ends(|parameter| parameter.min), ends(|parameter| parameter.max)]
        {
            let Ok(mut function) = row.make(&arguments) else { continue };
            let bars = (function.lookback() + 3).min(2_000);
            let columns: Vec<Vec<f64>> = (0..row.inputs.len())
                .map(|field| (0..bars).map(|t| bar(row, t)[field]).collect())
                .collect();
            let inputs: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let mut outputs = vec![vec![0.0; bars]; row.outputs.len()];
            let mut filled: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
            function.batch(&inputs, &mut filled).unwrap();
            assert_eq!(function.failure(), None, "{} {arguments:?}", row.info.name);
        }
    }
}
