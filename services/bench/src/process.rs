//! What is measured runs in processes of its own, so that each one's time and
//! memory can be told from the others': this same program, started again to be a
//! service, a broker or the raw loop.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::kill_process;

use crate::error::{Error, Result};

pub(crate) use rustix::process::{Pid, Signal};

/// A clock tick of `/proc`, which is the same on every machine.
const TICKS_A_SECOND: f64 = 100.0;

/// Settings of a service, by the names of its environment variables.
pub(crate) type Settings = BTreeMap<&'static str, String>;

/// A process, which ends with this value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
    lines: Option<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts this program with these arguments and no other settings than these.
    /// What it logs goes to a file in `directory`.
    pub(crate) fn start(directory: &Path, arguments: &[&str], settings: &Settings) -> Result<Self> {
        let this = std::env::current_exe().map_err(Error::system("find this program"))?;
        let mut command = Command::new(this);
        command.args(arguments).env_clear();
        // Where the C library is, if this program was built with it.
        command.envs(std::env::vars_os().filter(|(name, _)| name == "LD_LIBRARY_PATH"));
        command.envs(settings.iter());
        Process::spawn(directory, command)
    }

    /// Starts a command. What it writes to stderr goes to a file in `directory`.
    pub(crate) fn spawn(directory: &Path, mut command: Command) -> Result<Process> {
        let log = tempfile::Builder::new().suffix(".log").tempfile_in(directory);
        let (file, log) = log
            .and_then(|file| Ok(file.keep()?))
            .map_err(Error::system(format!("write to {}", directory.display())))?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .map_err(Error::system(format!("start {}", command.get_program().display())))?;
        let lines = child.stdout.take().map(BufReader::new);
        Ok(Process { child, log, lines })
    }

    /// The next line that it writes to stdout.
    pub(crate) fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if let Some(lines) = &mut self.lines {
            lines.read_line(&mut line).map_err(Error::system("read what a process says"))?;
        }
        if line.is_empty() {
            return Err(self.failed());
        }
        Ok(line.trim_end().to_owned())
    }

    /// What it has written to stderr.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn failed(&self) -> Error {
        let said = self.said();
        let last = said.lines().rev().take(3).collect::<Vec<_>>();
        Error::Command {
            command: format!("process {}", self.child.id()),
            said: last.into_iter().rev().collect::<Vec<_>>().join("; "),
        }
    }

    /// An error if it has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.child.try_wait().map_err(Error::system("look after a process"))? {
            None => Ok(()),
            Some(_) => Err(self.failed()),
        }
    }

    /// Waits until it has logged so many lines with this text, and returns the
    /// last one.
    pub(crate) fn await_log(&mut self, text: &str, times: usize) -> Result<String> {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let said = self.said();
            let mut lines = said.lines().filter(|line| line.contains(text));
            if let Some(line) = lines.nth(times.saturating_sub(1)) {
                return Ok(line.to_owned());
            }
            self.check()?;
            if Instant::now() > deadline {
                return Err(Error::InVain(format!("'{text}' in\n{said}")));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where signals to it go.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// SIGTERM, and waits for its end.
    pub(crate) fn stop(mut self) -> Result<()> {
        signal(self.pid(), Signal::TERM)?;
        let status = self.child.wait().map_err(Error::system("wait for a process"))?;
        if !status.success() {
            return Err(self.failed());
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Sends a signal.
pub(crate) fn signal(id: Pid, signal: Signal) -> Result<()> {
    let sent = kill_process(id, signal).map_err(std::io::Error::from);
    sent.map_err(Error::system("send a signal"))
}

/// Processor time of a process so far, user and system, in seconds; 0 where the
/// system has no `/proc`.
pub(crate) fn cpu_seconds(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The name, in parentheses, may hold anything.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_A_SECOND
}

/// Memory of a process in megabytes: what is resident now, and the most that was.
pub(crate) fn memory(id: u32) -> Result<(f64, f64)> {
    let file = File::open(format!("/proc/{id}/status"));
    let file = file.map_err(Error::system("read a process's memory (needs Linux)"))?;
    let (mut now, mut most) = (0.0, 0.0);
    for line in BufReader::new(file).lines().map_while(std::io::Result::ok) {
        let kilobytes = |line: &str| line.split_whitespace().nth(1).and_then(|n| n.parse().ok());
        match line.split(':').next() {
            Some("VmRSS") => now = kilobytes(&line).unwrap_or(0.0) / 1024.0,
            Some("VmHWM") => most = kilobytes(&line).unwrap_or(0.0) / 1024.0,
            _ => {}
        }
    }
    Ok((now, most))
}
