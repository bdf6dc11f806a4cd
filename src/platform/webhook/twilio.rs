//! Twilio's signatures: over the address that it was told, and over the fields of a form by name.
//!
//! A body that is no form is vouched for by its hash, which stands in the address. What is covered
//! neither way is refused. The sender may or may not have named the port.
//!
//! # Promises
//! - `twilio_signs_the_address_and_the_fields`
//! - `a_body_that_twilios_signature_does_not_cover_is_refused`

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::model::delivery::Delivery;
use crate::model::form;
use crate::model::secret::Secret;
use crate::platform::webhook::signature::{Algorithm, Form};
use crate::platform::webhook::{Forgery, Trust};

/// The place of the secret that a delivery was signed with.
pub(super) fn verify(delivery: &Delivery, trust: &Trust<'_>) -> Result<usize, Forgery> {
    let shown = delivery.header("x-twilio-signature").and_then(|text| Form::Base64.read(text));
    let shown = [shown.ok_or(Forgery::Missing)?];
    let algorithm = match delivery.header("x-twilio-webhooks-signature-settings") {
        None => Algorithm::Sha1,
        Some(settings) => {
            let mut parts = settings.split(',').map(str::trim);
            let algorithm = parts.find_map(|part| part.strip_prefix("algorithm="));
            match algorithm {
                Some("HMAC_SHA256") => Algorithm::Sha256,
                Some(_) | None => return Err(Forgery::Missing),
            }
        }
    };
    let address = trust.address.ok_or(Forgery::Missing)?;
    let fields = match body_hash(address) {
        Some(hash) => {
            let hash = Form::Hex.read(hash).ok_or(Forgery::Missing)?;
            if *hash != *Sha256::digest(&delivery.body) {
                return Err(Forgery::Wrong);
            }
            String::new()
        }
        None => joined(form::of(delivery).ok_or(Forgery::Missing)?),
    };
    let fits = |secret: &&Secret| {
        let key = secret.expose().as_bytes();
        let of =
            |address: &str| algorithm.fits(key, &[address.as_bytes(), fields.as_bytes()], &shown);
        of(address) || with_and_without_port(address).iter().any(|address| of(address))
    };
    trust.secrets.iter().position(fits).ok_or(Forgery::Wrong)
}

fn body_hash(address: &str) -> Option<&str> {
    let (_, query) = address.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("bodySHA256="))
}

/// Names and values one after the other, sorted, each pair once.
fn joined(mut fields: Vec<(String, String)>) -> String {
    fields.sort();
    fields.dedup();
    fields.into_iter().map(|(name, value)| name + &value).collect()
}

fn with_and_without_port(address: &str) -> Vec<String> {
    let Some((scheme, rest)) = address.split_once("://") else { return Vec::new() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    // The colons of an IPv6 address stand in brackets.
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            Vec::from([format!("{scheme}://{host}{rest}")])
        }
        Some(_) | None => {
            let port = if scheme == "http" { 80 } else { 443 };
            Vec::from([format!("{scheme}://{authority}:{port}{rest}")])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const FORM: &str = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&\
                        From=%2B14158675309&To=%2B18005551212";
    /// The first is Twilio's own, the second its library's; the third is over the address alone.
    const SHA1: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
    const SHA256: &str = "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=";
    const BODY_HASH: &str = "4GRKZCSU22d9rOjm+ecma7jyO8o=";
    const SETTINGS: (&str, &str) =
        ("x-twilio-webhooks-signature-settings", "key=AKxx,algorithm=HMAC_SHA256");
    const IS_FORM: (&str, &str) =
        ("content-type", "application/x-www-form-urlencoded; charset=UTF-8");
    const IS_JSON: (&str, &str) = ("content-type", "application/json");

    fn verdict(headers: &[(&str, &str)], body: &str, address: &str) -> Result<usize, Forgery> {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let (method, headers) = ("POST".into(), headers.collect());
        let delivery =
            Delivery { method, headers, body: body.to_owned().into(), client_certificate: None };
        let secrets = [&Secret::new("other"), &Secret::new("12345")];
        let (address, secrets) = (Some(address), &secrets[..]);
        verify(&delivery, &Trust { secrets, address, ..Trust::default() })
    }

    #[test]
    fn twilio_signs_the_address_and_the_fields() {
        let signed = |text| ("x-twilio-signature", text);
        let (sha1, sha256) = ([IS_FORM, signed(SHA1)], [IS_FORM, SETTINGS, signed(SHA256)]);
        assert_eq!(verdict(&sha1, FORM, ADDRESS), Ok(1));
        assert_eq!(verdict(&sha256, FORM, ADDRESS), Ok(1));
        // The order of the fields does not count, nor does a field that stands twice.
        let turned = FORM.split('&').rev().collect::<Vec<_>>().join("&") + "&Digits=1234";
        assert_eq!(verdict(&sha1, &turned, ADDRESS), Ok(1));
        let with_port = ADDRESS.replacen(".com/", ".com:443/", 1);
        assert_eq!(verdict(&sha1, FORM, &with_port), Ok(1));
        for at in 0..FORM.len() {
            let mut body = String::from(FORM).into_bytes();
            body[at] ^= 1;
            let body = String::from_utf8(body).unwrap();
            assert_eq!(verdict(&sha1, &body, ADDRESS), Err(Forgery::Wrong), "{body}");
            assert_eq!(verdict(&sha256, &body, ADDRESS), Err(Forgery::Wrong), "{body}");
        }
        for address in [ADDRESS.trim_end_matches('2'), "https://other.com/myapp.php?foo=1&bar=2"] {
            assert_eq!(verdict(&sha1, FORM, address), Err(Forgery::Wrong), "{address}");
        }
        let unknown = ("x-twilio-webhooks-signature-settings", "key=AKxx,algorithm=NONE");
        let headers = [IS_FORM, unknown, signed(SHA1)];
        assert_eq!(verdict(&headers, FORM, ADDRESS), Err(Forgery::Missing));
        assert_eq!(verdict(&[IS_FORM], FORM, ADDRESS), Err(Forgery::Missing));
    }

    #[test]
    fn a_port_is_added_and_taken_away() {
        let other = |address| with_and_without_port(address).join(" ");
        assert_eq!(other("https://a.example/x?y"), "https://a.example:443/x?y");
        assert_eq!(other("http://a.example"), "http://a.example:80");
        assert_eq!(other("https://a.example:8443/x"), "https://a.example/x");
        assert_eq!(other("https://[::1]/x"), "https://[::1]:443/x");
        assert_eq!(other("https://[::1]:8443/x"), "https://[::1]/x");
        assert_eq!(other("a.example"), "");
    }

    #[test]
    fn a_body_that_twilios_signature_does_not_cover_is_refused() {
        let hash = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";
        let address = format!("{ADDRESS}&bodySHA256={hash}");
        let headers = [IS_JSON, ("x-twilio-signature", BODY_HASH)];
        assert_eq!(verdict(&headers, "{\"a\":1}", &address), Ok(1));
        assert_eq!(verdict(&headers, "{\"a\":2}", &address), Err(Forgery::Wrong));
        assert_eq!(verdict(&headers, "{\"a\":1}", ADDRESS), Err(Forgery::Missing));
        let as_form = [IS_FORM, ("x-twilio-signature", BODY_HASH)];
        assert_eq!(verdict(&as_form, "a=1", &address), Err(Forgery::Wrong));
    }
}
