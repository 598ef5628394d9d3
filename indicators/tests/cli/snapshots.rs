//! `--snapshot-out` and `--snapshot-in`: several runs that are one.

use super::{arguments, compute, file, output, run, walk};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const EXPRESSIONS: &[&str] =
    &["rsi(close, 14)", "macd", "sma(atr(14), 9)", "obv", "bbands(20, 2, 2, ema).upper"];

/// The input in two, each part with the header.
fn split(input: &str, row: usize) -> (String, String) {
    let mut lines = input.split_inclusive('\n');
    let header = lines.next().unwrap();
    let rows: Vec<&str> = lines.collect();
    let (first, second) = rows.split_at(row);
    (header.to_owned() + &first.concat(), header.to_owned() + &second.concat())
}

fn without_header(output: &str) -> &str {
    output.split_once('\n').unwrap().1
}

fn split_runs_are_one(extra: &[&str], name: &str) {
    let input = walk(400);
    let whole = compute(EXPRESSIONS, &input);
    let mut row = 3;
    for round in 0..12 {
        let saved = file(&format!("{name}-{round}"), "an old file");
        let (first, second) = split(&input, row);
        let rest = [extra, &["--snapshot-out", &saved, "-"]].concat();
        let mut written = output(&arguments(EXPRESSIONS, &rest), &first);
        let rest = [extra, &["--snapshot-in", &saved, "-"]].concat();
        written.push_str(without_header(&output(&arguments(EXPRESSIONS, &rest), &second)));
        assert!(written == whole, "split at row {row}");
        row = row * 7919 % 401;
    }
}

#[test]
fn a_run_that_is_split_anywhere_is_one_run() {
    split_runs_are_one(&[], "split");
}

#[test]
fn a_batch_that_is_split_anywhere_is_one_run() {
    split_runs_are_one(&["--batch"], "split-batch");
}

#[cfg(feature = "talib")]
#[test]
fn a_run_of_the_c_library_can_be_split_too() {
    let input = walk(120);
    let saved = file("split-talib", "");
    let with = |rest: &[&str], input: &str| {
        let rest = [&["--backend", "talib"], rest, &["-"]].concat();
        output(&arguments(EXPRESSIONS, &rest), input)
    };
    let whole = with(&[], &input);
    for row in [0, 1, 20, 77, 120] {
        let (first, second) = split(&input, row);
        let mut written = with(&["--snapshot-out", &saved], &first);
        written.push_str(without_header(&with(&["--batch", "--snapshot-in", &saved], &second)));
        assert!(written == whole, "split at row {row}");
    }
    let refused = run(&arguments(EXPRESSIONS, &["--snapshot-in", &saved, "-"]), &input);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    let expected = format!("ta: {saved}: the snapshot is of the backend talib, expected native\n");
    assert_eq!(refused.stderr, expected);
}

#[test]
fn a_snapshot_goes_back_into_its_own_file() {
    let saved = file("own", "");
    output(&arguments(&["sma(2)"], &["--snapshot-out", &saved, "-"]), "close\n1\n");
    for (close, expected) in [("3", "3,2\n"), ("5", "5,4\n"), ("9", "9,7\n")] {
        let rest = ["--snapshot-in", &saved, "--snapshot-out", &saved, "-"];
        let written = output(&arguments(&["sma(2)"], &rest), &format!("close\n{close}\n"));
        assert_eq!(without_header(&written), expected);
    }
}

#[test]
fn a_snapshot_that_does_not_fit_is_refused() {
    let saved = file("refused", "");
    output(&arguments(&["sma(2)", "rsi(3)"], &["--snapshot-out", &saved, "-"]), "close\n1\n");
    let bytes = std::fs::read(&saved).unwrap();
    let refused = |expressions: &[&str], path: &str| {
        let run = run(&arguments(expressions, &["--snapshot-in", path, "-"]), "close\n1\n");
        assert_eq!((run.code, run.stdout.as_str()), (2, ""));
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        run.stderr.strip_prefix(&format!("ta: {path}: ")).unwrap().trim_end().to_owned()
    };
    assert_eq!(
        refused(&["sma(2)", "rsi(4)"], &saved),
        "the snapshot is of `sma(close, 2)`, `rsi(close, 3)`, expected `sma(close, 2)`, `rsi(close, 4)`"
    );
    assert_eq!(
        refused(&["sma(2)"], &saved),
        "the snapshot is of `sma(close, 2)`, `rsi(close, 3)`, expected `sma(close, 2)`"
    );
    let write = |name: &str, bytes: &[u8]| {
        let path = file(name, "");
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let mut later = bytes.clone();
    later["ta compute\n".len()] = 2;
    assert_eq!(
        refused(&["sma(2)", "rsi(3)"], &write("later", &later)),
        "the snapshot has format version 2, expected 1"
    );
    let more = [&bytes[..], b"\n"].concat();
    assert_eq!(
        refused(&["sma(2)", "rsi(3)"], &write("more", &more)),
        "the snapshot goes on for 1 bytes after its end"
    );
    for end in 0..bytes.len() {
        refused(&["sma(2)", "rsi(3)"], &write("cut", &bytes[..end]));
    }
    refused(&["sma(2)", "rsi(3)"], "no/such/snapshot");
}

#[test]
fn a_run_that_fails_leaves_the_old_snapshot() {
    let saved = file("failed", "as it was");
    let failed = run(&arguments(&["sma(1)"], &["--snapshot-out", &saved, "-"]), "close\n1\nx\n");
    assert_eq!((failed.code, failed.stdout.as_str()), (2, "close,\"sma(close, 1)\"\n1,1\n"));
    assert_eq!(std::fs::read_to_string(&saved).unwrap(), "as it was");
}

/// A run is refused before it has written anything.
fn refused_at_once(arguments: &[&str], input: &str, why: &str) {
    let refused = run(arguments, input);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
    assert!(refused.stderr.contains(why), "{}", refused.stderr);
}

#[test]
fn a_place_where_no_snapshot_can_go_is_refused_at_once() {
    let input = file("a-file", "close\n1\n");
    let below = format!("{input}/S");
    let folder = env!("CARGO_TARGET_TMPDIR");
    for (place, why) in [("no/such/file", "No such"), (&below, "Not a dir"), (folder, "directory")]
    {
        let rest = ["--snapshot-out", place, &input];
        refused_at_once(&arguments(&["sma(1)"], &rest), "", why);
    }
}

#[test]
fn a_snapshot_does_not_overwrite_the_input() {
    let content = "close\n1\n";
    let input = file("input.csv", content);
    let dotted = input.replace("ta-cli-", "./ta-cli-");
    for place in [&input, &dotted] {
        for extra in [&[][..], &["--batch"], &["--snapshot-in", &input]] {
            let rest = [extra, &["--snapshot-out", place, &input]].concat();
            let expected = format!("ta: {place}: the snapshot would overwrite the input\n");
            refused_at_once(&arguments(&["sma(1)"], &rest), "", &expected);
        }
    }
    #[cfg(unix)]
    {
        let link = format!("{input}.link");
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(&input, &link).unwrap();
        let why = "the snapshot would overwrite the input";
        let rest = ["--snapshot-out", &link, &input];
        refused_at_once(&arguments(&["sma(1)"], &rest), "", why);
    }
    #[cfg(target_os = "linux")]
    {
        let rest = arguments(&["sma(1)"], &["--snapshot-out", &input, "-"]);
        let mut command = Command::new(env!("CARGO_BIN_EXE_ta"));
        let redirected = std::fs::File::open(&input).unwrap();
        let refused = command.args(rest).stdin(redirected).output().unwrap();
        assert_eq!((refused.status.code(), refused.stdout), (Some(2), vec![]));
    }
    assert_eq!(std::fs::read_to_string(&input).unwrap(), content);
}

#[test]
fn a_run_that_nobody_reads_to_the_end_says_that_it_has_no_snapshot() {
    let input = file("unread.csv", &walk(20_000));
    for extra in [&[][..], &["--batch"]] {
        let saved = file("unread", "as it was");
        // Reads the header and no more, as `head -1` does.
        let read_one_line = |rest: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_ta"));
            command.args(arguments(&["sma(2)"], rest)).args(extra);
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            assert_eq!(line, "open,high,low,close,volume,\"sma(close, 2)\"\n");
            let ended = child.wait_with_output().unwrap();
            (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
        };
        let (code, said) = read_one_line(&["--snapshot-out", &saved, &input]);
        let expected = format!("ta: {saved}: the snapshot was not written, since the output ended");
        assert!(code == Some(2) && said.starts_with(&expected), "{code:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert_eq!(std::fs::read_to_string(&saved).unwrap(), "as it was");
        // Without a snapshot to be missed, that is how a run may end.
        assert_eq!(read_one_line(&[&input]), (Some(0), String::new()));
    }
}
