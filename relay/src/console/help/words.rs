//! The words around the guides; what the guides say themselves is in `relay/help`.

use super::super::phrases::phrases;

phrases! {
    help: "Ajuda", "Help", "Ayuda";
    lead: "Guias curtos, tarefa por tarefa. Escolha o que você quer fazer.", "Short guides, task by task. Choose what you want to do.", "Guías cortas, tarea por tarea. Elija lo que quiere hacer.";
    on_this_page: "Nesta página", "On this page", "En esta página";
    no_login: "Abre sem login: pode ser enviado ao cliente.", "Opens without a login: it can be sent to the customer.", "Se abre sin entrar: se puede enviar al cliente.";
    how_it_works: "Como funciona, passo a passo", "How it works, step by step", "Cómo funciona, paso a paso";
}
