//! The month of real traffic, and what follows from its rows alone.

use alloc::collections::BTreeMap;
use std::fs::read;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

/// A real bank's call centre in March 1999; see the folder's own page about where it comes from.
const RECORDING: &str = "shared/data/anonymous-bank-1999-march.csv.gz";

/// The length of a row's cycle, in seconds.
const CYCLE: i64 = 10;

/// Where the recording lies: beside the repository, or beside the folder of a worktree.
pub(crate) fn path() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = ["..", "../.."].map(|up| root.join(up).join(RECORDING));
    let found = found.into_iter().find(|path| path.exists());
    if found.is_none() {
        eprintln!("LEFT OUT: there is no ../{RECORDING}");
    }
    found
}

/// Its text.
pub(crate) fn text(path: &Path) -> String {
    let mut text = String::new();
    GzDecoder::new(&*read(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

/// A stretch in which a metric of the whole centre was in breach in every cycle.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stretch {
    pub(crate) begun: i64,
    pub(crate) seconds: i64,
    pub(crate) metric: &'static str,
}

/// Every stretch in breach from one second to another: 15 waiting, 120 s of wait, 5 abandons in the
/// last 60 s. A cycle without a row is zero.
pub(crate) fn stretches(text: &str, from: i64, to: i64) -> Vec<Stretch> {
    let mut rows: BTreeMap<i64, [i64; 3]> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [ts, "ALL", waiting, longest, _, _, _, abandoned, _, _] = cells[..] else { continue };
        let number = |cell: &str| cell.parse::<i64>().unwrap();
        rows.insert(number(ts), [number(waiting), number(longest), number(abandoned)]);
    }
    let at = |ts: i64| rows.get(&ts).copied().unwrap_or_default();
    let mut all = Vec::new();
    let mut begun: [Option<i64>; 3] = [None; 3];
    let mut ts = from;
    while ts <= to {
        let [waiting, longest, _] = at(ts);
        let first = from.max(ts - 5 * CYCLE);
        let cycles = (first..=ts).step_by(usize::try_from(CYCLE).unwrap());
        let abandoned: i64 = cycles.map(|cycle| at(cycle)[2]).sum();
        let breaches = [waiting >= 15, longest >= 120, abandoned >= 5];
        let metrics = ["calls_waiting", "longest_wait", "abandoned_calls"];
        for ((begun, breach), metric) in begun.iter_mut().zip(breaches).zip(metrics) {
            match (breach && ts < to, *begun) {
                (true, None) => *begun = Some(ts),
                (false, Some(since)) => {
                    all.push(Stretch { begun: since, seconds: ts - since, metric });
                    *begun = None;
                }
                (true, Some(_)) | (false, None) => {}
            }
        }
        ts += CYCLE;
    }
    all.sort();
    all
}

/// What an alerter sends that speaks in every cycle in breach.
pub(crate) fn naive(stretches: &[Stretch]) -> u64 {
    let cycles = stretches.iter().map(|stretch| stretch.seconds / CYCLE).sum::<i64>();
    cycles.unsigned_abs()
}
