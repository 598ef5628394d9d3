//! One fault at a time, on an Apache Kafka of its own, while a replay runs through
//! all three services; afterwards committed readers must find what an undisturbed
//! run gives, value by value. Skipped, with a word, where `KAFKA_HOME` names no
//! Apache Kafka.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chaos::{Cluster, Cut, Output, Pace, Recordings, Service, Stream, Weather, compare};
use std::sync::OnceLock;
use std::time::Duration;

const MS: fn(u64) -> Duration = Duration::from_millis;
/// Longer than sessions and transactions last.
const TOO_LONG: Duration = Duration::from_secs(5);

/// The recordings of all trials, and what they give undisturbed.
fn calm() -> &'static (Recordings, Output, tempfile::TempDir) {
    static CALM: OnceLock<(Recordings, Output, tempfile::TempDir)> = OnceLock::new();
    CALM.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let recordings = Recordings::write(directory.path(), 7, 4, 3_000).unwrap();
        let cluster = Cluster::start(1).unwrap();
        let stream = Stream::start(&cluster, "calm", &recordings, Pace::Max).unwrap();
        let output = stream.finish().unwrap();
        assert!(output.len() > 3 * 4 * 3_000, "{}", output.len());
        (recordings, output, directory)
    })
}

/// Starts a replay that lasts for minutes, and waits until it runs.
fn start(cluster: &Cluster) -> Stream {
    start_with(cluster, &[])
}

fn start_with(cluster: &Cluster, settings: &[(&'static str, &str)]) -> Stream {
    let (recordings, _, _) = calm();
    let pace = Pace::Rate(15.0);
    let mut stream = Stream::start_with(cluster, "trial", recordings, pace, settings).unwrap();
    let ready = |stream: &Stream, service| {
        stream.instances(service).iter().all(|&i| assignments(stream, i) > 0)
    };
    stream
        .run_until("all ready", |s| {
            ready(s, Service::Candles) && ready(s, Service::TechnicalIndicators)
        })
        .unwrap();
    stream.run_for(MS(1_000)).unwrap();
    stream
}

/// The faults must have come in mid-stream, and must not show.
fn assert_identical(stream: Stream) {
    assert!(!stream.is_published(), "the replay ended before the faults");
    println!("{} times a service gave up:\n{}", stream.failures(), stream.last_words());
    let disturbed = stream.finish().unwrap();
    if let Err(difference) = compare(&calm().1, &disturbed) {
        panic!("{difference}");
    }
}

/// How often an instance was assigned partitions.
fn assignments(stream: &Stream, index: usize) -> usize {
    stream.said(index).matches("partitions assigned").count()
}

#[test]
fn a_hundred_kills_of_several_instances_with_partitions_moving() {
    if !Cluster::is_there() {
        return;
    }
    let cluster = Cluster::start(1).unwrap();
    let mut stream = start(&cluster);
    stream.scale(Service::Candles, 2).unwrap();
    stream.scale(Service::TechnicalIndicators, 2).unwrap();
    stream.run_for(MS(2_000)).unwrap();
    let mut kills = 0;
    let mut by_service = std::collections::BTreeMap::new();
    for turn in 0_u64.. {
        if kills == 100 {
            break;
        }
        // Each in its turn, at instants that are spread over a transaction.
        let running = stream.running();
        let Some(&index) = running.get(turn as usize * 5 % running.len().max(1)) else {
            stream.run_for(MS(50)).unwrap();
            continue;
        };
        // Every ninth stays away until its partitions have moved.
        let down = if turn % 9 == 0 { TOO_LONG } else { Duration::ZERO };
        if stream.kill(index, down).unwrap() {
            kills += 1;
            let services = [Service::Trades, Service::Candles, Service::TechnicalIndicators];
            let of = |s: &Service| stream.instances(*s).contains(&index);
            *by_service.entry(services.into_iter().find(of)).or_insert(0) += 1;
        }
        stream.run_for(MS(250 + turn * 37 % 400)).unwrap();
    }
    assert!(by_service.len() == 3 && by_service.values().all(|n| *n >= 15), "{by_service:?}");
    assert_identical(stream);
}

/// Then instances are known to the group by its members' ids alone, and nobody takes
/// over the transactions of another.
const WITHOUT_NAMES: (&str, &str) = ("KAFKA_INSTANCE_ID", "");

/// Then a broker may stand still for a while, and fences nobody off for that.
const PATIENT: (&str, &str) = ("KAFKA_TRANSACTION_TIMEOUT_MS", "30000");

#[test]
fn from_one_instance_to_three_and_back() {
    scale(&[PATIENT]);
}

#[test]
fn from_one_instance_to_three_and_back_without_names() {
    scale(&[PATIENT, WITHOUT_NAMES]);
}

fn scale(settings: &[(&'static str, &str)]) {
    if !Cluster::is_there() {
        return;
    }
    let cluster = Cluster::start(1).unwrap();
    let mut stream = start_with(&cluster, settings);
    for service in [Service::Candles, Service::TechnicalIndicators] {
        stream.scale(service, 3).unwrap();
    }
    let services = [Service::Candles, Service::TechnicalIndicators];
    stream
        .run_until("six instances with partitions", |s| {
            let all = services.map(|service| s.instances(service)).concat();
            all.len() == 6 && all.iter().all(|&i| assignments(s, i) > 0)
        })
        .unwrap();
    stream.run_for(MS(3_000)).unwrap();
    for service in services {
        stream.scale(service, 1).unwrap();
    }
    stream.run_for(TOO_LONG).unwrap();
    // They do not fence each other off; only a broker that is busy may give one up. Where
    // it stands still for long, whoever writes trades gives up too.
    let words = stream.last_words();
    let failures = words.lines().filter(|line| !line.starts_with("trades ")).count();
    assert!(failures < 4, "{words}");
    assert_identical(stream);
}

#[test]
fn a_zombie_does_not_write() {
    if !Cluster::is_there() {
        return;
    }
    let cluster = Cluster::start(1).unwrap();
    let mut stream = start(&cluster);
    pause_past_the_session(&mut stream);
    // One of the same name takes over, at once; the zombie must end.
    let trades = stream.instances(Service::Trades)[0];
    let candles = stream.instances(Service::Candles)[0];
    for zombie in [trades, candles] {
        assert!(stream.pause(zombie).unwrap());
        let twin = stream.replace(zombie).unwrap();
        let ready = if zombie == trades { "started" } else { "partitions assigned" };
        stream.run_until("a twin", |s| s.said(twin).contains(ready)).unwrap();
        stream.run_for(MS(1_000)).unwrap();
        stream.resume(zombie).unwrap();
        stream
            .run_until("the zombie's end", |s| s.said(zombie).contains("has been taken over"))
            .unwrap();
    }
    assert_identical(stream);
}

#[test]
fn a_zombie_without_a_name_does_not_write() {
    if !Cluster::is_there() {
        return;
    }
    let cluster = Cluster::start(1).unwrap();
    let mut stream = start_with(&cluster, &[WITHOUT_NAMES]);
    pause_past_the_session(&mut stream);
    // Killed, it leaves a transaction that nobody but the broker ends.
    for service in [Service::Candles, Service::TechnicalIndicators] {
        let killed = stream.instances(service)[0];
        let before = assignments(&stream, killed);
        assert!(stream.kill(killed, Duration::ZERO).unwrap());
        stream.run_until("back", |s| assignments(s, killed) > before).unwrap();
    }
    assert_identical(stream);
}

/// Pauses one instance of two in the middle of its transactions until the other one has
/// taken over.
fn pause_past_the_session(stream: &mut Stream) {
    for service in [Service::Candles, Service::TechnicalIndicators] {
        stream.scale(service, 2).unwrap();
    }
    stream.run_for(TOO_LONG).unwrap();
    for service in [Service::Candles, Service::TechnicalIndicators] {
        let [one, other] = stream.instances(service)[..] else { panic!() };
        let before = (assignments(stream, one), assignments(stream, other));
        assert!(stream.pause(one).unwrap());
        stream.run_until("taken over", |s| assignments(s, other) > before.1).unwrap();
        stream.run_for(MS(1_000)).unwrap();
        stream.resume(one).unwrap();
        // It has to notice, and to begin anew from what is committed.
        stream.run_until("fenced and back", |s| assignments(s, one) > before.0).unwrap();
    }
}

#[test]
fn moves_and_kills_while_a_long_log_is_caught_up_with() {
    if !Cluster::is_there() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let recordings = Recordings::write(directory.path(), 8, 4, 60_000).unwrap();
    let cluster = Cluster::start(1).unwrap();
    let calm = Stream::start(&cluster, "calm", &recordings, Pace::Max).unwrap().finish().unwrap();

    // Ten thousands of records at once: outputs are on their way in full batches.
    let large = [("COMMIT_INTERVAL_MS", "500")];
    let services = [Service::Candles, Service::TechnicalIndicators];
    let mut stream = Stream::start_with(&cluster, "trial", &recordings, Pace::Max, &large).unwrap();
    services.iter().for_each(|service| stream.scale(*service, 0).unwrap());
    stream.run_until("all trades published", Stream::is_published).unwrap();
    let mut in_mid_stream = 0;
    for turn in 0..8_usize {
        for service in services {
            stream.scale(service, [1, 2, 3, 2][turn % 4]).unwrap();
        }
        stream.run_for(MS(600 + 130 * turn as u64)).unwrap();
        let behind = !stream.is_caught_up(Service::TechnicalIndicators, "candles");
        in_mid_stream += usize::from(behind);
        let running = stream.running();
        if let Some(&index) = running.get(turn % running.len().max(1)) {
            stream.kill(index, Duration::ZERO).unwrap();
        }
    }
    assert!(in_mid_stream >= 4, "{in_mid_stream}");
    let disturbed = stream.finish().unwrap();
    if let Err(difference) = compare(&calm, &disturbed) {
        panic!("{difference}");
    }
}

#[test]
fn a_broker_of_three_killed_and_started_again() {
    if !Cluster::is_there() {
        return;
    }
    let cluster = Cluster::start(3).unwrap();
    let mut stream = start(&cluster);
    for node in 1..=3 {
        cluster.kill(node).unwrap();
        stream.run_for(MS(4_000)).unwrap();
        cluster.restart(node).unwrap();
        // Until it follows again, no other may fail.
        stream.run_until("all replicas in sync", |_| cluster.is_in_sync()).unwrap();
        stream.run_for(MS(2_000)).unwrap();
    }
    assert_identical(stream);
}

#[test]
fn the_only_broker_killed_and_started_again() {
    if !Cluster::is_there() {
        return;
    }
    let cluster = Cluster::start(1).unwrap();
    let mut stream = start(&cluster);
    for pause in [0, 6_000] {
        cluster.kill(1).unwrap();
        stream.run_for(MS(pause)).unwrap();
        cluster.restart(1).unwrap();
        stream.run_for(MS(4_000)).unwrap();
    }
    assert_identical(stream);
}

#[test]
fn brokers_out_of_reach_for_a_minute() {
    if !Cluster::is_there() {
        return;
    }
    let cluster = Cluster::start(1).unwrap();
    let mut stream = start(&cluster);
    cluster.weather(Weather::Dark);
    stream.run_for(Duration::from_secs(60)).unwrap();
    cluster.weather(Weather::Clear);
    stream.run_for(MS(4_000)).unwrap();
    assert_identical(stream);
}

#[test]
fn a_broker_that_answers_slowly() {
    if !Cluster::is_there() {
        return;
    }
    let cluster = Cluster::start(1).unwrap();
    let mut stream = start(&cluster);
    for delay in [20, 100, 250] {
        cluster.weather(Weather::Slow(MS(delay)));
        stream.run_for(MS(6_000)).unwrap();
    }
    cluster.weather(Weather::Clear);
    assert_identical(stream);
}

#[test]
fn the_network_drops_in_the_middle_of_a_commit() {
    if !Cluster::is_there() {
        return;
    }
    let cluster = Cluster::start(1).unwrap();
    let mut stream = start(&cluster);
    let mut asked = 0;
    for _ in 0..5 {
        for api_key in Cut::COMMIT {
            for delivered in [false, true] {
                cluster.proxies().cut(Cut { api_key, delivered });
                asked += 1;
                stream.run_until("a cut", |_| cluster.proxies().cuts() == asked).unwrap();
                stream.run_for(MS(150)).unwrap();
            }
        }
    }
    assert_eq!(asked, 30);
    assert_identical(stream);
}
