//! What indicators cost in memory: nothing is allocated for a bar, in warm-up or
//! after it, and a snapshot is small.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use indicators::catalog::{self, Row};
use indicators::{Bar, Expression, MaType, Parameter, ParameterKind};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, which counts the calls of each thread, so that tests
/// that run at the same time do not disturb each other.
struct Counting;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    CALLS.set(CALLS.get() + 1);
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: by this function's own condition.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        // SAFETY: by this function's own condition.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: by this function's own condition.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `run` calls the allocator.
fn calls<T>(run: impl FnOnce() -> T) -> usize {
    let before = CALLS.get();
    std::hint::black_box(run());
    CALLS.get() - before
}

/// Bars that rise, fall and stand still.
fn bars(count: usize) -> Vec<Bar> {
    let bar = |t: usize| {
        let t = t as f64;
        let close = 100.0 + ((t / 40.0).sin() * 10.0 + (t / 3.0).sin()).round();
        let open = 100.0 + (t / 40.0).sin() * 10.0;
        Bar::new(open, open.max(close) + 0.5, open.min(close) - 0.5, close, 1.0 + t % 7.0).unwrap()
    };
    (0..count).map(bar).collect()
}

/// A column for each input of the row.
fn columns(row: &Row, bars: &[Bar]) -> Vec<Vec<f64>> {
    row.inputs.iter().map(|source| bars.iter().map(|bar| source.of(bar)).collect()).collect()
}

/// The values of the row's parameters to test: the defaults, the defaults with
/// each kind of moving average, and periods of 1,000 bars.
fn arguments(row: &Row) -> Vec<Vec<Option<f64>>> {
    let of = |value: &dyn Fn(&Parameter) -> Option<f64>| -> Vec<_> {
        row.info.parameters.iter().map(value).collect()
    };
    let long = |parameter: &Parameter| {
        let period = parameter.kind == ParameterKind::Integer && parameter.max >= 1_000.0;
        period.then_some(1_000.0)
    };
    let mut all = vec![of(&|_| None), of(&long)];
    if row.info.parameters.iter().any(|parameter| parameter.kind == ParameterKind::MaType) {
        let kinds = MaType::ALL.map(|kind| {
            of(&|parameter| (parameter.kind == ParameterKind::MaType).then(|| kind.number()))
        });
        all.extend(kinds);
    }
    all
}

#[test]
fn allocations_are_counted() {
    assert_eq!(calls(|| drop(Vec::<u8>::with_capacity(9))), 2);
}

#[test]
fn no_indicator_allocates_for_a_bar() {
    for row in catalog::rows() {
        for arguments in arguments(row) {
            let mut indicator = row.make(&arguments).unwrap();
            let written = indicator.arguments().written(row.info);
            let columns = columns(row, &bars(indicator.lookback() + 300));
            let mut fields = vec![0.0; columns.len()];
            for t in 0..columns[0].len() {
                fields.iter_mut().zip(&columns).for_each(|(field, column)| *field = column[t]);
                let peeks = calls(|| indicator.peek(&fields));
                let updates = calls(|| indicator.update(&fields));
                assert_eq!((peeks, updates), (0, 0), "{}({written}), bar {t}", row.info.name);
            }
            fields[0] = f64::NAN;
            assert_eq!(calls(|| (indicator.peek(&fields), indicator.update(&fields))), 0);
        }
    }
}

#[test]
fn no_indicator_allocates_in_batch() {
    for row in catalog::rows() {
        for arguments in arguments(row) {
            let mut indicator = row.make(&arguments).unwrap();
            let written = indicator.arguments().written(row.info);
            let columns = columns(row, &bars(indicator.lookback() + 300));
            let inputs: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let mut outputs = vec![vec![0.0; columns[0].len()]; row.outputs.len()];
            let mut filled: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
            let batch = calls(|| indicator.batch(&inputs, &mut filled).unwrap());
            assert_eq!(batch, 0, "{}({written})", row.info.name);
        }
    }
}

#[test]
fn no_expression_allocates_for_a_bar() {
    for text in ["sma(rsi(close, 14), 9)", "bbands(hlc3, 20, 2, 2, ema).upper", "atr", "volume"] {
        let mut expression: Expression = text.parse().unwrap();
        for bar in bars(200) {
            let peeks = calls(|| expression.peek(&bar));
            let updates = calls(|| expression.update(&bar));
            assert_eq!((peeks, updates), (0, 0), "{text}");
        }
    }
}

#[test]
fn snapshots_of_twenty_common_indicators_are_under_8_kib() {
    let common = [
        "sma", "ema", "wma", "dema", "tema", "kama", "hma", "bbands", "sar", "rsi", "macd", "adx",
        "cci", "mfi", "willr", "aroon", "trix", "atr", "obv", "ad",
    ];
    let sizes = common.map(|name| {
        let mut expression: Expression = name.parse().unwrap();
        bars(1_000).iter().for_each(|bar| _ = expression.update(bar));
        (name, expression.snapshot().unwrap().len())
    });
    let total: usize = sizes.iter().map(|(_, size)| size).sum();
    assert!(total < 8 * 1024, "{total} bytes: {sizes:?}");
}
