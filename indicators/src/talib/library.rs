//! The only room with unsafe code: the library's abstract interface, as safe
//! functions over slices and owned strings.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr;
use std::sync::LazyLock;
use ta_lib_sys as sys;

/// One function of the library, as it describes itself.
#[derive(Debug)]
pub(super) struct Description {
    handle: Handle,
    pub(super) name: String,
    pub(super) group: String,
    pub(super) hint: String,
    pub(super) unstable_period: bool,
    pub(super) inputs: Vec<Input>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) outputs: Vec<Output>,
}

/// An input parameter.
#[derive(Debug)]
pub(super) enum Input {
    /// One column.
    Real,
    /// Those of open, high, low, close and volume that are `true`.
    Prices([bool; 5]),
}

/// An optional parameter.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) integer: bool,
    pub(super) default: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

/// An output.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) name: String,
    pub(super) integer: bool,
}

/// Points into the library's constant tables.
#[derive(Clone, Copy, Debug)]
struct Handle(*const sys::TA_FuncHandle);

// SAFETY: what a handle points to is constant, and lives as long as the process.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

/// The version of the library that is loaded, as it says itself: `0.8.1`.
pub fn version() -> String {
    // SAFETY: the library returns a constant string.
    unsafe { text(sys::TA_GetVersionString()) }
}

/// Every function of the library.
pub(super) fn functions() -> &'static [Description] {
    static FUNCTIONS: LazyLock<Vec<Description>> = LazyLock::new(|| {
        unsafe extern "C" fn push(info: *const sys::TA_FuncInfo, functions: *mut c_void) {
            // SAFETY: `functions` is the vector below, and nobody else holds it.
            let functions = unsafe { &mut *functions.cast::<Vec<Description>>() };
            // SAFETY: the library hands over a description that lives as long as it.
            functions.push(unsafe { describe(&*info) });
        }
        let mut functions: Vec<Description> = Vec::new();
        // SAFETY: initialised once, here, before anything else is called; the
        // callback gets the vector's address only while this call lasts.
        unsafe {
            sys::TA_Initialize();
            sys::TA_ForEachFunc(Some(push), (&raw mut functions).cast());
        }
        functions
    });
    &FUNCTIONS
}

/// # Safety
/// `string` is null, or a string that ends with a null character.
unsafe fn text(string: *const c_char) -> String {
    match string.is_null() {
        true => String::new(),
        // SAFETY: by this function's own condition.
        false => unsafe { CStr::from_ptr(string) }.to_string_lossy().into_owned(),
    }
}

/// # Safety
/// `info` comes from the library.
unsafe fn describe(info: &sys::TA_FuncInfo) -> Description {
    let handle = info.handle;
    // SAFETY: handle, names and parameter indices are the library's own, and all
    // it points to is constant.
    unsafe {
        Description {
            handle: Handle(handle),
            name: text(info.name),
            group: text(info.group),
            hint: text(info.hint),
            unstable_period: info.flags & sys::TA_FUNC_FLG_UNST_PER != 0,
            inputs: (0..info.nbInput).map(|index| input(handle, index)).collect(),
            parameters: (0..info.nbOptInput).map(|index| parameter(handle, index)).collect(),
            outputs: (0..info.nbOutput).map(|index| output(handle, index)).collect(),
        }
    }
}

/// # Safety
/// The handle is the library's, and the function has such an input.
unsafe fn input(handle: *const sys::TA_FuncHandle, index: c_uint) -> Input {
    let mut info = ptr::null();
    // SAFETY: by this function's own condition.
    let info: &sys::TA_InputParameterInfo = unsafe {
        sys::TA_GetInputParameterInfo(handle, index, &mut info);
        &*info
    };
    if info.type_ != sys::TA_Input_Price {
        return Input::Real;
    }
    let flags = [
        sys::TA_IN_PRICE_OPEN,
        sys::TA_IN_PRICE_HIGH,
        sys::TA_IN_PRICE_LOW,
        sys::TA_IN_PRICE_CLOSE,
        sys::TA_IN_PRICE_VOLUME,
    ];
    Input::Prices(flags.map(|flag| info.flags & flag != 0))
}

/// # Safety
/// The handle is the library's, and the function has such a parameter.
unsafe fn parameter(handle: *const sys::TA_FuncHandle, index: c_uint) -> Parameter {
    let mut info = ptr::null();
    // SAFETY: by this function's own condition; the type tells what the data
    // set is.
    unsafe {
        sys::TA_GetOptInputParameterInfo(handle, index, &mut info);
        let info: &sys::TA_OptInputParameterInfo = &*info;
        let (integer, min, max) = match info.type_ {
            sys::TA_OptInput_IntegerRange => {
                let range = &*info.dataSet.cast::<sys::TA_IntegerRange>();
                (true, f64::from(range.min), f64::from(range.max))
            }
            sys::TA_OptInput_IntegerList => {
                let list = &*info.dataSet.cast::<sys::TA_IntegerList>();
                let pairs = std::slice::from_raw_parts(list.data, list.nbElement as usize);
                let values = pairs.iter().map(|pair| f64::from(pair.value));
                let (min, max) = span(values);
                (true, min, max)
            }
            sys::TA_OptInput_RealRange => {
                let range = &*info.dataSet.cast::<sys::TA_RealRange>();
                (false, range.min, range.max)
            }
            _ => {
                let list = &*info.dataSet.cast::<sys::TA_RealList>();
                let pairs = std::slice::from_raw_parts(list.data, list.nbElement as usize);
                let (min, max) = span(pairs.iter().map(|pair| pair.value));
                (false, min, max)
            }
        };
        Parameter { name: text(info.paramName), integer, default: info.defaultValue, min, max }
    }
}

fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::MAX, f64::MIN), |(min, max), value| (min.min(value), max.max(value)))
}

/// # Safety
/// The handle is the library's, and the function has such an output.
unsafe fn output(handle: *const sys::TA_FuncHandle, index: c_uint) -> Output {
    let mut info = ptr::null();
    // SAFETY: by this function's own condition.
    let info: &sys::TA_OutputParameterInfo = unsafe {
        sys::TA_GetOutputParameterInfo(handle, index, &mut info);
        &*info
    };
    // SAFETY: as above.
    let name = unsafe { text(info.paramName) };
    Output { name, integer: info.type_ == sys::TA_Output_Integer }
}

/// A call that the library refused: its return code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused(pub(super) c_int);

fn accepted(code: c_int) -> Result<(), Refused> {
    if code == sys::TA_SUCCESS { Ok(()) } else { Err(Refused(code)) }
}

/// A function's parameters in the library's own holder.
struct Holder(*mut sys::TA_ParamHolder);

impl Drop for Holder {
    fn drop(&mut self) {
        // SAFETY: allocated by the library, and freed only here.
        unsafe { sys::TA_ParamHolderFree(self.0) };
    }
}

impl Description {
    fn holder(&self, arguments: &[f64]) -> Result<Holder, Refused> {
        let mut holder = ptr::null_mut();
        // SAFETY: the handle is the library's.
        accepted(unsafe { sys::TA_ParamHolderAlloc(self.handle.0, &mut holder) })?;
        let holder = Holder(holder);
        for (index, (parameter, value)) in (0..).zip(self.parameters.iter().zip(arguments)) {
            // SAFETY: the holder is alive, the index is one of its parameters.
            accepted(unsafe {
                match parameter.integer {
                    true => sys::TA_SetOptInputParamInteger(holder.0, index, *value as c_int),
                    false => sys::TA_SetOptInputParamReal(holder.0, index, *value),
                }
            })?;
        }
        Ok(holder)
    }

    /// How many bars pass before the first value.
    pub(super) fn lookback(&self, arguments: &[f64]) -> Result<usize, Refused> {
        let mut lookback = 0;
        let holder = self.holder(arguments)?;
        // SAFETY: the holder is alive.
        accepted(unsafe { sys::TA_GetLookback(holder.0, &mut lookback) })?;
        Ok(usize::try_from(lookback).unwrap_or_default())
    }

    /// Computes over whole columns, and returns the row of the first value with
    /// the values from there on, a column for each output. Whole numbers come as
    /// `f64`.
    ///
    /// The columns are those of the inputs, in order; a call with too few of
    /// them, or of different lengths, is refused.
    pub(super) fn compute(
        &self,
        arguments: &[f64],
        columns: &[&[f64]],
    ) -> Result<(usize, Vec<Vec<f64>>), Refused> {
        let refused = Refused(sys::TA_BAD_PARAM);
        let rows = columns.first().map_or(0, |column| column.len());
        let last = c_int::try_from(rows).map_err(|_| refused)? - 1;
        if last < 0 {
            return Ok((0, vec![Vec::new(); self.outputs.len()]));
        }
        if columns.iter().any(|column| column.len() != rows) {
            return Err(refused);
        }
        let holder = self.holder(arguments)?;
        let mut columns = columns.iter().map(|column| column.as_ptr());
        for (index, input) in (0..).zip(&self.inputs) {
            // SAFETY: the holder is alive and the index one of its inputs; the
            // columns outlive the call below and are as long as its range says.
            accepted(unsafe {
                match input {
                    Input::Real => {
                        let column = columns.next().ok_or(refused)?;
                        sys::TA_SetInputParamRealPtr(holder.0, index, column)
                    }
                    Input::Prices(read) => {
                        let mut pointers = [ptr::null(); 5];
                        for (pointer, _) in pointers.iter_mut().zip(read).filter(|(_, read)| **read)
                        {
                            *pointer = columns.next().ok_or(refused)?;
                        }
                        let [open, high, low, close, volume] = pointers;
                        let none = ptr::null();
                        sys::TA_SetInputParamPricePtr(
                            holder.0, index, open, high, low, close, volume, none,
                        )
                    }
                }
            })?;
        }
        let mut real = vec![vec![0.0f64; rows]; self.outputs.len()];
        let mut whole = vec![vec![0; rows]; self.outputs.len()];
        for (index, (output, (real, whole))) in
            (0..).zip(self.outputs.iter().zip(real.iter_mut().zip(&mut whole)))
        {
            // SAFETY: as above; every output has `rows` places.
            accepted(unsafe {
                match output.integer {
                    true => sys::TA_SetOutputParamIntegerPtr(holder.0, index, whole.as_mut_ptr()),
                    false => sys::TA_SetOutputParamRealPtr(holder.0, index, real.as_mut_ptr()),
                }
            })?;
        }
        let (mut begin, mut count) = (0, 0);
        // SAFETY: every input and output has been set, and is long enough.
        accepted(unsafe { sys::TA_CallFunc(holder.0, 0, last, &mut begin, &mut count) })?;
        let count = usize::try_from(count).unwrap_or_default();
        for (output, (real, whole)) in self.outputs.iter().zip(real.iter_mut().zip(&whole)) {
            if output.integer {
                *real = whole.iter().copied().map(f64::from).collect();
            }
            real.truncate(count);
        }
        Ok((usize::try_from(begin).unwrap_or_default(), real))
    }
}
