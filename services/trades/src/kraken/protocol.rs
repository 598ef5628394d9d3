//! Kraken's WebSocket v2 messages, as far as trades need them: what is sent,
//! and what is received as Rust types. Source: Kraken API Center, "Spot
//! WebSocket v2": trade, heartbeat, status, ping. No connection is known here.

use pipeline::message::{Side, Trade};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::pair::Pair;

/// What Kraken says.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    /// Trades: the latest 50 of a pair on subscription, then each as it happens.
    Trades {
        snapshot: bool,
        trades: Vec<Trade>,
        /// Entries that are not trades, and why.
        malformed: Vec<String>,
    },
    /// The connection lives; about once a second when nothing else is sent.
    Heartbeat,
    /// The trading engine's state: `online`, `maintenance`, ...
    Status(String),
    /// The subscription to a pair is acknowledged.
    Subscribed { pair: String },
    /// A subscription is refused; Kraken may leave out to which pair.
    Refused { pair: Option<String>, reason: String },
    /// The answer to a ping, with the exchange's clock when it was sent.
    Pong { exchange_ms: Option<i64> },
    /// An error about something else.
    Error(String),
    /// Something that trades do not need.
    Other,
}

/// The request for the trades of `pairs`, the latest ones first.
pub(super) fn subscribe<'a>(pairs: impl Iterator<Item = &'a Pair>) -> String {
    let symbols: Vec<&str> = pairs.map(Pair::as_str).collect();
    json!({
        "method": "subscribe",
        "params": { "channel": "trade", "symbol": symbols, "snapshot": true },
    })
    .to_string()
}

/// The request for a pong.
pub(super) fn ping() -> String {
    json!({ "method": "ping" }).to_string()
}

/// Reads a message.
///
/// # Errors
/// What is wrong with it, when it is not one of Kraken's.
pub(super) fn parse(text: &str) -> Result<Message, String> {
    let message: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let string = |key: &str| message.get(key).and_then(Value::as_str);
    if !message.is_object() {
        return Err("not an object".to_owned());
    }
    match (string("channel"), string("method")) {
        (Some("trade"), _) => trades(&message),
        (Some("heartbeat"), _) => Ok(Message::Heartbeat),
        (Some("status"), _) => message
            .pointer("/data/0/system")
            .and_then(Value::as_str)
            .map(|system| Message::Status(system.to_owned()))
            .ok_or_else(|| "a status without data.system".to_owned()),
        (_, Some("subscribe")) => subscription(&message),
        (_, Some("pong")) => Ok(Message::Pong {
            exchange_ms: string("time_out").and_then(|text| timestamp_ms(text).ok()),
        }),
        _ => Ok(string("error")
            .or_else(|| string("Error"))
            .map_or(Message::Other, |error| Message::Error(error.to_owned()))),
    }
}

fn subscription(message: &Value) -> Result<Message, String> {
    let string = |pointer| message.pointer(pointer).and_then(Value::as_str);
    let pair = string("/result/symbol").or_else(|| string("/symbol"));
    match message.get("success").and_then(Value::as_bool) {
        Some(true) => pair
            .map(|pair| Message::Subscribed { pair: pair.to_owned() })
            .ok_or_else(|| "an acknowledgement without result.symbol".to_owned()),
        Some(false) => Ok(Message::Refused {
            pair: pair.map(str::to_owned),
            reason: string("/error").unwrap_or("without a reason").to_owned(),
        }),
        None => Err("an acknowledgement without success".to_owned()),
    }
}

fn trades(message: &Value) -> Result<Message, String> {
    let snapshot = match message.get("type").and_then(Value::as_str) {
        Some("snapshot") => true,
        Some("update") => false,
        _ => return Err("trades that are neither snapshot nor update".to_owned()),
    };
    let Some(entries) = message.get("data").and_then(Value::as_array) else {
        return Err("trades without data".to_owned());
    };
    let (mut trades, mut malformed) = (Vec::new(), Vec::new());
    for entry in entries {
        match trade(entry) {
            Ok(trade) => trades.push(trade),
            Err(reason) => malformed.push(format!("{reason} in {entry}")),
        }
    }
    Ok(Message::Trades { snapshot, trades, malformed })
}

fn trade(entry: &Value) -> Result<Trade, String> {
    let field = |key: &str| entry.get(key).ok_or_else(|| format!("no {key}"));
    let string = |key: &str| {
        let value = field(key)?;
        value.as_str().ok_or_else(|| format!("{key} is not a string"))
    };
    let positive = |key: &str| {
        let value = field(key)?;
        // Numbers in v2; strings, as in v1, lose nothing either.
        let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
        number
            .filter(|number| number.is_finite() && *number > 0.0)
            .ok_or_else(|| format!("{key} is not a positive number"))
    };
    Ok(Trade {
        pair: string("symbol")?.to_owned(),
        price: positive("price")?,
        quantity: positive("qty")?,
        side: match string("side")? {
            "buy" => Some(Side::Buy),
            "sell" => Some(Side::Sell),
            _ => return Err("side is neither buy nor sell".to_owned()),
        },
        timestamp_ms: timestamp_ms(string("timestamp")?)?,
        trade_id: field("trade_id")?
            .as_i64()
            .ok_or_else(|| "trade_id is not a whole number".to_owned())?,
    })
}

/// RFC 3339 as milliseconds since 1970 UTC; microseconds are cut off.
fn timestamp_ms(text: &str) -> Result<i64, String> {
    let time = OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|error| format!("timestamp {text:?}: {error}"))?;
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000))
        .map_err(|_| format!("timestamp {text:?} out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UPDATE: &str = r#"{"channel":"trade","type":"update","data":[
        {"symbol":"MATIC/USD","side":"buy","price":0.5147,"qty":6423.46326,"ord_type":"limit",
         "trade_id":4665846,"timestamp":"2023-09-25T07:48:36.925533Z"}]}"#;

    #[test]
    fn requests_are_as_documented() {
        let pairs: Vec<Pair> = ["BTC/USD", "MATIC/GBP"].iter().flat_map(|p| p.parse()).collect();
        let request: Value = serde_json::from_str(&subscribe(pairs.iter())).unwrap();
        let expected = json!({"method":"subscribe","params":{"channel":"trade","snapshot":true,
            "symbol":["BTC/USD","MATIC/GBP"]}});
        assert_eq!(request, expected);
        assert_eq!(ping(), r#"{"method":"ping"}"#);
    }

    #[test]
    fn reads_a_trade() {
        let expected = Trade {
            pair: "MATIC/USD".to_owned(),
            price: 0.5147,
            quantity: 6423.46326,
            side: Some(Side::Buy),
            timestamp_ms: 1_695_628_116_925,
            trade_id: 4_665_846,
        };
        let trades = |snapshot| Message::Trades {
            snapshot,
            trades: vec![expected.clone()],
            malformed: vec![],
        };
        assert_eq!(parse(UPDATE), Ok(trades(false)));
        assert_eq!(parse(&UPDATE.replace("update", "snapshot")), Ok(trades(true)));
        assert_eq!(parse(&UPDATE.replace("0.5147", "\"0.5147\"")), Ok(trades(false)));
        // Another offset, the same instant.
        let offset = UPDATE.replace("07:48:36.925533Z", "09:48:36.925533+02:00");
        assert_eq!(parse(&offset), Ok(trades(false)));
    }

    #[test]
    fn reads_the_rest() {
        for (text, message) in [
            (r#"{"channel":"heartbeat"}"#, Message::Heartbeat),
            (
                r#"{"channel":"status","type":"update","data":[{"system":"online","api_version":"v2",
                    "connection_id":13834774380200032777,"version":"2.0.0"}]}"#,
                Message::Status("online".to_owned()),
            ),
            (
                r#"{"method":"subscribe","result":{"channel":"trade","snapshot":true,"symbol":"BTC/USD"},
                    "success":true,"time_in":"2023-09-25T09:21:10.428340Z",
                    "time_out":"2023-09-25T09:21:10.428375Z"}"#,
                Message::Subscribed { pair: "BTC/USD".to_owned() },
            ),
            (
                r#"{"error":"Currency pair not supported FOO/BAR","method":"subscribe","success":false,
                    "symbol":"FOO/BAR"}"#,
                Message::Refused {
                    pair: Some("FOO/BAR".to_owned()),
                    reason: "Currency pair not supported FOO/BAR".to_owned(),
                },
            ),
            (
                r#"{"method":"pong","req_id":1,"time_in":"2023-09-24T14:10:23.799685Z",
                    "time_out":"2023-09-24T14:10:23.799703Z"}"#,
                Message::Pong { exchange_ms: Some(1_695_564_623_799) },
            ),
            (r#"{"Error":"Exceeded msg rate"}"#, Message::Error("Exceeded msg rate".to_owned())),
            (r#"{"channel":"ticker","data":[]}"#, Message::Other),
            (r#"{"method":"unsubscribe","success":true}"#, Message::Other),
        ] {
            assert_eq!(parse(text), Ok(message), "{text}");
        }
    }

    #[test]
    fn one_malformed_trade_does_not_spoil_its_neighbours() {
        let good = r#"{"symbol":"A/B","side":"sell","price":1,"qty":2,"trade_id":3,"timestamp":"2024-01-01T00:00:00Z"}"#;
        for (found, instead, reason) in [
            ("\"price\":1", "\"price\":-1", "price"),
            ("\"price\":1", "\"price\":\"NaN\"", "price"),
            ("\"qty\":2", "\"qty\":null", "qty"),
            ("\"qty\":2,", "", "qty"),
            ("sell", "hold", "side"),
            ("\"trade_id\":3", "\"trade_id\":3.5", "trade_id"),
            ("2024-01-01T00:00:00Z", "yesterday", "timestamp"),
        ] {
            let bad = good.replace(found, instead);
            let text =
                format!(r#"{{"channel":"trade","type":"update","data":[{good},{bad},{good}]}}"#);
            let Ok(Message::Trades { trades, malformed, .. }) = parse(&text) else {
                panic!("{text}");
            };
            assert_eq!(trades.len(), 2);
            assert!(malformed.len() == 1 && malformed[0].contains(reason), "{malformed:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".*", cut in 0..UPDATE.len()) {
            let _ = parse(&text);
            prop_assert!(parse(&UPDATE[..cut]).is_err());
        }
    }
}
