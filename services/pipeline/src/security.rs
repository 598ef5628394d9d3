//! How a client is admitted to the brokers, by TLS and SASL: the options and
//! environment variables, checked against one another, and the names that
//! librdkafka has for them.

use std::collections::BTreeMap;

use clap::Args;
use rdkafka::error::KafkaError;

use crate::error::Error;

pub(crate) const PROTOCOL: &str = "KAFKA_SECURITY_PROTOCOL";
pub(crate) const MECHANISM: &str = "KAFKA_SASL_MECHANISM";
pub(crate) const USERNAME: &str = "KAFKA_SASL_USERNAME";
pub(crate) const PASSWORD: &str = "KAFKA_SASL_PASSWORD";
pub(crate) const CA: &str = "KAFKA_SSL_CA_LOCATION";
pub(crate) const CERTIFICATE: &str = "KAFKA_SSL_CERTIFICATE_LOCATION";
pub(crate) const KEY: &str = "KAFKA_SSL_KEY_LOCATION";

/// How to be admitted to the brokers.
#[derive(Args, Clone, Debug)]
pub(crate) struct SecurityArgs {
    /// plaintext, ssl, sasl_plaintext or sasl_ssl [default: plaintext]
    #[arg(long, env = PROTOCOL, value_name = "PROTOCOL")]
    kafka_security_protocol: Option<String>,
    /// PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512
    #[arg(long, env = MECHANISM, value_name = "MECHANISM")]
    kafka_sasl_mechanism: Option<String>,
    /// SASL user
    #[arg(long, env = USERNAME, value_name = "USER")]
    kafka_sasl_username: Option<String>,
    /// SASL password; better given by the environment than on the command line
    #[arg(long, env = PASSWORD, value_name = "PASSWORD", hide_env_values = true)]
    kafka_sasl_password: Option<Secret>,
    /// PEM file with the authorities that the brokers' certificates come from
    /// [default: those of the system]
    #[arg(long, env = CA, value_name = "FILE")]
    kafka_ssl_ca_location: Option<String>,
    /// PEM file with this client's certificate
    #[arg(long, env = CERTIFICATE, value_name = "FILE")]
    kafka_ssl_certificate_location: Option<String>,
    /// PEM file with this client's key
    #[arg(long, env = KEY, value_name = "FILE")]
    kafka_ssl_key_location: Option<String>,
}

/// A text that is never shown.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) String);

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

impl SecurityArgs {
    /// The settings in librdkafka's names.
    ///
    /// # Errors
    /// [`Error::Setting`] with the variable that is wrong, missing, or without
    /// effect beside the others: whoever sets a password expects it to be asked for.
    pub(crate) fn resolve(self) -> Result<BTreeMap<&'static str, String>, Error> {
        let given = |value: Option<String>| value.filter(|text| !text.is_empty());
        let protocol = given(self.kafka_security_protocol)
            .map_or_else(|| "plaintext".to_owned(), |text| text.to_ascii_lowercase());
        let (tls, sasl) = match protocol.as_str() {
            "plaintext" => (false, false),
            "ssl" => (true, false),
            "sasl_plaintext" => (false, true),
            "sasl_ssl" => (true, true),
            _ => {
                let expected = "plaintext, ssl, sasl_plaintext or sasl_ssl";
                return wrong(PROTOCOL, format!("is '{protocol}', expected {expected}"));
            }
        };
        let mechanism = given(self.kafka_sasl_mechanism).map(|text| text.to_ascii_uppercase());
        let username = given(self.kafka_sasl_username);
        let password = given(self.kafka_sasl_password.map(|Secret(password)| password));
        let ca = given(self.kafka_ssl_ca_location);
        let certificate = given(self.kafka_ssl_certificate_location);
        let key = given(self.kafka_ssl_key_location);

        let of_sasl = [(MECHANISM, &mechanism), (USERNAME, &username), (PASSWORD, &password)];
        let of_tls = [(CA, &ca), (CERTIFICATE, &certificate), (KEY, &key)];
        let uses =
            [(sasl, of_sasl, "sasl_ssl or sasl_plaintext"), (tls, of_tls, "ssl or sasl_ssl")];
        for (in_use, settings, expected) in uses {
            let set = settings.into_iter().find(|(_, value)| value.is_some());
            if let Some((setting, _)) = set.filter(|_| !in_use) {
                let problem =
                    format!("is '{protocol}', expected {expected}, as {setting} is set too");
                return wrong(PROTOCOL, problem);
            }
        }
        for (setting, value) in of_sasl {
            if sasl && value.is_none() {
                return wrong(setting, format!("is not set, and {PROTOCOL} is '{protocol}'"));
            }
        }
        for (setting, value, other) in
            [(CERTIFICATE, &certificate, &key), (KEY, &key, &certificate)]
        {
            if value.is_none() && other.is_some() {
                return wrong(setting, "is not set, expected both a certificate and its key");
            }
        }
        if let Some(mechanism) = &mechanism
            && !["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"].contains(&mechanism.as_str())
        {
            let expected = "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512";
            return wrong(MECHANISM, format!("is '{mechanism}', expected {expected}"));
        }
        let values = [Some(protocol), mechanism, username, password, ca, certificate, key];
        let names = NAMES.into_iter().map(|(name, _)| name);
        Ok(names.zip(values).filter_map(|(name, value)| Some((name, value?))).collect())
    }
}

/// librdkafka's names of the settings.
const NAMES: [(&str, &str); 7] = [
    ("security.protocol", PROTOCOL),
    ("sasl.mechanism", MECHANISM),
    ("sasl.username", USERNAME),
    ("sasl.password", PASSWORD),
    ("ssl.ca.location", CA),
    ("ssl.certificate.location", CERTIFICATE),
    ("ssl.key.location", KEY),
];

/// Refuses what this build cannot do, and files that are not there. Apart from
/// [`SecurityArgs::resolve`], as settings are also checked where they are not used.
///
/// # Errors
/// [`Error::Setting`], which names the variable.
pub(crate) fn check(security: &BTreeMap<&'static str, String>) -> Result<(), Error> {
    let given =
        NAMES.into_iter().filter_map(|(name, setting)| Some((setting, security.get(name)?)));
    for (setting, value) in given {
        let needs_tls = (setting == PROTOCOL && value.ends_with("ssl"))
            || (setting == MECHANISM && value != "PLAIN");
        if needs_tls && cfg!(not(feature = "tls")) {
            return wrong(setting, format!("'{value}' needs a build with the cargo feature `tls`"));
        }
        // OpenSSL would call it a `system lib`.
        if [CA, CERTIFICATE, KEY].contains(&setting)
            && let Err(error) = std::fs::File::open(value)
        {
            return wrong(setting, format!("cannot read '{value}': {error}"));
        }
    }
    Ok(())
}

/// The error of a client that could not be made, with the variable that
/// librdkafka means if it means one: a file that holds something else.
pub(crate) fn explain(error: Error, security: &BTreeMap<&'static str, String>) -> Error {
    let Error::Kafka { reason: KafkaError::ClientCreation(said), .. } = &error else {
        return error;
    };
    let files = NAMES.into_iter().filter(|(_, setting)| [CA, CERTIFICATE, KEY].contains(setting));
    match files.into_iter().find(|(name, _)| said.contains(name)) {
        Some((name, setting)) => {
            let file = security.get(name).map_or("", String::as_str);
            Error::Setting { setting, problem: format!("cannot use '{file}': {said}") }
        }
        None => error,
    }
}

fn wrong<T>(setting: &'static str, problem: impl Into<String>) -> Result<T, Error> {
    Err(Error::Setting { setting, problem: problem.into() })
}
