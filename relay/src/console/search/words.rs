//! The words of the search over everything.

use super::super::phrases::phrases;

phrases! {
    title: "Buscar", "Search", "Buscar";
    what: "Procure por nome, empresa, e-mail, ID, assunto, número do ticket ou protocolo.", "Look for a name, company, e-mail, ID, subject, ticket or protocol number.", "Busque por nombre, empresa, correo, ID, asunto, número de ticket o protocolo.";
    all: "Ver todos", "See all", "Ver todos";
}
