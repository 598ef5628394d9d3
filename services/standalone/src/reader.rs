//! Reads the topic `technical_indicators` from its beginning, committed messages
//! only, without being a member of any group.

use pipeline::config::KafkaConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::{Message, Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps to itself what the client reports besides: polls say what matters.
struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!("{error}: {reason}");
    }
}

impl ConsumerContext for Quiet {}

/// The messages of one topic, as they come.
pub(crate) struct Reader {
    consumer: BaseConsumer<Quiet>,
    topic: String,
    /// By partition, the offset after the last message that was read, and
    /// whether nothing was there when it was looked for.
    next: BTreeMap<i32, (Offset, bool)>,
}

impl Reader {
    /// Begins to read the output topic, which must exist.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub(crate) fn open(config: &KafkaConfig) -> KafkaResult<Self> {
        let consumer: BaseConsumer<Quiet> = ClientConfig::new()
            .set("bootstrap.servers", &config.bootstrap_servers)
            .set("group.id", "standalone-view")
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .set("enable.partition.eof", "true")
            .set("fetch.wait.max.ms", "20")
            .create_with_context(Quiet)?;
        let topic = config.output_topic.clone();
        let metadata = consumer.fetch_metadata(Some(&topic), PATIENCE)?;
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        let next = partitions.map(|partition| (partition.id(), (Offset::Beginning, false)));
        let mut reader = Self { consumer, topic, next: next.collect() };
        reader.look_again()?;
        Ok(reader)
    }

    /// The next message's value; `None` when none has come within `patience`.
    ///
    /// # Errors
    /// When reading fails for good.
    pub(crate) fn next(&mut self, patience: Duration) -> KafkaResult<Option<Vec<u8>>> {
        match self.consumer.poll(patience) {
            Some(Ok(message)) => {
                let after = (Offset::Offset(message.offset() + 1), false);
                self.next.insert(message.partition(), after);
                Ok(message.payload().map(<[u8]>::to_vec))
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                if let Some((_, at_end)) = self.next.get_mut(&partition) {
                    *at_end = true;
                }
                Ok(None)
            }
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => Err(error),
            Some(Err(error)) => {
                tracing::warn!("reading topic {}: {error}", self.topic);
                Ok(None)
            }
            None => Ok(None),
        }
    }

    /// Looks anew whether there is more: an end that was seen before does not
    /// count any more.
    ///
    /// # Errors
    /// When the client refuses.
    pub(crate) fn look_again(&mut self) -> KafkaResult<()> {
        let mut list = TopicPartitionList::new();
        for (partition, (offset, at_end)) in &mut self.next {
            *at_end = false;
            list.add_partition_offset(&self.topic, *partition, *offset)?;
        }
        self.consumer.assign(&list)
    }

    /// Whether every partition was read to its end.
    pub(crate) fn is_at_end(&self) -> bool {
        self.next.values().all(|(_, at_end)| *at_end)
    }
}
