//! The streaming form of every function of TA-Lib 0.8, behind one signature, to be
//! timed.

use std::ffi::c_int;
use std::ptr;
use std::time::{Duration, Instant};
use ta_lib_sys as sys;

/// Opens a stream over the first bars, as many as the third argument says, and
/// times an update for each of the others. The first two arguments are the input
/// columns and the values of the parameters. Gives the time with the last values.
pub(crate) type Stream = fn(&[&[f64]], &[f64], usize) -> (Duration, Vec<f64>);

// The compiler checks the number and the types of the arguments against the bindings.
macro_rules! streams {
    ($($name:literal $open:ident $update:ident $peek:ident $clone:ident $close:ident
        ($($input:ident)+) ($($argument:ident)*) ($($output:ident)+);)+) => {
        /// The function of that name.
        pub(crate) fn find(name: &str) -> Option<Stream> {
            match name {
                $($name => Some(|columns, arguments, history| {
                    let ([$($input),+], [$($argument),*]) = (columns, arguments) else {
                        panic!("{}: wrong number of inputs or parameters", $name);
                    };
                    let rows = columns[0].len();
                    $(let $input = &$input[..rows];)+
                    $(let mut $output = Default::default();)+
                    let mut stream = ptr::null_mut();
                    // SAFETY: every column has at least `history` rows.
                    let code = unsafe {
                        sys::$open(
                            &mut stream,
                            $($input.as_ptr(),)+
                            history as c_int,
                            $(*$argument as _,)*
                            $(&mut $output),+
                        )
                    };
                    assert_eq!(code, sys::TA_SUCCESS, "{}", $name);
                    let start = Instant::now();
                    for row in history..rows {
                        // SAFETY: the stream is open.
                        unsafe { sys::$update(stream, $($input[row],)+ $(&mut $output),+) };
                    }
                    let time = start.elapsed();
                    // SAFETY: the stream is open, and not used any more.
                    unsafe { sys::$close(stream) };
                    (time, vec![$(f64::from($output)),+])
                }),)+
                _ => None,
            }
        }
    };
}

sys::for_each_stream!(streams);
