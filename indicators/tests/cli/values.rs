//! The numbers: the library's own, bit for bit.

use super::{arguments, compute, output, recordings, walk};
use indicators::{Bar, Expression, FieldKind, catalog};

/// The rows of a simple CSV without quoted cells, before the appended columns.
fn bars(input: &str) -> Vec<Bar> {
    let mut lines = input.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let column = |name: &str| header.iter().position(|found| *found == name).unwrap();
    let columns = ["open", "high", "low", "close", "volume"].map(column);
    lines
        .map(|cells| {
            let [open, high, low, close, volume] = columns.map(|i| cells[i].parse().unwrap());
            Bar::new(open, high, low, close, volume).unwrap()
        })
        .collect()
}

/// The cells of the appended columns.
fn appended<'a>(written: &'a str, input: &'a str) -> Vec<Vec<&'a str>> {
    let rows = written.lines().zip(input.lines()).skip(1);
    rows.map(|(written, row)| {
        let cells = written.strip_prefix(row).unwrap().strip_prefix(',').unwrap();
        cells.split(',').collect()
    })
    .collect()
}

/// Every indicator with its defaults.
fn every_name() -> Vec<String> {
    catalog::rows().iter().map(|row| row.info.name.to_ascii_lowercase()).collect()
}

fn computes_what_the_library_does(expressions: &[&str], input: &str) {
    let written = compute(expressions, input);
    let written = appended(&written, input);
    let mut expressions: Vec<Expression> =
        expressions.iter().map(|text| text.parse().unwrap()).collect();
    let bars = bars(input);
    assert_eq!(written.len(), bars.len());
    for (t, (bar, cells)) in bars.iter().zip(written).enumerate() {
        let mut cells = cells.into_iter();
        for expression in &mut expressions {
            let values = expression.update(bar);
            for (index, field) in expression.fields().iter().enumerate() {
                let cell = cells.next().unwrap();
                let Some(values) = values.filter(|values| !values[index].is_nan()) else {
                    assert_eq!(cell, "", "row {t}: {expression}");
                    continue;
                };
                let value: f64 = cell.parse().unwrap_or_else(|_| panic!("{t}: {cell:?}"));
                assert_eq!(value.to_bits(), values[index].to_bits(), "row {t}: {expression}");
                let whole = field.kind == FieldKind::Integer;
                assert!(!whole || cell.parse::<i32>().is_ok(), "row {t}: {cell}");
            }
        }
        assert_eq!(cells.next(), None);
    }
}

#[test]
fn every_indicator_gives_the_librarys_own_values() {
    let names = every_name();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    computes_what_the_library_does(&names, &walk(300));
}

#[test]
fn recorded_candles_give_the_librarys_own_values() {
    let expressions = [
        "rsi(close, 14)",
        "macd(close, 12, 26, 9)",
        "sma(rsi(hlc3, 14), 9)",
        "bbands(close, 20, 2, 2, wma)",
        "obv",
        "sar",
        "adx(14, unstable_period=50)",
    ];
    for (path, input) in recordings() {
        computes_what_the_library_does(&expressions, &input);
        let by_name = output(&arguments(&expressions, &[&path]), "");
        assert!(by_name == output(&arguments(&expressions, &["-"]), &input));
    }
}

#[test]
fn values_too_large_to_compute_with_leave_cells_empty_in_both_ways() {
    let input = "close\n1\n1e308\n1e308\n-1e308\n1\n2\n3\n4\n5\n6\n7\n8\n";
    compute(&["sma(rocp(1), 2)", "bbands(2, 2, 2)", "sma(rsi(2), 2)"], input);
}

#[cfg(feature = "talib")]
fn agree(expressions: &[&str], input: &str) {
    let native = output(&arguments(expressions, &["--batch", "-"]), input);
    let library = output(&arguments(expressions, &["--batch", "--backend", "talib", "-"]), input);
    assert_eq!(native.lines().next(), library.lines().next());
    let (native, library) = (appended(&native, input), appended(&library, input));
    let scale = |column: usize| {
        let numbers = library.iter().filter_map(|row| row[column].parse::<f64>().ok());
        numbers.map(f64::abs).fold(f64::MIN_POSITIVE, f64::max)
    };
    let scales: Vec<f64> = (0..library[0].len()).map(scale).collect();
    for (t, (native, library)) in native.iter().zip(&library).enumerate() {
        for ((native, library), scale) in native.iter().zip(library).zip(&scales) {
            assert_eq!(native.is_empty(), library.is_empty(), "row {t}");
            if let (Ok(native), Ok(library)) = (native.parse::<f64>(), library.parse::<f64>()) {
                assert!((native - library).abs() <= 1e-9 * scale, "{t}: {native} {library}");
            }
        }
    }
}

#[cfg(feature = "talib")]
#[test]
fn both_backends_agree() {
    use indicators::talib;
    let names: Vec<String> = every_name()
        .into_iter()
        .filter(|name| talib::rows().iter().any(|row| row.info.name.eq_ignore_ascii_case(name)))
        .collect();
    let mut expressions: Vec<&str> = names.iter().map(String::as_str).collect();
    expressions.extend(["sma(macd.signal, 5)", "bbands(hlc3, 10, 2, 1.5, ema).lower"]);
    agree(&expressions, &walk(300));
    for (_, input) in recordings() {
        agree(&expressions, &input);
    }
}

#[cfg(feature = "talib")]
#[test]
fn the_c_library_gives_the_same_in_batch_and_streaming() {
    let expressions = ["rsi(14)", "macd", "stoch", "sma(ht_dcperiod, 3)", "cdldoji"];
    let (input, talib) = (walk(200), ["--backend", "talib"]);
    let streaming = output(&arguments(&expressions, &[&talib[..], &["-"]].concat()), &input);
    let batch = output(&arguments(&expressions, &[&talib[..], &["--batch", "-"]].concat()), &input);
    assert!(streaming == batch);
    assert!(streaming.lines().next().unwrap().ends_with(",cdldoji"));
}
