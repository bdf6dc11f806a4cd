//! Systems that keep an incident of their own for an alert.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::model::config::TextOrSecret;
use crate::model::login::HttpLogin;
use crate::model::secret::SecretRef;
use crate::model::time::Span;

/// PagerDuty Events API v2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagerDuty {
    /// Default: `https://events.pagerduty.com/v2/enqueue`.
    pub url: TextOrSecret,
    /// The 32-character integration key.
    pub routing_key: SecretRef,
    /// The integration key before this one, as long as incidents are open under it.
    pub routing_key_previous: Option<SecretRef>,
    /// Where change events go, which page nobody. Default: beside `url`. None: nowhere.
    pub change_url: Option<TextOrSecret>,
    /// What stands in each incident, beside the numbers.
    pub images: Vec<Image>,
    /// Where incidents are read back. None: nowhere.
    pub api: Option<PagerDutyApi>,
    /// The secrets in force that its webhooks are signed with. None: it sends none.
    pub webhook_secrets: Vec<SecretRef>,
}

/// PagerDuty's REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagerDutyApi {
    /// Default: `https://api.pagerduty.com`.
    pub url: TextOrSecret,
    /// An API key that may read incidents.
    pub token: SecretRef,
}

/// A picture in an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Where it lies; https.
    pub src: Box<str>,
    /// Where it leads.
    pub href: Option<Box<str>>,
    /// What it shows.
    pub alt: Option<Box<str>>,
}

impl PagerDuty {
    /// An integration with nothing but its address and key.
    #[must_use]
    pub const fn new(url: TextOrSecret, routing_key: SecretRef) -> Self {
        Self {
            url,
            routing_key,
            routing_key_previous: None,
            change_url: None,
            images: Vec::new(),
            api: None,
            webhook_secrets: Vec::new(),
        }
    }
}

/// Datadog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datadog {
    /// Where events about alerts go: v2. Default: by the site.
    pub url: TextOrSecret,
    /// What the paths of API v1 are appended to, without a slash at its end. Default: by the site.
    pub api_url: TextOrSecret,
    /// Shown as `DD-API-KEY`.
    pub api_key: SecretRef,
    /// Tags of every event and check: `team:noc`.
    pub tags: Vec<Box<str>>,
    /// The service check that says how each alert stands. None: none does.
    pub service_check: Option<Box<str>>,
}

/// A Prometheus Alertmanager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alertmanager {
    /// The whole address of its `/api/v2/alerts`, or its own address.
    pub url: TextOrSecret,
    /// How the hub shows who it is.
    pub login: HttpLogin,
    /// Labels of every alert.
    pub labels: Vec<(Box<str>, Box<str>)>,
    /// So long after the last notice it takes an alert for over of which it hears no more. Default:
    /// a week.
    pub ends_after: Span,
}

/// The incident table of ServiceNow, by its Table API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceNow {
    /// `https://INSTANCE.service-now.com/api/now/v2/table/incident`.
    pub url: TextOrSecret,
    /// Who writes there, which is never nobody.
    pub login: HttpLogin,
    /// What a new incident gets beside what we know: `assignment_group`, `category`, `caller_id`.
    pub fields: Vec<(Box<str>, Box<str>)>,
    /// The numbers of its states: instances change them.
    pub states: IncidentStates,
    /// The code that a resolved incident gets. Default: `Solution provided`.
    pub close_code: Box<str>,
}

/// The numbers that an instance gives the states of its incidents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentStates {
    /// Of one that nobody has in hand. Default: `1`, New.
    pub open: Box<str>,
    /// Of one that somebody has in hand. Default: `2`, In Progress.
    pub acknowledged: Box<str>,
    /// Of one that we end. Default: `6`, Resolved.
    pub resolved: Box<str>,
    /// Of those that nobody takes up again. Default: `7` and `8`, Closed and Canceled.
    pub closed: Vec<Box<str>>,
}

/// Event Management of ServiceNow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceNowEvents {
    /// `https://INSTANCE.service-now.com/api/global/em/jsonv2`.
    pub url: TextOrSecret,
    /// Where its alerts are read back, as in
    /// `https://INSTANCE.service-now.com/api/now/v2/table/em_alert`. None: nowhere.
    pub alerts_url: Option<TextOrSecret>,
    /// Who writes there, which is never nobody.
    pub login: HttpLogin,
}
