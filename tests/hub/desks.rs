//! Who is told: each target of a world, and its system itself.

use crate::network::{SERVICENOW, SLACK_APP, Server};
use crate::receivers::pagerduty;
use crate::receivers::smtp::Mail;
use crate::servicenow::Instance;
use crate::slack::Workspace;
use crate::strict::{Kind, MAIL, Strict};
use crate::world::{ServerNow, World};

impl World {
    pub(crate) fn pagerduty(&mut self) -> ServerNow<'_> {
        self.at("https://pagerduty.test")
    }

    pub(crate) fn slack(&mut self) -> ServerNow<'_> {
        self.at("https://slack.test")
    }

    /// The channel that Slack's app writes into.
    pub(crate) fn slack_app(&mut self) -> ServerNow<'_> {
        self.at(SLACK_APP)
    }

    /// Its workspace itself.
    pub(crate) fn slack_workspace(&mut self) -> &mut Workspace {
        let Server::SlackApp(workspace) = self.site.network.server_mut(SLACK_APP) else {
            panic!("{SLACK_APP} is not Slack")
        };
        workspace
    }

    /// The instance of ServiceNow itself.
    pub(crate) fn servicenow(&mut self) -> &mut Instance {
        let Server::ServiceNow(instance) = self.site.network.server_mut(SERVICENOW) else {
            panic!("{SERVICENOW} is not ServiceNow")
        };
        instance
    }

    /// PagerDuty itself, to change it.
    pub(crate) fn pagerduty_desk(&mut self) -> &mut pagerduty::Desk {
        let Server::PagerDuty(desk) = self.site.network.server_mut("https://pagerduty.test") else {
            panic!("it is not PagerDuty")
        };
        desk
    }

    /// What the mail server has taken.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        let Kind::Mail(office) = &self.strict(MAIL).kind else { panic!("it takes no mail") };
        office.mails.clone()
    }

    /// A strict receiver itself.
    pub(crate) fn strict(&self, host: &str) -> &Strict {
        let Server::Strict(desk) = self.site.network.server(host) else {
            panic!("{host} is another kind")
        };
        desk
    }

    pub(crate) fn webhook(&mut self) -> ServerNow<'_> {
        self.at("https://webhook.test")
    }

    /// Nobody has been told anything that the story has not read.
    pub(crate) fn nobody_heard(&mut self) {
        self.pagerduty().heard([]);
        self.slack().heard([]);
        self.webhook().heard([]);
    }
}
