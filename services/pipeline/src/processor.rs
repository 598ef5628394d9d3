//! The one trait that a service implements: its step. Plain, synchronous Rust
//! that knows of no Kafka and can be tested without one; `run` gives it its
//! records and keeps what it says.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::message::{Heartbeat, Message};
use crate::state::Keyed;

/// What a service does with its input. The same input in the same order must
/// give the same output and state: after a crash the log is replayed.
pub trait Processor: Send {
    /// What it reads.
    type Input: Message + DeserializeOwned;
    /// What it writes.
    type Output: Message + Serialize + Send + 'static;
    /// What it remembers per key.
    type State: Serialize + DeserializeOwned + Default + Send;

    /// The service's name: in dead letters, logs and metrics.
    const SERVICE: &'static str;
    /// The service's version: in dead letters.
    const VERSION: &'static str;
    /// Version of the state's format. A changelog that holds another version is
    /// refused at start.
    const STATE_VERSION: u32;
    /// Whether [`Outbox::late`] is used, and so the topic `<input>.late` needed.
    const HAS_LATE: bool = false;

    /// The Avro schema of what it writes with its configuration, for the schema
    /// registry: [`Message::SCHEMA`] unless the configuration adds fields.
    fn output_schema(&self) -> String {
        Self::Output::SCHEMA.to_owned()
    }

    /// Takes one message. `state` is that of the message's key.
    ///
    /// # Errors
    /// [`Refused`] sends the record to the dead-letter topic. The state must be
    /// as it was, and the outbox untouched.
    fn process(
        &mut self,
        input: Self::Input,
        record: &Record<'_>,
        state: &mut Keyed<Self::State>,
        out: &mut Outbox<Self::Output>,
    ) -> Result<(), Refused>;

    /// Takes a source's heartbeat, once for every key of the partition that it
    /// arrived on, in the order of the keys.
    fn heartbeat(
        &mut self,
        beat: &Heartbeat,
        record: &Record<'_>,
        key: &str,
        state: &mut Keyed<Self::State>,
        out: &mut Outbox<Self::Output>,
    ) {
        let _ = (beat, record, key, state, out);
    }

    /// Whether [`Processor::tick`] is called.
    fn ticks(&self) -> bool {
        false
    }

    /// Called for every key, about once a second, where all of its partition's
    /// input has been read. `now_ms` is the wall clock, in milliseconds since 1970
    /// UTC: what comes of it does not come again when the log is replayed, so it
    /// is for input that nothing else speaks for.
    fn tick(
        &mut self,
        now_ms: i64,
        key: &str,
        state: &mut Keyed<Self::State>,
        out: &mut Outbox<Self::Output>,
    ) {
        let _ = (now_ms, key, state, out);
    }

    /// Called before a transaction commits, once for every key whose state
    /// changed in it, in the order of the first change.
    fn before_commit(
        &mut self,
        key: &str,
        state: &mut Keyed<Self::State>,
        out: &mut Outbox<Self::Output>,
    ) {
        let _ = (key, state, out);
    }

    /// Called for every state that is read back from the changelog, to check it
    /// against the configuration or fit it to it. It is called again after the
    /// next restart unless the state changes in between.
    ///
    /// # Errors
    /// One line that says why this build or configuration cannot go on from the
    /// state. The service stops with it.
    fn restored(&mut self, key: &str, state: &mut Self::State) -> Result<(), String> {
        let _ = (key, state);
        Ok(())
    }
}

/// Where a message came from.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The header `source`; empty where there is none.
    pub source: &'a str,
    /// When what the message is about happened, in milliseconds since 1970 UTC: the
    /// header `event-time`, or what the message says, or else the record's timestamp;
    /// 0 where there is none of them.
    pub timestamp_ms: i64,
    /// The record's own timestamp, when it was written, in milliseconds since
    /// 1970 UTC; `None` where it has none.
    pub written_ms: Option<i64>,
    /// Partition of the input topic.
    pub partition: i32,
    /// Offset in the partition.
    pub offset: i64,
}

/// Why a readable message cannot be processed: what was found, what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

/// What a step sends. It leaves with the transaction, or not at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Outbox<O> {
    outputs: Vec<(O, i64)>,
    late: Option<Vec<(&'static str, String)>>,
}

impl<O> Default for Outbox<O> {
    fn default() -> Self {
        Outbox { outputs: Vec::new(), late: None }
    }
}

impl<O> Outbox<O> {
    /// Sends a message to the output topic. `timestamp_ms` is the time of the
    /// event that it is about, in milliseconds since 1970 UTC, and travels in the
    /// header `event-time` unless the message says it.
    pub fn emit(&mut self, message: O, timestamp_ms: i64) {
        self.outputs.push((message, timestamp_ms));
    }

    /// Sends the record that is being processed, unchanged, to the topic for
    /// late input, with these headers. Only for services with
    /// [`Processor::HAS_LATE`], and only from [`Processor::process`].
    pub fn late(&mut self, headers: Vec<(&'static str, String)>) {
        self.late = Some(headers);
    }

    /// Takes out what was emitted, with the timestamps, in order.
    pub fn take_outputs(&mut self) -> impl Iterator<Item = (O, i64)> + '_ {
        self.outputs.drain(..)
    }

    /// Takes out the headers of a late record.
    pub fn take_late(&mut self) -> Option<Vec<(&'static str, String)>> {
        self.late.take()
    }
}
