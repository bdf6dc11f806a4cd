//! `kind = "slack"`: an incoming webhook of Slack by its `url`, or an app by its `token`.

use alloc::boxed::Box;

use crate::config::secret;
use crate::document::{Item, Table};
use crate::limits::SLACK_CHANNEL_BYTES_MAX;
use crate::model::config::TextOrSecret;
use crate::model::target::{Slack, SlackApp, TargetKind};

/// Reads what is Slack's of a `[[target]]`.
pub(super) fn read(table: &mut Table<'_>) -> Option<TargetKind> {
    let url = table.optional("url");
    let token = table.optional("token");
    let channel = table.optional("channel");
    match (url, token, channel) {
        (Some(url), None, None) => {
            let url = secret::address_or_reference(&url)?;
            Some(TargetKind::Slack(Slack { url }))
        }
        (None, None, None) => {
            let help = "Write url = { credential = \"name\" }, an incoming webhook's address, or \
                        token and channel of an app.";
            table.required("url", help).and(None)
        }
        (None, token, channel) => app(table, token, channel).map(TargetKind::SlackApp),
        (Some(url), _, _) => url.refuse(
            "this is a webhook and an app at once",
            "Keep url, an incoming webhook's address, or token and channel of an app.",
        ),
    }
}

fn app<'a>(
    table: &mut Table<'a>,
    token: Option<Item<'a>>,
    channel: Option<Item<'a>>,
) -> Option<SlackApp> {
    let help = "Write token = { credential = \"name\" }: the app's Bot User OAuth Token.";
    let token = token.or_else(|| table.required("token", help));
    let token = token.and_then(|item| secret::reference(&item));
    let help = "Write channel = \"C0123ABCD\": the id at the end of the channel's details.";
    let channel = channel.or_else(|| table.required("channel", help));
    let channel = channel.and_then(|item| name_of(&item, help));
    let api_url = match table.optional("api_url") {
        Some(item) => secret::address_or_reference(&item),
        None => Some(TextOrSecret::Text(API_URL.into())),
    };
    let signing_secret = table.optional("signing_secret");
    let signing_secret = signing_secret.map(|item| secret::reference(&item));
    let reply_recovered = table.optional("reply_recovered");
    let reply_recovered = reply_recovered.map_or(Some(true), |item| item.flag());
    Some(SlackApp {
        api_url: api_url?,
        token: token?,
        channel: channel?,
        signing_secret: signing_secret.map_or(Some(None), |read| read.map(Some))?,
        reply_recovered: reply_recovered?,
    })
}

fn name_of(item: &Item<'_>, help: &str) -> Option<Box<str>> {
    let text = item.text()?;
    let is_one = !text.is_empty() && text.len() <= SLACK_CHANNEL_BYTES_MAX;
    if is_one && !text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some(text.into());
    }
    item.refuse("this is no channel", help)
}

const API_URL: &str = "https://slack.com/api";
