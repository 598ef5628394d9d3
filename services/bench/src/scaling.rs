//! Scaling: `candles` over as many partitions as processes. On a small machine one of
//! them fills the cores with its broker, so that it is measured once more with each
//! process held to a part of the time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::broker::Broker;
use crate::error::{Error, Result};
use crate::process::{Pid, Process, Signal, cpu_seconds, signal};
use crate::service::{READS, Service, Work};
use crate::tape;
use crate::throughput::filling_of;
use crate::topic;

const COUNTS: [i32; 3] = [1, 2, 4];
/// How long each process runs in each period, where they are held.
const RUN: Duration = Duration::from_millis(10);
const PERIOD: Duration = Duration::from_millis(50);

/// Measures, and prints.
pub(crate) fn run(broker: &Broker, records: usize, rounds: usize) -> Result<()> {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("\nScaling: candles, {records} records, {cores} cores, best of {rounds} rounds");
    table(broker, records, rounds, false)?;
    println!(
        "  each process stopped for all but {} ms in {}:",
        RUN.as_millis(),
        PERIOD.as_millis()
    );
    table(broker, records, rounds, true)
}

fn table(broker: &Broker, records: usize, rounds: usize, held: bool) -> Result<()> {
    println!(
        "  partitions and processes   records/s   of one   cores busy (processes, with broker)"
    );
    let mut one = None;
    for count in COUNTS {
        let mut best: Option<(f64, f64, f64)> = None;
        for round in 0..rounds {
            let figure = measure(broker, records, count, round, held)?;
            if best.is_none_or(|best| figure.0 > best.0) {
                best = Some(figure);
            }
        }
        let Some((rate, busy, with_broker)) = best else { continue };
        let one = *one.get_or_insert(rate);
        println!("  {count:>24}  {rate:>10.0} {:>6.2} x   {busy:.2}, {with_broker:.2}", rate / one);
    }
    Ok(())
}

/// Records a second, and cores that were busy.
fn measure(
    broker: &Broker,
    records: usize,
    count: i32,
    round: usize,
    held: bool,
) -> Result<(f64, f64, f64)> {
    let input = format!("scaling.trades-{count}-{round}-{held}");
    let output = format!("scaling.candles-{count}-{round}-{held}");
    topic::create(&broker.servers, &input, count)?;
    let service = Service::Candles;
    let work = Work { service, input: &input, output: &output, partitions: count, settings: &[] };
    let mut processes = Vec::new();
    for number in 0..count {
        processes.push(work.start(broker, &number.to_string())?);
        // Each has to have made itself known before the next one joins.
        for process in &mut processes {
            process.await_log(READS, 1)?;
        }
    }
    await_shares(&mut processes)?;
    // They sleep while the topic is filled, shorter than the group would mind.
    let ids: Vec<Pid> = processes.iter().map(Process::pid).collect();
    ids.iter().try_for_each(|id| signal(*id, Signal::STOP))?;
    let trades = tape::trades(records, 50);
    topic::fill(&broker.servers, &input, trades.map(|trade| filling_of(&trade)))?;
    let progress = work.progress(broker)?;
    let busy = |processes: &[Process]| processes.iter().map(|p| cpu_seconds(p.id())).sum::<f64>();
    let (cpu, broker_cpu, began) = (busy(&processes), broker.cpu_seconds(), Instant::now());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let running = scope.spawn(|| match held {
            true => hold(&ids, &done),
            false => ids.iter().try_for_each(|id| signal(*id, Signal::CONT)),
        });
        let progressed = match processes.first_mut() {
            Some(first) => progress.wait(records as u64, first, |_| {}),
            None => Ok(()),
        };
        done.store(true, Ordering::Relaxed);
        let ran = running.join().unwrap_or_else(|_| Err(Error::InVain("signals".to_owned())));
        progressed.and(ran)
    })?;
    let seconds = began.elapsed().as_secs_f64();
    let cpu = (busy(&processes) - cpu) / seconds;
    let broker_cpu = (broker.cpu_seconds() - broker_cpu) / seconds;
    processes.into_iter().try_for_each(Process::stop)?;
    let mut topics = work.topics();
    topics.push(input.clone());
    topic::delete(&broker.servers, &topics.iter().map(String::as_str).collect::<Vec<_>>())?;
    Ok((records as f64 / seconds, cpu, cpu + broker_cpu))
}

/// Lets each process run for a while, one after the other, until it is done; then all.
fn hold(processes: &[Pid], done: &AtomicBool) -> Result<()> {
    let mut next = Instant::now();
    let mut wait = |duration| {
        next += duration;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    };
    while !done.load(Ordering::Relaxed) {
        for process in processes {
            signal(*process, Signal::CONT)?;
            wait(RUN);
            signal(*process, Signal::STOP)?;
        }
        wait(PERIOD.saturating_sub(RUN * processes.len() as u32));
    }
    processes.iter().try_for_each(|process| signal(*process, Signal::CONT))
}

/// Waits until each process has one partition.
fn await_shares(processes: &mut [Process]) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let has_one = |process: &Process| {
        let said = process.said();
        let assigned = said.lines().rfind(|line| line.contains(READS));
        assigned.is_some_and(|line| !line.contains(',') && !line.contains("[]"))
    };
    while !processes.iter().all(has_one) {
        processes.iter_mut().try_for_each(Process::check)?;
        if Instant::now() > deadline {
            return Err(Error::InVain("one partition for each process".to_owned()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
