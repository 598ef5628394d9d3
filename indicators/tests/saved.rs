//! Saved states that are not what they are taken for: of another indicator, another
//! backend or another format, or with more behind them. Each is refused, by an
//! error that says what it is and what was expected, whichever way it was saved.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use indicators::catalog::{self, Row};
use indicators::{
    Bar, DynIndicator, Ema, Expression, Indicator, Mavp, Max, Min, Rma, Sma, ValueAndPeriod, Wma,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The row's indicator after some bars; with these arguments, where it can have them.
fn running(row: &'static Row, arguments: &[f64]) -> Box<dyn DynIndicator> {
    let values: Vec<_> = arguments.iter().copied().map(Some).collect();
    let mut indicator = row.make(&values).or_else(|_| row.make(&[])).unwrap();
    for t in 0..5 {
        let fields = [100.0, 99.0, 98.0, 101.0, 7.0].map(|field| field + f64::from(t * t % 7));
        indicator.update(&fields[..row.inputs.len()]);
    }
    indicator
}

fn no_state_passes_for_another(rows: &[&'static Row]) {
    for saved in rows {
        let arguments = saved.make(&[]).unwrap().arguments().values().to_vec();
        let state = running(saved, &arguments).save().unwrap();
        for row in rows {
            let mut indicator = running(row, &arguments);
            let before = indicator.save().unwrap();
            let (name, other) = (row.info.name, saved.info.name);
            if name == other {
                indicator.load(&state).unwrap();
                continue;
            }
            let error = indicator.load(&state).unwrap_err().to_string();
            assert_eq!(error, format!("{name}: the saved state is of {other}, expected {name}"));
            assert_eq!(indicator.save().unwrap(), before);
        }
    }
}

#[test]
fn no_indicators_state_passes_for_anothers() {
    no_state_passes_for_another(catalog::rows());
}

#[test]
fn nothing_may_follow_a_state() {
    for row in catalog::rows() {
        let mut indicator = running(row, &[]);
        let state = indicator.save().unwrap();
        for more in [&[0][..], &[1, 2, 3], &state] {
            let error = indicator.load(&[&state, more].concat()).unwrap_err().to_string();
            assert_eq!(error, format!("{}: the saved state cannot be read", row.info.name));
        }
        indicator.load(&state).unwrap();
    }
}

#[test]
fn an_unknown_format_is_refused_with_both_versions() {
    for row in catalog::rows() {
        let mut indicator = running(row, &[]);
        let mut state = indicator.save().unwrap();
        state[0] += 1;
        let expected = "the saved state has format version 5, expected 4";
        let error = indicator.load(&state).unwrap_err().to_string();
        assert_eq!(error, format!("{}: {expected}", row.info.name));
        // Whatever a later version writes after it.
        let error = indicator.load(&[9]).unwrap_err().to_string();
        assert_eq!(error, format!("{}: {}", row.info.name, expected.replace('5', "9")));
    }
}

/// Why the text is no saved `I`.
fn refused<I: DeserializeOwned>(json: &str) -> String {
    let error = serde_json::from_str::<I>(json).err().expect(json).to_string();
    error.split(" at line").next().unwrap().to_owned()
}

#[test]
fn a_typed_state_is_that_of_its_indicator() {
    let max = serde_json::to_string(&Max::new(3).unwrap()).unwrap();
    assert_eq!(refused::<Min>(&max), "MIN: the saved state is of MAX, expected MIN");
    assert_eq!(refused::<Sma>(&max), "SMA: the saved state is of MAX, expected SMA");
    let ema = serde_json::to_string(&Ema::new(3).unwrap()).unwrap();
    assert_eq!(refused::<Rma>(&ema), "RMA: the saved state is of EMA, expected RMA");
    let sma = serde_json::to_string(&Sma::new(3).unwrap()).unwrap();
    assert_eq!(refused::<Wma>(&sma), "WMA: the saved state is of SMA, expected WMA");
    let later = sma.replace("\"format\":4", "\"format\":5");
    let expected = "the saved state has format version 5, expected 4";
    assert_eq!(refused::<Sma>(&later), expected);
    assert_eq!(refused::<Wma>(&later), expected);
    assert!(serde_json::from_str::<Sma>(&sma).is_ok());
    // And so in a format that does not name what it writes.
    let max = postcard::to_stdvec(&Max::new(3).unwrap()).unwrap();
    assert!(postcard::from_bytes::<Max>(&max).is_ok());
    assert!(postcard::from_bytes::<Min>(&max).is_err());
}

#[test]
fn nothing_may_follow_the_parts_within_a_state() {
    let mut mavp = Mavp::from_values(&[Some(2.0), Some(4.0)]).unwrap();
    for value in [3.0, 5.0, 4.0] {
        mavp.update(ValueAndPeriod { value, period: 2.0 });
    }
    let saved = serde_json::to_value(&mavp).unwrap();
    let windows = saved["windows"].as_array().unwrap().len();
    assert!(windows > 1);
    for window in 0..windows {
        let mut longer = saved.clone();
        let values = longer["windows"][window]["values"].as_array_mut().unwrap();
        values.push(Value::from(0.0));
        assert_eq!(refused::<Mavp>(&longer.to_string()), "not a state of MAVP");
    }
    assert!(serde_json::from_value::<Mavp>(saved).is_ok());
}

fn expression(text: &str) -> Expression {
    let mut expression: Expression = text.parse().unwrap();
    for close in [3.0, 5.0, 4.0] {
        expression.update(&Bar::new(close, close, close, close, 1.0).unwrap());
    }
    expression
}

#[test]
fn nothing_may_follow_a_snapshot() {
    let mut running = expression("sma(rsi(close, 2), 2)");
    let snapshot = running.snapshot().unwrap();
    let error = running.restore(&[&snapshot[..], b"x"].concat()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the snapshot cannot be read: it goes on for 1 bytes after its end"
    );
    assert!(Expression::from_snapshot(&[&snapshot[..], &snapshot].concat()).is_err());

    type Body = (u32, String, Vec<Vec<u8>>);
    let (format, text, mut states): Body = postcard::from_bytes(&snapshot).unwrap();
    states.push(states[1].clone());
    let longer = postcard::to_stdvec(&(format, text, states)).unwrap();
    assert_eq!(
        running.restore(&longer).unwrap_err().to_string(),
        "the snapshot cannot be read: it holds more states than the expression has indicators"
    );
    assert_eq!(running.snapshot().unwrap(), snapshot);
}

#[test]
fn an_expressions_states_are_those_of_its_indicators() {
    type Body = (u32, String, Vec<Vec<u8>>);
    let snapshot = expression("max(close, 3)").snapshot().unwrap();
    let (format, text, states): Body = postcard::from_bytes(&snapshot).unwrap();
    let forged = (format, text.replace("max", "min"), states);
    let error = expression("min(close, 3)").restore(&postcard::to_stdvec(&forged).unwrap());
    assert_eq!(error.unwrap_err().to_string(), "MIN: the saved state is of MAX, expected MIN");
}

#[cfg(feature = "talib")]
mod talib {
    use super::*;
    use indicators::talib::{TaLib, rows};

    #[test]
    fn no_functions_state_passes_for_anothers() {
        no_state_passes_for_another(rows());
    }

    #[test]
    fn neither_backend_takes_the_others_state() {
        for own in catalog::rows() {
            let name = own.info.name;
            let Some(row) = rows().iter().find(|row| row.info.name == name) else { continue };
            let (mut native, mut theirs) = (running(own, &[]), running(row, &[]));
            let error = native.load(&theirs.save().unwrap()).unwrap_err().to_string();
            let of = format!("{name}: the saved state is of the backend");
            assert_eq!(error, format!("{of} talib, expected native"));
            let error = theirs.load(&native.save().unwrap()).unwrap_err().to_string();
            assert_eq!(error, format!("{of} native, expected talib"));
        }
    }

    #[test]
    fn neither_backend_takes_the_others_snapshot() {
        let text = "sma(rsi(close, 2), 2)";
        let (mut native, mut theirs) =
            (expression(text), Expression::with_catalog(text, rows()).unwrap());
        assert_eq!(
            native.restore(&theirs.snapshot().unwrap()).unwrap_err().to_string(),
            "RSI: the saved state is of the backend talib, expected native"
        );
        assert!(Expression::from_snapshot(&theirs.snapshot().unwrap()).is_err());
        assert_eq!(
            theirs.restore(&native.snapshot().unwrap()).unwrap_err().to_string(),
            "RSI: the saved state is of the backend native, expected talib"
        );
    }

    #[test]
    fn neither_backend_takes_the_others_typed_state() {
        let native = serde_json::to_string(&Sma::new(3).unwrap()).unwrap();
        let mut sma = TaLib::<Sma>::from_values(&[Some(3.0)]).unwrap();
        [1.0, 2.0, 3.0].iter().for_each(|close| _ = sma.update(*close));
        let theirs = serde_json::to_string(&sma).unwrap();
        let of = "SMA: the saved state is of the backend";
        assert_eq!(refused::<Sma>(&theirs), format!("{of} talib, expected native"));
        assert_eq!(refused::<TaLib<Sma>>(&native), format!("{of} native, expected talib"));
        assert_eq!(refused::<TaLib<Wma>>(&theirs), "WMA: the saved state is of SMA, expected WMA");
        assert_eq!(
            refused::<TaLib<Sma>>(&theirs.replace("\"format\":4", "\"format\":3")),
            "the saved state has format version 3, expected 4"
        );
        let mut restored: TaLib<Sma> = serde_json::from_str(&theirs).unwrap();
        assert_eq!(restored.update(4.0), sma.update(4.0));
    }

    #[test]
    fn nothing_may_follow_a_functions_state() {
        for row in rows() {
            let mut function = running(row, &[]);
            let mut state = function.save().unwrap();
            function.load(&state).unwrap();
            state.push(0);
            let error = function.load(&state).unwrap_err().to_string();
            assert_eq!(error, format!("{}: the saved state cannot be read", row.info.name));
            state.pop();
            state[0] = 5;
            let error = function.load(&state).unwrap_err().to_string();
            let expected = "the saved state has format version 5, expected 4";
            assert_eq!(error, format!("{}: {expected}", row.info.name));
        }
    }
}
