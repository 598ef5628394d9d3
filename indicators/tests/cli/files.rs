//! The shapes that CSV files come in, and what of them passes through.

use super::{arguments, compute, output};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

#[test]
fn columns_are_appended_by_canonical_name_and_empty_before_the_lookback() {
    let input = "open,high,low,close,volume\n1,2,0.5,1,5\n1,2,1,2,6\n2,3,1,4,7\n";
    assert_eq!(
        compute(&["SMA(period=2)", "macd(fast=2, slow=2, signal=1)", "ma(1, ema)"], input),
        "open,high,low,close,volume,\"sma(close, 2)\",\"macd(close, 2, 2, 1).macd\",\
         \"macd(close, 2, 2, 1).signal\",\"macd(close, 2, 2, 1).histogram\",\"ma(close, 1, ema)\"\n\
         1,2,0.5,1,5,,,,,1\n1,2,1,2,6,1.5,0,0,0,2\n2,3,1,4,7,3,0,0,0,4\n"
    );
    assert_eq!(
        compute(&["macd(2, 3, 1).signal"], "close\n1\n").lines().next().unwrap(),
        "close,\"macd(close, 2, 3, 1).signal\""
    );
    assert_eq!(compute(&["hl2"], "low,HIGH\n1,2\n"), "low,HIGH,hl2\n1,2,1.5\n");
}

#[test]
fn other_columns_pass_through_and_names_come_in_any_order_and_case() {
    let input =
        "Date;Note,CLOSE, Volume ,note,note\n\"a, \"\"b\"\"\", 1.50 ,+2e0,\"x\",  y\n,\"2\",3,,\n";
    assert_eq!(
        compute(&["obv"], input),
        "Date;Note,CLOSE, Volume ,note,note,obv\n\
         \"a, \"\"b\"\"\", 1.50 ,+2e0,\"x\",  y,2\n,\"2\",3,,,5\n"
    );
}

#[test]
fn only_the_columns_that_are_read_are_asked_for() {
    assert_eq!(compute(&["sma(2)"], "close\n1\n2\n"), "close,\"sma(close, 2)\"\n1,\n2,1.5\n");
    let input = "open,high,close\nnan,,1\nx,inf,2\n";
    assert_eq!(
        compute(&["sma(2)"], input),
        "open,high,close,\"sma(close, 2)\"\nnan,,1,\nx,inf,2,1.5\n"
    );
    let wide = "close,open,OPEN\n1,2,3\n";
    assert_eq!(compute(&["sma(1)"], wide), "close,open,OPEN,\"sma(close, 1)\"\n1,2,3,1\n");
}

#[test]
fn line_ends_and_the_byte_order_mark_stay() {
    let name = "\"sma(close, 1)\"";
    for (input, expected) in [
        ("close\r\n1\r\n2\r\n", format!("close,{name}\r\n1,1\r\n2,2\r\n")),
        ("close\r\n1", format!("close,{name}\r\n1,1\r\n")),
        ("close\n1", format!("close,{name}\n1,1\n")),
        ("\u{feff}close\n1\n", format!("\u{feff}close,{name}\n1,1\n")),
        ("\u{feff}\"close\",\"a,b\"\n1,2\n", format!("\u{feff}\"close\",\"a,b\",{name}\n1,2,1\n")),
        ("close,a\n1,\"x\ny\"\n2,z\n", format!("close,a,{name}\n1,\"x\ny\",1\n2,z,2\n")),
        ("close\n1\n\n\r\n\n", format!("close,{name}\n1,1\n")),
        ("close", format!("close,{name}\n")),
        ("close\n", format!("close,{name}\n")),
    ] {
        assert_eq!(compute(&["sma(1)"], input), expected, "{input:?}");
    }
}

#[test]
fn huge_cells_pass_through() {
    let huge = "x".repeat(3_000_000);
    let input = format!("close,a\n1,{huge}\n2,\"{huge}\n\"\n");
    let expected = format!("close,a,\"sma(close, 1)\"\n1,{huge},1\n2,\"{huge}\n\",2\n");
    assert!(compute(&["sma(1)"], &input) == expected);
}

#[test]
fn a_file_is_read_by_name() {
    let path = super::file("named.csv", "close\n3\n");
    assert_eq!(output(&arguments(&["sma(1)"], &[&path]), ""), "close,\"sma(close, 1)\"\n3,3\n");
}

#[test]
fn rows_come_out_as_they_come_in() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ta"))
        .args(arguments(&["sma(2)"], &["-"]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for (row, expected) in
        [("close", "close,\"sma(close, 2)\""), ("1", "1,"), ("2", "2,1.5"), ("4", "4,3")]
    {
        writeln!(stdin, "{row}").unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), expected);
    }
    drop(stdin);
    assert!(lines.next().is_none() && child.wait().unwrap().success());
}

#[test]
fn a_reader_that_stops_reading_ends_the_run_quietly() {
    let path = super::file("long.csv", &super::walk(50_000));
    for arguments in [arguments(&["rsi"], &[&path]), arguments(&["rsi"], &["--batch", &path])] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ta"))
            .args(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 4];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
    }
}

/// The most memory that the run needed, in kB.
#[cfg(target_os = "linux")]
fn peak(backend: &str, rows: usize) -> u64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ta"))
        .args(arguments(&["rsi(close, 14)", "sma(close, 500)"], &["--backend", backend, "-"]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    let body = super::walk(1_000);
    let (header, body) = body.split_once('\n').unwrap();
    writeln!(stdin, "{header}").unwrap();
    for _ in 0..rows / 1_000 {
        stdin.write_all(body.as_bytes()).unwrap();
    }
    // All but the last buffers' worth has been computed: the pipe holds no more.
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    reader.join().unwrap().unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn memory_stays_flat_on_a_long_file() {
    // TA-Lib 0.7 has no streams: its functions are called with all bars so far.
    let streamed =
        if cfg!(feature = "talib-v0_8") { &["native", "talib"][..] } else { &["native"] };
    for backend in streamed {
        let (short, long) = (peak(backend, 5_000), peak(backend, 500_000));
        assert!(
            long < short + 4_000,
            "{backend}: {short} kB for 5,000 rows, {long} kB for 500,000"
        );
    }
}
