//! Shows what comes out of the pipeline until the end, a key, or a signal.

use crate::args::{Args, OutputForm};
use crate::board::{Board, Entry};
use crate::lines::Lines;
use crate::reader::Reader;
use crate::services::{Services, ServicesError};
use crate::table;
use pipeline::Shutdown;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyModifiers};
use rdkafka::error::KafkaError;
use std::io::{self, BufWriter, Write};
use std::time::{Duration, Instant};

/// How often the table is drawn, and the end looked for.
const FRAME: Duration = Duration::from_millis(100);

/// Why showing ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShowError {
    /// The services.
    #[error(transparent)]
    Services(#[from] ServicesError),
    /// The topic.
    #[error("could not read topic technical_indicators: {0}")]
    Read(#[from] KafkaError),
    /// The terminal, or the pipe.
    #[error("could not write to stdout: {0}")]
    Write(#[from] io::Error),
}

/// Starts the pipeline and shows what comes out of it.
///
/// # Errors
/// When an option is wrong, or something fails on the way.
pub(crate) fn run(args: Args, shutdown: &Shutdown) -> Result<(), ShowError> {
    let names = args.indicators.list().map_err(ServicesError::from)?.names().to_vec();
    let mut services = Services::start(&args, shutdown)?;
    let shown = follow(&args, &names, &mut services, shutdown);
    let stopped = services.stop();
    shown?;
    Ok(stopped?)
}

fn follow(
    args: &Args,
    names: &[String],
    services: &mut Services,
    shutdown: &Shutdown,
) -> Result<(), ShowError> {
    while !services.is_ready() {
        services.check()?;
        if shutdown.is_requested() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let reader = Reader::open(&services.output)?;
    let mut follow = Follow { reader, services, shutdown, until_end: args.until_end };
    match args.form() {
        OutputForm::Ndjson => {
            // The messages do not say so themselves.
            if args.is_synthetic() {
                eprintln!("{}", args.title());
            }
            let mut out = BufWriter::new(io::stdout().lock());
            follow.each(&mut out, |payload, out| {
                out.write_all(payload)?;
                out.write_all(b"\n")
            })
        }
        OutputForm::Lines => {
            let mut out = BufWriter::new(io::stdout().lock());
            writeln!(out, "{}", args.title())?;
            let mut lines = Lines::new(names);
            follow.each(&mut out, |payload, out| match Entry::read(payload) {
                Some(entry) => lines.write(&entry, Instant::now(), out),
                None => Ok(()),
            })
        }
        OutputForm::Table => {
            let mut terminal = ratatui::try_init()?;
            let shown = follow.table(&mut terminal, &args.title(), names);
            ratatui::try_restore()?;
            shown
        }
    }
}

struct Follow<'a> {
    reader: Reader,
    services: &'a mut Services,
    shutdown: &'a Shutdown,
    until_end: bool,
}

impl Follow<'_> {
    /// Writes every message, until there is a reason to stop.
    fn each<W: Write>(
        &mut self,
        out: &mut W,
        mut write: impl FnMut(&[u8], &mut W) -> io::Result<()>,
    ) -> Result<(), ShowError> {
        let written = self.messages(&mut |payload| match payload {
            Some(payload) => write(payload, out),
            None => out.flush(),
        });
        match written {
            // Whoever reads the pipe has had enough.
            Err(ShowError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }

    /// Hands out every message, and `None` when there is none for the moment.
    fn messages(
        &mut self,
        take: &mut impl FnMut(Option<&[u8]>) -> io::Result<()>,
    ) -> Result<(), ShowError> {
        let mut looked = Instant::now();
        let mut ending = false;
        while !self.shutdown.is_requested() {
            let payload = self.reader.next(FRAME)?;
            take(payload.as_deref())?;
            if ending && self.reader.is_at_end() {
                return Ok(());
            }
            if looked.elapsed() < FRAME {
                continue;
            }
            self.services.check()?;
            if self.until_end && !ending && self.services.is_done()? {
                // All that will ever come is committed now, but not all of it
                // may have been fetched.
                ending = true;
                self.reader.look_again()?;
            }
            looked = Instant::now();
        }
        take(None)?;
        Ok(())
    }

    fn table(
        &mut self,
        terminal: &mut DefaultTerminal,
        title: &str,
        names: &[String],
    ) -> Result<(), ShowError> {
        let mut board = Board::default();
        let mut drawn: Option<Instant> = None;
        let shutdown = self.shutdown.clone();
        self.messages(&mut |payload| {
            if let Some(entry) = payload.and_then(Entry::read) {
                board.take(entry);
            }
            if drawn.is_none_or(|drawn| drawn.elapsed() >= FRAME) {
                terminal.draw(|frame| table::draw(frame, &board, title, names))?;
                drawn = Some(Instant::now());
                if wants_to_quit()? {
                    shutdown.request();
                }
            }
            Ok(())
        })
    }
}

/// Whether `q`, Escape or Ctrl-C was pressed.
fn wants_to_quit() -> io::Result<bool> {
    while event::poll(Duration::ZERO)? {
        if let Event::Key(key) = event::read()? {
            let control = key.modifiers.contains(KeyModifiers::CONTROL);
            match key.code {
                KeyCode::Char('q') | KeyCode::Esc => return Ok(true),
                KeyCode::Char('c') if control => return Ok(true),
                _ => {}
            }
        }
    }
    Ok(false)
}
