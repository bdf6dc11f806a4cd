//! What an entity means to the business: impact, unit, owner and runbook, and where that is said.

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::limits::LINK_BYTES_MAX;
use crate::model::login::HttpLogin;
use crate::model::name::SourceName;
use crate::model::rule::Priority;

/// Guide 1's word for an impact that nobody has told.
pub const UNMAPPED: &str = "unmapped";

/// The business context of an entity, as far as somebody has told it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Business {
    /// What trouble with it means: `sla_violation_risk`. Nothing: [`UNMAPPED`].
    pub impact: Option<Box<str>>,
    /// The business unit.
    pub unit: Option<Box<str>>,
    /// Who answers for it.
    pub owner: Option<Box<str>>,
    /// The address of what to do about it.
    pub runbook: Option<Box<str>>,
}

impl Business {
    /// The impact, as it is told.
    #[must_use]
    pub fn impact(&self) -> &str {
        self.impact.as_deref().unwrap_or(UNMAPPED)
    }

    /// Whether somebody has told what trouble with the entity means.
    #[must_use]
    pub const fn is_mapped(&self) -> bool {
        self.impact.is_some()
    }
}

/// Where the business context of entities is found: the first that knows an entity answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrichment {
    /// `[[context]]`, in the file's order, and then the rows of the CSV file.
    pub rows: Vec<ContextRow>,
    /// `enrichment.csv`: the name of a file beside the config.
    pub csv: Option<Box<str>>,
    /// `[enrichment.cmdb]`.
    pub cmdb: Option<CmdbConfig>,
    /// How urgent it is that open alerts are [`UNMAPPED`]. Default: P3.
    pub audit_priority: Priority,
}

impl Enrichment {
    /// Whether the config names any place at all.
    #[must_use]
    pub const fn is_configured(&self) -> bool {
        !self.rows.is_empty() || self.csv.is_some() || self.cmdb.is_some()
    }
}

impl Default for Enrichment {
    fn default() -> Self {
        Self { rows: Vec::new(), csv: None, cmdb: None, audit_priority: Priority::P3 }
    }
}

/// One row of a table: which entities, and what they mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextRow {
    /// Only entities of this source; nothing: of each.
    pub source: Option<SourceName>,
    /// An entity's identifier or name; `*` stands for any text, `?` for any one character.
    pub entity: Box<str>,
    /// What they mean.
    pub business: Business,
    /// What else the operator says of them, for rules and dependencies: `site`, `Haifa`.
    pub labels: Vec<(Box<str>, Box<str>)>,
}

/// The labels that every row may have by its own keys.
pub const OWN_LABELS: [&str; 3] = ["unit", "owner", "business_impact"];

impl ContextRow {
    /// What it says of its entities under a key: one of [`OWN_LABELS`], or a free label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        match key {
            "unit" => self.business.unit.as_deref(),
            "owner" => self.business.owner.as_deref(),
            "business_impact" => self.business.impact.as_deref(),
            _ => self.labels.iter().find(|(known, _)| **known == *key).map(|(_, text)| &**text),
        }
    }
}

/// A configuration database that is asked over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CmdbConfig {
    /// `https`, or `http` on this box, with [`CMDB_PLACEHOLDERS`] in its path or query.
    pub url: Box<str>,
    /// How the hub shows who it is.
    pub login: HttpLogin,
    /// JMESPath: where in the answer the rows are, or the one row.
    pub rows: Box<str>,
    /// JMESPath, within the row: impact, unit, owner and runbook.
    pub fields: [Box<str>; 4],
}

/// What stands in braces in the address of a configuration database.
pub const CMDB_PLACEHOLDERS: [&str; 3] = ["entity_id", "entity_name", "source"];

/// A text as a link for people, where it can be one.
#[must_use]
pub fn link(text: &str) -> Option<&str> {
    let web = text.starts_with("https://") || text.starts_with("http://");
    let is_plain = !text.contains(|c: char| c.is_control() || c.is_whitespace());
    (web && is_plain && text.len() <= LINK_BYTES_MAX).then_some(text)
}
