//! The words of the pages about one's own account and second factors, in each language.

use store::Language;

macro_rules! words {
    ($($name:ident: $pt:literal, $en:literal, $es:literal;)*) => {
        /// The words of one language.
        pub(in crate::console) struct Words {
            $(pub(in crate::console) $name: &'static str,)*
        }
        static PT_BR: Words = Words { $($name: $pt,)* };
        static EN: Words = Words { $($name: $en,)* };
        static ES: Words = Words { $($name: $es,)* };

        #[cfg(test)]
        const TABLE: &[(&str, [&str; 3])] = &[$((stringify!($name), [$pt, $en, $es]),)*];
    };
}

words! {
    // One's own account.
    my_account: "Minha conta", "My account", "Mi cuenta";
    password_lead: "Trocar a senha encerra todos os seus outros acessos, também nos programas.", "Changing the password ends all your other logins, in programs too.", "Cambiar la contraseña termina todos sus otros accesos, también en los programas.";
    change_password: "Trocar a senha", "Change the password", "Cambiar la contraseña";
    current_password: "Senha atual", "Current password", "Contraseña actual";
    new_password: "Nova senha", "New password", "Nueva contraseña";
    new_password_again: "Nova senha outra vez", "New password again", "Nueva contraseña otra vez";
    password_changed: "Senha trocada. Os outros acessos terminaram.", "Password changed. The other logins have ended.", "Contraseña cambiada. Los otros accesos terminaron.";
    wrong_password: "Esta não é a sua senha.", "That is not your password.", "Esa no es su contraseña.";
    not_the_same: "As duas senhas são diferentes.", "The two passwords differ.", "Las dos contraseñas son diferentes.";

    // The second factor.
    factor: "Segundo fator", "Second factor", "Segundo factor";
    factor_lead: "Além da senha, um código do seu telefone. Quem descobrir a sua senha não entra sem ele.", "Beside the password, a code from your phone. Whoever finds out your password doesn't get in without it.", "Además de la contraseña, un código de su teléfono. Quien descubra su contraseña no entra sin él.";
    factor_is_off: "Desligado", "Off", "Desactivado";
    factor_is_on: "Ligado desde {}", "On since {}", "Activado desde {}";
    factor_on: "Segundo fator ligado", "Second factor on", "Segundo factor activado";
    app_on: "Ligar o aplicativo autenticador", "Switch the authenticator app on", "Activar la aplicación de autenticación";
    switch_on: "Ligar o segundo fator", "Switch on the second factor", "Activar el segundo factor";
    switch_off: "Desligar", "Switch off", "Desactivar";
    switch_off_lead: "Para desligar, confirme com a sua senha. Sem chaves de acesso, os códigos de recuperação deixam de valer.", "To switch it off, confirm with your password. Without passkeys, the recovery codes stop working.", "Para desactivarlo, confirme con su contraseña. Sin claves de acceso, los códigos de recuperación dejan de valer.";
    switched_off: "Segundo fator desligado.", "Second factor switched off.", "Segundo factor desactivado.";
    recovery: "Códigos de recuperação", "Recovery codes", "Códigos de recuperación";
    recovery_left: "Restam {} de {}.", "{} of {} are left.", "Quedan {} de {}.";
    recovery_lead: "Para quando você está sem o telefone. Cada um vale uma vez.", "For when you are without your phone. Each works once.", "Para cuando no tiene el teléfono. Cada uno sirve una vez.";
    recovery_used: "Você entrou com um código de recuperação, que agora não vale mais.", "You logged in with a recovery code, which no longer works.", "Entró con un código de recuperación, que ahora ya no vale.";
    new_codes: "Criar códigos novos", "Make new codes", "Crear códigos nuevos";
    new_codes_ask: "Criar códigos novos? Os atuais deixam de valer.", "Make new codes? The present ones stop working.", "¿Crear códigos nuevos? Los actuales dejan de valer.";
    codes_title: "Guarde os códigos de recuperação", "Keep the recovery codes", "Guarde los códigos de recuperación";
    codes_lead: "Eles não serão mostrados de novo. Sem o telefone e sem eles, só um administrador devolve o seu acesso.", "They will not be shown again. Without the phone and without them, only an administrator can give you back access.", "No se mostrarán de nuevo. Sin el teléfono y sin ellos, solo un administrador le devuelve el acceso.";
    copy_codes: "Copiar todos", "Copy all", "Copiar todos";
    kept_them: "Já guardei", "I have kept them", "Ya los guardé";
    set_up: "Ligar o segundo fator", "Switch on the second factor", "Activar el segundo factor";
    set_up_must: "A sua empresa pede um segundo fator. Ligue o seu para continuar.", "Your company asks for a second factor. Switch yours on to go on.", "Su empresa pide un segundo factor. Active el suyo para continuar.";
    set_up_1: "Abra o aplicativo autenticador do seu telefone e escolha adicionar uma conta.", "Open the authenticator app on your phone and choose to add an account.", "Abra la aplicación de autenticación de su teléfono y elija agregar una cuenta.";
    set_up_2: "Leia este código com a câmera, ou digite a chave.", "Read this code with the camera, or type the key.", "Lea este código con la cámara, o escriba la clave.";
    set_up_3: "Digite aqui os seis dígitos que o aplicativo mostra.", "Type the six digits that the app shows here.", "Escriba aquí los seis dígitos que muestra la aplicación.";
    qr: "Código QR com a chave", "QR code with the key", "Código QR con la clave";
    key: "Chave", "Key", "Clave";
    code: "Código de verificação", "Verification code", "Código de verificación";
    code_hint: "Seis dígitos do seu aplicativo autenticador.", "Six digits from your authenticator app.", "Seis dígitos de su aplicación de autenticación.";
    code_or_recovery: "Do seu aplicativo autenticador, ou um código de recuperação.", "From your authenticator app, or a recovery code.", "De su aplicación de autenticación, o un código de recuperación.";
    wrong_code: "Este código não confere ou já foi usado. Espere o próximo e tente de novo.", "This code doesn't match or was used already. Wait for the next one and try again.", "Este código no coincide o ya fue usado. Espere el próximo e inténtelo de nuevo.";
    offer_over: "Esta chave ficou velha. Use a nova.", "This key is out of date. Use the new one.", "Esta clave quedó vieja. Use la nueva.";

    // The second step of a login.
    step_title: "Confirme com o segundo fator", "Confirm with your second factor", "Confirme con el segundo factor";
    without_phone: "Está sem o telefone?", "Without your phone?", "¿No tiene el teléfono?";
    recovery_code: "Código de recuperação", "Recovery code", "Código de recuperación";
    too_late: "Passou tempo demais desde a senha. Entre de novo.", "Too much time has passed since the password. Log in again.", "Pasó demasiado tiempo desde la contraseña. Entre de nuevo.";
    other_user: "Entrar com outro usuário", "Log in as somebody else", "Entrar con otro usuario";

    // Once more, before something that matters.
    confirm_title: "Confirme que é você", "Confirm that it's you", "Confirme que es usted";
    confirm_lead: "O próximo passo só você mesmo pode dar. Depois disso não perguntamos por 15 minutos.", "Only you yourself can take the next step. We won't ask again for 15 minutes.", "El próximo paso solo puede darlo usted. Después no preguntamos durante 15 minutos.";
    confirm: "Confirmar", "Confirm", "Confirmar";

    // For administrators.
    security: "Segurança dos acessos", "Security of logins", "Seguridad de los accesos";
    require: "Exigir o segundo fator", "Require the second factor", "Exigir el segundo factor";
    require_hint: "Quem ainda não tem é levado a ligá-lo ao entrar. No programa de atendimento só entra quem já ligou.", "Users without one are asked to set it up at login. Only users who have it can log in to the attendants' program.", "A quien aún no lo tenga se le pide activarlo al entrar. Al programa de atención solo entra quien ya lo activó.";
    have_it: "{} de {} usuários já têm.", "{} of {} users have it.", "{} de {} usuarios ya lo tienen.";
    reset: "Tirar o segundo fator", "Take the second factor away", "Quitar el segundo factor";
    reset_hint: "Para quem perdeu o telefone e os códigos de recuperação. Confirme antes que é mesmo a pessoa.", "For somebody who has lost both phone and recovery codes. First make sure that it really is them.", "Para quien perdió el teléfono y los códigos de recuperación. Confirme antes que es realmente la persona.";
    reset_ask: "Tirar o segundo fator de {}? A senha sozinha volta a bastar para entrar.", "Take the second factor of {} away? The password alone will do to log in again.", "¿Quitar el segundo factor de {}? La contraseña sola volverá a bastar para entrar.";
}

impl Words {
    /// The words of a language.
    pub(in crate::console) fn of(language: Language) -> &'static Self {
        match language {
            Language::PtBr => &PT_BR,
            Language::En => &EN,
            Language::Es => &ES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_there_and_takes_the_same_values_in_each_language() {
        for (name, texts) in TABLE {
            let places = texts.map(|text| text.matches("{}").count());
            assert!(texts.iter().all(|text| !text.trim().is_empty() && !text.contains('!')), "{name}");
            assert!(places.iter().all(|p| *p == places[0]), "{name}: {places:?}");
        }
    }
}
