//! The company's root kept off the server, from the administrator's machine to a customer's consent question: the built relay and
//! `amparo-brand`, the console over TLS, and the programs of both people without windows.
#![allow(clippy::unwrap_used)]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use agent::{
    app::{App, Config, Told},
    config::Folder,
    elevated::Way,
    gui::{
        command::{Command as Do, Secret},
        strings::Language,
        view_model::{FieldKind, Page, TicketChoice, Trouble, ViewModel},
    },
    profile,
};
use anyhow::{Context as _, Result, ensure};
use harness::{
    program::built,
    wait::{self, PATIENCE},
    world::{ANA, ANA_LOGIN, COMPANY, Relay},
};
use tokio::sync::{mpsc, watch};

/// A server whose root is on the administrator's machine.
struct House {
    relay: Relay,
    password: String,
    chief: String,
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

fn run(program: &str, arguments: &[&str]) -> Result<Output> {
    Ok(Command::new(built(program)?).args(arguments).output()?)
}

fn done(program: &str, arguments: &[&str]) -> Result<String> {
    let output = run(program, arguments)?;
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{program} {arguments:?}: {told}");
    Ok(told)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

impl House {
    fn open() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut relay = Relay::start(folder.path())?;
        relay.program().stop(PATIENCE)?;

        let office = folder.path().join("office");
        done("amparo-brand", &["root", "new", "--out", text(&office), "--company", COMPANY])?;
        let data = relay.data.clone();
        let own = data.join("tenants");
        let own = std::fs::read_dir(own)?.next().context("no company")??.path();
        // With its key beside it, and the server's own one, a root is none that is kept elsewhere.
        for root in [office.join("root.crt"), own.join("root.crt")] {
            let refused = run("amparo-relay", &["root", "use", "--data", text(&data), "--root", text(&root)])?;
            ensure!(!refused.status.success(), "a root whose key is here was taken");
        }
        let root = folder.path().join("root.crt");
        std::fs::copy(office.join("root.crt"), &root)?;
        let told = done("amparo-relay", &["root", "use", "--data", text(&data), "--root", text(&root)])?;
        ensure!(told.contains("not on this server"), "{told}");
        ensure!(!own.join("root.key").exists(), "the server's own key is still there");

        relay.start_again()?;
        let password = relay.add_user(ANA_LOGIN, ANA, "attendant")?;
        let chief = relay.add_user("chefe", "Chefe", "administrator")?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok(Self { relay, password, chief, folder, runtime })
    }

    fn office(&self) -> PathBuf {
        self.folder.path().join("office")
    }

    fn profile(&self) -> Result<profile::Opened> {
        let file = self.folder.path().join("suporte.amparo");
        self.relay.profile(self.relay.port, &file)?;
        Ok(profile::from_bytes(&std::fs::read(&file)?)?)
    }

    fn program(&self, profile: &profile::Opened, name: &str) -> Result<Program> {
        let config = Config {
            profile: profile.clone(),
            folder: Folder::at(&self.folder.path().join(name)),
            language: Language::PtBr,
            screen: media::Choice { backend: None, display: None },
            input: desktop::Choice { backend: None, display: None },
            display: None,
            decoder: media::decoder::Program::at(built("amparo")?),
            renewal: Default::default(),
            answers_links: false,
            reports: agent::crash::Reports::none(),
            wayland: false,
            desk: None,
            elevation: Way::None,
        };
        let (told, inbox) = mpsc::unbounded_channel();
        let (views, view) = watch::channel(None);
        let app = {
            let _inside = self.runtime.enter();
            App::load(config)?
        };
        self.runtime.spawn(app.run(inbox, move |view| drop(views.send(Some(view)))));
        Ok(Program { told, view })
    }

    /// The administrator signs what waits and brings it back.
    fn enrol(&self, fingerprint: &str) -> Result<()> {
        let console = Console::open(self, "chefe", &self.chief)?;
        let page = console.get("/users")?;
        ensure!(page.contains(fingerprint), "the console does not show the fingerprint that the attendant sees");
        ensure!(page.contains("fora deste servidor"), "the console does not say where the root is");
        let requests = self.folder.path().join("requests.json");
        std::fs::write(&requests, console.get("/users/enrolments")?)?;
        let signed = self.folder.path().join("signed.json");
        let office = self.office();
        let arguments =
            ["attendant", "enrol", "--root", text(&office), "--requests", text(&requests), "--out", text(&signed)];
        done("amparo-brand", &[arguments.as_slice(), &["--yes", fingerprint]].concat())?;
        let answer = console.post("/users/enrolments", &[("certificates@", text(&signed))])?;
        ensure!(answer.contains("1 habilitados"), "the certificate was not taken: {answer}");
        Ok(())
    }
}

/// A browser, as far as it is needed.
struct Console {
    url: String,
    jar: PathBuf,
}

impl Console {
    fn open(house: &House, login: &str, password: &str) -> Result<Self> {
        let jar = house.folder.path().join(format!("{login}.cookies"));
        let console = Self { url: house.relay.url(""), jar };
        console.send(
            "/login",
            &["--data-urlencode", &format!("user={login}"), "--data-urlencode", &format!("password={password}")],
        )?;
        Ok(console)
    }

    fn get(&self, path: &str) -> Result<String> {
        self.send(path, &[])
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<String> {
        let page = self.get("/")?;
        let csrf = page.split("name=\"_csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let mut all = vec![format!("_csrf={}", csrf.context("not logged in")?)];
        // With `@` behind its name a field is a file's content.
        all.extend(fields.iter().map(|(name, value)| match name.strip_suffix('@') {
            Some(name) => format!("{name}@{value}"),
            None => format!("{name}={value}"),
        }));
        let arguments: Vec<&str> = all.iter().flat_map(|field| ["--data-urlencode", field]).collect();
        self.send(path, &arguments)
    }

    fn send(&self, path: &str, more: &[&str]) -> Result<String> {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--insecure", "--max-time", "20", "--header", "Accept-Language: pt-BR"])
            .args(["--header", &format!("Origin: {}", self.url), "--header", "Sec-Fetch-Site: same-origin"])
            .args(["--cookie", text(&self.jar), "--cookie-jar", text(&self.jar)])
            .args(more)
            .arg(format!("{}{path}", self.url))
            .output()
            .context("running curl")?;
        ensure!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }
}

struct Program {
    told: mpsc::UnboundedSender<Told>,
    view: watch::Receiver<Option<ViewModel>>,
}

impl Program {
    fn tell(&self, command: Do) {
        drop(self.told.send(Told::Command(command)));
    }

    fn wait<T>(&self, what: &str, look: impl Fn(&Page) -> Option<T>) -> Result<T> {
        wait::until(what, PATIENCE, || Ok(self.view.borrow().as_ref().and_then(|view| look(&view.page)))).with_context(
            || format!("the windows show {:?}", self.view.borrow().as_ref().map(|view| view.page.clone())),
        )
    }

    fn log_in(&self, password: &str) -> Result<()> {
        self.tell(Do::OpenLogin);
        wait::until_true("the login to be taken", PATIENCE, || {
            let page = self.view.borrow().as_ref().map(|view| view.page.clone());
            match page {
                Some(Page::Home(_)) => return Ok(true),
                Some(Page::Login(login)) if !login.busy => {
                    self.tell(Do::Login { user: ANA_LOGIN.to_owned(), password: Secret::new(password.to_owned()) })
                }
                _ => {}
            }
            Ok(false)
        })
    }

    fn fingerprint(&self) -> Result<String> {
        self.wait("the code for the administrator", |page| match page {
            Page::Home(home) => home.enabling.as_ref().map(|enabling| enabling.fingerprint.clone()),
            _ => None,
        })
    }

    fn enabled(&self) -> Result<()> {
        self.wait("the access to be enabled", |page| {
            matches!(page, Page::Home(home) if home.enabling.is_none()).then_some(())
        })
    }

    fn register(&self) -> Result<String> {
        self.wait("the form", |page| matches!(page, Page::Fields(_)).then_some(()))?;
        self.tell(Do::SubmitFields(vec![
            (FieldKind::Name, "Cida Nogueira".into()),
            (FieldKind::Email, "cida@aurora.example".into()),
        ]));
        self.wait("ID and password", |page| match page {
            Page::Waiting(page) if !page.id.is_empty() && !page.returning => Some(page.id.clone()),
            _ => None,
        })
    }

    fn new_ticket(&self) -> Result<()> {
        self.wait("the ticket step", |page| matches!(page, Page::TicketStep(_)).then_some(()))?;
        self.tell(Do::ChooseTicket(TicketChoice::New));
        self.tell(Do::StartSession);
        self.tell(Do::ConfirmNoTicket { subject: String::new() });
        Ok(())
    }

    fn consent(&self) -> Result<String> {
        self.wait("the consent question", |page| match page {
            Page::Consent(question) => Some(question.attendant.clone()),
            _ => None,
        })
    }
}

/// Copies the one waiting customer's credentials in the attendant's own console.
fn copied(house: &House, id: &str) -> Result<String> {
    let console = Console::open(house, ANA_LOGIN, &house.password)?;
    let text = console.post(&format!("/waiting/{}/credentials", id.replace(' ', "")), &[])?;
    ensure!(text.starts_with(id), "{text}");
    Ok(text)
}

#[test]
fn an_attendant_enrolled_by_the_administrator_is_asked_about_by_name_and_a_server_alone_is_not() -> Result<()> {
    let mut house = House::open()?;
    let profile = house.profile()?;
    let ana = house.program(&profile, "ana")?;
    ana.log_in(&house.password)?;
    let fingerprint = ana.fingerprint()?;
    ana.tell(Do::Connect { partner: "123 456 789".to_owned() });
    ana.wait("why nobody can be connected to", |page| {
        matches!(page, Page::Home(home) if home.trouble == Some(Trouble::NotEnabled)).then_some(())
    })?;
    house.enrol(&fingerprint)?;
    ana.enabled()?;

    // The customer's side takes the certificate, and the copied grant stands for the password.
    let customer = house.program(&profile, "customer")?;
    let id = customer.register()?;
    ana.tell(Do::PasteCredentials(Secret::new(copied(&house, &id)?)));
    ana.new_ticket()?;
    assert_eq!(customer.consent()?, ANA);
    customer.tell(Do::Answer { allow: false, control: false });
    ana.wait("the answer", |page| (!matches!(page, Page::Connecting(_))).then_some(()))?;

    // The next start of the program finds its key and its certificate.
    ana.tell(Do::Quit);
    let ana = house.program(&profile, "ana")?;
    ana.log_in(&house.password)?;
    ana.enabled()?;
    ana.tell(Do::Quit);

    // Somebody has all of the server, and makes a root of their own on it.
    house.relay.program().stop(PATIENCE)?;
    let theirs = house.folder.path().join("theirs");
    done("amparo-brand", &["root", "new", "--out", text(&theirs)])?;
    let tenants = house.relay.data.join("tenants");
    let company = std::fs::read_dir(tenants)?.next().context("no company")??.path();
    for (name, from) in [("root.crt", "CERTIFICATE"), ("root.key", "PRIVATE KEY")] {
        std::fs::write(company.join(name), der(&theirs.join(name), from)?)?;
    }
    private(&company.join("root.key"))?;
    house.relay.start_again()?;
    let thief = house.program(&profile, "thief")?;
    thief.log_in(&house.password)?;
    thief.enabled()?;
    let id = customer.wait("the customer to be back", |page| match page {
        Page::Waiting(page) if !page.id.is_empty() && !page.returning => Some(page.id.clone()),
        _ => None,
    })?;
    thief.tell(Do::PasteCredentials(Secret::new(copied(&house, &id)?)));
    thief.new_ticket()?;
    // What was dialled in the same way a moment ago by an enrolled attendant ends before anybody is asked.
    thief.wait("the connection to fail", |page| {
        let Page::PartnerPassword(page) = page else { return None };
        matches!(page.trouble, Some(Trouble::NotProtected | Trouble::ConnectionLost)).then_some(())
    })?;
    let shown = customer.view.borrow().as_ref().map(|view| view.page.name());
    assert_eq!(shown, Some("waiting"), "the customer was asked");
    Ok(())
}

/// The one block of a PEM file.
fn der(pem: &Path, what: &str) -> Result<Vec<u8>> {
    let pem = std::fs::read_to_string(pem)?;
    ensure!(pem.contains(what), "not a {what}");
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let mut decode = Command::new("base64")
        .arg("--decode")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    std::io::Write::write_all(&mut decode.stdin.take().context("no input")?, base64.as_bytes())?;
    Ok(decode.wait_with_output()?.stdout)
}

fn private(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?)
}
