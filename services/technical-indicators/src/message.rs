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
    /// As many values; `None` before the indicator's lookback.
    pub values: Vec<Option<f64>>,
}

impl Serialize for NamedValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
        for (name, value) in self.names.iter().zip(&self.values) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Message for TechnicalIndicators {
    const SCHEMA_VERSION: u32 = 1;

    fn key(&self) -> &str {
        &self.candle.pair
    }

    fn validate(&self) -> Result<(), String> {
        self.candle.validate()
    }
}
