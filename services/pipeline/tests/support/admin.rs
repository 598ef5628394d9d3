//! What an administrator does to topics.

use super::{consumer, partitions, servers, wait_until};
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::Consumer;
use rdkafka::{Offset, TopicPartitionList};
use std::time::Duration;

/// Does something as an administrator.
fn administer<T>(work: impl AsyncFnOnce(&AdminClient<DefaultClientContext>) -> T) -> T {
    let admin = ClientConfig::new().set("bootstrap.servers", servers()).create().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(work(&admin))
}

/// Creates a topic.
pub fn create(topic: &str, partitions: i32, settings: &[(&str, &str)]) {
    let mut new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
    for (name, value) in settings {
        new = new.set(name, value);
    }
    let created =
        administer(async |admin| admin.create_topics(&[new], &AdminOptions::new()).await.unwrap());
    created.into_iter().for_each(|result| drop(result.unwrap()));
}

/// Changes a setting of a topic.
pub fn set(topic: &str, name: &str, value: &str) {
    let new = AlterConfig::new(ResourceSpecifier::Topic(topic)).set(name, value);
    let changed =
        administer(async |admin| admin.alter_configs(&[new], &AdminOptions::new()).await.unwrap());
    changed.into_iter().for_each(|result| drop(result.unwrap()));
}

/// Deletes every record of a topic.
pub fn empty(topic: &str) {
    let consumer = consumer("read_uncommitted");
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions(&consumer, topic) {
        list.add_partition_offset(topic, partition, Offset::End).unwrap();
    }
    let emptied =
        administer(async |admin| admin.delete_records(&list, &AdminOptions::new()).await.unwrap());
    emptied.elements().iter().for_each(|partition| partition.error().unwrap());
}

/// Deletes a topic, and returns when it is gone.
pub fn delete(topic: &str) {
    let deleted = administer(async |admin| {
        admin.delete_topics(&[topic], &AdminOptions::new()).await.unwrap()
    });
    deleted.into_iter().for_each(|result| drop(result.unwrap()));
    let consumer = consumer("read_uncommitted");
    wait_until("a topic to be gone", || {
        let metadata = consumer.fetch_metadata(None, Duration::from_secs(5)).unwrap();
        metadata.topics().iter().all(|found| found.name() != topic)
    });
}
