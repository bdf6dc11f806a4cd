//! A configuration database: the request about an entity, and what its answer says.
//!
//! ServiceNow's table API answers `{"result": [{...}]}`, where a field is a text or, by
//! `sysparm_display_value`, an object with `display_value`; any other JSON is read in the same way.
//!
//! # Promises
//! - `service_now_s_answer_is_read_in_each_of_its_forms`
//! - `no_answer_is_taken_for_another`: a login page is a fault, an empty list is no such entity.
//! - `no_entity_can_ask_for_another`: what is filled in is encoded, or nothing is asked.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};

use jmespath::{Rcvar, Variable};

use crate::limits::{BUSINESS_TEXT_CHARS_MAX, CMDB_ANSWER_BYTES_MAX, ENRICHMENT_DEADLINE};
use crate::model::business::{Business, CMDB_PLACEHOLDERS, CmdbConfig, link};
use crate::model::http::{LinkFault, Reply, Request, percent_encode};
use crate::model::login::HttpLogin;
use crate::model::secret::{SecretRef, Secrets};
use crate::platform::path::{Found, Path, kind_of, parse_body};

/// A configuration database, ready to be asked.
#[derive(Debug, Clone)]
pub struct Cmdb {
    url: Box<str>,
    login: HttpLogin,
    rows: Path,
    fields: [Path; 4],
}

/// Whom a question is about.
#[derive(Debug, Clone, Copy)]
pub struct Questioned<'a> {
    /// The platform's identifier.
    pub entity: &'a str,
    /// The name for people.
    pub name: &'a str,
    /// The tenant.
    pub source: &'a str,
}

/// Why an entity is not asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAsked {
    /// The secret of the login has not been read.
    NoSecret(SecretRef),
    /// Its identifier or name would ask for something else.
    UnfitName,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The entity is known.
    Known(Box<Business>),
    /// It is not.
    NoSuchEntity,
    /// This question is refused; another may not be.
    Refused(Box<str>),
    /// The database is in trouble, or it is the wrong one.
    Trouble {
        /// What is wrong.
        why: Box<str>,
        /// Whether another secret may mend it.
        login: Login,
    },
}

/// What an answer thinks of how we showed who we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// Nothing is known to be wrong with it.
    Fine,
    /// It is refused.
    Refused,
}

/// Says what is wrong with an expression.
///
/// # Errors
/// It is no JMESPath, or too long.
pub fn check_path(text: &str) -> Result<(), String> {
    Path::parse(text).map(|_| ())
}

impl Cmdb {
    /// Compiles the expressions of the config.
    ///
    /// # Errors
    /// One of them is no JMESPath, which the check of the config has refused.
    pub fn compile(config: &CmdbConfig) -> Result<Self, String> {
        let [impact, unit, owner, runbook] = &config.fields;
        let path = |text: &str| Path::parse(text);
        Ok(Self {
            url: config.url.clone(),
            login: config.login.clone(),
            rows: path(&config.rows)?,
            fields: [path(impact)?, path(unit)?, path(owner)?, path(runbook)?],
        })
    }

    /// The request about an entity.
    ///
    /// # Errors
    /// Says why there is none.
    pub fn request(&self, about: Questioned<'_>, secrets: &Secrets) -> Result<Request, NotAsked> {
        let mut url = self.url.to_string();
        for (hole, text) in CMDB_PLACEHOLDERS.iter().zip([about.entity, about.name, about.source]) {
            let hole = format!("{{{hole}}}");
            if !url.contains(&hole) {
                continue;
            }
            // A path of dots climbs out of its directory, and within an encoded query of ServiceNow
            // a circumflex begins the next condition, whatever the address encodes.
            let climbs = text.chars().all(|c| c == '.');
            if climbs || (text.contains('^') && self.url.contains("sysparm_query")) {
                return Err(NotAsked::UnfitName);
            }
            url = url.replace(&hole, &percent_encode(text));
        }
        let request = Request::get(&url, ENRICHMENT_DEADLINE);
        let request = request.with_header("accept", "application/json");
        let shown = self.login.authorization(secrets);
        Ok(match shown.map_err(|reference| NotAsked::NoSecret(reference.clone()))? {
            None => request,
            Some(value) => request.with_header("authorization", &value),
        })
    }

    /// What an answer says.
    #[must_use]
    pub fn read(&self, outcome: &Result<Reply, LinkFault>) -> Told {
        let reply = match outcome {
            Ok(reply) => reply,
            Err(fault) => return trouble(fault.to_string(), Login::Fine),
        };
        match reply.status {
            204 | 404 | 410 => Told::NoSuchEntity,
            200..=299 => self.row(reply),
            300..=399 => {
                let why = format!("it sends us elsewhere with {}, which is refused", reply.status);
                trouble(why, Login::Fine)
            }
            401 | 403 | 407 => {
                let why =
                    format!("it refuses the login with {}: {}", reply.status, reply.excerpt());
                trouble(why, Login::Refused)
            }
            408 | 429 | 500.. => trouble(format!("it answers {}", reply.status), Login::Fine),
            _ => Told::Refused(format!("{}: {}", reply.status, reply.excerpt()).into()),
        }
    }

    fn row(&self, reply: &Reply) -> Told {
        if reply.body.len() > CMDB_ANSWER_BYTES_MAX {
            return trouble(LinkFault::AnswerTooLarge.to_string(), Login::Fine);
        }
        let body = match parse_body(&reply.body) {
            Ok(body) => body,
            Err(fault) => return trouble(fault.to_string(), Login::Fine),
        };
        let rows = match self.rows.look(&body) {
            Found::Value(rows) => rows,
            Found::Nothing | Found::Unfit => {
                let why = format!("there is nothing at {} in its answer", self.rows.text());
                return trouble(why, Login::Fine);
            }
        };
        match &*rows {
            Variable::Null => Told::NoSuchEntity,
            Variable::Object(_) => self.known(&rows),
            Variable::Array(list) => match list.first() {
                None => Told::NoSuchEntity,
                Some(row) if row.is_object() => self.known(row),
                Some(row) => trouble(format!("its row is {}", kind_of(row)), Login::Fine),
            },
            Variable::String(_) | Variable::Bool(_) | Variable::Number(_) | Variable::Expref(_) => {
                trouble(format!("{} is {}", self.rows.text(), kind_of(&rows)), Login::Fine)
            }
        }
    }

    fn known(&self, row: &Rcvar) -> Told {
        let [impact, unit, owner, runbook] = &self.fields;
        let fact = |path: &Path| text_of(&path.find(row)).and_then(|text| fact(&text));
        let runbook = text_of(&runbook.find(row));
        Told::Known(Box::new(Business {
            impact: fact(impact),
            unit: fact(unit),
            owner: fact(owner),
            runbook: runbook.as_deref().and_then(|text| link(text.trim())).map(Into::into),
        }))
    }
}

fn trouble(why: String, login: Login) -> Told {
    Told::Trouble { why: why.into(), login }
}

/// A field as text: an object stands for what it displays, a list for its first element.
fn text_of(value: &Variable) -> Option<String> {
    match value {
        Variable::String(text) => Some(text.to_owned()),
        Variable::Number(_) | Variable::Bool(_) => Some(value.to_string()),
        Variable::Array(list) => list.first().and_then(|first| scalar(first)),
        Variable::Object(object) => ["display_value", "name", "value"]
            .iter()
            .filter_map(|key| object.get(*key))
            .find_map(|value| scalar(value).filter(|text| !text.is_empty())),
        Variable::Null | Variable::Expref(_) => None,
    }
}

fn scalar(value: &Variable) -> Option<String> {
    match value {
        Variable::String(text) => Some(text.to_owned()),
        Variable::Number(_) | Variable::Bool(_) => Some(value.to_string()),
        Variable::Null | Variable::Array(_) | Variable::Object(_) | Variable::Expref(_) => None,
    }
}

/// One short line of a text, if there is anything in it.
fn fact(text: &str) -> Option<Box<str>> {
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let line: String =
        line.collect::<String>().trim().chars().take(BUSINESS_TEXT_CHARS_MAX).collect();
    (!line.is_empty()).then(|| line.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::secret::Secret;

    fn cmdb(url: &str, login: HttpLogin, rows: &str) -> Cmdb {
        let fields = ["u_impact", "business_unit", "owned_by", "u_runbook"].map(Into::into);
        let (url, rows) = (url.into(), rows.into());
        Cmdb::compile(&CmdbConfig { url, login, rows, fields }).unwrap()
    }

    fn told(rows: &str, status: u16, body: &str) -> Told {
        let cmdb = cmdb("https://c.example/{entity_id}", HttpLogin::None, rows);
        cmdb.read(&Ok(Reply::new(status, "application/json", body)))
    }

    fn business(told: Told) -> String {
        let Told::Known(business) = told else { return format!("{told:?}") };
        let Business { impact, unit, owner, runbook } = *business;
        [impact, unit, owner, runbook].map(|text| text.unwrap_or_default()).join("|")
    }

    #[test]
    fn service_now_s_answer_is_read_in_each_of_its_forms() {
        let plain = r#"{"result":[{"u_impact":"sla_violation_risk","business_unit":"Retail",
            "owned_by":{"link":"https://x.service-now.com/api/now/table/sys_user/1","value":"6816"},
            "u_runbook":"https://wiki.example/tier-2 "}]}"#;
        let wanted = "sla_violation_risk|Retail|6816|https://wiki.example/tier-2";
        assert_eq!(business(told("result", 200, plain)), wanted);
        let all = r#"{"result":[{"u_impact":{"display_value":"1 - most critical","value":"1"},
            "business_unit":{"display_value":"","value":""},
            "owned_by":{"display_value":"Beth Anglin","link":"https://x/y"},
            "u_runbook":"javascript:alert(1)"}]}"#;
        assert_eq!(business(told("result", 200, all)), "1 - most critical||Beth Anglin|");
        assert_eq!(business(told("result[0]", 200, all)), "1 - most critical||Beth Anglin|");
        let other = r#"{"items":{"ci":{"u_impact":1,"owned_by":[{"a":1}],"business_unit":["A"]}}}"#;
        assert_eq!(business(told("items.ci", 200, other)), "1|A||");
        let long = format!(r#"{{"result":{{"u_impact":"{}"}}}}"#, "\\u00fc\\n".repeat(300));
        assert_eq!(
            business(told("result", 200, &long)).chars().count(),
            BUSINESS_TEXT_CHARS_MAX + 3
        );
    }

    #[test]
    fn no_answer_is_taken_for_another() {
        let none = |status, body: &str| told("result", status, body) == Told::NoSuchEntity;
        assert!(none(200, r#"{"result":[]}"#) && none(200, r#"{"result":null}"#));
        assert!(none(404, "") && none(204, ""));
        let trouble = |status, body: &str| match told("result", status, body) {
            Told::Trouble { login: Login::Fine, .. } => "trouble",
            Told::Trouble { login: Login::Refused, .. } => "login",
            Told::Known(_) | Told::NoSuchEntity | Told::Refused(_) => "",
        };
        for body in ["<html>", "", "{}", "[]", r#"{"result":"x"}"#, r#"{"result":[1]}"#] {
            assert_eq!(trouble(200, body), "trouble", "{body}");
        }
        let large = format!(r#"{{"result":["{}"]}}"#, "x".repeat(CMDB_ANSWER_BYTES_MAX));
        assert_eq!(trouble(200, &large), "trouble");
        assert_eq!([302, 429, 503].map(|status| trouble(status, "")), ["trouble"; 3]);
        assert_eq!([401, 403].map(|status| trouble(status, "")), ["login"; 2]);
        assert!(matches!(told("result", 400, "bad query"), Told::Refused(_)));
        let gone = cmdb("https://c.example/{source}", HttpLogin::None, "result");
        let gone = gone.read(&Err(LinkFault::Timeout));
        assert!(matches!(gone, Told::Trouble { login: Login::Fine, .. }));
    }

    fn asked(url: &str, entity: &str, name: &str) -> Result<String, NotAsked> {
        let about = Questioned { entity, name, source: "cxone" };
        let cmdb = cmdb(url, HttpLogin::None, "result");
        cmdb.request(about, &Secrets::default()).map(|request| request.url)
    }

    #[test]
    fn no_entity_can_ask_for_another() {
        let now =
            "https://x.service-now.com/api/now/table/cmdb_ci?sysparm_query=name={entity_name}";
        let url = asked(now, "q", "Tier 2/\u{fc}&x=y").unwrap();
        assert!(url.ends_with("sysparm_query=name=Tier%202%2F%C3%BC%26x%3Dy"), "{url}");
        assert_eq!(asked(now, "q", "a^ORname=b"), Err(NotAsked::UnfitName));
        assert!(asked(now, "a^b", "name").is_ok(), "it does not go into the query");
        let path = "https://c.example/{source}/{entity_id}";
        assert_eq!(asked(path, "../a?b", "").unwrap(), "https://c.example/cxone/..%2Fa%3Fb");
        assert_eq!(asked(path, "..", ""), Err(NotAsked::UnfitName));
        assert_eq!(asked(path, "{source}", "").unwrap(), "https://c.example/cxone/%7Bsource%7D");
    }

    #[test]
    fn a_login_is_by_reference_and_a_missing_secret_is_named() {
        let key = SecretRef::Credential("cmdb".into());
        let about = Questioned { entity: "q", name: "q", source: "s" };
        let mut secrets = Secrets::default();
        let header = |login: HttpLogin, secrets: &Secrets| {
            let request =
                cmdb("https://c.example/{entity_id}", login, "@").request(about, secrets)?;
            let header = request.headers.iter().find(|(name, _)| &**name == "authorization");
            Ok(header.unwrap().1.clone())
        };
        let missing = header(HttpLogin::Bearer(key.clone()), &secrets);
        assert_eq!(missing, Err(NotAsked::NoSecret(key.clone())));
        secrets.put(key.clone(), Secret::new("hush"));
        assert_eq!(header(HttpLogin::Bearer(key.clone()), &secrets), Ok("Bearer hush".into()));
        let basic = HttpLogin::Basic { user: "andon".into(), password: key };
        assert_eq!(header(basic, &secrets), Ok("Basic YW5kb246aHVzaA==".into()));
    }
}
