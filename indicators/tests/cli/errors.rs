//! What a user gets wrong: one line that says where, exit code 2, and the rows
//! before it.

use super::{arguments, run};

/// What is wrong with `input`, by both ways of computing, after `written`.
fn refused(expressions: &[&str], input: &str, written: &str) -> String {
    let streaming = run(&arguments(expressions, &["-"]), input);
    assert_eq!((streaming.code, streaming.stdout.as_str()), (2, written), "{input:?}");
    assert_eq!(streaming.stderr.lines().count(), 1, "{}", streaming.stderr);
    assert_eq!(run(&arguments(expressions, &["--batch", "-"]), input), streaming);
    streaming.stderr.strip_prefix("ta: ").unwrap().trim_end().to_owned()
}

#[test]
fn a_cell_that_is_no_number() {
    for (cell, what) in [
        ("abc", "\"abc\" is no number"),
        ("", "empty, expected a number"),
        ("  ", "empty, expected a number"),
        ("\"\"", "empty, expected a number"),
        ("nan", "\"nan\" is no finite number"),
        ("NaN", "\"NaN\" is no finite number"),
        ("-inf", "\"-inf\" is no finite number"),
        ("1e999", "\"1e999\" is no finite number"),
        ("1 000", "\"1 000\" is no number"),
        ("\"1,5\"", "\"1,5\" is no number"),
        ("0x10", "\"0x10\" is no number"),
        ("\"1\n2\"", "\"1\\n2\" is no number"),
    ] {
        let input = format!("time,Close\n1,1\n2,2\n3,{cell}\n4,4\n");
        let written = "time,Close,\"sma(close, 2)\"\n1,1,\n2,2,1.5\n";
        let expected = format!("stdin:4: column 2 (Close): {what}");
        assert_eq!(refused(&["sma(2)"], &input, written), expected);
    }
    let huge = format!("close\n{}\n", "é".repeat(100_000));
    let expected = format!("stdin:2: column 1 (close): \"{}\"… is no number", "é".repeat(40));
    assert_eq!(refused(&["sma(2)"], &huge, "close,\"sma(close, 2)\"\n"), expected);
}

#[test]
fn lines_are_counted_as_an_editor_does() {
    let input = "a,close\n\"x\n\ny\",1\nz,?\n";
    let written = "a,close,\"sma(close, 1)\"\n\"x\n\ny\",1,1\n";
    let expected = "stdin:5: column 2 (close): \"?\" is no number";
    assert_eq!(refused(&["sma(1)"], input, written), expected);
}

#[test]
fn rows_that_are_not_as_long_as_the_header() {
    let written = "close,a,b,\"sma(close, 1)\"\n1,2,3,1\n";
    for (row, expected) in [
        ("2,3", "stdin:3: column 3 (b): missing, the row has 2 cells and the header 3"),
        ("2", "stdin:3: column 2 (a): missing, the row has 1 cells and the header 3"),
        ("2,3,4,5", "stdin:3: column 4: one too many, the row has 4 cells and the header 3"),
        ("", "stdin:3: column 1: the line is empty, expected a row"),
        ("1,\"2,3", "stdin:3: column 2: a quote is opened and never closed"),
    ] {
        let input = format!("close,a,b\n1,2,3\n{row}\n4,5,6\n");
        assert_eq!(refused(&["sma(1)"], &input, written), expected);
    }
    let endless = format!("close,a\n1,\"{}", "x,\n".repeat(8_000_000));
    let expected = "stdin:2: column 2: the row is longer than 16777216 bytes";
    assert_eq!(refused(&["sma(1)"], &endless, "close,a,\"sma(close, 1)\"\n"), expected);
}

#[test]
fn a_header_that_does_not_fit() {
    for (input, expressions, expected) in [
        ("", &["sma"][..], "stdin:1: expected a header, found the end of the file"),
        ("\u{feff}", &["sma"], "stdin:1: expected a header, found the end of the file"),
        ("\n\n", &["sma"], "stdin:1: expected a header, found the end of the file"),
        (
            "open,high\n1,2\n",
            &["sma(open, 2)", "sma(2)"],
            "stdin:1: no column `close`, which `sma(close, 2)` reads, in the header: open, high",
        ),
        (
            "close,high\n1,2\n",
            &["sma(hlc3, 2)"],
            "stdin:1: no column `low`, which `sma(hlc3, 2)` reads, in the header: close, high",
        ),
        ("close,x,CLOSE\n1,2,3\n", &["sma"], "stdin:1: column 3: a second column `close`"),
        (
            "close,\"sma(close, 2)\"\n1,2\n",
            &["sma(2)"],
            "stdin:1: column 2: the file already has a column `sma(close, 2)`",
        ),
    ] {
        assert_eq!(refused(expressions, input, ""), expected);
    }
}

#[test]
fn an_expression_that_is_wrong() {
    for (text, expected) in [
        ("rsy(14)", "--expr 'rsy(14)': character 1: unknown name `rsy`, did you mean rsi?"),
        (
            "rsi(close, 1)",
            "--expr 'rsi(close, 1)': character 1: RSI: time_period is 1, expected a whole number from 2 to 100000",
        ),
        ("sma(rsi(14", "--expr 'sma(rsi(14': character 11: expected `,` or `)`, found the end"),
    ] {
        assert_eq!(refused(&["sma(2)", text], "close\n1\n", ""), expected);
    }
    assert_eq!(
        refused(&["sma(2)", "SMA(close, period=2)"], "close\n1\n", ""),
        "--expr 'SMA(close, period=2)': `sma(close, 2)` is given twice"
    );
}

#[test]
fn options_that_are_wrong() {
    for (arguments, expected) in [
        (&[][..], "'ta' requires a subcommand"),
        (&["frobnicate"], "unrecognized subcommand 'frobnicate'"),
        (&["compute", "-"], "required arguments were not provided: --expr <EXPRESSION>"),
        (&["compute", "--expr", "sma"], "required arguments were not provided: <FILE|->"),
        (&["compute", "--expr", "sma", "--frob", "-"], "unexpected argument '--frob' found"),
        (&["compute", "--expr", "sma", "--backend", "x", "-"], "invalid value 'x'"),
        (&["compute", "--expr", "sma", "no/such/file.csv"], "no/such/file.csv: "),
        (&["compute", "--expr", "sma", "/"], "/:1: "),
    ] {
        let run = run(arguments, "");
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    }
}

#[cfg(not(feature = "talib"))]
#[test]
fn a_backend_that_is_not_in_the_build() {
    let run = run(&arguments(&["sma"], &["--backend", "talib", "-"]), "close\n1\n");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert_eq!(
        run.stderr,
        "ta: --backend talib: this build is without TA-Lib, build it with `--features cli,talib` to have it\n"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let file = super::file("full.csv", "close\n1\n");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ta"))
        .args(arguments(&["sma(1)"], &[&file]))
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("ta: the output cannot be written: "), "{stderr}");
}

#[test]
fn help_and_the_version_are_no_errors() {
    for arguments in [&["--help"][..], &["--version"], &["compute", "--help"]] {
        let run = run(arguments, "");
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(!run.stdout.is_empty());
    }
}

#[cfg(feature = "talib")]
#[test]
fn parameters_that_do_not_fit_with_either_backend() {
    for backend in ["native", "talib"] {
        let rest = ["--backend", backend, "-"];
        let refused =
            run(&arguments(&["mavp(close,volume,30,2)"], &rest), "close,volume\n1,2\n3,4\n");
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
        assert_eq!(
            refused.stderr,
            "ta: --expr 'mavp(close,volume,30,2)': character 1: MAVP: min_period is 30, expected at most max_period, 2\n"
        );
    }
}
