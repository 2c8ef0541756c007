//! The words of the page about what actions say, in each language.

use crate::console::phrases::phrases;

phrases! {
    lead: "Cada linha pode ter campos entre chaves. Uma linha sem o valor do seu campo não aparece. Vazio: o texto padrão.", "Each line can hold fields in braces. A line whose field has no value is left out. Leave empty for the standard text.", "Cada línea puede tener campos entre llaves. Una línea sin el valor de su campo no aparece. Vacío: el texto estándar.";
    languages: "Idioma dos textos", "Language of the texts", "Idioma de los textos";
    in_use: "As ações são escritas neste idioma, o da empresa.", "Actions are written in this language, the company's.", "Las acciones se escriben en este idioma, el de la empresa.";
    not_in_use: "As ações são escritas em {}, o idioma da empresa. Estes textos valem quando ela mudar de idioma.", "Actions are written in {}, the company's language. These texts count once it changes its language.", "Las acciones se escriben en {}, el idioma de la empresa. Estos textos valen cuando ella cambie de idioma.";
    preview: "Como fica", "How it reads", "Cómo queda";
    preview_hint: "Com valores de exemplo.", "With sample values.", "Con valores de ejemplo.";
    try_it: "Ver como fica", "See how it reads", "Ver cómo queda";
    not_to_see: "Corrija o texto para ver como fica.", "Correct the text to see how it reads.", "Corrija el texto para ver cómo queda.";
    reset: "Voltar ao texto padrão", "Back to the standard text", "Volver al texto estándar";
    standing: "Texto padrão", "Standard text", "Texto estándar";
    changed_by: "Alterado {}, por {}", "Changed {}, by {}", "Cambiado {}, por {}";
    clash: "{} mudou estes textos enquanto você editava", "{} changed these texts while you were editing", "{} cambió estos textos mientras usted editaba";
}
