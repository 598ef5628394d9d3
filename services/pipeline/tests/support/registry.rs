//! A schema registry for the tests: the one that `TEST_SCHEMA_REGISTRY_URL` names,
//! or a stand-in with the part of Confluent's REST API that the services use and
//! a real check of compatibility. In front of either is a gate that counts the
//! requests and can be closed, so that the registry is gone, or hide a schema, as
//! from a registry that lags.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use apache_avro::Schema;
use apache_avro::schema_compatibility::{Compatibility, SchemaCompatibility};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// The registry behind its gate.
pub struct Registry {
    pub url: String,
    gate: Arc<Gate>,
}

#[derive(Default)]
struct Gate {
    closed: AtomicBool,
    requests: AtomicUsize,
    hidden: Mutex<Option<u32>>,
    open: Mutex<Vec<TcpStream>>,
}

impl Registry {
    pub fn start() -> Registry {
        let (host, path) = upstream();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let gate = Arc::new(Gate::default());
        let own = Arc::clone(&gate);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if own.closed.load(Ordering::SeqCst) {
                    continue;
                }
                let server = TcpStream::connect(&host).unwrap();
                let ends = [&client, &server].map(|stream| stream.try_clone().unwrap());
                own.open.lock().unwrap().extend(ends);
                let gate = Arc::clone(&own);
                let ends = [&client, &server].map(|stream| stream.try_clone().unwrap());
                std::thread::spawn(move || {
                    pass(client, server, |bytes| {
                        if let Some(id) = *gate.hidden.lock().unwrap() {
                            hide(bytes, id);
                        }
                        let lines = bytes.windows(10).filter(|w| w == b" HTTP/1.1\r");
                        gate.requests.fetch_add(lines.count(), Ordering::SeqCst);
                    });
                });
                let [client, server] = ends;
                std::thread::spawn(move || pass(server, client, |_| {}));
            }
        });
        Registry { url, gate }
    }

    /// How many requests have come.
    pub fn requests(&self) -> usize {
        self.gate.requests.load(Ordering::SeqCst)
    }

    /// The registry is gone: nothing answers any more.
    pub fn close(&self) {
        self.gate.closed.store(true, Ordering::SeqCst);
        for stream in self.gate.open.lock().unwrap().drain(..) {
            stream.shutdown(Shutdown::Both).ok();
        }
    }

    pub fn reopen(&self) {
        self.gate.closed.store(false, Ordering::SeqCst);
    }

    /// The registry has no such schema, as far as one can see.
    pub fn hide(&self, id: u32) {
        *self.gate.hidden.lock().unwrap() = Some(id);
    }

    pub fn show(&self) {
        *self.gate.hidden.lock().unwrap() = None;
    }

    /// Registers a schema as another producer would; its number.
    pub fn register(&self, subject: &str, schema: &str) -> u32 {
        let body = json!({ "schemaType": "AVRO", "schema": schema });
        let (status, answer) = self.ask("POST", &format!("/subjects/{subject}/versions"), &body);
        assert_eq!(status, 200, "{answer}");
        answer["id"].as_u64().unwrap() as u32
    }

    /// The texts of a subject's versions.
    pub fn versions(&self, subject: &str) -> Vec<String> {
        let path = format!("/subjects/{subject}/versions");
        let (status, numbers) = self.ask("GET", &path, &Value::Null);
        if status == 404 {
            return Vec::new();
        }
        let text = |number: &Value| {
            let (_, version) = self.ask("GET", &format!("{path}/{number}"), &Value::Null);
            version["schema"].as_str().unwrap().to_owned()
        };
        numbers.as_array().unwrap().iter().map(text).collect()
    }

    pub fn level(&self, subject: &str) -> Option<String> {
        let (_, answer) = self.ask("GET", &format!("/config/{subject}"), &Value::Null);
        answer["compatibilityLevel"].as_str().map(str::to_owned)
    }

    pub fn set_level(&self, subject: &str, level: &str) {
        let body = json!({ "compatibility": level });
        let (status, answer) = self.ask("PUT", &format!("/config/{subject}"), &body);
        assert_eq!(status, 200, "{answer}");
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (address, base) = split(&self.url);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} {base}{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
             content-type: application/vnd.schemaregistry.v1+json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        // Whole or in chunks: the JSON is what lies between the outer brackets.
        let start = body.find(['{', '[']).unwrap_or(0);
        let end = body.rfind(['}', ']']).map_or(0, |end| end + 1);
        (status, serde_json::from_str(&body[start..end]).unwrap())
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, seen: impl Fn(&mut [u8])) {
    let mut buffer = [0; 16 << 10];
    while let Ok(size @ 1..) = from.read(&mut buffer) {
        seen(&mut buffer[..size]);
        if to.write_all(&buffer[..size]).is_err() {
            break;
        }
    }
    to.shutdown(Shutdown::Write).ok();
}

/// Asks for the schema 0, which there never is, where it was this one.
fn hide(request: &mut [u8], id: u32) {
    let path = format!("/schemas/ids/{id}?");
    if let Some(at) = request.windows(path.len()).position(|bytes| bytes == path.as_bytes()) {
        request[at + "/schemas/ids/".len()..at + path.len() - 1].fill(b'0');
    }
}

fn split(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("http://").expect("an address with http://");
    rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash))
}

/// Address and path of the registry behind the gate.
fn upstream() -> (String, String) {
    static STAND_IN: OnceLock<String> = OnceLock::new();
    match std::env::var("TEST_SCHEMA_REGISTRY_URL") {
        Ok(url) if !url.is_empty() => {
            let (address, path) = split(url.trim_end_matches('/'));
            (address.to_owned(), path.to_owned())
        }
        _ => (STAND_IN.get_or_init(stand_in).clone(), String::new()),
    }
}

#[derive(Default)]
struct Contents {
    /// By number, counted from 1.
    schemas: Vec<String>,
    /// The numbers of a subject's versions.
    subjects: BTreeMap<String, Vec<usize>>,
    levels: BTreeMap<String, String>,
}

type Shared = Arc<Mutex<Contents>>;
type Answer = (StatusCode, String);

fn stand_in() -> String {
    let contents = Shared::default();
    let routes = Router::new()
        .route("/subjects/{subject}/versions", get(versions).post(register))
        .route("/subjects/{subject}/versions/{version}", get(version))
        .route("/schemas/ids/{id}", get(schema))
        .route("/config/{subject}", get(level).put(set_level))
        .with_state(contents);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, routes).await.unwrap();
        });
    });
    address
}

fn error(status: StatusCode, code: u32, message: impl Into<String>) -> Answer {
    (status, json!({ "error_code": code, "message": message.into() }).to_string())
}

fn no_subject() -> Answer {
    error(StatusCode::NOT_FOUND, 40401, "Subject not found.")
}

async fn versions(State(contents): State<Shared>, Path(subject): Path<String>) -> Answer {
    match contents.lock().unwrap().subjects.get(&subject) {
        Some(ids) => (StatusCode::OK, json!((1..=ids.len()).collect::<Vec<_>>()).to_string()),
        None => no_subject(),
    }
}

async fn version(
    State(contents): State<Shared>,
    Path((subject, version)): Path<(String, usize)>,
) -> Answer {
    let contents = contents.lock().unwrap();
    let Some(ids) = contents.subjects.get(&subject) else { return no_subject() };
    let Some(&id) = version.checked_sub(1).and_then(|index| ids.get(index)) else {
        return error(StatusCode::NOT_FOUND, 40402, "Version not found.");
    };
    let schema = &contents.schemas[id - 1];
    let found = json!({ "subject": subject, "version": version, "id": id, "schema": schema });
    (StatusCode::OK, found.to_string())
}

async fn schema(State(contents): State<Shared>, Path(id): Path<usize>) -> Answer {
    let contents = contents.lock().unwrap();
    match id.checked_sub(1).and_then(|index| contents.schemas.get(index)) {
        Some(schema) => (StatusCode::OK, json!({ "schema": schema }).to_string()),
        None => error(StatusCode::NOT_FOUND, 40403, "Schema not found."),
    }
}

async fn level(State(contents): State<Shared>, Path(subject): Path<String>) -> Answer {
    match contents.lock().unwrap().levels.get(&subject) {
        Some(level) => (StatusCode::OK, json!({ "compatibilityLevel": level }).to_string()),
        None => error(StatusCode::NOT_FOUND, 40408, "Subject has no level of its own."),
    }
}

async fn set_level(
    State(contents): State<Shared>,
    Path(subject): Path<String>,
    body: String,
) -> Answer {
    let body: Value = serde_json::from_str(&body).unwrap();
    let level = body["compatibility"].as_str().unwrap().to_owned();
    contents.lock().unwrap().levels.insert(subject, level);
    (StatusCode::OK, body.to_string())
}

async fn register(
    State(contents): State<Shared>,
    Path(subject): Path<String>,
    body: String,
) -> Answer {
    let body: Value = serde_json::from_str(&body).unwrap();
    let text = body["schema"].as_str().unwrap().to_owned();
    let new = match Schema::parse_str(&text) {
        Ok(schema) => schema,
        Err(problem) => {
            return error(StatusCode::UNPROCESSABLE_ENTITY, 42201, problem.to_string());
        }
    };
    let mut contents = contents.lock().unwrap();
    let ids = contents.subjects.get(&subject).cloned().unwrap_or_default();
    let known = ids.iter().find(|&&id| contents.schemas[id - 1] == text);
    if let Some(id) = known {
        return (StatusCode::OK, json!({ "id": id }).to_string());
    }
    let level = contents.levels.get(&subject).map_or("BACKWARD", String::as_str);
    let earlier = if level.ends_with("TRANSITIVE") { 0 } else { ids.len().saturating_sub(1) };
    for id in &ids[earlier..] {
        let old = Schema::parse_str(&contents.schemas[id - 1]).unwrap();
        let backward = SchemaCompatibility::can_read(&old, &new);
        let forward = SchemaCompatibility::can_read(&new, &old);
        let checks = match level.trim_end_matches("_TRANSITIVE") {
            "NONE" => vec![],
            "BACKWARD" => vec![backward],
            "FORWARD" => vec![forward],
            _ => vec![backward, forward],
        };
        for check in checks {
            if !matches!(check, Ok(Compatibility::Full)) {
                let problem = format!(
                    "Schema being registered is incompatible with an earlier schema for subject \
                     \"{subject}\", details: [{check:?}]"
                );
                return error(StatusCode::CONFLICT, 409, problem);
            }
        }
    }
    let number = contents.schemas.iter().position(|schema| *schema == text).unwrap_or_else(|| {
        contents.schemas.push(text);
        contents.schemas.len() - 1
    });
    contents.subjects.entry(subject).or_default().push(number + 1);
    (StatusCode::OK, json!({ "id": number + 1 }).to_string())
}
