//! What a committed reader sees on the topics of a stream, and the comparison of
//! two streams, value by value.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers, Message};
use rdkafka::{Offset, TopicPartitionList};

use crate::error::Error;

/// One record: its value, and its headers, of which `type` is not heartbeat, without
/// the stream's name where they begin with it, as the name of a group does.
type Record = (Vec<u8>, Vec<(String, Vec<u8>)>);

/// Per topic and key, the records in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    topics: BTreeMap<&'static str, BTreeMap<String, Vec<Record>>>,
}

impl Output {
    /// Reads the topics of a stream to their ends. `names` are the topics without
    /// the stream's name, which is `prefix`.
    pub(crate) fn read(
        servers: &str,
        prefix: &str,
        names: &[&'static str],
    ) -> Result<Output, Error> {
        let mut output = Output::default();
        for &name in names {
            let topic = format!("{prefix}.{name}");
            let wrong = |reason: String| Error::Read { topic: topic.clone(), reason };
            let records = read(servers, &topic, prefix).map_err(|e| wrong(e.to_string()))?;
            output.topics.insert(name, records.ok_or_else(|| wrong("it has no end".to_owned()))?);
        }
        Ok(output)
    }

    /// Number of records in all topics.
    #[must_use]
    pub fn len(&self) -> usize {
        self.topics.values().flat_map(BTreeMap::values).map(Vec::len).sum()
    }

    /// Whether there is no record at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// All records of a topic but heartbeats; `None` when that takes too long.
fn read(
    servers: &str,
    topic: &str,
    prefix: &str,
) -> Result<Option<BTreeMap<String, Vec<Record>>>, KafkaError> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("group.id", "look")
        .set("isolation.level", "read_committed")
        .set("enable.partition.eof", "true")
        .set("enable.auto.commit", "false")
        .create()?;
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(20))?;
    let mut list = TopicPartitionList::new();
    for partition in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
        list.add_partition_offset(topic, partition.id(), Offset::Beginning)?;
    }
    let mut ends = list.count();
    consumer.assign(&list)?;
    let mut records: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    let deadline = Instant::now() + Duration::from_secs(120);
    while ends > 0 {
        if Instant::now() > deadline {
            return Ok(None);
        }
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => {
                let headers: Vec<_> = message.headers().map_or_else(Vec::new, |headers| {
                    let headers = headers.iter();
                    headers
                        .map(|h| {
                            let value = h.value.unwrap_or_default();
                            let own = value.strip_prefix(prefix.as_bytes()).unwrap_or(value);
                            (h.key.to_owned(), own.into())
                        })
                        .collect()
                });
                // How many there are is the clock's affair.
                if headers.iter().any(|(key, _)| key == "type") {
                    continue;
                }
                let key = String::from_utf8_lossy(message.key().unwrap_or_default());
                let value = message.payload().unwrap_or_default().to_vec();
                records.entry(key.into_owned()).or_default().push((value, headers));
            }
            Some(Err(KafkaError::PartitionEOF(_))) => ends -= 1,
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => return Err(error),
            Some(Err(_)) | None => {}
        }
    }
    Ok(Some(records))
}

/// Compares what a disturbed stream gave with what an undisturbed one did.
///
/// # Errors
/// The first difference.
pub fn compare(undisturbed: &Output, disturbed: &Output) -> Result<(), String> {
    let none = BTreeMap::new();
    for (&topic, expected) in &undisturbed.topics {
        let found = disturbed.topics.get(topic).unwrap_or(&none);
        for key in expected.keys().chain(found.keys()) {
            let expected = expected.get(key).map_or(&[][..], Vec::as_slice);
            let found = found.get(key).map_or(&[][..], Vec::as_slice);
            let mut rows = expected.iter().zip(found).enumerate();
            if let Some((row, (expected, found))) = rows.find(|(_, (one, other))| one != other) {
                return Err(format!(
                    "{topic}, key {key}, record {row}: {}, expected {}",
                    show(found),
                    show(expected)
                ));
            }
            if expected.len() != found.len() {
                let (longer, what) = match expected.len() > found.len() {
                    true => (expected, "missing"),
                    false => (found, "too much"),
                };
                let first = longer.get(expected.len().min(found.len())).map(show);
                return Err(format!(
                    "{topic}, key {key}: {} records, expected {}; first {what}: {}",
                    found.len(),
                    expected.len(),
                    first.unwrap_or_default()
                ));
            }
        }
    }
    Ok(())
}

fn show((value, headers): &Record) -> String {
    let headers = headers.iter().map(|(k, v)| format!("{k}={}", String::from_utf8_lossy(v)));
    let headers: Vec<String> = headers.collect();
    format!("{} [{}]", String::from_utf8_lossy(value), headers.join(" "))
}
