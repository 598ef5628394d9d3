//! What an operator sees over HTTP while a step runs. One test: a process has one
//! recorder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pipeline::message::Trade;
use pipeline::{Health, KafkaConfig, Keyed, Outbox, Processor, Record, Refused};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use support::*;

/// Counts slowly, so that there is something to wait for.
struct Slow(Counting);

impl Processor for Slow {
    type Input = Trade;
    type Output = Tally;
    type State = (u64, f64);

    const SERVICE: &'static str = "slow";
    const VERSION: &'static str = "1";
    const STATE_VERSION: u32 = 7;
    const HAS_LATE: bool = true;

    fn process(
        &mut self,
        trade: Trade,
        record: &Record<'_>,
        state: &mut Keyed<(u64, f64)>,
        out: &mut Outbox<Tally>,
    ) -> Result<(), Refused> {
        std::thread::sleep(Duration::from_millis(2));
        self.0.process(trade, record, state, out)
    }
}

/// The sum of a metric's samples over its labels; `None` where there are none.
fn sum(metrics: &str, name: &str) -> Option<f64> {
    let samples = metrics.lines().filter(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ',', '}']))
    });
    let values = samples.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap());
    values.reduce(|a, b| a + b)
}

fn get(address: SocketAddr, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[test]
fn health_readiness_and_counts_are_shown() {
    let health = Health::new();
    let address = pipeline::http::serve("127.0.0.1:0".parse().unwrap(), &health).unwrap();
    assert!(get(address, "/healthz").0.contains("200"));
    assert!(get(address, "/readyz").0.contains("503"));
    assert!(get(address, "/other").0.contains("404"));

    let config = config("http");
    let running = start_with(Counting::default(), &config, &health);
    wait_until("ready", || get(address, "/readyz").0.contains("200"));
    // The trades are of a quarter of an hour ago.
    let age_ms = 900_000;
    let mut all = trades(0..10);
    all.iter_mut().for_each(|trade| trade.timestamp_ms = now_ms() - age_ms);
    all[3].price = 14.0;
    let mut records: Vec<Plain> = all.iter().map(Plain::of).collect();
    records.push(Plain { payload: Some(b"?".to_vec()), ..records[0].clone() });
    write(&config.input_topic, &records);
    wait_caught_up(&config);
    let (_, metrics) = get(address, "/metrics");
    for line in [
        "pipeline_records_total{service=\"counting\"} 11",
        "pipeline_outputs_total{service=\"counting\"} 9",
        "pipeline_late_total{service=\"counting\"} 1",
        "pipeline_aborts_total{service=\"counting\"} 0",
        "pipeline_dead_letters_total{service=\"counting\"} 1",
        "pipeline_keys{service=\"counting\"} 5",
        "pipeline_restore_seconds_count{service=\"counting\"} ",
        "pipeline_transaction_seconds_bucket{service=\"counting\",le=\"0.1\"} ",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    // From the trades' time to the commit, one for each message.
    assert_eq!(sum(&metrics, "pipeline_latency_seconds_count"), Some(9.0));
    let latency = sum(&metrics, "pipeline_latency_seconds_sum").unwrap() / 9.0;
    assert!((900.0..960.0).contains(&latency), "{latency}");
    running.stop();

    // Another process finds the state, and its size is told.
    let running = start_with(Counting::default(), &config, &health);
    wait_until("ready", || health.is_ready());
    let metrics = get(address, "/metrics").1;
    assert!(sum(&metrics, "pipeline_restore_bytes_total").unwrap() > 0.0, "{metrics}");
    assert_eq!(sum(&metrics, "pipeline_keys"), Some(5.0), "{metrics}");
    running.stop();

    // What was deleted while nobody read is counted, and once.
    write_trades(&config.input_topic, &trades(10..40));
    empty(&config.input_topic);
    for _ in 0..2 {
        let running = start_with(Counting::default(), &config, &health);
        wait_until("ready", || health.is_ready());
        wait_caught_up(&config);
        running.stop();
        let metrics = get(address, "/metrics").1;
        assert_eq!(sum(&metrics, "pipeline_skipped_total"), Some(30.0), "{metrics}");
    }

    let config = self::config("lag");
    let running = start_with(Slow(Counting::default()), &config, &health);
    wait_until("ready", || health.is_ready());
    write_trades(&config.input_topic, &trades(0..2_000));
    let lag = || sum(&get(address, "/metrics").1, "pipeline_lag_records{service=\"slow\"");
    wait_until("a lag", || lag().is_some_and(|lag| lag > 0.0));
    wait_caught_up(&config);
    // Markers of transactions are not counted as something to read.
    wait_until("no lag", || lag() == Some(0.0));
    running.stop();

    // What is aborted counts when it is done over, and then once.
    let config = KafkaConfig { commit_interval: Duration::from_secs(60), ..self::config("twice") };
    let first = start_with(Counting::default(), &config, &health);
    wait_until("ready", || health.is_ready());
    let counted = || {
        let metrics = get(address, "/metrics").1;
        ["records", "outputs", "late", "dead_letters", "aborts"].map(|what| {
            sum(&metrics, &format!("pipeline_{what}_total{{service=\"counting\"")).unwrap()
        })
    };
    let before = counted();
    write(&config.input_topic, &records);
    let topics = [config.output_topic.clone(), config.dead_letter_topic(), config.late_topic()];
    let on_its_way = |topic: &String| read(topic, "read_uncommitted").len();
    wait_until("all on its way", || topics.iter().map(on_its_way).sum::<usize>() == 11);
    assert_eq!(counted(), before);
    let other = KafkaConfig {
        instance_id: "other".to_owned(),
        commit_interval: Duration::from_millis(20),
        ..config.clone()
    };
    let second = start(Counting::default(), &other);
    wait_until("an abort", || counted()[4] > before[4]);
    wait_until("both ready", || health.is_ready() && second.health.is_ready());
    wait_until("all done over", || topics.iter().map(on_its_way).sum::<usize>() == 22);
    first.stop();
    wait_caught_up(&config);
    second.stop();
    let now = counted();
    let more: Vec<f64> = now.iter().zip(before).map(|(now, before)| now - before).collect();
    assert_eq!(more[..4], [11.0, 9.0, 1.0, 1.0]);

    let help = "# HELP pipeline_latency_seconds From the time of the trade";
    assert!(get(address, "/metrics").1.contains(help));
    assert!(get(address, "/readyz").0.contains("503"));

    let taken = pipeline::http::serve(address, &Health::new()).unwrap_err().to_string();
    assert!(taken.contains("HTTP_ADDRESS") && taken.contains(&address.to_string()), "{taken}");
}
