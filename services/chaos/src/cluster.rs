//! An Apache Kafka of one node or several, each behind a proxy, so that clients
//! can be cut off while the nodes still reach one another. Started and stopped by
//! `kafka.sh`, which has the how.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use tempfile::TempDir;

use crate::error::Error;
use crate::proxy::{Proxies, Weather};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../pipeline/tests/kafka.sh");

/// For a node to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// A running cluster, which ends with this value.
#[derive(Debug)]
pub struct Cluster {
    directory: TempDir,
    proxies: Proxies,
    nodes: usize,
}

impl Cluster {
    /// Starts a cluster of so many nodes.
    ///
    /// # Errors
    /// When Apache Kafka cannot be had or does not start.
    pub fn start(nodes: usize) -> Result<Cluster, Error> {
        let directory = tempfile::tempdir().map_err(Error::system("make a directory"))?;
        let proxies = Proxies::listen(nodes)?;
        let cluster = Cluster { directory, proxies, nodes };
        let servers = cluster.script(&[
            "start",
            "--nodes",
            &nodes.to_string(),
            "--advertise",
            &cluster.servers(),
            cluster.directory(),
        ])?;
        cluster.proxies.forward_to(servers.trim().split(','));
        Ok(cluster)
    }

    /// Whether Apache Kafka is named by `KAFKA_HOME`. Says so if it is not.
    #[must_use]
    pub fn is_there() -> bool {
        let there = std::env::var_os("KAFKA_HOME").is_some_and(|home| !home.is_empty());
        if !there {
            println!("skipped: KAFKA_HOME names no Apache Kafka (kafka.sh install prints one)");
        }
        there
    }

    /// What `KAFKA_BOOTSTRAP_SERVERS` has to be: the proxies' addresses.
    #[must_use]
    pub fn servers(&self) -> String {
        self.proxies.addresses().join(",")
    }

    /// Where its files are.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    fn directory(&self) -> &str {
        self.directory.path().to_str().unwrap_or_default()
    }

    /// Number of nodes.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// The way between the clients and the nodes.
    #[must_use]
    pub fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// Sets the weather on the way to all nodes.
    pub fn weather(&self, weather: Weather) {
        self.proxies.weather(weather);
    }

    /// SIGKILL to a node, 1 to the number of nodes.
    ///
    /// # Errors
    /// When there is no such node.
    pub fn kill(&self, node: usize) -> Result<(), Error> {
        self.script(&["kill", self.directory(), &node.to_string()]).map(drop)
    }

    /// Starts a killed node on its data, and returns when it serves.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&self, node: usize) -> Result<(), Error> {
        self.script(&["restart", self.directory(), &node.to_string()]).map(drop)
    }

    /// Whether all replicas of all partitions, also those of the brokers' own topics,
    /// follow: then one node more may fail. False when no node tells.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        let client = ClientConfig::new().set("bootstrap.servers", self.servers()).create();
        let metadata = client.and_then(|client: BaseConsumer| client.fetch_metadata(None, ANSWER));
        let Ok(metadata) = metadata else { return false };
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        partitions.into_iter().all(|partition| partition.isr().len() == partition.replicas().len())
    }

    /// Copies everything that was logged, by services and nodes, to a directory.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save_logs(&self, to: &Path) -> Result<(), Error> {
        let copied = Command::new("sh")
            .arg("-c")
            .arg(r#"mkdir -p "$2" && cp -r "$1"/stream-* "$2" && cd "$1" && cp --parents node-*/log* "$2""#)
            .args(["sh", self.directory()])
            .arg(to)
            .output()
            .map_err(Error::system("copy the logs"))?;
        if !copied.status.success() {
            let said = String::from_utf8_lossy(&copied.stderr).into_owned();
            return Err(Error::Command { command: "copying the logs".to_owned(), said });
        }
        Ok(())
    }

    fn script(&self, arguments: &[&str]) -> Result<String, Error> {
        let output = Command::new(SCRIPT)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(Error::system(format!("run {SCRIPT}")))?;
        if !output.status.success() {
            return Err(Error::Command {
                command: format!("kafka.sh {}", arguments.join(" ")),
                said: String::from_utf8_lossy(&output.stderr).into_owned(),
            });
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.script(&["stop", self.directory()]) {
            eprintln!("{error}");
        }
    }
}
