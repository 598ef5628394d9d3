//! `ta list` against the catalog.

use super::output;
use indicators::ParameterKind;
use indicators::catalog;
use serde_json::{Value, json};

#[test]
fn every_indicator_is_in_the_json() {
    let listed: Vec<Value> = serde_json::from_str(&output(&["list", "--json"], "")).unwrap();
    assert_eq!(listed.len(), catalog::rows().len());
    for (listed, row) in listed.iter().zip(catalog::rows()) {
        let params = row.info.parameters.iter().map(|parameter| {
            let whole = parameter.kind != ParameterKind::Real;
            let number = |value: f64| if whole { json!(value as i64) } else { json!(value) };
            json!({
                "name": parameter.name,
                "kind": match parameter.kind {
                    ParameterKind::Integer => "integer",
                    ParameterKind::Real => "real",
                    ParameterKind::MaType => "ma_type",
                    _ => panic!("a new kind"),
                },
                "default": number(parameter.default),
                "min": number(parameter.min),
                "max": number(parameter.max),
            })
        });
        let expected = json!({
            "name": row.info.name,
            "group": row.info.group.name(),
            "title": row.info.title,
            "inputs": row.inputs.iter().map(|source| source.name()).collect::<Vec<_>>(),
            "params": params.collect::<Vec<_>>(),
            "outputs": row.outputs.iter().map(|field| field.name).collect::<Vec<_>>(),
            "unstable_period": row.info.unstable_period,
        });
        assert_eq!(*listed, expected);
    }
}

#[test]
fn what_is_listed_can_be_read_by_a_program() {
    let listed: Value = serde_json::from_str(&output(&["list", "--json"], "")).unwrap();
    let find = |name: &str| {
        listed.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone()
    };
    assert_eq!(
        find("MACD"),
        json!({
            "name": "MACD",
            "group": "Momentum Indicators",
            "title": find("MACD")["title"],
            "inputs": ["close"],
            "params": [
                {"name": "fast_period", "kind": "integer", "default": 12, "min": 2, "max": 100_000},
                {"name": "slow_period", "kind": "integer", "default": 26, "min": 2, "max": 100_000},
                {"name": "signal_period", "kind": "integer", "default": 9, "min": 1, "max": 100_000},
            ],
            "outputs": ["macd", "signal", "histogram"],
            "unstable_period": find("MACD")["unstable_period"],
        })
    );
    assert_eq!(
        find("MA")["params"][1],
        json!({"name": "ma_type", "kind": "ma_type", "default": 0, "min": 0, "max": 13})
    );
}

#[test]
fn the_table_has_a_line_for_every_indicator() {
    let table = output(&["list"], "");
    let mut lines = table.lines();
    assert!(lines.next().unwrap().starts_with("NAME "));
    assert_eq!(lines.count(), catalog::rows().len());
    let ma = table.lines().find(|line| line.starts_with("ma ")).unwrap();
    assert!(ma.contains("  time_period=30 ma_type=sma  "), "{ma}");
}

#[cfg(feature = "talib")]
#[test]
fn the_librarys_functions_are_listed_too() {
    let json = output(&["list", "--json", "--backend", "talib"], "");
    let listed: Vec<Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(listed.len(), indicators::talib::rows().len());
}
