//! The rights that the manifests give the Kafka users, on a broker that asks for
//! them: enough for the services to do all that they do, and for nothing else.
//! Skipped, with a word, where `KAFKA_HOME` names no Apache Kafka.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod broker;

use broker::Broker;
use clap::Parser;
use deployment_check::services::Service;
use deployment_check::workload::{containers, text, workloads};
use deployment_check::{environment, render};
use pipeline::dead_letters::{self, Filter};
use pipeline::message::Trade;
use pipeline::{ConnectionArgs, Error, Health, Shutdown};
use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{Message, OwnedMessage};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::Value;
use std::sync::{Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// What a pod of the local cluster starts with, on this broker.
fn arguments(pods: &[Value], service: &Service, broker: &Broker) -> Vec<String> {
    let workload = workloads(pods).find(|pod| text(pod, "metadata/name") == service.name);
    let container = containers(workload.unwrap()).next().unwrap();
    let mut variables = environment::variables(pods, container).unwrap();
    for (name, value) in broker.access(service.name) {
        let variable = variables.iter_mut().find(|(variable, _)| variable == name);
        variable.unwrap_or_else(|| panic!("{} has no {name}", service.name)).1 = value;
    }
    let mut arguments = vec![service.name.to_owned()];
    for (variable, option) in service.options() {
        let set = variables.iter().find(|(name, _)| *name == variable);
        let Some((_, value)) = set.filter(|(_, value)| !value.starts_with("from ")) else {
            continue;
        };
        arguments.push(format!("--{}={value}", option.get_long().unwrap()));
    }
    arguments
}

/// A service on its thread.
struct Started {
    name: &'static str,
    health: Health,
    run: JoinHandle<Result<(), Error>>,
}

/// The services as the manifests start them.
struct Running {
    services: Vec<Started>,
    shutdown: Shutdown,
}

impl Running {
    fn start(pods: &[Value], broker: &Broker) -> Running {
        let shutdown = Shutdown::new();
        let mut services = Vec::new();
        for service in Service::all() {
            let arguments = arguments(pods, &service, broker);
            let (health, stop) = (Health::new(), shutdown.clone());
            let ready = health.clone();
            let run = std::thread::spawn(move || match service.name {
                "trades" => {
                    let options = trades::Options::try_parse_from(arguments).unwrap();
                    let source = trades::source(&options.source).unwrap();
                    let config = options.kafka.resolve(trades::DEFAULTS).unwrap();
                    pipeline::source::run(source, &config, &health, &stop)
                }
                "candles" => {
                    let options = candles::Options::try_parse_from(arguments).unwrap();
                    let config = options.kafka.resolve(candles::DEFAULTS).unwrap();
                    pipeline::run(options.candles.step(), &config, &health, &stop)
                }
                "technical-indicators" => {
                    let options = technical_indicators::Options::try_parse_from(arguments).unwrap();
                    let step = options.indicators.step().unwrap();
                    let config = options.kafka.resolve(technical_indicators::DEFAULTS).unwrap();
                    pipeline::run(step, &config, &health, &stop)
                }
                other => panic!("{other} is not known here"),
            });
            services.push(Started { name: service.name, health: ready, run });
        }
        Running { services, shutdown }
    }

    /// Waits until something is so, with every service at work.
    fn until(&mut self, what: &str, mut condition: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !self.services.iter().all(|started| started.health.is_ready()) || !condition() {
            if let Some(ended) = self.services.iter().position(|started| started.run.is_finished())
            {
                let Started { name, run, .. } = self.services.swap_remove(ended);
                panic!("{name} ended while waiting for {what}: {:?}", run.join().unwrap());
            }
            assert!(Instant::now() < deadline, "waited in vain: {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn stop(self) {
        self.shutdown.request();
        for Started { name, run, .. } in self.services {
            run.join().unwrap().unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

/// The records of a topic that a client can see, up to their present end.
fn read(client: &ClientConfig, topic: &str) -> Result<Vec<OwnedMessage>, KafkaError> {
    let reader: BaseConsumer = client.clone().set("enable.partition.eof", "true").create()?;
    let metadata = reader.fetch_metadata(Some(topic), PATIENCE)?;
    if let Some(error) = metadata.topics()[0].error() {
        return Err(KafkaError::MetadataFetch(error.into()));
    }
    let mut partitions = TopicPartitionList::new();
    for partition in metadata.topics()[0].partitions() {
        partitions.add_partition_offset(topic, partition.id(), Offset::Beginning)?;
    }
    reader.assign(&partitions)?;
    let (mut found, mut ends) = (Vec::new(), 0);
    while ends < partitions.count() {
        match reader.poll(PATIENCE) {
            Some(Ok(message)) => found.push(message.detach()),
            Some(Err(KafkaError::PartitionEOF(_))) => ends += 1,
            // A connection that is lost is made again.
            Some(Err(KafkaError::MessageConsumption(
                Code::AllBrokersDown | Code::BrokerTransportFailure,
            ))) => {}
            Some(Err(error)) => return Err(error),
            None => panic!("no end of {topic}"),
        }
    }
    Ok(found)
}

fn write(client: &ClientConfig, topic: &str, key: &str, value: &str) -> Result<(), KafkaError> {
    // A pair's partition is that of the services.
    let producer: BaseProducer<Delivered> = client
        .clone()
        .set("partitioner", "murmur2_random")
        .create_with_context(Delivered::default())?;
    let record = BaseRecord::to(topic).key(key).payload(value);
    producer.send(record).map_err(|(error, _)| error)?;
    producer.flush(PATIENCE)?;
    let outcome = producer.context().0.lock().unwrap().take();
    outcome.unwrap()
}

/// How the record was received.
#[derive(Default)]
struct Delivered(Mutex<Option<Result<(), KafkaError>>>);

impl ClientContext for Delivered {}

impl ProducerContext for Delivered {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let outcome = result.as_ref().map(drop).map_err(|(error, _)| error.clone());
        *self.0.lock().unwrap() = Some(outcome);
    }
}

/// The settings of `pipeline-admin`.
#[derive(Parser)]
struct Admin {
    #[command(flatten)]
    connection: ConnectionArgs,
}

fn kafka() -> Vec<Value> {
    render::kustomize("dev/kafka").unwrap()
}

#[test]
fn the_services_can_do_all_that_they_do() {
    let pods = render::kustomize("dev").unwrap();
    let Some(broker) = Broker::start(&kafka()) else { return };
    let mut anybody = ClientConfig::new();
    anybody.set("bootstrap.servers", &broker.plain).set("group.id", "look");
    let count = |topic: &str, text: &str| {
        let records = read(&anybody, topic).unwrap();
        let payload = |record: &OwnedMessage| {
            String::from_utf8_lossy(record.payload().unwrap_or_default()).into_owned()
        };
        records.iter().filter(|record| payload(record).contains(text)).count()
    };
    let closed = || count("technical_indicators", "\"closed\":true");

    let mut running = Running::start(&pods, &broker);
    running.until("closed candles", || closed() > 0);
    // Whatever is set aside: a trade that is late, and what nobody can read.
    let trades = read(&anybody, "trades").unwrap();
    let (key, mut late) = trades
        .iter()
        .find_map(|record| {
            let trade: Trade = serde_json::from_slice(record.payload()?).ok()?;
            Some((record.key()?.to_vec(), trade))
        })
        .unwrap();
    late.timestamp_ms -= 3_600_000;
    let key = String::from_utf8(key).unwrap();
    write(&anybody, "trades", &key, &serde_json::to_string(&late).unwrap()).unwrap();
    write(&anybody, "trades", "?", "no trade").unwrap();
    write(&anybody, "candles", "?", "no candle").unwrap();
    let set_aside = ["trades.late", "trades.dlq", "candles.dlq"];
    running.until("what is set aside", || set_aside.iter().all(|topic| count(topic, "") == 1));
    running.stop();

    let options = Admin::try_parse_from(arguments(&pods, &Service::admin(), &broker)).unwrap();
    let config = options.connection.resolve(dead_letters::DEFAULTS).unwrap();
    for topic in set_aside {
        let mut letters = 0;
        let each = &mut |_| {
            letters += 1;
            true
        };
        dead_letters::list(&config, topic, &Filter::default(), each).unwrap();
        assert_eq!(letters, 1, "{topic}");
    }
    for topic in ["trades.dlq", "candles.dlq"] {
        let report = dead_letters::redrive(&config, topic, &Filter::default(), false).unwrap();
        assert_eq!(report.sent, 1, "{topic}");
    }

    // They find their state again, and what still cannot be read.
    let before = closed();
    let mut running = Running::start(&pods, &broker);
    running.until("more closed candles", || closed() > before);
    running.until("the letters once more", || {
        ["trades.dlq", "candles.dlq"].iter().all(|topic| count(topic, "") == 2)
    });
    running.stop();
}

#[test]
fn nobody_can_do_more() {
    let Some(broker) = Broker::start(&kafka()) else { return };
    let refused = |result: Result<(), KafkaError>, code: Code| {
        let found = result.expect_err("it is allowed").rdkafka_error_code();
        assert_eq!(found, Some(code));
    };
    let write = |user: &str, topic: &str| write(&broker.client(user), topic, "A/B", "{}");
    let read = |client: &ClientConfig, topic: &str| read(client, topic).map(drop);
    for (user, own, other) in [
        ("trades", "trades", "candles"),
        ("candles", "candles", "trades"),
        ("technical-indicators", "technical_indicators", "candles"),
    ] {
        write(user, own).unwrap();
        refused(write(user, other), Code::TopicAuthorizationFailed);
        refused(write(user, "unknown"), Code::TopicAuthorizationFailed);
    }
    let indicators = broker.client("technical-indicators");
    read(&broker.client("candles"), "trades").unwrap();
    refused(read(&indicators, "trades"), Code::TopicAuthorizationFailed);
    refused(read(&broker.client("keda"), "trades"), Code::GroupAuthorizationFailed);

    let take_over = |user: &str, id: &str| {
        let producer: BaseProducer = broker.client(user).set("transactional.id", id).create()?;
        producer.init_transactions(PATIENCE)
    };
    take_over("candles", "candles-candles-0").unwrap();
    // It would fence off the other service.
    let other = take_over("technical-indicators", "candles-candles-0");
    refused(other, Code::TransactionalIdAuthorizationFailed);
}

#[test]
fn who_may_not_read_a_topic_is_told_so() {
    let Some(broker) = Broker::start(&kafka()) else { return };
    let (user, topic) = ("technical-indicators", "candles.dlq");
    write(&broker.client(user), topic, "A/B", "{}").unwrap();
    let mut arguments = vec![user.to_owned(), "--kafka-security-protocol=ssl".to_owned()];
    for (name, value) in broker.access(user) {
        arguments.push(format!("--{}={value}", name.to_lowercase().replace('_', "-")));
    }
    let options = Admin::try_parse_from(arguments).unwrap();
    let config = options.connection.resolve(dead_letters::DEFAULTS).unwrap();
    let (answer, answered) = mpsc::channel();
    std::thread::spawn(move || {
        answer.send(dead_letters::list(&config, topic, &Filter::default(), &mut |_| true)).unwrap();
    });
    let listed = answered.recv_timeout(PATIENCE).expect("it waits for ever");
    let error = listed.unwrap_err().to_string();
    assert!(error.starts_with("could not read topic candles.dlq: "), "{error}");
    assert!(error.contains("Topic authorization failed"), "{error}");
}
