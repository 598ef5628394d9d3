//! What a service agrees with the schema registry before it touches anything
//! else: a build whose messages the others cannot read stops here, before it has
//! created a topic, fenced off its predecessor or written a record.
//!
//! A topic's messages are the subject `<topic>-value`; heartbeats, the second
//! kind of record on a topic, are `<topic>-<record>`. Whoever writes registers
//! its schema. Whoever reads checks that it can read what is written now, and
//! registers what it expects where nothing has been written yet, so that the
//! contract holds whoever comes first.

use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::avro::Contract;
use crate::codec::{Decoder, Encoder};
use crate::config::KafkaConfig;
use crate::error::Error;
use crate::message::{Heartbeat, Message, Trade};
use crate::processor::Processor;
use crate::registry::{Registered, Registry};

/// What a step reads and writes with.
pub(crate) struct StepCodecs<P: Processor> {
    pub(crate) input: Decoder<P::Input>,
    pub(crate) heartbeat: Decoder<Heartbeat>,
    pub(crate) output: Encoder<P::Output>,
}

/// What a source writes with.
pub(crate) struct SourceCodecs {
    pub(crate) trade: Encoder<Trade>,
    pub(crate) heartbeat: Encoder<Heartbeat>,
}

/// Agrees on what a step reads and writes.
pub(crate) fn of_step<P: Processor>(
    processor: &P,
    config: &KafkaConfig,
) -> Result<StepCodecs<P>, Error> {
    let Some(registry) = &config.registry else {
        let (input, heartbeat) = (Decoder::json(), Decoder::json());
        return Ok(StepCodecs { input, heartbeat, output: Encoder::json() });
    };
    let registry = Rc::new(Registry::new(registry)?);
    let subject = values(&config.output_topic);
    let output = write(&registry, &subject, &processor.output_schema())?;
    let subject = values(&config.input_topic);
    let input = read(&registry, &subject, P::Input::SCHEMA, true)?;
    let subject = heartbeats(&config.input_topic)?;
    // Not every topic has them.
    let heartbeat = read(&registry, &subject, Heartbeat::SCHEMA, false)?;
    Ok(StepCodecs { input, heartbeat, output })
}

/// Agrees on what a source writes.
pub(crate) fn of_source(config: &KafkaConfig) -> Result<SourceCodecs, Error> {
    let Some(registry) = &config.registry else {
        return Ok(SourceCodecs { trade: Encoder::json(), heartbeat: Encoder::json() });
    };
    let registry = Registry::new(registry)?;
    let topic = &config.output_topic;
    Ok(SourceCodecs {
        trade: write(&registry, &values(topic), Trade::SCHEMA)?,
        heartbeat: write(&registry, &heartbeats(topic)?, Heartbeat::SCHEMA)?,
    })
}

fn values(topic: &str) -> String {
    format!("{topic}-value")
}

fn heartbeats(topic: &str) -> Result<String, Error> {
    let contract = parse(topic, Heartbeat::SCHEMA)?;
    Ok(format!("{topic}-{}", contract.name()))
}

fn parse(subject: &str, schema: &str) -> Result<Contract, Error> {
    Contract::parse(schema).map_err(|reason| Error::Encode { topic: subject.to_owned(), reason })
}

fn write<M: Message + Serialize>(
    registry: &Registry,
    subject: &str,
    schema: &str,
) -> Result<Encoder<M>, Error> {
    let contract = parse(subject, schema)?;
    let id = register(registry, subject, schema, contract)?;
    let writer = contract.writer().map_err(|problem| registry.error(subject, problem))?;
    Ok(Encoder::avro(id, writer))
}

fn read<M: Message + DeserializeOwned>(
    registry: &Rc<Registry>,
    subject: &str,
    schema: &str,
    claim: bool,
) -> Result<Decoder<M>, Error> {
    let contract = parse(subject, schema)?;
    let mut known = Vec::new();
    for version in registry.versions(subject)? {
        // One that is no Avro speaks up when a message was written by it.
        if let Ok(written) = Contract::parse(&version.schema) {
            known.push((version.id, written));
        }
    }
    match known.last() {
        Some(&(_, latest)) => {
            if let Err(problem) = contract.reader(latest) {
                let mut problems = contract.disagreements(latest, "the latest version");
                if problems.is_empty() {
                    problems.push(problem);
                }
                let problem = format!("this build cannot read it: {}", problems.join(", "));
                return Err(registry.error(subject, problem));
            }
        }
        None if claim => {
            let id = register(registry, subject, schema, contract)?;
            known.push((id, contract));
        }
        None => {}
    }
    Ok(Decoder::avro(Rc::clone(registry), contract, known))
}

fn register(
    registry: &Registry,
    subject: &str,
    schema: &str,
    contract: Contract,
) -> Result<u32, Error> {
    let level = registry.set_level(subject)?;
    match registry.register(subject, schema)? {
        Registered::As(id) => {
            // A registry may forget the level of a subject that was not there.
            let level = registry.set_level(subject)?;
            tracing::info!(subject, id, compatibility = level, "schema registered");
            Ok(id)
        }
        Registered::Refused(said) => {
            let mut problems = Vec::new();
            for version in registry.versions(subject)? {
                if let Ok(other) = Contract::parse(&version.schema) {
                    let number = version.version.unwrap_or_default();
                    problems.extend(contract.disagreements(other, &format!("version {number}")));
                }
            }
            let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
            problems.push(format!("the registry says: {said}"));
            let problems = problems.join(", ");
            let problem = format!("this build's schema is refused ({level}): {problems}");
            Err(registry.error(subject, problem))
        }
    }
}
