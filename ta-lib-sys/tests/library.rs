//! Calls into the linked library: that it is found when a test runs, and that the declarations
//! agree with it.
#![allow(
    clippy::unwrap_used,
    reason = "Clippy's leave for tests does not reach functions that tests call"
)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use ta_lib_sys::*;

/// Initialises the library once, and keeps the tests of this process one after the other: its
/// settings are shared by all threads.
fn library() -> MutexGuard<'static, ()> {
    static INITIALIZED: Once = Once::new();
    static IN_USE: Mutex<()> = Mutex::new(());
    let guard = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    INITIALIZED.call_once(|| assert_eq!(unsafe { TA_Initialize() }, TA_SUCCESS));
    guard
}

fn is_0_8() -> bool {
    TA_LIB_VERSION.split('.').nth(1).is_some_and(|minor| minor.parse::<u32>().unwrap() >= 8)
}

unsafe fn text(string: *const c_char) -> String {
    unsafe { CStr::from_ptr(string) }.to_str().unwrap().to_owned()
}

fn handle(name: &str) -> *const TA_FuncHandle {
    let name = CString::new(name).unwrap();
    let mut handle = ptr::null();
    assert_eq!(unsafe { TA_GetFuncHandle(name.as_ptr(), &mut handle) }, TA_SUCCESS, "{name:?}");
    handle
}

fn info(name: &str) -> TA_FuncInfo {
    let mut info = ptr::null();
    unsafe {
        assert_eq!(TA_GetFuncInfo(handle(name), &mut info), TA_SUCCESS);
        *info
    }
}

fn functions() -> Vec<TA_FuncInfo> {
    unsafe extern "C" fn push(info: *const TA_FuncInfo, functions: *mut c_void) {
        unsafe { (*functions.cast::<Vec<TA_FuncInfo>>()).push(*info) }
    }
    let mut functions: Vec<TA_FuncInfo> = vec![];
    let code = unsafe { TA_ForEachFunc(Some(push), (&raw mut functions).cast()) };
    assert_eq!(code, TA_SUCCESS);
    functions
}

/// A function's lookback with its default parameters, by the abstract interface.
fn lookback(name: &str) -> c_int {
    let mut parameters = ptr::null_mut();
    let mut lookback = 0;
    unsafe {
        assert_eq!(TA_ParamHolderAlloc(handle(name), &mut parameters), TA_SUCCESS);
        assert_eq!(TA_GetLookback(parameters, &mut lookback), TA_SUCCESS);
        assert_eq!(TA_ParamHolderFree(parameters), TA_SUCCESS);
    }
    lookback
}

#[test]
fn the_version_is_the_one_the_build_found() {
    let _library = library();
    let version = unsafe { text(TA_GetVersionString()) };
    assert!(version.starts_with(TA_LIB_VERSION), "{version} is loaded, {TA_LIB_VERSION} was found");
}

#[test]
fn sma_of_doubles_and_of_floats() {
    let _library = library();
    let (mut begin, mut count, mut output) = (0, 0, [0.0; 6]);
    let input = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
    let code =
        unsafe { TA_SMA(0, 5, input.as_ptr(), 2, &mut begin, &mut count, output.as_mut_ptr()) };
    assert_eq!((code, begin, count), (TA_SUCCESS, 1, 5));
    assert_eq!(output[..5], [1.5, 3.0, 6.0, 12.0, 24.0]);
    assert_eq!(unsafe { TA_SMA_Lookback(2) }, 1);
    assert_eq!(unsafe { TA_SMA_Lookback(TA_INTEGER_DEFAULT) }, 29);

    let floats = input.map(|value| value as f32);
    let code =
        unsafe { TA_S_SMA(0, 5, floats.as_ptr(), 4, &mut begin, &mut count, output.as_mut_ptr()) };
    assert_eq!((code, begin, count), (TA_SUCCESS, 3, 3));
    assert_eq!(output[..3], [3.75, 7.5, 15.0]);
}

#[test]
fn a_parameter_out_of_range_is_refused() {
    let _library = library();
    let (mut begin, mut count, mut output) = (0, 0, [0.0; 2]);
    let code = unsafe {
        TA_SMA(0, 1, [1.0, 2.0].as_ptr(), 0, &mut begin, &mut count, output.as_mut_ptr())
    };
    assert_eq!(code, TA_BAD_PARAM);
    let mut info = TA_RetCodeInfo { enumStr: ptr::null(), infoStr: ptr::null() };
    unsafe { TA_SetRetCodeInfo(code, &mut info) };
    assert_eq!(unsafe { text(info.enumStr) }, "TA_BAD_PARAM");
}

#[test]
fn every_function_is_listed_and_describes_itself() {
    let _library = library();
    let functions = functions();
    if is_0_8() {
        assert!(functions.len() >= 201, "{} functions", functions.len());
    } else {
        assert_eq!(functions.len(), 161);
    }
    for function in functions {
        let name = unsafe { text(function.name) };
        assert_eq!(function.handle, handle(&name), "{name}");
        assert!((1..=6).contains(&function.nbInput), "{name}: {} inputs", function.nbInput);
        assert!((1..=4).contains(&function.nbOutput), "{name}: {} outputs", function.nbOutput);
        assert!(!unsafe { text(function.group) }.is_empty(), "{name}");
        assert!(!unsafe { text(function.hint) }.is_empty(), "{name}");
        assert!(lookback(&name) >= 0, "{name}");
    }
}

#[test]
fn macd_describes_its_parameters() {
    let _library = library();
    let macd = info("MACD");
    assert_eq!(unsafe { text(macd.group) }, "Momentum Indicators");
    assert_eq!((macd.nbInput, macd.nbOptInput, macd.nbOutput), (1, 3, 3));

    let mut input = ptr::null();
    assert_eq!(unsafe { TA_GetInputParameterInfo(macd.handle, 0, &mut input) }, TA_SUCCESS);
    assert_eq!(
        unsafe { ((*input).type_, text((*input).paramName)) },
        (TA_Input_Real, "inReal".into())
    );

    let parameters: Vec<_> = (0..macd.nbOptInput)
        .map(|index| unsafe {
            let mut parameter = ptr::null();
            assert_eq!(TA_GetOptInputParameterInfo(macd.handle, index, &mut parameter), TA_SUCCESS);
            assert_eq!((*parameter).type_, TA_OptInput_IntegerRange);
            let range = *(*parameter).dataSet.cast::<TA_IntegerRange>();
            (text((*parameter).paramName), range.min, range.max, (*parameter).defaultValue)
        })
        .collect();
    assert_eq!(
        parameters,
        [
            ("optInFastPeriod".into(), 2, 100_000, 12.0),
            ("optInSlowPeriod".into(), 2, 100_000, 26.0),
            ("optInSignalPeriod".into(), 1, 100_000, 9.0),
        ]
    );

    let outputs: Vec<_> = (0..macd.nbOutput)
        .map(|index| unsafe {
            let mut output = ptr::null();
            assert_eq!(TA_GetOutputParameterInfo(macd.handle, index, &mut output), TA_SUCCESS);
            ((*output).type_, text((*output).paramName))
        })
        .collect();
    let names = ["outMACD", "outMACDSignal", "outMACDHist"];
    assert_eq!(outputs, names.map(|name| (TA_Output_Real, name.to_owned())));
}

#[test]
fn real_ranges_and_lists_of_moving_averages() {
    let _library = library();
    let bbands = info("BBANDS");
    let mut parameter = ptr::null();
    unsafe {
        assert_eq!(TA_GetOptInputParameterInfo(bbands.handle, 1, &mut parameter), TA_SUCCESS);
        assert_eq!((*parameter).type_, TA_OptInput_RealRange);
        let range = *(*parameter).dataSet.cast::<TA_RealRange>();
        assert_eq!((range.min, range.max), (TA_REAL_MIN, TA_REAL_MAX));

        assert_eq!(TA_GetOptInputParameterInfo(bbands.handle, 3, &mut parameter), TA_SUCCESS);
        assert_eq!((*parameter).type_, TA_OptInput_IntegerList);
        let list = *(*parameter).dataSet.cast::<TA_IntegerList>();
        let list = std::slice::from_raw_parts(list.data, list.nbElement as usize);
        assert_eq!((list[0].value, text(list[0].string)), (TA_MAType_SMA, "SMA".into()));
        assert!(
            list.iter().any(|pair| (pair.value, text(pair.string)) == (TA_MAType_T3, "T3".into()))
        );
    }
}

#[test]
fn a_call_by_the_abstract_interface() {
    let _library = library();
    let (high, low) = ([3.0, 5.0], [1.0, 2.0]);
    let (mut begin, mut count, mut output) = (0, 0, [0.0; 2]);
    let mut parameters = ptr::null_mut();
    let none = ptr::null();
    unsafe {
        assert_eq!(TA_ParamHolderAlloc(handle("MEDPRICE"), &mut parameters), TA_SUCCESS);
        let code = TA_SetInputParamPricePtr(
            parameters,
            0,
            none,
            high.as_ptr(),
            low.as_ptr(),
            none,
            none,
            none,
        );
        assert_eq!(code, TA_SUCCESS);
        assert_eq!(TA_SetOutputParamRealPtr(parameters, 0, output.as_mut_ptr()), TA_SUCCESS);
        assert_eq!(TA_CallFunc(parameters, 0, 1, &mut begin, &mut count), TA_SUCCESS);
        assert_eq!(TA_ParamHolderFree(parameters), TA_SUCCESS);
    }
    assert_eq!((begin, count, output), (0, 2, [2.0, 3.5]));
}

/// Each id moves the function that it is named after. What this crate knows of the ids of 0.8 is
/// not from a header, and a wrong one would set another function's period.
#[test]
fn unstable_periods_belong_to_the_functions_they_are_named_after() {
    let _library = library();
    let flagged =
        functions().into_iter().filter(|function| function.flags & TA_FUNC_FLG_UNST_PER != 0);
    let mut flagged: Vec<_> = flagged.map(|function| unsafe { text(function.name) }).collect();
    let mut named: Vec<_> =
        TA_UNSTABLE_PERIODS.iter().map(|(name, _)| (*name).to_owned()).collect();
    flagged.sort();
    named.sort();
    assert_eq!(flagged, named);

    for &(name, id) in TA_UNSTABLE_PERIODS {
        let stable = lookback(name);
        assert_eq!(unsafe { TA_SetUnstablePeriod(id, 7) }, TA_SUCCESS, "{name}");
        assert_eq!(unsafe { TA_GetUnstablePeriod(id) }, 7, "{name}");
        let unstable = lookback(name);
        assert_eq!(unsafe { TA_SetUnstablePeriod(id, 0) }, TA_SUCCESS, "{name}");
        // These two have an id of their own before 0.8, and follow ADX and RSI all the same.
        let grows = if matches!(name, "ADXR" | "STOCHRSI") { 0 } else { 7 };
        assert_eq!(unstable, stable + grows, "{name}");
        assert_eq!(lookback(name), stable, "{name}");
    }
}

#[test]
fn all_unstable_periods_at_once() {
    let _library = library();
    let stable: Vec<_> = TA_UNSTABLE_PERIODS.iter().map(|(name, _)| lookback(name)).collect();
    assert_eq!(unsafe { TA_SetUnstablePeriod(TA_FUNC_UNST_ALL, 5) }, TA_SUCCESS);
    let unstable: Vec<_> = TA_UNSTABLE_PERIODS.iter().map(|(name, _)| lookback(name)).collect();
    assert_eq!(unsafe { TA_SetUnstablePeriod(TA_FUNC_UNST_ALL, 0) }, TA_SUCCESS);
    assert_eq!(unstable, stable.iter().map(|bars| bars + 5).collect::<Vec<_>>());
    assert!(TA_UNSTABLE_PERIODS.iter().all(|&(_, id)| unsafe { TA_GetUnstablePeriod(id) } == 0));
}

#[test]
fn candle_settings_change_a_pattern_and_are_restored() {
    let _library = library();
    let default = lookback("CDLDOJI");
    let setting = TA_BodyDoji;
    assert_eq!(unsafe { TA_SetCandleSettings(setting, TA_RangeType_HighLow, 25, 0.1) }, TA_SUCCESS);
    assert_eq!(lookback("CDLDOJI"), 25);
    assert_eq!(unsafe { TA_RestoreCandleDefaultSettings(TA_AllCandleSettings) }, TA_SUCCESS);
    assert_eq!(lookback("CDLDOJI"), default);
}

#[cfg(feature = "v0_8")]
mod v0_8 {
    use super::library;
    use std::ptr;
    use ta_lib_sys::*;

    fn closes() -> Vec<f64> {
        (0..200).map(|bar| 100.0 + 10.0 * f64::from(bar * bar % 37).sin()).collect()
    }

    fn macd(closes: &[f64]) -> Vec<[f64; 3]> {
        let (mut begin, mut count) = (0, 0);
        let mut outputs =
            [vec![0.0; closes.len()], vec![0.0; closes.len()], vec![0.0; closes.len()]];
        let last = i32::try_from(closes.len()).unwrap() - 1;
        let [macd, signal, histogram] = outputs.each_mut().map(|output| output.as_mut_ptr());
        let code = unsafe {
            TA_MACD(
                0,
                last,
                closes.as_ptr(),
                12,
                26,
                9,
                &mut begin,
                &mut count,
                macd,
                signal,
                histogram,
            )
        };
        assert_eq!((code, begin), (TA_SUCCESS, 33));
        (0..count as usize).map(|bar| [outputs[0][bar], outputs[1][bar], outputs[2][bar]]).collect()
    }

    #[test]
    fn a_stream_equals_the_batch() {
        let _library = library();
        let closes = closes();
        let batch = macd(&closes);
        let mut stream = ptr::null_mut();
        let [mut macd, mut signal, mut histogram] = [0.0; 3];
        unsafe {
            let code = TA_MACD_Open(
                &mut stream,
                closes.as_ptr(),
                33,
                12,
                26,
                9,
                &mut macd,
                &mut signal,
                &mut histogram,
            );
            assert_eq!(code, TA_INSUFFICIENT_HISTORY);
            assert!(stream.is_null());
            let code = TA_MACD_Open(
                &mut stream,
                closes.as_ptr(),
                34,
                12,
                26,
                9,
                &mut macd,
                &mut signal,
                &mut histogram,
            );
            assert_eq!((code, [macd, signal, histogram]), (TA_SUCCESS, batch[0]));

            for (bar, &close) in closes.iter().enumerate().skip(34) {
                let expected = batch[bar - 33];
                assert_eq!(
                    TA_MACD_Peek(stream, close, &mut macd, &mut signal, &mut histogram),
                    TA_SUCCESS
                );
                assert_eq!([macd, signal, histogram], expected, "peek at {bar}");
                assert_eq!(
                    TA_MACD_Update(stream, close, &mut macd, &mut signal, &mut histogram),
                    TA_SUCCESS
                );
                assert_eq!([macd, signal, histogram], expected, "update at {bar}");
                assert_eq!(
                    TA_MACD_Value(stream, &mut macd, &mut signal, &mut histogram),
                    TA_SUCCESS
                );
                assert_eq!([macd, signal, histogram], expected, "value at {bar}");
            }

            let (mut begin, mut count) = (0, 0);
            assert_eq!(TA_MACD_OutRange(stream, &mut begin, &mut count), TA_SUCCESS);
            assert_eq!((begin, count), (33, 200 - 33));
            assert_eq!(TA_MACD_Close(stream), TA_SUCCESS);
        }
    }

    #[test]
    fn a_clone_goes_its_own_way() {
        let _library = library();
        let closes = closes();
        let (mut original, mut clone) = (ptr::null_mut(), ptr::null_mut());
        let (mut begin, mut count, mut filled) = (0, 0, [0.0; 100]);
        let (mut a, mut b) = (0.0, 0.0);
        unsafe {
            let code = TA_RMA_OpenAndFill(
                &mut original,
                closes.as_ptr(),
                100,
                14,
                &mut begin,
                &mut count,
                filled.as_mut_ptr(),
            );
            assert_eq!((code, begin, count), (TA_SUCCESS, 13, 87));
            assert_eq!(TA_RMA_Clone(original, &mut clone), TA_SUCCESS);
            assert_eq!(TA_RMA_Update(clone, 1.0, &mut b), TA_SUCCESS);
            assert_eq!(TA_RMA_Value(original, &mut a), TA_SUCCESS);
            assert_eq!(a, filled[86]);
            assert_eq!(TA_RMA_Advance(original), TA_SUCCESS);
            assert_eq!(TA_RMA_OutRange(original, &mut begin, &mut count), TA_SUCCESS);
            assert_eq!((begin, count), (13, 88));
            assert_eq!(TA_RMA_Update(original, 1.0, &mut a), TA_SUCCESS);
            assert_eq!(a, b);
            assert_eq!(TA_RMA_Update(original, f64::NAN, &mut a), TA_BAD_PARAM);
            assert_eq!(TA_RMA_Close(original), TA_SUCCESS);
            assert_eq!(TA_RMA_Close(clone), TA_SUCCESS);
        }
    }
}
