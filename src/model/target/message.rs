//! Where each notice is a message, or a request of any form.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::model::catalogue::BodyForm;
use crate::model::config::TextOrSecret;
use crate::model::http::Method;
use crate::model::login::{HttpLogin, OAuthClient};
use crate::model::mail::{MailAddress, Security};
use crate::model::record::Carrier;
use crate::model::secret::SecretRef;
use crate::model::time::Span;

/// An app of Slack that posts into a channel and changes what it has posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackApp {
    /// Where its methods are. Default: `https://slack.com/api`.
    pub api_url: TextOrSecret,
    /// The bot's token, `xoxb-...`, with the scope `chat:write`.
    pub token: SecretRef,
    /// The channel's id or name.
    pub channel: Box<str>,
    /// What Slack signs its words with; without it messages have no button.
    pub signing_secret: Option<SecretRef>,
    /// Whether a recovery is a reply in the thread, too.
    pub reply_recovered: bool,
}

/// A Slack incoming webhook; its whole address is the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slack {
    /// `https://hooks.slack.com/services/...`.
    pub url: TextOrSecret,
}

/// Any receiver of HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where to send.
    pub url: TextOrSecret,
    /// POST, PUT or PATCH. Default: POST.
    pub method: Method,
    /// More headers, their names in lower case.
    pub headers: Vec<(Box<str>, TextOrSecret)>,
    /// The template of the body. None: guide 1's payload.
    pub body: Option<Box<str>>,
    /// How the hub shows who it is, beside the headers and the signature.
    pub login: HttpLogin,
    /// `whsec_` and base64; signs every request by Standard Webhooks. Some, where nothing else
    /// shows who the hub is.
    pub signing_secret: Option<SecretRef>,
}

impl Webhook {
    /// What the body has to be, by the headers that the file gives: JSON, unless they say else.
    #[must_use]
    pub fn form_of(headers: &[(Box<str>, TextOrSecret)]) -> BodyForm {
        let said = headers.iter().find(|(name, _)| &**name == "content-type");
        match said.map(|(_, value)| value) {
            None => BodyForm::Json,
            Some(TextOrSecret::Text(text)) if text.contains("json") => BodyForm::Json,
            Some(TextOrSecret::Text(_) | TextOrSecret::Secret(_)) => BodyForm::Any,
        }
    }
}

/// Microsoft Teams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Teams {
    /// The flow's whole address, which is all that proves who sends.
    pub url: TextOrSecret,
}

/// E-mail, by a server that takes submissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its name or address.
    pub server: Box<str>,
    /// Default: 587, in TLS from the first byte 465, in clear 25.
    pub port: u16,
    /// Default: STARTTLS. In clear on this box alone.
    pub security: Security,
    /// How the hub shows who it is.
    pub login: MailAccount,
    /// Who sends.
    pub from: MailAddress,
    /// Who gets it, at least one.
    pub to: Vec<MailAddress>,
}

/// How the hub shows a mail server who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailAccount {
    /// Not at all.
    None,
    /// By AUTH PLAIN or LOGIN.
    Password {
        /// Often the sender's address.
        user: Box<str>,
        /// Of the user, or of the application.
        password: SecretRef,
    },
    /// By AUTH XOAUTH2.
    Token {
        /// Often the sender's address.
        user: Box<str>,
        /// An access token, which somebody else keeps fresh.
        token: SecretRef,
    },
    /// By AUTH XOAUTH2, with a token that the hub logs in for.
    Client {
        /// The mailbox that sends.
        user: Box<str>,
        /// Who asks for the token.
        client: OAuthClient,
    },
}

/// SMS, by Twilio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sms {
    /// Default: `https://api.twilio.com/2010-04-01/Accounts/AC.../Messages.json`.
    pub url: TextOrSecret,
    /// The account's SID, or that of an API key.
    pub user: Box<str>,
    /// Of the account, or of the API key.
    pub auth_token: SecretRef,
    /// Who sends.
    pub from: SmsSender,
    /// Whose phones: numbers with their country, at least one.
    pub to: Vec<Box<str>>,
    /// What no phone took for so long is not sent any more. Default: an hour.
    pub validity: Span,
}

/// Who sends an SMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmsSender {
    /// A number of the account, or a name that it may send under.
    Number(Box<str>),
    /// A messaging service, which has numbers of its own.
    Service(Box<str>),
}

/// A collector of logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syslog {
    /// Its name or address.
    pub server: Box<str>,
    /// Default: 6514, by TCP 601, by UDP 514.
    pub port: u16,
    /// Default: TLS.
    pub carrier: Carrier,
    /// RFC 5424, table 1. Default: 16, local0.
    pub facility: u8,
    /// What the box calls itself. Default: `-`, nothing.
    pub hostname: Box<str>,
}
