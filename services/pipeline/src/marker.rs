//! The marker: one record in each partition of the changelog that says what the
//! partition holds, so that a changelog that has lost something is refused
//! instead of believed.
//!
//! Every transaction that commits an input offset writes the marker of that
//! partition last, with the same offset and the number of keys that have a state.
//! All of it is committed together, so what a restore finds must agree: the
//! group's committed offset, the marker's, and the number of keys read. A
//! changelog that was emptied has no marker; one whose end was cut off, or that
//! came back from a copy, has an older one; one whose beginning was deleted has
//! fewer keys; and a group whose offsets were set back has an offset before the
//! marker's. A group that has lost its offsets (Kafka forgets those of an empty
//! group after a week) goes on from the marker.
//!
//! It is written even when no state has changed, as the offsets move on then too.
//! Compaction keeps one marker a partition. Its key is no UTF-8, which no
//! message's key can be, and it belongs to no key's state: a partition without
//! any state has a marker all the same.

use serde::{Deserialize, Serialize};

use crate::config::KafkaConfig;
use crate::error::Error;

/// The marker's key.
pub(crate) const KEY: &[u8] = b"\xffmarker";

/// What a partition of the changelog holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Marker {
    /// The state is that after all input before this offset.
    pub(crate) input_offset: i64,
    /// Number of keys that have a state.
    pub(crate) keys: u64,
}

impl Marker {
    /// As the value of its record.
    pub(crate) fn encode(&self, topic: &str) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(self)
            .map_err(|e| Error::Encode { topic: topic.to_owned(), reason: e.to_string() })
    }

    /// From the value of its record.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Marker, String> {
        serde_json::from_slice(bytes).map_err(|e| format!("the marker cannot be read: {e}"))
    }
}

/// What a restore has found in a partition of the changelog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its marker, if there is one.
    pub(crate) marker: Option<Marker>,
    /// Number of keys that have a state.
    pub(crate) keys: u64,
}

/// The input offset that the restored state belongs to; `None` for the beginning.
///
/// # Errors
/// [`Error::Changelog`] when the state is not that of the group's offset.
pub(crate) fn agreed_offset(
    config: &KafkaConfig,
    partition: i32,
    committed: Option<i64>,
    found: Found,
) -> Result<Option<i64>, Error> {
    let (group, input) = (&config.consumer_group, &config.input_topic);
    let problem = match (committed, found.marker) {
        (_, Some(Marker { keys, input_offset })) if keys != found.keys => format!(
            "it has the state of {} keys, but had {keys} at offset {input_offset} of topic \
             {input}: records are lost",
            found.keys
        ),
        (None, Some(marker)) => {
            tracing::info!(
                topic = input,
                partition,
                offset = marker.input_offset,
                "the group has no offset, but the changelog says where it was left"
            );
            return Ok(Some(marker.input_offset));
        }
        (Some(committed), Some(Marker { input_offset, .. })) if input_offset < committed => {
            format!(
                "its state ends at offset {input_offset} of topic {input}, but group {group} has \
                 committed offset {committed}: what was written in between is lost"
            )
        }
        (Some(committed), Some(Marker { input_offset, .. })) if input_offset > committed => {
            format!(
                "its state ends at offset {input_offset} of topic {input}, but group {group} has \
                 gone back to offset {committed}: input would be counted twice"
            )
        }
        (Some(_), Some(_)) => return Ok(committed),
        (None | Some(0), None) if found.keys == 0 => return Ok(committed),
        (Some(committed), None) => format!(
            "it does not say where its state ends, but group {group} has committed offset \
             {committed} of topic {input}: it was emptied, or is another one's"
        ),
        (None, None) => format!(
            "it has the state of {} keys, but does not say where in topic {input} that ends: it \
             was written by something else",
            found.keys
        ),
    };
    Err(Error::Changelog { topic: config.changelog_topic(), partition, problem })
}
