//! The outputs on their way to the producer. What reads records and computes has
//! one thread; turning the outputs into bytes and handing them to the client costs
//! about as much again, and is done on a second one, in batches and in order. While
//! there is too little to fill a batch, the first does it: to wake the second would
//! cost more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::codec::{self, Encoder, headers};
use crate::error::{Error, Failure};
use crate::message::Message;
use crate::sink::{Outgoing, Sink};

/// Outputs that change threads at once.
const BATCH: usize = 256;
/// Batches that may wait for the second thread; the first waits for it then.
const AHEAD: usize = 16;

/// Messages with the times of their events, in milliseconds since 1970 UTC.
type Batch<M> = Vec<(M, i64)>;

/// Sends outputs in the order in which they are pushed.
pub(crate) struct Outputs<M> {
    /// Not handed over yet.
    batch: Batch<M>,
    writer: Writer<M>,
    /// `None` once there is no more to come.
    full: Option<SyncSender<Batch<M>>>,
    /// For each batch that was handed over, how it went, and the batch, emptied.
    sent: Receiver<(Result<(), Failure>, Batch<M>)>,
    /// Batches that were handed over and not heard of since.
    under_way: usize,
    /// What is under way is not wanted any more.
    unwanted: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl<M: Message + Serialize + Send + 'static> Outputs<M> {
    pub(crate) fn new(encoder: Encoder<M>, topic: &str, sink: Sink) -> Result<Outputs<M>, Error> {
        let writer = Writer {
            encoder: Arc::new(encoder),
            topic: topic.to_owned(),
            sink,
            payload: Vec::new(),
        };
        let (full, batches) = mpsc::sync_channel::<Batch<M>>(AHEAD);
        let (answer, sent) = mpsc::channel();
        let unwanted = Arc::new(AtomicBool::new(false));
        let (mut second, skip) = (writer.clone(), Arc::clone(&unwanted));
        let send_all = move || {
            for mut batch in batches {
                let result = match skip.load(Ordering::Relaxed) {
                    true => Ok(()),
                    false => second.send(&batch),
                };
                batch.clear();
                if answer.send((result, batch)).is_err() {
                    break;
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("outputs".to_owned())
            .spawn(send_all)
            .map_err(Error::system("start a thread"))?;
        let (batch, full, thread) = (Vec::with_capacity(BATCH), Some(full), Some(thread));
        Ok(Outputs { batch, writer, full, sent, under_way: 0, unwanted, thread })
    }

    /// Takes an output about an event of this time. A transaction must be open.
    ///
    /// # Errors
    /// Where one of the outputs before could not be sent.
    pub(crate) fn push(&mut self, message: M, event_time_ms: i64) -> Result<(), Failure> {
        self.batch.push((message, event_time_ms));
        if self.batch.len() < BATCH {
            return Ok(());
        }
        let emptied = self.hear()?.unwrap_or_else(|| Vec::with_capacity(BATCH));
        let batch = std::mem::replace(&mut self.batch, emptied);
        let taken = self.full.as_ref().is_some_and(|full| full.send(batch).is_ok());
        self.under_way += 1;
        if taken { Ok(()) } else { Err(ended()) }
    }

    /// There is nothing else to do: sends what is here, unless the second thread
    /// is still at what comes before it.
    pub(crate) fn idle(&mut self) -> Result<(), Failure> {
        self.hear()?;
        if self.under_way == 0 { self.send_rest() } else { Ok(()) }
    }

    /// Returns when the producer has everything that was pushed.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        while self.under_way > 0 {
            let (result, _) = self.sent.recv().map_err(|_| ended())?;
            self.under_way -= 1;
            result?;
        }
        self.send_rest()
    }

    fn send_rest(&mut self) -> Result<(), Failure> {
        let sent = self.writer.send(&self.batch);
        self.batch.clear();
        sent
    }

    /// Hears how the batches went that the second thread is done with; the last of
    /// them comes back, emptied.
    fn hear(&mut self) -> Result<Option<Batch<M>>, Failure> {
        let mut emptied = None;
        while let Ok((result, batch)) = self.sent.try_recv() {
            self.under_way -= 1;
            result?;
            emptied = Some(batch);
        }
        Ok(emptied)
    }

    /// Forgets what was pushed since the last [`Outputs::finish`]. When this
    /// returns, nothing is sent any more.
    pub(crate) fn forget(&mut self) {
        self.batch.clear();
        self.unwanted.store(true, Ordering::Relaxed);
        while self.under_way > 0 && self.sent.recv().is_ok() {
            self.under_way -= 1;
        }
        self.under_way = 0;
        self.unwanted.store(false, Ordering::Relaxed);
    }
}

impl<M> Drop for Outputs<M> {
    fn drop(&mut self) {
        self.unwanted.store(true, Ordering::Relaxed);
        self.full = None;
        if let Some(thread) = self.thread.take() {
            // A panic of it has been printed.
            thread.join().ok();
        }
    }
}

fn ended() -> Failure {
    let reason = std::io::Error::other("the thread that sends them has ended");
    Error::system("send the outputs")(reason).into()
}

/// Turns outputs into records.
struct Writer<M> {
    encoder: Arc<Encoder<M>>,
    topic: String,
    sink: Sink,
    payload: Vec<u8>,
}

impl<M> Clone for Writer<M> {
    fn clone(&self) -> Self {
        let (encoder, topic) = (Arc::clone(&self.encoder), self.topic.clone());
        Writer { encoder, topic, sink: self.sink.clone(), payload: Vec::new() }
    }
}

impl<M: Message + Serialize> Writer<M> {
    fn send(&mut self, batch: &Batch<M>) -> Result<(), Failure> {
        // Once for all of them: the client would look for each.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        let now_ms = now.and_then(|now| i64::try_from(now.as_millis()).ok());
        for (message, event_time_ms) in batch {
            self.payload.clear();
            self.encoder
                .encode(message, &mut self.payload)
                .map_err(|reason| Error::Encode { topic: self.topic.clone(), reason })?;
            let unsaid = message.event_time_ms() != Some(*event_time_ms);
            let event_time = unsaid.then(|| event_time_ms.to_string());
            let event_time = event_time.as_deref().map(|digits| (codec::EVENT_TIME, digits));
            let outgoing = Outgoing {
                topic: &self.topic,
                partition: None,
                key: Some(message.key().as_bytes()),
                payload: Some(&self.payload),
                headers: headers(self.encoder.version(), event_time.as_slice()),
            };
            self.sink.send_at(now_ms, outgoing)?;
        }
        Ok(())
    }
}
