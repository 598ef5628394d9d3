//! One instance of a service: the real program, as a process that can be killed,
//! paused and started again, and that is started again when it ends by itself, as
//! an orchestrator would.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::error::Error;

/// Until a process that ended by itself is started again.
const RESTART_AFTER: Duration = Duration::from_millis(300);

/// The services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// `trades`, replaying one recording.
    Trades,
    /// `candles`.
    Candles,
    /// `technical-indicators`.
    TechnicalIndicators,
}

impl Service {
    /// Its program.
    #[must_use]
    pub fn program(self) -> &'static str {
        match self {
            Service::Trades => "trades",
            Service::Candles => "candles",
            Service::TechnicalIndicators => "technical-indicators",
        }
    }
}

impl Service {
    /// The program without any of the caller's settings: in the directory
    /// `CHAOS_PROGRAMS`, for whoever has just built them, or else built now, once for
    /// all services, as this program was.
    ///
    /// # Errors
    /// When they cannot be built.
    pub fn command(self) -> Result<Command, Error> {
        let mut command = Command::new(programs()?.join(self.program()));
        command.env_clear();
        // Where the C library is, if the program was built with it.
        command.envs(std::env::vars_os().filter(|(name, _)| name == "LD_LIBRARY_PATH"));
        Ok(command)
    }
}

fn programs() -> Result<&'static Path, Error> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| build().map_err(|error| error.to_string()));
    built
        .as_deref()
        .map_err(|said| Error::Command { command: "cargo build".into(), said: said.clone() })
}

fn build() -> Result<PathBuf, Error> {
    if let Some(directory) = std::env::var_os("CHAOS_PROGRAMS").filter(|name| !name.is_empty()) {
        return Ok(directory.into());
    }
    let this = std::env::current_exe().map_err(Error::system("find this program"))?;
    // target/debug/chaos, or target/debug/deps/TEST
    let profile = this.ancestors().skip(1).find(|path| !path.ends_with("deps"));
    let profile = profile.unwrap_or(&this);
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    // What cargo told this program about its own package is not about theirs, and
    // would have dependencies compiled anew.
    for (name, _) in std::env::vars_os() {
        let prefixes = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_PRIMARY_"];
        if prefixes.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            cargo.env_remove(name);
        }
    }
    cargo.args(["build", "--quiet", "--locked", "--manifest-path"]);
    cargo.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"));
    cargo.arg("--target-dir").arg(profile.parent().unwrap_or(profile));
    for service in [Service::Trades, Service::Candles, Service::TechnicalIndicators] {
        cargo.args(["--package", service.program()]);
    }
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    let output = cargo.output().map_err(Error::system("run cargo"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Error::Command { command: format!("{cargo:?}"), said });
    }
    Ok(profile.to_owned())
}

/// A process, running or not.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) service: Service,
    /// `KAFKA_INSTANCE_ID`, unless the settings have another.
    pub(crate) name: String,
    settings: Vec<(&'static str, String)>,
    log: PathBuf,
    child: Option<Child>,
    /// When to start it again.
    due: Option<Instant>,
    pub(crate) paused: bool,
    /// Not started again when it ends.
    pub(crate) ending: bool,
    /// Ended for good.
    pub(crate) finished: bool,
    /// How often it ended with a failure, by itself.
    pub(crate) failures: u64,
}

impl Instance {
    /// An instance that is due now, and writes to this file.
    pub(crate) fn new(
        service: Service,
        name: String,
        settings: Vec<(&'static str, String)>,
        log: PathBuf,
    ) -> Instance {
        let due = Some(Instant::now());
        Instance {
            service,
            name,
            settings,
            log,
            child: None,
            due,
            paused: false,
            ending: false,
            finished: false,
            failures: 0,
        }
    }

    /// Another with the same name and settings; this one is not started again when
    /// it ends.
    pub(crate) fn twin(&mut self, log: PathBuf) -> Instance {
        self.ending = true;
        Instance::new(self.service, self.name.clone(), self.settings.clone(), log)
    }

    /// Changes a setting, for the next start.
    pub(crate) fn set(&mut self, setting: &'static str, value: String) {
        self.settings.retain(|(name, _)| *name != setting);
        self.settings.push((setting, value));
    }

    pub(crate) fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// What it has written to stdout and stderr.
    pub(crate) fn said(&self) -> String {
        std::fs::read(&self.log)
            .map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    fn open_log(&self) -> Result<File, Error> {
        let open = OpenOptions::new().create(true).append(true).open(&self.log);
        open.map_err(Error::system(format!("write {}", self.log.display())))
    }

    fn start(&mut self) -> Result<(), Error> {
        let log = self.open_log()?;
        let same = log.try_clone().map_err(Error::system("write a log"))?;
        let mut command = self.service.command()?;
        let child = command
            .env("KAFKA_INSTANCE_ID", &self.name)
            .envs(self.settings.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(same)
            .spawn()
            .map_err(Error::system(format!("start {}", self.service.program())))?;
        self.child = Some(child);
        self.due = None;
        Ok(())
    }

    /// Starts it if that is due, and notices its end.
    pub(crate) fn tend(&mut self) -> Result<(), Error> {
        if self.due.is_some_and(|due| due <= Instant::now()) {
            self.start()?;
        }
        let Some(child) = &mut self.child else { return Ok(()) };
        let Some(status) = child.try_wait().map_err(Error::system("wait for a process"))? else {
            return Ok(());
        };
        self.child = None;
        self.failures += u64::from(!status.success());
        self.finished = status.success() || self.ending;
        if !self.finished {
            self.due = Some(Instant::now() + RESTART_AFTER);
        }
        Ok(())
    }

    /// SIGKILL, and a start again after so long. False if it was not running.
    pub(crate) fn kill(&mut self, down_for: Duration) -> Result<bool, Error> {
        let Some(mut child) = self.child.take() else { return Ok(false) };
        self.paused = false;
        self.due = Some(Instant::now() + down_for);
        // It may have ended just before.
        child.kill().ok();
        let status = child.wait().map_err(Error::system("wait for a process"))?;
        if status.success() || self.ending {
            self.finished = true;
            self.due = None;
        }
        Ok(!status.success())
    }

    /// SIGSTOP. False if it was not running.
    pub(crate) fn pause(&mut self) -> Result<bool, Error> {
        self.paused = self.signal("-STOP")?;
        Ok(self.paused)
    }

    /// SIGCONT.
    pub(crate) fn resume(&mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.paused) {
            self.signal("-CONT")?;
        }
        Ok(())
    }

    /// SIGTERM: it ends by itself, and is not started again.
    pub(crate) fn terminate(&mut self) -> Result<(), Error> {
        self.resume()?;
        self.due = None;
        self.ending = true;
        self.finished = !self.signal("-TERM")?;
        Ok(())
    }

    fn signal(&self, signal: &str) -> Result<bool, Error> {
        let Some(child) = &self.child else { return Ok(false) };
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).output();
        Ok(sent.map_err(Error::system("run kill"))?.status.success())
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.kill(Duration::ZERO).ok();
    }
}
