//! How requests leave the box: through which proxy, and whom their servers are vouched for by.
//!
//! The proxy's address and the roots are read at the start; its credentials are read again with the
//! other secrets.
//!
//! # Promises
//! - `the_environment_names_a_proxy_where_the_file_leaves_it_to_it`
//! - `no_fault_and_no_debug_shows_the_proxys_password`

use alloc::sync::Arc;
use core::fmt;

use rustls::pki_types::CertificateDer;
use ureq::tls::Certificate;

use crate::edge::roots;
use crate::edge::secrets::Vaults;
use crate::model::network::{NetworkConfig, NoProxy, Others, ProxyAddress, ProxyChoice, Way};
use crate::model::secret::{Secret, SecretRef, Secrets};

/// How requests leave.
#[derive(Clone)]
pub struct Outward {
    roots: Arc<Vec<Certificate<'static>>>,
    proxy: Option<Proxy>,
}

/// A proxy, and when it is used.
#[derive(Clone)]
struct Proxy {
    address: ProxyAddress,
    no_proxy: NoProxy,
    /// `user:password` as an address has it.
    user: Option<Secret>,
    /// Where the credentials come from, where the config names them.
    reference: Option<SecretRef>,
}

/// What the environment says about a proxy.
#[derive(Debug, Default, Clone)]
pub struct ProxyEnvironment {
    /// `HTTPS_PROXY`, else `ALL_PROXY`, in capitals or not.
    pub proxy: Option<String>,
    /// `NO_PROXY`, in capitals or not.
    pub no_proxy: Option<String>,
}

impl Outward {
    /// Straight to every host, which the authorities that come with the program vouch for.
    #[must_use]
    pub fn plain() -> Self {
        Self { roots: Arc::new(built_in()), proxy: None }
    }

    /// As the config says. What cannot be read may come with the next start, and is logged.
    ///
    /// # Errors
    /// The environment names a proxy that cannot be one.
    pub fn open(
        config: &NetworkConfig,
        environment: &ProxyEnvironment,
        vaults: &Vaults,
    ) -> Result<Self, String> {
        let roots = Arc::new(believed(config));
        let (address, user, no_proxy) = match &config.proxy {
            ProxyChoice::Never => return Ok(Self { roots, proxy: None }),
            ProxyChoice::At(address) => (address.clone(), None, config.no_proxy.clone()),
            ProxyChoice::Environment => match of_environment(environment)? {
                None => return Ok(Self { roots, proxy: None }),
                Some((address, user, mut no_proxy)) => {
                    no_proxy.extend(config.no_proxy.clone());
                    (address, user, no_proxy)
                }
            },
        };
        let own = config.credentials.as_ref().map(|reference| vaults.find(reference));
        let user = match own {
            None => user,
            Some(Ok(secret)) => Some(encoded(&secret)),
            Some(Err(why)) => {
                log::error!("the proxy's credentials cannot be read: {why}");
                None
            }
        };
        let reference = config.credentials.clone();
        Ok(Self { roots, proxy: Some(Proxy { address, no_proxy, user, reference }) })
    }

    /// The same, which believes the servers that these authorities vouch for, and no others.
    #[must_use]
    pub fn trusting(&self, roots: &[CertificateDer<'_>]) -> Self {
        let roots = roots.iter().map(|der| Certificate::from_der(der).to_owned());
        Self { roots: Arc::new(roots.collect()), proxy: self.proxy.clone() }
    }

    /// The authorities that are believed.
    pub(super) fn roots(&self) -> Arc<Vec<Certificate<'static>>> {
        Arc::clone(&self.roots)
    }

    /// Takes the proxy's credentials from secrets that were read again; whether they are new.
    pub(super) fn reread(&mut self, secrets: &Secrets) -> News {
        let Some(proxy) = &mut self.proxy else { return News::None };
        let read = proxy.reference.as_ref().and_then(|reference| secrets.get(reference));
        let user = read.map(encoded);
        if user.is_none() || user == proxy.user {
            return News::None;
        }
        proxy.user = user;
        News::Some
    }

    /// Which way an address is asked.
    pub(super) fn way(&self, url: &str) -> Way {
        self.proxy.as_ref().map_or(Way::Direct, |proxy| proxy.no_proxy.way(url))
    }

    /// The proxy of a way, as people call it, and as the library does.
    pub(super) fn proxy(&self, way: Way) -> Result<Option<ureq::Proxy>, ureq::Error> {
        let Some(Proxy { address, user, .. }) = self.proxy.as_ref().filter(|_| way == Way::ByProxy)
        else {
            return Ok(None);
        };
        let address = address.as_str();
        let Some(user) = user else { return ureq::Proxy::new(address).map(Some) };
        let host = address.trim_start_matches(SCHEME);
        ureq::Proxy::new(&format!("{SCHEME}{}@{host}", user.expose())).map(Some)
    }

    /// `at http://host:port`, where an address is asked through a proxy.
    pub(super) fn proxy_shown(&self, way: Way) -> Option<&str> {
        let proxy = self.proxy.as_ref().filter(|_| way == Way::ByProxy)?;
        Some(proxy.address.as_str())
    }
}

impl fmt::Debug for Outward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.proxy.as_ref().map(|proxy| proxy.address.as_str());
        write!(f, "{} roots, by {}", self.roots.len(), address.unwrap_or("no proxy"))
    }
}

/// Whether something changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    None,
    Some,
}

const SCHEME: &str = "http://";

fn built_in() -> Vec<Certificate<'static>> {
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    roots.map(|der| Certificate::from_der(der)).collect()
}

/// Whom the config believes. A file that cannot be read vouches for nobody.
fn believed(config: &NetworkConfig) -> Vec<Certificate<'static>> {
    let mut believed = match config.others {
        Others::Believed => built_in(),
        Others::NotBelieved => Vec::new(),
    };
    match config.roots.as_deref().map(roots::read) {
        None => {}
        Some(Ok(own)) => {
            believed.extend(own.iter().map(|der| Certificate::from_der(der).to_owned()));
        }
        Some(Err(why)) => {
            log::error!("{why}; until the next start with a better one it vouches for nobody");
        }
    }
    believed
}

/// The proxy, the user and the exceptions of the environment.
type OfEnvironment = Option<(ProxyAddress, Option<Secret>, NoProxy)>;

fn of_environment(environment: &ProxyEnvironment) -> Result<OfEnvironment, String> {
    let Some(text) = &environment.proxy else { return Ok(None) };
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let (user, host) = match rest.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, rest),
    };
    let no_proxy = |why: &str| {
        format!(
            "the proxy of the environment (HTTPS_PROXY or ALL_PROXY) is none: {why}. Write \
             http://host:port there, or proxy = \"none\" into [network]"
        )
    };
    let address = ProxyAddress::read(&format!("{scheme}://{host}")).map_err(no_proxy)?;
    let whole =
        user.map(|user| format!("{SCHEME}{user}@{}", address.as_str().trim_start_matches(SCHEME)));
    if whole.is_some_and(|whole| ureq::Proxy::new(&whole).is_err()) {
        return Err(no_proxy("its user or password has to be written with %XX"));
    }
    let (list, unread) =
        NoProxy::of_environment(environment.no_proxy.as_deref().unwrap_or_default());
    if !unread.is_empty() {
        log::warn!("NO_PROXY has what is no host, and is passed over: {}", unread.join(", "));
    }
    Ok(Some((address, user.map(Secret::new), list)))
}

/// `user:password` as it stands in an address: all but letters and digits as %XX.
fn encoded(secret: &Secret) -> Secret {
    let (user, password) = secret.expose().split_once(':').unwrap_or((secret.expose(), ""));
    let mut text = String::new();
    for (part, end) in [(user, ":"), (password, "")] {
        for byte in part.bytes() {
            match byte.is_ascii_alphanumeric() {
                true => text.push(char::from(byte)),
                false => text.push_str(&format!("%{byte:02X}")),
            }
        }
        text.push_str(end);
    }
    Secret::new(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(proxy: &str, no_proxy: &str) -> ProxyEnvironment {
        ProxyEnvironment { proxy: Some(proxy.into()), no_proxy: Some(no_proxy.into()) }
    }

    fn open(config: &NetworkConfig, environment: &ProxyEnvironment) -> Result<Outward, String> {
        Outward::open(config, environment, &Vaults::default())
    }

    const OUTSIDE: &str = "https://hooks.slack.com/x";

    #[test]
    fn the_environment_names_a_proxy_where_the_file_leaves_it_to_it() {
        let by = |config: &NetworkConfig, environment: &ProxyEnvironment, url: &str| {
            let outward = open(config, environment).unwrap();
            outward.proxy_shown(outward.way(url)).map(ToOwned::to_owned)
        };
        let said = environment("proxy.corp:3128", "corp.example,10.0.0.0/8");
        let default = NetworkConfig::default();
        assert_eq!(by(&default, &said, OUTSIDE).as_deref(), Some("http://proxy.corp:3128"));
        for direct in ["https://x.corp.example", "https://10.1.1.1", "http://127.0.0.1:9"] {
            assert_eq!(by(&default, &said, direct), None, "{direct}");
        }
        assert_eq!(by(&default, &ProxyEnvironment::default(), OUTSIDE), None);
        let never = NetworkConfig { proxy: ProxyChoice::Never, ..NetworkConfig::default() };
        assert_eq!(by(&never, &said, OUTSIDE), None);
        let address = ProxyAddress::read("http://other:8080").unwrap();
        let own = NetworkConfig { proxy: ProxyChoice::At(address), ..NetworkConfig::default() };
        assert_eq!(by(&own, &said, OUTSIDE).as_deref(), Some("http://other:8080"));
        let own_list = by(&own, &said, "https://x.corp.example");
        assert_eq!(own_list.as_deref(), Some("http://other:8080"), "NO_PROXY goes with its proxy");
    }

    #[test]
    fn no_fault_and_no_debug_shows_the_proxys_password() {
        for bad in ["socks5://u:hush@h:1", "http://u:hush@", "http://u:hu%zzsh@h:1:2", "u:hush@h"] {
            let why = open(&NetworkConfig::default(), &environment(bad, "")).unwrap_err();
            assert!(why.contains("HTTPS_PROXY") && !why.contains("hu"), "{bad}: {why}");
        }
        let outward = open(&NetworkConfig::default(), &environment("u:hush@h:1", "")).unwrap();
        assert!(!format!("{outward:?}").contains("hush"));
        let proxy = outward.proxy(Way::ByProxy).unwrap().unwrap();
        assert_eq!((proxy.username(), proxy.password()), (Some("u"), Some("hush")));
    }

    #[test]
    fn credentials_are_read_again_whatever_stands_in_them() {
        let reference = || SecretRef::File("/nonexistent".into());
        let address = ProxyAddress::read("http://[::1]:8080").unwrap();
        let config = NetworkConfig {
            proxy: ProxyChoice::At(address),
            credentials: Some(reference()),
            ..NetworkConfig::default()
        };
        let mut outward = open(&config, &ProxyEnvironment::default()).unwrap();
        let proxy = |outward: &Outward| outward.proxy(Way::ByProxy).unwrap().unwrap();
        assert_eq!(proxy(&outward).username(), None);
        let mut secrets = Secrets::default();
        secrets.put(reference(), Secret::new("CORP\\user:p@ss:w/rd \u{e9}%"));
        assert_eq!(outward.reread(&secrets), News::Some);
        assert_eq!(outward.reread(&secrets), News::None);
        assert_eq!(outward.reread(&Secrets::default()), News::None, "the last ones go on");
        let proxy = proxy(&outward);
        assert_eq!(proxy.username(), Some("CORP\\user"));
        assert_eq!(proxy.password(), Some("p@ss:w/rd \u{e9}%"));
        assert_eq!((proxy.host(), proxy.port()), ("[::1]", 8080));
    }
}
