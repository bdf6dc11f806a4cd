//! How senders prove who they are, written down from what each of them publishes, and from nothing
//! of the hub's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// What somebody is about to send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Letter<'a> {
    pub(crate) key: &'a [u8],
    /// The address that it goes to, without a query.
    pub(crate) address: &'a str,
    pub(crate) id: &'a str,
    pub(crate) body: &'a str,
    /// When, in seconds since 1970.
    pub(crate) at: i64,
}

/// What proves it.
#[derive(Debug, Default)]
pub(crate) struct Seal {
    /// Each of them has to be there.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) query: String,
}

/// Makes the proof of a letter.
pub(crate) type Sealing = fn(&Letter<'_>) -> Seal;

fn headers<const N: usize>(headers: [(&'static str, String); N]) -> Seal {
    Seal { headers: headers.into(), query: String::new() }
}

fn sha256(letter: &Letter<'_>, message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(letter.key).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn sha1(letter: &Letter<'_>, message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha1>::new_from_slice(letter.key).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The HMAC-SHA256 of a message in hexadecimal digits.
pub(crate) fn hashed(letter: &Letter<'_>, message: &str) -> String {
    hex(&sha256(letter, message))
}

/// How a key is written for the hub: as it stands.
pub(crate) fn plain(key: &[u8]) -> String {
    String::from_utf8(key.into()).unwrap()
}

/// As Standard Webhooks write a shared key.
pub(crate) fn whsec(key: &[u8]) -> String {
    format!("whsec_{}", base64(key))
}

/// As Standard Webhooks write the public key of a pair.
pub(crate) fn whpk(key: &[u8]) -> String {
    format!("whpk_{}", base64(pair(key).public_key().as_ref()))
}

/// As Teams writes the token of an outgoing webhook.
pub(crate) fn token(key: &[u8]) -> String {
    base64(key)
}

fn pair(key: &[u8]) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&Sha256::digest(key)).unwrap()
}

fn of_standard(letter: &Letter<'_>) -> String {
    format!("{}.{}.{}", letter.id, letter.at, letter.body)
}

pub(crate) fn standard(letter: &Letter<'_>) -> Seal {
    headers([
        ("webhook-signature", format!("v1,{}", base64(&sha256(letter, &of_standard(letter))))),
        ("webhook-id", letter.id.into()),
        ("webhook-timestamp", letter.at.to_string()),
    ])
}

pub(crate) fn standard_ed25519(letter: &Letter<'_>) -> Seal {
    let signature = pair(letter.key).sign(of_standard(letter).as_bytes());
    headers([
        ("webhook-signature", format!("v1,AAAA v1a,{}", base64(signature.as_ref()))),
        ("webhook-id", letter.id.into()),
        ("webhook-timestamp", letter.at.to_string()),
    ])
}

pub(crate) fn svix(letter: &Letter<'_>) -> Seal {
    headers([
        ("svix-signature", format!("v1,{}", base64(&sha256(letter, &of_standard(letter))))),
        ("svix-id", letter.id.into()),
        ("svix-timestamp", letter.at.to_string()),
    ])
}

pub(crate) fn github(letter: &Letter<'_>) -> Seal {
    headers([("x-hub-signature-256", format!("sha256={}", hashed(letter, letter.body)))])
}

pub(crate) fn open_messaging(letter: &Letter<'_>) -> Seal {
    let hash = base64(&sha256(letter, letter.body));
    headers([("x-hub-signature-256", format!("sha256={hash}"))])
}

/// The guides' "HMAC-SHA256 in headers".
pub(crate) fn guide(letter: &Letter<'_>) -> Seal {
    headers([("x-signature", format!("sha256={}", hashed(letter, letter.body)))])
}

pub(crate) fn grafana(letter: &Letter<'_>) -> Seal {
    headers([("x-grafana-alerting-signature", hashed(letter, letter.body))])
}

pub(crate) fn pagerduty(letter: &Letter<'_>) -> Seal {
    let hash = hashed(letter, letter.body);
    headers([("x-pagerduty-signature", format!("v1={},v1={hash}", "0".repeat(64)))])
}

pub(crate) fn teams(letter: &Letter<'_>) -> Seal {
    let hash = base64(&sha256(letter, letter.body));
    headers([("authorization", format!("HMAC {hash}"))])
}

fn of_slack(letter: &Letter<'_>) -> String {
    format!("v0={}", hashed(letter, &format!("v0:{}:{}", letter.at, letter.body)))
}

pub(crate) fn slack(letter: &Letter<'_>) -> Seal {
    let at = letter.at.to_string();
    headers([("x-slack-signature", of_slack(letter)), ("x-slack-request-timestamp", at)])
}

pub(crate) fn zoom(letter: &Letter<'_>) -> Seal {
    let at = letter.at.to_string();
    headers([("x-zm-signature", of_slack(letter)), ("x-zm-request-timestamp", at)])
}

pub(crate) fn nexus(letter: &Letter<'_>) -> Seal {
    let hash = hashed(letter, &format!("{}.{}", letter.at, letter.body));
    headers([
        ("x-nexus-signature-256", format!("sha256={hash}")),
        ("x-nexus-timestamp", letter.at.to_string()),
    ])
}

pub(crate) fn stripe(letter: &Letter<'_>) -> Seal {
    let hash = hashed(letter, &format!("{}.{}", letter.at, letter.body));
    headers([("stripe-signature", format!("t={},v1={hash},v0=00", letter.at))])
}

pub(crate) fn generic(letter: &Letter<'_>) -> Seal {
    let hash = hashed(letter, &format!("{}.{}", letter.at, letter.body));
    headers([("x-acme-signature", format!("t={},v1={hash}", letter.at))])
}

pub(crate) fn rootly(letter: &Letter<'_>) -> Seal {
    let hash = hashed(letter, &format!("{}{}", letter.at, letter.body));
    headers([("x-rootly-signature", format!("t={},v1={hash}", letter.at))])
}

pub(crate) fn paddle(letter: &Letter<'_>) -> Seal {
    let hash = hashed(letter, &format!("{}:{}", letter.at, letter.body));
    headers([("paddle-signature", format!("ts={};h1={hash}", letter.at))])
}

/// The fields of [`crate::proofs::form`] by name, and what they say.
fn of_form(letter: &Letter<'_>) -> String {
    format!("{}Bodyat 5+id{}severitylow", letter.address, letter.id)
}

pub(crate) fn twilio(letter: &Letter<'_>) -> Seal {
    headers([("x-twilio-signature", base64(&sha1(letter, &of_form(letter))))])
}

const TWILIO_SETTINGS: &str = "key=AK0123456789,algorithm=HMAC_SHA256";

pub(crate) fn twilio_sha256(letter: &Letter<'_>) -> Seal {
    headers([
        ("x-twilio-signature", base64(&sha256(letter, &of_form(letter)))),
        ("x-twilio-webhooks-signature-settings", TWILIO_SETTINGS.into()),
    ])
}

pub(crate) fn twilio_json(letter: &Letter<'_>) -> Seal {
    let query = format!("?bodySHA256={}", hex(&Sha256::digest(letter.body)));
    let hash = base64(&sha1(letter, &format!("{}{query}", letter.address)));
    Seal { query, ..headers([("x-twilio-signature", hash)]) }
}

pub(crate) fn bearer(letter: &Letter<'_>) -> Seal {
    headers([("authorization", format!("Bearer {}", plain(letter.key)))])
}

pub(crate) fn basic(letter: &Letter<'_>) -> Seal {
    headers([("authorization", format!("Basic {}", base64(letter.key)))])
}

pub(crate) fn api_key(letter: &Letter<'_>) -> Seal {
    headers([("x-api-key", plain(letter.key))])
}

/// A header of the operator's own, as a data action or a script of the platform sends it.
pub(crate) fn own_header(letter: &Letter<'_>) -> Seal {
    headers([("x-acme-key", format!("Key {}", plain(letter.key)))])
}
