//! The live table in the terminal: a row a pair, and the candles that closed.

use crate::board::{Board, Entry, few};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::Line;
use ratatui::widgets::{Block, Cell, Row, Table};

/// The columns between the price and the indicators: heading, field, width.
const CANDLE: [(&str, &str, u16); 5] = [
    ("open", "open", 9),
    ("high", "high", 9),
    ("low", "low", 9),
    ("volume", "volume", 9),
    ("trades", "trades", 6),
];

/// Width of an indicator's column.
const INDICATOR: u16 = 9;

/// Draws the board. `title` says where the trades come from, `names` are the
/// configured indicators; as many are shown as there is room for.
pub(crate) fn draw(frame: &mut Frame<'_>, board: &Board, title: &str, names: &[String]) {
    let pairs = u16::try_from(board.latest.len()).unwrap_or(u16::MAX);
    let areas = Layout::vertical([
        Constraint::Length(pairs.saturating_add(3).max(4)),
        Constraint::Min(0),
        Constraint::Length(1),
    ]);
    let [live, closed, footer] = areas.areas(frame.area());
    let fixed: u16 = 9 + 9 + 12 + CANDLE.iter().map(|(_, _, width)| width + 1).sum::<u16>() + 4;
    let room = frame.area().width.saturating_sub(fixed) / (INDICATOR + 1);
    let shown: Vec<String> = few(names).into_iter().take(room.into()).collect();

    let forming = table(board.latest.values(), &shown, "last", true);
    frame.render_widget(forming.block(Block::bordered().title(Line::from(title).bold())), live);
    let finished = table(board.closed.iter(), &shown, "close", false);
    frame.render_widget(finished.block(Block::bordered().title("closed candles")), closed);
    let help = format!(" q quits   {} messages", board.messages);
    frame.render_widget(Line::from(help).dim(), footer);
}

fn table<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    indicators: &[String],
    last: &'a str,
    forming: bool,
) -> Table<'a> {
    let mut headings = vec!["pair", last, "candle"];
    headings.extend(CANDLE.map(|(heading, _, _)| heading));
    let heading = headings.into_iter().map(str::to_owned).chain(indicators.iter().cloned());
    let heading = Row::new(heading).style(Style::new().add_modifier(Modifier::BOLD));
    let rows = entries.map(|entry| {
        let (seconds, start) = entry.window();
        let mut cells = vec![
            Cell::from(entry.pair().to_owned()),
            Cell::from(entry.text("close")).style(direction(entry)),
            Cell::from(format!("{start} {seconds}s")),
        ];
        cells.extend(CANDLE.map(|(_, field, _)| Cell::from(entry.text(field))));
        cells.extend(indicators.iter().map(|field| Cell::from(entry.text(field))));
        match entry.closed() && forming {
            true => Row::new(cells).dim(),
            false => Row::new(cells),
        }
    });
    let widths = [9, 9, 12].into_iter().chain(CANDLE.map(|(_, _, width)| width));
    let widths = widths.chain(indicators.iter().map(|_| INDICATOR));
    Table::new(rows, widths.map(Constraint::Length)).header(heading)
}

/// Green while the candle rises, red while it falls.
fn direction(entry: &Entry) -> Style {
    match (entry.number("open"), entry.number("close")) {
        (Some(open), Some(close)) if close > open => Style::new().fg(Color::Green),
        (Some(open), Some(close)) if close < open => Style::new().fg(Color::Red),
        _ => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::{Terminal, backend::TestBackend};

    #[test]
    fn a_pair_is_shown_with_its_forming_candle_and_a_few_indicators() {
        let mut board = Board::default();
        for (closed, close) in [(true, 101.5), (false, 102.25)] {
            let message = serde_json::json!({
                "pair": "BTC/EUR", "open": 100.0, "high": 103.0, "low": 99.5, "close": close,
                "volume": 12.5, "trades": 42, "window_start_ms": 3_600_000, "candle_seconds": 60,
                "closed": closed, "sma_7": 100.75, "sma_14": null, "rsi_7": 61.803,
            });
            board.take(Entry::read(message.to_string().as_bytes()).unwrap());
        }
        let names = ["sma_7", "sma_14", "rsi_7"].map(str::to_owned);
        let mut terminal = Terminal::new(TestBackend::new(130, 14)).unwrap();
        terminal.draw(|frame| draw(frame, &board, "SYNTHETIC market", &names)).unwrap();
        let screen = terminal.backend().to_string();
        let live = screen.lines().nth(2).unwrap();
        for text in ["BTC/EUR", "102.25", "01:00:00 60s", "99.5", "42", "100.75", "61.803"] {
            assert!(live.contains(text), "{text} in {live}");
        }
        assert!(screen.contains("SYNTHETIC market"));
        assert!(screen.contains("101.5"), "the closed candle is listed");
    }
}
