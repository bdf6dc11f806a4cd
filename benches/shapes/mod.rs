//! Answers as large as those of the vendors, and the tables that read them.

/// CXone's `skills/activity`.
pub(crate) fn skills(count: usize) -> String {
    let other: Vec<String> = (0..20).map(|n| format!(r#""otherCount{n}":{n}"#)).collect();
    let other = other.join(",");
    let skill = |id| {
        format!(
            r#"{{"serverTime":"2024-05-15T14:32:20.113Z","skillId":{id},"skillName":"Tier {id}",
                "mediaTypeName":"Phone Call","queueCount":22,"agentsAvailable":4,"serviceLevel":68,
                "earliestQueueTime":"2024-05-15T14:30:05.000Z",{other}}}"#
        )
    };
    let rows: Vec<String> = (0..count).map(skill).collect();
    format!(r#"{{"lastPollTime":"2024-05-15T14:32:20Z","skillActivity":[{}]}}"#, rows.join(","))
}

/// How they are read.
pub(crate) const SKILLS: &str = r#"
rows = "skillactivity"
entity_id = "skillid"
entity_name = "skillname"
time = "lastpolltime"
row_time = "servertime"
case = "ignored"
metrics = [
    { metric = "calls_waiting", path = "queuecount" },
    { metric = "longest_wait", path = "earliestqueuetime", unit = "instant" },
    { metric = "agents_available", path = "agentsavailable" },
    { metric = "service_level", path = "servicelevel", unit = "percent" },
]
"#;

/// Genesys' queue observations: calls and people of each queue in two groups.
pub(crate) fn groups(count: usize) -> String {
    let group = |id| {
        format!(
            r#"{{"group":{{"queueId":"{id}","mediaType":"voice"}},"data":[
                {{"metric":"oWaiting","stats":{{"count":22}}}},
                {{"metric":"oLongestWaiting","stats":{{"calculatedMetricValue":1715783405000}}}}]}},
               {{"group":{{"queueId":"{id}"}},"data":[
                {{"metric":"oOnQueueUsers","qualifier":"IDLE","stats":{{"count":4}}}}]}}"#
        )
    };
    let rows: Vec<String> = (0..count).map(group).collect();
    format!(r#"{{"results":[{}]}}"#, rows.join(","))
}

/// How they are read.
pub(crate) const GROUPS: &str = r#"
rows = "results"
entity_id = "group.queueId"
time_from = "receipt"
metrics = [
    { metric = "calls_waiting", path = "data[?metric=='oWaiting'].stats.count | [0]" },
    { metric = "longest_wait", unit = "epoch-ms",
      path = "data[?metric=='oLongestWaiting'].stats.calculatedMetricValue | [0]" },
    { metric = "agents_available",
      path = "data[?metric=='oOnQueueUsers' && qualifier=='IDLE'].stats.count | [0]" },
]
"#;
