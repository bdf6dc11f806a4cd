//! `andon replay`: a recorded or simulated centre through the whole hub in virtual time, and what
//! people would have been told, beside what two simpler alerters would have said.

use std::path::PathBuf;

use andon::demo::centre::Centre;
use andon::demo::traffic::{Traffic, WHOLE};
use andon::demo::week::{DAY, WeekHour, Weekday};
use andon::hub::Loaded;
use andon::model::time::{Span, UtcMs};
use andon::replay::{Replay, Report, Said, Watch, stage, usual};
use lexopt::ValueExt;
use serde_json::{Map, Value, json};

use super::exit::Fault;
use super::simulators::recording;
use super::{check, out};

/// `andon replay`.
#[derive(Debug)]
pub(crate) struct ReplayOptions {
    pub(crate) replayed: Replayed,
    /// The operator's own file instead of guide 2's thresholds.
    pub(crate) config: Option<PathBuf>,
    pub(crate) json: bool,
}

/// What is replayed.
#[derive(Debug, Default)]
pub(crate) struct Replayed {
    /// A recording; without one the simulated bank.
    data: Option<PathBuf>,
    /// Of the simulated bank, from a Sunday on.
    seed: u64,
    days: Option<u32>,
    /// Of a recording.
    from: Option<UtcMs>,
    to: Option<UtcMs>,
    queue: Option<String>,
}

/// The Sunday on which the simulated bank begins: 7 March 1999.
const SUNDAY: UtcMs = UtcMs(920_764_800_000);

impl Replayed {
    /// The options that are about it and nothing else.
    pub(crate) const NAMES: [&str; 4] = ["--days", "--queue", "--from", "--to"];

    /// Takes the value of one of them.
    pub(crate) fn read(
        &mut self,
        name: &str,
        parser: &mut lexopt::Parser,
    ) -> Result<(), lexopt::Error> {
        let value = parser.value()?;
        match name {
            "--days" => self.days = Some(value.parse()?),
            "--queue" => self.queue = Some(value.to_string_lossy().into_owned()),
            "--from" => self.from = Some(value.parse_with(moment)?),
            _ => self.to = Some(value.parse_with(moment)?),
        }
        Ok(())
    }

    /// The same of a recording, or of a seed where there is none.
    pub(crate) fn of(self, data: Option<PathBuf>, seed: u64) -> Result<Self, Fault> {
        let of_recordings = self.from.is_some() || self.to.is_some();
        match data {
            Some(_) if self.days.is_some() => {
                Err(Fault::usage("--days is for the simulated centre; a recording has --to"))
            }
            None if of_recordings => {
                Err(Fault::usage("--from and --to are of a recording: --data"))
            }
            data => Ok(Self { data, seed, ..self }),
        }
    }

    /// The traffic, and the stretch of time.
    fn traffic(&self) -> Result<(Traffic, UtcMs, UtcMs), Fault> {
        let Some(path) = &self.data else {
            let midnight = WeekHour { weekday: Weekday::Sunday, hour: 0 };
            let centre = Centre::bank(self.seed, SUNDAY, midnight).with_whole();
            let days = self.days.unwrap_or(7).clamp(1, 366);
            let to = SUNDAY + Span(DAY.0.saturating_mul(days.into()));
            return Ok((Traffic::Simulated(Box::new(centre)), SUNDAY, to));
        };
        let recording = recording(path)?;
        let (first, last) = recording
            .stretch()
            .ok_or_else(|| Fault::data(format!("{} has no rows to play", path.display())))?;
        let midnight = |at: UtcMs| UtcMs(at.0 - at.0.rem_euclid(DAY.0));
        let from = self.from.unwrap_or_else(|| midnight(first));
        let to = self.to.unwrap_or_else(|| midnight(last + Span(DAY.0 - 1)));
        if from >= to {
            return Err(Fault::usage(format!("there is nothing from {from} to {to}")));
        }
        Ok((Traffic::Recorded(recording), from, to))
    }

    /// The queues: the one that is named; else the whole centre for guide 2's thresholds, and each
    /// for an operator's file.
    fn queues<'a>(&'a self, traffic: &'a Traffic, whole: bool) -> Result<Vec<&'a str>, Fault> {
        let all = || traffic.queues().iter().map(|queue| &*queue.id);
        let wanted = match &self.queue {
            Some(queue) => Some(queue.as_str()),
            None => Some(WHOLE).filter(|queue| whole && all().any(|known| known == *queue)),
        };
        let Some(wanted) = wanted.filter(|wanted| *wanted != EACH) else {
            return Ok(all().filter(|queue| *queue != WHOLE).collect());
        };
        if all().any(|known| known == wanted) {
            return Ok(Vec::from([wanted]));
        }
        let known = all().collect::<Vec<_>>().join(", ");
        Err(Fault::usage(format!("there is no queue {wanted}; there are {known} and {EACH}")))
    }
}

/// Each queue, and not the whole.
const EACH: &str = "each";

/// A day, or a moment of RFC 3339.
fn moment(text: &str) -> Result<UtcMs, &'static str> {
    let day = || UtcMs::from_rfc3339(&format!("{text}T00:00:00Z"));
    let moment = UtcMs::from_rfc3339(text).or_else(day);
    moment.ok_or("it has to be like 2024-05-15 or 2024-05-15T14:32:00Z")
}

/// Plays it, and prints the table.
pub(crate) fn replay(options: &ReplayOptions) -> Result<(), Fault> {
    let own = options.config.as_deref().map(check::config).transpose()?;
    let (traffic, from, to) = options.replayed.traffic()?;
    let queues = options.replayed.queues(&traffic, own.is_none())?;
    let loaded = match own {
        Some(loaded) => stage(loaded, &queues),
        None => usual(&queues),
    };
    let loaded: Loaded = loaded.map_err(|problems| {
        let texts = problems.iter().map(|problems| problems.render(out::complaint_colour()));
        Fault::config(texts.collect::<String>())
    })?;
    let watched = queues.join(", ");
    let report = Replay::new(loaded, traffic.clone(), (from, to)).run();
    out::print(&if options.json {
        format!("{}\n", object(&report, &watched))
    } else {
        table(&report, &watched)
    })
}

/// The alerters by name, as the table has them.
fn rows(report: &Report) -> [(&'static str, &Said); 3] {
    [("naive", &report.naive), ("on crossing", &report.crossing), ("andon", &report.andon)]
}

fn table(report: &Report, watched: &str) -> String {
    let Report { from, to, .. } = report;
    let mut text = format!("{watched} from {from} to {to}\n\n{HEAD}\n");
    for (name, said) in rows(report) {
        // An alerter is not compared with itself, nor with one that says less.
        let percent = |cut: f64| if cut > 0.0 { format!("{cut:.1} %") } else { "-".into() };
        text.push_str(&format!(
            "{name:<12}{:>9}{:>12}{:>14}{:>11}{:>14}{:>12}{:>9.1}\n",
            said.notices,
            said.recoveries,
            said.digest_lines,
            percent(report.cut_against_naive(said)),
            percent(report.cut_against_crossing(said)),
            said.worst_hour,
            report.a_day(said),
        ));
    }
    let (long, untold) = report.long();
    text.push_str(&format!(
        "\nbreaches    {}; {long} lasted {} or longer, and nobody was told of {}\n",
        report.crossings.len(),
        Report::LONG,
        untold.len(),
    ));
    for crossing in untold {
        text.push_str(&format!(
            "  untold    {} from {} for {}\n",
            crossing.alert, crossing.begun, crossing.lasted
        ));
    }
    if let (Some(median), Some(most)) = (report.delay(50), report.delay(95)) {
        text.push_str(&format!(
            "first word  {} after the first answer in breach (median), 95 of 100 within {}\n",
            median, most
        ));
    }
    let reasons = report.made.iter().map(|(reason, count)| (reason.as_str(), *count));
    text.push_str(&format!("notices     {}\n", counted(reasons)));
    let holds = report.held.iter().map(|(hold, count)| (hold.as_str(), *count));
    let holds = [(ON_DELAY, report.brief)].into_iter().chain(holds);
    text.push_str(&format!("held        {}\n", counted(holds)));
    for Watch { origin, metric } in &report.unfed {
        text.push_str(&format!("not fed     {origin}: there is no number for its {metric}\n"));
    }
    text
}

/// What held a breach back that was no alert yet; of all else each cycle is counted.
const ON_DELAY: &str = "on_delay";

/// Of each alerter: its messages, by how many of a hundred they are fewer than those of the naive
/// alerter (recoveries counted) and of the one that speaks on crossing (notices alone), and how
/// often it speaks.
const HEAD: &str = "              notices  recoveries  digest lines  cut naive  cut crossing  \
                    worst hour    a day";

/// What there was at all, with its number.
fn counted(counts: impl Iterator<Item = (&'static str, u64)>) -> String {
    let some = counts.filter(|(_, count)| *count > 0);
    let some: Vec<String> = some.map(|(name, count)| format!("{name} {count}")).collect();
    if some.is_empty() { "none".into() } else { some.join(", ") }
}

fn object(report: &Report, watched: &str) -> Value {
    let alerters = rows(report).map(|(name, said)| {
        json!({
            "alerter": name,
            "notices": said.notices,
            "recoveries": said.recoveries,
            "digest_lines": said.digest_lines,
            "cut_against_naive_percent": report.cut_against_naive(said),
            "cut_against_crossing_percent": report.cut_against_crossing(said),
            "worst_hour": said.worst_hour,
            "notices_a_day": report.a_day(said),
        })
    });
    let (long, untold) = report.long();
    let untold: Vec<Value> = untold
        .iter()
        .map(|crossing| {
            let (begun, lasted) = (crossing.begun.rfc3339(), crossing.lasted.whole_secs());
            json!({ "alert": crossing.alert.as_str(), "begun": begun, "seconds": lasted })
        })
        .collect();
    let made: Map<String, Value> =
        report.made.iter().map(|(reason, count)| (reason.as_str().into(), json!(count))).collect();
    let mut held: Map<String, Value> =
        report.held.iter().map(|(hold, count)| (hold.as_str().into(), json!(count))).collect();
    held.insert(ON_DELAY.into(), json!(report.brief));
    let not_fed = report
        .unfed
        .iter()
        .map(|Watch { origin, metric }| json!({ "rule": origin, "metric": metric.name() }));
    let seconds = |percent| report.delay(percent).map(Span::whole_secs);
    json!({
        "from": report.from.rfc3339(),
        "to": report.to.rfc3339(),
        "queues": watched,
        "alerters": alerters,
        "breaches": report.crossings.len(),
        "breaches_of_300_s": long,
        "untold": untold,
        "first_notice_median_seconds": seconds(50),
        "first_notice_p95_seconds": seconds(95),
        "notices_by_reason": made,
        "held": held,
        "rules_not_fed": not_fed.collect::<Vec<_>>(),
    })
}
