//! The schema of what is written: the candle's fields from `schemas/`, and a field
//! for each configured output that may be null or absent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use pipeline::codec::avro::Contract;
use pipeline::message::{Candle, Message};
use pipeline::{Keyed, Outbox, Processor, Record};
use technical_indicators::{IndicatorList, NamedValues, State, Step, TechnicalIndicators, schema};

fn candle(close: f64) -> Candle {
    Candle {
        pair: "A/B".to_owned(),
        open: close,
        high: close + 1.0,
        low: close - 1.0,
        close,
        volume: 10.0,
        trades: 3,
        window_start_ms: 60_000,
        window_end_ms: 120_000,
        candle_seconds: 60,
        closed: true,
    }
}

fn step(yaml: Option<&str>) -> Step {
    let list = match yaml {
        Some(yaml) => IndicatorList::parse("test", yaml).unwrap(),
        None => IndicatorList::load(None).unwrap(),
    };
    Step::new(list, 0)
}

fn contract(step: &Step) -> Contract {
    Contract::parse(&step.output_schema()).unwrap()
}

/// What comes back of a message that `writer` wrote, read by a schema with these
/// outputs and one more, which is absent.
fn through(message: &TechnicalIndicators, writer: Contract, names: &[String]) -> serde_json::Value {
    let mut bytes = Vec::new();
    writer.writer().unwrap().write(message, &mut bytes).unwrap();
    let reader = Contract::parse(&schema(&[names, &["more".to_owned()]].concat())).unwrap();
    let mut read: serde_json::Value = reader.reader(writer).unwrap().read(&bytes).unwrap();
    assert_eq!(read.as_object_mut().unwrap().remove("more"), Some(serde_json::Value::Null));
    read
}

#[test]
fn every_field_of_the_candle_and_every_output_comes_through() {
    let mut step = step(None);
    let contract = contract(&step);
    let mut state = Keyed::new(State::default());
    let record = Record { source: "", timestamp_ms: 7, written_ms: None, partition: 0, offset: 0 };
    for close in 1..=80 {
        let mut out = Outbox::default();
        let candle = candle(100.0 + f64::from(close * close % 17));
        step.process(candle, &record, &mut state, &mut out).unwrap();
        for (message, _) in out.take_outputs() {
            let json = serde_json::to_value(&message).unwrap();
            assert_eq!(through(&message, contract, &message.values.names), json);
            let mut fields: Vec<_> = contract.fields().collect();
            fields.sort_unstable();
            let mut in_json: Vec<_> = json.as_object().unwrap().keys().collect();
            in_json.sort_unstable();
            assert_eq!(fields, in_json);
        }
    }
    // The file is the candle's contract but for its name and what it is about.
    let fixed = Contract::parse(TechnicalIndicators::SCHEMA).unwrap();
    let candle = Contract::parse(Candle::SCHEMA).unwrap();
    assert!(fixed.fields().eq(candle.fields()));
    assert_eq!((fixed.name().as_str(), fixed), (contract.name().as_str(), fixed));
}

#[test]
fn a_value_that_is_no_number_is_null_in_avro_as_in_json() {
    let step = step(Some("- { name: a, expr: obv }\n- { name: b, expr: 'sma(2)' }"));
    let contract = contract(&step);
    for odd in [Some(f64::NAN), Some(f64::INFINITY), None] {
        let names = ["a".to_owned(), "b".to_owned()].into();
        let values = NamedValues { names, values: vec![odd, Some(1.5)] };
        let message = TechnicalIndicators { candle: candle(5.0), values };
        let read = through(&message, contract, &message.values.names);
        assert_eq!(read, serde_json::to_value(&message).unwrap());
        assert_eq!((&read["a"], &read["b"]), (&serde_json::Value::Null, &1.5.into()));
    }
}

#[test]
fn lists_may_grow_and_shrink_without_breaking_a_reader() {
    let (short, long) = (
        step(Some("- { name: a, expr: obv }")),
        step(Some("- { name: b, expr: 'sma(2)' }\n- { name: a, expr: obv }")),
    );
    let (short, long) = (contract(&short), contract(&long));
    assert_eq!(short.disagreements(long, "the long one"), Vec::<String>::new());
    let values = NamedValues { names: ["a".to_owned()].into(), values: vec![Some(2.5)] };
    let read = through(
        &TechnicalIndicators { candle: candle(5.0), values },
        short,
        &["b".to_owned(), "a".to_owned()],
    );
    assert_eq!((&read["a"], &read["b"]), (&2.5.into(), &serde_json::Value::Null));
}
