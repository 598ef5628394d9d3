//! Replaying recordings: what comes out, at which pace, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use pipeline::message::{Side, Trade};
use pipeline::source::{Event, Position, Source};
use proptest::prelude::*;
use support::{collect, position, trade, trades};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::Instant;
use trades::replay::Replay;
use trades::{Pair, Speed};

const HEADER: &str = "trade_id,timestamp_ms,side,price,quantity\n";

fn replay(path: &Path, speed: Speed) -> Replay {
    Replay { path: path.to_owned(), pair: "XRP/ETH".parse::<Pair>().unwrap(), speed }
}

fn file(content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("trades.csv");
    std::fs::write(&path, content).unwrap();
    (directory, path)
}

async fn replayed(content: impl AsRef<[u8]>) -> (Vec<Event>, Result<(), String>) {
    let (_directory, path) = file(content);
    let (events, result) = collect(replay(&path, Speed::Max), Position::default()).await;
    let prefix = path.parent().unwrap().to_str().unwrap().to_owned() + "/";
    (events, result.map_err(|error| error.replace(&prefix, "")))
}

fn recorded(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/trades").join(name);
    if !path.exists() {
        println!("skipped: shared/data not present");
        return None;
    }
    Some(path)
}

#[tokio::test]
async fn a_recorded_file_comes_out_whole_and_in_order() {
    let Some(path) = recorded("XRP-ETH.csv") else {
        return;
    };
    let (events, result) = collect(replay(&path, Speed::Max), Position::default()).await;
    assert_eq!(result, Ok(()));
    let all = trades(&events);
    assert_eq!(all.len(), 12_477);
    assert_eq!(events.len(), 12_479);
    let first = Trade {
        pair: "XRP/ETH".to_owned(),
        price: 0.00141342,
        quantity: 23.0,
        side: Some(Side::Sell),
        timestamp_ms: 1_570_752_011_620,
        trade_id: 13_519_807,
    };
    assert_eq!(all[0], first);
    let last_ms = all.iter().map(|trade| trade.timestamp_ms).max().unwrap();
    assert_eq!(events[12_477..], [Event::Clock(last_ms), Event::End]);

    // Restarted anywhere, what was written and what follows is the whole.
    for written in [1, 1_023, 1_024, 12_000, 12_476, 12_477] {
        let (rest, result) = collect(replay(&path, Speed::Max), position(&all[..written])).await;
        assert_eq!(result, Ok(()));
        assert!(rest == events[written..], "after {written}");
    }
}

#[tokio::test]
async fn kraken_history_numbers_its_rows() {
    let Some(path) = recorded("kraken-history-BCH-EUR.csv") else {
        return;
    };
    let (events, result) = collect(replay(&path, Speed::Max), Position::default()).await;
    assert_eq!(result, Ok(()));
    let all = trades(&events);
    assert_eq!(all.len(), 148);
    let ids: Vec<i64> = all.iter().map(|trade| trade.trade_id).collect();
    assert_eq!(ids, (1..=148).collect::<Vec<_>>());
    assert_eq!(all[0].timestamp_ms, 1_672_531_436_000);
    assert_eq!((all[0].price, all[0].quantity, all[0].side), (90.54, 1.1044842, None));
}

#[tokio::test]
async fn kraken_history_keeps_fractions_of_seconds() {
    let (events, result) = replayed("1672531436.1239,90.5,1\n1672531437.5,1e2,2\r\n").await;
    assert_eq!(result, Ok(()));
    let all = trades(&events);
    assert_eq!(all[0].timestamp_ms, 1_672_531_436_123);
    assert_eq!((all[1].timestamp_ms, all[1].price), (1_672_531_437_500, 100.0));
}

#[tokio::test]
async fn columns_may_stand_in_any_order_and_style() {
    let expected = trade("XRP/ETH", 7, 1_600_000_000_000, 0.5);
    for content in [
        "trade_id,timestamp_ms,side,price,quantity\n7,1600000000000,buy,0.5,2.5\n",
        "trade_id,timestamp_ms,side,price,quantity\n7,1600000000000,buy,0.5,2.5",
        "price,quantity,side,timestamp_ms,trade_id\r\n0.5,2.5,buy,1600000000000,7\r\n\r\n",
        "\u{feff}side, price, quantity, trade_id, timestamp_ms\n\n buy, 5e-1, 2.50, 7, 1600000000000\n",
        "\"trade_id\",\"timestamp_ms\",\"side\",\"price\",\"quantity\"\n7,1600000000000,\"buy\",0.5,2.5\n",
    ] {
        let (events, result) = replayed(content).await;
        assert_eq!(result, Ok(()), "{content:?}");
        assert_eq!(trades(&events), std::slice::from_ref(&expected), "{content:?}");
    }
    let (events, _) = replayed(format!("{HEADER}7,1600000000000,,0.5,2.5\n")).await;
    assert_eq!(trades(&events)[0].side, None);
}

#[tokio::test]
async fn a_bad_line_refuses_the_file_in_one_line() {
    let good = "7,1600000000000,buy,0.5,2.5\n".repeat(2_000);
    for (line, message) in [
        ("8,1600000000000,buy,0.5", "4 fields, expected 5, as in the header"),
        ("8,1600000000000,buy,0.5,1,1", "6 fields, expected 5, as in the header"),
        ("8", "1 field, expected 5, as in the header"),
        ("x,1600000000000,buy,0.5,1", "trade_id \"x\", expected a whole number"),
        ("1.5,1600000000000,buy,0.5,1", "trade_id \"1.5\", expected a whole number"),
        ("8,soon,buy,0.5,1", "timestamp_ms \"soon\", expected a whole number"),
        (
            "8,1600000000,buy,0.5,1",
            "timestamp_ms \"1600000000\" out of range, expected milliseconds since 1970 between the years 1990 and 2100",
        ),
        ("8,1600000000000,hold,0.5,1", "side \"hold\", expected buy, sell or nothing"),
        ("8,1600000000000,buy,abc,1", "price \"abc\", expected a positive number"),
        ("8,1600000000000,buy,NaN,1", "price \"NaN\", expected a positive number"),
        ("8,1600000000000,buy,inf,1", "price \"inf\", expected a positive number"),
        ("8,1600000000000,buy,1e999,1", "price \"1e999\", expected a positive number"),
        ("8,1600000000000,buy,0,1", "price \"0\", expected a positive number"),
        ("8,1600000000000,buy,-1,1", "price \"-1\", expected a positive number"),
        ("8,1600000000000,buy,1,", "quantity \"\", expected a positive number"),
        ("8,1600000000000,buy,1,0", "quantity \"0\", expected a positive number"),
    ] {
        let (events, result) = replayed(format!("{HEADER}{good}{line}\n{good}")).await;
        assert_eq!(result, Err(format!("trades.csv:2002: {message}")));
        assert_eq!(events, [], "{line}");
    }
    // Blank lines count.
    let (_, result) = replayed(format!("{HEADER}\n\n8\n")).await;
    assert!(result.unwrap_err().starts_with("trades.csv:4: 1 field"));
}

#[tokio::test]
async fn a_bad_line_of_history_refuses_the_file() {
    for (line, message) in [
        ("1672531436,90.5", "2 fields, expected 3 fields timestamp,price,volume"),
        ("1672531436,90.5,-1", "volume \"-1\", expected a positive number"),
        ("1672531436.,90.5,1", "timestamp \"1672531436.\", expected seconds since 1970"),
        ("-1672531436,90.5,1", "timestamp \"-1672531436\", expected seconds since 1970"),
        (
            "99999999999999999999,1,1",
            "timestamp \"99999999999999999999\", expected seconds since 1970",
        ),
        (
            "1672531436000,90.5,1",
            "timestamp \"1672531436000\" out of range, expected seconds since 1970 between the years 1990 and 2100",
        ),
    ] {
        let (events, result) = replayed(format!("1672531436,90.5,1\n{line}\n")).await;
        assert_eq!(result, Err(format!("trades.csv:2: {message}")));
        assert_eq!(events, [], "{line}");
    }
}

#[tokio::test]
async fn what_is_no_recording_is_refused_in_one_line() {
    let formats = "the header trade_id,timestamp_ms,side,price,quantity (in any order), or Kraken's history of 3 fields timestamp,price,volume";
    let header = "the header trade_id,timestamp_ms,side,price,quantity (in any order)";
    for (content, message) in [
        (String::new(), format!("trades.csv: the file is empty, expected {header}")),
        ("\n\n".to_owned(), format!("trades.csv: the file is empty, expected {header}")),
        (
            HEADER.to_owned(),
            "trades.csv: a header and no trades, expected at least one trade".to_owned(),
        ),
        (
            "7,1600000000000,buy,1,1\n".to_owned(),
            format!("trades.csv:1: 5 fields and no header, expected {formats}"),
        ),
        (
            "id,price\n1,2\n".to_owned(),
            format!("trades.csv:1: unknown column \"id\", expected {formats}"),
        ),
        (
            "price,price\n".to_owned(),
            format!("trades.csv:1: column \"price\" twice, expected {header}"),
        ),
        ("trade_id,price\n".to_owned(), format!("trades.csv:1: 2 columns, expected {header}")),
        (
            "x".repeat(5_000),
            "trades.csv:1: a line of more than 1024 bytes, expected one trade a line".to_owned(),
        ),
    ] {
        let (events, result) = replayed(&content).await;
        assert_eq!(result, Err(message), "{content:?}");
        assert_eq!(events, []);
    }
    let (_, result) = replayed(b"\xff\xfe\n").await;
    assert_eq!(result, Err("trades.csv:1: bytes that are not UTF-8, expected text".to_owned()));

    let (directory, path) = file("");
    let missing = path.with_file_name("missing.csv");
    let (_, result) = collect(replay(&missing, Speed::Max), Position::default()).await;
    let message = format!(
        "{}: No such file or directory (os error 2), expected a file of recorded trades",
        missing.display()
    );
    assert_eq!(result, Err(message));
    let (_, result) = collect(replay(directory.path(), Speed::Max), Position::default()).await;
    assert!(result.unwrap_err().contains("not a regular file"));
}

#[tokio::test]
async fn another_file_than_before_is_refused() {
    let written = [trade("XRP/ETH", 1, 0, 1.0), trade("XRP/ETH", 2, 0, 1.0)];
    let (_directory, path) =
        file(format!("{HEADER}8,1600000000000,buy,1,1\n9,1600000000000,buy,1,1\n"));
    let (events, result) = collect(replay(&path, Speed::Max), position(&written)).await;
    assert!(result.unwrap_err().contains("trade 2 has trade_id 9 where 2 was written"));
    assert_eq!(events, []);
    let mut longer = position(&written);
    longer.trades = 3;
    let (_, result) = collect(replay(&path, Speed::Max), longer).await;
    assert!(result.unwrap_err().contains("2 trades, expected the file whose first 3 trades"));
}

#[tokio::test(start_paused = true)]
async fn the_recorded_gaps_are_kept_and_scaled() {
    // Half a second late where the recording goes back in time.
    let (_directory, path) = file(format!(
        "{HEADER}1,1600000000000,buy,1,1\n2,1600000025000,buy,1,1\n3,1600000024500,buy,1,1\n4,1600000040000,buy,1,1\n"
    ));
    let (sender, mut receiver) = mpsc::channel(64);
    let begin = Instant::now();
    let source = Box::new(replay(&path, Speed::Times(10.0)));
    tokio::spawn(source.run(Position::default(), sender));
    let mut seen = Vec::new();
    while let Some(event) = receiver.recv().await {
        let what = match event {
            Event::Trade(trade) => format!("trade {}", trade.trade_id),
            Event::Clock(clock_ms) => format!("clock {}", clock_ms - 1_600_000_000_000),
            Event::End => "end".to_owned(),
        };
        seen.push((begin.elapsed(), what));
    }
    let at = |ms: u64, what: &str| (Duration::from_millis(ms), what.to_owned());
    assert_eq!(
        seen,
        [
            at(0, "trade 1"),
            at(1_000, "clock 9500"),
            at(2_000, "clock 19500"),
            at(2_500, "trade 2"),
            at(2_500, "trade 3"),
            at(3_000, "clock 29500"),
            at(4_000, "clock 39500"),
            at(4_000, "trade 4"),
            at(4_000, "clock 40000"),
            at(4_000, "end"),
        ]
    );
}

#[tokio::test]
async fn ends_quietly_when_nobody_listens() {
    let (_directory, path) =
        file(format!("{HEADER}1,1600000000000,buy,1,1\n2,1700000000000,buy,1,1\n"));
    let (sender, mut receiver) = mpsc::channel(1);
    let running =
        tokio::spawn(Box::new(replay(&path, Speed::Times(1.0))).run(Position::default(), sender));
    assert!(matches!(receiver.recv().await, Some(Event::Trade(_))));
    drop(receiver);
    assert!(running.await.unwrap().is_ok());
}

fn any_trade() -> impl Strategy<Value = Trade> {
    let positive = || prop_oneof![1e-12..1e12, Just(f64::MIN_POSITIVE), Just(f64::MAX), 1e-8..1e-4];
    let side = prop_oneof![Just(None), Just(Some(Side::Buy)), Just(Some(Side::Sell))];
    (any::<i64>(), 631_152_000_000_i64..4_102_444_800_000, side, positive(), positive()).prop_map(
        |(trade_id, timestamp_ms, side, price, quantity)| Trade {
            pair: "XRP/ETH".to_owned(),
            price,
            quantity,
            side,
            timestamp_ms,
            trade_id,
        },
    )
}

fn field(trade: &Trade, column: &str) -> String {
    match column {
        "trade_id" => trade.trade_id.to_string(),
        "timestamp_ms" => trade.timestamp_ms.to_string(),
        "side" => match trade.side {
            Some(Side::Buy) => "buy".to_owned(),
            Some(Side::Sell) => "sell".to_owned(),
            None => String::new(),
        },
        "price" => format!("{:?}", trade.price),
        _ => format!("{:?}", trade.quantity),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_back(
        all in prop::collection::vec(any_trade(), 1..50),
        columns in Just(HEADER.trim().split(',').collect::<Vec<_>>()).prop_shuffle(),
        written in any::<prop::sample::Index>(),
    ) {
        let mut content = columns.join(",");
        for trade in &all {
            let row: Vec<String> = columns.iter().map(|column| field(trade, column)).collect();
            content += &format!("\n{}", row.join(","));
        }
        let (_directory, path) = file(&content);
        let written = written.index(all.len() + 1);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (events, result) =
            runtime.block_on(collect(replay(&path, Speed::Max), position(&all[..written])));
        prop_assert_eq!(result, Ok(()));
        prop_assert_eq!(trades(&events), &all[written..]);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), valid in any::<bool>()) {
        let mut content = if valid { HEADER.as_bytes().to_vec() } else { vec![] };
        content.extend(bytes);
        let (_directory, path) = file(&content);
        let _ = trades::recording::check(&path, &"XRP/ETH".parse().unwrap());
    }
}
