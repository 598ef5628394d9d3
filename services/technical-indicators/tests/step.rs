//! The step without a broker: forming candles commit nothing, each length has
//! its own indicators, and a changed list keeps what stays.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use pipeline::message::Candle;
use pipeline::{Keyed, Outbox, Processor, Record};
use technical_indicators::{IndicatorList, State, Step, TechnicalIndicators};

fn step(yaml: &str) -> Step {
    Step::new(IndicatorList::parse("test", yaml).unwrap(), 0)
}

fn candle(close: f64, candle_seconds: u32, closed: bool) -> Candle {
    Candle {
        pair: "A/B".to_owned(),
        open: close,
        high: close,
        low: close,
        close,
        volume: 10.0,
        trades: 1,
        window_start_ms: 0,
        window_end_ms: i64::from(candle_seconds) * 1000,
        candle_seconds,
        closed,
    }
}

fn take(step: &mut Step, state: &mut Keyed<State>, candle: Candle) -> TechnicalIndicators {
    let record = Record { source: "", timestamp_ms: 7, written_ms: None, partition: 0, offset: 0 };
    let mut out = Outbox::default();
    step.process(candle, &record, state, &mut out).unwrap();
    let mut outputs: Vec<_> = out.take_outputs().collect();
    assert_eq!(outputs.len(), 1, "one message out for one in");
    let (message, timestamp_ms) = outputs.remove(0);
    assert_eq!(timestamp_ms, 7);
    message
}

const LIST: &str = "
- { name: mean, expr: 'sma(close, 2)' }
- { name: balance, expr: obv }
";

#[test]
fn a_forming_candle_shows_what_closing_would_give_and_commits_nothing() {
    let mut step = step(LIST);
    let mut state = Keyed::new(State::default());
    let first = take(&mut step, &mut state, candle(1.0, 60, false));
    assert_eq!(first.values.values, [None, Some(10.0)]);
    assert!(!state.is_changed());
    take(&mut step, &mut state, candle(1.0, 60, true));
    for close in [5.0, 9.0, 3.0] {
        let forming = take(&mut step, &mut state, candle(close, 60, false));
        assert_eq!(forming.values.values, [Some((1.0 + close) / 2.0), Some(20.0)]);
    }
    let closed = take(&mut step, &mut state, candle(3.0, 60, true));
    assert_eq!(closed.values.values, [Some(2.0), Some(20.0)]);
}

#[test]
fn every_candle_length_has_its_own_indicators() {
    let mut step = step(LIST);
    let mut state = Keyed::new(State::default());
    take(&mut step, &mut state, candle(1.0, 60, true));
    let other = take(&mut step, &mut state, candle(9.0, 300, true));
    assert_eq!(other.values.values, [None, Some(10.0)]);
    let same = take(&mut step, &mut state, candle(3.0, 60, true));
    assert_eq!(same.values.values, [Some(2.0), Some(20.0)]);
}

#[test]
fn a_message_has_the_candles_fields_and_one_for_each_output_in_order() {
    let mut step = step(LIST);
    let mut state = Keyed::new(State::default());
    let message = take(&mut step, &mut state, candle(1.5, 60, true));
    assert_eq!(
        serde_json::to_string(&message).unwrap(),
        r#"{"pair":"A/B","open":1.5,"high":1.5,"low":1.5,"close":1.5,"volume":10.0,"trades":1,"window_start_ms":0,"window_end_ms":60000,"candle_seconds":60,"closed":true,"mean":null,"balance":10.0}"#
    );
}

#[test]
fn a_changed_list_keeps_the_state_of_the_expressions_that_stay() {
    let mut before = step(LIST);
    let mut state = Keyed::new(State::default());
    take(&mut before, &mut state, candle(1.0, 60, true));
    let json = serde_json::to_vec(state.get()).unwrap();

    let mut after = step(
        "
- { name: total, expr: OBV }
- { name: fresh, expr: 'sma(close, 3)' }
- { name: mean, expr: 'sma(2)' }
- { name: same, expr: 'sma(2)' }
",
    );
    let mut kept: State = serde_json::from_slice(&json).unwrap();
    after.restored("A/B", &mut kept).unwrap();
    let mut kept = Keyed::new(kept);
    let message = take(&mut after, &mut kept, candle(3.0, 60, true));
    assert_eq!(message.values.values, [Some(20.0), None, Some(2.0), Some(2.0)]);
}
