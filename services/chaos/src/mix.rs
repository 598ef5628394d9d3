//! All faults in one trial, in an order that a seed decides.

use std::fmt;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::cluster::Cluster;
use crate::error::Error;
use crate::process::Service;
use crate::proxy::{Cut, Weather};
use crate::stream::{PATIENCE, Stream};

/// How many faults there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// SIGKILLs of services.
    pub kills: u64,
    /// Services paused past their session timeout, and continued.
    pub pauses: u64,
    /// Brokers killed and started again.
    pub broker_kills: u64,
    /// Connections cut at a request of a commit.
    pub cuts: u64,
    /// Times when no broker could be reached.
    pub outages: u64,
    /// Times when brokers answered slowly.
    pub slow: u64,
    /// Changes of the number of instances of a service.
    pub scalings: u64,
    /// Services that ended by themselves with a failure, and were started again.
    pub failures: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} kills, {} pauses, {} broker kills, {} cuts in a commit, {} outages, {} slow \
             spells, {} scalings; {} times a service gave up and was started again",
            self.kills,
            self.pauses,
            self.broker_kills,
            self.cuts,
            self.outages,
            self.slow,
            self.scalings,
            self.failures
        )
    }
}

/// Disturbs a stream for so long, or until its recordings are published, and
/// leaves the cluster as it was.
///
/// # Errors
/// When a fault cannot be made.
pub fn mix(
    cluster: &Cluster,
    stream: &mut Stream,
    seed: u64,
    duration: Duration,
) -> Result<Counts, Error> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut counts = Counts::default();
    let cuts_before = cluster.proxies().cuts();
    let end = Instant::now() + duration;
    while Instant::now() < end && !stream.is_published() {
        // The larger faults take long; by number most are kills.
        match random.random_range(0..100) {
            0..60 => {
                let down = match random.random_range(0..5) {
                    // Long enough for its partitions to move.
                    0 => PATIENCE + Duration::from_millis(1_500),
                    _ => Duration::ZERO,
                };
                if let Some(&index) = stream.running().choose(&mut random) {
                    counts.kills += u64::from(stream.kill(index, down)?);
                }
            }
            60..76 => {
                let api_key = *Cut::COMMIT.choose(&mut random).unwrap_or(&Cut::END);
                cluster.proxies().cut(Cut { api_key, delivered: random.random() });
            }
            76..84 => {
                if let Some(&index) = stream.running().choose(&mut random)
                    && stream.pause(index)?
                {
                    stream.run_for(PATIENCE + Duration::from_millis(1_500))?;
                    stream.resume(index)?;
                    counts.pauses += 1;
                }
            }
            84..91 => {
                let service = match random.random() {
                    true => Service::Candles,
                    false => Service::TechnicalIndicators,
                };
                stream.scale(service, random.random_range(1..=3))?;
                counts.scalings += 1;
            }
            91..95 => {
                let node = random.random_range(1..=cluster.nodes());
                cluster.kill(node)?;
                stream.run_for(Duration::from_millis(random.random_range(0..6_000)))?;
                cluster.restart(node)?;
                counts.broker_kills += 1;
            }
            95..98 => {
                cluster.weather(Weather::Slow(Duration::from_millis(random.random_range(5..150))));
                stream.run_for(Duration::from_secs(5))?;
                cluster.weather(Weather::Clear);
                counts.slow += 1;
            }
            _ => {
                cluster.weather(Weather::Dark);
                stream.run_for(Duration::from_millis(random.random_range(500..10_000)))?;
                cluster.weather(Weather::Clear);
                counts.outages += 1;
            }
        }
        stream.run_for(Duration::from_millis(random.random_range(0..1_000)))?;
    }
    cluster.proxies().forget_cuts();
    counts.cuts = cluster.proxies().cuts() - cuts_before;
    counts.failures = stream.failures();
    Ok(counts)
}
