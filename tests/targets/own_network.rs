//! A target with an authority of its own, which vouches for its server and for nobody else's, by
//! each transport.

use std::io::Write;

use andon::model::mail::Security;
use andon::model::network::NetworkConfig;
use andon::model::notice::Reason;
use andon::model::record::Carrier;
use andon::model::target::TargetKind;
use andon::target::Delivery;
use tempfile::NamedTempFile;

use crate::exchange::{Exchange, notice};
use crate::receivers::certificates::Authority;
use crate::receivers::syslog::Collector;
use crate::syslog::target;
use crate::wires::{SECRET, mail, server};
use crate::{receivers, stands};

fn is_told(exchange: &mut Exchange) -> Delivery {
    exchange.tell(&notice(Reason::FirstBreach, "Tier-2 Support"))
}

/// Who is reached with the authority, and is not believed without it, or by another one's.
fn needs(authority: &Authority, kind: &TargetKind, secret: &str) {
    let network = |authority: &Authority| {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(authority.pem().as_bytes()).unwrap();
        let roots = Some(file.path().to_str().unwrap().into());
        (NetworkConfig { roots, ..NetworkConfig::default() }, file)
    };
    let begin = || Exchange::new(kind.clone(), secret, &[]);
    let (own, _own) = network(authority);
    let (other, _other) = network(&Authority::new());
    for mut stranger in [begin(), begin().reached_by(&other)] {
        let told = is_told(&mut stranger);
        let is_why = |why: &str| why.contains("nobody whom we believe vouches for it");
        assert!(matches!(&told, Delivery::Later { why, .. } if is_why(why)), "{told:?}");
    }
    let told = is_told(&mut begin().reached_by(&own));
    assert!(matches!(told, Delivery::Accepted { .. }), "{told:?}");
}

#[test]
fn http_mail_and_syslog_believe_the_targets_own_authority() {
    let authority = Authority::new();
    let am = stands::alertmanager(&authority);
    needs(&authority, am.exchange.kind(), receivers::alertmanager::TOKEN);
    for (implicit, security) in [(false, Security::StartTls), (true, Security::Tls)] {
        let smtp = server(&authority, implicit);
        needs(&authority, &mail(smtp.address.port(), security), SECRET);
    }
    let collector = Collector::start(Some(authority.server("localhost")));
    needs(&authority, &target(&collector, Carrier::Tls), "");
}
