//! Kraken's past trades by REST, joined with the live stream: each trade once and
//! in order, whatever the pages, the errors and the connections do in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use pipeline::source::{Event, Position};
use proptest::prelude::*;
use serde::Deserialize;
use support::collect;
use support::exchange::*;
use tokio::time::{Instant, timeout};
use trades::kraken::{Kraken, Timing};

/// What the stand-in for Kraken's REST service knows and has heard.
#[derive(Debug, Default)]
struct Rest {
    /// Numbers and nanoseconds since 1970, in order.
    trades: Vec<(i64, i64)>,
    page: usize,
    /// Answered first, one a request.
    answers: VecDeque<(u16, &'static str)>,
    requests: Vec<(Instant, i64)>,
    url: String,
}

#[derive(Deserialize)]
struct Asked {
    pair: String,
    since: i64,
    count: usize,
}

type Shared = Arc<Mutex<Rest>>;

async fn answer(State(rest): State<Shared>, Query(asked): Query<Asked>) -> (StatusCode, String) {
    let mut rest = rest.lock().unwrap();
    assert_eq!((asked.pair.as_str(), asked.count), ("A/B", 1000));
    rest.requests.push((Instant::now(), asked.since));
    if let Some((status, body)) = rest.answers.pop_front() {
        return (StatusCode::from_u16(status).unwrap(), body.to_owned());
    }
    let found = rest.trades.iter().filter(|(_, ns)| *ns > asked.since).take(rest.page);
    let entries: Vec<String> = found
        .clone()
        .map(|(id, ns)| {
            let time = format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000);
            format!(r#"["0.5","2.5",{time},"b","l","",{id}]"#)
        })
        .collect();
    let last = found.last().map_or(asked.since, |(_, ns)| *ns);
    let entries = entries.join(",");
    let body = format!(r#"{{"error":[],"result":{{"XAZB":[{entries}],"last":"{last}"}}}}"#);
    (StatusCode::OK, body)
}

/// As the WebSocket stand-in's: one a second.
fn ns(id: i64) -> i64 {
    (NEW_YEAR_MS + id * 1000 + 123) * 1_000_000
}

async fn rest(trades: impl IntoIterator<Item = (i64, i64)>, page: usize) -> Shared {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let trades = trades.into_iter().collect();
    let rest = Arc::new(Mutex::new(Rest { trades, page, url, ..Rest::default() }));
    let routes = Router::new().route("/0/public/Trades", get(answer));
    let routes = routes.with_state(Arc::clone(&rest));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    rest
}

/// A source that begins with the trade of this number where it is to begin.
fn source(exchange: &Exchange, rest: &Shared, since_id: Option<i64>, timing: Timing) -> Kraken {
    let since = since_id.map(|id| {
        let begin = SystemTime::UNIX_EPOCH + Duration::from_nanos(ns(id) as u64);
        SystemTime::now().duration_since(begin).unwrap() + Duration::from_millis(100)
    });
    let url = rest.lock().unwrap().url.clone();
    exchange.source(&["A/B"], timing).with_past(&url, since).unwrap()
}

fn numbered(ids: impl IntoIterator<Item = i64>) -> Vec<(i64, i64)> {
    ids.into_iter().map(|id| (id, ns(id))).collect()
}

fn position(id: i64) -> Position {
    Position { trades: 10, last_trade_ids: [("A/B".to_owned(), id)].into() }
}

#[tokio::test]
async fn the_past_that_is_asked_for_joins_the_live_stream() {
    let exchange = Exchange::open().await;
    let rest = rest(numbered(1..=110), 7).await;
    let source = source(&exchange, &rest, Some(40), timing());
    let mut running = Running::start(source, Position::default());
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.trades("snapshot", "A/B", 91..=100).await;
    // Live while the past is still being asked for. No clock before it is there.
    client.pong("2024-01-01T12:00:00Z").await;
    client.trades("update", "A/B", [101, 102]).await;
    running.expect(events("A/B", 40..=102)).await;
    client.trades("update", "A/B", [103]).await;
    running.expect(events("A/B", [103])).await;
    client.pong("2024-01-01T13:00:00Z").await;
    let clock_ms = NEW_YEAR_MS + 13 * 3_600_000 - 2_000;
    running.expect(vec![Event::Clock(clock_ms)]).await;
    running.stop().await;
}

#[tokio::test]
async fn what_was_missed_between_two_connections_is_filled_in() {
    let exchange = Exchange::open().await;
    let rest = rest(numbered(1..=200), 13).await;
    let mut running = Running::start(source(&exchange, &rest, None, timing()), Position::default());
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.trades("snapshot", "A/B", 5..=10).await;
    running.expect(events("A/B", 5..=10)).await;
    assert_eq!(rest.lock().unwrap().requests.len(), 0, "nothing is missing");
    drop(client);
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.trades("snapshot", "A/B", 151..=200).await;
    running.expect(events("A/B", 11..=200)).await;
    running.stop().await;
}

#[tokio::test]
async fn a_restart_looks_back_as_far_as_it_must() {
    let exchange = Exchange::open().await;
    // More than an hour ago, less than six.
    let rest = rest(numbered(1..=9_000), 1000).await;
    let mut running = Running::start(source(&exchange, &rest, None, timing()), position(500));
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.trades("snapshot", "A/B", [3_590, 3_591]).await;
    running.expect(events("A/B", 501..=3_591)).await;
    running.stop().await;
    let asked: Vec<i64> = rest.lock().unwrap().requests.iter().map(|(_, since)| *since).collect();
    let minutes = |since: i64| (ns(3_590) - since) / 60_000_000_000;
    let back: Vec<i64> = asked.iter().take(3).map(|since| minutes(*since)).collect();
    assert_eq!(back[..2], [10, 60], "{back:?}");
}

#[tokio::test]
async fn errors_that_pass_are_waited_out_and_requests_keep_their_distance() {
    let exchange = Exchange::open().await;
    let rest = rest(numbered(1..=100), 10).await;
    rest.lock().unwrap().answers = [
        (200, r#"{"error":["EAPI:Rate limit exceeded"]}"#),
        (200, r#"{"error":["EGeneral:Internal error"]}"#),
        (200, r#"{"error":["EService:Unavailable"]}"#),
        (429, "slow down"),
        (502, "<html>Bad gateway</html>"),
        (200, "<html>Maintenance</html>"),
        (200, r#"{"error":[],"result":{"XAZB":[]}}"#),
        (200, r#"{"error":[],"result":{"XAZB":[],"last":"0"}}"#),
    ]
    .into();
    let distance = ms(15);
    let timing = Timing { rest: distance, ..timing() };
    let mut running =
        Running::start(source(&exchange, &rest, Some(1), timing), Position::default());
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.trades("snapshot", "A/B", [100]).await;
    running.expect(events("A/B", 1..=100)).await;
    running.stop().await;
    let rest = rest.lock().unwrap();
    assert!(rest.requests.len() >= 18, "{:?}", rest.requests);
    // They are noted when they arrive; on the way one may catch up with the last.
    let begin = rest.requests[0].0;
    let took = rest.requests[rest.requests.len() - 1].0 - begin;
    assert!(took >= distance * (rest.requests.len() as u32 - 2), "{took:?}");
}

#[tokio::test]
async fn pages_that_end_within_a_nanosecond_lose_nothing() {
    let exchange = Exchange::open().await;
    // Four trades each in one nanosecond, five a page.
    let trades = (1..=100).map(|id| (id, ns((id + 3) / 4)));
    let rest = rest(trades, 5).await;
    let mut running =
        Running::start(source(&exchange, &rest, Some(1), timing()), Position::default());
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.trades("snapshot", "A/B", [100]).await;
    for id in 1..100 {
        let Event::Trade(trade) = running.next().await else { panic!() };
        assert_eq!((trade.trade_id, trade.timestamp_ms), (id, ns((id + 3) / 4) / 1_000_000));
    }
    running.expect(events("A/B", [100])).await;
    running.stop().await;
}

#[tokio::test]
async fn what_kraken_does_not_have_is_given_up_and_the_stream_goes_on() {
    let exchange = Exchange::open().await;
    // More in one nanosecond than a page holds, and the end of the past missing.
    let trades = (1..=60).map(|id| (id, ns(if (10..20).contains(&id) { 10 } else { id })));
    let rest = rest(trades, 5).await;
    let mut running = Running::start(source(&exchange, &rest, None, timing()), position(5));
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.trades("snapshot", "A/B", [99, 100]).await;
    running.expect(events("A/B", 6..=9)).await;
    let mut ids = Vec::new();
    while ids.last() != Some(&100) {
        let Event::Trade(trade) = running.next().await else { panic!() };
        ids.push(trade.trade_id);
    }
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    let rest: Vec<i64> = ids.into_iter().filter(|id| *id >= 20).collect();
    assert_eq!(rest, (20..=60).chain([99, 100]).collect::<Vec<_>>());
    running.stop().await;
}

#[tokio::test]
async fn a_past_that_is_refused_ends_the_start_and_not_a_running_source() {
    let unknown = (200, r#"{"error":["EQuery:Unknown asset pair"]}"#);
    let exchange = Exchange::open().await;
    let rest = rest([], 5).await;
    rest.lock().unwrap().answers = [unknown].into();
    let starting = source(&exchange, &rest, Some(1), timing());
    let starting = tokio::spawn(collect(starting, Position::default()));
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.trades("snapshot", "A/B", [100]).await;
    let (events_before, result) = timeout(PATIENCE, starting).await.unwrap().unwrap();
    let message = "Kraken refuses to send past trades of A/B: EQuery:Unknown asset pair";
    assert_eq!((events_before, result), (vec![], Err(message.to_owned())));

    rest.lock().unwrap().answers = [unknown].into();
    let mut running = Running::start(source(&exchange, &rest, None, timing()), position(5));
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.trades("snapshot", "A/B", [100]).await;
    client.trades("update", "A/B", [101]).await;
    running.expect(events("A/B", [100, 101])).await;
    running.stop().await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// However many trades share a nanosecond, wherever pages and connections
    /// end: every trade once, in order.
    #[test]
    fn every_trade_comes_once(
        steps in prop::collection::vec(prop_oneof![Just(0i64), 1i64..5_000_000_000], 60..200),
        spare in 1usize..30,
        begin in 1i64..50,
        snapshots in prop::collection::vec((1i64..60, 0u64..30), 1..4),
    ) {
        let mut at = ns(0);
        let trades: Vec<(i64, i64)> = (1i64..)
            .zip(&steps)
            .map(|(id, step)| {
                at += step;
                (id, at)
            })
            .collect();
        let crowd = trades.chunk_by(|a, b| a.1 == b.1).map(<[_]>::len).max().unwrap();
        let count = trades.len() as i64;
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let exchange = Exchange::open().await;
            let rest = rest(trades.clone(), crowd + spare).await;
            let timing = Timing { rest: ms(1), ..timing() };
            let source = source(&exchange, &rest, None, timing);
            let mut running = Running::start(source, position(begin));
            for (back, patience) in &snapshots {
                let mut client = exchange.accept_subscribed(&["A/B"]).await;
                client.say(snapshot(&trades, count - back)).await;
                // Dropped, often in the middle of the past.
                tokio::time::sleep(ms(*patience)).await;
            }
            let mut client = exchange.accept_subscribed(&["A/B"]).await;
            client.say(snapshot(&trades, count)).await;
            for id in begin + 1..=count {
                let Event::Trade(trade) = running.next().await else { panic!() };
                let time_ms = trades[id as usize - 1].1 / 1_000_000;
                assert_eq!((trade.trade_id, trade.timestamp_ms), (id, time_ms));
            }
            running.stop().await;
        });
    }
}

/// The one trade of this number, as the latest.
fn snapshot(trades: &[(i64, i64)], id: i64) -> serde_json::Value {
    let id = id.clamp(1, trades.len() as i64);
    let ns = trades[id as usize - 1].1;
    let at = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(ns)).unwrap();
    let timestamp = format!(
        "{}T{:02}:{:02}:{:02}.{:06}Z",
        at.date(),
        at.hour(),
        at.minute(),
        at.second(),
        at.microsecond()
    );
    let mut entry = entry("A/B", id);
    entry["timestamp"] = timestamp.into();
    serde_json::json!({"channel":"trade","type":"snapshot","data":[entry]})
}
