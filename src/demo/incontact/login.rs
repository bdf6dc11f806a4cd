//! Tokens in the vendor's two ways, their renewal, and where the API is.
//!
//! The central way is OAuth's password grant with an access key in place of a user. A token of the
//! client grant is issued too, but opens nothing here, as with the vendor. The `id_token` is not
//! signed: who reads its tenant has just received it from where the token came from.

use alloc::format;
use alloc::string::String;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::demo::http::{Incoming, form_decoded, json_reply};
use crate::demo::incontact::{Access, refusal};
use crate::demo::tokens::{Standing, Tokens};
use crate::model::http::Reply;
use crate::model::time::{Span, UtcMs};

/// The tokens that are valid.
#[derive(Debug, Clone)]
pub(super) struct Login {
    access: Tokens,
    refresh: Tokens,
}

pub(super) const CENTRAL: &str = "/auth/token";
pub(super) const ACCESS_KEY: &str = "/authentication/v1/token/access-key";
pub(super) const REFRESH: &str = "/public/user/refresh";
pub(super) const OPENID: &str = "/.well-known/openid-configuration";
pub(super) const TENANT: &str = "/.well-known/cxone-configuration";

/// The scope of a token of the client grant. It belongs to no user.
pub(super) const PATRON: &str = "PatronAPI";

/// The scope of a user's token. The central login has no others.
const USER: &str = "openid";

const REFRESH_LIFE: Span = Span::secs(7_200);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AccessKey {
    access_key_id: String,
    access_key_secret: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renewal {
    token: String,
}

impl Login {
    pub(super) const fn new(seed: u64) -> Self {
        // The same seed would make the same text twice.
        Self { access: Tokens::new(seed), refresh: Tokens::new(!seed) }
    }

    /// What the token of a request for data is worth.
    pub(super) fn standing(&self, incoming: &Incoming, utc: UtcMs) -> Standing<'_> {
        self.access.standing(incoming.header("authorization"), utc)
    }

    /// The central login: a form, and the application's name and secret by Basic.
    pub(super) fn central(&mut self, incoming: &Incoming, access: &Access, utc: UtcMs) -> Reply {
        if incoming.media_type() != "application/x-www-form-urlencoded" {
            let why = "the content type has to be application/x-www-form-urlencoded";
            return oauth_refusal(400, "invalid_request", why);
        }
        let client = incoming.header("authorization").and_then(basic);
        let expected = (&*access.client_id, &*access.client_secret);
        if client.as_ref().map(|(id, secret)| (&**id, &**secret)) != Some(expected) {
            return invalid_client("no such application, or not its secret");
        }
        let form = incoming.form();
        let field = |name: &str| {
            form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| &**value)
        };
        match field("grant_type") {
            "client_credentials" => self.give(PATRON, access, utc),
            "password" if is_key(field("username"), field("password"), access) => {
                self.give(USER, access, utc)
            }
            "password" => {
                oauth_refusal(400, "invalid_grant", "no such access key, or not its secret")
            }
            _ => oauth_refusal(400, "unsupported_grant_type", "it has to be password"),
        }
    }

    /// The regional login: the access key as JSON.
    pub(super) fn access_key(&mut self, incoming: &Incoming, access: &Access, utc: UtcMs) -> Reply {
        match posted::<AccessKey>(incoming) {
            Err(reply) => reply,
            Ok(key) if is_key(&key.access_key_id, &key.access_key_secret, access) => {
                self.give(USER, access, utc)
            }
            Ok(_) => invalid_client("no such access key, or not its secret"),
        }
    }

    /// The regional renewal, with names of its own.
    pub(super) fn renew(&mut self, incoming: &Incoming, access: &Access, utc: UtcMs) -> Reply {
        let old = match posted::<Renewal>(incoming) {
            Err(reply) => return reply,
            Ok(renewal) => format!("Bearer {}", renewal.token),
        };
        match self.refresh.standing(Some(&old), utc) {
            Standing::Valid { .. } => {}
            Standing::Missing | Standing::Unknown | Standing::Expired => {
                return invalid_client("the refresh token is not valid");
            }
        }
        let answer = json!({
            "token": self.access.issue(access.token_life, USER, utc),
            "refreshToken": self.refresh.issue(REFRESH_LIFE, USER, utc),
            "tokenExpirationTimeSec": access.token_life.whole_secs(),
            "refreshTokenExpirationTimeSec": REFRESH_LIFE.whole_secs(),
        });
        json_reply(200, &answer).with_header("cache-control", "no-store")
    }

    fn give(&mut self, scope: &str, access: &Access, utc: UtcMs) -> Reply {
        let claims = json!({
            "iss": access.issuer,
            "sub": "user:demo",
            "tenantId": access.tenant_id,
            "iat": utc.0.div_euclid(1_000),
            "exp": (utc + access.token_life).0.div_euclid(1_000),
        });
        let answer = json!({
            "access_token": self.access.issue(access.token_life, scope, utc),
            "token_type": "Bearer",
            "expires_in": access.token_life.whole_secs(),
            "refresh_token": self.refresh.issue(REFRESH_LIFE, scope, utc),
            "id_token": unsigned(&claims),
        });
        json_reply(200, &answer).with_header("cache-control", "no-store")
    }
}

/// Where tokens are.
pub(super) fn openid(access: &Access) -> Reply {
    let issuer = &access.issuer;
    let answer = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth/authorize"),
        "token_endpoint": format!("{issuer}{CENTRAL}"),
        "jwks_uri": format!("{issuer}/auth/jwks"),
        "grant_types_supported": ["authorization_code", "password", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    });
    json_reply(200, &answer)
}

/// Where the API of a tenant is.
pub(super) fn tenant(incoming: &Incoming, access: &Access) -> Reply {
    let query = incoming.query();
    match query.iter().find(|(name, _)| name == "tenantId") {
        None => refusal(400, "tenantId is missing"),
        Some((_, tenant)) if **tenant != *access.tenant_id => refusal(404, "no such tenant"),
        Some(_) => {
            let answer = json!({
                "api_endpoint": access.api_endpoint,
                "area": "na1",
                "cluster": "c53",
                "domain": "niceincontact.com",
                "acdDomain": "nice-incontact.com",
                "uhDomain": "nice-incontact.com",
            });
            json_reply(200, &answer)
        }
    }
}

pub(super) fn invalid_client(why: &str) -> Reply {
    oauth_refusal(401, "invalid_client", why)
}

/// RFC 6749, section 5.2.
fn oauth_refusal(status: u16, error: &str, why: &str) -> Reply {
    json_reply(status, &json!({ "error": error, "error_description": why }))
}

fn is_key(id: &str, secret: &str, access: &Access) -> bool {
    (id, secret) == (&*access.access_key_id, &*access.access_key_secret)
}

/// A JSON body that has exactly what it should.
fn posted<T: for<'a> Deserialize<'a>>(incoming: &Incoming) -> Result<T, Reply> {
    if incoming.media_type() != "application/json" {
        return Err(refusal(415, "the content type has to be application/json"));
    }
    serde_json::from_slice(&incoming.body).map_err(|fault| refusal(400, &format!("{fault}")))
}

/// The halves of Basic credentials, each encoded like a form (RFC 6749, section 2.3.1).
fn basic(authorization: &str) -> Option<(String, String)> {
    let decoded = STANDARD.decode(authorization.strip_prefix("Basic ")?).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let (id, secret) = (decoded.get(..colon)?, decoded.get(colon + 1..)?);
    Some((form_decoded(id), form_decoded(secret)))
}

/// A JSON Web Token without a signature (RFC 7519, section 6).
fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(format!("{value}"));
    format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(claims))
}
