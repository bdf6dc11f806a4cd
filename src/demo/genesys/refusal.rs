//! How Genesys Cloud says no: the normalised error body, and the other one of its login host.

use alloc::format;
use alloc::string::String;

use serde_json::json;

use crate::demo::http::json_reply;
use crate::model::http::Reply;

/// A request that is not answered, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    retry_after_seconds: Option<i64>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after_seconds: None }
    }

    /// 400: the sender's fault.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "bad.request", message)
    }

    /// 401. The code for a token that is unknown or over is that of a wrong one.
    pub(super) fn unauthorized(message: &str) -> Self {
        Self::new(401, "bad.credentials", message)
    }

    /// 429, in the words that Genesys Cloud has had for it since 2021.
    pub(super) fn throttled(seconds: i64) -> Self {
        let message =
            format!("Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds");
        let retry_after_seconds = Some(seconds);
        Self { retry_after_seconds, ..Self::new(429, "too.many.requests.retry.after", message) }
    }

    /// 503, as from a platform that is down.
    pub(super) fn unavailable() -> Self {
        Self::new(503, "service.unavailable", "The service is unavailable.")
    }

    /// The reply. `correlation` is what its header says as well.
    pub(super) fn reply(&self, correlation: &str) -> Reply {
        let body = json!({
            "message": self.message,
            "code": self.code,
            "status": self.status,
            "contextId": correlation,
            "details": [],
            "errors": [],
        });
        let reply = json_reply(self.status, &body);
        match self.retry_after_seconds {
            Some(seconds) => reply.with_header("retry-after", &format!("{seconds}")),
            None => reply,
        }
    }
}

/// How the login host says no. The fields are those of RFC 6749; Genesys' own are not documented.
pub(super) fn login_refusal(status: u16, error: &str, why: &str) -> Reply {
    json_reply(status, &json!({ "error": error, "description": why, "error_description": why }))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn too_many_requests_are_refused_in_the_words_of_the_vendor() {
        let reply = Refusal::throttled(42).reply("b61df0b3");
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        let expected = json!({
            "message": "Rate limit exceeded the maximum. Retry the request in [42] seconds",
            "code": "too.many.requests.retry.after",
            "status": 429,
            "contextId": "b61df0b3",
            "details": [],
            "errors": [],
        });
        assert_eq!((reply.status, reply.header("retry-after")), (429, Some("42")));
        assert_eq!(body, expected);
    }
}
