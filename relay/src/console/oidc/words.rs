//! The words around login by the company's own provider, in each language.

use store::{Language, Reason};

use super::super::{reasons, strings::fill, words};
use crate::oidc::{Failure, Found, Look, Step};

words::words! { Words {
    // At the login, and on the way.
    log_in_with: "Entrar com {}", "Log in with {}", "Entrar con {}";
    or: "ou", "or", "o";
    going: "Levando você a {}", "Taking you to {}", "Llevándolo a {}";
    go_on: "Continuar em {}", "Go on at {}", "Continuar en {}";
    coming_back: "Entrando", "Logging in", "Entrando";
    not_done: "Não foi possível", "It could not be done", "No fue posible";
    begin_anew: "Este pedido não vale mais, ou começou em outro navegador. Abra {} e comece de novo.", "This login has expired or was started in another browser. Open {} and start again.", "Esta solicitud ya no vale, o empezó en otro navegador. Abra {} y empiece de nuevo.";
    cancelled: "{} não confirmou quem você é. Tente de novo, ou entre com a sua senha.", "{} did not confirm who you are. Try again, or log in with your password.", "{} no confirmó quién es usted. Inténtelo de nuevo, o entre con su contraseña.";
    busy: "Muitas pessoas entram ao mesmo tempo. Tente de novo daqui a pouco.", "Many people are logging in at once. Try again shortly.", "Muchas personas entran al mismo tiempo. Inténtelo de nuevo en un momento.";
    unreachable: "{} não respondeu. Tente de novo daqui a pouco, ou entre com a sua senha.", "{} did not answer. Try again shortly, or log in with your password.", "{} no respondió. Inténtelo de nuevo en un momento, o entre con su contraseña.";
    not_set_up: "A sua empresa não usa este modo de entrar.", "Your company does not use this way of logging in.", "Su empresa no usa esta forma de entrar.";
    not_taken: "A resposta de {} não passou na verificação e não foi aceita. Avise quem administra o Amparo na sua empresa.", "The answer of {} did not pass the checks and was not accepted. Tell whoever administers Amparo in your company.", "La respuesta de {} no pasó la verificación y no fue aceptada. Avise a quien administra Amparo en su empresa.";
    not_asked_again: "{} não pediu para você se identificar de novo. Saia da sua conta lá e tente outra vez.", "{} did not ask you to identify yourself again. Log out of your account there and try once more.", "{} no le pidió identificarse de nuevo. Salga de su cuenta allí e inténtelo otra vez.";
    nobody: "Esta conta de {} não está vinculada a nenhum usuário que possa entrar. Entre com a sua senha e vincule-a em Minha conta, ou peça um convite a quem administra.", "This account of {} is not linked to any user who may log in. Log in with your password and link it in My account, or ask an administrator for an invitation.", "Esta cuenta de {} no está vinculada a ningún usuario que pueda entrar. Entre con su contraseña y vincúlela en Mi cuenta, o pida una invitación a quien administra.";
    taken: "Esta conta de {} já está vinculada a outro usuário.", "This account of {} is linked to another user already.", "Esta cuenta de {} ya está vinculada a otro usuario.";
    not_you: "Esta conta de {} não é a sua. Identifique-se com a conta que está vinculada a você.", "This account of {} is not yours. Identify yourself with the account that is linked to you.", "Esta cuenta de {} no es la suya. Identifíquese con la cuenta que está vinculada a usted.";

    // Confirming without a password.
    confirm_with: "Confirmar com {}", "Confirm with {}", "Confirmar con {}";
    confirm_there: "Você não tem senha aqui: confirme em {} que é você.", "You have no password here: confirm at {} that it's you.", "Usted no tiene contraseña aquí: confirme en {} que es usted.";
    confirm_nowhere: "Você não tem senha, e a sua empresa não usa mais o provedor. Peça a um administrador um link para nova senha.", "You have no password, and your company no longer uses the provider. Ask an administrator for a link for a new password.", "Usted no tiene contraseña, y su empresa ya no usa el proveedor. Pida a un administrador un enlace para nueva contraseña.";

    // One's own account, and a user's.
    identity: "Entrar com {}", "Log in with {}", "Entrar con {}";
    identity_lead: "Vincule a sua conta de {} para entrar no console com ela. Só você, já dentro, pode fazer isso.", "Link your {} account to log in to the console with it. Only you can do this, while logged in.", "Vincule su cuenta de {} para entrar en la consola con ella. Solo usted, ya dentro, puede hacerlo.";
    linked_since: "Vinculada desde {}", "Linked since {}", "Vinculada desde {}";
    not_linked: "Não vinculada", "Not linked", "No vinculada";
    link: "Vincular a minha conta", "Link my account", "Vincular mi cuenta";
    unlink: "Desvincular", "Unlink", "Desvincular";
    unlink_ask: "Desvincular esta conta? Ela deixa de abrir o console.", "Unlink this account? It will no longer open the console.", "¿Desvincular esta cuenta? Dejará de abrir la consola.";
    linked: "Conta vinculada.", "Account linked.", "Cuenta vinculada.";
    unlinked: "Conta desvinculada.", "Account unlinked.", "Cuenta desvinculada.";
    only_way: "Crie antes uma senha: sem ela você não entraria mais.", "Create a password first: without one you could no longer log in.", "Cree antes una contraseña: sin ella ya no podría entrar.";
    no_password: "Você ainda não tem senha aqui. O programa de atendimento pede uma.", "You have no password here yet. The attendants' program asks for one.", "Usted aún no tiene contraseña aquí. El programa de atención pide una.";
    create_password: "Criar uma senha", "Create a password", "Crear una contraseña";
    users_lead: "Com este vínculo a pessoa entra no console por {}. Quem o cria é a própria pessoa, em Minha conta ou pelo link de convite.", "With this link the user logs in to the console with {}. Only the user can make it, in My account or through the invitation.", "Con este vínculo la persona entra en la consola por {}. Lo hace ella misma, en Mi cuenta o por el enlace de invitación.";
    instead: "Usar {} em vez de uma senha", "Use {} instead of a password", "Usar {} en lugar de una contraseña";
    instead_hint: "Quem atende precisa de senha para o programa; pode criá-la depois em Minha conta.", "Attendants need a password for the program; it can be created later in My account.", "Quien atiende necesita contraseña para el programa; puede crearla después en Mi cuenta.";

    // The provider's page, for administrators.
    title: "Login da empresa (OpenID Connect)", "Company login (OpenID Connect)", "Inicio de sesión de la empresa (OpenID Connect)";
    short: "Login da empresa", "Company login", "Inicio de sesión de la empresa";
    is_on: "Ligado: {}", "On: {}", "Activado: {}";
    is_off: "Entrar no console com Microsoft Entra, Google, Keycloak e outros.", "Log in to the console with Microsoft Entra, Google, Keycloak and others.", "Entrar en la consola con Microsoft Entra, Google, Keycloak y otros.";
    open: "Configurar", "Set up", "Configurar";
    lead: "As pessoas entram no console com a conta que já têm na empresa. Quem não está vinculado a um usuário daqui não entra: o vínculo é feito pela própria pessoa, em Minha conta ou por um convite, e nunca pelo e-mail.", "People log in to the console with the account they already have in the company. An account that is not linked to a user here does not get in. People link it themselves, in My account or through an invitation; it is never matched by e-mail address.", "Las personas entran en la consola con la cuenta que ya tienen en la empresa. Quien no está vinculado a un usuario de aquí no entra: lo vincula la propia persona, en Mi cuenta o por una invitación, y nunca por el correo.";
    there: "No provedor", "At the provider", "En el proveedor";
    redirect: "Endereço de retorno", "Redirect address", "Dirección de retorno";
    redirect_hint: "Cadastre no provedor um aplicativo web com este endereço, exatamente assim. Depois copie de lá o ID e o segredo.", "Register a web application with this address at the provider, exactly like this. Then copy its ID and secret from there.", "Registre en el proveedor una aplicación web con esta dirección, exactamente así. Después copie de allí el ID y el secreto.";
    settings: "Provedor", "Provider", "Proveedor";
    name: "Nome no botão", "Name on the button", "Nombre en el botón";
    name_hint: "Por exemplo Microsoft, Google ou o nome da empresa.", "For example Microsoft, Google or the company's name.", "Por ejemplo Microsoft, Google o el nombre de la empresa.";
    issuer: "Emissor (issuer)", "Issuer", "Emisor (issuer)";
    issuer_hint: "O endereço https:// que o provedor informa, letra por letra.", "The https:// address that the provider gives, to the letter.", "La dirección https:// que informa el proveedor, letra por letra.";
    client_id: "ID do cliente", "Client ID", "ID del cliente";
    client_secret: "Segredo do cliente", "Client secret", "Secreto del cliente";
    kept: "Guardado. Deixe vazio para não mudar.", "Kept. Leave it empty to keep it.", "Guardado. Déjelo vacío para no cambiarlo.";
    authority: "Certificados próprios (PEM)", "Own certificates (PEM)", "Certificados propios (PEM)";
    authority_hint: "Só se o provedor usa uma autoridade da própria empresa.", "Only if the provider uses an authority of the company's own.", "Solo si el proveedor usa una autoridad de la propia empresa.";
    trust: "Confiar no segundo fator do provedor", "Trust the provider's second factor", "Confiar en el segundo factor del proveedor";
    trust_hint: "Quando o provedor diz que pediu um segundo fator, ele não é pedido de novo aqui.", "When the provider says that it asked for a second factor, it is not asked for again here.", "Cuando el proveedor dice que pidió un segundo factor, no se pide de nuevo aquí.";
    missing: "Preencha este campo.", "Fill this in.", "Complete este campo.";
    not_its_form: "Não está escrito certo.", "This is not valid.", "No está bien escrito.";
    not_https: "Precisa começar com https://.", "It must begin with https://.", "Debe empezar con https://.";
    saved: "Salvo. Teste e vincule a sua própria conta antes de avisar as pessoas.", "Saved. Test it and link your own account before you tell people.", "Guardado. Pruébelo y vincule su propia cuenta antes de avisar a las personas.";
    removed: "Removido. Todos entram só com senha.", "Removed. Everybody logs in with a password only.", "Eliminado. Todos entran solo con contraseña.";
    unusable: "O segredo guardado não abre mais. Preencha tudo de novo.", "The secret that was kept cannot be opened any more. Fill everything in again.", "El secreto guardado ya no se abre. Complete todo de nuevo.";
    password_first: "Crie antes uma senha em Minha conta: com esta mudança você não entraria mais.", "First create a password in My account: with this change you could no longer log in.", "Cree antes una contraseña en Mi cuenta: con este cambio ya no podría entrar.";
    test: "Testar", "Test", "Probar";
    test_lead: "Pergunta ao provedor e diz exatamente o que funciona. O ID e o segredo só são verificados em um login: vincule a sua conta em Minha conta.", "Asks the provider and says exactly what works. ID and secret are only checked at a login: link your account in My account.", "Pregunta al proveedor y dice exactamente qué funciona. El ID y el secreto solo se verifican en un inicio de sesión: vincule su cuenta en Mi cuenta.";
    remove: "Remover o provedor", "Remove the provider", "Eliminar el proveedor";
    remove_ask: "Remover o provedor? Quem não tem senha só volta a entrar com um link para nova senha.", "Remove the provider? Whoever has no password only gets in again by a link for a new password.", "¿Eliminar el proveedor? Quien no tiene contraseña solo vuelve a entrar con un enlace para nueva contraseña.";

    // What a test looks at, and what it finds.
    at_discovery: "Documento de descoberta", "Discovery document", "Documento de descubrimiento";
    at_issuer: "Emissor igual", "Same issuer", "Mismo emisor";
    at_addresses: "Endereços seguros", "Safe addresses", "Direcciones seguras";
    at_challenge: "PKCE com S256", "PKCE with S256", "PKCE con S256";
    at_algorithms: "Algoritmos", "Algorithms", "Algoritmos";
    at_keys: "Chaves", "Keys", "Claves";
    was_read: "Lido", "Read", "Leído";
    usable_keys: "{} que servem", "{} that can be used", "{} que sirven";
    not_said: "O provedor não diz se usa. É enviado assim mesmo.", "The provider does not say whether it does. It is sent all the same.", "El proveedor no dice si lo usa. Se envía igualmente.";
    other_issuer: "O provedor se chama {}. Escreva exatamente isso em Emissor.", "The provider calls itself {}. Write exactly that as the issuer.", "El proveedor se llama {}. Escriba exactamente eso en Emisor.";
    no_challenge: "O provedor não usa S256, que é obrigatório.", "The provider does not do S256, which is required.", "El proveedor no usa S256, que es obligatorio.";
    no_algorithm: "O provedor não assina com RS256 nem com ES256.", "The provider signs neither with RS256 nor with ES256.", "El proveedor no firma con RS256 ni con ES256.";
    strange: "A resposta não é a esperada: {}", "The answer is not what was expected: {}", "La respuesta no es la esperada: {}";
} }

/// What is looked at.
pub(super) fn look(w: &'static Words, look: Look) -> &'static str {
    match look {
        Look::Discovery => w.at_discovery,
        Look::Issuer => w.at_issuer,
        Look::Addresses => w.at_addresses,
        Look::Challenge => w.at_challenge,
        Look::Algorithms => w.at_algorithms,
        Look::Keys => w.at_keys,
    }
}

/// What came of it: `ok`, `warn` or `bad`, and in words.
pub(super) fn found(language: Language, found: &Found) -> (&'static str, String) {
    let w = Words::of(language);
    match found {
        Found::Good(what) if what.is_empty() => ("ok", w.was_read.to_owned()),
        Found::Good(what) if what.bytes().all(|b| b.is_ascii_digit()) => ("ok", fill(w.usable_keys, &[what])),
        Found::Good(what) => ("ok", what.clone()),
        Found::NotSaid => ("warn", w.not_said.to_owned()),
        Found::Bad(failure) => ("bad", failed(language, failure)),
    }
}

fn failed(language: Language, failure: &Failure) -> String {
    let w = Words::of(language);
    match failure {
        Failure::OtherIssuer(issuer) => fill(w.other_issuer, &[issuer]),
        Failure::NoChallenge => w.no_challenge.to_owned(),
        Failure::NoAlgorithm => w.no_algorithm.to_owned(),
        Failure::Busy => w.busy.to_owned(),
        Failure::Unreachable { reason, why, .. } => {
            let word = reasons::word(language, *reason);
            // The others say no more than that.
            let more = matches!(reason, Reason::NotSafe | Reason::Failed | Reason::Wait);
            if more { format!("{word}: {why}") } else { word.to_owned() }
        }
        Failure::Strange { step: Step::Keys, why } => fill(w.strange, &[&format!("JWKS · {why}")]),
        Failure::Strange { why, .. } => fill(w.strange, &[why]),
        other => fill(w.strange, &[&other.to_string()]),
    }
}
