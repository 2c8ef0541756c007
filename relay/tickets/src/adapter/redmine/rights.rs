//! What our key may in Redmine: its API leaves out what a user may not do, and says nothing of it.

use std::collections::HashMap;

use serde::Deserialize;

use super::Redmine;
use crate::{
    http::{Call, segment},
    system::{Refusal, ReportError},
};

/// To make a note private.
const TO_HIDE: &str = "set_notes_private";

/// Who we are in Redmine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct We {
    pub(super) login: String,
    pub(super) administers: bool,
    /// Our roles by project; `None`: Redmine does not tell.
    roles: Option<HashMap<u64, Vec<u64>>>,
}

impl Redmine {
    /// Who we are, asked once. Down or slow: asked again with the next call.
    pub(super) async fn we(&self) -> Result<&We, ReportError> {
        // The answer holds the key itself: only these are read of it.
        #[derive(Deserialize)]
        struct Me {
            user: User,
        }
        #[derive(Deserialize)]
        struct User {
            #[serde(default)]
            login: String,
            #[serde(default)]
            admin: bool,
            memberships: Option<Vec<Membership>>,
        }
        #[derive(Deserialize)]
        struct Membership {
            project: Numbered,
            #[serde(default)]
            roles: Vec<Numbered>,
        }
        #[derive(Deserialize)]
        struct Numbered {
            id: u64,
        }
        let asked = async {
            let call = Call::get("/users/current.json").query("include", "memberships");
            let User { login, admin, memberships } = self.ask(call).await?.good()?.json::<Me>()?.user;
            let roles = memberships.map(|all| {
                let mut roles: HashMap<u64, Vec<u64>> = HashMap::new();
                for one in all {
                    roles.entry(one.project.id).or_default().extend(one.roles.iter().map(|role| role.id));
                }
                roles
            });
            Ok::<We, ReportError>(We { login, administers: admin, roles })
        };
        self.we.get_or_try_init(|| asked).await
    }

    /// The number of our project. One that cannot be seen is refused.
    pub(super) async fn project(&self) -> Result<u64, ReportError> {
        #[derive(Deserialize)]
        struct One {
            project: Numbered,
        }
        #[derive(Deserialize)]
        struct Numbered {
            id: u64,
        }
        let call = Call::get(format!("/projects/{}.json", segment(&self.project)));
        Ok(self.ask(call).await?.good()?.json::<One>()?.project.id)
    }

    /// Refuses where a note that is for the team would be for everybody: of somebody who may not hide notes Redmine makes a public one of
    /// it, without a word. Where it does not tell what we may, it is asked no further.
    pub(super) async fn can_hide_in(&self, project: u64) -> Result<(), ReportError> {
        let we = match self.we().await {
            Ok(we) if we.administers => return Ok(()),
            Ok(we) => we,
            // What it refuses to tell it refuses to do, and says so then.
            Err(ReportError::Rejected { .. }) => return Ok(()),
            Err(later) => return Err(later),
        };
        let Some(ours) = we.roles.as_ref().and_then(|roles| roles.get(&project)) else { return Ok(()) };
        for role in ours {
            if self.allows(*role).await?.is_none_or(|rights| rights.iter().any(|right| right == TO_HIDE)) {
                return Ok(());
            }
        }
        let why = "the role of our user in the project lacks the right to set notes as private (Set notes as private)";
        Err(ReportError::Rejected { refusal: Refusal::Rights, why: why.to_owned() })
    }

    /// What a role allows; `None` when Redmine does not tell. Kept only where it is all we need: somebody may just be mending it.
    async fn allows(&self, role: u64) -> Result<Option<Vec<String>>, ReportError> {
        #[derive(Deserialize)]
        struct One {
            role: Role,
        }
        #[derive(Deserialize)]
        struct Role {
            permissions: Option<Vec<String>>,
        }
        if let Some(known) = self.roles.get(&role) {
            return Ok(Some(known));
        }
        let answer = self.ask(Call::get(format!("/roles/{role}.json"))).await?;
        let told = answer.good().ok().and_then(|answer| answer.json::<One>().ok()).and_then(|one| one.role.permissions);
        if let Some(rights) = told.as_ref().filter(|rights| rights.iter().any(|right| right == TO_HIDE)) {
            self.roles.keep(role, rights.clone());
        }
        Ok(told)
    }
}
