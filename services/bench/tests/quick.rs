//! The benchmark on few records: every row of the tables is there, which none is
//! before what it measures has been checked. The figures mean nothing here.

use std::process::Command;

const JOBS: [&str; 4] = [
    "candles:",
    "candles, a forming update a trade:",
    "technical-indicators, EMA, MACD, RSI:",
    "technical-indicators, 16 outputs, a forming update a trade:",
];

#[test]
fn throughput_has_a_row_for_every_side_of_every_job() {
    let output = Command::new(env!("CARGO_BIN_EXE_pipeline-bench"))
        .args(["throughput", "--records", "2000", "--rounds", "1"])
        .env_remove("KAFKA_BOOTSTRAP_SERVERS")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let mut rest = printed.as_str();
    for job in JOBS {
        let at = rest.find(&format!("\n{job}")).unwrap_or_else(|| panic!("no {job} in {printed}"));
        rest = &rest[at + 1..];
        let service = job.split([',', ':']).next().unwrap();
        for side in ["raw loop", service] {
            let row = rest.lines().find(|line| line.starts_with(&format!("  {side}")));
            let row = row.unwrap_or_else(|| panic!("no {side} in {rest}"));
            let rate = row.split_whitespace().find_map(|word| word.parse::<f64>().ok());
            assert!(rate.is_some_and(|rate| rate > 0.0), "{row}");
        }
    }
}
