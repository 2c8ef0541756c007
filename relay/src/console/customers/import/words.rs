//! The words of the page where a list of contacts is brought.

use super::{
    super::super::{phrases::phrases, strings::fill},
    plan::{Refusal, Unreadable},
};

phrases! {
    title: "Importar contatos", "Import contacts", "Importar contactos";
    lead: "Uma lista em CSV, como as planilhas salvam: até 20 MB e 50.000 linhas, UTF-8 ou Windows-1252, com vírgula ou ponto e vírgula. Antes de gravar, você vê o que aconteceria.", "A CSV list as spreadsheets save it: up to 20 MB and 50,000 rows, UTF-8 or Windows-1252, with commas or semicolons. Before anything is saved, you see what would happen.", "Una lista en CSV, como la guardan las hojas de cálculo: hasta 20 MB y 50.000 filas, UTF-8 o Windows-1252, con coma o punto y coma. Antes de guardar, ve lo que ocurriría.";
    columns: "A primeira linha diz o que é cada coluna: {}. É preciso nome ou e-mail.", "The first row says what each column is: {}. Name or e-mail is needed.", "La primera fila dice qué es cada columna: {}. Hace falta nombre o correo.";
    file: "Arquivo CSV", "CSV file", "Archivo CSV";
    check: "Conferir a lista", "Check the list", "Revisar la lista";
    fields: "Nome, E-mail, Telefone, Documento, Empresa", "Name, E-mail, Phone, Document, Organisation", "Nombre, Correo, Teléfono, Documento, Empresa";

    // Why a file is not taken.
    no_file: "Escolha um arquivo.", "Choose a file.", "Elija un archivo.";
    too_large: "O arquivo tem mais de 20 MB. Divida a lista e envie uma parte depois da outra.", "The file has more than 20 MB. Split the list and send one part after the other.", "El archivo tiene más de 20 MB. Divida la lista y envíe una parte después de otra.";
    workbook: "Este arquivo é uma pasta de trabalho. Na planilha, salve-a como CSV e envie de novo.", "This file is a workbook. In the spreadsheet, save it as CSV and send it again.", "Este archivo es un libro de trabajo. En la hoja de cálculo, guárdelo como CSV y envíelo de nuevo.";
    no_text: "Este arquivo não é uma lista em texto. Salve a lista como CSV (UTF-8) e envie de novo.", "This file is no list in text. Save the list as CSV (UTF-8) and send it again.", "Este archivo no es una lista en texto. Guarde la lista como CSV (UTF-8) y envíela de nuevo.";
    empty: "A lista não tem linhas abaixo da primeira.", "The list has no rows below the first one.", "La lista no tiene filas debajo de la primera.";
    no_columns: "Nenhuma coluna se chama nome ou e-mail. Escreva na primeira linha o que é cada coluna.", "No column is called name or e-mail. Write into the first row what each column is.", "Ninguna columna se llama nombre o correo. Escriba en la primera fila qué es cada columna.";
    twice: "Duas colunas são a mesma coisa: {}. Deixe só uma delas.", "Two columns are the same: {}. Leave one of them.", "Dos columnas son lo mismo: {}. Deje solo una.";
    open_quote: "Na linha {} se abre uma aspa que não fecha. Corrija a lista e envie de novo.", "A quote that opens in line {} is never closed. Mend the list and send it again.", "En la línea {} se abre una comilla que no se cierra. Corrija la lista y envíela de nuevo.";
    too_many_lines: "A lista tem mais de 50.000 linhas. Divida-a e envie uma parte depois da outra.", "The list has more than 50,000 rows. Split it and send one part after the other.", "La lista tiene más de 50.000 filas. Divídala y envíe una parte después de otra.";
    busy: "Outra lista está sendo gravada. Espere que termine, ou cancele-a.", "Another list is being saved. Wait until it is done, or cancel it.", "Se está guardando otra lista. Espere a que termine, o cancélela.";
    lost: "Esta lista não espera mais por confirmação. Envie o arquivo de novo; o que já está gravado não se repete.", "This list does not wait to be confirmed any more. Send the file again; what is saved already is not repeated.", "Esta lista ya no espera confirmación. Envíe el archivo de nuevo; lo que ya está guardado no se repite.";

    // What would happen.
    would: "O que aconteceria com {}", "What would happen with {}", "Qué ocurriría con {}";
    brought_by: "Enviada por {}. Nada foi gravado ainda.", "Sent by {}. Nothing is saved yet.", "Enviada por {}. Aún no se guardó nada.";
    new: "Novos", "New", "Nuevos";
    changed: "Atualizados", "Updated", "Actualizados";
    same: "Já iguais", "Same already", "Ya iguales";
    refused: "Recusados", "Refused", "Rechazados";
    found_by: "Quem já é contato é reconhecido pelo e-mail ou pelo documento; só o que a lista traz é mudado.", "Who is a contact already is known by e-mail or document; only what the list has is changed.", "Quien ya es contacto se reconoce por el correo o el documento; solo cambia lo que trae la lista.";
    used: "Colunas usadas: {}", "Columns used: {}", "Columnas usadas: {}";
    unused: "Colunas que não são usadas: {}", "Columns not used: {}", "Columnas que no se usan: {}";
    line: "Linha", "Row", "Fila";
    what: "O que acontece", "What happens", "Qué ocurre";
    reason: "Motivo", "Reason", "Motivo";
    first_of: "As primeiras {} de {}", "The first {} of {}", "Las primeras {} de {}";
    save: "Gravar {} contatos", "Save {} contacts", "Guardar {} contactos";
    throw_away: "Descartar a lista", "Discard the list", "Descartar la lista";
    nothing_to_save: "Não há nada a gravar nesta lista.", "There is nothing to save in this list.", "No hay nada que guardar en esta lista.";
    is_new: "novo", "new", "nuevo";
    is_changed: "atualiza", "updates", "actualiza";
    is_same: "já é igual", "same already", "ya es igual";

    // Why a line is refused.
    nobody: "sem nome nem e-mail", "neither name nor e-mail", "sin nombre ni correo";
    bad_email: "o e-mail não está escrito certo", "the e-mail address is not valid", "el correo no está bien escrito";
    too_long: "{}: longo demais, até 254 caracteres", "{}: too long, up to 254 characters", "{}: demasiado largo, hasta 254 caracteres";
    too_many_cells: "mais células do que a primeira linha", "more cells than the first row", "más celdas que la primera fila";
    repeats: "o mesmo contato da linha {}", "the same contact as row {}", "el mismo contacto de la fila {}";

    // While it is saved, and then.
    saving: "Gravando {}", "Saving {}", "Guardando {}";
    so_far: "{} de {}", "{} of {}", "{} de {}";
    stopping: "Cancelando depois deste lote…", "Cancelling after this batch…", "Cancelando después de este lote…";
    done: "{}: gravada", "{}: saved", "{}: guardada";
    cancelled: "{}: cancelada. O que já foi gravado fica; enviar a mesma lista de novo não repete ninguém.", "{}: cancelled. What was saved stays; sending the same list again repeats nobody.", "{}: cancelada. Lo ya guardado queda; enviar la misma lista de nuevo no repite a nadie.";
    failed: "{}: o servidor parou de gravar no meio. O que já foi gravado fica; envie a mesma lista de novo mais tarde.", "{}: the server stopped saving half-way. What was saved stays; send the same list again later.", "{}: el servidor dejó de guardar a la mitad. Lo ya guardado queda; envíe la misma lista de nuevo más tarde.";
    made: "Criados", "Made", "Creados";
    another: "Importar outra lista", "Import another list", "Importar otra lista";
}

/// Why a file is not taken.
pub(super) fn unreadable(w: &'static Words, why: &Unreadable) -> String {
    match why {
        Unreadable::Workbook => w.workbook.to_owned(),
        Unreadable::NoText => w.no_text.to_owned(),
        Unreadable::Empty => w.empty.to_owned(),
        Unreadable::NoColumns => w.no_columns.to_owned(),
        Unreadable::Twice(title) => fill(w.twice, &[title]),
        Unreadable::OpenQuote(line) => fill(w.open_quote, &[&line.to_string()]),
        Unreadable::TooManyLines => w.too_many_lines.to_owned(),
    }
}

/// Why a line is refused.
pub(super) fn refusal(w: &'static Words, why: &Refusal) -> String {
    match why {
        Refusal::Nobody => w.nobody.to_owned(),
        Refusal::BadEmail => w.bad_email.to_owned(),
        Refusal::TooLong(title) => fill(w.too_long, &[title]),
        Refusal::TooManyCells => w.too_many_cells.to_owned(),
        Refusal::Repeats(line) => fill(w.repeats, &[&line.to_string()]),
    }
}
