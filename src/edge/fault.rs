//! Why a request has no answer: the library's errors as faults that name the part of the way.
//!
//! # Promises
//! - `each_part_of_the_way_has_its_own_fault`
//! - `a_proxy_is_told_from_the_host_behind_it`

use ureq::Timeout;

use crate::model::http::LinkFault;

/// The fault of a request; `proxy` is the address of the proxy that it went through.
pub(super) fn fault(error: ureq::Error, proxy: Option<&str>) -> LinkFault {
    let Some(proxy) = proxy else { return of_host(error) };
    if let ureq::Error::ConnectProxyFailed(why) = &error {
        return refused(proxy, why);
    }
    let is_early = matches!(error, ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect));
    match of_host(error) {
        LinkFault::Timeout if is_early => {
            LinkFault::Proxy(format!("{proxy} gives no way to the host in time").into())
        }
        // It finds the hosts, so these are its own name and its own port.
        LinkFault::NoSuchHost => LinkFault::Proxy(format!("{proxy} has no address").into()),
        LinkFault::Connect(why) => {
            LinkFault::Proxy(format!("{proxy} takes no connection: {why}").into())
        }
        other @ (LinkFault::Tls(_)
        | LinkFault::Dated(_)
        | LinkFault::Timeout
        | LinkFault::Closed(_)
        | LinkFault::AnswerTooLarge
        | LinkFault::BadRequest(_)
        | LinkFault::NotMade(_)
        | LinkFault::Proxy(_)
        | LinkFault::ProxyRefuses(_)) => other,
    }
}

/// What a proxy says that gives no way. The library's words end with the status.
fn refused(proxy: &str, why: &str) -> LinkFault {
    let status = why.rsplit('/').next().and_then(|status| status.parse::<u16>().ok());
    let Some(status) = status else {
        return LinkFault::Proxy(format!("{proxy} does not speak as one: {why}").into());
    };
    let said = |mend: &str| format!("{proxy} answered {status}: {mend}").into();
    match status {
        407 => LinkFault::ProxyRefuses(said(
            "it wants other credentials; look at its proxy_credentials",
        )),
        400..=499 => LinkFault::ProxyRefuses(said(
            "it does not let us to this host; have it allowed there, or name the host in no_proxy",
        )),
        502..=504 => LinkFault::Proxy(said("it cannot reach the host")),
        _ => LinkFault::Proxy(said("it gives no way to the host")),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "ureq may grow kinds of error; what has no word of its own is told in ureq's"
)]
fn of_host(error: ureq::Error) -> LinkFault {
    match error {
        ureq::Error::HostNotFound => LinkFault::NoSuchHost,
        ureq::Error::Timeout(Timeout::Resolve) => LinkFault::NoSuchHost,
        ureq::Error::Timeout(_) => LinkFault::Timeout,
        ureq::Error::BodyExceedsLimit(_) => LinkFault::AnswerTooLarge,
        ureq::Error::ConnectionFailed => LinkFault::Connect("refused or unreachable".into()),
        // The library quotes the address, which may be a secret.
        ureq::Error::BadUri(_) => LinkFault::BadRequest("the address is not a whole URL".into()),
        ureq::Error::Rustls(why) => of_tls(&why),
        ureq::Error::Tls(why) => LinkFault::Tls(why.into()),
        ureq::Error::Io(error) => of_io(&error),
        other => LinkFault::Closed(other.to_string().into()),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the system has forty kinds of error; the ones that tell whose fault it is are named"
)]
pub(super) fn of_io(error: &std::io::Error) -> LinkFault {
    use std::io::ErrorKind;
    // What goes wrong in a handshake comes as trouble of the stream.
    if let Some(why) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return of_tls(why);
    }
    let why = error.to_string();
    // A look-up that fails has no kind of its own.
    if why.starts_with("failed to lookup address") {
        return LinkFault::NoSuchHost;
    }
    match error.kind() {
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown => LinkFault::Connect(why.into()),
        ErrorKind::TimedOut => LinkFault::Timeout,
        // ENFILE and EMFILE have no kind of their own.
        _ if matches!(error.raw_os_error(), Some(23 | 24)) => LinkFault::NotMade(why.into()),
        _ => LinkFault::Closed(why.into()),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "rustls has many errors; those whose mend is known are named"
)]
fn of_tls(error: &rustls::Error) -> LinkFault {
    use rustls::{AlertDescription as Alert, CertificateError as Certificate};
    let mend = match error {
        rustls::Error::InvalidCertificate(
            Certificate::Expired
            | Certificate::ExpiredContext { .. }
            | Certificate::NotValidYet
            | Certificate::NotValidYetContext { .. },
        ) => return LinkFault::Dated(error.to_string().into()),
        // An authority that was renewed under its old name makes a bad signature.
        rustls::Error::InvalidCertificate(
            Certificate::UnknownIssuer | Certificate::BadSignature,
        ) => {
            "nobody whom we believe vouches for it; if a private authority does, or a proxy opens \
             what we send, put its certificate into roots of [network], or of the target"
        }
        rustls::Error::InvalidCertificate(
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. },
        ) => "it is another host's; look at the address, and at what answers there",
        rustls::Error::AlertReceived(Alert::CertificateRequired) => {
            "the host asks who we are; give the target client_certificate and client_key"
        }
        rustls::Error::AlertReceived(
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::DecryptError
            | Alert::AccessDenied,
        ) => "the host does not take our client certificate; have it renewed, or known there",
        rustls::Error::InvalidMessage(_) => "what answers there does not speak TLS",
        _ => return LinkFault::Tls(error.to_string().into()),
    };
    LinkFault::Tls(format!("{error}: {mend}").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Error, ErrorKind};

    #[test]
    fn each_part_of_the_way_has_its_own_fault() {
        use rustls::{AlertDescription, CertificateError};
        let handshake = |why| of_io(&Error::new(ErrorKind::InvalidData, why));
        let refused = |why| handshake(rustls::Error::InvalidCertificate(why));
        assert!(matches!(refused(CertificateError::Expired), LinkFault::Dated(_)));
        assert!(matches!(refused(CertificateError::NotValidYet), LinkFault::Dated(_)));
        assert!(matches!(handshake(rustls::Error::DecryptError), LinkFault::Tls(_)));
        for (fault, mend) in [
            (refused(CertificateError::UnknownIssuer), "roots of [network]"),
            (refused(CertificateError::NotValidForName), "another host's"),
            (
                handshake(rustls::Error::AlertReceived(AlertDescription::CertificateRequired)),
                "client_certificate",
            ),
            (
                handshake(rustls::Error::AlertReceived(AlertDescription::UnknownCA)),
                "does not take our client certificate",
            ),
        ] {
            assert!(matches!(&fault, LinkFault::Tls(why) if why.contains(mend)), "{fault}");
        }
        assert!(matches!(of_io(&ErrorKind::NetworkUnreachable.into()), LinkFault::Connect(_)));
        assert!(matches!(of_io(&Error::from_raw_os_error(24)), LinkFault::NotMade(_)));
    }

    #[test]
    fn a_proxy_is_told_from_the_host_behind_it() {
        let by_proxy = |error| fault(error, Some("http://proxy:3128"));
        let said = |status| {
            let why = format!("proxy server responded {status}/{status}");
            by_proxy(ureq::Error::ConnectProxyFailed(why))
        };
        assert!(matches!(said(407), LinkFault::ProxyRefuses(why) if why.contains("proxy_cred")));
        assert!(matches!(said(403), LinkFault::ProxyRefuses(why) if why.contains("no_proxy")));
        for status in [302, 500, 502, 504] {
            assert!(matches!(said(status), LinkFault::Proxy(_)), "{status}");
        }
        let silent = ureq::Error::ConnectProxyFailed("proxy server did not respond".into());
        assert!(matches!(by_proxy(silent), LinkFault::Proxy(_)));
        let refused = || ureq::Error::Io(ErrorKind::ConnectionRefused.into());
        let shown = by_proxy(refused()).to_string();
        assert!(shown.starts_with("the proxy http://proxy:3128 takes no connection"), "{shown}");
        assert!(matches!(fault(refused(), None), LinkFault::Connect(_)));
        assert!(matches!(by_proxy(ureq::Error::HostNotFound), LinkFault::Proxy(_)));
        assert!(matches!(by_proxy(ureq::Error::Timeout(Timeout::Connect)), LinkFault::Proxy(_)));
        // Behind the tunnel it is the host's.
        let late = by_proxy(ureq::Error::Timeout(Timeout::RecvResponse));
        assert_eq!(late, LinkFault::Timeout);
        let closed = by_proxy(ureq::Error::Io(ErrorKind::ConnectionReset.into()));
        assert!(matches!(closed, LinkFault::Closed(_)));
    }
}
