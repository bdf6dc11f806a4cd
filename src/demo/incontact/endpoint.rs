//! What can be asked for, at which paths and versions, and with which parameters.

use core::ops::RangeInclusive;

/// What the APIs tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    Activity,
    Agents,
    Summary,
    SlaSummary,
}

impl Endpoint {
    /// What lies at a path in lower case, or why nothing does.
    pub(super) fn at(path: &str) -> Result<Self, &'static str> {
        let versioned = path.strip_prefix("/incontactapi/services/v").ok_or("nothing is here")?;
        let (version, rest) = versioned.split_once(".0/").ok_or("there is no such version")?;
        if !version.parse().is_ok_and(|version: u8| VERSIONS.contains(&version)) {
            return Err("there is no such version");
        }
        match rest {
            "skills/activity" => Ok(Self::Activity),
            "agents/states" => Ok(Self::Agents),
            "skills/summary" => Ok(Self::Summary),
            "skills/sla-summary" => Ok(Self::SlaSummary),
            _ => Err("nothing is here"),
        }
    }

    /// Its path without the version.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Activity => "skills/activity",
            Self::Agents => "agents/states",
            Self::Summary => "skills/summary",
            Self::SlaSummary => "skills/sla-summary",
        }
    }

    /// The parameters of its query, in lower case: the vendor writes `isOutbound` and `IsOutbound`.
    pub(super) const fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Activity => {
                &["mediatypeid", "isoutbound", "fields", "updatedsince", "skip", "top"]
            }
            Self::Agents => &["fields", "updatedsince", "skip", "top"],
            Self::Summary => &["startdate", "enddate"],
            Self::SlaSummary => &["startdate", "enddate", "skip", "top"],
        }
    }
}

/// Seen in code that works.
const VERSIONS: RangeInclusive<u8> = 8..=34;
