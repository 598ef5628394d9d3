//! Made-up recordings for `trades` to replay: one file a pair, the same for the
//! same seed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::error::Error;

/// Recorded time from one trade of a pair to the next, on average, in milliseconds.
const GAP_MS: i64 = 1_000;

/// Files of recorded trades.
#[derive(Clone, Debug)]
pub struct Recordings {
    files: Vec<(String, PathBuf)>,
}

impl Recordings {
    /// Writes the recordings of so many pairs, with so many trades each.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(
        directory: &Path,
        seed: u64,
        pairs: usize,
        trades: usize,
    ) -> Result<Recordings, Error> {
        let mut random = StdRng::seed_from_u64(seed);
        let mut files = Vec::new();
        for number in 0..pairs {
            let path = directory.join(format!("pair-{number}.csv"));
            write_one(&path, &mut random, trades)
                .map_err(Error::system(format!("write {}", path.display())))?;
            files.push((format!("P{number}/X"), path));
        }
        Ok(Recordings { files })
    }

    /// The pairs with their files.
    pub(crate) fn files(&self) -> &[(String, PathBuf)] {
        &self.files
    }

    /// The `SPEED` at which a pair has so many trades a second.
    pub(crate) fn speed(rate: f64) -> String {
        format!("{}x", rate * GAP_MS as f64 / 1000.0)
    }
}

fn write_one(path: &Path, random: &mut StdRng, trades: usize) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "trade_id,timestamp_ms,side,price,quantity")?;
    let (mut timestamp_ms, mut price) = (1_700_000_000_000, 1000.0_f64);
    for id in 1..=trades {
        timestamp_ms += random.random_range(0..=2 * GAP_MS);
        price = (price + random.random_range(-5.0..5.0)).max(1.0);
        let quantity = random.random_range(0.001..10.0);
        let side = if random.random() { "buy" } else { "sell" };
        writeln!(file, "{id},{timestamp_ms},{side},{price:.2},{quantity:.6}")?;
    }
    file.flush()
}
