//! Messages as bytes: JSON, with the version of its schema in the header `schema`,
//! or, with a schema registry, Avro in Confluent's wire format (a zero byte, the
//! schema's number in the registry in four bytes, the message). What a message
//! must hold is its own business (`message::Message`); this room turns bytes into
//! messages that hold it, or says why not.

pub mod avro;
mod missing;

use std::collections::HashMap;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Instant;

use rdkafka::message::{Header, OwnedHeaders};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Failure;
use crate::message::Message;
use crate::registry::{Lookup, Registry};
use avro::{Contract, Reader, Writer};
use missing::Missing;

/// The header with the version of a message's schema, in decimal digits.
pub const SCHEMA: &str = "schema";
/// The header that tells a heartbeat from a message.
pub const TYPE: &str = "type";
/// The value of [`TYPE`] on heartbeats.
pub const HEARTBEAT: &str = "heartbeat";
/// The header that names the source of a trade or heartbeat: consumer group and source,
/// so that two processes of one kind do not speak for each other.
pub const SOURCE: &str = "source";
/// The header with the time of the event that a message is about, in
/// milliseconds since 1970 UTC, where the message does not say it itself. It is not
/// the record's timestamp: brokers delete records by that, and a replay of old
/// trades would be gone before it is read.
pub const EVENT_TIME: &str = "event-time";

/// The first byte of a message in Confluent's wire format. No JSON begins with it.
const MAGIC: u8 = 0;

/// Reads messages of one type.
pub(crate) struct Decoder<M> {
    avro: Option<Numbered>,
    /// In decimal digits, of JSON.
    version: String,
    message: PhantomData<fn() -> M>,
}

/// The schemas that messages of one type were written by, by their numbers.
struct Numbered {
    registry: Rc<Registry>,
    contract: Contract,
    /// With those that are of no use, and why: a number never changes its schema.
    known: HashMap<u32, Result<Reader, String>>,
    missing: Missing,
}

impl<M: Message + DeserializeOwned> Decoder<M> {
    /// Reads JSON only.
    pub(crate) fn json() -> Decoder<M> {
        Decoder { avro: None, version: M::SCHEMA_VERSION.to_string(), message: PhantomData }
    }

    /// Reads Avro, and JSON too, so that a topic can go over from one to the
    /// other. `known` are the schemas that need not be asked for.
    pub(crate) fn avro(
        registry: Rc<Registry>,
        contract: Contract,
        known: Vec<(u32, Contract)>,
    ) -> Decoder<M> {
        let known = known.into_iter().map(|(id, written)| (id, contract.reader(written))).collect();
        let avro = Numbered { registry, contract, known, missing: Missing::default() };
        Decoder { avro: Some(avro), ..Decoder::json() }
    }

    /// Reads a message and checks it. The inner error is one line that says what
    /// was found and what was expected; the outer one is that nothing can be said
    /// about the message before the registry answers again.
    pub(crate) fn decode(
        &mut self,
        payload: Option<&[u8]>,
        schema: Option<&[u8]>,
    ) -> Result<Result<M, String>, Failure> {
        let message = match (&mut self.avro, payload) {
            (Some(avro), Some([MAGIC, rest @ ..])) => avro.decode(rest)?,
            (None, Some([MAGIC, ..])) => {
                Err("the value begins with a zero byte: Avro needs SCHEMA_REGISTRY_URL".to_owned())
            }
            _ => from_json(payload, schema, &self.version),
        };
        Ok(message.and_then(|message: M| message.validate().map(|()| message)))
    }
}

impl Numbered {
    fn decode<M: DeserializeOwned>(&mut self, bytes: &[u8]) -> Result<Result<M, String>, Failure> {
        let Some((number, datum)) = bytes.split_first_chunk() else {
            let length = bytes.len() + 1;
            return Ok(Err(format!("the value has {length} bytes, expected 5 or more")));
        };
        let id = u32::from_be_bytes(*number);
        if !self.known.contains_key(&id)
            && let Err(problem) = self.look_up(id)?
        {
            return Ok(Err(format!("schema {id}: {problem}")));
        }
        Ok(match self.known.get(&id) {
            Some(Ok(reader)) => reader.read(datum).map_err(|e| format!("schema {id}: {e}")),
            Some(Err(problem)) => Err(format!("schema {id}: {problem}")),
            None => Err(format!("schema {id} is not known")),
        })
    }

    /// Asks the registry. The inner error is that it does not have the schema; the
    /// outer one is that it may have it in a moment.
    fn look_up(&mut self, id: u32) -> Result<Result<(), String>, Failure> {
        const NONE: &str = "the schema registry has no such schema";
        if self.missing.is_believed(id, Instant::now()) {
            return Ok(Err(NONE.to_owned()));
        }
        let reader = match self.registry.schema(id) {
            Lookup::Found(text) => {
                let written = Contract::parse(&text);
                written.and_then(|written| self.contract.reader(written))
            }
            Lookup::Other(problem) => Err(problem),
            Lookup::Missing if self.missing.waits_for(id, Instant::now()) => {
                return Err(Failure::Abort(format!("{NONE} as {id}, and may have it soon")));
            }
            Lookup::Missing => return Ok(Err(NONE.to_owned())),
            // The message may be a good one.
            Lookup::Unanswered(reason) => {
                return Err(Failure::Abort(format!("schema {id} cannot be had: {reason}")));
            }
        };
        self.known.insert(id, reader);
        Ok(Ok(()))
    }
}

/// Reads JSON.
///
/// A record without the header [`SCHEMA`] is taken to be of the version that
/// this build knows: producers outside of this project need not know the header,
/// and a message with other fields is refused all the same.
fn from_json<M: Message + DeserializeOwned>(
    payload: Option<&[u8]>,
    schema: Option<&[u8]>,
    known: &str,
) -> Result<M, String> {
    if let Some(version) = schema.filter(|version| *version != known.as_bytes()) {
        return Err(format!(
            "schema version '{}', this build reads version {known}",
            String::from_utf8_lossy(version)
        ));
    }
    let payload = payload.ok_or("the record has no value")?;
    // To look once at the whole is quicker than at each of its strings.
    let message = match std::str::from_utf8(payload) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(payload),
    };
    message.map_err(|e| e.to_string())
}

/// The headers of a message: the version of its schema, if it does not tell that
/// itself, and these.
pub(crate) fn headers(version: Option<&str>, more: &[(&str, &str)]) -> OwnedHeaders {
    let version = version.map(|version| (SCHEMA, version));
    let all = version.iter().chain(more);
    all.fold(OwnedHeaders::new_with_capacity(4), |headers, &(key, value)| {
        headers.insert(Header { key, value: Some(value) })
    })
}

/// Writes messages of one type.
pub(crate) struct Encoder<M> {
    /// With the schema's number.
    avro: Option<(u32, Writer)>,
    /// In decimal digits.
    version: String,
    message: PhantomData<fn(M)>,
}

impl<M: Message + Serialize> Encoder<M> {
    /// Writes JSON.
    pub(crate) fn json() -> Encoder<M> {
        Encoder { avro: None, version: M::SCHEMA_VERSION.to_string(), message: PhantomData }
    }

    /// Writes Avro by a schema with this number.
    pub(crate) fn avro(id: u32, writer: Writer) -> Encoder<M> {
        Encoder { avro: Some((id, writer)), ..Encoder::json() }
    }

    /// The value of the header [`SCHEMA`]. Avro messages tell their schema
    /// themselves.
    pub(crate) fn version(&self) -> Option<&str> {
        self.avro.is_none().then_some(&self.version)
    }

    /// Appends a message's bytes to `into`.
    ///
    /// # Errors
    /// When the message does not hold what it must, or does not fit the schema.
    pub(crate) fn encode(&self, message: &M, into: &mut Vec<u8>) -> Result<(), String> {
        message.validate()?;
        match &self.avro {
            None => serde_json::to_writer(into, message).map_err(|e| e.to_string()),
            Some((id, writer)) => {
                into.push(MAGIC);
                into.extend_from_slice(&id.to_be_bytes());
                writer.write(message, into)
            }
        }
    }
}
