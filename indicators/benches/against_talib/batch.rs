//! The batch form of every function of TA-Lib, through its abstract interface,
//! with everything set up before the call that is timed.

use indicators::ParameterKind;
use indicators::catalog::Row;
use std::ffi::{CString, c_int};
use std::ptr;
use std::time::{Duration, Instant};
use ta_lib_sys as sys;

/// A call of the library, ready to be made.
pub(crate) struct Call<'a> {
    holder: *mut sys::TA_ParamHolder,
    columns: Vec<&'a [f64]>,
    real: Vec<Vec<f64>>,
    whole: Vec<Vec<c_int>>,
    integer: Vec<bool>,
}

fn accept(name: &str, code: sys::TA_RetCode) {
    assert_eq!(code, sys::TA_SUCCESS, "{name}");
}

impl<'a> Call<'a> {
    /// A call of the function that the row names, over whole columns.
    pub(crate) fn new(row: &Row, arguments: &[f64], columns: &[&'a [f64]]) -> Self {
        let name = row.info.name;
        let rows = columns[0].len();
        assert!(columns.iter().all(|column| column.len() == rows));
        let outputs = row.outputs.len();
        let mut call = Self {
            holder: ptr::null_mut(),
            columns: columns.to_vec(),
            real: vec![vec![0.0; rows]; outputs],
            whole: vec![vec![0; rows]; outputs],
            integer: Vec::new(),
        };
        let text = CString::new(name).unwrap();
        let mut handle = ptr::null();
        // SAFETY: the columns live as long as the call and have `rows` rows, and so
        // have the outputs; handle, holder and indices are the library's own.
        unsafe {
            accept(name, sys::TA_GetFuncHandle(text.as_ptr(), &mut handle));
            accept(name, sys::TA_ParamHolderAlloc(handle, &mut call.holder));
            let mut info = ptr::null();
            accept(name, sys::TA_GetFuncInfo(handle, &mut info));
            let mut columns = call.columns.iter().map(|column| column.as_ptr());
            for index in 0..(*info).nbInput {
                let mut input = ptr::null();
                accept(name, sys::TA_GetInputParameterInfo(handle, index, &mut input));
                if (*input).type_ == sys::TA_Input_Price {
                    let flags = [
                        sys::TA_IN_PRICE_OPEN,
                        sys::TA_IN_PRICE_HIGH,
                        sys::TA_IN_PRICE_LOW,
                        sys::TA_IN_PRICE_CLOSE,
                        sys::TA_IN_PRICE_VOLUME,
                    ];
                    let [open, high, low, close, volume] =
                        flags.map(|flag| match (*input).flags & flag {
                            0 => ptr::null(),
                            _ => columns.next().unwrap(),
                        });
                    let (holder, none) = (call.holder, ptr::null());
                    let code = sys::TA_SetInputParamPricePtr(
                        holder, index, open, high, low, close, volume, none,
                    );
                    accept(name, code);
                } else {
                    let column = columns.next().unwrap();
                    accept(name, sys::TA_SetInputParamRealPtr(call.holder, index, column));
                }
            }
            for (index, (value, parameter)) in (0..).zip(arguments.iter().zip(row.info.parameters))
            {
                accept(
                    name,
                    match parameter.kind {
                        ParameterKind::Real => {
                            sys::TA_SetOptInputParamReal(call.holder, index, *value)
                        }
                        _ => sys::TA_SetOptInputParamInteger(call.holder, index, *value as c_int),
                    },
                );
            }
            for (index, output) in (0..).zip(0..outputs) {
                let mut info = ptr::null();
                accept(name, sys::TA_GetOutputParameterInfo(handle, index, &mut info));
                let integer = (*info).type_ == sys::TA_Output_Integer;
                call.integer.push(integer);
                let (real, whole) = (&mut call.real[output], &mut call.whole[output]);
                let code = if integer {
                    sys::TA_SetOutputParamIntegerPtr(call.holder, index, whole.as_mut_ptr())
                } else {
                    sys::TA_SetOutputParamRealPtr(call.holder, index, real.as_mut_ptr())
                };
                accept(name, code);
            }
        }
        call
    }

    /// Makes the call, and gives its time with the last values.
    pub(crate) fn run(&mut self) -> (Duration, Vec<f64>) {
        let end = self.columns[0].len() as c_int - 1;
        let (mut begin, mut count) = (0, 0);
        let start = Instant::now();
        // SAFETY: every input, parameter and output has been set, and is long enough.
        let code = unsafe { sys::TA_CallFunc(self.holder, 0, end, &mut begin, &mut count) };
        let time = start.elapsed();
        accept("TA_CallFunc", code);
        let last = count as usize - 1;
        let values = self.integer.iter().zip(self.real.iter().zip(&self.whole));
        let values = values.map(|(integer, (real, whole))| match integer {
            true => f64::from(whole[last]),
            false => real[last],
        });
        (time, values.collect())
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        // SAFETY: allocated by the library, and freed only here.
        unsafe { sys::TA_ParamHolderFree(self.holder) };
    }
}
