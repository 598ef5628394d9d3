//! The schema registry, Confluent's REST API: how it is reached, and the few
//! questions that are put to it. What they are put for is in `contracts`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use schema_registry_converter::async_impl::schema_registry as calls;
use schema_registry_converter::async_impl::schema_registry::SrSettings;
use schema_registry_converter::error::SRCError;
use schema_registry_converter::schema_registry_common::{
    RawError, RegisteredSchema, SchemaType, SuppliedSchema,
};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::error::Error;
use crate::security::Secret;

/// A service cannot wait longer in the middle of a transaction.
const CALL: Duration = Duration::from_secs(3);
/// The registry's code for a schema number that it does not know.
const NO_SUCH_SCHEMA: u32 = 40403;

/// The options of the schema registry.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Schema registry")]
pub(crate) struct RegistryArgs {
    /// Schema registry (Confluent's REST API); with it messages are Avro, without
    /// it JSON
    #[arg(long, env = "SCHEMA_REGISTRY_URL", value_name = "URL")]
    schema_registry_url: Option<String>,
    /// User at the schema registry
    #[arg(long, env = "SCHEMA_REGISTRY_USERNAME", value_name = "USER")]
    schema_registry_username: Option<String>,
    /// Password at the schema registry; better given by the environment than on
    /// the command line
    #[arg(long, env = "SCHEMA_REGISTRY_PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    schema_registry_password: Option<Secret>,
    /// How far a schema may change from one version to the next
    /// [default: FULL_TRANSITIVE for a subject that has no level of its own]
    #[arg(
        long,
        env = "SCHEMA_COMPATIBILITY",
        value_name = "LEVEL",
        value_enum,
        ignore_case = true
    )]
    schema_compatibility: Option<Compatibility>,
}

/// How far a schema may change from one version to the next, as the registry
/// checks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Compatibility {
    /// New readers read the messages of the version before.
    Backward,
    /// New readers read the messages of all versions.
    BackwardTransitive,
    /// Readers of the version before read new messages.
    Forward,
    /// Readers of all versions read new messages.
    ForwardTransitive,
    /// Both, with the version before.
    Full,
    /// Both, with all versions. The topics hold messages of all versions, and
    /// services are replaced one by one in any order: nothing less is safe.
    FullTransitive,
    /// Anything goes.
    None,
}

/// How the schema registry is reached.
#[derive(Clone)]
pub struct RegistryConfig {
    /// Its address: `http://host:port`.
    pub url: String,
    /// User and password.
    pub login: Option<(String, String)>,
    /// The level to set; by default [`Compatibility::FullTransitive`], but only
    /// for subjects that have none of their own.
    pub compatibility: Option<Compatibility>,
}

impl std::fmt::Debug for RegistryConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistryConfig")
            .field("url", &self.url)
            .field("compatibility", &self.compatibility)
            .finish_non_exhaustive()
    }
}

impl RegistryConfig {
    /// A registry without a login, with the default level.
    #[must_use]
    pub fn new(url: impl Into<String>) -> RegistryConfig {
        RegistryConfig { url: url.into(), login: None, compatibility: None }
    }
}

impl RegistryArgs {
    /// The registry, if there is to be one.
    pub(crate) fn resolve(self) -> Result<Option<RegistryConfig>, Error> {
        let Some(url) = self.schema_registry_url.filter(|url| !url.is_empty()) else {
            return Ok(None);
        };
        let wrong = |setting, problem: String| Err(Error::Setting { setting, problem });
        let parsed = reqwest::Url::parse(&url).ok();
        let Some(parsed) = parsed.filter(|url| matches!(url.scheme(), "http" | "https")) else {
            // A login is not for the log, even where it is not in its place.
            let shown = url.rsplit_once('@').map(|(_, host)| format!("...@{host}"));
            let shown = shown.unwrap_or(url);
            let problem = format!("'{shown}', expected an address like http://localhost:8081");
            return wrong("SCHEMA_REGISTRY_URL", problem);
        };
        if !parsed.username().is_empty() || parsed.password().is_some() {
            let problem = "has a login in it, expected SCHEMA_REGISTRY_USERNAME and _PASSWORD";
            return wrong("SCHEMA_REGISTRY_URL", problem.to_owned());
        }
        let username = self.schema_registry_username.filter(|name| !name.is_empty());
        let password = self.schema_registry_password.map(|Secret(password)| password);
        Ok(Some(RegistryConfig {
            url: url.trim_end_matches('/').to_owned(),
            login: username.map(|username| (username, password.unwrap_or_default())),
            compatibility: self.schema_compatibility,
        }))
    }
}

/// What came of looking for a schema.
pub(crate) enum Lookup {
    /// Its text.
    Found(String),
    /// The registry answered, with something else than an Avro schema.
    Other(String),
    /// The registry answered that it has no such schema.
    Missing,
    /// The registry did not answer, or not as a registry does.
    Unanswered(String),
}

/// What came of registering a schema.
pub(crate) enum Registered {
    /// Its number.
    As(u32),
    /// What the registry says against it.
    Refused(String),
}

/// A connection to the registry.
pub(crate) struct Registry {
    config: RegistryConfig,
    settings: SrSettings,
    http: reqwest::Client,
    runtime: Runtime,
}

#[derive(Serialize)]
struct Level {
    compatibility: Compatibility,
}

#[derive(Deserialize)]
struct CurrentLevel {
    #[serde(rename = "compatibilityLevel")]
    name: String,
}

impl Registry {
    /// Prepares to ask; asks nothing yet.
    pub(crate) fn new(config: &RegistryConfig) -> Result<Registry, Error> {
        // Another part of the process may have chosen already.
        rustls::crypto::ring::default_provider().install_default().ok();
        let wrong = |reason: String| Error::Setting {
            setting: "SCHEMA_REGISTRY_URL",
            problem: format!("'{}' cannot be used: {reason}", config.url),
        };
        let mut builder = SrSettings::new_builder(config.url.clone());
        builder.set_timeout(CALL);
        if let Some((user, password)) = &config.login {
            builder.set_basic_authorization(user, Some(password));
        }
        let http = reqwest::Client::builder().timeout(CALL).build();
        Ok(Registry {
            config: config.clone(),
            settings: builder.build().map_err(|e| wrong(reason(&e)))?,
            http: http.map_err(|e| wrong(e.to_string()))?,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(Error::system("start the runtime"))?,
        })
    }

    /// The schema with this number.
    pub(crate) fn schema(&self, id: u32) -> Lookup {
        match self.runtime.block_on(calls::get_schema_by_id(id, &self.settings)) {
            Ok(RegisteredSchema { schema_type: SchemaType::Avro, schema, .. }) => {
                Lookup::Found(schema)
            }
            Ok(found) => Lookup::Other(format!("is {:?}, expected Avro", found.schema_type)),
            Err(error) if answer(&error).is_some_and(|a| a.error_code == NO_SUCH_SCHEMA) => {
                Lookup::Missing
            }
            Err(error) => Lookup::Unanswered(reason(&error)),
        }
    }

    /// The versions of a subject, the latest one last; none when there is no such
    /// subject.
    pub(crate) fn versions(&self, subject: &str) -> Result<Vec<RegisteredSchema>, Error> {
        let versions =
            self.runtime.block_on(calls::get_all_versions(&self.settings, subject.to_owned()));
        let mut numbers = match versions {
            Ok(numbers) => numbers,
            // "Subject not found", in the words of whichever registry.
            Err(error) if answer(&error).is_some_and(|a| a.error_code / 100 == 404) => Vec::new(),
            Err(error) => return Err(self.failed(subject, &error)),
        };
        numbers.sort_unstable();
        let schema = |version| {
            let settings = &self.settings;
            let call = calls::get_schema_by_subject_and_version(settings, subject, Some(version));
            self.runtime.block_on(call).map_err(|error| self.failed(subject, &error))
        };
        numbers.into_iter().map(schema).collect()
    }

    /// Registers a schema, or finds the number that it has.
    pub(crate) fn register(&self, subject: &str, schema: &str) -> Result<Registered, Error> {
        let supplied = SuppliedSchema::new(None, SchemaType::Avro, schema.to_owned());
        let call = calls::post_schema(&self.settings, subject.to_owned(), supplied);
        match self.runtime.block_on(call) {
            Ok(registered) => Ok(Registered::As(registered.id)),
            Err(error) => match answer(&error) {
                Some(answer) if refuses(answer.error_code) => {
                    Ok(Registered::Refused(answer.message.clone()))
                }
                _ => Err(self.failed(subject, &error)),
            },
        }
    }

    /// Gives the subject the configured level, or the default one if it has none.
    /// The level that it has then.
    pub(crate) fn set_level(&self, subject: &str) -> Result<String, Error> {
        let failed = |error: reqwest::Error| {
            self.failed(subject, &SRCError::retryable_with_cause(error, "no answer"))
        };
        let address = format!("{}/config/{subject}", self.config.url);
        let current: Option<CurrentLevel> = self
            .runtime
            .block_on(async {
                let response = self.with_login(self.http.get(&address)).send().await?;
                match response.status() {
                    reqwest::StatusCode::NOT_FOUND => Ok(None),
                    _ => response.error_for_status()?.json().await.map(Some),
                }
            })
            .map_err(failed)?;
        let wanted = self.config.compatibility;
        let level = wanted.unwrap_or(Compatibility::FullTransitive);
        let name = level.to_possible_value().map_or(String::new(), |v| v.get_name().to_owned());
        if let Some(current) = current
            && (wanted.is_none() || current.name == name)
        {
            return Ok(current.name);
        }
        let request =
            self.with_login(self.http.put(&address)).json(&Level { compatibility: level });
        self.runtime
            .block_on(async { request.send().await?.error_for_status() })
            .map_err(failed)?;
        Ok(name)
    }

    /// An error about a subject, for whoever starts the service.
    pub(crate) fn error(&self, subject: &str, problem: String) -> Error {
        Error::Schema { url: self.config.url.clone(), subject: subject.to_owned(), problem }
    }

    fn failed(&self, subject: &str, error: &SRCError) -> Error {
        self.error(subject, format!("cannot be asked for: {}", reason(error)))
    }

    fn with_login(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.config.login {
            Some((user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        }
    }
}

/// Whether the registry says no to a schema: 409, incompatible; 422, invalid.
fn refuses(code: u32) -> bool {
    [code, code / 100].iter().any(|code| matches!(code, 409 | 422))
}

/// What the registry itself said.
fn answer(error: &SRCError) -> Option<&RawError> {
    std::error::Error::source(error)?.downcast_ref()
}

/// Why a call failed, down to the first cause, on one line.
fn reason(error: &SRCError) -> String {
    if let Some(answer) = answer(error) {
        return format!("{} ({})", answer.message, error.error);
    }
    let mut cause = std::error::Error::source(error);
    let mut said = error.error.clone();
    while let Some(deeper) = cause {
        said = deeper.to_string();
        cause = deeper.source();
    }
    said
}
