//! What the service writes: a candle's fields, and one field for each output of
//! the configured indicators.

use pipeline::message::{Candle, Message};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// A candle with the values of the indicators at its close, or, while it forms,
/// what they would be if it closed now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TechnicalIndicators {
    /// The candle.
    #[serde(flatten)]
    pub candle: Candle,
    /// The values.
    #[serde(flatten)]
    pub values: NamedValues,
}

/// Values with the names of their fields.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedValues {
    /// The names, the same for every message.
    pub names: Arc<[String]>,
    /// As many values; `None` before the indicator's lookback. A value that is no
    /// number is written as null, in Avro as in JSON.
    pub values: Vec<Option<f64>>,
}

impl Serialize for NamedValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
        for (name, value) in self.names.iter().zip(&self.values) {
            map.serialize_entry(name, &value.filter(|value| value.is_finite()))?;
        }
        map.end()
    }
}

/// The schema of messages with these values: the candle's fields, which are in
/// `schemas/`, and a field for each value, absent in messages of lists without it.
#[must_use]
pub fn schema(names: &[String]) -> String {
    let candle = serde_json::from_str(TechnicalIndicators::SCHEMA);
    let mut schema: serde_json::Value = candle.unwrap_or_default();
    if let Some(fields) = schema.get_mut("fields").and_then(|fields| fields.as_array_mut()) {
        fields.extend(names.iter().map(
            |name| serde_json::json!({ "name": name, "type": ["null", "double"], "default": null }),
        ));
    }
    schema.to_string()
}

impl Message for TechnicalIndicators {
    const SCHEMA: &'static str = include_str!("../../../schemas/technical_indicators.avsc");
    const SCHEMA_VERSION: u32 = 1;

    fn key(&self) -> &str {
        &self.candle.pair
    }

    fn event_time_ms(&self) -> Option<i64> {
        self.candle.event_time_ms()
    }

    fn validate(&self) -> Result<(), String> {
        self.candle.validate()
    }
}
