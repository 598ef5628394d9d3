//! The topics that a service needs: created with the right settings when they
//! are missing, checked when they are there, refused when they are wrong. It is
//! also the first contact with the broker, so this is where a start ends when
//! nobody answers.

use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::RDKafkaErrorCode;

use crate::clients;
use crate::config::KafkaConfig;
use crate::contact;
use crate::error::Error;

const CALL: Duration = Duration::from_secs(5);

/// The setting for what happens to old records, and its value for a topic that
/// keeps the last one of each key.
const POLICY: &str = "cleanup.policy";
const COMPACT: &str = "compact";
/// The setting for the size of a batch of records, which may be a single one.
const LARGEST: &str = "max.message.bytes";
/// What a copy of a record may have in its headers, in bytes, that the record has
/// not.
const ROOM_FOR_HEADERS: u64 = 65_536;

/// What the brokers take of a service, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Of a copy of its input, as a batch of its own. A source has none.
    pub(crate) copy: u64,
    /// Of a record in its changelog, as a batch of its own.
    pub(crate) state: u64,
    /// Of a batch of records, whichever of its topics it is for.
    pub(crate) batch: u64,
}

/// Refuses a step that would read what it writes.
pub(crate) fn check_names(config: &KafkaConfig) -> Result<(), Error> {
    if config.input_topic == config.output_topic {
        let problem = format!(
            "is '{}', which is KAFKA_INPUT_TOPIC too, expected another topic",
            config.output_topic
        );
        return Err(Error::Setting { setting: "KAFKA_OUTPUT_TOPIC", problem });
    }
    Ok(())
}

/// Makes sure of the topics of a step, and returns what they take.
pub(crate) fn prepare_step(config: &KafkaConfig, has_late: bool) -> Result<Limits, Error> {
    let topics = Topics::connect(config)?;
    let (input, output) = (&config.input_topic, &config.output_topic);
    let partitions = topics.ensure(input)?;
    topics.ensure(output)?;
    let largest = topics.largest(input)? + ROOM_FOR_HEADERS;
    let mut copy = topics.ensure_copies(&config.dead_letter_topic(), largest)?;
    if has_late {
        copy = copy.min(topics.ensure_copies(&config.late_topic(), largest)?);
    }
    let changelog = config.changelog_topic();
    topics.ensure_changelog(&changelog, partitions, input)?;
    let state = topics.largest(&changelog)?;
    Ok(Limits { copy, state, batch: copy.min(state).min(topics.largest(output)?) })
}

/// Makes sure of the topics of a source, and returns the number of partitions of
/// its output, and what they take.
pub(crate) fn prepare_source(config: &KafkaConfig) -> Result<(i32, Limits), Error> {
    let topics = Topics::connect(config)?;
    let (output, changelog) = (&config.output_topic, config.changelog_topic());
    let partitions = topics.ensure(output)?;
    topics.ensure_changelog(&changelog, 1, "positions of the sources")?;
    let state = topics.largest(&changelog)?;
    let batch = state.min(topics.largest(output)?);
    Ok((partitions, Limits { copy: 0, state, batch }))
}

/// Makes sure of the topic for the marks of a re-drive.
pub(crate) fn prepare_redrive(
    config: &KafkaConfig,
    letters: &str,
    marks: &str,
) -> Result<(), Error> {
    let topics = Topics::connect(config)?;
    match topics.partitions(letters)? {
        Some(partitions) => topics.ensure_changelog(marks, partitions, letters),
        None => Ok(()),
    }
}

/// The number of a topic's partitions; `None` when there is no such topic.
pub(crate) fn partitions(config: &KafkaConfig, name: &str) -> Result<Option<i32>, Error> {
    Topics::connect(config)?.partitions(name)
}

struct Topics<'a> {
    config: &'a KafkaConfig,
    admin: AdminClient<DefaultClientContext>,
    runtime: tokio::runtime::Runtime,
}

impl<'a> Topics<'a> {
    fn connect(config: &'a KafkaConfig) -> Result<Topics<'a>, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(Error::system("start the runtime"))?;
        contact::establish(config)?;
        Ok(Topics { config, admin: clients::admin(config)?, runtime })
    }

    /// The number of a topic's partitions; `None` when there is no such topic.
    fn partitions(&self, name: &str) -> Result<Option<i32>, Error> {
        // The list of all topics: asking for one by name may create it, with the
        // broker's settings instead of ours.
        let metadata = self
            .admin
            .inner()
            .fetch_metadata(None, CALL)
            .map_err(Error::kafka(format!("look for topic {name}")))?;
        Ok(metadata
            .topics()
            .iter()
            .find(|topic| topic.name() == name)
            // A topic that has partitions is there, whether or not their leaders are.
            .map(|topic| topic.partitions().len() as i32)
            .filter(|&partitions| partitions > 0))
    }

    /// A topic for messages, with any number of partitions.
    fn ensure(&self, name: &str) -> Result<i32, Error> {
        let partitions = match self.partitions(name)? {
            Some(partitions) => partitions,
            None => self.create(name, self.config.topic_partitions, &[])?,
        };
        let policy = self.setting(name, POLICY)?;
        if policy.split(',').any(|each| each.trim() == COMPACT) {
            let problem = format!(
                "{POLICY} is '{policy}', expected 'delete', or of each pair's messages only the \
                 last would stay"
            );
            return Err(Error::Topic { topic: name.to_owned(), problem });
        }
        Ok(partitions)
    }

    /// A topic for copies of records, each with more headers than the record had.
    /// Returns the size that they may have.
    fn ensure_copies(&self, name: &str, largest: u64) -> Result<u64, Error> {
        if self.partitions(name)?.is_none() {
            let largest = largest.to_string();
            self.create(name, self.config.topic_partitions, &[(LARGEST, &largest)])?;
        }
        let found = self.largest(name)?;
        if found < largest {
            tracing::warn!(
                topic = name,
                "{LARGEST} is {found}, expected {largest} at least: copies of larger records \
                 will only say where the record is"
            );
        }
        Ok(found)
    }

    /// The size of the largest record that a topic takes.
    fn largest(&self, name: &str) -> Result<u64, Error> {
        let found = self.setting(name, LARGEST)?;
        found.parse().map_err(|_| Error::Topic {
            topic: name.to_owned(),
            problem: format!("{LARGEST} is '{found}', expected a number of bytes"),
        })
    }

    /// A compacted topic with exactly as many partitions as what it follows.
    fn ensure_changelog(&self, name: &str, partitions: i32, follows: &str) -> Result<(), Error> {
        let found = match self.partitions(name)? {
            Some(found) => found,
            None => {
                let settings = [(POLICY, COMPACT)];
                self.create(name, partitions, &settings)?
            }
        };
        let wrong = |problem: String| Error::Topic { topic: name.to_owned(), problem };
        if found != partitions {
            return Err(wrong(format!(
                "has {found} partitions, expected {partitions} ({follows})"
            )));
        }
        let policy = self.setting(name, POLICY)?;
        if policy != COMPACT {
            return Err(wrong(format!(
                "{POLICY} is '{policy}', expected '{COMPACT}', or state would be lost"
            )));
        }
        Ok(())
    }

    fn create(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) -> Result<i32, Error> {
        let replication = TopicReplication::Fixed(self.config.topic_replication);
        let mut topic = NewTopic::new(name, partitions, replication);
        for &(setting, value) in settings {
            topic = topic.set(setting, value);
        }
        let options = AdminOptions::new().operation_timeout(Some(CALL));
        let action = || Error::kafka(format!("create topic {name}"));
        let created =
            self.runtime.block_on(self.admin.create_topics(&[topic], &options)).map_err(action())?;
        for result in created {
            match result {
                // Another instance was faster.
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => {
                    return Err(Error::Topic {
                        topic,
                        problem: format!("cannot be created with {partitions} partitions: {code}"),
                    });
                }
            }
        }
        let deadline = Instant::now() + 2 * CALL;
        loop {
            if let Some(partitions) = self.partitions(name)? {
                tracing::info!(topic = name, partitions, "topic created");
                return Ok(partitions);
            }
            if Instant::now() > deadline {
                return Err(Error::Topic {
                    topic: name.to_owned(),
                    problem: "was created, but the broker does not show it".to_owned(),
                });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The value of a topic's setting. A broker that has not heard of a new topic
    /// yet knows none; it gets some time.
    fn setting(&self, topic: &str, setting: &str) -> Result<String, Error> {
        let deadline = Instant::now() + 2 * CALL;
        loop {
            if let Some(found) = self.setting_now(topic, setting)? {
                return Ok(found);
            }
            // The client keeps to itself why it was told nothing.
            if Instant::now() > deadline {
                let problem = format!(
                    "the broker does not tell its {setting}: this client needs the right \
                     DescribeConfigs on it"
                );
                return Err(Error::Topic { topic: topic.to_owned(), problem });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn setting_now(&self, topic: &str, setting: &str) -> Result<Option<String>, Error> {
        let options = AdminOptions::new().request_timeout(Some(CALL));
        let action = || Error::kafka(format!("read the settings of topic {topic}"));
        let resources = [ResourceSpecifier::Topic(topic)];
        let described = self
            .runtime
            .block_on(self.admin.describe_configs(&resources, &options))
            .map_err(action())?;
        match described.into_iter().next() {
            Some(Ok(resource)) => Ok(resource.get(setting).and_then(|e| e.value.clone())),
            Some(Err(RDKafkaErrorCode::UnknownTopicOrPartition)) | None => Ok(None),
            Some(Err(code)) => Err(action()(rdkafka::error::KafkaError::AdminOp(code))),
        }
    }
}
