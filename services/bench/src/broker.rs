//! The broker that everything is measured on: one for a whole run.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::{Error, Result};
use crate::process::{Process, Settings, cpu_seconds};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../pipeline/tests/kafka.sh");

/// Which broker.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    /// The embedded one, as a process.
    Embedded,
    /// An Apache Kafka of one node, downloaded if need be.
    Apache,
    /// One that runs already.
    Servers(String),
}

impl std::str::FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Choice, String> {
        match text {
            "embedded" => Ok(Choice::Embedded),
            "apache" => Ok(Choice::Apache),
            servers if servers.contains(':') => Ok(Choice::Servers(servers.to_owned())),
            _ => Err("expected embedded, apache, or HOST:PORT".to_owned()),
        }
    }
}

/// A broker; if it was started here, it ends with this value.
#[derive(Debug)]
pub(crate) struct Broker {
    /// What `KAFKA_BOOTSTRAP_SERVERS` has to be.
    pub(crate) servers: String,
    /// What it is.
    pub(crate) name: &'static str,
    /// Its process, where it is on this machine and ours.
    process: Option<u32>,
    embedded: Option<Process>,
    apache: Option<PathBuf>,
    /// For files of this run.
    pub(crate) directory: tempfile::TempDir,
}

impl Broker {
    pub(crate) fn start(choice: &Choice) -> Result<Broker> {
        let directory = tempfile::tempdir().map_err(Error::system("make a directory"))?;
        let (mut embedded, mut apache, mut process) = (None, None, None);
        let (servers, name) = match choice {
            Choice::Servers(servers) => (servers.clone(), "a broker that was running"),
            Choice::Embedded => {
                let arguments = ["serve", "broker"];
                let mut broker = Process::start(directory.path(), &arguments, &Settings::new())?;
                let servers = broker.line()?;
                process = Some(broker.id());
                embedded = Some(broker);
                (servers, "the embedded broker")
            }
            Choice::Apache => {
                let data = directory.path().join("kafka");
                let servers = script(&["start".as_ref(), data.as_os_str()])?;
                let id = std::fs::read_to_string(data.join("node-1/pid"));
                process = id.ok().and_then(|id| id.trim().parse().ok());
                apache = Some(data);
                (servers.trim().to_owned(), "Apache Kafka 4.1, one node")
            }
        };
        Ok(Broker { servers, name, process, embedded, apache, directory })
    }

    /// Processor time that it has used so far, in seconds; 0 if that is not known.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        self.process.map_or(0.0, cpu_seconds)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.embedded.take());
        if let Some(data) = &self.apache
            && let Err(error) = script(&["stop".as_ref(), data.as_os_str()])
        {
            eprintln!("{error}");
        }
    }
}

/// As in production: compiled with all optimisations.
const JVM: &str = "-Xms1g -Xmx1g -XX:+UseG1GC";

fn script(arguments: &[&std::ffi::OsStr]) -> Result<String> {
    let output = Command::new(SCRIPT)
        .args(arguments)
        .env("KAFKA_JVM_OPTIONS", JVM)
        .stdin(Stdio::null())
        .output();
    let output = output.map_err(Error::system(format!("run {SCRIPT}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Error::Command { command: "kafka.sh".to_owned(), said });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
