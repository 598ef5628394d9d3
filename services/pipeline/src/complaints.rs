//! The errors that come with a poll of the group's member: which of them end the
//! service, and which are news of something that the client is already mending.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::config::KafkaConfig;
use crate::error::{Error, Failure};
use crate::meter::Throttle;

/// Hears what the member complains of.
pub(crate) struct Complaints<'a> {
    service: &'static str,
    config: &'a KafkaConfig,
    throttle: Throttle,
}

impl<'a> Complaints<'a> {
    pub(crate) fn new(service: &'static str, config: &'a KafkaConfig) -> Complaints<'a> {
        Complaints { service, config, throttle: Throttle::default() }
    }

    /// Stops at what the client cannot mend; logs the rest, one line a second.
    pub(crate) fn hear(&mut self, error: KafkaError) -> Result<(), Failure> {
        use RDKafkaErrorCode as Code;
        let topic = &self.config.input_topic;
        match error {
            KafkaError::MessageConsumptionFatal(Code::FencedInstanceId)
            | KafkaError::MessageConsumption(Code::FencedInstanceId) => {
                let id = self.config.transactional_id();
                Err(Error::Fenced { id, reason: error }.into())
            }
            // To go on anywhere else would leave something out, or count it twice.
            KafkaError::MessageConsumption(Code::AutoOffsetReset | Code::LogTruncation) => {
                let problem = "the records to be read next are not there any more: they were \
                               deleted before they were read, or the topic was made anew. The \
                               next start compares the offsets, and says which"
                    .to_owned();
                Err(Error::Topic { topic: topic.clone(), problem }.into())
            }
            KafkaError::MessageConsumptionFatal(_)
            | KafkaError::MessageConsumption(
                Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::InvalidSessionTimeout
                | Code::InconsistentGroupProtocol,
            ) => Err(Error::kafka(format!("read topic {topic}"))(error).into()),
            error => {
                if let Some(held_back) = self.throttle.admit() {
                    tracing::warn!(service = self.service, held_back, "{error}");
                }
                Ok(())
            }
        }
    }
}
