//! The library's own streams, which TA-Lib 0.8 adds, as safe handles: one shape for
//! all functions. Unsafe code is here and in `library`, and nowhere else.
#![allow(unsafe_code)]

use super::library::{Description, Refused};
use crate::io::Values;
use std::ffi::{c_int, c_void};
use std::fmt;
use std::ptr;
use ta_lib_sys as sys;

/// A stream, whatever its function. C has a type for each.
type Raw = *mut c_void;

/// What a call gives.
type Given = Result<Option<Values>, Refused>;

/// A new stream, with the values of the last of its bars.
type Opened = Result<(Raw, Option<Values>), Refused>;

/// The calls of one function, without its types. A raw stream that is passed to them
/// must be one that `open` or `clone` of the same function has given, and not closed.
#[derive(Debug)]
pub(super) struct Calls {
    /// Over the first bars: the input columns, as long as each other, and the
    /// parameters.
    open: fn(&[&[f64]], &[f64]) -> Opened,
    update: unsafe fn(Raw, &[f64]) -> Given,
    peek: unsafe fn(Raw, &[f64]) -> Given,
    clone: unsafe fn(Raw) -> Result<Raw, Refused>,
    close: unsafe fn(Raw),
}

fn given<const N: usize>(code: c_int, values: [f64; N]) -> Given {
    if code == sys::TA_SUCCESS { Ok(Values::from_slice(&values)) } else { Err(Refused(code)) }
}

const REFUSED: Refused = Refused(sys::TA_BAD_PARAM);

// The compiler checks the number and the types of the arguments against the bindings.
macro_rules! calls {
    ($($name:literal $open:ident $update:ident $peek:ident $clone:ident $close:ident
        ($($input:ident)+) ($($optional:ident)*) ($($output:ident)+);)+) => {
        /// The calls of the function of this name.
        pub(super) fn find(name: &str) -> Option<&'static Calls> {
            match name {
                $($name => Some(&Calls {
                    open: |columns, arguments| {
                        let ([$($input),+], [$($optional),*]) = (columns, arguments) else {
                            return Err(REFUSED);
                        };
                        let rows = [$($input.len()),+];
                        if rows.iter().any(|length| *length != rows[0]) {
                            return Err(REFUSED);
                        }
                        let rows = c_int::try_from(rows[0]).map_err(|_| REFUSED)?;
                        let mut stream = ptr::null_mut();
                        $(let mut $output = Default::default();)+
                        // SAFETY: every column has as many rows.
                        let code = unsafe {
                            sys::$open(
                                &mut stream,
                                $($input.as_ptr(),)+
                                rows,
                                $(*$optional as _,)*
                                $(&mut $output),+
                            )
                        };
                        let values = given(code, [$(f64::from($output)),+])?;
                        Ok((stream.cast(), values))
                    },
                    update: |stream, fields| {
                        let [$($input),+] = fields else { return Err(REFUSED) };
                        $(let mut $output = Default::default();)+
                        // SAFETY: the stream is open, and of this function.
                        let code = unsafe {
                            sys::$update(stream.cast(), $(*$input,)+ $(&mut $output),+)
                        };
                        given(code, [$(f64::from($output)),+])
                    },
                    peek: |stream, fields| {
                        let [$($input),+] = fields else { return Err(REFUSED) };
                        $(let mut $output = Default::default();)+
                        // SAFETY: the stream is open, and of this function.
                        let code = unsafe {
                            sys::$peek(stream.cast(), $(*$input,)+ $(&mut $output),+)
                        };
                        given(code, [$(f64::from($output)),+])
                    },
                    clone: |stream| {
                        let mut copy = ptr::null_mut();
                        // SAFETY: the stream is open, and of this function.
                        let code = unsafe { sys::$clone(stream.cast(), &mut copy) };
                        if code == sys::TA_SUCCESS { Ok(copy.cast()) } else { Err(Refused(code)) }
                    },
                    close: |stream| {
                        // SAFETY: the stream is open, and of this function.
                        unsafe { sys::$close(stream.cast()) };
                    },
                }),)+
                _ => None,
            }
        }
    };
}

sys::for_each_stream!(calls);

/// An open stream. The library takes calls with it from any thread, but one at a time.
pub(super) struct Handle {
    stream: Raw,
    calls: &'static Calls,
    description: &'static Description,
}

// SAFETY: nothing of a stream belongs to a thread.
unsafe impl Send for Handle {}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.description.name).finish()
    }
}

impl Handle {
    /// Opens a stream over the first bars; with the values of the last of them.
    pub(super) fn open(
        description: &'static Description,
        calls: &'static Calls,
        arguments: &[f64],
        columns: &[&[f64]],
    ) -> Result<(Self, Option<Values>), Refused> {
        let (stream, values) = description.undisturbed(|| (calls.open)(columns, arguments))?;
        Ok((Self { stream, calls, description }, values))
    }

    /// Takes in a bar.
    pub(super) fn update(&mut self, fields: &[f64]) -> Given {
        // SAFETY: the stream is open, and nobody else has it.
        self.description.undisturbed(|| unsafe { (self.calls.update)(self.stream, fields) })
    }

    /// What [`update`](Self::update) would give.
    pub(super) fn peek(&mut self, fields: &[f64]) -> Given {
        // SAFETY: the stream is open, and nobody else has it.
        self.description.undisturbed(|| unsafe { (self.calls.peek)(self.stream, fields) })
    }

    /// One that goes its own way.
    pub(super) fn fork(&mut self) -> Result<Self, Refused> {
        // SAFETY: the stream is open, and nobody else has it.
        let stream = unsafe { (self.calls.clone)(self.stream) }?;
        Ok(Self { stream, calls: self.calls, description: self.description })
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the stream is open, and nobody has it after this.
        unsafe { (self.calls.close)(self.stream) };
    }
}
