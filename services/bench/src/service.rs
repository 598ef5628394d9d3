//! The services under measurement: the real ones, each a process with its
//! settings in the environment, as its own program takes them. How far one has
//! come is told by the offsets that its group has committed.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use pipeline::{Shutdown, cli};
use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;

use crate::broker::Broker;
use crate::error::{Error, Result};
use crate::figure::Figure;
use crate::process::{Process, Settings, cpu_seconds};
use crate::topic::{client, partitions};

/// What a service logs before it reads its first record.
pub(crate) const READS: &str = "state restored";

/// Without any progress, a service counts as stuck after this.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Candles,
    TechnicalIndicators,
}

impl Service {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Service::Candles => "candles",
            Service::TechnicalIndicators => "technical-indicators",
        }
    }

    /// Is the service, with the settings of this process, until it is told to end.
    pub(crate) fn serve(self) -> ExitCode {
        let ended = match self {
            Service::Candles => candles(),
            Service::TechnicalIndicators => technical_indicators(),
        };
        match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

type Ended = std::result::Result<(), Box<dyn std::error::Error>>;

fn wrong(refusal: cli::Refusal) -> String {
    match refusal {
        cli::Refusal::Help(text) | cli::Refusal::Wrong(text) => text,
    }
}

fn candles() -> Ended {
    let options: candles::Options = cli::parse(["candles".into()]).map_err(wrong)?;
    pipeline::log::init(&options.service.log("info"))?;
    let shutdown = Shutdown::on_signals()?;
    let config = options.kafka.resolve(candles::DEFAULTS)?;
    let health = options.service.serve(&shutdown)?;
    Ok(pipeline::run(options.candles.step(), &config, &health, &shutdown)?)
}

fn technical_indicators() -> Ended {
    let program = ["technical-indicators".into()];
    let options: technical_indicators::Options = cli::parse(program).map_err(wrong)?;
    pipeline::log::init(&options.service.log("info"))?;
    let shutdown = Shutdown::on_signals()?;
    let step = options.indicators.step()?;
    let config = options.kafka.resolve(technical_indicators::DEFAULTS)?;
    let health = options.service.serve(&shutdown)?;
    Ok(pipeline::run(step, &config, &health, &shutdown)?)
}

/// What a service works on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work<'a> {
    pub(crate) service: Service,
    pub(crate) input: &'a str,
    /// Also the group's name.
    pub(crate) output: &'a str,
    /// Of the input, and of topics that do not exist yet.
    pub(crate) partitions: i32,
    pub(crate) settings: &'a [(&'static str, String)],
}

impl Work<'_> {
    /// Starts an instance of the service.
    pub(crate) fn start(&self, broker: &Broker, instance: &str) -> Result<Process> {
        let mut settings = Settings::from([
            ("KAFKA_BOOTSTRAP_SERVERS", broker.servers.clone()),
            ("KAFKA_INPUT_TOPIC", self.input.to_owned()),
            ("KAFKA_OUTPUT_TOPIC", self.output.to_owned()),
            ("KAFKA_CONSUMER_GROUP", self.output.to_owned()),
            ("KAFKA_INSTANCE_ID", instance.to_owned()),
            ("KAFKA_TOPIC_PARTITIONS", self.partitions.to_string()),
            // What stops is not waited for.
            ("KAFKA_SESSION_TIMEOUT_MS", "10000".to_owned()),
        ]);
        settings.extend(self.settings.iter().cloned());
        let arguments = ["serve", self.service.name()];
        Process::start(broker.directory.path(), &arguments, &settings)
    }

    /// The names of the topics that the service has made.
    pub(crate) fn topics(&self) -> Vec<String> {
        let mut topics = vec![self.output.to_owned(), format!("{}-changelog", self.output)];
        topics.push(format!("{}.dlq", self.input));
        if self.service == Service::Candles {
            topics.push(format!("{}.late", self.input));
        }
        topics
    }

    pub(crate) fn progress(&self, broker: &Broker) -> Result<Progress> {
        let consumer = client(&broker.servers)
            .set("group.id", self.output)
            .set("isolation.level", "read_uncommitted")
            .create()
            .map_err(Error::kafka("set up a look at the group"))?;
        let (input, partitions) = (self.input.to_owned(), self.partitions);
        Ok(Progress { consumer, input, partitions })
    }

    /// Runs one instance over so many records, all that the input has, from the
    /// beginning. It is timed from when it begins to read to the last commit but one:
    /// before the last, it waits for more until its interval is over. Few records, that
    /// have no other, are timed to the last.
    pub(crate) fn measure(&self, broker: &Broker, records: u64) -> Result<Figure> {
        let progress = self.progress(broker)?;
        let mut process = self.start(broker, "bench")?;
        process.await_log(READS, 1)?;
        let (id, began) = (process.id(), Instant::now());
        let (cpu, broker_cpu) = (cpu_seconds(id), broker.cpu_seconds());
        let mut figures = Vec::new();
        progress.wait(records, &mut process, |records| {
            figures.push(Figure {
                records,
                seconds: began.elapsed().as_secs_f64(),
                cpu: cpu_seconds(id) - cpu,
                broker_cpu: broker.cpu_seconds() - broker_cpu,
            });
        })?;
        process.stop()?;
        let last = figures.pop();
        let figure = figures.pop().filter(|figure| figure.records * 2 > records).or(last);
        figure.ok_or_else(|| Error::Output(format!("{records} records, and no commit")))
    }
}

/// How far a group has come.
pub(crate) struct Progress {
    consumer: BaseConsumer,
    input: String,
    partitions: i32,
}

impl Progress {
    /// Records whose processing is committed.
    pub(crate) fn committed(&self) -> Result<u64> {
        use RDKafkaErrorCode::{
            CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator,
        };
        let moving = [CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator];
        let list = partitions(&self.input, self.partitions, Offset::Invalid)?;
        let began = Instant::now();
        let offsets = loop {
            match self.consumer.committed_offsets(list.clone(), Duration::from_secs(10)) {
                // A broker that is short of time loses the group, and finds it again.
                Err(error)
                    if error.rdkafka_error_code().is_some_and(|code| moving.contains(&code))
                        && began.elapsed() < Duration::from_secs(30) =>
                {
                    std::thread::sleep(Duration::from_millis(100));
                }
                ended => break ended.map_err(Error::kafka("look at a group's offsets"))?,
            }
        };
        let offsets = offsets.elements().into_iter().filter_map(|e| e.offset().to_raw());
        Ok(offsets.filter(|offset| *offset > 0).sum::<i64>().unsigned_abs())
    }

    /// Waits until so many records are committed at least, and tells `each` commit
    /// how many there are by then.
    pub(crate) fn wait(
        &self,
        records: u64,
        process: &mut Process,
        mut each: impl FnMut(u64),
    ) -> Result<()> {
        let mut before = (self.committed()?, Instant::now());
        loop {
            let committed = self.committed()?;
            if committed > before.0 {
                before = (committed, Instant::now());
                each(committed);
            }
            if committed >= records {
                return Ok(());
            }
            process.check()?;
            if before.1.elapsed() > PATIENCE {
                let (input, said) = (&self.input, process.said());
                return Err(Error::InVain(format!(
                    "{records} records of {input}, {committed} are processed\n{said}"
                )));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
