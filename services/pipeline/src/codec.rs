//! Messages as bytes: JSON today, with the version of its schema in the header
//! `schema`. What a message must hold is its own business (`message::Message`);
//! this room turns bytes into messages that hold it, or says why not.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::message::Message;

/// The header with the version of a message's schema, in decimal digits.
pub const SCHEMA: &str = "schema";
/// The header that tells a heartbeat from a message.
pub const TYPE: &str = "type";
/// The value of [`TYPE`] on heartbeats.
pub const HEARTBEAT: &str = "heartbeat";
/// The header that names the source of a trade or heartbeat.
pub const SOURCE: &str = "source";
/// The header with the time of the event that a message is about, in
/// milliseconds since 1970 UTC. It is not the record's timestamp: brokers delete
/// records by that, and a replay of old trades would be gone before it is read.
pub const EVENT_TIME: &str = "event-time";

/// Reads a message and checks it.
///
/// A record without the header [`SCHEMA`] is taken to be of the version that
/// this build knows: producers outside of this project need not know the header,
/// and a message with other fields is refused all the same.
///
/// # Errors
/// One line that says what was found and what was expected.
pub fn decode<M: Message + DeserializeOwned>(
    payload: Option<&[u8]>,
    schema: Option<&[u8]>,
) -> Result<M, String> {
    if let Some(version) = schema {
        let known = M::SCHEMA_VERSION.to_string();
        if version != known.as_bytes() {
            return Err(format!(
                "schema version '{}', this build reads version {known}",
                String::from_utf8_lossy(version)
            ));
        }
    }
    let payload = payload.ok_or("the record has no value")?;
    let message: M = serde_json::from_slice(payload).map_err(|e| e.to_string())?;
    message.validate()?;
    Ok(message)
}

/// Appends a message's bytes to `into`.
///
/// # Errors
/// When the message does not hold what it must, or cannot be written as JSON.
pub fn encode<M: Message + Serialize>(message: &M, into: &mut Vec<u8>) -> Result<(), String> {
    message.validate()?;
    serde_json::to_writer(into, message).map_err(|e| e.to_string())
}
