//! The raw loop that the services are held against: librdkafka as it comes,
//! without group, transaction, decoding or state. It reads as many records as
//! there are, and sends as many as the service does, of the same size.

use std::time::{Duration, Instant};

use clap::Args;
use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::error::{Error, Result};
use crate::process::cpu_seconds;
use crate::topic::{client, partitions};

/// What the loop does.
#[derive(Args, Clone, Debug)]
pub(crate) struct RawArgs {
    #[arg(long)]
    servers: String,
    #[arg(long)]
    input: String,
    #[arg(long)]
    output: String,
    #[arg(long)]
    partitions: i32,
    /// Records to read
    #[arg(long)]
    records: u64,
    /// Records to send, spread evenly
    #[arg(long)]
    outputs: u64,
    /// Bytes of each
    #[arg(long)]
    bytes: usize,
}

/// Runs the loop, and says when it begins and what it has done.
pub(crate) fn run(args: &RawArgs) -> Result<()> {
    let consumer: BaseConsumer = client(&args.servers)
        .set("group.id", "bench-raw")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        // The default of a second stalls a reader whose queue was full.
        .set("fetch.queue.backoff.ms", "5")
        .create()
        .map_err(Error::kafka("set up the raw consumer"))?;
    let producer: BaseProducer = client(&args.servers)
        .set("linger.ms", "5")
        .set("queue.buffering.max.messages", "500000")
        .create()
        .map_err(Error::kafka("set up the raw producer"))?;
    let from = partitions(&args.input, args.partitions, Offset::Beginning)?;
    consumer.assign(&from).map_err(Error::kafka("read the input"))?;
    let payload = vec![b'x'; args.bytes];
    let (mut read, mut sent) = (0, 0);
    let mut began = None;
    while read < args.records {
        let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
        let message = message.map_err(Error::kafka("read the input"))?;
        let (_, _) = *began.get_or_insert_with(|| {
            println!("begins");
            (Instant::now(), cpu_seconds(std::process::id()))
        });
        read += 1;
        while sent * args.records < read * args.outputs {
            let mut record = BaseRecord::to(&args.output).payload(&payload);
            record.key = message.key();
            match producer.send(record) {
                Ok(()) => sent += 1,
                Err((error, _))
                    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) =>
                {
                    producer.poll(Duration::ZERO);
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err((error, _)) => return Err(Error::kafka("send a record")(error)),
            }
            if sent % 1024 == 0 {
                producer.poll(Duration::ZERO);
            }
        }
    }
    producer.poll(Duration::ZERO);
    while producer.in_flight_count() > 0 {
        producer.poll(Duration::ZERO);
        std::thread::sleep(Duration::from_micros(200));
    }
    let (began, cpu) = began.unwrap_or_else(|| (Instant::now(), 0.0));
    let seconds = began.elapsed().as_secs_f64();
    println!("{read} {seconds} {}", cpu_seconds(std::process::id()) - cpu);
    // Until the other side has looked at the broker, and ends this process.
    std::thread::park();
    Ok(())
}
