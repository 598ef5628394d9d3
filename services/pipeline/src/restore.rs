//! State in the changelog: how one key's state becomes a record, and how the
//! records become the state again when an instance gains a partition.

use std::collections::BTreeMap;

use rdkafka::Offset;
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::committed::{Patience, Topic};
use crate::config::KafkaConfig;
use crate::error::{Error, Failure};
use crate::incoming::{FRAME, header_size};
use crate::marker::{self, Found, Marker};

/// The header with the version of a state's format, in decimal digits.
const STATE_VERSION: &str = "state-version";
/// Its number of digits, at most.
const LONGEST_VERSION: usize = 10;

/// The headers of a state record.
pub(crate) fn headers(version: u32) -> OwnedHeaders {
    OwnedHeaders::new_with_capacity(1)
        .insert(Header { key: STATE_VERSION, value: Some(version.to_string().as_str()) })
}

/// A state as bytes.
pub(crate) fn encode<S: Serialize>(state: &S, topic: &str) -> Result<Vec<u8>, Error> {
    postcard::to_stdvec(state)
        .map_err(|e| Error::Encode { topic: topic.to_owned(), reason: e.to_string() })
}

/// Refuses a state that is too large for its topic. The broker would, too, and say of
/// which topic, but neither of which key nor how large.
pub(crate) fn check_size(
    topic: &str,
    partition: i32,
    key: &str,
    state: &[u8],
    largest: u64,
) -> Result<(), Error> {
    let size =
        FRAME + header_size(STATE_VERSION, LONGEST_VERSION) + (key.len() + state.len()) as u64;
    if size <= largest {
        return Ok(());
    }
    let problem = format!(
        "the state takes {size} bytes with its key and headers, but max.message.bytes of the topic \
         is {largest}: raise it"
    );
    Err(Error::State { topic: topic.to_owned(), partition, key: key.to_owned(), problem })
}

/// A key's last record in the changelog.
struct Latest {
    version: Option<Vec<u8>>,
    bytes: Vec<u8>,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Restored {
    /// Size of the values, superseded ones included.
    pub(crate) bytes: u64,
    /// By partition; those that are empty are missing.
    pub(crate) found: BTreeMap<i32, Found>,
}

/// Reads the state of these partitions, as of the last transaction that any
/// owner committed, and hands it out by partition, in the order of the keys.
/// Call it after the input offsets are known to be stable.
pub(crate) fn restore<S: DeserializeOwned>(
    config: &KafkaConfig,
    partitions: &[i32],
    version: u32,
    patience: Patience<'_>,
    each: &mut dyn FnMut(i32, &str, S) -> Result<(), Error>,
) -> Result<Restored, Failure> {
    let name = config.changelog_topic();
    let topic = Topic::open(config, &name)?;
    let mut from = Vec::new();
    for &partition in partitions {
        let extent = topic.settled_extent(partition, patience)?;
        if extent.low < extent.high {
            from.push((partition, Offset::Beginning));
        }
    }
    let mut latest: BTreeMap<(i32, Vec<u8>), Latest> = BTreeMap::new();
    let mut restored = Restored::default();
    topic.read(&from, patience, &mut |message| {
        restored.bytes += message.payload().map_or(0, <[u8]>::len) as u64;
        let key = (message.partition(), message.key().unwrap_or_default().to_vec());
        match message.payload() {
            Some(bytes) => {
                let record = Latest { version: version_of(message), bytes: bytes.to_vec() };
                latest.insert(key, record);
            }
            None => {
                latest.remove(&key);
            }
        }
        Ok(true)
    })?;
    for ((partition, key), record) in latest {
        let text = String::from_utf8_lossy(&key);
        let wrong = |problem: String| Error::State {
            topic: name.clone(),
            partition,
            key: text.to_string(),
            problem,
        };
        let found: &mut Found = restored.found.entry(partition).or_default();
        if key == marker::KEY {
            found.marker = Some(Marker::decode(&record.bytes).map_err(wrong)?);
            continue;
        }
        found.keys += 1;
        if record.version.as_deref() != Some(version.to_string().as_bytes()) {
            let found = record.version.map_or("no version".to_owned(), |v| {
                format!("version {}", String::from_utf8_lossy(&v))
            });
            return Err(wrong(format!(
                "the state has {found}, this build reads version {version}"
            ))
            .into());
        }
        // Trailing bytes mean another format as much as missing ones.
        let state = match postcard::take_from_bytes(&record.bytes) {
            Ok((state, [])) => state,
            Ok((_, rest)) => {
                let problem = format!("the state has {} bytes too many", rest.len());
                return Err(wrong(problem).into());
            }
            Err(error) => {
                return Err(wrong(format!("the state cannot be read: {error}")).into());
            }
        };
        each(partition, &text, state)?;
    }
    Ok(restored)
}

fn version_of(message: &BorrowedMessage<'_>) -> Option<Vec<u8>> {
    let headers = message.headers()?;
    let header = headers.iter().find(|h| h.key == STATE_VERSION)?;
    header.value.map(<[u8]>::to_vec)
}
