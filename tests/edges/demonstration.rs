//! `andon demo`, as somebody sees it who has just built it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::hub::{andon, ended, text};
use crate::patience::wait_for;

/// A real bank's call centre, month by month; see the folder's own page about where it comes from.
const RECORDING: &str = "shared/data/anonymous-bank-1999-march.csv.gz";

#[test]
fn a_demonstration_tells_and_sums_up() {
    let output = ended(andon().args(["demo", "--for-seconds", "8", "--speed", "240"]));
    let shown = text(&output.stdout);
    assert_shows_alerts(&shown);
    for outcome in ["webhooks", "taken", "duplicate", "late", "refused"] {
        assert!(number(&shown, outcome) > 0, "{shown}");
    }
    assert!(shown.contains("pagerduty: P1 SBC-East"), "a carrier was lost: {shown}");
    assert_eq!(complaints(&text(&output.stderr)), Vec::<&str>::new());
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_demonstration_ends_quietly_when_its_reader_goes_away() {
    let mut command = andon();
    command.args(["demo", "--speed", "240"]).stdin(Stdio::null());
    let demo = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut demo = Killed(demo);
    let mut line = String::new();
    let mut reader = BufReader::new(demo.0.stdout.take().unwrap());
    reader.read_line(&mut line).unwrap();
    assert!(line.starts_with("andon watches"), "{line}");
    drop(reader);
    let status = wait_for("the demonstration ends", 20, || demo.0.try_wait().unwrap());
    let mut complaint = String::new();
    demo.0.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!((status.code(), complaints(&complaint)), (Some(0), Vec::new()));
}

/// What went wrong, other than that the machine stood still: half a second of that is two minutes
/// without data here.
fn complaints(stderr: &str) -> Vec<&str> {
    stderr.lines().filter(|line| !line.ends_with(": it stalls")).collect()
}

/// A process that does not outlive its test.
pub(crate) struct Killed(pub(crate) Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_recording_of_real_traffic_raises_alerts() {
    let Some(recording) = recording() else {
        eprintln!("LEFT OUT: there is no ../{RECORDING}");
        return;
    };
    let mut command = andon();
    command.args(["demo", "--for-seconds", "8", "--speed", "240", "--data"]).arg(recording);
    let output = ended(&mut command);
    assert_shows_alerts(&text(&output.stdout));
    assert_eq!(complaints(&text(&output.stderr)), Vec::<&str>::new());
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_recording_that_is_not_there_is_66_and_one_that_makes_no_sense_is_65() {
    let output = ended(andon().args(["demo", "--data", "nowhere.csv"]));
    assert_eq!(output.status.code(), Some(66), "{}", text(&output.stderr));
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let output = ended(andon().args(["demo", "--data"]).arg(own));
    assert_eq!(output.status.code(), Some(65), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("line 1: the columns have to be"));
}

/// Beside the repository, or beside the folder of a worktree.
fn recording() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["..", "../.."].map(|up| root.join(up).join(RECORDING)).into_iter().find(|path| path.exists())
}

/// A number of the summary.
fn number(shown: &str, name: &str) -> u64 {
    let line = shown.lines().find_map(|line| line.trim_start().strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {shown}")).trim().parse().unwrap()
}

fn assert_shows_alerts(shown: &str) {
    assert!(shown.contains("  first_breach  "), "{shown}");
    let is_there = |name| number(shown, name) > 0;
    assert!(is_there("breaches") && is_there("notices") && is_there("samples"), "{shown}");
    assert!(shown.contains("An alerter that speaks in each cycle"), "{shown}");
    assert!(shown.contains("; 0 were refused."), "{shown}");
}
