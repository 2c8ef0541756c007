//! Every page of the console before axe-core, which knows what keeps people with a screen reader, a keyboard or weak eyes out.
//!
//! axe-core comes from the npm package pinned in `tests/axe`, fetched by `tests/run console`; it is put into the page by WebDriver, which
//! the content security policy does not stop, and is never part of what we ship.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use harness::browser::Browser;
use harness::pages::{Company, Form, Screen, Shown};
use harness::wait;
use serde_json::Value;

/// axe-core itself; `tests/run` says where it put it.
fn axe() -> Result<String> {
    let file = match std::env::var_os("AMPARO_AXE") {
        Some(file) => PathBuf::from(file),
        None => {
            let home = std::env::var_os("HOME").context("a home folder")?;
            PathBuf::from(home).join(".cache/amparo/axe/node_modules/axe-core/axe.min.js")
        }
    };
    std::fs::read_to_string(&file)
        .with_context(|| format!("reading axe-core from {}; `tests/run console` fetches it", file.display()))
}

/// What axe-core says against the page that is open, serious and critical only: rule, help, then each place.
fn violations(browser: &Browser, axe: &str) -> Result<BTreeMap<String, BTreeSet<String>>> {
    browser.execute(axe)?;
    browser.execute(
        "window.found = null;
         axe.run(document, { resultTypes: ['violations'] })
             .then(result => { window.found = { rules: result.passes.length, violations: result.violations
                 .filter(v => v.impact === 'serious' || v.impact === 'critical')
                 .map(v => [`${v.id} (${v.impact}): ${v.help}`, v.nodes.map(n =>
                     n.target.flat().join(' ') + '  ' + n.any.concat(n.all, n.none).map(c => c.message).join('; '))]) }; },
                 error => { window.found = { failed: String(error) }; })",
    )?;
    let found = wait::until("axe-core to have looked", wait::PATIENCE, || {
        let found = browser.execute("return window.found")?;
        Ok((!found.is_null()).then_some(found))
    })?;
    ensure!(found["failed"].is_null(), "axe-core failed: {}", found["failed"]);
    // A page on which nothing passes is none.
    ensure!(found["rules"].as_u64() > Some(3), "axe-core found nothing to look at");
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for violation in found["violations"].as_array().context("violations")? {
        let rule = violation[0].as_str().context("a rule")?.to_owned();
        let places = violation[1].as_array().context("places")?.iter().filter_map(Value::as_str).map(str::to_owned);
        told.entry(rule).or_default().extend(places);
    }
    Ok(told)
}

/// Everything that can be pressed and every column that a box around it cuts off: axe-core does not look at that. A text that ends in an
/// ellipsis within its own column is not cut off, and neither is what can be scrolled to.
fn cut_off(browser: &Browser) -> Result<Vec<String>> {
    let found = browser.execute(
        "const told = [], clips = (style) => [style.overflowX, style.overflowY].some(o => o === 'hidden' || o === 'clip');
         const name = (e) => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + [...e.classList].map(c => '.' + c).join('');
         for (const e of document.querySelectorAll('a[href], button, input, select, textarea, summary, th, td')) {
             const own = e.getBoundingClientRect();
             if (!own.width || !own.height || !e.checkVisibility({ visibilityProperty: true }) || e.closest('.sr')) continue;
             if (getComputedStyle(e).opacity === '0') continue;
             let seen = { left: own.left, right: own.right, top: own.top, bottom: own.bottom };
             for (let box = e.parentElement, within = getComputedStyle(e).position; box && within !== 'fixed'; box = box.parentElement) {
                 const style = getComputedStyle(box), around = box.getBoundingClientRect();
                 if (['auto', 'scroll'].includes(style.overflowX) || ['auto', 'scroll'].includes(style.overflowY)) break;
                 within = style.position;
                 if (within === 'fixed') {
                     if (seen.top < -1 || seen.bottom > innerHeight + 1) told.push(name(e) + ' leaves the window with ' + name(box));
                     break;
                 }
                 if (!clips(style)) continue;
                 if (box.matches('.panel, .main, .body, .card, .toast, section, form')) {
                     const over = Math.max(seen.right - around.right, around.left - seen.left, seen.bottom - around.bottom);
                     if (over > 1) { told.push(name(e) + ' is cut off by ' + Math.round(over) + ' px in ' + name(box)); break; }
                 } else {
                     seen = { left: Math.max(seen.left, around.left), right: Math.min(seen.right, around.right),
                              top: Math.max(seen.top, around.top), bottom: Math.min(seen.bottom, around.bottom) };
                     if (seen.right <= seen.left || seen.bottom <= seen.top) break;
                 }
             }
         }
         return [...new Set(told)]",
    )?;
    Ok(found.as_array().context("places")?.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

#[test]
fn a_button_that_its_panel_cuts_off_is_found_out() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let browser = Browser::open(folder.path(), 800, 600)?;
    let page = |inside: &str| {
        format!(
            "data:text/html,<!doctype html><body style='margin:0'><style>.panel{{overflow:hidden;width:300px}} td{{white-space:nowrap}}
             .sheet{{position:fixed;bottom:0;left:0}}</style>{inside}"
        )
    };
    let row = "<button style='width:200px'>um</button>";
    browser.goto(&page(&format!("<div class=panel><div style='width:420px'>{row}{row}</div></div>")))?;
    ensure!(cut_off(&browser)?.len() == 1, "{:?}", cut_off(&browser)?);
    browser.goto(&page(
        "<section class=panel><table><td>um</td><td><p style='width:400px'>dois</p></td></table></section>",
    ))?;
    ensure!(cut_off(&browser)?.iter().any(|place| place.starts_with("td is cut off")), "{:?}", cut_off(&browser)?);
    browser.goto(&page(&format!("<div class=sheet><div style='height:700px'>{row}</div></div>")))?;
    ensure!(cut_off(&browser)?.iter().any(|place| place.contains("leaves the window")), "{:?}", cut_off(&browser)?);
    // What ends in an ellipsis, and what can be scrolled to, is not cut off.
    let ends = "<div style='overflow:hidden;width:200px'><a href='/x' style='white-space:nowrap'>um texto que e muito mais longo do que isto</a></div>";
    let scrolls = format!("<div style='overflow:auto'><div style='width:420px'>{row}{row}</div></div>");
    browser.goto(&page(&format!("<div class=panel>{ends}{scrolls}</div>")))?;
    ensure!(cut_off(&browser)?.is_empty(), "{:?}", cut_off(&browser)?);
    Ok(())
}

#[test]
fn a_page_with_a_fault_is_found_out() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let browser = Browser::open(folder.path(), 800, 600)?;
    browser.goto(
        "data:text/html,<!doctype html><html lang=pt><title>x</title><main><h1>x</h1><button></button><p style='color:%23bbb;background:%23fff'>cinza</p>",
    )?;
    let found = violations(&browser, &axe()?)?;
    ensure!(found.keys().any(|rule| rule.starts_with("button-name (critical)")), "{found:?}");
    ensure!(found.keys().any(|rule| rule.starts_with("color-contrast (serious)")), "{found:?}");
    Ok(())
}

#[test]
fn no_page_of_the_console_keeps_anybody_out() -> Result<()> {
    let axe = axe()?;
    let forms = [
        Form::new("pt-BR", false, Screen::Desk),
        Form::new("pt-BR", true, Screen::Desk),
        Form::new("en", false, Screen::Phone),
        Form::new("es", true, Screen::Phone),
    ];
    let mut looked = 0;
    let mut paths = BTreeSet::new();
    // The same fault on many pages is told once, with the pages.
    let mut told: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut wide = Vec::new();
    let mut look = |page: &Shown| -> Result<()> {
        looked += 1;
        paths.insert(page.path.to_owned());
        let place = format!("{} ({})", page.name, page.form.name());
        for (rule, places) in violations(page.browser, &axe)? {
            for at in places {
                told.entry((rule.clone(), at)).or_default().insert(place.clone());
            }
        }
        let wider = page.browser.execute("return document.documentElement.scrollWidth - window.innerWidth")?;
        if wider.as_i64() > Some(0) {
            wide.push(format!("{place}: {wider} px too wide"));
        }
        for at in cut_off(page.browser)? {
            told.entry(("cut off".to_owned(), at)).or_default().insert(place.clone());
        }
        Ok(())
    };
    let company = Company::open(&forms, &mut look)?;
    company.walk(&forms, &mut look)?;
    company.finish(&mut look)?;

    let mut lines: Vec<String> = told
        .into_iter()
        .map(|((rule, at), pages)| {
            let first: Vec<&str> = pages.iter().take(4).map(String::as_str).collect();
            format!("{rule}\n    {at}\n    on {} pages: {} …", pages.len(), first.join(", "))
        })
        .collect();
    lines.extend(wide);
    ensure!(lines.is_empty(), "{} of {looked} looks found:\n{}", lines.len(), lines.join("\n"));
    every_page_was_seen(&paths)
}

/// Answers to a GET that are no pages: files, pieces of pages, redirections.
const NO_PAGES: [&str; 25] = [
    "/healthz",
    "/metrics",
    "/assets/{name}",
    "/live",
    "/waiting/{id}/masked",
    "/history.csv",
    "/history.json",
    "/indicators.csv",
    "/indicators.json",
    "/app",
    "/apps/profile",
    "/apps/preview.css",
    "/apps/{id}/preview",
    "/apps/{id}/logo",
    "/apps/{id}/profile",
    "/apps/{id}/program/{system}",
    "/apps/{id}/qr.svg",
    "/apps/{id}/qr.png",
    "/d/{code}/logo",
    "/d/{code}/profile",
    "/d/{code}/program/{system}",
    "/users/enrolments",
    // Lead on to a page.
    "/d/app/{id}",
    "/c/{word}",
    "/c/{word}/{*path}",
];

/// A page that somebody adds is in the list, or the list does not hold.
fn every_page_was_seen(paths: &BTreeSet<String>) -> Result<()> {
    let fits = |route: &str, path: &str| {
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
        route.len() == path.len() && route.iter().zip(&path).all(|(r, p)| r == p || r.starts_with('{'))
    };
    let missing: Vec<&str> = relay::console::routes()
        .iter()
        .filter(|route| route.method == "GET" && !NO_PAGES.contains(&route.path))
        .map(|route| route.path)
        .filter(|route| !paths.iter().any(|path| fits(route, path)))
        .collect();
    ensure!(missing.is_empty(), "pages that nobody looked at, to be added to tests/src/pages: {missing:?}");
    Ok(())
}
