//! What is on a page by the words that a person reads there: buttons, fields, choices.
//!
//! For tests that walk the console in each of its languages: whoever looks for "Salvar" finds nothing on a page that says "Save".
//! A thing's words are its text, its label, or what a screen reader says of it. What is not shown is not there.

use anyhow::{Context, Result, bail};
use fantoccini::Locator;
use fantoccini::elements::Element;

use crate::browser::Browser;
use crate::wait;

/// Something that is pressed and has this name.
fn pressed(name: &str) -> String {
    format!(
        "//*[self::button or self::a or self::summary][not(@aria-hidden='true')][normalize-space()={name:?} or @aria-label={name:?} or @title={name:?} \
         or text()[normalize-space()={name:?}] or span[normalize-space()={name:?}]]"
    )
}

/// A label with these words in it, the rest of it aside.
fn label(words: &str) -> String {
    format!("//label[text()[normalize-space()={words:?}] or .//*[text()[normalize-space()={words:?}]]]")
}

/// What is filled in or chosen under this name.
fn field(name: &str) -> String {
    let label = label(name);
    format!(
        "//*[self::input or self::textarea or self::select][@aria-label={name:?} or @id={label}/@for \
         or ancestor::label[text()[normalize-space()={name:?}] or .//*[text()[normalize-space()={name:?}]]]]"
    )
}

/// The part of a page under this heading, such as one setting of a form.
fn part(heading: &str) -> String {
    format!(
        "//*[contains(concat(' ', @class, ' '), ' set ') or self::section or self::fieldset]\
         [.//*[self::h2 or self::legend][normalize-space()={heading:?}]]"
    )
}

/// A line of a list or table, or a notice, with this in it.
fn line(words: &str) -> String {
    format!("//*[self::tr or self::li or @class='toast'][.//*[text()[contains(normalize-space(), {words:?})]]]")
}

impl Browser {
    /// The things found that are shown.
    fn shown(&self, path: &str) -> Result<Vec<Element>> {
        self.ask(async |client| {
            let mut shown = Vec::new();
            for element in client.find_all(Locator::XPath(path)).await? {
                if element.is_displayed().await? {
                    shown.push(element);
                }
            }
            Ok(shown)
        })?
    }

    fn first(&self, path: &str) -> Result<Element> {
        wait::until("it to be on the page", wait::PATIENCE, || Ok(self.shown(path)?.into_iter().next()))
            .with_context(|| format!("finding {path}; the page shows:\n{}", self.text().unwrap_or_default()))
    }

    fn press_at(&self, path: &str) -> Result<()> {
        // What is put anew just then, or lies under something that goes away, is pressed a moment later.
        wait::until("it to be pressed", wait::PATIENCE, || {
            let Some(element) = self.shown(path)?.into_iter().next() else { return Ok(None) };
            self.ask(async |_| element.click().await)??;
            Ok(Some(()))
        })
        .with_context(|| format!("pressing {path}; the page shows:\n{}", self.text().unwrap_or_default()))
    }

    /// Presses the button, link or menu with this name.
    pub fn press_named(&self, name: &str) -> Result<()> {
        self.press_at(&pressed(name))
    }

    /// The same within the first line of a list that says this.
    pub fn press_in(&self, words: &str, name: &str) -> Result<()> {
        self.press_at(&format!("{}{}", line(words), pressed(name)))
    }

    /// The same within the part of the page under this heading.
    pub fn press_under(&self, heading: &str, name: &str) -> Result<()> {
        self.press_at(&format!("{}{}", part(heading), pressed(name)))
    }

    /// Waits until something to be pressed is shown by this name.
    pub fn wait_offered(&self, name: &str) -> Result<()> {
        self.first(&pressed(name)).map(drop)
    }

    /// The same in a line that says this.
    pub fn wait_offered_in(&self, words: &str, name: &str) -> Result<()> {
        self.first(&format!("{}{}", line(words), pressed(name))).map(drop)
    }

    /// Whether something to be pressed is shown by this name now.
    pub fn offers(&self, name: &str) -> Result<bool> {
        Ok(!self.shown(&pressed(name))?.is_empty())
    }

    /// Whether a line that says this offers something by this name now.
    pub fn offers_in(&self, words: &str, name: &str) -> Result<bool> {
        Ok(!self.shown(&format!("{}{}", line(words), pressed(name)))?.is_empty())
    }

    /// Where the link with this name leads.
    pub fn address_of(&self, name: &str) -> Result<String> {
        let link = self.first(&pressed(name))?;
        let href = self.ask(async |_| link.attr("href").await)??;
        href.with_context(|| format!("{name:?} leads nowhere"))
    }

    /// Types into the field with this label, after emptying it.
    pub fn fill_named(&self, name: &str, text: &str) -> Result<()> {
        self.fill_nth(name, 0, text)
    }

    /// The same for one of several with the same label, counted from 0.
    pub fn fill_nth(&self, name: &str, nth: usize, text: &str) -> Result<()> {
        self.first(&field(name))?;
        let element = self.shown(&field(name))?.into_iter().nth(nth).with_context(|| format!("{name:?} {nth}"))?;
        self.ask(async |_| {
            // Clearing is a change, which some forms act upon.
            if element.prop("value").await?.is_some_and(|value| !value.is_empty()) {
                element.clear().await?;
            }
            element.send_keys(text).await
        })?
        .with_context(|| format!("filling {name:?}"))
    }

    /// Puts a value into the field with this label as its own chooser would: for dates and times, which are typed as the system writes them.
    pub fn put_nth(&self, name: &str, nth: usize, value: &str) -> Result<()> {
        self.first(&field(name))?;
        let path = field(name);
        let put = self.execute(&format!(
            "const found = document.evaluate({path:?}, document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
             const field = found.snapshotItem({nth});
             if (!field) return false;
             field.value = {value:?};
             field.dispatchEvent(new Event('input', {{ bubbles: true }}));
             return field.value === {value:?}"
        ))?;
        if put != true {
            bail!("{name:?} {nth} does not take {value:?}");
        }
        Ok(())
    }

    /// What every field with this label holds.
    pub fn values(&self, name: &str) -> Result<Vec<String>> {
        self.first(&field(name))?;
        self.ask(async |client| {
            let mut values = Vec::new();
            for element in client.find_all(Locator::XPath(&field(name))).await? {
                values.push(element.prop("value").await?.unwrap_or_default());
            }
            Ok(values)
        })?
    }

    /// What the first field with this label holds.
    pub fn value(&self, name: &str) -> Result<String> {
        self.values(name)?.into_iter().next().with_context(|| format!("no field {name:?}"))
    }

    /// Chooses an entry of a list by what it says.
    pub fn choose(&self, name: &str, entry: &str) -> Result<()> {
        let list = self.first(&field(name))?;
        self.ask(async |_| list.select_by_label(entry).await)?
            .with_context(|| format!("choosing {entry:?} of {name:?}"))
    }

    /// What the list with this label is at.
    pub fn chosen(&self, name: &str) -> Result<String> {
        let path = field(name);
        let chosen = self.execute(&format!(
            "const list = document.evaluate({path:?}, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue;
             return list?.selectedOptions?.[0]?.textContent?.trim()"
        ))?;
        chosen.as_str().map(str::to_owned).with_context(|| format!("nothing is chosen of {name:?}"))
    }

    /// Ticks (or unticks) what has this label, or chooses it where one of several is chosen.
    pub fn tick(&self, words: &str) -> Result<()> {
        self.press_at(&label(words))
    }

    /// The same within the part of the page under this heading.
    pub fn tick_under(&self, heading: &str, words: &str) -> Result<()> {
        self.press_at(&format!("{}{}", part(heading), label(words)))
    }

    /// Whether what has this label is ticked or chosen.
    pub fn ticked(&self, words: &str) -> Result<bool> {
        self.ticked_at(&label(words))
    }

    /// The same within the part of the page under this heading.
    pub fn ticked_under(&self, heading: &str, words: &str) -> Result<bool> {
        self.ticked_at(&format!("{}{}", part(heading), label(words)))
    }

    fn ticked_at(&self, path: &str) -> Result<bool> {
        self.first(path)?;
        let ticked = self.execute(&format!(
            "const label = document.evaluate({path:?}, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue;
             return label?.control?.checked"
        ))?;
        ticked.as_bool().with_context(|| format!("{path} ticks nothing"))
    }

    /// Waits until the page no longer shows this text.
    pub fn wait_gone(&self, text: &str) -> Result<()> {
        wait::until_true(&format!("{text:?} to be gone from the page"), wait::PATIENCE, || {
            Ok(!self.text()?.contains(text))
        })
    }

    /// Waits until a line of a list says all of this, and gives what it says.
    pub fn wait_line(&self, list: &str, words: &[&str]) -> Result<String> {
        let mut seen = Vec::new();
        wait::until(&format!("a line with {words:?} in {list}"), wait::PATIENCE, || {
            seen = self.texts(list)?;
            Ok(seen.iter().find(|line| words.iter().all(|word| line.contains(word))).cloned())
        })
        .with_context(|| format!("its lines are: {seen:?}; the page shows:\n{}", self.text().unwrap_or_default()))
    }

    /// Says yes to the question that the page asks, and gives the question.
    pub fn say_yes(&self) -> Result<String> {
        let asked = wait::until("a question of the page", wait::PATIENCE, || {
            Ok(Some(self.ask(async |client| client.get_alert_text().await)??))
        })?;
        self.ask(async |client| client.accept_alert().await)??;
        Ok(asked)
    }

    /// Chooses a file of this computer.
    pub fn attach(&self, css: &str, file: &std::path::Path) -> Result<()> {
        let element = self.find(css)?;
        let name = file.to_str().context("the file's name is text")?;
        Ok(self.ask(async |_| element.send_keys(name).await)??)
    }

    /// What was copied last in this browser.
    pub fn copied(&self) -> Result<String> {
        self.execute(
            "window.copied = null;
             navigator.clipboard.readText().then(text => { window.copied = { text }; }, error => { window.copied = { error: String(error) }; })",
        )?;
        let copied = wait::until("what was copied", wait::PATIENCE, || {
            Ok(Some(self.execute("return window.copied")?).filter(|copied| !copied.is_null()))
        })?;
        copied["text"].as_str().map(str::to_owned).with_context(|| format!("nothing can be pasted: {copied}"))
    }

    /// A path of the same server as this browser's login gets it: status and text.
    pub fn fetched(&self, path: &str) -> Result<(u64, String)> {
        self.answered(&format!("fetch({path:?})"), path)
    }

    /// The same for a form that is sent from the page that is open.
    pub fn posted(&self, path: &str) -> Result<(u64, String)> {
        let body = "new URLSearchParams({ _csrf: document.querySelector('[name=_csrf]').value })";
        let headers = "{ 'HX-Request': 'true' }";
        self.answered(&format!("fetch({path:?}, {{ method: 'POST', body: {body}, headers: {headers} }})"), path)
    }

    fn answered(&self, fetch: &str, path: &str) -> Result<(u64, String)> {
        self.execute(&format!(
            "window.fetched = null;
             {fetch}.then(async answer => {{ window.fetched = [answer.status, await answer.text()]; }})"
        ))?;
        let got = wait::until(&format!("{path} to be answered"), wait::PATIENCE, || {
            Ok(Some(self.execute("return window.fetched")?).filter(|got| !got.is_null()))
        })?;
        Ok((got[0].as_u64().context("a status")?, got[1].as_str().unwrap_or_default().to_owned()))
    }
}
