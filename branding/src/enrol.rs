//! Enrolling attendants where the root is kept: each request is shown, and signed only when somebody says so.

use std::{
    collections::HashSet,
    io::{BufRead, Write},
    path::Path,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use enrolment::{Asked, Fingerprint, Request, Requests, Root, Signatures, Signed, sign};
use jiff::Timestamp;
use rcgen::{Issuer, KeyPair};

use crate::{
    file,
    root::{ROOT_CERTIFICATE, ROOT_KEY},
};

/// Who says whether a request is signed.
pub enum Consent<'a> {
    /// Somebody who is asked for each.
    Ask {
        /// Answers, one a line.
        answers: &'a mut dyn BufRead,
        /// Questions.
        questions: &'a mut dyn Write,
    },
    /// Those with these fingerprints, and no other.
    Only(HashSet<Fingerprint>),
}

/// What is enrolled, with what and for how long.
pub struct Order<'a> {
    /// The folder of the root.
    pub root: &'a Path,
    /// The file of requests from the server.
    pub requests: &'a Path,
    /// How long the certificates are good.
    pub life: Duration,
}

/// Signs what is consented to. Gives the file for the server and how many it holds.
pub fn enrol(order: &Order<'_>, mut consent: Consent<'_>, now: Timestamp) -> anyhow::Result<(String, usize)> {
    let bytes = file::read(order.requests)?;
    let requests = Requests::from_json(&bytes).with_context(|| format!("reading {}", order.requests.display()))?;
    let certificate = order.root.join(ROOT_CERTIFICATE);
    let root = Root::read(&file::read(&certificate)?, now)
        .with_context(|| format!("{} cannot sign attendants", certificate.display()))?;
    ensure!(
        requests.root == Root::id_of(root.der()),
        "the server of {} has another root than {}: customers' programs would not trust what this one signs",
        requests.company,
        certificate.display()
    );
    let key = order.root.join(ROOT_KEY);
    let pem = String::from_utf8(file::read(&key)?).with_context(|| format!("reading {}", key.display()))?;
    let pair = KeyPair::from_pem(&pem).with_context(|| format!("reading {}", key.display()))?;
    ensure!(
        rcgen::PublicKeyData::subject_public_key_info(&pair) == root.key(),
        "{} is not the key of {}",
        key.display(),
        certificate.display()
    );
    let issuer = Issuer::from_ca_cert_der(&root.der().into(), pair).context("reading the root")?;

    let mut signed = Vec::new();
    for asked in &requests.asked {
        let fingerprint = asked.fingerprint().context("reading a request")?;
        if wanted(&mut consent, asked, fingerprint)? {
            let request = Request::read(&asked.request).context("reading a request")?;
            let certificate = sign(&issuer, &asked.attendant, &request, now, order.life)
                .with_context(|| format!("signing for {}", asked.login))?;
            signed.push(Signed { operator: asked.attendant.operator, certificate });
        }
    }
    if let Consent::Only(left) = &consent
        && let Some(missing) = left.iter().next()
    {
        bail!("no request has the fingerprint {missing}: it was changed, or is of an earlier program");
    }
    let count = signed.len();
    Ok((Signatures { tenant: requests.tenant, signed }.to_json(), count))
}

fn wanted(consent: &mut Consent<'_>, asked: &Asked, fingerprint: Fingerprint) -> anyhow::Result<bool> {
    match consent {
        Consent::Only(fingerprints) => Ok(fingerprints.remove(&fingerprint)),
        Consent::Ask { answers, questions } => {
            // Shown as text only: a name must not move the cursor of whoever reads it.
            let shown = |text: &str| text.escape_debug().to_string();
            write!(
                questions,
                "{} ({})\n  {fingerprint}\n  the same in the attendant's window, and to be enrolled? [y/N] ",
                shown(&asked.attendant.name),
                shown(&asked.login)
            )?;
            questions.flush()?;
            let mut answer = String::new();
            answers.read_line(&mut answer).context("reading the answer")?;
            Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "s" | "S" | "sim"))
        }
    }
}
