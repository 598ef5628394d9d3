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

/// The headers of a copy: the record's own, then where it came from, then
/// `more`. A later header counts for more than an earlier one of its name.
pub(crate) fn copied_headers(message: &BorrowedMessage<'_>, more: &[(&str, &str)]) -> OwnedHeaders {
    let partition = message.partition().to_string();
    let offset = message.offset().to_string();
    let timestamp = message.timestamp().to_millis().map_or(String::new(), |t| t.to_string());
    let origin = [
        ("topic", message.topic()),
        ("partition", &partition),
        ("offset", &offset),
        ("timestamp", &timestamp),
    ];
    let own = message.headers().map_or_else(OwnedHeaders::new, |headers| headers.detach());
    origin
        .iter()
        .chain(more)
        .fold(own, |headers, &(key, value)| headers.insert(Header { key, value: Some(value) }))
}
