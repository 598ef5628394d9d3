//! The three services around topics of their own: started, scaled, tended, and
//! brought to the end of their recordings.

use std::path::Path;
use std::time::{Duration, Instant};

use pipeline::progress::caught_up;
use pipeline::{Defaults, KafkaConfig};

use crate::cluster::Cluster;
use crate::error::Error;
use crate::output::Output;
use crate::process::{Instance, Service};
use crate::recording::Recordings;

/// Silence after which the group gives an instance's partitions to others, and
/// the broker aborts its transaction.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);
/// The same for transactions of `trades`: whoever follows it fences it off at once, and it
/// need not end each time the broker stands still.
const PATIENCE_WITH_TRADES: Duration = Duration::from_secs(15);
/// Longest time to wait for anything.
const DEADLINE: Duration = Duration::from_secs(240);
/// All topics that readers see, without the stream's name.
const TOPICS: [&str; 6] =
    ["trades", "candles", "technical_indicators", "trades.dlq", "trades.late", "candles.dlq"];

/// How fast the recordings are replayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many trades a second, for each pair.
    Rate(f64),
    /// As fast as it goes.
    Max,
}

/// The services of one stream.
#[derive(Debug)]
pub struct Stream {
    name: String,
    servers: String,
    directory: std::path::PathBuf,
    instances: Vec<Instance>,
    /// Of `candles` and `technical-indicators`, instead of those that all have.
    more: Vec<(&'static str, String)>,
}

impl Stream {
    /// Starts a replay of the recordings, one `trades` a pair, and one instance
    /// each of the other services. The name is the stream's own in its cluster.
    ///
    /// # Errors
    /// When a program cannot be built or started.
    pub fn start(
        cluster: &Cluster,
        name: &str,
        recordings: &Recordings,
        pace: Pace,
    ) -> Result<Stream, Error> {
        Stream::start_with(cluster, name, recordings, pace, &[])
    }

    /// The same, where `candles` and `technical-indicators` have these settings too.
    /// With an empty `KAFKA_INSTANCE_ID` they have no names.
    ///
    /// # Errors
    /// When a program cannot be built or started.
    pub fn start_with(
        cluster: &Cluster,
        name: &str,
        recordings: &Recordings,
        pace: Pace,
        settings: &[(&'static str, &str)],
    ) -> Result<Stream, Error> {
        let more = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let directory = cluster.path().join(format!("stream-{name}"));
        std::fs::create_dir(&directory).map_err(Error::system("make a directory"))?;
        let servers = cluster.servers();
        let mut stream =
            Stream { name: name.to_owned(), servers, directory, instances: vec![], more };
        for (pair, file) in recordings.files() {
            stream.add_trades(&format!("of-{pair}"), pair, file, pace);
        }
        stream.scale(Service::Candles, 1)?;
        stream.scale(Service::TechnicalIndicators, 1)?;
        stream.tend()?;
        Ok(stream)
    }

    fn settings(&self, service: Service) -> Vec<(&'static str, String)> {
        let name = &self.name;
        let millis = |duration: Duration| duration.as_millis().to_string();
        let transaction = match service {
            Service::Trades => PATIENCE_WITH_TRADES,
            Service::Candles | Service::TechnicalIndicators => PATIENCE,
        };
        let mut settings = vec![
            ("KAFKA_BOOTSTRAP_SERVERS", self.servers.clone()),
            ("KAFKA_CONSUMER_GROUP", format!("{name}.{}", service.program())),
            ("KAFKA_SESSION_TIMEOUT_MS", millis(PATIENCE)),
            ("KAFKA_TRANSACTION_TIMEOUT_MS", millis(transaction)),
            ("COMMIT_INTERVAL_MS", "50".to_owned()),
        ];
        match service {
            Service::Trades => settings.push(("KAFKA_OUTPUT_TOPIC", format!("{name}.trades"))),
            Service::Candles => settings.extend([
                ("KAFKA_INPUT_TOPIC", format!("{name}.trades")),
                ("KAFKA_OUTPUT_TOPIC", format!("{name}.candles")),
                ("CANDLE_SECONDS", "10".to_owned()),
                // With one a transaction, the output would depend on when it is.
                ("FORMING_UPDATES", "trade".to_owned()),
            ]),
            Service::TechnicalIndicators => settings.extend([
                ("KAFKA_INPUT_TOPIC", format!("{name}.candles")),
                ("KAFKA_OUTPUT_TOPIC", format!("{name}.technical_indicators")),
            ]),
        }
        if service != Service::Trades {
            settings.extend(self.more.iter().cloned());
        }
        settings
    }

    fn add_trades(&mut self, name: &str, pair: &str, file: &Path, pace: Pace) {
        let mut settings = self.settings(Service::Trades);
        settings.extend([
            ("TRADES_SOURCE", "replay".to_owned()),
            ("TRADES_FILE", file.to_string_lossy().into_owned()),
            ("PAIRS", pair.to_owned()),
            ("SPEED", speed(pace)),
        ]);
        self.add(Service::Trades, name.to_owned(), settings);
    }

    fn add(&mut self, service: Service, name: String, settings: Vec<(&'static str, String)>) {
        let log = self.log_of(service, &name);
        self.instances.push(Instance::new(service, name, settings, log));
    }

    fn log_of(&self, service: Service, name: &str) -> std::path::PathBuf {
        let number = self.instances.len();
        let name = format!("{number}-{}-{name}.log", service.program()).replace('/', "-");
        self.directory.join(name)
    }

    /// Starts or ends (SIGTERM) instances until there are so many.
    ///
    /// # Errors
    /// When one cannot be told to end.
    pub fn scale(&mut self, service: Service, number: usize) -> Result<(), Error> {
        let wanted: Vec<String> = (1..=number).map(|number| number.to_string()).collect();
        for name in &wanted {
            let there = |i: &Instance| i.service == service && &i.name == name && !i.ending;
            if !self.instances.iter().any(there) {
                self.add(service, name.clone(), self.settings(service));
            }
        }
        for instance in &mut self.instances {
            let wanted = wanted.contains(&instance.name);
            if instance.service == service && !wanted && !instance.ending {
                instance.terminate()?;
            }
        }
        Ok(())
    }

    /// A second process with the name and settings of an instance, which is thought
    /// to be gone. Returns its number.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn replace(&mut self, index: usize) -> Result<usize, Error> {
        let log = self.log_of(Service::Trades, "twin");
        let Some(old) = self.instances.get_mut(index) else { return Ok(index) };
        let twin = old.twin(log);
        self.instances.push(twin);
        self.tend()?;
        Ok(self.instances.len() - 1)
    }

    /// The instances of a service, by their numbers.
    #[must_use]
    pub fn instances(&self, service: Service) -> Vec<usize> {
        let of_service = |(_, i): &(usize, &Instance)| i.service == service;
        self.instances.iter().enumerate().filter(of_service).map(|(index, _)| index).collect()
    }

    /// The instances that could be disturbed, by their numbers.
    #[must_use]
    pub fn running(&self) -> Vec<usize> {
        let running = |(_, i): &(usize, &Instance)| i.is_running() && !i.paused;
        self.instances.iter().enumerate().filter(running).map(|(index, _)| index).collect()
    }

    /// SIGKILL to an instance, which is started again after so long. False if it
    /// was not running.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self, index: usize, down_for: Duration) -> Result<bool, Error> {
        self.instances.get_mut(index).map_or(Ok(false), |i| i.kill(down_for))
    }

    /// SIGSTOP to an instance. False if it was not running.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn pause(&mut self, index: usize) -> Result<bool, Error> {
        self.instances.get_mut(index).map_or(Ok(false), Instance::pause)
    }

    /// SIGCONT to an instance.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn resume(&mut self, index: usize) -> Result<(), Error> {
        self.instances.get_mut(index).map_or(Ok(()), Instance::resume)
    }

    /// What an instance has written to its log.
    #[must_use]
    pub fn said(&self, index: usize) -> String {
        self.instances.get(index).map_or_else(String::new, Instance::said)
    }

    /// How often instances ended with a failure, without being told to.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.instances.iter().map(|instance| instance.failures).sum()
    }

    /// The last lines of those logs, for whoever wonders why.
    #[must_use]
    pub fn last_words(&self) -> String {
        let mut words = String::new();
        for instance in &self.instances {
            for line in instance.said().lines().filter(|line| line.starts_with("error: ")) {
                words += &format!("{} {}: {line}\n", instance.service.program(), instance.name);
            }
        }
        words
    }

    /// Whether every recording has been published.
    #[must_use]
    pub fn is_published(&self) -> bool {
        let mut trades = self.instances.iter().filter(|i| i.service == Service::Trades);
        trades.all(|instance| instance.finished)
    }

    /// Starts what is to be started again.
    ///
    /// # Errors
    /// When that cannot be done.
    pub fn tend(&mut self) -> Result<(), Error> {
        self.instances.iter_mut().try_for_each(Instance::tend)
    }

    /// Tends the instances for so long.
    ///
    /// # Errors
    /// When one cannot be started.
    pub fn run_for(&mut self, duration: Duration) -> Result<(), Error> {
        let end = Instant::now() + duration;
        while Instant::now() < end {
            self.tend()?;
            std::thread::sleep(Duration::from_millis(20).min(duration));
        }
        Ok(())
    }

    /// Tends the instances until something is so.
    ///
    /// # Errors
    /// When it does not come to that.
    pub fn run_until(
        &mut self,
        what: &str,
        mut condition: impl FnMut(&Stream) -> bool,
    ) -> Result<(), Error> {
        let deadline = Instant::now() + DEADLINE;
        while !condition(self) {
            if Instant::now() > deadline {
                let words = self.last_words();
                return Err(Error::InVain(format!("{what}, in stream {}\n{words}", self.name)));
            }
            self.tend()?;
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Whether a service has read everything that is committed in this topic, which is
    /// named without the stream's name.
    #[must_use]
    pub fn is_caught_up(&self, service: Service, topic: &str) -> bool {
        let none = Defaults { input_topic: "", output_topic: "", consumer_group: "" };
        let config = KafkaConfig::new(&self.servers, none);
        let group = format!("{}.{}", self.name, service.program());
        let topic = format!("{}.{topic}", self.name);
        caught_up(&config, &group, &topic).is_ok_and(|yes| yes)
    }

    /// Lets the recordings run to their end, without waiting, and returns what
    /// committed readers see then.
    ///
    /// # Errors
    /// When that does not come to an end.
    pub fn finish(mut self) -> Result<Output, Error> {
        for instance in &mut self.instances {
            instance.resume()?;
            if instance.service == Service::Trades && !instance.finished {
                instance.set("SPEED", speed(Pace::Max));
                instance.kill(Duration::ZERO)?;
            }
        }
        self.run_until("all trades published", Stream::is_published)?;
        self.run_until("candles at the end", |s| s.is_caught_up(Service::Candles, "trades"))?;
        self.run_until("indicators at the end", |s| {
            s.is_caught_up(Service::TechnicalIndicators, "candles")
        })?;
        Output::read(&self.servers, &self.name, &TOPICS)
    }
}

fn speed(pace: Pace) -> String {
    match pace {
        Pace::Rate(rate) => Recordings::speed(rate),
        Pace::Max => "max".to_owned(),
    }
}
