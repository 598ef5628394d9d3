//! One dead letter or late record: what it was, and what was said of it when it
//! was set aside.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};

use crate::incoming::{LEFT_OUT, ORIGIN};

/// A record that was set aside.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// Its partition of the dead-letter topic.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// When it was set aside, in milliseconds since 1970 UTC.
    pub written_ms: i64,
    /// The record's key.
    pub key: Option<Vec<u8>>,
    /// The record's value.
    pub payload: Option<Vec<u8>>,
    /// The record's own headers.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// Where it came from; or why that cannot be told.
    pub origin: Result<Origin, String>,
    /// Reason, service, version, and what else was said of it, in order.
    pub labels: Vec<(String, String)>,
    /// Whether it has gone back.
    pub redriven: bool,
}

/// Where a record was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// The record's offset.
    pub offset: i64,
    /// The record's timestamp, in milliseconds since 1970 UTC, if it had one.
    pub timestamp_ms: Option<i64>,
}

type Headed = Vec<(String, Option<Vec<u8>>)>;

impl Letter {
    pub(crate) fn of(message: &BorrowedMessage<'_>) -> Letter {
        // The binding panics at a name that is not UTF-8.
        let read = || -> Headed {
            let headers = message.headers().into_iter().flat_map(Headers::iter);
            headers.map(|h| (h.key.to_owned(), h.value.map(<[u8]>::to_vec))).collect()
        };
        let all = catch_unwind(AssertUnwindSafe(read))
            .map_err(|_| "the name of a header is not UTF-8".to_owned());
        let (headers, said) = match all {
            Ok(all) => split(all),
            Err(problem) => (Vec::new(), Err(problem)),
        };
        let (origin, labels) = match said {
            Ok((origin, labels)) => (Ok(origin), labels),
            Err(problem) => (Err(problem), Vec::new()),
        };
        Letter {
            partition: message.partition(),
            offset: message.offset(),
            written_ms: message.timestamp().to_millis().unwrap_or(0),
            key: message.key().map(<[u8]>::to_vec),
            payload: message.payload().map(<[u8]>::to_vec),
            headers,
            origin,
            labels,
            redriven: false,
        }
    }

    /// What was said of it under this name; empty when nothing was.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        let said = self.labels.iter().rfind(|(key, _)| key == name);
        said.map_or("", |(_, value)| value)
    }

    /// Whether it is all of the record, with where that came from.
    pub(crate) fn is_whole(&self) -> bool {
        self.origin.is_ok() && self.label(LEFT_OUT).is_empty()
    }

    /// The key of its mark. With its time, so that a topic which was deleted and
    /// made anew does not inherit the marks of the old one.
    pub(crate) fn mark(&self) -> String {
        format!("{}-{}", self.offset, self.written_ms)
    }

    pub(crate) fn own_headers(&self) -> OwnedHeaders {
        let new = OwnedHeaders::new_with_capacity(self.headers.len());
        self.headers.iter().fold(new, |headers, (key, value)| {
            headers.insert(Header { key, value: value.as_deref() })
        })
    }
}

/// The record's own headers, and what was added when it was set aside: the last
/// row of headers that begins with where it came from.
#[allow(clippy::type_complexity, reason = "used in one place")]
fn split(mut all: Headed) -> (Headed, Result<(Origin, Vec<(String, String)>), String>) {
    let starts = |index: &usize| {
        let row = all.get(*index..*index + ORIGIN.len());
        row.is_some_and(|row| row.iter().map(|(key, _)| key.as_str()).eq(ORIGIN))
    };
    let Some(start) = (0..all.len()).rev().find(starts) else {
        let problem = format!("has no headers {}", ORIGIN.join(", "));
        return (all, Err(problem));
    };
    let added: Vec<(String, String)> = all
        .split_off(start)
        .into_iter()
        .map(|(key, value)| (key, String::from_utf8_lossy(&value.unwrap_or_default()).into_owned()))
        .collect();
    let [topic, partition, offset, timestamp, labels @ ..] = added.as_slice() else {
        return (all, Err("has too few headers".to_owned()));
    };
    let (Ok(partition), Ok(offset)) = (partition.1.parse(), offset.1.parse()) else {
        return (all, Err("the headers partition and offset are no numbers".to_owned()));
    };
    let timestamp_ms = timestamp.1.parse().ok();
    let origin = Origin { topic: topic.1.clone(), partition, offset, timestamp_ms };
    (all, Ok((origin, labels.to_vec())))
}
