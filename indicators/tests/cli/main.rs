//! `ta` as a user runs it: the binary, its options, files, and what comes out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod errors;
mod files;
mod list;
mod snapshots;
mod values;

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What a run left behind.
#[derive(Debug, PartialEq)]
struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Runs `ta` with `input` on stdin.
fn run(arguments: &[&str], input: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ta"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || match stdin.write_all(input.as_bytes()) {
        // A run that fails early reads no further.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{error}"),
        _ => {}
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What a run that must succeed wrote.
fn output(arguments: &[&str], input: &str) -> String {
    let run = run(arguments, input);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{arguments:?}");
    run.stdout
}

/// What `ta compute` writes for `input`; the same with `--batch`.
fn compute(expressions: &[&str], input: &str) -> String {
    let streamed = output(&arguments(expressions, &["-"]), input);
    assert_eq!(output(&arguments(expressions, &["--batch", "-"]), input), streamed);
    streamed
}

/// `ta compute` with each expression after its `--expr`.
fn arguments<'a>(expressions: &[&'a str], rest: &[&'a str]) -> Vec<&'a str> {
    let expressions = expressions.iter().flat_map(|expression| ["--expr", *expression]);
    ["compute"].into_iter().chain(expressions).chain(rest.iter().copied()).collect()
}

/// A file of that name that no other test uses.
fn file(name: &str, content: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("ta-cli-{name}"));
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Bars of a walk that jumps and stands still, as CSV.
fn walk(rows: usize) -> String {
    let mut text = "open,high,low,close,volume\n".to_owned();
    let (mut close, mut seed) = (100.0_f64, 7_u32);
    for _ in 0..rows {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let open = close;
        close *= 1.0 + (f64::from(seed >> 24) - 127.0) / 4_000.0;
        let (high, low) = (open.max(close) * 1.01, open.min(close) * 0.985);
        text.push_str(&format!("{open},{high},{low},{close},{}\n", seed % 1_000));
    }
    text
}

/// The recordings beside the project, with their names; none where they are absent.
fn recordings() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/candles");
    let Ok(entries) = std::fs::read_dir(folder) else {
        println!("skipped: no recordings in {folder}");
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let csv = paths.filter(|path| path.extension().is_some_and(|extension| extension == "csv"));
    csv.map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.to_str().unwrap().to_owned(), text)
    })
    .collect()
}
