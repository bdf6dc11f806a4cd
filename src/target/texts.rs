//! The words of a notice: the target's templates where it has some, else the file's where there are
//! some, else the built-in texts.
//!
//! # Promises
//! - `a_target_speaks_in_its_own_words_and_else_in_those_of_the_file`
//! - `a_template_that_fails_never_loses_the_notice`: the built-in text is told, and says so.
//! - `a_template_that_would_fail_at_night_is_refused_by_day`: it is rendered for every reason, with
//!   and without what a platform may leave out.
//!
//! # Not here
//! No target's limits or escaping.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};

use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter};
use serde_json::{Map, Value as Json};

use super::builtin;
use super::cut::{lines, one_line};
use super::facts::{sample, variables};
use super::grammar;
use crate::limits::{BODY_CHARS_MAX, DIGEST_LINE_CHARS_MAX, SUMMARY_CHARS_MAX, TEMPLATE_FUEL_MAX};
use crate::model::catalogue::TemplateFault;
use crate::model::config::Templates;
use crate::model::name::TargetName;
use crate::model::notice::{AlertFacts, Notice, Reason, Subject};
use crate::model::target::{TargetConfig, TargetKind, Webhook};

/// The config's templates, compiled.
#[derive(Debug, Clone)]
pub struct Texts {
    compiled: Environment<'static>,
    /// Those of targets that have some of their own, with the file's for what they leave out.
    own: BTreeMap<TargetName, Self>,
}

/// A notice about one alert, in words. Free of control characters, the body's line breaks excepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wording {
    /// One line.
    pub(super) summary: String,
    /// A few lines more.
    pub(super) body: Body,
    /// What is wrong with the templates, where the built-in text had to stand in.
    pub(super) template_fault: Option<String>,
}

/// Whose body it is: a target that shows the facts anyway leaves out the built-in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// From the file's template.
    Own(String),
    /// Ours.
    BuiltIn(String),
}

impl Texts {
    /// Compiles the templates of the config.
    ///
    /// # Errors
    /// Says what is wrong with the first that cannot be compiled.
    pub fn compile(templates: &Templates) -> Result<Self, TemplateFault> {
        let mut texts = Self::default();
        for (name, text) in [(SUMMARY, &templates.summary), (BODY, &templates.body)] {
            if let Some(text) = text {
                texts.add(name, text)?;
            }
        }
        Ok(texts)
    }

    /// Compiles the templates of the config, those of its targets among them.
    ///
    /// # Errors
    /// Says what is wrong with the first that cannot be compiled.
    pub fn of_config(of_file: &Templates, targets: &[TargetConfig]) -> Result<Self, TemplateFault> {
        let mut texts = Self::compile(of_file)?;
        for TargetConfig { name, kind, templates, .. } in targets {
            let request = if let TargetKind::Webhook(Webhook { body, .. }) = kind {
                body.as_deref()
            } else {
                None
            };
            if request.is_none() && *templates == Templates::default() {
                continue;
            }
            let Templates { summary, body } = templates.clone();
            let summary = summary.or_else(|| of_file.summary.clone());
            let body = body.or_else(|| of_file.body.clone());
            let mut own = Self::compile(&Templates { summary, body })?;
            if let Some(text) = request {
                own.add(REQUEST, text)?;
            }
            texts.own.insert(name.clone(), own);
        }
        Ok(texts)
    }

    fn add(&mut self, name: &'static str, text: &str) -> Result<(), TemplateFault> {
        grammar::check(text)?;
        let added = self.compiled.add_template_owned(name, text.to_string());
        added.map_err(|error| fault(&error))
    }

    /// What a target is told with.
    #[must_use]
    pub fn of(&self, target: &TargetName) -> &Self {
        self.own.get(target).unwrap_or(self)
    }

    /// The body of a webhook's own template, or why it gives none; nothing where it has none.
    pub(super) fn request(&self, variables: Map<String, Json>) -> Option<Result<String, String>> {
        let template = self.compiled.get_template(REQUEST).ok()?;
        Some(template.render(Serde(variables)).map_err(|error| fault(&error).what))
    }

    /// What a notice says, in one line, for the log.
    #[must_use]
    pub fn headline(&self, notice: &Notice) -> String {
        match &notice.subject {
            Subject::Alert(facts) => self.of(&notice.target).word(facts, notice.reason).summary,
            Subject::Word(word) => one_line(&word.headline, SUMMARY_CHARS_MAX),
            Subject::Digest(lines) => {
                let open = lines.iter().filter(|line| !line.resolved).count();
                format!("digest: {open} open, {} recovered", lines.len() - open)
            }
        }
    }

    /// The words about one alert.
    pub(super) fn word(&self, facts: &AlertFacts, reason: Reason) -> Wording {
        let variables = Value::from(Serde(variables(facts, reason)));
        let mut faults = String::new();
        let summary = self
            .own(SUMMARY, &variables, &mut faults)
            .unwrap_or_else(|| builtin::summary(facts, reason));
        let body = match self.own(BODY, &variables, &mut faults) {
            Some(text) => Body::Own(lines(&text, BODY_CHARS_MAX)),
            None => Body::BuiltIn(lines(&builtin::body(facts), BODY_CHARS_MAX)),
        };
        Wording {
            summary: one_line(&summary, SUMMARY_CHARS_MAX),
            body,
            template_fault: (!faults.is_empty()).then(|| one_line(&faults, SUMMARY_CHARS_MAX)),
        }
    }

    /// One alert's line in a digest, or in an announcement.
    #[must_use]
    pub fn line(&self, facts: &AlertFacts) -> String {
        let variables = Value::from(Serde(variables(facts, Reason::Digest)));
        let mut faults = String::new();
        let line = self.own(SUMMARY, &variables, &mut faults).unwrap_or_else(|| {
            let note = if faults.is_empty() { "" } else { " (the summary template failed)" };
            format!("{}{note}", builtin::summary(facts, Reason::Digest))
        });
        one_line(&line, DIGEST_LINE_CHARS_MAX)
    }

    /// The text of the file's template; nothing where there is none or it fails, which is noted.
    fn own(&self, name: &str, variables: &Value, faults: &mut String) -> Option<String> {
        let template = self.compiled.get_template(name).ok()?;
        let fault = match template.render(variables) {
            Ok(text) if name != SUMMARY || !text.trim().is_empty() => return Some(text),
            Ok(_) => "it gives no text".into(),
            Err(error) => fault(&error).what,
        };
        faults.push_str(&format!("The {name} template failed: {fault}. "));
        None
    }
}

impl Default for Texts {
    /// The built-in texts.
    fn default() -> Self {
        Self { compiled: environment(), own: BTreeMap::new() }
    }
}

impl Body {
    /// The text, whoever wrote it.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Own(text) | Self::BuiltIn(text) => text,
        }
    }

    /// The text of the file's template, if it is that.
    pub(super) fn own(&self) -> Option<&str> {
        match self {
            Self::Own(text) => Some(text),
            Self::BuiltIn(_) => None,
        }
    }
}

/// Says what is wrong with a template's text, by rendering it for every reason, once with every
/// metric and once with none but the alert's own.
///
/// # Errors
/// The first fault that shows, with its line where that is known.
pub fn check_template(text: &str) -> Result<(), TemplateFault> {
    grammar::check(text)?;
    let environment = environment();
    let template = environment.template_from_str(text).map_err(|error| fault(&error))?;
    for reason in Reason::ALL {
        let facts = sample(reason)
            .map_err(|why| TemplateFault { line: None, what: format!("the sample {why}") })?;
        let bare = variables(&facts, reason);
        for (variables, when) in [(filled(&bare), String::new()), (bare, LEFT_OUT.into())] {
            template.render(Serde(&variables)).map_err(|error| {
                let TemplateFault { line, what } = fault(&error);
                let what = grammar::strange(text, &error, &variables).unwrap_or(what);
                TemplateFault { line, what: format!("{what} (in a {reason} notice{when})") }
            })?;
        }
    }
    Ok(())
}

/// The variables with something in the place of what a platform may leave out.
pub(super) fn filled(bare: &Map<String, Json>) -> Map<String, Json> {
    let filled = bare.iter().map(|(name, value)| {
        let given = match name.as_str() {
            "monitoring_url" | "runbook" => "https://x".into(),
            "business_unit" | "owner" | "detail" | "dependents" | "cause" => "somebody".into(),
            _ => 1.into(),
        };
        (name.clone(), if value.is_null() { given } else { value.clone() })
    });
    filled.collect()
}

/// A name that no alert has is an error, a metric that was not given prints as `unknown`, and no
/// template within the grammar can take more than its fuel.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    grammar::equip(&mut environment);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(TEMPLATE_FUEL_MAX));
    environment.set_formatter(|out, state, value| {
        let unknown = Value::from("unknown");
        escape_formatter(out, state, if value.is_none() { &unknown } else { value })
    });
    environment
}

/// What the library says, in our words.
pub(super) fn fault(error: &Error) -> TemplateFault {
    let what = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "it takes too many steps or makes too long a text".into(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    TemplateFault { line: error.line(), what }
}

const SUMMARY: &str = "summary";
const BODY: &str = "body";
const REQUEST: &str = "request";
pub(super) const LEFT_OUT: &str = " when the platform gives no other metric and no monitoring_url, \
                                   and nobody has told its unit, owner and runbook";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::TextOrSecret;
    use crate::model::target::Teams;
    use crate::target::samples::facts;

    fn texts(summary: &str, body: &str) -> Texts {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_string());
        Texts::compile(&Templates { summary: some(summary), body: some(body) }).unwrap()
    }

    #[test]
    fn a_template_speaks_with_the_guides_names() {
        let texts = texts(
            "{{ priority }} {{ entity_name }}: {{ metric }} {{ current_value }} {{ operator }} \
             {{ threshold_value }}, {{ breach_duration }}",
            "{% if resolved %}over{% else %}{{ agents_available }} agents, {{ longest_wait }} s, \
             {{ service_level }}{% endif %} <{{ monitoring_url }}>",
        );
        let wording = texts.word(&facts(Reason::FirstBreach), Reason::FirstBreach);
        assert_eq!(wording.summary, "P1 Tier-2 Support: calls_waiting 22 >= 15, 45 s");
        assert_eq!(
            wording.body.own(),
            Some("4 agents, 135 s, unknown <https://api.example/ui/queues/8f3a?a=1&b=2>")
        );
        assert_eq!(wording.template_fault, None);
    }

    #[test]
    fn a_target_speaks_in_its_own_words_and_else_in_those_of_the_file() {
        let url = TextOrSecret::Text("https://x.test".into());
        let target = |name: &str, summary: Option<&str>| {
            let name = TargetName::new(name).unwrap();
            let kind = TargetKind::Teams(Teams { url: url.clone() });
            let templates = Templates { summary: summary.map(Into::into), body: None };
            TargetConfig { templates, ..TargetConfig::new(name, kind) }
        };
        let (terse, other) = (target("terse", Some("{{ metric }}!")), target("other", None));
        let of_file = Templates { summary: Some("of all".into()), body: Some("lines".into()) };
        let texts = Texts::of_config(&of_file, &[terse.clone(), other.clone()]).unwrap();
        let said = |target: &TargetConfig| {
            let wording =
                texts.of(&target.name).word(&facts(Reason::FirstBreach), Reason::FirstBreach);
            (wording.summary, wording.body.as_str().to_string())
        };
        assert_eq!(said(&terse), ("calls_waiting!".into(), "lines".into()));
        assert_eq!(said(&other), ("of all".into(), "lines".into()));
    }

    #[test]
    fn a_template_that_fails_never_loses_the_notice() {
        let texts = texts("{{ service_level * 2 }}", "{{ nobody }}");
        let wording = texts.word(&facts(Reason::FirstBreach), Reason::FirstBreach);
        assert_eq!(wording.summary, "P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s");
        assert!(matches!(wording.body, Body::BuiltIn(_)));
        let fault = wording.template_fault.unwrap();
        assert!(fault.contains("The summary template failed: "), "{fault}");
        assert!(fault.contains("The body template failed: undefined value"), "{fault}");
        let line = texts.line(&facts(Reason::FirstBreach));
        assert_eq!(line, format!("{} (the summary template failed)", wording.summary));
    }

    #[test]
    fn an_empty_summary_is_no_summary() {
        let wording = texts(" {# #} ", "").word(&facts(Reason::Repeat), Reason::Repeat);
        assert!(wording.summary.starts_with("P1 Tier-2 Support"));
        assert!(wording.template_fault.unwrap().contains("gives no text"));
    }

    #[test]
    fn a_template_that_would_fail_at_night_is_refused_by_day() {
        assert_eq!(check_template("{{ priority }} {{ agents_available }}"), Ok(()));
        let guarded = "{% if longest_wait is not none %}{{ longest_wait * 2 }}{% endif %}";
        assert_eq!(check_template(guarded), Ok(()));
        let says = |text| check_template(text).unwrap_err();
        let typo = says("one\n{{ priorty }}");
        assert_eq!(typo.line, Some(2));
        let what = "no notice has a priorty; did you mean priority? (in a new breach notice)";
        assert_eq!(typo.what, what);
        let set = "{% set a = priority if resolved is not undefined %}{{ a|upper ~ nobody }}";
        assert!(says(set).what.starts_with("no notice has a nobody ("), "{set}");
        assert!(says("{{ longest_wait * 2 }}").what.contains("gives no other metric"));
        assert!(says("{% if resolved %}{{ x }}{% endif %}").what.contains("recovered notice"));
        assert_eq!(says("{% if %}").line, Some(1));
    }

    #[test]
    fn a_template_cannot_run_or_grow_without_end() {
        let doubled = "{% set x = x ~ x %}".repeat(40);
        for text in [
            "{{ 'x' * 100000000 }}",
            "{{ 'x' * 100000000.0 }}",
            "{{ '%0100000000d'|format(1) }}",
            "{{ '%.100000000f'|format(1.5) }}",
            "{{ ('x' * 90000)|replace('x', 'y' * 90000) }}",
            &format!("{{% set x = 'x' %}}{doubled}"),
        ] {
            let fault = check_template(text).unwrap_err();
            assert!(fault.what.contains("too many steps"), "{fault:?}");
        }
    }

    #[test]
    fn words_are_bounded_and_cleaned() {
        let texts = texts("{{ 'x' * 5000 }}\n{{ entity_name }}", "a\tb\n{{ 'y' * 5000 }}");
        let wording = texts.word(&facts(Reason::FirstBreach), Reason::FirstBreach);
        assert_eq!(wording.summary.len(), SUMMARY_CHARS_MAX);
        assert!(wording.summary.ends_with("x [cut]"));
        assert_eq!(wording.body.as_str().len(), BODY_CHARS_MAX);
        assert!(wording.body.as_str().starts_with("ab\nyyy"));
    }
}
