//! An app from its name to its download page, every tab of it; pictures that are none; and two people who change the same app.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use harness::browser::Browser;
use harness::picture::Picture;
use harness::wait;
use harness::world::ANA;

use super::office::{BRUNO, BRUNO_LOGIN, Office};
use super::words::{Words, fill};

const EVA: &str = "Eva Prado";
const EVA_LOGIN: &str = "eva@varanda.example";

pub fn walk(w: &'static Words) -> Result<()> {
    let office = Office::open(w)?;
    let admin = &office.admin;
    office.world.relay.add_user(BRUNO_LOGIN, BRUNO, "attendant")?;
    office.world.relay.add_user(EVA_LOGIN, EVA, "administrator")?;
    admin.press_named(w.apps)?;
    admin.press_named(w.new_app)?;
    admin.fill_named(w.app_name, "Fiscal")?;
    admin.press_named(w.make_app)?;
    main_and_parameters(admin, w)?;
    appearance(&office)?;
    people(admin, w)?;
    availability(admin, w)?;
    wrap_up(admin, w)?;
    download(&office)
}

/// Saves, and looks at the page again as it is loaded anew.
fn save(admin: &Browser, w: &Words, tab: &str) -> Result<()> {
    admin.press_named(w.save)?;
    admin.wait_text(w.saved)?;
    admin.press_named(w.apps)?;
    admin.press_named("Nota fiscal")?;
    admin.press_named(tab)?;
    admin.wait_gone(w.saved)
}

fn main_and_parameters(admin: &Browser, w: &Words) -> Result<()> {
    admin.press_named(w.tab_main)?;
    admin.fill_named(w.app_name, "Nota fiscal")?;
    save(admin, w, w.tab_main)?;
    ensure!(admin.value(w.app_name)? == "Nota fiscal");
    let by = w.changed_by.split("{}").nth(1).unwrap_or_default();
    let head = admin.execute("return document.querySelector('.ph-h').textContent")?;
    ensure!(head.as_str().is_some_and(|head| head.contains(&format!("{by}{ANA}"))), "{head}");

    admin.press_named(w.tab_parameters)?;
    let wanted = [(w.phone, w.ask_required), (w.document, w.ask_hidden), (w.company, w.ask_optional)];
    for (field, ask) in wanted {
        admin.tick_under(field, ask)?;
    }
    save(admin, w, w.tab_parameters)?;
    for (field, ask) in wanted {
        ensure!(admin.ticked_under(field, ask)?, "{field}: {ask} was not kept");
    }
    Ok(())
}

fn appearance(office: &Office) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    admin.press_named(w.tab_look)?;
    admin.fill_named(w.title, "Ajuda fiscal")?;
    admin.fill_named(w.welcome, "Oi. Conte o que houve.")?;
    admin.fill_named(w.phone_and_hours, "11 5555-0100")?;
    admin.fill_named(w.colour, "#8A1C4A")?;
    wait::until_true("the preview to follow what is typed", wait::PATIENCE, || {
        Ok(admin.text()?.contains("11 5555-0100") && admin.texts(".pv-top b")? == ["Ajuda fiscal"])
    })?;
    admin.wait_text(w.pv_waiting_title)?;
    admin.tick_under(w.preview, w.pv_fields)?;
    admin.wait_text("Oi. Conte o que houve.")?;
    // The fields as they are asked for since the other tab was saved.
    let shown = admin.texts(".pv-fields .label")?;
    ensure!(shown.contains(&w.phone.to_owned()) && !shown.contains(&w.document.to_owned()), "{shown:?}");
    admin.tick_under(w.preview, w.pv_consent)?;
    admin.wait_text(w.pv_allow)?;
    save(admin, w, w.tab_look)?;
    ensure!(admin.value(w.title)? == "Ajuda fiscal" && admin.value(w.welcome)? == "Oi. Conte o que houve.");
    ensure!(admin.value(w.phone_and_hours)? == "11 5555-0100" && admin.value(w.colour)?.to_uppercase() == "#8A1C4A");
    pictures(office)
}

/// One that is taken, and others that are none or hide something.
fn pictures(office: &Office) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    let file = |name: &str, bytes: &[u8]| -> Result<PathBuf> {
        let file = office.world.folder.path().join(name);
        std::fs::write(&file, bytes)?;
        Ok(file)
    };
    let good = office.world.folder.path().join("logo.png");
    plain(64, 64).save(&good)?;
    admin.attach("input[type=file]", &good)?;
    admin.press_named(w.send_picture)?;
    admin.wait_text(w.saved)?;
    admin.wait_offered(w.remove)?;
    let picture = || admin.execute("return document.querySelector('img.huge').src");
    let kept = picture()?;

    let svg =
        |inside: &str| format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'>{inside}</svg>").into_bytes();
    let wide = office.world.folder.path().join("larga.png");
    plain(5000, 64).save(&wide)?;
    let wrong = [
        (file("desenho.svg", &svg("<script>document.title = 'roubado'</script>"))?, fill(w.drawing_has, w.a_script)),
        (file("foto.jpg", b"\xFF\xD8\xFF\xE0 uma foto")?, w.unreadable_picture.to_owned()),
        (file("planilha.png", b"PK\x03\x04 uma planilha")?, w.no_picture.to_owned()),
        (file("animada.png", b"GIF89a")?, fill(w.no_picture_but, "GIF")),
        (wide, fill(w.logo_sides, "5000 x 64")),
        // As a photograph is.
        (file("foto-grande.png", &vec![7; (4 << 20) + 60_000])?, fill(w.logo_bytes, w.four_and_a_bit)),
    ];
    for (file, said) in wrong {
        admin.attach("input[type=file]", &file)?;
        admin.press_named(w.send_picture)?;
        admin.wait_text(said.split("{}").next().unwrap_or_default())?;
        ensure!(admin.execute("return document.title")? != "roubado", "a picture was run as a script");
        ensure!(picture()? == kept, "what was refused took the place of the picture");
    }
    // A drawing is taken as well as a picture is.
    admin.attach("input[type=file]", &file("logo.svg", &svg("<rect width='8' height='8'/>"))?)?;
    admin.press_named(w.send_picture)?;
    admin.wait_text(w.saved)?;
    ensure!(picture()? != kept, "the drawing did not take the place of the picture");
    // Larger than anything that is read.
    admin.attach("input[type=file]", &file("imensa.png", &vec![7; 9 << 20])?)?;
    admin.press_named(w.send_picture)?;
    admin.wait_text(w.too_large)?;
    admin.press_named(w.back)?;
    admin.press_named(w.apps)?;
    admin.press_named("Nota fiscal")
}

fn people(admin: &Browser, w: &Words) -> Result<()> {
    admin.press_named(w.tab_administrators)?;
    admin.tick(EVA)?;
    save(admin, w, w.tab_administrators)?;
    ensure!(admin.ticked(EVA)? && !admin.ticked(BRUNO)?);

    admin.press_named(w.attendants)?;
    admin.tick(w.everyone_attends)?;
    for name in [ANA, BRUNO] {
        admin.tick(name)?;
    }
    ensure!(admin.texts(".person b")? == [ANA, BRUNO], "people are listed by name at first");
    admin.press_named(&format!("{}: {BRUNO}", w.move_up))?;
    save(admin, w, w.attendants)?;
    ensure!(admin.texts(".person b")? == [BRUNO, ANA], "the order was not kept");
    ensure!(admin.ticked(ANA)? && admin.ticked(BRUNO)? && !admin.ticked(w.everyone_attends)?);
    // Nobody is no answer.
    admin.tick(ANA)?;
    admin.tick(BRUNO)?;
    admin.press_named(w.save)?;
    admin.wait_text(w.nobody_attends)?;
    admin.press_named(w.discard)?;
    ensure!(admin.ticked(BRUNO)?);
    Ok(())
}

fn availability(admin: &Browser, w: &Words) -> Result<()> {
    admin.press_named(w.tab_availability)?;
    admin.tick(w.by_hours)?;
    let (from, to) = (format!("{}, {}", w.monday, w.from), format!("{}, {}", w.monday, w.until));
    admin.put_nth(&from, 0, "18:00")?;
    admin.put_nth(&to, 0, "08:00")?;
    admin.press_named(w.save)?;
    admin.wait_text(w.bad_hours)?;
    admin.wait_text(w.not_saved)?;
    admin.put_nth(&from, 0, "08:00")?;
    admin.put_nth(&to, 0, "12:00")?;
    admin.put_nth(&from, 1, "13:30")?;
    admin.put_nth(&to, 1, "18:00")?;
    admin.put_nth(w.date, 0, "2027-01-25")?;
    admin.fill_nth(w.name, 0, "Aniversário da cidade")?;
    admin.press_named(w.load_holidays)?;
    // Not saved by that; what was typed is still there.
    let holidays = admin.values(w.name)?;
    for name in ["Natal", "Tiradentes", "Sexta-feira Santa", "Aniversário da cidade"] {
        ensure!(holidays.iter().any(|n| n == name), "{name} is not among {holidays:?}");
    }
    ensure!(admin.value(&to)? == "12:00");
    let other = format!("{} 1", w.overflow);
    ensure!(admin.chosen(&other)? == w.no_overflow);
    let first = admin.execute("return document.querySelector('select[name=overflow]').options[1].text")?;
    let first = first.as_str().unwrap_or_default().to_owned();
    admin.choose(&other, &first)?;
    ensure!(admin.ticked(w.distribute)?, "a new app offers its customers to one at a time");
    admin.fill_named(w.answer_within, "45")?;
    save(admin, w, w.tab_availability)?;
    ensure!(admin.ticked(w.by_hours)?, "the hours are not kept");
    ensure!(admin.ticked(w.distribute)?, "the distribution is not kept");
    ensure!(admin.values(&from)?[..2] == ["08:00", "13:30"] && admin.values(&to)?[..2] == ["12:00", "18:00"]);
    ensure!(admin.chosen(&other)? == first && admin.value(w.answer_within)? == "45");
    let kept = admin.values(w.name)?;
    ensure!(holidays.iter().filter(|n| !n.is_empty()).all(|name| kept.contains(name)), "{kept:?}");
    Ok(())
}

fn wrap_up(admin: &Browser, w: &Words) -> Result<()> {
    admin.press_named(w.tab_wrap_up)?;
    admin.tick(w.category_required)?;
    admin.press_named(w.save)?;
    admin.wait_text(w.no_category)?;
    admin.fill_nth(w.category, 0, "Certificado")?;
    admin.fill_nth(w.category, 1, "Sem acesso")?;
    admin.tick_under(w.note, w.ask_required)?;
    admin.press_named(w.simulate)?;
    admin.wait_text(w.wrap_up_title)?;
    ensure!(admin.texts("#simulation .chip")? == ["Certificado", "Sem acesso"]);
    save(admin, w, w.tab_wrap_up)?;
    let kept = admin.values(w.category)?;
    ensure!(kept[..2] == ["Certificado", "Sem acesso"], "{kept:?}");
    ensure!(admin.ticked(w.category_required)? && admin.ticked_under(w.note, w.ask_required)?);
    ensure!(!admin.text()?.contains(w.wrap_up_title), "what was simulated once is still there");
    Ok(())
}

/// As the customer gets it who was told the code on the telephone.
fn download(office: &Office) -> Result<()> {
    let (admin, w) = (&office.admin, office.w);
    admin.press_named(w.tab_download)?;
    let link = admin.value(w.link)?;
    let code = link.rsplit('/').next().unwrap_or_default().to_owned();
    admin.wait_text(&format!("{} {code}", w.code))?;
    ensure!(admin.value(w.message)?.contains(&link));
    wait::until_true("the QR code", wait::PATIENCE, || {
        Ok(admin.execute("return document.querySelector('.qr img').naturalWidth > 0")? == true)
    })?;
    for name in ["PNG", "SVG"] {
        ensure!(admin.fetched(&admin.address_of(name)?)?.0 == 200, "the QR code as {name}");
    }
    let customer = office.browser()?;
    customer.goto(&office.world.relay.url("/d"))?;
    customer.fill_named(w.code, "000000")?;
    customer.press_named(w.go_on)?;
    customer.wait_text(w.no_such_code)?;
    customer.fill_named(w.code, &code)?;
    customer.press_named(w.go_on)?;
    customer.wait_text("Ajuda fiscal")?;
    customer.wait_text(w.get_title)?;
    customer.wait_text("11 5555-0100")?;
    let (status, profile) = customer.fetched(&format!("/d/{code}/profile"))?;
    ensure!(status == 200 && profile.contains("Ajuda fiscal"), "{status}: {profile}");
    // A new code: this one goes on for a day.
    admin.press_named(w.new_code)?;
    ensure!(admin.say_yes()? == w.new_code_ask);
    wait::until_true("another link", wait::PATIENCE, || Ok(admin.value(w.link)? != link))?;
    customer.goto(&link)?;
    customer.wait_text("Ajuda fiscal")
}

/// Two administrators in two browsers have the same tab open.
pub fn together(w: &'static Words) -> Result<()> {
    let office = Office::open(w)?;
    let ana = &office.admin;
    let password = office.world.relay.add_user(EVA_LOGIN, EVA, "administrator")?;
    let eva = office.log_in(EVA_LOGIN, &password)?;
    let open = |browser: &Browser| -> Result<()> {
        browser.press_named(w.apps)?;
        browser.click("a.rowlink")?;
        browser.press_named(w.tab_look)?;
        browser.find("#title").map(drop)
    };
    open(ana)?;
    open(&eva)?;
    // What does not meet is put together.
    ana.fill_named(w.welcome, "Bem-vindo.")?;
    ana.press_named(w.save)?;
    ana.wait_text(w.saved)?;
    eva.fill_named(w.phone_and_hours, "11 5555-0199")?;
    eva.press_named(w.save)?;
    eva.wait_text(w.saved_merged)?;
    ensure!(eva.value(w.welcome)? == "Bem-vindo." && eva.value(w.phone_and_hours)? == "11 5555-0199");

    // What does is asked about, and nothing that was typed is lost.
    open(ana)?;
    open(&eva)?;
    ana.fill_named(w.title, "Ajuda da Ana")?;
    ana.press_named(w.save)?;
    ana.wait_text(w.saved)?;
    eva.fill_named(w.title, "Ajuda da Eva")?;
    eva.fill_named(w.welcome, "Oi.")?;
    eva.press_named(w.save)?;
    eva.wait_text(&fill(w.clash, ANA))?;
    eva.wait_text(w.clash_lead)?;
    eva.wait_text("Ajuda da Ana")?;
    ensure!(eva.value(w.title)? == "Ajuda da Eva" && eva.value(w.welcome)? == "Oi.");
    eva.press_named(w.use_this)?;
    wait::until_true("what the other wrote", wait::PATIENCE, || Ok(eva.value(w.title)? == "Ajuda da Ana"))?;
    ensure!(eva.value(w.welcome)? == "Oi.", "what was typed beside it is lost");
    eva.press_named(w.save)?;
    eva.wait_text(w.saved)?;
    open(ana)?;
    ensure!(ana.value(w.title)? == "Ajuda da Ana" && ana.value(w.welcome)? == "Oi.");
    ensure!(ana.value(w.phone_and_hours)? == "11 5555-0199");
    Ok(())
}

fn plain(width: usize, height: usize) -> Picture {
    Picture { width, height, rgb: [0x8A, 0x1C, 0x4A].repeat(width * height) }
}
