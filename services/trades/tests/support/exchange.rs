//! A stand-in for Kraken's WebSocket that speaks its protocol, and a source that
//! runs against it.

use std::time::Duration;

use super::trade;
use futures_util::{SinkExt, StreamExt};
use pipeline::source::{Event, Position, Source, SourceError};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{WebSocketStream, accept_async};
use trades::Pair;
use trades::kraken::{Kraken, Timing};

/// 2024-01-01T00:00:00Z.
pub(crate) const NEW_YEAR_MS: i64 = 1_704_067_200_000;
/// Longer than anything here takes, unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Everything in tens of milliseconds, and pings too rare to be in the way.
pub(crate) fn timing() -> Timing {
    Timing {
        connect: ms(1_000),
        silence: ms(1_000),
        clock: ms(500),
        clock_margin: ms(2_000),
        snapshot: ms(200),
        resubscribe: ms(100),
        backoff_base: ms(20),
        backoff_cap: ms(40),
        rest: ms(5),
        healthy: ms(1),
    }
}

pub(crate) struct Exchange {
    pub(crate) listener: TcpListener,
}

/// One client's connection, as the server sees it.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TcpStream>,
}

impl Exchange {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener }
    }

    pub(crate) fn source(&self, pairs: &[&str], timing: Timing) -> Kraken {
        let url = format!("ws://{}/v2", self.listener.local_addr().unwrap());
        let pairs: Vec<Pair> = pairs.iter().map(|pair| pair.parse().unwrap()).collect();
        Kraken::new(pairs, &url, timing).unwrap()
    }

    /// The next connection, greeted as Kraken does.
    pub(crate) async fn accept(&self) -> Client {
        let (stream, _) = timeout(PATIENCE, self.listener.accept()).await.unwrap().unwrap();
        let mut client = Client { socket: accept_async(stream).await.unwrap() };
        let system =
            json!({"system":"online","api_version":"v2","connection_id":1,"version":"2.0"});
        client.say(json!({"channel":"status","type":"update","data":[system]})).await;
        client
    }

    /// The next connection, its subscription to `pairs` acknowledged.
    pub(crate) async fn accept_subscribed(&self, pairs: &[&str]) -> Client {
        let mut client = self.accept().await;
        assert_eq!(client.hear_subscription().await, pairs);
        for pair in pairs {
            client.acknowledge(pair).await;
        }
        client
    }
}

impl Client {
    pub(crate) async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub(crate) async fn say_text(&mut self, text: &str) {
        self.socket.send(Frame::text(text)).await.unwrap();
    }

    pub(crate) async fn acknowledge(&mut self, pair: &str) {
        let result = json!({"channel":"trade","snapshot":true,"symbol":pair});
        self.say(json!({"method":"subscribe","success":true,"result":result,
            "time_in":"2024-01-01T00:00:00.000000Z","time_out":"2024-01-01T00:00:00.000001Z"}))
            .await;
    }

    pub(crate) async fn refuse(&mut self, pair: &str) {
        let error = format!("Currency pair not supported {pair}");
        self.say(json!({"method":"subscribe","success":false,"symbol":pair,"error":error})).await;
    }

    /// Trades with these ids, one a second from the new year on.
    pub(crate) async fn trades(
        &mut self,
        kind: &str,
        pair: &str,
        ids: impl IntoIterator<Item = i64>,
    ) {
        let data: Vec<Value> = ids.into_iter().map(|id| entry(pair, id)).collect();
        self.say(json!({"channel":"trade","type":kind,"data":data})).await;
    }

    pub(crate) async fn heartbeat(&mut self) {
        self.say(json!({"channel":"heartbeat"})).await;
    }

    pub(crate) async fn pong(&mut self, time_out: &str) {
        self.say(json!({"method":"pong","time_in":time_out,"time_out":time_out})).await;
    }

    /// The next request that is not a ping.
    pub(crate) async fn hear_subscription(&mut self) -> Vec<String> {
        loop {
            let request = self.hear().await;
            if request["method"] == "ping" {
                continue;
            }
            assert_eq!(request["method"], "subscribe");
            assert_eq!(request["params"]["channel"], "trade");
            assert_eq!(request["params"]["snapshot"], true);
            return serde_json::from_value(request["params"]["symbol"].clone()).unwrap();
        }
    }

    pub(crate) async fn hear(&mut self) -> Value {
        let frame = timeout(PATIENCE, self.socket.next()).await.unwrap().unwrap().unwrap();
        serde_json::from_str(frame.to_text().unwrap()).unwrap()
    }
}

pub(crate) fn entry(pair: &str, id: i64) -> Value {
    let timestamp = format!("2024-01-01T00:{:02}:{:02}.123456Z", id / 60, id % 60);
    json!({"symbol":pair,"side":"buy","price":0.5,"qty":2.5,"ord_type":"limit","trade_id":id,
        "timestamp":timestamp})
}

pub(crate) fn event(pair: &str, id: i64) -> Event {
    Event::Trade(trade(pair, id, NEW_YEAR_MS + id * 1000 + 123, 0.5))
}

pub(crate) fn events(pair: &str, ids: impl IntoIterator<Item = i64>) -> Vec<Event> {
    ids.into_iter().map(|id| event(pair, id)).collect()
}

/// A running source: its events, and its end.
pub(crate) struct Running {
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) end: JoinHandle<Result<(), SourceError>>,
}

impl Running {
    pub(crate) fn start(source: Kraken, position: Position) -> Self {
        let (sender, events) = mpsc::channel(1_000);
        let end = tokio::spawn(Box::new(source).run(position, sender));
        Self { events, end }
    }

    pub(crate) async fn next(&mut self) -> Event {
        timeout(PATIENCE, self.events.recv()).await.unwrap().unwrap()
    }

    pub(crate) async fn expect(&mut self, expected: Vec<Event>) {
        for expected in expected {
            assert_eq!(self.next().await, expected);
        }
    }

    /// Nothing more is there, and the source ends without an error.
    pub(crate) async fn stop(mut self) {
        assert!(self.events.try_recv().is_err());
        drop(self.events);
        assert!(timeout(PATIENCE, self.end).await.unwrap().unwrap().is_ok());
    }
}
