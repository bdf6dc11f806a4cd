//! What the one file asks for, checked and immutable. `config/` makes it out of text.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use jiff::civil::Date;

use crate::model::business::{CmdbConfig, Enrichment};
use crate::model::calendar::DayTimes;
use crate::model::calibration::Calibration;
use crate::model::dependency::Dependency;
use crate::model::http::Method;
use crate::model::name::{EntityId, SourceName, TargetName};
use crate::model::network::NetworkConfig;
use crate::model::route::Routes;
use crate::model::rule::{Priority, Rule};
use crate::model::secret::{Secret, SecretRef, Secrets};
use crate::model::storm::StormConfig;
use crate::model::target::TargetConfig;
use crate::model::time::Span;
use crate::model::window::Window;
use crate::model::zone::Zone;

/// The whole configuration. Every name in it refers to something that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `revision`: the operator's own mark for this version of the file.
    pub revision: Option<Box<str>>,
    /// `[hub]`.
    pub hub: HubConfig,
    /// `[ingest]`: where webhooks are taken, and nothing else is served. None: nowhere.
    pub ingest: Option<IngestConfig>,
    /// `[dead_man]`: where the hub shows that it lives. None: nowhere.
    pub dead_man: Option<DeadMan>,
    /// `[[heartbeat]]`: what has to show that it lives, and how often.
    pub heartbeats: Vec<Heartbeat>,
    /// `[storm]`: when alerts come too many at once.
    pub storm: StormConfig,
    /// `[baseline] except`: days of the hub's zone on which nothing is learned.
    pub except: Vec<Date>,
    /// `[network]`: by which way requests leave the box.
    pub network: NetworkConfig,
    /// `[vault]`: where secrets by `{ vault = "path#field" }` are. Some, where there are any.
    pub vault: Option<VaultConfig>,
    /// `[[source]]`, at least one.
    pub sources: Vec<SourceConfig>,
    /// `[[target]]`.
    pub targets: Vec<TargetConfig>,
    /// Every threshold of every `[[rules]]` table, in the file's order.
    pub rules: Vec<Rule>,
    /// `[[dependency]]`: what falls when something else does.
    pub dependencies: Vec<Dependency>,
    /// `[[window]]`: when nobody is told of some alerts.
    pub windows: Vec<Window>,
    /// `[[route]]` and `[routes]`: who hears of what.
    pub routes: Routes,
    /// `[digest]`.
    pub digest: Digest,
    /// `[templates]`.
    pub templates: Templates,
    /// `[[context]]` and `[enrichment]`: what entities mean to the business.
    pub enrichment: Enrichment,
    /// `[[calibration]]` and `[[calibration_pair]]`: what makes platforms comparable.
    pub calibration: Calibration,
}

/// What concerns the hub itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubConfig {
    /// Whose clocks count where the file names none: for the hours of baselines, and for business
    /// hours. Default: UTC.
    pub zone: Zone,
    /// Where the ledger lives. Default: `/var/lib/andon`; the service manager's state directory
    /// wins.
    pub state_directory: Box<str>,
    /// Where health, metrics and the API are served. Loopback only. Default: `127.0.0.1:9470`.
    pub admin_listen: SocketAddr,
    /// A source without fresh data for this long is itself an alert. Default: 120 s.
    pub blind_after: Span,
    /// How urgent that alert is. Default: P2.
    pub blind_priority: Priority,
    /// When nobody outside has answered for this long, and several were asked, our own link is
    /// down. Default: 45 s, so that it is known before a source is blind.
    pub link_down_after: Span,
    /// How long an acknowledgement holds that does not say for how long. Default: 3600 s.
    pub acknowledged_for: Span,
}

/// The push door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestConfig {
    /// Default: [`Self::LISTEN`].
    pub listen: SocketAddr,
    /// What it shows to senders. None: plain HTTP.
    pub tls: Option<TlsConfig>,
}

/// A dead man's switch: a service that cries out when it is not asked for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadMan {
    /// What is asked. The address is often all that proves who asks.
    pub url: TextOrSecret,
    /// How often. Default: 60 s.
    pub every: Span,
    /// Default: GET.
    pub method: Method,
}

/// Something that shows that it lives, by sending what its source takes for a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// Where its heartbeats come in.
    pub source: SourceName,
    /// What it calls itself.
    pub entity: EntityId,
    /// It is silent when none has come for so long: `every_seconds` and `grace_seconds`.
    pub due: Span,
}

/// Who the push door is, and whom it lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// The path of a PEM file: the certificate, then those that lead to its root.
    pub certificate: Box<str>,
    /// The private key of the certificate, PEM.
    pub key: SecretRef,
    /// Whether senders show certificates of their own. None: they are not asked.
    pub clients: Option<ClientCertificates>,
}

/// Whether senders show certificates of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCertificates {
    /// Without a good one nobody gets as far as a request.
    Required {
        /// The path of a PEM file: who may issue them.
        roots: Box<str>,
    },
    /// Who shows one must show a good one; who shows none is let in.
    Optional {
        /// The path of a PEM file: who may issue them.
        roots: Box<str>,
    },
}

/// A HashiCorp Vault, or what speaks like one: a KV store of version 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultConfig {
    /// `https`, or `http` on this box; without a slash at its end.
    pub url: Box<str>,
    /// Where the KV store is mounted. Default: `secret`.
    pub mount: Box<str>,
    /// For `X-Vault-Namespace`.
    pub namespace: Option<Box<str>>,
    /// The PEM file of the authorities that vouch for it. None: the public ones.
    pub roots: Option<Box<str>>,
    /// How the hub shows who it is.
    pub login: VaultLogin,
}

/// How the hub shows Vault who it is. The secrets here are of this box, not of Vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultLogin {
    /// With a token that others keep alive, such as an agent's.
    Token(SecretRef),
    /// With a role of its own: `POST /v1/auth/approle/login`.
    AppRole {
        /// The role's public half.
        role_id: Box<str>,
        /// Its secret half.
        secret_id: SecretRef,
    },
}

/// One tenant of one platform.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceConfig {
    /// What the file calls it.
    pub name: SourceName,
    /// The source definition that it follows.
    pub definition: Box<str>,
    /// The platform, from the definition: part of an alert's identity.
    pub platform: Box<str>,
    /// The definition's parameters, defaults filled in.
    pub parameters: BTreeMap<Box<str>, Parameter>,
    /// The entities to ask for, from the definition's list parameter. Empty: all.
    pub entities: Vec<EntityId>,
    /// `webhook_register`: whether the hub registers its webhook by itself. Default: no.
    pub webhook_register: bool,
}

/// The source of the alerts about the hub as a whole. No `[[source]]` may be called so.
pub const HUB_SOURCE: &str = "andon";

/// The parameters that every source has whose platform pushes: the secrets in force.
pub const WEBHOOK_SECRETS: [&str; 2] = ["webhook_secret", "webhook_secret_previous"];

/// The parameter of such a source with the address that its senders know, without a query.
pub const WEBHOOK_URL: &str = "webhook_url";

/// The parameter of such a source with the SHA-256 fingerprints of the client certificates that it
/// believes.
pub const WEBHOOK_CERTIFICATES: &str = "webhook_certificates";

/// The value of one parameter of a source definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    /// As written.
    Text(Box<str>),
    /// To be looked up.
    Secret(SecretRef),
    /// As written.
    List(Vec<Box<str>>),
}

/// A text that may be secret as a whole, such as a webhook address with its token in the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextOrSecret {
    /// As written.
    Text(Box<str>),
    /// To be looked up.
    Secret(SecretRef),
}

/// The slow channel: one message with the lines of many alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Who gets it. Empty: there is none, and what would enter it is told at once.
    pub targets: Vec<TargetName>,
    /// How long lines are collected. Default: 1800 s.
    pub rhythm: Rhythm,
    /// A breach older than this speaks only in the digest. Guide 2: 1800 s.
    pub after: Span,
}

/// How long the lines of a digest are collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rhythm {
    /// For so long after the first of them: `every_seconds`.
    Every(Span),
    /// Until the next of these times: `at` and `zone`.
    At(DayTimes),
}

/// The texts of a notice, in minijinja's language. `None` is the built-in text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Templates {
    /// One line: what, where, how bad, since when.
    pub summary: Option<String>,
    /// A few lines more.
    pub body: Option<String>,
}

impl Default for HubConfig {
    fn default() -> Self {
        Self {
            zone: Zone::utc(),
            state_directory: "/var/lib/andon".into(),
            admin_listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9_470),
            blind_after: Span::secs(120),
            blind_priority: Priority::P2,
            link_down_after: Span::secs(45),
            acknowledged_for: Span::secs(3_600),
        }
    }
}

impl IngestConfig {
    /// Where webhooks are taken if the file does not say where.
    pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8_443);
}

impl ClientCertificates {
    /// The path of the file that says who may issue them.
    #[must_use]
    pub const fn roots(&self) -> &str {
        match self {
            Self::Required { roots } | Self::Optional { roots } => roots,
        }
    }
}

impl Config {
    /// Every secret that the file refers to, once each.
    #[must_use]
    pub fn secret_refs(&self) -> Vec<&SecretRef> {
        let of_sources = self.sources.iter().flat_map(|source| {
            source.parameters.values().filter_map(|parameter| match parameter {
                Parameter::Secret(reference) => Some(reference),
                Parameter::Text(_) | Parameter::List(_) => None,
            })
        });
        let of_targets = self.targets.iter().flat_map(TargetConfig::secret_refs);
        let of_door = self.ingest.iter().filter_map(|door| door.tls.as_ref()).map(|tls| &tls.key);
        let of_cmdb =
            self.enrichment.cmdb.iter().filter_map(|cmdb: &CmdbConfig| cmdb.login.secret());
        let of_dead_man = self.dead_man.iter().filter_map(|switch| switch.url.secret());
        let of_proxy = self.network.credentials.iter();
        let others = of_door.chain(of_cmdb).chain(of_dead_man).chain(of_proxy);
        let mut refs: Vec<&SecretRef> = of_sources.chain(of_targets).chain(others).collect();
        refs.sort();
        refs.dedup();
        refs
    }
}

impl TextOrSecret {
    /// The reference, where it is one.
    #[must_use]
    pub const fn secret(&self) -> Option<&SecretRef> {
        match self {
            Self::Secret(reference) => Some(reference),
            Self::Text(_) => None,
        }
    }

    /// The text itself; nothing where its secret could not be read.
    #[must_use]
    pub fn resolve<'a>(&'a self, secrets: &'a Secrets) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Secret(reference) => secrets.get(reference).map(Secret::expose),
        }
    }
}
