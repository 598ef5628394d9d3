//! The program and brokers that ask who it is: let in by password or certificate,
//! over TLS, it computes what it should; not let in, it stops with one line that
//! says what to look at, and never with the password in it. Skipped, with a word,
//! where `KAFKA_HOME` names no Apache Kafka.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use pipeline::message::{Candle, Trade};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../pipeline/tests/kafka.sh");
const USER: &str = "alice";
const PASSWORD: &str = "correct-horse-battery-staple";

/// Environment variables.
type Settings = BTreeMap<&'static str, String>;

/// A node with all kinds of listeners, shared by the tests that run at a time, and
/// stopped by the last of them.
struct Cluster {
    directory: tempfile::TempDir,
    /// Addresses by the listeners' names.
    listeners: BTreeMap<String, String>,
}

impl Cluster {
    fn get() -> Option<Arc<Cluster>> {
        static RUNNING: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        if std::env::var_os("KAFKA_HOME").is_none_or(|home| home.is_empty()) {
            println!("skipped: KAFKA_HOME names no Apache Kafka (kafka.sh install prints one)");
            return None;
        }
        let mut running = RUNNING.lock().unwrap();
        let cluster = running.upgrade().unwrap_or_else(|| Arc::new(Cluster::start()));
        *running = Arc::downgrade(&cluster);
        Some(cluster)
    }

    fn start() -> Cluster {
        let directory = tempfile::tempdir().unwrap();
        let started = Command::new(SCRIPT)
            .args(["start", "--secure", &format!("{USER}:{PASSWORD}")])
            .arg(directory.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        let addresses = String::from_utf8(started.stdout).unwrap();
        let words = addresses.lines().map(|line| line.split_once(' ').unwrap());
        let listeners = words.map(|(name, address)| (name.to_owned(), address.to_owned()));
        Cluster { directory, listeners: listeners.collect() }
    }

    /// A file of those that came with the node.
    fn file(&self, name: &str) -> String {
        let file = self.directory.path().join("tls").join(name);
        assert!(file.exists(), "{}", file.display());
        file.to_str().unwrap().to_owned()
    }

    /// The settings of somebody who is let in: by a mechanism of SASL, or by
    /// certificate.
    fn access(&self, by: &str) -> Settings {
        let listener = if by == "certificate" { "SSL" } else { "SASL_SSL" };
        let mut settings = BTreeMap::from([
            ("KAFKA_BOOTSTRAP_SERVERS", self.listeners[listener].clone()),
            ("KAFKA_SECURITY_PROTOCOL", listener.to_lowercase()),
            ("KAFKA_SSL_CA_LOCATION", self.file("ca.pem")),
        ]);
        if by == "certificate" {
            settings.insert("KAFKA_SSL_CERTIFICATE_LOCATION", self.file("client.pem"));
            settings.insert("KAFKA_SSL_KEY_LOCATION", self.file("client.key"));
        } else {
            settings.insert("KAFKA_SASL_MECHANISM", by.to_owned());
            settings.insert("KAFKA_SASL_USERNAME", USER.to_owned());
            settings.insert("KAFKA_SASL_PASSWORD", PASSWORD.to_owned());
        }
        settings
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.directory.path().join("node-1/log"));
            let log = log.unwrap_or_default();
            let last = log.len() - log.len().min(4_000);
            eprintln!(
                "the broker's last words: {}",
                String::from_utf8_lossy(&log.as_bytes()[last..])
            );
        }
        let stopped = Command::new(SCRIPT).arg("stop").arg(self.directory.path()).status();
        assert!(stopped.unwrap().success());
    }
}

/// The program with these settings and none of the caller's.
fn program(settings: &Settings) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candles"));
    command.env_clear().envs(settings).stdin(Stdio::null());
    command
}

/// A process that does not outlive its test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// One trade a minute.
fn trades() -> Vec<Trade> {
    let trade = |id: i64| Trade {
        pair: "A/B".to_owned(),
        price: 1.0 + id as f64 / 8.0,
        quantity: 0.1 * id as f64,
        side: None,
        timestamp_ms: 1_700_000_040_000 + id * 60_000,
        trade_id: id,
    };
    (1..=200).map(trade).collect()
}

/// Writes trades and the end of their source, to the listener that is open.
fn write(servers: &str, topic: &str, trades: &[Trade]) {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", servers).create().unwrap();
    let source = || OwnedHeaders::new().insert(Header { key: "source", value: Some("test") });
    for trade in trades {
        let payload = serde_json::to_vec(trade).unwrap();
        let record = BaseRecord::to(topic).key(&trade.pair).payload(&payload).headers(source());
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    let end = source().insert(Header { key: "type", value: Some("heartbeat") });
    let end = BaseRecord::<(), str>::to(topic).headers(end);
    let end = end.payload(r#"{"timestamp_ms":0,"end":true}"#);
    producer.send(end).map_err(|(error, _)| error).unwrap();
    producer.flush(Duration::from_secs(20)).unwrap();
}

/// So many closed candles, read as they are committed, from the listener that is open.
fn closed(servers: &str, topic: &str, count: usize) -> Vec<Candle> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("group.id", "look")
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_committed")
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
    consumer.assign(&list).unwrap();
    let mut candles = Vec::new();
    wait_until("all candles", || {
        // An error is a lost connection: the client finds the way back by itself.
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
            let candle: Candle = serde_json::from_slice(message.payload().unwrap()).unwrap();
            candles.extend(Some(candle).filter(|candle| candle.closed));
        }
        candles.len() >= count
    });
    candles
}

fn is_there(servers: &str, topic: &str) -> bool {
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", servers).create().unwrap();
    let metadata = consumer.fetch_metadata(None, Duration::from_secs(10)).unwrap();
    metadata.topics().iter().any(|found| found.name() == topic)
}

/// The whole way, let in like this.
fn computes(by: &str) {
    let Some(cluster) = Cluster::get() else { return };
    let open = &cluster.listeners["PLAINTEXT"];
    let (input, output) = (format!("{by}-trades"), format!("{by}-candles"));
    let log = cluster.directory.path().join(format!("{by}.log"));
    let service = program(&cluster.access(by))
        .envs([("KAFKA_INPUT_TOPIC", &input), ("KAFKA_OUTPUT_TOPIC", &output)])
        .envs([("KAFKA_CONSUMER_GROUP", by), ("KAFKA_TOPIC_PARTITIONS", "1"), ("LOG", "trace")])
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let service = Service(service);
    wait_until("topics", || is_there(open, &format!("{by}-changelog")));
    let trades = trades();
    write(open, &input, &trades);
    let candles = closed(open, &output, trades.len());
    drop(service);
    assert_eq!(candles.len(), trades.len());
    for (candle, trade) in candles.iter().zip(&trades) {
        let prices = [candle.open, candle.high, candle.low, candle.close];
        assert_eq!(prices, [trade.price; 4]);
        assert_eq!((candle.volume, candle.trades), (trade.quantity, 1));
        assert_eq!(candle.window_start_ms, trade.timestamp_ms);
    }
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("TRACE") && !said.contains(PASSWORD), "{said}");
}

#[test]
fn let_in_by_scram_sha_512() {
    computes("SCRAM-SHA-512");
}

#[test]
fn let_in_by_scram_sha_256() {
    computes("SCRAM-SHA-256");
}

#[test]
fn let_in_by_plain() {
    computes("PLAIN");
}

#[test]
fn let_in_by_certificate() {
    computes("certificate");
}

/// The program's output when it has ended by itself.
fn run(settings: &Settings, level: &'static str) -> Output {
    let mut settings = settings.clone();
    settings.insert("LOG", level.to_owned());
    let mut command = program(&settings);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id().to_string();
    // One that would go on for ever is ended; its output shows what it was at.
    let ended = Arc::new(());
    let running = Arc::downgrade(&ended);
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(60));
        if running.upgrade().is_some() {
            Command::new("kill").args(["-KILL", &id]).status().unwrap();
        }
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    output
}

/// The one line with which the program ends. With everything logged, too, it does
/// not tell the password.
fn refusal(settings: &Settings) -> String {
    let levels = ["info", "trace"];
    let outputs = std::thread::scope(|scope| {
        levels.map(|level| scope.spawn(move || run(settings, level))).map(|run| run.join().unwrap())
    });
    let [line, everything] = outputs.map(|output| {
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(output.stdout.is_empty());
        if let Some(password) = settings.get("KAFKA_SASL_PASSWORD") {
            assert!(!said.contains(password), "{said}");
        }
        said
    });
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(everything.lines().last().unwrap().starts_with("error: "), "{everything}");
    line
}

/// Must stop with a line that has these words, when these settings differ from
/// those that are let in.
fn stops(by: &str, differ: impl Fn(&Cluster, &mut Settings), words: &[&str]) {
    let Some(cluster) = Cluster::get() else { return };
    let mut settings = cluster.access(by);
    differ(&cluster, &mut settings);
    let line = refusal(&settings);
    for word in words {
        assert!(line.contains(word), "no {word} in: {line}");
    }
}

fn set(setting: &'static str, value: &str) -> impl Fn(&Cluster, &mut Settings) {
    move |_, settings| {
        settings.insert(setting, value.to_owned());
    }
}

#[test]
fn a_wrong_password() {
    for by in ["SCRAM-SHA-512", "PLAIN"] {
        let words = ["Authentication failed", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"];
        stops(by, set("KAFKA_SASL_PASSWORD", "wrong-horse-battery"), &words);
    }
}

#[test]
fn an_unknown_user() {
    let words = ["KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"];
    stops("SCRAM-SHA-256", set("KAFKA_SASL_USERNAME", "mallory"), &words);
}

#[test]
fn brokers_of_an_unknown_authority() {
    let differ = |cluster: &Cluster, settings: &mut Settings| {
        settings.insert("KAFKA_SSL_CA_LOCATION", cluster.file("other/ca.pem"));
    };
    stops("SCRAM-SHA-512", differ, &["certificate verify failed", "KAFKA_SSL_CA_LOCATION"]);
}

#[test]
fn a_broker_of_another_name() {
    // Its certificate is for 127.0.0.1.
    let differ = |cluster: &Cluster, settings: &mut Settings| {
        let address = cluster.listeners["SSL"].replace("127.0.0.1", "localhost");
        settings.insert("KAFKA_BOOTSTRAP_SERVERS", address);
    };
    stops("certificate", differ, &["certificate verify failed", "KAFKA_BOOTSTRAP_SERVERS"]);
}

#[test]
fn no_certificate_where_one_is_asked_for() {
    let differ = |_: &Cluster, settings: &mut Settings| {
        settings.remove("KAFKA_SSL_CERTIFICATE_LOCATION");
        settings.remove("KAFKA_SSL_KEY_LOCATION");
    };
    stops("certificate", differ, &["KAFKA_SSL_CERTIFICATE_LOCATION", "KAFKA_SSL_KEY_LOCATION"]);
}

#[test]
fn a_certificate_of_an_unknown_authority() {
    let differ = |cluster: &Cluster, settings: &mut Settings| {
        settings.insert("KAFKA_SSL_CERTIFICATE_LOCATION", cluster.file("other/client.pem"));
        settings.insert("KAFKA_SSL_KEY_LOCATION", cluster.file("other/client.key"));
    };
    stops("certificate", differ, &["KAFKA_SSL_CERTIFICATE_LOCATION"]);
}

#[test]
fn plain_text_where_tls_is_spoken() {
    for by in ["certificate", "PLAIN"] {
        let differ = |_: &Cluster, settings: &mut Settings| {
            settings.retain(|name, _| *name == "KAFKA_BOOTSTRAP_SERVERS");
        };
        stops(by, differ, &["KAFKA_SECURITY_PROTOCOL"]);
    }
}

/// To the listener of that name instead.
fn at(listener: &'static str) -> impl Fn(&Cluster, &mut Settings) {
    move |cluster, settings| {
        settings.insert("KAFKA_BOOTSTRAP_SERVERS", cluster.listeners[listener].clone());
    }
}

#[test]
fn tls_where_plain_text_is_spoken() {
    stops("certificate", at("PLAINTEXT"), &["PLAINTEXT", "KAFKA_SECURITY_PROTOCOL"]);
}

#[test]
fn no_password_where_one_is_asked_for() {
    stops("certificate", at("SASL_SSL"), &["KAFKA_SECURITY_PROTOCOL"]);
}

#[test]
fn a_password_where_none_is_asked_for() {
    let differ = |cluster: &Cluster, settings: &mut Settings| {
        at("SSL")(cluster, settings);
        settings.insert("KAFKA_SSL_CERTIFICATE_LOCATION", cluster.file("client.pem"));
        settings.insert("KAFKA_SSL_KEY_LOCATION", cluster.file("client.key"));
    };
    stops("PLAIN", differ, &["KAFKA_SECURITY_PROTOCOL"]);
}

#[test]
fn a_file_that_is_not_there_or_is_something_else() {
    for setting in
        ["KAFKA_SSL_CA_LOCATION", "KAFKA_SSL_CERTIFICATE_LOCATION", "KAFKA_SSL_KEY_LOCATION"]
    {
        stops("certificate", set(setting, "/no/such.pem"), &[setting, "'/no/such.pem'"]);
        let script = Path::new(SCRIPT).to_str().unwrap();
        stops("certificate", set(setting, script), &[setting, "kafka.sh'"]);
    }
    let another_key = |cluster: &Cluster, settings: &mut Settings| {
        settings.insert("KAFKA_SSL_KEY_LOCATION", cluster.file("other/client.key"));
    };
    stops("certificate", another_key, &["KAFKA_SSL_KEY_LOCATION"]);
}
