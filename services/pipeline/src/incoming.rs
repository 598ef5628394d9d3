//! A record as it arrives, before anybody has understood it: its headers, and
//! its copy for the dead-letter or late topic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};

use crate::codec;

/// The headers that decide what a record is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Labels<'a> {
    pub(crate) kind: Option<&'a [u8]>,
    pub(crate) source: Option<&'a [u8]>,
    pub(crate) schema: Option<&'a [u8]>,
    pub(crate) event_time: Option<&'a [u8]>,
}

/// The names of the headers that say where a copy came from, in their order.
pub(crate) const ORIGIN: [&str; 4] = ["topic", "partition", "offset", "timestamp"];
/// The header that says that a copy lacks what the record had, as it was too large.
pub(crate) const LEFT_OUT: &str = "left-out";

/// Reads a record's headers.
pub(crate) fn labels<'a>(message: &'a BorrowedMessage<'_>) -> Result<Labels<'a>, String> {
    // The binding panics at a header whose name is not UTF-8, and anybody can
    // write one.
    let read = || {
        let mut labels = Labels::default();
        for header in message.headers().into_iter().flat_map(Headers::iter) {
            match header.key {
                codec::TYPE => labels.kind = header.value,
                codec::SOURCE => labels.source = header.value,
                codec::SCHEMA => labels.schema = header.value,
                codec::EVENT_TIME => labels.event_time = header.value,
                _ => {}
            }
        }
        labels
    };
    catch_unwind(AssertUnwindSafe(read)).map_err(|_| "the name of a header is not UTF-8".to_owned())
}

/// What a copy has of its record.
#[derive(Debug)]
pub(crate) struct Copied<'a> {
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) payload: Option<&'a [u8]>,
    pub(crate) headers: OwnedHeaders,
}

/// A copy of a record: as it came, but with headers that say where it came from,
/// and `more`. A later header counts for more than an earlier one of its name.
///
/// A record that would be larger than `room` is not copied: its topic, partition
/// and offset are, and the header `left-out` says so. It would otherwise hold up
/// its partition for good.
pub(crate) fn copied<'a>(
    message: &'a BorrowedMessage<'_>,
    more: &[(&str, &str)],
    room: u64,
) -> Copied<'a> {
    let partition = message.partition().to_string();
    let offset = message.offset().to_string();
    let timestamp = message.timestamp().to_millis().map_or(String::new(), |t| t.to_string());
    let from: [&str; 4] = [message.topic(), &partition, &offset, &timestamp];
    let mut added: Vec<(&str, &str)> = ORIGIN.into_iter().zip(from).collect();
    added.extend_from_slice(more);
    let size = size_of(message) + added.iter().map(|(k, v)| header_size(k, v.len())).sum::<u64>();
    let fits = size <= room;
    let own = message.headers().filter(|_| fits);
    let own = own.map_or_else(OwnedHeaders::new, |headers| headers.detach());
    let what = format!("key, value and headers: {size} bytes, {room} may be written");
    if !fits {
        added.push((LEFT_OUT, &what));
    }
    let headers = added
        .into_iter()
        .fold(own, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }));
    Copied {
        key: message.key().filter(|_| fits),
        payload: message.payload().filter(|_| fits),
        headers,
    }
}

/// At most the size of a batch of one record, in bytes, without the key, the value and
/// the headers.
pub(crate) const FRAME: u64 = 128;

/// At most the size of a record that is a batch of its own, in bytes.
fn size_of(message: &BorrowedMessage<'_>) -> u64 {
    let bytes = |part: Option<&[u8]>| part.map_or(0, <[u8]>::len) as u64;
    // See `labels`. Nobody knows the size of such a header.
    let headers = catch_unwind(AssertUnwindSafe(|| {
        let headers = message.headers().into_iter().flat_map(Headers::iter);
        headers.map(|h| header_size(h.key, h.value.map_or(0, <[u8]>::len))).sum()
    }));
    FRAME + bytes(message.key()) + bytes(message.payload()) + headers.unwrap_or(0)
}

pub(crate) fn header_size(key: &str, value: usize) -> u64 {
    /// Two numbers of variable length.
    const LENGTHS: usize = 10;
    (key.len() + value + LENGTHS) as u64
}
