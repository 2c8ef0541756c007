//! What a list of contacts says, line by line: who is to be put among the contacts, and which lines are refused and why.
//!
//! Values stay what they are: nothing here means anything to a machine, least of all what a spreadsheet would take for a formula.

use std::collections::BTreeMap;

use protocol::message::ShownText;
use store::{CustomerDetails, Found, ListedContact, fold};

use super::{
    super::{CLASS_CHARS, VALUE_CHARS, looks_like_email},
    csv::{NoText, OpenQuote, Record, Records, text},
};

/// Lines of a list, at most.
pub(super) const LINES: usize = 50_000;
/// Refused lines that are remembered one by one.
pub(super) const REMEMBERED: usize = 50;

/// What a column of a list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Email,
    Phone,
    Document,
    Company,
    /// How the company classifies them.
    Class,
    /// A field of the company's own, by its name.
    Own(String),
}

/// How people call the columns, compared without case, accents and punctuation.
const CALLED: [(Column, &[&str]); 6] = [
    (
        Column::Name,
        &["nome", "nome completo", "name", "full name", "nombre", "nombre completo", "contato", "contact", "contacto"],
    ),
    (
        Column::Email,
        &[
            "e mail",
            "email",
            "mail",
            "correo",
            "correo electronico",
            "endereco de e mail",
            "e mail address",
            "email address",
        ],
    ),
    (
        Column::Phone,
        &[
            "telefone",
            "fone",
            "celular",
            "telefone celular",
            "whatsapp",
            "phone",
            "telephone",
            "phone number",
            "mobile",
            "telefono",
            "movil",
        ],
    ),
    (Column::Document, &["documento", "document", "cpf", "cnpj", "cpf cnpj", "cpf ou cnpj"]),
    (Column::Company, &["empresa", "organizacao", "company", "organisation", "organization", "organizacion"]),
    (Column::Class, &["classificacao", "classification", "clasificacion", "classe", "class", "clase"]),
];

/// Why a file cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unreadable {
    Workbook,
    NoText,
    /// There is no line below the header.
    Empty,
    /// No column is a name or an e-mail address.
    NoColumns,
    /// Two columns are the same.
    Twice(String),
    OpenQuote(usize),
    TooManyLines,
}

impl From<NoText> for Unreadable {
    fn from(why: NoText) -> Self {
        match why {
            NoText::Workbook => Self::Workbook,
            NoText::Other => Self::NoText,
        }
    }
}

impl From<OpenQuote> for Unreadable {
    fn from(OpenQuote(line): OpenQuote) -> Self {
        Self::OpenQuote(line)
    }
}

/// Why a line is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Neither name nor e-mail address.
    Nobody,
    BadEmail,
    /// What is in this column is too long.
    TooLong(String),
    /// More cells than the header has.
    TooManyCells,
    /// It is about the same contact as this line before it.
    Repeats(usize),
}

/// A line that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) line: usize,
    /// By what it is recognised.
    pub(super) who: String,
    pub(super) why: Refusal,
}

/// What a list says.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Columns that are used, as the list calls them.
    pub(super) used: Vec<String>,
    pub(super) unused: Vec<String>,
    pub(super) list: Vec<ListedContact>,
    /// The line of each.
    pub(super) lines: Vec<usize>,
    /// The first of those that are refused.
    pub(super) refused: Vec<Refused>,
    pub(super) refused_all: usize,
}

impl Plan {
    /// What this file says.
    pub(super) fn read(bytes: &[u8], own: &[String]) -> Result<Self, Unreadable> {
        let text = text(bytes)?;
        let mut records = Records::of(&text);
        let header = loop {
            match records.next() {
                Some(record) => match record? {
                    record if record.is_empty() => {}
                    record => break record,
                },
                None => return Err(Unreadable::Empty),
            }
        };
        let columns = columns(&header, own)?;
        let mut plan = Self::default();
        for (title, column) in header.cells.iter().zip(&columns).filter(|(title, _)| !title.trim().is_empty()) {
            let title = ShownText::lossy(title).as_str().to_owned();
            if column.is_some() { &mut plan.used } else { &mut plan.unused }.push(title);
        }
        let mut lines = 0;
        for record in records {
            let record = record?;
            if record.is_empty() && !record.overflows {
                continue;
            }
            lines += 1;
            if lines > LINES {
                return Err(Unreadable::TooManyLines);
            }
            match line(&record, &header, &columns) {
                Ok(contact) => {
                    plan.list.push(contact);
                    plan.lines.push(record.line);
                }
                Err(why) => {
                    let who = record.cells.iter().find(|cell| !cell.trim().is_empty());
                    plan.refuse(record.line, who.map_or("", String::as_str), why);
                }
            }
        }
        if lines == 0 { Err(Unreadable::Empty) } else { Ok(plan) }
    }

    fn refuse(&mut self, line: usize, who: &str, why: Refusal) {
        self.refused_all += 1;
        if self.refused.len() < REMEMBERED {
            let who: String = ShownText::lossy(who).as_str().chars().take(60).collect();
            self.refused.push(Refused { line, who, why });
        }
    }

    /// Takes the lines out that repeat one before them; what is left is found as this says.
    pub(super) fn without_repeats(mut self, found: &[Found]) -> (Self, Vec<Found>) {
        let mut rest = Vec::with_capacity(found.len());
        let (list, lines) = (std::mem::take(&mut self.list), std::mem::take(&mut self.lines));
        for ((contact, line), how) in list.into_iter().zip(&lines).zip(found) {
            match how {
                Found::Repeats(first) => {
                    let first = lines.get(*first).copied().unwrap_or_default();
                    let CustomerDetails { name, email, .. } = &contact.details;
                    self.refuse(*line, if name.is_empty() { email } else { name }, Refusal::Repeats(first));
                }
                how => {
                    self.list.push(contact);
                    self.lines.push(*line);
                    rest.push(*how);
                }
            }
        }
        self.refused.sort_by_key(|refused| refused.line);
        (self, rest)
    }
}

/// What each column of a header is; `None`: nothing that is kept.
fn columns(header: &Record, own: &[String]) -> Result<Vec<Option<Column>>, Unreadable> {
    let mut columns: Vec<Option<Column>> = Vec::new();
    for title in &header.cells {
        let called = plain(title);
        let known = CALLED.iter().find(|(_, names)| names.contains(&called.as_str())).map(|(column, _)| column.clone());
        let own = || own.iter().find(|name| plain(name) == called && !called.is_empty()).cloned().map(Column::Own);
        // What the company calls so itself comes first.
        let column = own().or(known);
        if column.is_some() && columns.contains(&column) {
            return Err(Unreadable::Twice(ShownText::lossy(title).as_str().to_owned()));
        }
        columns.push(column);
    }
    let tells = |column: Column| columns.contains(&Some(column));
    if tells(Column::Name) || tells(Column::Email) { Ok(columns) } else { Err(Unreadable::NoColumns) }
}

/// A title as it is compared.
fn plain(title: &str) -> String {
    let folded = fold(title);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn line(record: &Record, header: &Record, columns: &[Option<Column>]) -> Result<ListedContact, Refusal> {
    let more = record.cells.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty());
    if more || record.overflows {
        return Err(Refusal::TooManyCells);
    }
    let (mut details, mut extra, mut class) = (CustomerDetails::default(), BTreeMap::new(), String::new());
    for ((cell, column), title) in record.cells.iter().zip(columns).zip(&header.cells) {
        let Some(column) = column else { continue };
        let most = if *column == Column::Class { CLASS_CHARS } else { VALUE_CHARS };
        if cell.trim().chars().count() > most {
            return Err(Refusal::TooLong(ShownText::lossy(title).as_str().to_owned()));
        }
        let value = ShownText::lossy(cell).as_str().to_owned();
        match column {
            Column::Name => details.name = value,
            Column::Email => details.email = value,
            Column::Phone => details.phone = value,
            Column::Document => details.document = value,
            Column::Company => details.company = value,
            Column::Class => class = value,
            Column::Own(name) => _ = extra.insert(name.clone(), value),
        }
    }
    if !details.email.is_empty() && !looks_like_email(&details.email) {
        return Err(Refusal::BadEmail);
    }
    if details.name.is_empty() && details.email.is_empty() {
        return Err(Refusal::Nobody);
    }
    Ok(ListedContact { details, extra, class })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Result<Plan, Unreadable> {
        Plan::read(text.as_bytes(), &["Plano contratado".to_owned()])
    }

    #[test]
    fn columns_are_known_by_what_people_call_them() {
        let text = "Nome;E-MAIL;Telefone;CPF/CNPJ;Organização;plano  CONTRATADO;Cor;Classificação\n\
                    Cida;cida@a.example;11 5555-0000;123;Padaria;Ouro;azul;Prata\n";
        let plan = read(text).unwrap();
        let ListedContact { details, extra, class } = &plan.list[0];
        assert_eq!(class, "Prata");
        assert_eq!((details.name.as_str(), details.email.as_str()), ("Cida", "cida@a.example"));
        assert_eq!((details.phone.as_str(), details.document.as_str()), ("11 5555-0000", "123"));
        assert_eq!((details.company.as_str(), extra["Plano contratado"].as_str()), ("Padaria", "Ouro"));
        assert_eq!(plan.unused, ["Cor"]);
        assert_eq!(read("email,name\na@b,Ana\n").unwrap().list[0].details.name, "Ana");
    }

    #[test]
    fn a_file_that_is_no_list_is_refused_whole() {
        for (text, why) in [
            ("", Unreadable::Empty),
            ("\n\n", Unreadable::Empty),
            ("nome\n", Unreadable::Empty),
            ("nome\n \n,,\n", Unreadable::Empty),
            ("cor,tamanho\n1,2\n", Unreadable::NoColumns),
            ("telefone\n1\n", Unreadable::NoColumns),
            ("nome,Nombre\n1,2\n", Unreadable::Twice("Nombre".to_owned())),
            ("nome\n\"x\ny\n", Unreadable::OpenQuote(2)),
            ("PK\u{3}\u{4}", Unreadable::Workbook),
            ("a\0b", Unreadable::NoText),
        ] {
            assert_eq!(read(text).unwrap_err(), why, "{text:?}");
        }
        let many = format!("nome\n{}", "x\n".repeat(LINES + 1));
        assert_eq!(read(&many).unwrap_err(), Unreadable::TooManyLines);
        assert_eq!(read(&many[..many.len() - 2]).unwrap().list.len(), LINES);
    }

    #[test]
    fn a_line_that_cannot_be_is_refused_with_its_number_and_reason() {
        let long = "x".repeat(VALUE_CHARS + 1);
        let text = format!("nome,email\nAna,ana@a\n,\n,sem arroba\nBia,b@b,c\n{long},\n,so@email\n,,\nDaví\u{202e},\n");
        let plan = read(&text).unwrap();
        let names: Vec<_> = plan.list.iter().map(|contact| contact.details.name.as_str()).collect();
        assert_eq!((names, plan.lines.as_slice()), (vec!["Ana", "", "Daví"], &[2, 7, 9][..]));
        let refused: Vec<_> = plan.refused.iter().map(|refused| (refused.line, refused.why.clone())).collect();
        assert_eq!(
            refused,
            [(4, Refusal::BadEmail), (5, Refusal::TooManyCells), (6, Refusal::TooLong("nome".to_owned()))]
        );
    }

    #[test]
    fn what_a_spreadsheet_takes_for_a_formula_stays_what_it_is() {
        let plan = read("nome,telefone\n\"=HYPERLINK(\"\"http://x\"\")\",+55 11\n@x,-1\n").unwrap();
        assert_eq!(plan.list[0].details.name, "=HYPERLINK(\"http://x\")");
        assert_eq!((plan.list[0].details.phone.as_str(), plan.list[1].details.phone.as_str()), ("+55 11", "-1"));
    }

    #[test]
    fn of_lines_about_one_contact_the_first_counts_and_what_is_refused_is_not_remembered_without_end() {
        let text = format!("nome\nAna\n{}", "Ana\n".repeat(200));
        let plan = read(&text).unwrap();
        let mut found = vec![Found::Repeats(0); 201];
        found[0] = Found::New;
        let (plan, found) = plan.without_repeats(&found);
        assert_eq!((plan.list.len(), found.as_slice()), (1, &[Found::New][..]));
        assert_eq!((plan.refused_all, plan.refused.len()), (200, REMEMBERED));
        assert_eq!(plan.refused[0], Refused { line: 3, who: "Ana".to_owned(), why: Refusal::Repeats(2) });
    }
}
