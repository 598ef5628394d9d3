//! The library's abstract interface, as safe functions over slices and owned strings.
//! Unsafe code is here and in `handle`, and nowhere else.
#![allow(unsafe_code)]

use crate::catalog::Row;
use crate::parameter::{Arguments, ParameterError};
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::fmt;
use std::ptr;
use std::sync::{LazyLock, PoisonError, RwLock};
use ta_lib_sys as sys;

/// One function of the library, as it describes itself.
#[derive(Debug)]
pub(super) struct Description {
    handle: Handle,
    pub(super) name: String,
    pub(super) group: String,
    pub(super) hint: String,
    pub(super) unstable_period: bool,
    /// Whether it reads the candle settings.
    candles: bool,
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

/// Every function of the library; none when it cannot be started.
pub(super) fn functions() -> &'static [Description] {
    static FUNCTIONS: LazyLock<Vec<Description>> = LazyLock::new(|| {
        unsafe extern "C" fn push(info: *const sys::TA_FuncInfo, functions: *mut c_void) {
            // SAFETY: `functions` is the vector below, and nobody else holds it.
            let functions = unsafe { &mut *functions.cast::<Vec<Description>>() };
            // SAFETY: the library hands over a description that lives as long as it.
            functions.extend(unsafe { describe(&*info) });
        }
        let mut functions: Vec<Description> = Vec::new();
        // SAFETY: initialised once, here, before anything else is called; the
        // callback gets the vector's address only while this call lasts.
        let listed = unsafe {
            accepted(sys::TA_Initialize()).and_then(|()| {
                accepted(sys::TA_ForEachFunc(Some(push), (&raw mut functions).cast()))
            })
        };
        listed.map_or_else(|_| Vec::new(), |()| functions)
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
unsafe fn describe(info: &sys::TA_FuncInfo) -> Result<Description, Refused> {
    let handle = info.handle;
    // SAFETY: handle, names and parameter indices are the library's own, and all
    // it points to is constant.
    unsafe {
        Ok(Description {
            handle: Handle(handle),
            name: text(info.name),
            group: text(info.group),
            hint: text(info.hint),
            unstable_period: info.flags & sys::TA_FUNC_FLG_UNST_PER != 0,
            candles: info.flags & sys::TA_FUNC_FLG_CANDLESTICK != 0,
            inputs: (0..info.nbInput).map(|i| input(handle, i)).collect::<Result<_, _>>()?,
            parameters: (0..info.nbOptInput)
                .map(|i| parameter(handle, i))
                .collect::<Result<_, _>>()?,
            outputs: (0..info.nbOutput).map(|i| output(handle, i)).collect::<Result<_, _>>()?,
        })
    }
}

/// # Safety
/// The handle is the library's, and the function has such an input.
unsafe fn input(handle: *const sys::TA_FuncHandle, index: c_uint) -> Result<Input, Refused> {
    let mut info = ptr::null();
    // SAFETY: by this function's own condition.
    let info: &sys::TA_InputParameterInfo = unsafe {
        accepted(sys::TA_GetInputParameterInfo(handle, index, &mut info))?;
        &*info
    };
    if info.type_ != sys::TA_Input_Price {
        return Ok(Input::Real);
    }
    let flags = [
        sys::TA_IN_PRICE_OPEN,
        sys::TA_IN_PRICE_HIGH,
        sys::TA_IN_PRICE_LOW,
        sys::TA_IN_PRICE_CLOSE,
        sys::TA_IN_PRICE_VOLUME,
    ];
    Ok(Input::Prices(flags.map(|flag| info.flags & flag != 0)))
}

/// # Safety
/// The handle is the library's, and the function has such a parameter.
unsafe fn parameter(
    handle: *const sys::TA_FuncHandle,
    index: c_uint,
) -> Result<Parameter, Refused> {
    let mut info = ptr::null();
    // SAFETY: by this function's own condition; the type tells what the data
    // set is.
    unsafe {
        accepted(sys::TA_GetOptInputParameterInfo(handle, index, &mut info))?;
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
        Ok(Parameter { name: text(info.paramName), integer, default: info.defaultValue, min, max })
    }
}

fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::MAX, f64::MIN), |(min, max), value| (min.min(value), max.max(value)))
}

/// # Safety
/// The handle is the library's, and the function has such an output.
unsafe fn output(handle: *const sys::TA_FuncHandle, index: c_uint) -> Result<Output, Refused> {
    let mut info = ptr::null();
    // SAFETY: by this function's own condition.
    let info: &sys::TA_OutputParameterInfo = unsafe {
        accepted(sys::TA_GetOutputParameterInfo(handle, index, &mut info))?;
        &*info
    };
    // SAFETY: as above.
    let name = unsafe { text(info.paramName) };
    Ok(Output { name, integer: info.type_ == sys::TA_Output_Integer })
}

/// A call that the library refused: its return code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused(pub(super) c_int);

fn accepted(code: c_int) -> Result<(), Refused> {
    if code == sys::TA_SUCCESS { Ok(()) } else { Err(Refused(code)) }
}

/// What a program is told of a call that the library refused.
pub(super) fn refusal(name: &str, refused: Refused) -> String {
    format!("{name}: TA-Lib {} refused a call: {refused}", version())
}

/// The function behind a row, and how many bars pass before its first value, if the
/// library takes these arguments. They have been checked against the row, and fit each
/// other.
pub(super) fn checked(
    row: &'static Row,
    arguments: &Arguments,
) -> Result<(&'static Description, usize), ParameterError> {
    let indicator = row.info.name;
    let description = functions().iter().find(|function| function.name == indicator);
    let description = description.ok_or_else(|| missing(row))?;
    // Ranges are not all that the library asks for. What else there is, a first
    // call tells, over one bar.
    let bar = vec![[1.0].as_slice(); row.inputs.len()];
    let lookback = description.lookback(arguments.values()).and_then(|lookback| {
        description.compute(arguments.values(), &bar)?;
        Ok(lookback)
    });
    let lookback = lookback.map_err(|refused| {
        let written = arguments.written(row.info);
        let reason = format!("TA-Lib {} refuses the parameters {written}: {refused}", version());
        ParameterError::Unfit { indicator, reason }
    })?;
    Ok((description, lookback))
}

/// The library has no such function.
pub(super) fn missing(row: &'static Row) -> ParameterError {
    let reason = format!("TA-Lib {} has no such function", version());
    ParameterError::Unfit { indicator: row.info.name, reason }
}

/// The code's name and meaning, in the library's own words.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut info = sys::TA_RetCodeInfo { enumStr: ptr::null(), infoStr: ptr::null() };
        // SAFETY: the library sets both to constant strings, whatever the code.
        let (name, meaning) = unsafe {
            sys::TA_SetRetCodeInfo(self.0, &mut info);
            (text(info.enumStr), text(info.infoStr))
        };
        write!(f, "{name} ({meaning})")
    }
}

/// Held by those whose calls run with the library's settings as they are, and by
/// one alone that changes them.
static SETTINGS: RwLock<()> = RwLock::new(());

/// Settings of other code in this process, which are put back after a call.
struct Others {
    unstable_periods: Vec<(sys::TA_FuncUnstId, c_uint)>,
    compatibility: sys::TA_Compatibility,
}

impl Others {
    /// Those that are not the library's defaults.
    fn found() -> Option<Self> {
        let ids = sys::TA_UNSTABLE_PERIODS.iter().map(|(_, id)| *id);
        // SAFETY: only reads, and the ids are those that the library knows.
        let periods = ids.map(|id| (id, unsafe { sys::TA_GetUnstablePeriod(id) }));
        let unstable_periods: Vec<_> = periods.filter(|(_, period)| *period != 0).collect();
        // SAFETY: as above.
        let compatibility = unsafe { sys::TA_GetCompatibility() };
        let default = compatibility == sys::TA_COMPATIBILITY_DEFAULT;
        (!default || !unstable_periods.is_empty())
            .then_some(Self { unstable_periods, compatibility })
    }

    fn set(&self, defaults: bool) -> Result<(), Refused> {
        for (id, period) in &self.unstable_periods {
            // SAFETY: the id is one that the library knows; no other call of this
            // crate is running.
            accepted(unsafe {
                sys::TA_SetUnstablePeriod(*id, if defaults { 0 } else { *period })
            })?;
        }
        let default = sys::TA_COMPATIBILITY_DEFAULT;
        // SAFETY: no other call of this crate is running.
        accepted(unsafe {
            sys::TA_SetCompatibility(if defaults { default } else { self.compatibility })
        })
    }
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
        self.undisturbed(|| accepted(unsafe { sys::TA_GetLookback(holder.0, &mut lookback) }))?;
        // It gives -1 where it refuses the parameters.
        usize::try_from(lookback).map_err(|_| Refused(sys::TA_BAD_PARAM))
    }

    /// Makes a call with the library's default settings, whatever other code has
    /// set. Unstable periods and the compatibility are put back after it; candle
    /// settings cannot be read, and stay at their defaults.
    pub(super) fn undisturbed<T>(
        &self,
        call: impl FnOnce() -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        if self.candles {
            let _alone = SETTINGS.write().unwrap_or_else(PoisonError::into_inner);
            // SAFETY: no other call of this crate is running.
            accepted(unsafe { sys::TA_RestoreCandleDefaultSettings(sys::TA_AllCandleSettings) })?;
        }
        {
            let _shared = SETTINGS.read().unwrap_or_else(PoisonError::into_inner);
            if Others::found().is_none() {
                return call();
            }
        }
        let _alone = SETTINGS.write().unwrap_or_else(PoisonError::into_inner);
        let Some(others) = Others::found() else { return call() };
        let called = others.set(true).and_then(|()| call());
        others.set(false).and(called)
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
        self.undisturbed(|| {
            accepted(unsafe { sys::TA_CallFunc(holder.0, 0, last, &mut begin, &mut count) })
        })?;
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
