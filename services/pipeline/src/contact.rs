//! The first contact with the brokers: whether one of them answers and lets this
//! client in, and if none does, why. A client goes on trying for ever, and mentions
//! the cause in its log only; a start has to end, and to say what to look at.

use std::sync::Mutex;
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::producer::{DeliveryResult, Producer, ProducerContext};

use crate::clients;
use crate::config::KafkaConfig;
use crate::error::Error;
use crate::security;

/// Longer than the brokers of a cluster are without the news of a new user, and
/// than one that starts needs to answer.
const CALL: Duration = Duration::from_secs(5);

/// Returns when a broker has answered.
///
/// # Errors
/// [`Error::Setting`] when a file cannot be used, or this build cannot do what is
/// asked for; [`Error::NotAdmitted`] and [`Error::Unreachable`] when none has
/// answered in five seconds.
pub(crate) fn establish(config: &KafkaConfig) -> Result<(), Error> {
    security::check(&config.security)?;
    let client = clients::first(config, Failures::default())
        .map_err(|error| security::explain(error, &config.security))?;
    let Err(error) = client.client().fetch_metadata(None, CALL) else { return Ok(()) };
    // What went wrong meanwhile waits for being asked for.
    client.poll(Duration::from_millis(100));
    let servers = config.bootstrap_servers.clone();
    let failure = client.context().0.lock().ok().and_then(|failure| failure.clone());
    let (cause, reason) = failure.unwrap_or((CAUSES.len(), error.to_string()));
    Err(match CAUSES.get(cause) {
        Some(&(_, settings)) => Error::NotAdmitted { servers, settings, reason },
        None => Error::Unreachable { servers, reason },
    })
}

/// Words of librdkafka's, OpenSSL's or the broker's on a failed connection, and the
/// settings to look at then. The earlier they are in the list, the more they say.
const CAUSES: [(&str, &str); 7] = [
    // The listener knows no SASL.
    ("Request not valid in current SASL state", security::PROTOCOL),
    ("mechanism handshake failed", security::MECHANISM),
    ("SASL", "KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD"),
    // Of the broker. An unknown authority and another name are the same to OpenSSL.
    (
        "certificate verify failed",
        "KAFKA_SSL_CA_LOCATION, or a host in KAFKA_BOOTSTRAP_SERVERS that the certificate is not \
         for",
    ),
    // The broker's word on this client's.
    ("alert", "KAFKA_SSL_CERTIFICATE_LOCATION, KAFKA_SSL_KEY_LOCATION"),
    ("SSL handshake failed", security::PROTOCOL),
    // A listener that expects TLS or SASL ends the connection without a word.
    ("Disconnected", "KAFKA_SECURITY_PROTOCOL, unless the broker was just ending"),
];

/// Keeps the failure of a connection that says most: its place in [`CAUSES`], after
/// all of them if it is none, and its words.
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<Option<(usize, String)>>);

impl ClientContext for Failures {
    // Not all failures are also errors.
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "kafka", facility, "{message}");
        if facility != "FAIL" {
            return;
        }
        // Without the name of the client's thread.
        let reason = message.split_once("]: ").map_or(message, |(_, rest)| rest).to_owned();
        let cause = CAUSES.iter().position(|(words, _)| reason.contains(words));
        let cause = cause.unwrap_or(CAUSES.len());
        if let Ok(mut kept) = self.0.lock()
            && kept.as_ref().is_none_or(|(before, _)| cause < *before)
        {
            *kept = Some((cause, reason));
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "kafka", "{error}: {reason}");
    }
}

impl ProducerContext for Failures {
    type DeliveryOpaque = ();

    fn delivery(&self, _: &DeliveryResult<'_>, (): ()) {}
}
