//! Raw bindings to [TA-Lib], the C library of technical indicators: every function and lookback in
//! double and single precision, the abstract interface that describes them, unstable periods,
//! candle settings, and, with the feature `v0_8`, what TA-Lib 0.8 adds: 40 functions, and the
//! streaming form of every function (`TA_SMA_Open`, `_OpenAndFill`, `_Update`, `_Peek`, `_Value`,
//! `_Advance`, `_Clone`, `_OutRange`, `_Close`; [`for_each_stream`] lists them).
//!
//! This crate finds the library and declares what is in it, under the names it has in C, and
//! nothing else. The bindings are checked in; `generate-bindings.py` in the crate's repository
//! makes them with bindgen, from the headers of 0.7 and the prototypes of 0.8. With the feature
//! `bindgen`, the build makes them from the C headers that are installed.
//!
//! ```
//! use ta_lib_sys::*;
//!
//! let close = [1.0, 2.0, 3.0, 4.0, 5.0];
//! let (mut begin, mut count) = (0, 0);
//! let mut average = [0.0; 5];
//! // SAFETY: the inputs are as long as the range says, the output is at least as long, and no
//! // other thread uses the library yet.
//! let code = unsafe {
//!     TA_Initialize();
//!     TA_SMA(0, 4, close.as_ptr(), 3, &mut begin, &mut count, average.as_mut_ptr())
//! };
//! assert_eq!(code, TA_SUCCESS);
//! // The first value belongs to the bar `begin`.
//! assert_eq!((begin, count), (2, 3));
//! assert_eq!(average[..3], [2.0, 3.0, 4.0]);
//! ```
//!
//! # Finding the library
//!
//! TA-Lib 0.6 or newer, in this order:
//!
//! 1. `TA_LIB_DIR`: the prefix that it is installed under, with `lib/libta-lib.so` (or `.dylib`,
//!    `.a`, `.lib`). Its version is read from `lib/pkgconfig/ta-lib.pc`; if there is no such file,
//!    the build only tells 0.8 from what came before it.
//! 2. pkg-config: the module `ta-lib`. `TA_LIB_STATIC=1` links the static library.
//!
//! `docker/install-ta-lib.sh` in the crate's repository installs 0.8 (`--from-debian`: 0.7 with its
//! headers). If nothing is found, the build stops and says so. On docs.rs nothing is searched for.
//!
//! `cargo run` and `cargo test` find a shared library in any directory, in crates that depend on
//! this one too: the build script links it into Cargo's target directory, which Cargo puts on the
//! loader's path. A program that is started otherwise finds it if it is where the loader looks
//! (`ldconfig`), by `LD_LIBRARY_PATH`, or by an rpath that the program's own package asks for.
//!
//! A crate that depends on this one directly learns the version in its build script, from
//! `DEP_TA_LIB_VERSION`; in code it is [`TA_LIB_VERSION`].
//!
//! # Differences between releases
//!
//! Some declarations have the same name and another meaning from release to release. They follow
//! the version of the library that the build found, with or without the feature `v0_8`:
//!
//! - [`TA_FuncInfo`] has lost the field `camelCaseName` in 0.8.
//! - [`TA_FUNC_UNST_ALL`] is 24 up to 0.7, and 65535 in 0.8, where 24 is `TA_FUNC_UNST_RMA`.
//! - `TA_FUNC_UNST_IMI` and `_MFI` (12, 15) are gone in 0.8, as are `_ADXR` and `_STOCHRSI`
//!   (1, 22), which have not done anything in 0.7 either: these two functions follow `_ADX` and
//!   `_RSI`. 0.8 takes the four numbers and ignores them.
//! - `TA_FUNC_UNST_RMA`, `_HA`, `_RVI`, five `TA_MAType`s, some flags and the return code
//!   `TA_INSUFFICIENT_HISTORY` are new in 0.8.
//!
//! [`TA_UNSTABLE_PERIODS`] has the unstable periods of the version that was found, by the names of
//! their functions. Never pass `TA_FUNC_UNST_NONE` (-1) to a function: 0.7 does not check for it,
//! and writes outside its table.
//!
//! Enums are plain [`c_int`]s: a newer library may return values that an older one does not
//! know.
//!
//! # Threads
//!
//! `TA_Initialize` and `TA_Shutdown`, and everything that sets something (`TA_SetUnstablePeriod`,
//! `TA_SetCompatibility`, `TA_SetCandleSettings`, `TA_RestoreCandleDefaultSettings`), write to
//! variables that the whole process shares and no lock guards; all functions, lookbacks and streams
//! read them. So initialise once, before other threads call the library, and change settings only
//! while no other thread is inside it. With settings at rest, functions and the abstract interface
//! may be called from any number of threads; a `TA_ParamHolder` or a stream handle by one thread at
//! a time.
//!
//! # Licence
//!
//! TA-Lib is distributed under a BSD licence, of its own authors; a program that ships the library
//! has to reproduce its notice. This crate's own terms cover the bindings.
//!
//! [TA-Lib]: https://ta-lib.org
#![no_std]
#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals, missing_docs)]

use core::ffi::c_int;
#[cfg(not(ta_lib_generated))]
use core::ffi::{c_char, c_uint, c_void};

/// The version of the library that was found when this crate was built, as in `0.8.1`.
///
/// What is loaded when the program runs says so itself: `TA_GetVersionString`.
pub const TA_LIB_VERSION: &str = env!("TA_LIB_VERSION");

/// The least value of an integer parameter.
pub const TA_INTEGER_MIN: c_int = c_int::MIN + 1;
/// The greatest value of an integer parameter.
pub const TA_INTEGER_MAX: c_int = c_int::MAX;
/// Stands for an integer parameter's default value.
pub const TA_INTEGER_DEFAULT: c_int = c_int::MIN;

#[cfg(ta_lib_generated)]
include!(concat!(env!("OUT_DIR"), "/bindings.rs"));

#[cfg(not(ta_lib_generated))]
include!("bindings.rs");

#[cfg(not(any(ta_lib_generated, ta_lib_0_8)))]
include!("bindings_0_7.rs");

#[cfg(all(not(ta_lib_generated), ta_lib_0_8))]
include!("bindings_0_8.rs");

#[cfg(all(not(ta_lib_generated), feature = "v0_8"))]
include!("functions_0_8.rs");

#[cfg(feature = "v0_8")]
include!("streams_0_8.rs");

/// Makes programs load libm. Before 0.8 the shared library uses it without saying so, and a linker
/// that drops what seems unused needs a use of it to see.
#[cfg(all(unix, not(ta_lib_0_8)))]
mod libm {
    unsafe extern "C" {
        fn sinh(x: f64) -> f64;
    }

    #[used]
    static USED: unsafe extern "C" fn(f64) -> f64 = sinh;
}
