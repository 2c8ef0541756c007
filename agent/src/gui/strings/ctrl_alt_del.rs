//! Why Ctrl+Alt+Del was not pressed at the customer's, and what would help. All three languages are beside each other.

use super::{Language, phrases::pick};
use crate::gui::view_model::NoCtrlAltDel;

/// One or two sentences to the attendant.
pub fn why_not(l: Language, why: NoCtrlAltDel) -> String {
    let (pt, en, es) = match why {
        NoCtrlAltDel::NotAllowed => (
            "Mouse e teclado não estão com você agora. Passe de “Só ver” para “Controle”, ou peça ao cliente que permita.",
            "Mouse and keyboard are not yours now. Go from “View only” to “Control”, or ask the customer to allow it.",
            "El ratón y el teclado no son suyos ahora. Pase de “Solo ver” a “Control”, o pida al cliente que lo permita.",
        ),
        NoCtrlAltDel::NeedsAdministrator => (
            "O Windows só aceita isso de um programa executado como administrador, e o do cliente não é. Peça direitos de administrador (o escudo) e tente de novo, ou peça ao cliente que pressione as três teclas.",
            "Windows takes this only from a program that is run as administrator, and the customer's is not. Ask for administrator's rights (the shield) and try again, or ask the customer to press the three keys.",
            "Windows solo lo acepta de un programa ejecutado como administrador, y el del cliente no lo es. Pida derechos de administrador (el escudo) e inténtelo de nuevo, o pida al cliente que pulse las tres teclas.",
        ),
        NoCtrlAltDel::PolicyForbids => (
            "A política do computador do cliente não deixa nenhum programa fazer isso. Peça ao cliente que pressione as três teclas. Quem administra o computador pode permitir em “Desabilitar ou habilitar a Sequência de Atenção Segura do software”.",
            "The policy of the customer's computer lets no program do this. Ask the customer to press the three keys. Whoever administers the computer can allow it under “Disable or enable software Secure Attention Sequence”.",
            "La directiva del equipo del cliente no deja que ningún programa haga esto. Pida al cliente que pulse las tres teclas. Quien administra el equipo puede permitirlo en “Deshabilitar o habilitar la secuencia de aviso de seguridad por software”.",
        ),
        NoCtrlAltDel::NothingSeen => (
            "O Windows do cliente recebeu o pedido e não mostrou nada. Talvez ele só atenda serviços e programas de acessibilidade. Peça ao cliente que pressione as três teclas.",
            "The customer's Windows was asked and showed nothing. It may listen to services and accessibility programs only. Ask the customer to press the three keys.",
            "El Windows del cliente recibió la petición y no mostró nada. Puede que solo atienda a servicios y programas de accesibilidad. Pida al cliente que pulse las tres teclas.",
        ),
        NoCtrlAltDel::Unavailable => (
            "O computador do cliente não tem como fazer isso. Peça ao cliente que pressione as três teclas.",
            "The customer's computer has no way to do this. Ask the customer to press the three keys.",
            "El equipo del cliente no tiene cómo hacerlo. Pida al cliente que pulse las tres teclas.",
        ),
        NoCtrlAltDel::ProgramOld => (
            "O programa do cliente é de uma versão que ainda não conhece isso. Peça ao cliente que pressione as três teclas, ou que atualize o programa depois da sessão.",
            "The customer's program is of a version that does not know this yet. Ask the customer to press the three keys, or to update the program after the session.",
            "El programa del cliente es de una versión que todavía no conoce esto. Pida al cliente que pulse las tres teclas, o que actualice el programa después de la sesión.",
        ),
    };
    pick(l, pt.to_owned(), en.to_owned(), es.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_reason_has_words_of_its_own_in_every_language_and_says_what_helps() {
        let asks = |l| match l {
            Language::PtBr => "cliente que",
            Language::En => "the customer to",
            Language::Es => "cliente que",
        };
        let mut all = BTreeSet::new();
        for l in Language::ALL {
            for why in NoCtrlAltDel::ALL {
                let words = why_not(l, why);
                assert!(words.contains(asks(l)), "{words}");
                assert!(all.insert(words.clone()), "twice: {words}");
            }
        }
    }
}
