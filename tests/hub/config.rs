//! The config files of the stories: one tenant, the targets, who hears of what.

/// A file with these thresholds for every queue, each as the inside of a TOML table. Where one does
/// not speak of delays nothing waits: most stories are about something else.
pub(crate) fn thresholds(thresholds: &[&str]) -> String {
    let table = |one: &&str| {
        let delays = if one.contains("_delay_seconds") { "" } else { AT_ONCE };
        format!("    {{ {one}{delays} }},\n")
    };
    let tables: Vec<String> = thresholds.iter().map(table).collect();
    format!("{SITE}\n[[rules]]\nthresholds = [\n{}]\n", tables.concat())
}

/// The same file where every source's webhooks can be proved.
pub(crate) fn pushing(text: &str) -> String {
    let secret = "client_secret = { credential = \"cxone\" }\n";
    text.replace(secret, &format!("{secret}webhook_secret = {{ credential = \"webhook\" }}\n"))
}

/// A file in which one target, which is called `desk`, is told of a busy queue and of a crowd, once
/// each and in the built-in words: what people read where the operator has written none.
pub(crate) fn told_by(target: &str) -> String {
    let (sources, _) = SITE.split_once("[[target]]").unwrap();
    let once =
        |rule: &str| format!("    {{ {rule}{AT_ONCE}, escalation_threshold_seconds = 36000 }},\n");
    format!(
        "{sources}[[target]]\nname = \"desk\"\n{target}\n[routes]\n\
         P1 = {{ targets = [\"desk\"], repeat_seconds = [36000] }}\n\
         P2 = {{ targets = [\"desk\"], repeat_seconds = [36000] }}\n\n\
         [[rules]]\nthresholds = [\n{}{}]\n",
        once(BUSY),
        once(CROWD)
    )
}

/// Who is there: two queues, PagerDuty for P1, Slack for P2 and for the digest that P3 enters.
///
/// The summaries are short, so that a story shows them whole.
pub(crate) const SITE: &str = r#"
[[source]]
name = "cxone"
definition = "nice-cxone-guide"
base_url = "https://cxone.test"
client_id = "hub"
client_secret = { credential = "cxone" }
queues = ["tier-1", "tier-2"]

[[target]]
name = "pagerduty"
kind = "pagerduty"
url = "https://pagerduty.test/v2/enqueue"
routing_key = { credential = "pagerduty" }

[[target]]
name = "slack"
kind = "slack"
url = { credential = "slack" }

[[target]]
name = "webhook"
kind = "webhook"
url = "https://webhook.test/andon"
signing_secret = { credential = "webhook" }

[routes]
P1 = { targets = ["pagerduty"], repeat_seconds = [] }
P2 = { targets = ["slack"], repeat_seconds = [] }
P3 = { digest = true }

[digest]
targets = ["slack"]

[templates]
summary = """{{ entity_name }} {{ metric }} \
{% if resolved %}recovered{% else %}{{ severity }}\
{% if reason not in ["first_breach", "digest"] %}, {{ reason }}{% endif %}{% endif %}"""
"#;

/// For the inside of a threshold: it waits for nothing.
pub(crate) const AT_ONCE: &str = ", on_delay_seconds = 0, off_delay_seconds = 0";
/// What a route of [`SITE`] says of repeats: one after each cooldown, as in guide 2's own file. It
/// lets a story see that a breach goes on, which is not what most of them are about.
pub(crate) const EACH_COOLDOWN: &str = ", repeat_seconds = []";

/// Somebody waits too long, or too many wait: guide 2's first rule.
pub(crate) const CROWD: &str =
    r#"metric = "calls_waiting", operator = ">=", static_value = 15, priority = "P1""#;

/// A crowd that a channel can live with.
pub(crate) const BUSY: &str =
    r#"metric = "calls_waiting", operator = ">=", static_value = 5, priority = "P2""#;

/// Guide 2's second rule: the longer the more agents there are.
pub(crate) const WAIT: &str = r#"metric = "longest_wait", operator = ">=", static_value = 120,
    dynamic_scaling = true, scaling_factor = "agents_available * 20", priority = "P2""#;

/// Guide 2's third rule, over a sliding minute.
pub(crate) const HANG_UPS: &str =
    r#"metric = "abandoned_calls", operator = ">=", static_value = 5, priority = "P1""#;

/// Nobody is there to take a call: for the digest.
pub(crate) const NOBODY: &str =
    r#"metric = "agents_available", operator = "<", static_value = 3, priority = "P3""#;
