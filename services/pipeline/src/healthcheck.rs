//! The question whether a service is well, asked by the service's own program:
//! an image that holds nothing else has nothing else to ask it with.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::error::Error;
use crate::http;

/// The one option of a program that is to ask instead of to serve.
const OPTION: &str = "--healthcheck";

const PATIENCE: Duration = Duration::from_secs(2);
const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Asks the service that listens on `HTTP_ADDRESS` for its `/healthz`.
///
/// # Errors
/// When `HTTP_ADDRESS` is missing or wrong, or the service does not say within
/// two seconds that it is well.
pub(crate) fn run() -> Result<(), Error> {
    let address = std::env::var_os("HTTP_ADDRESS").unwrap_or_default();
    ask(http::address(&address.to_string_lossy())?)
}

/// Whether the program's arguments ask for the health check and nothing else.
pub(crate) fn is_asked_for(mut arguments: impl Iterator<Item = impl AsRef<OsStr>>) -> bool {
    arguments.next().is_some_and(|only| only.as_ref() == OPTION) && arguments.next().is_none()
}

/// Asks the service that listens on `address`. Where that stands for all
/// interfaces, it is asked on the loopback interface.
///
/// # Errors
/// When it does not say within two seconds that it is well.
fn ask(address: SocketAddr) -> Result<(), Error> {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let problem = match status(SocketAddr::new(ip, address.port())) {
        Ok(status) if status.starts_with("HTTP/1.1 200 ") => return Ok(()),
        Ok(status) => format!("it answers '{}', expected 'HTTP/1.1 200 OK'", status.trim_end()),
        Err(error) => error.to_string(),
    };
    Err(Error::Unhealthy { address, problem })
}

fn status(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(REQUEST)?;
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status)?;
    Ok(status)
}
