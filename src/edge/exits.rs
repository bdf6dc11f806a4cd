//! The ways out of the box: the one of all, and those of targets that have their own.
//!
//! # Promises
//! - `what_a_target_says_of_the_network_holds_for_it_alone`

use alloc::collections::BTreeMap;

use crate::edge::outward::{News, Outward, ProxyEnvironment};
use crate::edge::secrets::Vaults;
use crate::model::name::TargetName;
use crate::model::network::NetworkConfig;
use crate::model::secret::Secrets;
use crate::model::target::TargetConfig;

/// Every way out.
#[derive(Debug)]
pub struct Exits {
    of_all: Outward,
    /// Of targets: those that say the same have one, so that they share what is kept ready.
    own: Vec<(NetworkConfig, Outward)>,
    by_target: BTreeMap<TargetName, Exit>,
}

/// One of them, by its place among those of targets. None: the one of all.
pub(super) type Exit = Option<usize>;

impl Exits {
    /// One for all.
    #[must_use]
    pub const fn all_by(outward: Outward) -> Self {
        Self { of_all: outward, own: Vec::new(), by_target: BTreeMap::new() }
    }

    /// Those that the config says, beside the one of all.
    ///
    /// # Errors
    /// The environment names a proxy that cannot be one.
    pub fn open(
        of_all: Outward,
        targets: &[TargetConfig],
        environment: &ProxyEnvironment,
        vaults: &Vaults,
    ) -> Result<Self, String> {
        let mut exits = Self::all_by(of_all);
        for target in targets {
            let Some(network) = target.network.as_deref() else { continue };
            let known = exits.own.iter().position(|(known, _)| known == network);
            let place = known.unwrap_or(exits.own.len());
            if known.is_none() {
                let outward = Outward::open(network, environment, vaults)?;
                exits.own.push((network.clone(), outward));
            }
            exits.by_target.insert(target.name.clone(), Some(place));
        }
        Ok(exits)
    }

    /// The one by which a target is reached.
    pub(super) fn of(&self, target: Option<&TargetName>) -> Exit {
        *self.by_target.get(target?)?
    }

    pub(super) fn at(&self, exit: Exit) -> &Outward {
        let own = exit.and_then(|place| self.own.get(place));
        own.map_or(&self.of_all, |(_, outward)| outward)
    }

    /// Takes the credentials of proxies from secrets that were read again; whether any are new.
    pub(super) fn reread(&mut self, secrets: &Secrets) -> News {
        let own = self.own.iter_mut().map(|(_, outward)| outward);
        let all = own.chain([&mut self.of_all]).map(|outward| outward.reread(secrets));
        all.fold(News::None, |before, news| if news == News::Some { news } else { before })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::network::{ProxyAddress, ProxyChoice, Way};
    use crate::model::target::{TargetKind, Teams};

    const URL: &str = "https://alerts.example/";

    #[test]
    fn what_a_target_says_of_the_network_holds_for_it_alone() {
        let by = |address: &str| NetworkConfig {
            proxy: ProxyChoice::At(ProxyAddress::read(address).unwrap()),
            ..NetworkConfig::default()
        };
        let direct = NetworkConfig { proxy: ProxyChoice::Never, ..NetworkConfig::default() };
        let target = |name: &str, network: Option<&NetworkConfig>| {
            let url = crate::model::config::TextOrSecret::Text(URL.into());
            let kind = TargetKind::Teams(Teams { url });
            let plain = TargetConfig::new(TargetName::new(name).unwrap(), kind);
            TargetConfig { network: network.cloned().map(Box::new), ..plain }
        };
        let (world, site) = (by("http://world:3128"), by("http://site:8080"));
        let targets = [
            target("cloud", None),
            target("site-1", Some(&site)),
            target("near", Some(&direct)),
            target("site-2", Some(&site)),
        ];
        let (environment, vaults) = (ProxyEnvironment::default(), Vaults::default());
        let of_all = Outward::open(&world, &environment, &vaults).unwrap();
        let exits = Exits::open(of_all, &targets, &environment, &vaults).unwrap();
        let proxy = |name: Option<&str>| {
            let name = name.map(|name| TargetName::new(name).unwrap());
            let outward = exits.at(exits.of(name.as_ref()));
            outward.proxy_shown(outward.way(URL)).map(ToOwned::to_owned)
        };
        for name in [None, Some("cloud"), Some("another")] {
            assert_eq!(proxy(name).as_deref(), Some("http://world:3128"), "{name:?}");
        }
        for name in ["site-1", "site-2"] {
            assert_eq!(proxy(Some(name)).as_deref(), Some("http://site:8080"), "{name}");
        }
        assert_eq!(proxy(Some("near")), None);
        assert_eq!(exits.own.len(), 2, "what says the same is one");
        assert_eq!(exits.at(None).way(URL), Way::ByProxy);
    }
}
