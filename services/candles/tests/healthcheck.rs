//! The program asked with `--healthcheck` whether the one that runs is well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use pipeline::embedded::Broker;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// The program, without the caller's address.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candles"));
    command.env_remove("HTTP_ADDRESS");
    command
}

/// Whether it is well, and what the program says if not.
fn healthcheck(address: Option<&str>) -> (bool, String) {
    let mut command = program();
    if let Some(address) = address {
        command.env("HTTP_ADDRESS", address);
    }
    let output = command.arg("--healthcheck").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.stdout.is_empty());
    assert_eq!(said.lines().count(), usize::from(!output.status.success()), "{said}");
    (output.status.success(), said)
}

/// The running program, which does not outlive its test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn a_service_is_well_while_it_runs_and_not_before_or_after() {
    let broker = Broker::start().unwrap();
    // On all interfaces, as in a container.
    let address = format!("0.0.0.0:{}", free_address().port());
    let (well, said) = healthcheck(Some(&address));
    assert!(!well && said.contains(&address) && said.contains("not healthy"), "{said}");

    let child = program()
        .env("KAFKA_BOOTSTRAP_SERVERS", broker.address())
        .env("HTTP_ADDRESS", &address)
        .spawn()
        .unwrap();
    let mut service = Service(child);
    let deadline = Instant::now() + Duration::from_secs(60);
    while !healthcheck(Some(&address)).0 {
        assert!(Instant::now() < deadline, "never well");
        std::thread::sleep(Duration::from_millis(50));
    }
    service.0.kill().unwrap();
    service.0.wait().unwrap();
    assert!(!healthcheck(Some(&address)).0);
}

#[test]
fn another_answer_than_ok_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let other = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        client.read_exact(&mut [0; 16]).unwrap();
        client.write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").unwrap();
    });
    let (well, said) = healthcheck(Some(&address));
    other.join().unwrap();
    assert!(!well && said.contains("503 Service Unavailable"), "{said}");
}

#[test]
fn an_address_that_is_missing_or_wrong_is_named() {
    for address in [None, Some(""), Some("8080")] {
        let (well, said) = healthcheck(address);
        assert!(!well && said.contains("HTTP_ADDRESS"), "{said}");
    }
}
