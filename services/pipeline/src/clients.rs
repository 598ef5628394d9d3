//! The Kafka clients as the pipeline uses them: which settings each kind of
//! consumer and producer has, and why. Nothing here reads or writes.

use std::sync::Mutex;

use rdkafka::admin::AdminClient;
use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, ProducerContext};

use crate::config::KafkaConfig;
use crate::error::Error;
use crate::meter::Throttle;

/// Size of a batch of records, in bytes, where the topics allow it. It is the client's
/// default.
const BATCH: u64 = 1_000_000;

/// What a consumer sees of open and aborted transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// Records of committed transactions only, up to the first open one.
    Committed,
    /// Everything that was appended.
    Uncommitted,
}

/// Sends a client's complaints to the log, one a second. They are warnings: the
/// client goes on by itself, and what it cannot mend comes back as an error of a
/// call.
#[derive(Debug, Default)]
pub(crate) struct Logged(Mutex<Throttle>);

impl ClientContext for Logged {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "kafka", facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // The end of a partition is no complaint; who reads to it asked for it.
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::PartitionEOF) {
            return;
        }
        if let Some(held_back) = self.0.lock().ok().and_then(|mut throttle| throttle.admit()) {
            tracing::warn!(target: "kafka", held_back, "{error}: {reason}");
        }
    }
}

impl ConsumerContext for Logged {}

impl ProducerContext for Logged {
    type DeliveryOpaque = ();

    // A record that is not delivered fails its transaction, which is where it
    // is handled.
    fn delivery(&self, _: &rdkafka::producer::DeliveryResult<'_>, (): ()) {}
}

fn common(config: &KafkaConfig) -> ClientConfig {
    let mut client = ClientConfig::new();
    client
        .set("bootstrap.servers", &config.bootstrap_servers)
        .set("client.id", config.transactional_id())
        .set("socket.nagle.disable", "true")
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "2000");
    for (name, value) in &config.security {
        client.set(*name, value);
    }
    client
}

fn consumer(config: &KafkaConfig, isolation: Isolation) -> ClientConfig {
    let mut client = common(config);
    client
        .set("group.id", &config.consumer_group)
        .set("enable.auto.commit", "false")
        // Nobody asks for what it would keep with every record.
        .set("enable.auto.offset.store", "false")
        .set(
            "isolation.level",
            match isolation {
                Isolation::Committed => "read_committed",
                Isolation::Uncommitted => "read_uncommitted",
            },
        )
        // A fetch that waits longer holds up news of other partitions.
        .set("fetch.wait.max.ms", "10")
        // The default of a second stalls a reader whose queue was full.
        .set("fetch.queue.backoff.ms", "1")
        // Of each partition, fetched ahead. The default of 100,000 takes tens of
        // megabytes; with half of this, a reader that is catching up has to wait.
        .set("queued.min.messages", "10000");
    client
}

/// The consumer that is a member of the group.
pub(crate) fn member<C: ConsumerContext>(
    config: &KafkaConfig,
    context: C,
) -> Result<BaseConsumer<C>, Error> {
    let session = config.session_timeout.as_millis();
    let mut client = consumer(config, Isolation::Committed);
    if config.static_member {
        // A restarted instance takes its own place again, without a rebalance.
        client.set("group.instance.id", &config.instance_id);
    }
    client
        .set("partition.assignment.strategy", "range")
        // Where it reads on is said to it. An offset that is not there any more is
        // for somebody to look into, and not for it to choose another.
        .set("auto.offset.reset", "error")
        .set("session.timeout.ms", session.to_string())
        // With a heartbeat comes the news that the group changes, too.
        .set("heartbeat.interval.ms", (session / 5).clamp(100, 3_000).to_string())
        // The lag is in them.
        .set("statistics.interval.ms", "1000")
        .create_with_context(context)
        .map_err(Error::kafka("set up the consumer"))
}

/// A consumer that is assigned by hand and tells when it is at the end. It names
/// the group, to be covered by the same access rules, but never joins it.
pub(crate) fn reader(
    config: &KafkaConfig,
    isolation: Isolation,
) -> Result<BaseConsumer<Logged>, Error> {
    consumer(config, isolation)
        .set("enable.partition.eof", "true")
        .set("auto.offset.reset", "earliest")
        .create_with_context(Logged::default())
        .map_err(Error::kafka("set up a reader"))
}

/// The transactional producer. A topic's `max.message.bytes` is for a batch, so that
/// records which it takes one by one may be too large for it together.
pub(crate) fn producer(
    config: &KafkaConfig,
    transactional_id: &str,
    largest_batch: u64,
) -> Result<BaseProducer<Logged>, Error> {
    common(config)
        .set("transactional.id", transactional_id)
        .set("transaction.timeout.ms", config.transaction_timeout.as_millis().to_string())
        // Java's partitioner, so that a key is in the same partition whoever
        // wrote it.
        .set("partitioner", "murmur2_random")
        // A commit does not wait for it: it sends what is there.
        .set("linger.ms", "25")
        // Dead letters keep their payload, however large their topic allowed it.
        .set("message.max.bytes", "100000000")
        .set("queue.buffering.max.messages", "200000")
        .set("batch.size", largest_batch.clamp(1, BATCH).to_string())
        .set("delivery.report.only.error", "true")
        .create_with_context(Logged::default())
        .map_err(Error::kafka("set up the producer"))
}

/// The client that sees whether the brokers let this service in. It is a producer
/// for no more than its events.
pub(crate) fn first<C: ProducerContext>(
    config: &KafkaConfig,
    context: C,
) -> Result<BaseProducer<C>, Error> {
    common(config)
        // Why a connection fails is said at this level.
        .set_log_level(RDKafkaLogLevel::Info)
        .create_with_context(context)
        .map_err(Error::kafka("set up a client"))
}

/// The client that looks at topics and creates them. What it would say by itself
/// is delivered to nobody.
pub(crate) fn admin(config: &KafkaConfig) -> Result<AdminClient<DefaultClientContext>, Error> {
    common(config).create().map_err(Error::kafka("set up the admin client"))
}
