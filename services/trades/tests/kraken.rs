//! Kraken's live trades against a server that speaks its protocol and
//! misbehaves: exactly which events come out, whatever happens in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::SystemTime;

use futures_util::{SinkExt, StreamExt};
use pipeline::source::{Event, Position, Source};
use serde_json::json;
use support::collect;
use support::exchange::*;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message as Frame;
use trades::kraken::{Kraken, Timing};

#[tokio::test]
async fn the_snapshot_and_each_trade_come_once() {
    let exchange = Exchange::open().await;
    let mut running = Running::start(exchange.source(&["A/B"], timing()), Position::default());
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.trades("snapshot", "A/B", 1..=5).await;
    client.trades("update", "A/B", [5, 6]).await;
    client.trades("update", "A/B", [6]).await;
    client.trades("update", "A/B", [9, 8, 7]).await;
    running.expect(events("A/B", 1..=9)).await;
    client.heartbeat().await;
    running.stop().await;
}

#[tokio::test]
async fn a_restart_goes_on_after_the_last_trade_written() {
    let exchange = Exchange::open().await;
    let position = Position { trades: 10, last_trade_ids: [("A/B".to_owned(), 3)].into() };
    let mut running = Running::start(exchange.source(&["A/B", "C/D"], timing()), position);
    let mut client = exchange.accept_subscribed(&["A/B", "C/D"]).await;
    client.trades("snapshot", "A/B", 1..=5).await;
    client.trades("snapshot", "C/D", 1..=2).await;
    running.expect(events("A/B", 4..=5)).await;
    running.expect(events("C/D", 1..=2)).await;
    running.stop().await;
}

#[tokio::test]
async fn drops_in_mid_stream_lose_and_repeat_nothing() {
    let exchange = Exchange::open().await;
    let mut running =
        Running::start(exchange.source(&["A/B", "C/D"], timing()), Position::default());
    let mut sent = 0;
    for round in 0..5 {
        let mut client = exchange.accept_subscribed(&["A/B", "C/D"]).await;
        // What happened while away comes with the snapshot, and much of the old.
        let away = sent + 3;
        for pair in ["A/B", "C/D"] {
            client.trades("snapshot", pair, (sent - 10).max(1)..=away).await;
        }
        client.trades("update", "A/B", away..=away + 1).await;
        client.trades("update", "C/D", away + 1..=away + 1).await;
        running.expect(events("A/B", sent + 1..=away)).await;
        running.expect(events("C/D", sent + 1..=away)).await;
        running.expect(vec![event("A/B", away + 1), event("C/D", away + 1)]).await;
        sent = away + 1;
        match round % 3 {
            // The connection breaks, the server says goodbye, half a frame is all.
            0 => drop(client),
            1 => client.socket.close(None).await.unwrap(),
            _ => {
                use tokio::io::AsyncWriteExt;
                client.socket.get_mut().write_all(&[0x81, 0x7e, 0x01]).await.unwrap();
            }
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn silence_ends_a_connection_and_heartbeats_keep_it() {
    let exchange = Exchange::open().await;
    let silence = Timing { silence: ms(200), clock: ms(5_000), ..timing() };
    let mut running = Running::start(exchange.source(&["A/B"], silence), Position::default());
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    let begin = Instant::now();
    for _ in 0..8 {
        client.heartbeat().await;
        tokio::time::sleep(ms(50)).await;
    }
    client.trades("update", "A/B", [1]).await;
    running.expect(events("A/B", [1])).await;
    // Silent, but open: the client comes back by itself.
    let mut again = exchange.accept_subscribed(&["A/B"]).await;
    let elapsed = begin.elapsed();
    assert!((ms(500)..ms(2_000)).contains(&elapsed), "{elapsed:?}");
    again.trades("snapshot", "A/B", 1..=2).await;
    running.expect(events("A/B", [2])).await;
    running.stop().await;
}

#[tokio::test]
async fn a_feed_that_only_answers_pings_is_renewed() {
    let exchange = Exchange::open().await;
    let timing = Timing { silence: ms(50), clock: ms(10), ..timing() };
    let running = Running::start(exchange.source(&["A/B"], timing), Position::default());
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.trades("snapshot", "A/B", []).await;
    let answering = tokio::spawn(async move {
        while let Some(Ok(_)) = client.socket.next().await {
            let pong = json!({"method":"pong"}).to_string();
            if client.socket.send(Frame::text(pong)).await.is_err() {
                break;
            }
        }
    });
    exchange.accept_subscribed(&["A/B"]).await;
    answering.await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn a_subscription_without_an_answer_is_asked_for_again() {
    let exchange = Exchange::open().await;
    let timing = Timing { silence: ms(100), clock: ms(20), ..timing() };
    let mut running = Running::start(exchange.source(&["A/B", "C/D"], timing), Position::default());
    let mut client = exchange.accept().await;
    client.hear_subscription().await;
    client.acknowledge("A/B").await;
    client.trades("snapshot", "A/B", [1]).await;
    let lively = tokio::spawn(async move {
        while client.socket.send(Frame::text(r#"{"channel":"heartbeat"}"#)).await.is_ok() {
            tokio::time::sleep(ms(10)).await;
        }
    });
    let mut again = exchange.accept_subscribed(&["A/B", "C/D"]).await;
    lively.await.unwrap();
    again.trades("snapshot", "A/B", [1]).await;
    running.expect(events("A/B", [1])).await;
    running.stop().await;
}

#[tokio::test]
async fn unknown_and_malformed_messages_are_skipped() {
    let exchange = Exchange::open().await;
    let mut running = Running::start(exchange.source(&["A/B"], timing()), Position::default());
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.trades("snapshot", "A/B", [1]).await;
    for text in [
        "",
        "{",
        "null",
        "[]",
        "\"trade\"",
        "{}",
        r#"{"channel":"trade"}"#,
        r#"{"channel":"trade","type":"update","data":{}}"#,
        r#"{"channel":"trade","type":"rumour","data":[]}"#,
        r#"{"channel":"trade","type":"update","data":[null,1,{}]}"#,
        r#"{"channel":"status","data":[]}"#,
        r#"{"channel":"book","type":"update","data":[{"symbol":"A/B"}]}"#,
        r#"{"method":"subscribe"}"#,
        r#"{"method":"subscribe","success":true}"#,
        r#"{"method":"add_order","success":false,"error":"EOrder:Unknown"}"#,
        r#"{"method":"pong"}"#,
        r#"{"method":"pong","time_out":"late"}"#,
        r#"{"Error":"Exceeded msg rate"}"#,
    ] {
        client.say_text(text).await;
    }
    client.acknowledge("X/Y").await;
    client.trades("update", "X/Y", [1]).await;
    client.socket.send(Frame::binary(vec![0xff, 0x00])).await.unwrap();
    client.socket.send(Frame::Ping(vec![1].into())).await.unwrap();
    // A bad trade between two good ones.
    let mut bad = entry("A/B", 3);
    bad["price"] = json!(-1);
    let data = json!([entry("A/B", 2), bad, entry("A/B", 4)]);
    client.say(json!({"channel":"trade","type":"update","data":data})).await;
    running.expect(events("A/B", [1, 2, 4])).await;
    running.stop().await;
}

#[tokio::test]
async fn a_refused_pair_ends_the_source_before_anything_is_sent() {
    let exchange = Exchange::open().await;
    let source = exchange.source(&["A/B", "FOO/BAR", "C/D"], timing());
    let running = tokio::spawn(collect(source, Position::default()));
    let mut client = exchange.accept().await;
    client.hear_subscription().await;
    client.acknowledge("A/B").await;
    client.trades("snapshot", "A/B", 1..=50).await;
    client.acknowledge("C/D").await;
    client.refuse("FOO/BAR").await;
    let (events, result) = timeout(PATIENCE, running).await.unwrap().unwrap();
    assert_eq!(
        result,
        Err("Kraken refuses to send trades of FOO/BAR: Currency pair not supported FOO/BAR"
            .to_owned())
    );
    assert_eq!(events, []);
}

#[tokio::test]
async fn a_refusal_of_everything_names_all_pairs() {
    let exchange = Exchange::open().await;
    let running =
        tokio::spawn(collect(exchange.source(&["A/B", "C/D"], timing()), Position::default()));
    let mut client = exchange.accept().await;
    client.say(json!({"method":"subscribe","success":false,"error":"Malformed request"})).await;
    let (_, result) = timeout(PATIENCE, running).await.unwrap().unwrap();
    let message = "Kraken refuses to send trades of A/B, C/D: Malformed request";
    assert_eq!(result, Err(message.to_owned()));
}

#[tokio::test]
async fn a_pair_refused_later_is_asked_for_again_and_the_others_go_on() {
    let exchange = Exchange::open().await;
    let mut running =
        Running::start(exchange.source(&["A/B", "C/D"], timing()), Position::default());
    let mut client = exchange.accept_subscribed(&["A/B", "C/D"]).await;
    client.trades("snapshot", "A/B", [1]).await;
    running.expect(events("A/B", [1])).await;
    drop(client);

    let mut client = exchange.accept().await;
    client.hear_subscription().await;
    client.refuse("C/D").await;
    client.acknowledge("A/B").await;
    client.trades("snapshot", "A/B", [1, 2]).await;
    // No clock while one pair may still have older trades to send.
    client.pong("2024-01-01T12:00:00Z").await;
    running.expect(events("A/B", [2])).await;
    assert_eq!(client.hear_subscription().await, ["C/D"]);
    client.refuse("C/D").await;
    assert_eq!(client.hear_subscription().await, ["C/D"]);
    client.acknowledge("C/D").await;
    client.trades("snapshot", "C/D", [7]).await;
    client.pong("2024-01-01T13:00:00Z").await;
    running.expect(events("C/D", [7])).await;
    let clock_ms = NEW_YEAR_MS + 13 * 3_600_000 - 2_000;
    running.expect(vec![Event::Clock(clock_ms)]).await;
    running.stop().await;
}

#[tokio::test]
async fn the_clock_is_the_exchanges_and_waits_for_every_snapshot() {
    let exchange = Exchange::open().await;
    let patient = Timing { snapshot: PATIENCE, ..timing() };
    let mut running =
        Running::start(exchange.source(&["A/B", "C/D"], patient), Position::default());
    let mut client = exchange.accept().await;
    client.hear_subscription().await;
    client.acknowledge("A/B").await;
    client.trades("snapshot", "A/B", [1]).await;
    client.pong("2024-01-01T00:01:00.000000Z").await;
    client.acknowledge("C/D").await;
    client.pong("2024-01-01T00:01:01.000000Z").await;
    client.trades("snapshot", "C/D", [2]).await;
    client.pong("2024-01-01T00:01:02.345678Z").await;
    client.trades("update", "A/B", [61]).await;
    // The clock never goes back, nor repeats itself.
    client.pong("2024-01-01T00:01:02.345678Z").await;
    client.pong("2024-01-01T00:01:00.000000Z").await;
    client.pong("2024-01-01T00:01:03.000000Z").await;
    running.expect(vec![event("A/B", 1), event("C/D", 2)]).await;
    running.expect(vec![Event::Clock(NEW_YEAR_MS + 60_345), event("A/B", 61)]).await;
    running.expect(vec![Event::Clock(NEW_YEAR_MS + 61_000)]).await;
    running.stop().await;
}

#[tokio::test]
async fn the_clock_ticks_by_pings_even_for_a_pair_never_traded() {
    let exchange = Exchange::open().await;
    let timing = Timing { clock: ms(20), snapshot: ms(100), ..timing() };
    let mut running = Running::start(exchange.source(&["A/B"], timing), Position::default());
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.heartbeat().await;
    let begin = SystemTime::now();
    for second in 0..20 {
        assert_eq!(client.hear().await["method"], "ping");
        client.pong(&format!("2024-01-01T00:00:{second:02}Z")).await;
    }
    let mut clocks = vec![running.next().await];
    while let Ok(clock) = running.events.try_recv() {
        clocks.push(clock);
    }
    assert!(begin.elapsed().unwrap() >= ms(100));
    assert!(clocks.len() >= 2 && clocks.len() <= 18, "{clocks:?}");
    assert!(clocks.iter().all(|event| matches!(event, Event::Clock(_))));
    drop(running);
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_waited_for() {
    let exchange = Exchange::open().await;
    let address = exchange.listener.local_addr().unwrap();
    let source = exchange.source(&["A/B"], timing());
    drop(exchange);
    let mut running = Running::start(source, Position::default());
    tokio::time::sleep(ms(150)).await;
    let exchange = Exchange { listener: TcpListener::bind(address).await.unwrap() };
    // A server that does not speak WebSocket is no better than none.
    let (mut stream, _) = exchange.listener.accept().await.unwrap();
    use tokio::io::AsyncWriteExt;
    stream.write_all(b"HTTP/1.1 429 Too Many Requests\r\n\r\n").await.unwrap();
    drop(stream);
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.trades("snapshot", "A/B", [1]).await;
    running.expect(events("A/B", [1])).await;
    running.stop().await;
}

#[tokio::test]
async fn a_slow_reader_is_not_taken_for_silence() {
    let exchange = Exchange::open().await;
    let timing = Timing { silence: ms(100), clock: ms(5_000), ..timing() };
    let (sender, mut received) = mpsc::channel(1);
    let source = exchange.source(&["A/B"], timing);
    let running = tokio::spawn(Box::new(source).run(Position::default(), sender));
    let mut client = exchange.accept_subscribed(&["A/B"]).await;
    client.trades("snapshot", "A/B", 1..=20).await;
    tokio::time::sleep(ms(300)).await;
    client.trades("update", "A/B", 21..=25).await;
    for id in 1..=25 {
        assert_eq!(timeout(PATIENCE, received.recv()).await.unwrap(), Some(event("A/B", id)));
    }
    drop(received);
    assert!(timeout(PATIENCE, running).await.unwrap().unwrap().is_ok());
    // Still the first connection.
    assert!(timeout(ms(10), exchange.listener.accept()).await.is_err());
}

#[tokio::test]
async fn waiting_to_connect_again_ends_when_nobody_listens() {
    let exchange = Exchange::open().await;
    let timing = Timing { backoff_base: PATIENCE * 100, backoff_cap: PATIENCE * 100, ..timing() };
    let source = exchange.source(&["A/B"], timing);
    drop(exchange);
    let running = Running::start(source, Position::default());
    tokio::time::sleep(ms(50)).await;
    running.stop().await;
}

#[tokio::test]
async fn a_wss_address_is_met_with_tls() {
    use tokio::io::AsyncReadExt;
    let exchange = Exchange::open().await;
    let url = format!("wss://localhost:{}/v2", exchange.listener.local_addr().unwrap().port());
    let source = Kraken::new(vec!["A/B".parse().unwrap()], &url, timing()).unwrap();
    let running = Running::start(source, Position::default());
    let (mut stream, _) = timeout(PATIENCE, exchange.listener.accept()).await.unwrap().unwrap();
    let mut hello = [0; 1];
    stream.read_exact(&mut hello).await.unwrap();
    // The record type of a TLS handshake.
    assert_eq!(hello, [0x16]);
    running.stop().await;
}
