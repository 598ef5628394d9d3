//! Topics from the outside: made, filled, read to their end as a committed reader
//! does, and deleted.

use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};

use crate::error::{Error, Result};

const CALL: Duration = Duration::from_secs(20);

pub(crate) fn client(servers: &str) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", servers).set("socket.nagle.disable", "true");
    client
}

/// All partitions of a topic, at an offset.
pub(crate) fn partitions(topic: &str, count: i32, offset: Offset) -> Result<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for partition in 0..count {
        let added = list.add_partition_offset(topic, partition, offset);
        added.map_err(Error::kafka("list partitions"))?;
    }
    Ok(list)
}

fn wait_for<T>(work: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    Ok(runtime.map_err(Error::system("start the runtime"))?.block_on(work))
}

fn admin(servers: &str) -> Result<AdminClient<DefaultClientContext>> {
    client(servers).create().map_err(Error::kafka("set up the admin client"))
}

/// Makes a topic that keeps what it is given, however old that is.
pub(crate) fn create(servers: &str, name: &str, partitions: i32) -> Result<()> {
    let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1))
        .set("retention.ms", "-1")
        .set("message.timestamp.type", "CreateTime");
    let action = format!("create topic {name}");
    let admin = admin(servers)?;
    let options = AdminOptions::new().operation_timeout(Some(CALL));
    let created = wait_for(admin.create_topics(&[topic], &options))?;
    let created = created.map_err(Error::kafka(&*action))?;
    for result in created {
        result.map_err(|(_, code)| Error::kafka(&*action)(KafkaError::AdminOp(code)))?;
    }
    let deadline = Instant::now() + CALL;
    loop {
        let metadata = admin.inner().fetch_metadata(None, CALL);
        let metadata = metadata.map_err(Error::kafka(&*action))?;
        let found = metadata.topics().iter().find(|topic| topic.name() == name);
        if found.is_some_and(|topic| topic.partitions().len() == partitions as usize) {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(Error::InVain(action));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Deletes topics, so that the next measurement has the machine for itself.
pub(crate) fn delete(servers: &str, names: &[&str]) -> Result<()> {
    let options = AdminOptions::new().operation_timeout(Some(CALL));
    let admin = admin(servers)?;
    let deleted = wait_for(admin.delete_topics(names, &options))?;
    deleted.map(drop).map_err(Error::kafka("delete topics"))
}

/// A record to put on a topic.
pub(crate) struct Filling {
    pub(crate) key: String,
    pub(crate) value: Vec<u8>,
    /// In milliseconds since 1970 UTC.
    pub(crate) timestamp_ms: i64,
    pub(crate) headers: Option<OwnedHeaders>,
}

/// Puts records on a topic, and returns how many and the bytes of their values.
pub(crate) fn fill(
    servers: &str,
    topic: &str,
    records: impl Iterator<Item = Result<Filling>>,
) -> Result<Sizes> {
    let action = || Error::kafka(format!("fill topic {topic}"));
    let producer: BaseProducer = client(servers)
        .set("partitioner", "murmur2_random")
        .set("linger.ms", "20")
        .set("queue.buffering.max.messages", "500000")
        .create()
        .map_err(action())?;
    let mut sizes = Sizes::default();
    for record in records {
        let record = record?;
        sizes.records += 1;
        sizes.value_bytes += record.value.len() as u64;
        let mut sent = BaseRecord::to(topic)
            .key(&*record.key)
            .payload(&*record.value)
            .timestamp(record.timestamp_ms);
        if let Some(headers) = record.headers {
            sent = sent.headers(headers);
        }
        while let Err((error, unsent)) = producer.send(sent) {
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(action()(error));
            }
            sent = unsent;
            producer.poll(Duration::from_millis(10));
        }
        if sizes.records.is_multiple_of(1024) {
            producer.poll(Duration::ZERO);
        }
    }
    producer.flush(Duration::from_secs(60)).map_err(action())?;
    Ok(sizes)
}

/// How much is on a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) records: u64,
    pub(crate) value_bytes: u64,
    pub(crate) header_bytes: u64,
}

impl Sizes {
    /// Bytes of the values and headers of a record, on average.
    pub(crate) fn mean(&self) -> usize {
        let bytes = self.value_bytes + self.header_bytes;
        usize::try_from(bytes.div_ceil(self.records.max(1))).unwrap_or_default()
    }

    fn add(&mut self, message: &BorrowedMessage<'_>) {
        self.records += 1;
        self.value_bytes += message.payload_len() as u64;
        for header in message.headers().into_iter().flat_map(Headers::iter) {
            self.header_bytes += (header.key.len() + header.value.map_or(0, <[u8]>::len)) as u64;
        }
    }
}

/// Reads a topic to its end, as a committed reader sees it.
pub(crate) fn read(
    servers: &str,
    topic: &str,
    mut each: impl FnMut(&BorrowedMessage<'_>) -> Result<()>,
) -> Result<Sizes> {
    let action = || Error::kafka(format!("read topic {topic}"));
    let consumer: BaseConsumer = client(servers)
        .set("group.id", "bench-look")
        .set("isolation.level", "read_committed")
        .set("enable.partition.eof", "true")
        .set("enable.auto.commit", "false")
        .set("fetch.wait.max.ms", "10")
        .create()
        .map_err(action())?;
    let metadata = consumer.fetch_metadata(Some(topic), CALL).map_err(action())?;
    let mut ends = metadata.topics().iter().map(|t| t.partitions().len()).sum::<usize>();
    let count = i32::try_from(ends).unwrap_or_default();
    consumer.assign(&partitions(topic, count, Offset::Beginning)?).map_err(action())?;
    let mut sizes = Sizes::default();
    let mut quiet = Instant::now();
    while ends > 0 {
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => {
                sizes.add(&message);
                each(&message)?;
                quiet = Instant::now();
            }
            Some(Err(KafkaError::PartitionEOF(_))) => ends -= 1,
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => {
                return Err(action()(error));
            }
            Some(Err(_)) | None if quiet.elapsed() > CALL => {
                return Err(Error::InVain(format!("the end of topic {topic}")));
            }
            Some(Err(_)) | None => {}
        }
    }
    Ok(sizes)
}
