//! TCP proxies that a network's troubles are made with: slow, dark, or torn in the
//! middle of a commit. They know of Kafka's protocol only that a request begins
//! with its length and its kind.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{self, AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::error::Error;

/// The state of the way between clients and brokers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Everything passes.
    Clear,
    /// Everything takes so much longer, each way.
    Slow(Duration),
    /// Nothing passes, and nobody is told: connections stay, and are accepted,
    /// but are silent. What was sent arrives when it clears.
    Dark,
}

/// A connection to be cut at a request that takes part in a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The kind of request, as Kafka's protocol numbers them.
    pub api_key: i16,
    /// Whether the broker still gets the request, so that only its answer is
    /// lost.
    pub delivered: bool,
}

impl Cut {
    /// `AddOffsetsToTxn`: the group's offsets become a part of the transaction.
    pub const ADD_OFFSETS: i16 = 25;
    /// `EndTxn`: commit or abort.
    pub const END: i16 = 26;
    /// `TxnOffsetCommit`: the offsets themselves.
    pub const OFFSETS: i16 = 28;
    /// All of them, in the order of a commit.
    pub const COMMIT: [i16; 3] = [Self::ADD_OFFSETS, Self::OFFSETS, Self::END];
}

#[derive(Debug)]
struct Shared {
    weather: watch::Sender<Weather>,
    cuts: Mutex<VecDeque<Cut>>,
    done: AtomicU64,
}

/// One proxy a broker.
#[derive(Debug)]
pub struct Proxies {
    addresses: Vec<SocketAddr>,
    brokers: watch::Sender<Vec<String>>,
    shared: Arc<Shared>,
    // Ends the tasks with it.
    _runtime: Runtime,
}

impl Proxies {
    /// Listens on so many free ports. Clients wait until [`Proxies::forward_to`]
    /// has said where to.
    pub(crate) fn listen(number: usize) -> Result<Proxies, Error> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(Error::system("start the proxies"))?;
        let (brokers, _) = watch::channel(Vec::<String>::new());
        let (weather, _) = watch::channel(Weather::Clear);
        let shared = Arc::new(Shared { weather, cuts: Mutex::default(), done: AtomicU64::new(0) });
        let mut addresses = Vec::new();
        for index in 0..number {
            let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
            let listener = listener.map_err(Error::system("listen for clients"))?;
            addresses.push(listener.local_addr().map_err(Error::system("listen for clients"))?);
            let (shared, brokers) = (Arc::clone(&shared), brokers.subscribe());
            runtime.spawn(async move {
                while let Ok((client, _)) = listener.accept().await {
                    let (shared, mut brokers) = (Arc::clone(&shared), brokers.clone());
                    tokio::spawn(async move {
                        let known = brokers.wait_for(|brokers| brokers.len() > index).await;
                        let broker = known.map(|brokers| brokers.get(index).cloned());
                        // A connection that ends is news for its two sides only.
                        if let Ok(Some(broker)) = broker {
                            serve(client, &broker, &shared).await.ok();
                        }
                    });
                }
            });
        }
        Ok(Proxies { addresses, brokers, shared, _runtime: runtime })
    }

    pub(crate) fn forward_to<'a>(&self, brokers: impl Iterator<Item = &'a str>) {
        self.brokers.send_replace(brokers.map(str::to_owned).collect());
    }

    pub(crate) fn addresses(&self) -> Vec<String> {
        self.addresses.iter().map(SocketAddr::to_string).collect()
    }

    pub(crate) fn weather(&self, weather: Weather) {
        self.shared.weather.send_replace(weather);
    }

    /// Cuts a connection at the next request of the kind, whosever it is. Several
    /// cuts come one after the other.
    pub fn cut(&self, cut: Cut) {
        self.shared.cuts().push_back(cut);
    }

    /// Gives up the cuts that have not come.
    pub fn forget_cuts(&self) {
        self.shared.cuts().clear();
    }

    /// Number of cuts done.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.shared.done.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn cuts(&self) -> std::sync::MutexGuard<'_, VecDeque<Cut>> {
        self.cuts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cut that this request is for.
    fn take_cut(&self, api_key: i16) -> Option<Cut> {
        let cut = self.cuts().pop_front_if(|cut| cut.api_key == api_key)?;
        self.done.fetch_add(1, Ordering::Relaxed);
        Some(cut)
    }

    /// Returns when the weather lets something pass.
    async fn pass(&self) {
        let mut weather = self.weather.subscribe();
        if let Ok(weather) = weather.wait_for(|weather| *weather != Weather::Dark).await.map(|w| *w)
            && let Weather::Slow(delay) = weather
        {
            tokio::time::sleep(delay).await;
        }
    }
}

async fn serve(client: TcpStream, broker: &str, shared: &Shared) -> io::Result<()> {
    shared.pass().await;
    let broker = TcpStream::connect(broker).await?;
    client.set_nodelay(true)?;
    broker.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_broker, to_broker) = broker.into_split();
    let muted = AtomicBool::new(false);
    // Whichever ends first ends both.
    tokio::select! {
        ended = requests(from_client, to_broker, shared, &muted) => ended,
        ended = responses(from_broker, to_client, shared, &muted) => ended,
    }
}

async fn requests(
    mut client: OwnedReadHalf,
    mut broker: OwnedWriteHalf,
    shared: &Shared,
    muted: &AtomicBool,
) -> io::Result<()> {
    let mut frame = Vec::new();
    loop {
        let length = client.read_u32().await?;
        frame.clear();
        frame.extend_from_slice(&length.to_be_bytes());
        (&mut client).take(u64::from(length)).read_to_end(&mut frame).await?;
        let api_key = match frame.get(4..6) {
            Some(&[high, low]) => i16::from_be_bytes([high, low]),
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        shared.pass().await;
        match shared.take_cut(api_key) {
            None => broker.write_all(&frame).await?,
            Some(cut) => {
                if cut.delivered {
                    muted.store(true, Ordering::Relaxed);
                    broker.write_all(&frame).await?;
                    // A broker does not read what a connection sent that is gone.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                return Ok(());
            }
        }
    }
}

async fn responses(
    mut broker: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    shared: &Shared,
    muted: &AtomicBool,
) -> io::Result<()> {
    let mut chunk = vec![0; 65_536];
    loop {
        let length = broker.read(&mut chunk).await?;
        if length == 0 {
            return Ok(());
        }
        shared.pass().await;
        if muted.load(Ordering::Relaxed) {
            continue;
        }
        client.write_all(chunk.get(..length).unwrap_or_default()).await?;
    }
}
