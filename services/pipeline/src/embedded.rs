//! An in-process Kafka broker, for `standalone` and for tests. This is the only
//! place that knows which broker it is (`noida-db`), so that it can be
//! exchanged. It keeps everything in memory and lives as long as the process.
//!
//! Requests go to noida-db unchanged, but for two: fetches, because noida-db
//! answers them in a way that makes a `read_committed` reader lose records (see
//! `fetch`), and produce requests, to spare them the detour.

mod fetch;

use std::io::{self, BufReader, BufWriter};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{
    ApiKey, FetchRequest, ProduceRequest, RequestHeader, ResponseHeader,
};
use kafka_protocol::protocol::{Decodable, Encodable};
use noida::kafka::codec::{read_frame, write_frame};
use noida::kafka::connection::handle_connection;
use noida::kafka::engine::Engine;

use crate::error::Error;

/// A Kafka broker in this process, listening on a free port of the loopback
/// interface.
#[derive(Clone, Debug)]
pub struct Broker {
    address: SocketAddr,
}

impl Broker {
    /// Starts a broker with no topics.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start() -> Result<Broker, Error> {
        let start = || {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let address = listener.local_addr()?;
            let engine = Engine::new(address.ip().to_string(), i32::from(address.port()));
            engine.spawn_log_cleaner();
            thread::Builder::new().name("embedded-broker".into()).spawn(move || {
                for client in listener.incoming().flatten() {
                    let engine = engine.clone();
                    // A client that goes away in mid-request is none of
                    // the broker's business.
                    thread::spawn(move || serve(&client, &engine).ok());
                }
            })?;
            Ok(Broker { address })
        };
        start().map_err(Error::EmbeddedBroker)
    }

    /// What `KAFKA_BOOTSTRAP_SERVERS` has to be to reach it: `127.0.0.1:port`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

/// Answers one client's requests, in order, until it hangs up.
fn serve(client: &TcpStream, engine: &Engine) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut requests = BufReader::new(client);
    let mut responses = BufWriter::new(client);
    let mut noida = None;
    while let Some(frame) = read_frame(&mut requests)? {
        let response = match answer(frame.clone().freeze(), engine)? {
            Answer::Here(response) => response,
            Answer::NotExpected => continue,
            Answer::Noida => {
                let (reader, writer) = match &mut noida {
                    Some(connection) => connection,
                    None => noida.insert(connect(engine)?),
                };
                write_frame(writer, &frame)?;
                read_frame(reader)?.ok_or(io::ErrorKind::UnexpectedEof)?
            }
        };
        write_frame(&mut responses, &response)?;
    }
    Ok(())
}

/// A connection to noida-db's own request loop.
fn connect(engine: &Engine) -> io::Result<(BufReader<TcpStream>, BufWriter<TcpStream>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let near = TcpStream::connect(listener.local_addr()?)?;
    let (far, _) = listener.accept()?;
    let engine = engine.clone();
    thread::spawn(move || handle_connection(far, engine));
    near.set_nodelay(true)?;
    Ok((BufReader::new(near.try_clone()?), BufWriter::new(near)))
}

enum Answer {
    Here(BytesMut),
    NotExpected,
    Noida,
}

fn answer(mut frame: Bytes, engine: &Engine) -> io::Result<Answer> {
    let [k0, k1, v0, v1, ..] = frame[..] else {
        return Err(invalid("a request shorter than its header"));
    };
    let version = i16::from_be_bytes([v0, v1]);
    let key = ApiKey::try_from(i16::from_be_bytes([k0, k1]));
    let Ok(key @ (ApiKey::Fetch | ApiKey::Produce)) = key else {
        return Ok(Answer::Noida);
    };
    let header = RequestHeader::decode(&mut frame, key.request_header_version(version))
        .map_err(|e| invalid(&e.to_string()))?;
    let mut response = BytesMut::new();
    ResponseHeader::default()
        .with_correlation_id(header.correlation_id)
        .encode(&mut response, key.response_header_version(version))
        .map_err(|e| invalid(&e.to_string()))?;
    let encoded = if key == ApiKey::Fetch {
        let request =
            FetchRequest::decode(&mut frame, version).map_err(|e| invalid(&e.to_string()))?;
        fetch::fetch(engine, &request, version).encode(&mut response, version)
    } else {
        let request =
            ProduceRequest::decode(&mut frame, version).map_err(|e| invalid(&e.to_string()))?;
        let produced = engine.handle_produce(&request, version);
        if request.acks == 0 {
            return Ok(Answer::NotExpected);
        }
        produced.encode(&mut response, version)
    };
    encoded.map_err(|e| invalid(&e.to_string()))?;
    Ok(Answer::Here(response))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
