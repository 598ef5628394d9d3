//! Where records are sent: the producer, whichever thread has it in its hands. It
//! waits where the producer has no room, and sorts the client's errors into those
//! that an abort mends and those that nothing does.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::bindings::rd_kafka_flush;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::types::RDKafkaRespErr;

use crate::clients::Logged;
use crate::error::{Error, Failure};

/// A record to send. Its timestamp is the time of sending and not that of the
/// event: retention goes by it, and brokers refuse times ahead of their clock.
pub(crate) struct Outgoing<'a> {
    pub(crate) topic: &'a str,
    /// By the key's hash where there is none.
    pub(crate) partition: Option<i32>,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) payload: Option<&'a [u8]>,
    pub(crate) headers: OwnedHeaders,
}

/// A producer with its transactional id.
#[derive(Clone)]
pub(crate) struct Sink {
    pub(crate) producer: Arc<BaseProducer<Logged>>,
    id: String,
    sent: u64,
}

impl Sink {
    pub(crate) fn new(producer: BaseProducer<Logged>, id: &str) -> Sink {
        Sink { producer: Arc::new(producer), id: id.to_owned(), sent: 0 }
    }

    /// Sends a record in the open transaction.
    pub(crate) fn send(&mut self, outgoing: Outgoing<'_>) -> Result<(), Failure> {
        self.send_at(None, outgoing)
    }

    /// The same with the time of sending, in milliseconds since 1970 UTC, if it is known;
    /// the client looks at the clock where it is not.
    pub(crate) fn send_at(
        &mut self,
        now_ms: Option<i64>,
        outgoing: Outgoing<'_>,
    ) -> Result<(), Failure> {
        self.sent += 1;
        if self.sent.is_multiple_of(1024) {
            self.producer.poll(Duration::ZERO);
        }
        let mut record = BaseRecord::<[u8], [u8]>::to(outgoing.topic).headers(outgoing.headers);
        record.partition = outgoing.partition;
        record.key = outgoing.key;
        record.payload = outgoing.payload;
        record.timestamp = now_ms;
        while let Err((error, unsent)) = self.producer.send(record) {
            match error {
                KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) => {
                    record = unsent;
                    self.wait();
                }
                KafkaError::MessageProduction(
                    RDKafkaErrorCode::MessageSizeTooLarge
                    | RDKafkaErrorCode::UnknownTopic
                    | RDKafkaErrorCode::UnknownPartition
                    | RDKafkaErrorCode::UnknownTopicOrPartition,
                ) => {
                    return Err(
                        Error::kafka(format!("write to topic {}", outgoing.topic))(error).into()
                    );
                }
                error => return Err(self.failure("write", error)),
            }
        }
        Ok(())
    }

    /// Returns when nothing that was sent is on its way any more: the brokers have it,
    /// or it failed.
    #[allow(unsafe_code, reason = "the binding's flush waits for `linger.ms`")]
    pub(crate) fn flush(&self) {
        const AT_ONCE_MS: i32 = 5;
        let client = self.producer.client();
        loop {
            // librdkafka sends what lingers for as long as this call lasts. The binding calls
            // it for no time at all, and sleeps between.
            // SAFETY: the pointer is that of the client, which outlives the call.
            let flushed = unsafe { rd_kafka_flush(client.native_ptr(), AT_ONCE_MS) };
            if flushed == RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                return;
            }
            // What failed counts as on its way until it is heard of.
            self.producer.poll(Duration::ZERO);
        }
    }

    /// Lets the client's threads work for a moment. The binding's own wait spins
    /// through what is less than a millisecond, while brokers may need the processor.
    pub(crate) fn wait(&self) {
        self.producer.poll(Duration::ZERO);
        std::thread::sleep(Duration::from_micros(200));
    }

    /// Why the client has refused something: that it is in the wrong state for it only
    /// means that the transaction has failed before. Asked to begin another one, it says
    /// of what.
    fn cause(&self, error: KafkaError) -> KafkaError {
        if !matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::State)) {
            return error;
        }
        match self.producer.begin_transaction() {
            Err(KafkaError::Transaction(e)) if e.txn_requires_abort() => KafkaError::Transaction(e),
            _ => error,
        }
    }

    /// What an error of the client means for the transaction.
    pub(crate) fn failure(&self, action: &str, error: KafkaError) -> Failure {
        use RDKafkaErrorCode as Code;
        // After a fatal error every call says just that; the first one is why.
        let fatal = self.producer.client().fatal_error().map(|(code, _)| code);
        let error = fatal.map_or_else(|| self.cause(error), KafkaError::Global);
        let code = error.rdkafka_error_code();
        let fenced =
            matches!(code, Some(Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch));
        match error {
            // The same records would be sent again, and refused again.
            reason if code == Some(Code::MessageSizeTooLarge) => {
                let limit =
                    "a record, or a batch of some, is larger than max.message.bytes of its topic";
                Failure::Stop(Error::kafka(format!("{action}, as {limit}"))(reason))
            }
            KafkaError::Transaction(e) if e.txn_requires_abort() => {
                Failure::Abort(format!("could not {action}: {e}"))
            }
            reason if fenced => Failure::Stop(Error::Fenced { id: self.id.clone(), reason }),
            // A record that the client refuses for the state of its transaction:
            // whether that can be aborted shows when it is.
            KafkaError::MessageProduction(code) if code != Code::Fatal => {
                Failure::Abort(format!("could not {action}: {code}"))
            }
            reason => Failure::Stop(Error::kafka(action)(reason)),
        }
    }
}
