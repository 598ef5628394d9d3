//! The files in `schemas/` and the Rust types are the same contract: every field
//! of each is in the other, and comes through Avro and JSON unchanged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use pipeline::codec::avro::Contract;
use pipeline::message::{Candle, Heartbeat, Message, Side, Trade};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fmt::Debug;

fn number() -> impl Strategy<Value = f64> {
    proptest::num::f64::NORMAL | proptest::num::f64::ZERO | proptest::num::f64::SUBNORMAL
}

fn trade() -> impl Strategy<Value = Trade> {
    let side = prop_oneof![Just(None), Just(Some(Side::Buy)), Just(Some(Side::Sell))];
    (any::<String>(), number(), number(), side, any::<i64>(), any::<i64>()).prop_map(
        |(pair, price, quantity, side, timestamp_ms, trade_id)| Trade {
            pair,
            price,
            quantity,
            side,
            timestamp_ms,
            trade_id,
        },
    )
}

fn heartbeat() -> impl Strategy<Value = Heartbeat> {
    (any::<i64>(), any::<bool>()).prop_map(|(timestamp_ms, end)| Heartbeat { timestamp_ms, end })
}

fn candle() -> impl Strategy<Value = Candle> {
    let prices = proptest::array::uniform5(number());
    let rest = (0..=i64::MAX as u64, any::<i64>(), any::<i64>(), any::<u32>());
    (any::<String>(), prices, rest, any::<bool>()).prop_map(
        |(pair, [open, high, low, close, volume], (trades, start, end, seconds), closed)| Candle {
            pair,
            open,
            high,
            low,
            close,
            volume,
            trades,
            window_start_ms: start,
            window_end_ms: end,
            candle_seconds: seconds,
            closed,
        },
    )
}

fn fields(message: &impl Serialize) -> BTreeSet<String> {
    let json = serde_json::to_value(message).unwrap();
    json.as_object().unwrap().keys().cloned().collect()
}

fn check<M>(message: &M) -> Result<(), TestCaseError>
where
    M: Message + Serialize + DeserializeOwned + PartialEq + Debug,
{
    let contract = Contract::parse(M::SCHEMA).unwrap();
    prop_assert_eq!(contract.fields().map(str::to_owned).collect::<BTreeSet<_>>(), fields(message));
    let mut bytes = Vec::new();
    contract.writer().unwrap().write(message, &mut bytes).unwrap();
    let read: M = contract.reader(contract).unwrap().read(&bytes).unwrap();
    prop_assert_eq!(&read, message);
    let json = serde_json::to_vec(message).unwrap();
    prop_assert_eq!(&serde_json::from_slice::<M>(&json).unwrap(), message);

    // A reader whose schema has a field more reads it the longer way round.
    let more = edited::<M>(|fields| {
        fields.push(serde_json::json!({ "name": "more", "type": "int", "default": 7 }));
    });
    let read: serde_json::Value = more.reader(contract).unwrap().read(&bytes).unwrap();
    prop_assert_eq!(&read["more"], 7);
    Ok(())
}

/// The schema of a message with its fields edited.
fn edited<M: Message>(edit: impl FnOnce(&mut Vec<serde_json::Value>)) -> Contract {
    let mut schema: serde_json::Value = serde_json::from_str(M::SCHEMA).unwrap();
    edit(schema["fields"].as_array_mut().unwrap());
    Contract::parse(&schema.to_string()).unwrap()
}

/// The check above can fail: it does as soon as either side lacks a field.
fn is_noticed<M: Message + Serialize + DeserializeOwned + Debug>(message: &M) {
    let whole = Contract::parse(M::SCHEMA).unwrap();
    for index in 0..whole.fields().count() {
        let name = whole.fields().nth(index).unwrap();
        let fewer = edited::<M>(|fields| drop(fields.remove(index)));
        let error = fewer.writer().unwrap().write(message, &mut Vec::new()).unwrap_err();
        assert!(error.contains(name), "{error} does not name {name}");

        let renamed = edited::<M>(|fields| fields[index]["name"] = "other".into());
        let error = renamed.writer().unwrap().write(message, &mut Vec::new()).unwrap_err();
        assert!(error.contains(name) || error.contains("other"), "{error}");

        let more = edited::<M>(|fields| {
            fields.push(serde_json::json!({ "name": "more", "type": "int" }));
        });
        let error = more.writer().unwrap().write(message, &mut Vec::new()).unwrap_err();
        assert!(error.contains("more"), "{error}");
        let error = more.reader(whole).err().unwrap();
        assert!(error.contains("more"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_trade_is_what_its_schema_says(message in trade()) {
        check(&message)?;
    }

    #[test]
    fn a_heartbeat_is_what_its_schema_says(message in heartbeat()) {
        check(&message)?;
    }

    #[test]
    fn a_candle_is_what_its_schema_says(message in candle()) {
        check(&message)?;
    }

    /// Damaged bytes are refused or give some message; they never end the process
    /// and never take memory for a length that is not there.
    #[test]
    fn damaged_avro_is_an_error(
        message in candle(),
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..8),
        length in any::<proptest::sample::Index>(),
    ) {
        let contract = Contract::parse(Candle::SCHEMA).unwrap();
        let mut bytes = Vec::new();
        contract.writer().unwrap().write(&message, &mut bytes).unwrap();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(length.index(bytes.len() + 1));
        if let Err(error) = contract.reader(contract).unwrap().read::<Candle>(&bytes) {
            prop_assert!(!error.contains('\n'), "{}", error);
        }
    }
}

#[test]
fn a_field_that_only_one_side_has_is_noticed() {
    let trade = Trade {
        pair: "A/B".to_owned(),
        price: 1.0,
        quantity: 2.0,
        side: Some(Side::Sell),
        timestamp_ms: 3,
        trade_id: 4,
    };
    is_noticed(&trade);
    is_noticed(&Heartbeat { timestamp_ms: 5, end: true });
    is_noticed(&Candle {
        pair: "A/B".to_owned(),
        open: 1.0,
        high: 1.0,
        low: 1.0,
        close: 1.0,
        volume: 1.0,
        trades: 1,
        window_start_ms: 0,
        window_end_ms: 60_000,
        candle_seconds: 60,
        closed: true,
    });
}

#[test]
fn messages_of_other_versions_are_fitted_or_refused_by_the_field() {
    let contract = Contract::parse(Trade::SCHEMA).unwrap();
    // A writer that does not know the side yet, and has a field of its own.
    let older = edited::<Trade>(|fields| {
        fields.remove(3);
        fields.push(serde_json::json!({ "name": "venue", "type": "string" }));
    });
    #[derive(Serialize)]
    struct Older {
        pair: &'static str,
        price: f64,
        quantity: f64,
        timestamp_ms: i64,
        trade_id: i64,
        venue: &'static str,
    }
    let message =
        Older { pair: "A/B", price: 1.5, quantity: 2.5, timestamp_ms: 3, trade_id: 4, venue: "x" };
    let mut bytes = Vec::new();
    older.writer().unwrap().write(&message, &mut bytes).unwrap();
    let read: Trade = contract.reader(older).unwrap().read(&bytes).unwrap();
    assert_eq!((read.pair.as_str(), read.price, read.quantity), ("A/B", 1.5, 2.5));
    assert_eq!((read.side, read.timestamp_ms, read.trade_id), (None, 3, 4));

    let renamed = edited::<Trade>(|fields| fields[2]["name"] = "qty".into());
    let error = contract.reader(renamed).err().unwrap();
    assert!(error.contains("'quantity'"), "{error}");
    let problems = renamed.disagreements(contract, "version 1").join("\n");
    assert!(problems.contains("'quantity' of version 1 is missing"), "{problems}");
    assert!(problems.contains("'qty' is not in version 1"), "{problems}");
    let retyped = edited::<Trade>(|fields| fields[2]["type"] = "string".into());
    let problems = retyped.disagreements(contract, "version 1").join("\n");
    assert!(problems.contains("'quantity'"), "{problems}");
    assert!(contract.disagreements(older, "older").iter().any(|p| p.contains("'venue'")));
    assert!(contract.disagreements(contract, "itself").is_empty());
}
