//! `andon route --for KEY`: where an alert would go by the config, and why.

use alloc::rc::Rc;

use andon::edge::clock::Clock;
use andon::model::business::Business;
use andon::model::calendar::Open;
use andon::model::config::Config;
use andon::model::context::ContextTable;
use andon::model::matcher::Facts;
use andon::model::metric::Metric;
use andon::model::mute::{Muter, Muting, Routed, Scope, Urgent};
use andon::model::name::{TargetName, WindowName};
use andon::model::route::{Route, Rung, ladder};
use andon::model::rule::Priority;
use andon::model::time::{ClockTrust, Now, Tick, UtcMs};
use andon::model::window::Window;
use serde_json::{Value, json};

use super::check;
use super::exit::Fault;
use super::options::RouteOptions;
use super::out;

/// Says for each source and priority that is asked for where an alert goes.
pub(crate) fn route(options: &RouteOptions) -> Result<(), Fault> {
    let loaded = check::config(&options.config)?;
    let config = &loaded.config;
    let wrong =
        "--for takes entity:metric or entity:metric:priority, such as tier-2:calls_waiting:P1";
    let (rest, priorities) = match options.key.rsplit_once(':') {
        Some((rest, word)) if Priority::parse(word).is_some() => {
            (rest, Priority::parse(word).into_iter().collect())
        }
        _ => (&*options.key, Priority::ALL.to_vec()),
    };
    let (entity, metric) = rest.rsplit_once(':').ok_or_else(|| Fault::usage(wrong.to_owned()))?;
    let metric =
        Metric::find(metric).map_err(|_| Fault::usage(format!("no metric is called {metric}")))?;
    let at = match &options.at {
        Some(text) => UtcMs::from_rfc3339(text).ok_or_else(|| {
            Fault::usage("--at takes a time such as 2026-11-28T22:00:00Z".to_owned())
        })?,
        None => Clock::real().now().utc,
    };
    let is_asked = |name: &str| options.source.as_deref().is_none_or(|asked| asked == name);
    let table = ContextTable::new(config.enrichment.rows.clone());
    let mut answers = Vec::new();
    for source in config.sources.iter().filter(|source| is_asked(source.name.as_str())) {
        let business = table.find(source.name.as_str(), entity, entity);
        let impact = config.enrichment.is_configured();
        let impact = business.map(Business::impact).or(impact.then_some("unmapped"));
        for &priority in &priorities {
            let facts = Facts {
                severity: priority.severity(),
                priority,
                impact,
                metric,
                platform: &source.platform,
                source: source.name.as_str(),
                entity,
                entity_name: entity,
                unit: business.and_then(|business| business.unit.as_deref()),
                key: "",
            };
            answers.push(answer(config, facts, at));
        }
    }
    if answers.is_empty() {
        return Err(Fault::usage("the config has no such source".to_owned()));
    }
    let text: String = match options.json {
        true => answers.iter().map(|answer| format!("{answer}\n")).collect(),
        false => answers.iter().map(page).collect(),
    };
    out::print(&text)
}

fn answer(config: &Config, facts: Facts<'_>, at: UtcMs) -> Value {
    let taking: Vec<&Route> = config.routes.taking(facts).collect();
    let last = taking.last().map(|route| &route.origin);
    let mut is_over = false;
    let asked = config.routes.ordered.iter().map(|route| {
        let misfit = route.matcher.misfit(&facts);
        let why = match (is_over, misfit) {
            (true, _) => "not asked".to_owned(),
            (false, None) if route.continues => "takes it, and the next are asked, too".to_owned(),
            (false, None) => "takes it".to_owned(),
            (false, Some(part)) => format!("does not take it: {part}"),
        };
        is_over = is_over || Some(&route.origin) == last && !route.continues;
        json!({
            "route": route.origin,
            "match": route.matcher.to_string(),
            "answer": why,
            "suppression_windows": route.windows,
        })
    });
    let routes: Vec<Value> = asked.collect();
    let mut targets: Vec<&TargetName> = Vec::new();
    for target in taking.iter().flat_map(|route| &route.targets) {
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    let in_digest = taking.first().is_some_and(|route| route.digest_only);
    let muted = muted(config, &facts, at).into_iter();
    let muted = muted.map(|(by, until)| json!({ "by": by, "until": until.rfc3339() }));
    let rungs = ladder(&taking).into_iter().map(|step| rung(config, &taking, facts, step, at));
    json!({
        "key": format!("{}:{}:{}", facts.entity, facts.metric.short(), facts.priority),
        "source": facts.source,
        "business_impact": facts.impact,
        "unit": facts.unit,
        "at": at.rfc3339(),
        "routes": routes,
        "muted": muted.collect::<Vec<Value>>(),
        "targets": names(if in_digest { config.digest.targets.iter().collect() } else { targets }),
        "digest": in_digest,
        "ladder": rungs.collect::<Vec<Value>>(),
    })
}

/// The windows that mute it at a time, and until when.
fn muted(config: &Config, facts: &Facts<'_>, at: UtcMs) -> Vec<(WindowName, UtcMs)> {
    let open = config.windows.iter().filter_map(|window| Some((window, window.at(at)?.to)));
    let open: Vec<(&Window, UtcMs)> = open.collect();
    let names = open.iter().map(|(window, _)| window.name.clone()).collect();
    let routed = Rc::new(Routed { routes: config.routes.clone(), open: names });
    let covers = |window: &Window, until: UtcMs| {
        let matching = window.matcher.clone().map(Box::new).map(Scope::Matching);
        let mut scopes = matching.into_iter().chain([Scope::Routed(Rc::clone(&routed))]);
        let by = Muter::Window(window.name.clone());
        let urgent = Urgent::Muted;
        scopes.any(|scope| Muting { by: by.clone(), scope, until, urgent }.covers(facts))
    };
    let muting = open.into_iter().filter(|(window, until)| covers(window, *until));
    muting.map(|(window, until)| (window.name.clone(), until)).collect()
}

fn rung(config: &Config, taking: &[&Route], facts: Facts<'_>, rung: &Rung, at: UtcMs) -> Value {
    let higher = facts.priority.higher();
    let above = Facts { priority: higher, severity: higher.severity(), ..facts };
    let own = || taking.iter().flat_map(|route| &route.targets).collect::<Vec<_>>();
    let mut targets: Vec<&TargetName> = rung.targets.iter().collect();
    if targets.is_empty() {
        targets = config.routes.taking(above).flat_map(|route| &route.targets).collect();
    }
    let targets = if targets.is_empty() { own() } else { targets };
    let due = rung.after.map_or(at, |after| at + after);
    let moment = Now { tick: Tick(0), utc: due, trust: ClockTrust::Ntp };
    json!({
        "after_seconds": rung.after.map(|after| after.whole_secs()),
        "at": rung.after.map(|after| (at + after).rfc3339()),
        "targets": names(targets),
        "raise": rung.raises,
        "hours": rung.hours.as_ref().map(|hours| &*hours.name),
        "passed_over": rung.open(moment) == Open::No,
    })
}

fn names(targets: Vec<&TargetName>) -> Vec<&str> {
    targets.into_iter().map(TargetName::as_str).collect()
}

fn page(answer: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| {
        let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.collect::<Vec<_>>().join(", ")
    };
    let each = |key: &str| answer[key].as_array().into_iter().flatten();
    let impact = match answer["business_impact"].as_str() {
        Some(impact) => format!(", business impact {impact}"),
        None => String::new(),
    };
    let (key, source, at) = (text(&answer["key"]), text(&answer["source"]), text(&answer["at"]));
    let mut page = format!("{key} of {source}{impact}, at {at}\n");
    for route in each("routes") {
        let windows = list(&route["suppression_windows"]);
        let windows = if windows.is_empty() { windows } else { format!("; not in {windows}") };
        let (place, about, why) =
            (text(&route["route"]), text(&route["match"]), text(&route["answer"]));
        page.push_str(&format!("  {place}  {about}: {why}{windows}\n"));
    }
    let mut is_muted = false;
    for muting in each("muted") {
        is_muted = true;
        let (by, until) = (text(&muting["by"]), text(&muting["until"]));
        page.push_str(&format!("  muted by the window {by} until {until}; if it is bad then,\n"));
    }
    let targets = list(&answer["targets"]);
    page.push_str(&match (answer["digest"] == json!(true), targets.is_empty()) {
        (true, _) => format!("  in the digest: {targets}\n"),
        (false, true) => "  nobody is told\n".to_owned(),
        (false, false) if is_muted => format!("  told at its end: {targets}\n"),
        (false, false) => format!("  told at once: {targets}\n"),
    });
    for rung in each("ladder") {
        let when = match rung["at"].as_str() {
            Some(at) => format!("{} s, at {at}", rung["after_seconds"]),
            None => "escalation_threshold_seconds of its rule".to_owned(),
        };
        let raised = if rung["raise"] == json!(true) { ", one step worse" } else { "" };
        let over = match rung["passed_over"] == json!(true) {
            true => format!(", passed over: outside of the hours {}", text(&rung["hours"])),
            false => String::new(),
        };
        page.push_str(&format!("  after {when}: {}{raised}{over}\n", list(&rung["targets"])));
    }
    page
}
