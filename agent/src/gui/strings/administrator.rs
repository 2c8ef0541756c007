//! An administrator's rights during a session: what the customer is asked, and what the attendant reads when there are none. All three languages
//! are beside each other.

use std::time::Duration;

use super::{Language, moment::seconds_left, phrases::pick};
use crate::gui::view_model::NoAdministrator;

/// The question's title.
pub fn asks(l: Language, attendant: &str) -> String {
    pick(
        l,
        format!("{attendant} pede direitos de administrador"),
        format!("{attendant} asks for administrator's rights"),
        format!("{attendant} pide derechos de administrador"),
    )
}

/// Under it.
pub fn means(l: Language, name: &str) -> String {
    pick(
        l,
        format!("Se você continuar, {name} poderá mudar qualquer coisa neste computador até a sessão terminar."),
        format!("If you continue, {name} can change anything on this computer until the session ends."),
        format!("Si continúa, {name} podrá cambiar cualquier cosa en este equipo hasta que termine la sesión."),
    )
}

/// The button that says yes while it is not armed.
pub fn go_on_in(l: Language, left: Duration) -> String {
    let s = seconds_left(left);
    pick(l, format!("Continuar em {s} s"), format!("Continue in {s} s"), format!("Continuar en {s} s"))
}

/// Under the question's bar.
pub fn refused_in(l: Language, left: Duration) -> String {
    let s = seconds_left(left);
    pick(
        l,
        format!("Sem resposta, o pedido é recusado em {s} s"),
        format!("Without an answer, this is refused in {s} s"),
        format!("Sin respuesta, la solicitud se rechaza en {s} s"),
    )
}

/// What was allowed, where mouse and keyboard had the rights as well.
pub fn with(l: Language, allowed: &str) -> String {
    pick(
        l,
        format!("{allowed}, com direitos de administrador"),
        format!("{allowed}, with administrator's rights"),
        format!("{allowed}, con derechos de administrador"),
    )
}

/// Two sentences to the attendant, or three.
pub fn why_not(l: Language, why: NoAdministrator) -> String {
    let (pt, en, es) = match why {
        NoAdministrator::NotAllowed => (
            "Mouse e teclado não estão com você agora, ou o cliente tem outra pergunta na tela. Passe de “Só ver” para “Controle”, ou espere a resposta, e peça de novo.",
            "Mouse and keyboard are not yours now, or the customer has another question on the screen. Go from “View only” to “Control”, or wait for the answer, then ask again.",
            "El ratón y el teclado no son suyos ahora, o el cliente tiene otra pregunta en la pantalla. Pase de “Solo ver” a “Control”, o espere la respuesta, y pida de nuevo.",
        ),
        NoAdministrator::Refused => (
            "O cliente não permitiu, ou não respondeu a tempo. Explique o que você vai fazer e peça de novo.",
            "The customer didn't allow it, or didn't answer in time. Say what you are going to do, then ask again.",
            "El cliente no lo permitió, o no respondió a tiempo. Explique qué va a hacer y pida de nuevo.",
        ),
        NoAdministrator::Declined => (
            "O cliente permitiu aqui e disse não à pergunta do Windows. Se o Windows pediu uma senha, é a de um administrador daquele computador: o cliente precisa de quem a tenha. Depois peça de novo.",
            "The customer allowed it here and said no to Windows's question. If Windows wanted a password, it is that of an administrator of that computer: the customer needs somebody who has it. Then ask again.",
            "El cliente lo permitió aquí y dijo que no a la pregunta de Windows. Si Windows pidió una contraseña, es la de un administrador de ese equipo: el cliente necesita a alguien que la tenga. Después pida de nuevo.",
        ),
        NoAdministrator::Already => (
            "O programa do cliente já é executado como administrador: seu mouse e seu teclado já chegam a todas as janelas. Não há o que pedir.",
            "The customer's program is run as administrator already: your mouse and keyboard reach every window. There is nothing to ask for.",
            "El programa del cliente ya se ejecuta como administrador: su ratón y su teclado llegan a todas las ventanas. No hay nada que pedir.",
        ),
        NoAdministrator::Unavailable => (
            "Neste computador, todas as janelas já aceitam o seu mouse e o seu teclado. Não há o que pedir.",
            "On this computer every window takes your mouse and keyboard already. There is nothing to ask for.",
            "En este equipo todas las ventanas ya aceptan su ratón y su teclado. No hay nada que pedir.",
        ),
        NoAdministrator::Failed => (
            "O Windows do cliente não deu os direitos, sem dizer por quê. Peça de novo. Se não adiantar, peça ao cliente que feche o programa e o abra com “Executar como administrador”.",
            "The customer's Windows did not give the rights, and did not say why. Ask again. If that doesn't help, ask the customer to close the program and open it with “Run as administrator”.",
            "El Windows del cliente no dio los derechos y no dijo por qué. Pida de nuevo. Si no ayuda, pida al cliente que cierre el programa y lo abra con “Ejecutar como administrador”.",
        ),
        NoAdministrator::Ended => (
            "Os direitos de administrador acabaram, e a sessão continua sem eles. Se ainda precisar, peça de novo.",
            "The administrator's rights have ended, and the session goes on without them. If you still need them, ask again.",
            "Los derechos de administrador terminaron, y la sesión sigue sin ellos. Si todavía los necesita, pida de nuevo.",
        ),
        NoAdministrator::ProgramOld => (
            "O programa do cliente é de uma versão que ainda não conhece isso. Peça ao cliente que o feche e abra com “Executar como administrador”, ou que o atualize depois da sessão.",
            "The customer's program is of a version that does not know this yet. Ask the customer to close it and open it with “Run as administrator”, or to update it after the session.",
            "El programa del cliente es de una versión que todavía no conoce esto. Pida al cliente que lo cierre y lo abra con “Ejecutar como administrador”, o que lo actualice después de la sesión.",
        ),
    };
    pick(l, pt.to_owned(), en.to_owned(), es.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_reason_has_words_of_its_own_in_every_language_and_says_what_to_do() {
        let helps = |l| match l {
            Language::PtBr => ["peça de novo", "Peça de novo", "Não há o que pedir", "Peça ao cliente"],
            Language::En => ["ask again", "Ask again", "nothing to ask for", "Ask the customer"],
            Language::Es => ["pida de nuevo", "Pida de nuevo", "No hay nada que pedir", "Pida al cliente"],
        };
        let mut all = BTreeSet::new();
        for l in Language::ALL {
            for why in NoAdministrator::ALL {
                let words = why_not(l, why);
                assert!(helps(l).iter().any(|what| words.contains(what)), "{words}");
                assert!(!words.contains('!') && all.insert(words.clone()), "twice, or loud: {words}");
            }
        }
    }

    #[test]
    fn the_question_says_who_asks_and_for_how_long_it_would_be() {
        for (l, until) in [
            (Language::PtBr, "até a sessão terminar"),
            (Language::En, "until the session ends"),
            (Language::Es, "hasta que termine la sesión"),
        ] {
            assert!(asks(l, "Ana Ribeiro").starts_with("Ana Ribeiro "));
            let means = means(l, "Ana");
            assert!(means.contains(" Ana ") && means.contains(until), "{means}");
        }
    }
}
