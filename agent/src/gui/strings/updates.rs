//! What is said of a newer program.

use super::Language;
use super::phrases::pick;
use super::words::Terms;
use crate::gui::view_model::{Apart, UpdateState, UpdateTrouble, UpdateView};

/// How far it has come, in the line at the window's foot.
pub fn coming(l: Language, update: &UpdateView) -> String {
    match update {
        UpdateView { version, state: UpdateState::Fetching { percent } } => pick(
            l,
            format!("Baixando a versão {version}: {percent} %. Você pode continuar."),
            format!("Downloading version {version}: {percent} %. You can go on."),
            format!("Descargando la versión {version}: {percent} %. Puede continuar."),
        ),
        UpdateView { version, .. } => pick(
            l,
            format!("Instalando a versão {version}. O programa abre de novo sozinho."),
            format!("Installing version {version}. The program opens again by itself."),
            format!("Instalando la versión {version}. El programa se abre de nuevo solo."),
        ),
    }
}

/// The name of the corner's icon while there is a newer program; and how much of it is here.
pub fn icon(l: Language, update: &UpdateView) -> (String, String) {
    let UpdateView { version, state } = update;
    match state {
        UpdateState::Offered => (
            pick(
                l,
                format!("Atualizar para a versão {version}"),
                format!("Update to version {version}"),
                format!("Actualizar a la versión {version}"),
            ),
            String::new(),
        ),
        UpdateState::Fetching { percent } => (Terms::of(l).updating.into(), format!("{percent} %")),
        UpdateState::Installing => (Terms::of(l).updating.into(), "100 %".into()),
        UpdateState::Failed(_) => (Terms::of(l).update_again.into(), String::new()),
    }
}

/// Why a newer program was not installed, and that this one goes on.
pub fn refused(l: Language, trouble: UpdateTrouble) -> &'static str {
    let t = Terms::of(l);
    match trouble {
        UpdateTrouble::NotTrusted => t.update_not_trusted,
        UpdateTrouble::Clock => t.update_clock,
        UpdateTrouble::Folder => t.update_folder,
        UpdateTrouble::DiskFull => t.update_disk_full,
        UpdateTrouble::TakenAway => t.update_taken_away,
        UpdateTrouble::DidNotStart => t.update_did_not_start,
    }
}

/// What to do when program and server have no version of the words in common. `page`: where the program that fits is downloaded.
pub fn apart(l: Language, apart: Apart, page: &str) -> String {
    match apart {
        Apart::ProgramOld => pick(
            l,
            format!("O suporte usa uma versão mais nova. Baixe o programa de novo em {page}"),
            format!("Support uses a newer version. Download the program again at {page}"),
            format!("El soporte usa una versión más nueva. Descargue el programa de nuevo en {page}"),
        ),
        Apart::ServerOld => pick(
            l,
            format!(
                "Este programa é mais novo que o servidor do suporte. Tentamos de novo sozinhos; o programa que funciona agora está em {page}"
            ),
            format!(
                "This program is newer than the support's server. We keep trying; the program that works now is at {page}"
            ),
            format!(
                "Este programa es más nuevo que el servidor del soporte. Lo intentamos de nuevo solos; el programa que funciona ahora está en {page}"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whichever_is_too_old_the_way_on_is_said_in_three_languages() {
        let page = "https://suporte.varanda.example:7443/d/app/0b0b";
        let mut said: Vec<String> = Vec::new();
        for which in [Apart::ProgramOld, Apart::ServerOld] {
            for l in Language::ALL {
                let text = apart(l, which, page);
                // At the end, with nothing behind it that somebody would copy along.
                assert!(text.ends_with(&format!(" {page}")) && !said.contains(&text), "{text}");
                said.push(text);
            }
        }
        assert_eq!(said.len(), 6);
    }
}
