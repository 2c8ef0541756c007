//! The words about passkeys, in each language.

use super::super::{phrases::phrases, strings::Texts};

/// The words in the language of these texts.
pub(in crate::console) fn of(t: &Texts) -> &'static Words {
    Words::of(t.language)
}

phrases! {
    passkeys: "Chaves de acesso", "Passkeys", "Claves de acceso";
    lead: "Entre com a digital, o rosto ou o PIN do seu aparelho. Uma chave de acesso só funciona neste endereço, por isso uma página falsa não consegue usá-la.", "Log in with your device's fingerprint, face or PIN. A passkey works at this address only, so a fake page cannot use it.", "Entre con la huella, el rostro o el PIN de su dispositivo. Una clave de acceso solo funciona en esta dirección, así una página falsa no puede usarla.";
    add: "Adicionar chave de acesso", "Add a passkey", "Agregar clave de acceso";
    none: "Você ainda não tem chaves de acesso.", "You have no passkeys yet.", "Aún no tiene claves de acceso.";
    name: "Nome", "Name", "Nombre";
    name_hint: "Para reconhecê-la depois: notebook do trabalho, telefone.", "To know it by later: work laptop, phone.", "Para reconocerla después: portátil del trabajo, teléfono.";
    made: "Criada em", "Made on", "Creada el";
    used: "Último uso", "Last used", "Último uso";
    never_used: "Nunca usada", "Never used", "Nunca usada";
    remove: "Remover", "Remove", "Quitar";
    remove_ask: "Remover a chave de acesso “{}”? Ela deixa de abrir esta conta.", "Remove the passkey “{}”? It no longer opens this account.", "¿Quitar la clave de acceso “{}”? Dejará de abrir esta cuenta.";
    added: "Chave de acesso adicionada.", "Passkey added.", "Clave de acceso agregada.";
    removed: "Chave de acesso removida.", "Passkey removed.", "Clave de acceso quitada.";
    make: "Criar a chave de acesso", "Make the passkey", "Crear la clave de acceso";
    make_lead: "O navegador vai perguntar onde guardá-la: neste aparelho, no telefone ou em uma chave de segurança.", "The browser will ask where to keep it: on this device, on a phone or on a security key.", "El navegador preguntará dónde guardarla: en este dispositivo, en el teléfono o en una llave de seguridad.";
    program: "O programa de atendimento não usa chaves de acesso. Nele você entra com a senha e um código do aplicativo autenticador, ou com um código de recuperação.", "The attendants' program does not use passkeys. There you log in with your password and a code of the authenticator app, or with a recovery code.", "El programa de atención no usa claves de acceso. Allí entra con la contraseña y un código de la aplicación de autenticación, o con un código de recuperación.";
    no_name: "Este console é aberto por um endereço IP, e navegadores não criam chaves de acesso para endereços IP. Peça a quem cuida do servidor um endereço com nome.", "This console is opened by an IP address, and browsers make no passkeys for IP addresses. Ask whoever looks after the server for an address with a name.", "Esta consola se abre con una dirección IP, y los navegadores no crean claves de acceso para direcciones IP. Pida a quien cuida el servidor una dirección con nombre.";
    missing: "Uma chave de acesso precisa de JavaScript e de um navegador que a conheça. O código do aplicativo autenticador continua valendo.", "A passkey needs JavaScript and a browser that knows passkeys. The authenticator app's code goes on working.", "Una clave de acceso necesita JavaScript y un navegador que la conozca. El código de la aplicación de autenticación sigue valiendo.";
    log_in: "Entrar com chave de acesso", "Log in with a passkey", "Entrar con clave de acceso";
    use_it: "Usar chave de acesso", "Use a passkey", "Usar clave de acceso";
    confirm: "Confirmar com chave de acesso", "Confirm with a passkey", "Confirmar con clave de acceso";
    instead: "Usar uma chave de acesso", "Use a passkey instead", "Usar una clave de acceso";
    cancelled: "Cancelado ou demorou demais. Tente de novo.", "Cancelled, or it took too long. Try again.", "Cancelado, o tardó demasiado. Inténtelo de nuevo.";
    exists: "Este aparelho já tem uma chave de acesso desta conta.", "This device already has a passkey of this account.", "Este dispositivo ya tiene una clave de acceso de esta cuenta.";
    failed: "O navegador não pôde usar a chave de acesso. Ela só vale no endereço próprio do console.", "The browser couldn't use the passkey. It works at the console's own address only.", "El navegador no pudo usar la clave de acceso. Solo vale en la dirección propia de la consola.";
    refused: "Esta chave de acesso não foi aceita. Tente de novo ou entre de outro jeito.", "This passkey was not accepted. Try again or log in another way.", "Esta clave de acceso no fue aceptada. Inténtelo de nuevo o entre de otra forma.";
    not_made: "A chave de acesso não pôde ser criada. Tente de novo.", "The passkey could not be made. Try again.", "La clave de acceso no pudo crearse. Inténtelo de nuevo.";
    bad_name: "Dê um nome de até 60 letras.", "Give it a name of up to 60 letters.", "Póngale un nombre de hasta 60 letras.";
    too_many: "Esta chave de acesso já existe, ou você tem o máximo de 20.", "This passkey is there already, or you have the most one may have, 20.", "Esta clave de acceso ya existe, o tiene el máximo de 20.";
}
