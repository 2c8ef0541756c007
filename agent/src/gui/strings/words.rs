//! The fixed texts, one row each: name, pt-BR, en, es. A row without one of them does not compile.
//!
//! Voice: a calm colleague. Sentence case, no exclamation marks, no blame, the verb on the button is the verb in the title.

use super::Language;

macro_rules! table {
    ($(#[$doc:meta])* $kind:ident { $($name:ident: $pt:literal, $en:literal, $es:literal;)* }) => {
        $(#[$doc])*
        #[allow(missing_docs)]
        #[derive(Debug, Clone, Copy)]
        pub struct $kind {
            $(pub $name: &'static str,)*
        }

        impl $kind {
            /// The texts in a language.
            pub fn of(language: Language) -> &'static Self {
                static PT_BR: $kind = $kind { $($name: $pt,)* };
                static EN: $kind = $kind { $($name: $en,)* };
                static ES: $kind = $kind { $($name: $es,)* };
                match language {
                    Language::PtBr => &PT_BR,
                    Language::En => &EN,
                    Language::Es => &ES,
                }
            }

            /// Name and text of each row.
            pub fn rows(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

table! {
    /// What the pages draw themselves.
    Words {
        about: "Sobre o Amparo", "About Amparo", "Acerca de Amparo";
        about_licences: "Amparo é oferecido sob as licenças MIT e Apache 2.0. Os textos usam a fonte Inter (OFL), os ícones são do Lucide (ISC) e as janelas são feitas com Slint.", "Amparo is available under the MIT and Apache 2.0 licences. Text is set in Inter (OFL), icons are from Lucide (ISC), and the windows are made with Slint.", "Amparo se ofrece bajo las licencias MIT y Apache 2.0. Los textos usan la fuente Inter (OFL), los iconos son de Lucide (ISC) y las ventanas están hechas con Slint.";
        alarm_ask: "Algo pareceu errado?", "Did something seem wrong?", "¿Algo le pareció extraño?";
        alarm_explained: "O aviso vai aos administradores da empresa, não ao atendente.", "This goes to the company's administrators, not to the attendant.", "El aviso va a los administradores de la empresa, no al agente.";
        alarm_raise: "Avisar a empresa", "Tell the company", "Avisar a la empresa";
        alarm_sending: "O aviso segue assim que houver contato.", "Your warning goes out as soon as there is contact.", "El aviso se enviará en cuanto haya contacto.";
        alarm_sent: "A empresa foi avisada.", "The company was told.", "La empresa fue avisada.";
        all_monitors: "todos os monitores", "all monitors", "todos los monitores";
        allowed_now: "Permitido agora", "Allowed now", "Permitido ahora";
        always_while_it_lasts: "sempre, enquanto durar", "always, while it lasts", "siempre, mientras dure";
        asks_permission: "pede permissão", "asks for permission", "pide permiso";
        back: "Voltar", "Back", "Volver";
        back_home: "Voltar ao início", "Back to start", "Volver al inicio";
        cancel: "Cancelar", "Cancel", "Cancelar";
        category: "Classificação", "Category", "Clasificación";
        certificate_valid: "Certificado válido", "Valid certificate", "Certificado válido";
        check_code: "Código de conferência", "Check code", "Código de verificación";
        check_code_hint: "O cliente vê o mesmo código. Se for diferente, cancele.", "The customer sees the same code. If it differs, cancel.", "El cliente ve el mismo código. Si es distinto, cancele.";
        close: "Fechar", "Close", "Cerrar";
        code: "Código", "Code", "Código";
        connect: "Conectar", "Connect", "Conectar";
        connect_to: "Conectar a", "Connect to", "Conectar a";
        connecting: "Conectando…", "Connecting…", "Conectando…";
        consent_hint: "Arquivos e área de transferência são pedidos à parte.", "Files and clipboard are asked for separately.", "Los archivos y el portapapeles se piden aparte.";
        consent_hint_code: "O atendente vê o mesmo código. Arquivos e área de transferência são pedidos à parte.", "The attendant sees the same code. Files and clipboard are asked for separately.", "Quien atiende ve el mismo código. Los archivos y el portapapeles se piden aparte.";
        control: "Controle", "Control", "Control";
        copied: "Copiado", "Copied", "Copiado";
        copy: "Copiar", "Copy", "Copiar";
        copy_both: "Copiar ID e senha", "Copy ID and password", "Copiar ID y contraseña";
        copy_address: "Copiar endereço", "Copy address", "Copiar dirección";
        copy_details: "Copiar detalhes", "Copy details", "Copiar detalles";
        copy_id: "Copiar ID", "Copy ID", "Copiar ID";
        copy_password: "Copiar senha", "Copy password", "Copiar contraseña";
        copy_protocol: "Copiar protocolo", "Copy protocol number", "Copiar protocolo";
        customer: "Cliente", "Customer", "Cliente";
        decline: "Recusar", "Decline", "Rechazar";
        details: "Detalhes", "Details", "Detalles";
        do_not_allow: "Não permitir", "Don't allow", "No permitir";
        e_mail: "E-mail", "E-mail", "Correo electrónico";
        end: "Encerrar", "End", "Finalizar";
        end_any_time: "Encerrar a qualquer hora", "End at any time", "Finalizar en cualquier momento";
        fields_lead: "Assim o atendente já sabe quem você é.", "So the attendant knows who you are.", "Así quien atiende ya sabe quién es usted.";
        fields_title: "Antes de começar", "Before you start", "Antes de empezar";
        finish: "Concluir", "Finish", "Concluir";
        full_screen: "Tela cheia", "Full screen", "Pantalla completa";
        go_on: "Continuar", "Continue", "Continuar";
        hide_password: "Ocultar senha", "Hide password", "Ocultar contraseña";
        i_am_an_attendant: "Sou atendente", "I'm an attendant", "Atiendo clientes";
        id: "ID", "ID", "ID";
        leave_full_screen: "Sair da tela cheia", "Leave full screen", "Salir de pantalla completa";
        leave_request: "Deixar um pedido", "Leave a request", "Dejar una solicitud";
        log_in: "Entrar", "Log in", "Entrar";
        log_out: "Sair", "Log out", "Cerrar sesión";
        logging_in: "Entrando…", "Logging in…", "Entrando…";
        login_code: "Código de verificação", "Verification code", "Código de verificación";
        login_code_hint: "Do seu aplicativo autenticador, ou um código de recuperação. Chaves de acesso valem só no console.", "From your authenticator app, or a recovery code. Passkeys work in the console only.", "De su aplicación de autenticación, o un código de recuperación. Las claves de acceso valen solo en la consola.";
        login_title: "Entrar como atendente", "Log in as attendant", "Entrar para atender";
        more: "Mais", "More", "Más";
        mouse_and_keyboard: "Mouse e teclado", "Mouse and keyboard", "Ratón y teclado";
        new_customer: "Novo cliente para você", "A customer for you", "Un cliente para usted";
        next_customer: "Atender o próximo", "Take the next", "Atender al siguiente";
        new_ticket_title: "Abrir um novo ticket?", "Open a new ticket?", "¿Abrir un ticket nuevo?";
        no_ticket: "Sem ticket: abrir um novo", "No ticket: open a new one", "Sin ticket: abrir uno nuevo";
        nobody_sees: "Ninguém vê sua tela sem a sua permissão", "Nobody sees your screen without your permission", "Nadie ve su pantalla sin su permiso";
        nobody_waiting: "Ninguém aguardando. Quando um cliente abrir o programa, ele aparece aqui.", "Nobody waiting. When a customer opens the program, they appear here.", "Nadie en espera. Cuando un cliente abra el programa, aparecerá aquí.";
        note: "Observação", "Note", "Observación";
        ok: "OK", "OK", "Aceptar";
        one_to_one: "Tamanho real", "Actual size", "Tamaño real";
        open_and_go_on: "Abrir e continuar", "Open and continue", "Abrir y continuar";
        owner: "Responsável", "Owner", "Responsable";
        partner_id: "ID do parceiro", "Partner's ID", "ID del cliente";
        partner_password: "Senha do parceiro", "Partner's password", "Contraseña del cliente";
        partner_password_lead: "Peça os 8 caracteres que estão na tela do cliente.", "Ask for the 8 characters on the customer's screen.", "Pida los 8 caracteres que están en la pantalla del cliente.";
        password: "Senha", "Password", "Contraseña";
        paste_credentials: "Colar credenciais", "Paste credentials", "Pegar credenciales";
        paste_hint: "Copiou as credenciais no console? Cole aqui: a senha não será pedida.", "Copied the credentials in the console? Paste them here: no password will be asked for.", "¿Copió las credenciales en la consola? Péguelas aquí: no se pedirá la contraseña.";
        protocol: "Protocolo", "Protocol number", "Protocolo";
        reconnecting: "Reconectando…", "Reconnecting…", "Reconectando…";
        recorded_later: "O sistema de tickets não responde. A ação será registrada quando ele voltar.", "The ticketing system isn't answering. The action will be recorded when it's back.", "El sistema de tickets no responde. La acción se registrará cuando vuelva.";
        renew_password: "Gerar outra senha", "Make another password", "Generar otra contraseña";
        request_left: "Pedido registrado", "Request left", "Solicitud registrada";
        request_text: "O que a empresa precisa saber?", "What should the company know?", "¿Qué debe saber la empresa?";
        returning_explained: "O ID e a senha continuam os mesmos. Deixe esta janela aberta.", "ID and password stay the same. Leave this window open.", "El ID y la contraseña siguen siendo los mismos. Deje esta ventana abierta.";
        save_receipt: "Salvar recibo", "Save receipt", "Guardar recibo";
        scaled: "Ajustada", "Fit to window", "Ajustada";
        search: "Buscar", "Search", "Buscar";
        searching: "Buscando…", "Searching…", "Buscando…";
        see_the_screen: "Ver a tela", "See the screen", "Ver la pantalla";
        see_your_screen: "Ver a sua tela", "See your screen", "Ver su pantalla";
        sees_the_screen: "Vê a tela", "Sees the screen", "Ve la pantalla";
        send_request: "Enviar pedido", "Send request", "Enviar solicitud";
        sending: "Enviando…", "Sending…", "Enviando…";
        session_bar: "Sessão de suporte", "Support session", "Sesión de soporte";
        session_ended: "Sessão encerrada", "Session ended", "Sesión finalizada";
        show_password: "Mostrar senha", "Show password", "Mostrar contraseña";
        start_session: "Iniciar sessão", "Start session", "Iniciar sesión";
        starting: "Iniciando…", "Starting…", "Iniciando…";
        status: "Situação", "Status", "Estado";
        stop_watching: "Parar de mostrar", "Stop showing", "Dejar de mostrar";
        take: "Atender", "Take", "Atender";
        subject: "Assunto", "Subject", "Asunto";
        this_session: "Esta sessão", "This session", "Esta sesión";
        ticket: "Ticket", "Ticket", "Ticket";
        ticket_number: "Número do ticket", "Ticket number", "Número de ticket";
        try_now: "Tentar agora", "Try now", "Probar ahora";
        trying: "Tentando…", "Trying…", "Probando…";
        use_mouse_and_keyboard: "Usar mouse e teclado", "Use mouse and keyboard", "Usar ratón y teclado";
        uses_mouse_and_keyboard: "Usa mouse e teclado", "Uses mouse and keyboard", "Usa ratón y teclado";
        view_only: "Só ver", "View only", "Solo ver";
        waiting_customers: "Clientes aguardando", "Customers waiting", "Clientes en espera";
        waiting_for_picture: "Esperando a primeira imagem…", "Waiting for the first picture…", "Esperando la primera imagen…";
        watch: "Acompanhar", "Watch", "Observar";
        watch_title: "Acompanhar esta sessão?", "Watch this session?", "¿Observar esta sesión?";
        watching: "Só acompanhando", "Watching only", "Solo observando";
        which_ticket: "Qual ticket?", "Which ticket?", "¿Qué ticket?";
        you_can_untick: "você pode desmarcar", "you can untick this", "puede desmarcarlo";
        your_id: "Seu ID", "Your ID", "Su ID";
        your_password: "Sua senha", "Your password", "Su contraseña";
        close_program: "Fechar o programa", "Close the program", "Cerrar el programa";
        partly_lead: "Isto continua neste computador. Se um arquivo estiver em uso, feche o que o usa e tente de novo.", "This is still on this computer. If a file is in use, close what uses it and try again.", "Esto sigue en este equipo. Si un archivo está en uso, cierre lo que lo usa e intente de nuevo.";
        partly_title: "Nem tudo foi removido", "Not everything was removed", "No todo se quitó";
        remove: "Remover", "Remove", "Quitar";
        remove_lead: "Nada foi instalado. É só isto que fica neste computador, e é isto que sai. O programa para de atender em seguida.", "Nothing was installed. This is all that stays on this computer, and this is what goes. The program stops working afterwards.", "No se instaló nada. Esto es todo lo que queda en este equipo, y es lo que se va. Después el programa deja de funcionar.";
        remove_links: "A abertura dos links amparo: neste usuário", "Opening of amparo: links for this user", "La apertura de los enlaces amparo: para este usuario";
        remove_logins: "Nome de usuário e chaves de atendente", "User name and attendant's keys", "Nombre de usuario y claves de quien atiende";
        remove_menu: "Remover deste computador", "Remove from this computer", "Quitar de este equipo";
        remove_receipts: "Recibos e relatórios de falha que o programa guardou", "Receipts and crash reports that the program kept", "Recibos e informes de fallos que el programa guardó";
        remove_settings: "Configurações e idioma", "Settings and language", "Configuración e idioma";
        remove_stays: "Fica o arquivo do programa, que você mesmo pode apagar depois, e o que você salvou em outras pastas.", "The program's own file stays, which you can delete afterwards, and so does what you saved in other folders.", "Queda el archivo del programa, que usted mismo puede borrar después, y lo que guardó en otras carpetas.";
        remove_title: "Remover o que o programa guarda aqui?", "Remove what the program keeps here?", "¿Quitar lo que el programa guarda aquí?";
        remove_versions: "Versões anteriores deixadas pelas atualizações", "Earlier versions that updates left", "Versiones anteriores que dejaron las actualizaciones";
        removed_lead: "Feche o programa. O arquivo dele já pode ser apagado:", "Close the program. Its file may be deleted now:", "Cierre el programa. Su archivo ya se puede borrar:";
        removed_title: "Tudo foi removido", "Everything was removed", "Todo se quitó";
        removing: "Removendo…", "Removing…", "Quitando…";
        try_again: "Tentar de novo", "Try again", "Intentar de nuevo";
        copy_report: "Copiar relatório", "Copy report", "Copiar informe";
        crash_lead: "Ele diz onde o programa parou, sem senhas, números, nomes nem o que foi digitado. Nada é enviado sozinho: se quiser ajudar, copie ou salve e mande a quem dá suporte.", "It says where the program stopped, without passwords, numbers, names or anything that was typed. Nothing is sent by itself: to help, copy or save it and send it to your support.", "Dice dónde se detuvo el programa, sin contraseñas, números, nombres ni lo que se escribió. Nada se envía solo: si quiere ayudar, cópielo o guárdelo y mándelo a su soporte.";
        crash_offer: "O programa parou sozinho da última vez.", "The program stopped by itself last time.", "El programa se detuvo solo la última vez.";
        crash_title: "Relatório de falha", "Crash report", "Informe de fallo";
        delete: "Apagar", "Delete", "Borrar";
        delete_report: "Apagar relatório", "Delete report", "Borrar informe";
        read_report: "Ver relatório", "View report", "Ver informe";
        save_report: "Salvar relatório", "Save report", "Guardar informe";
        save: "Salvar", "Save", "Guardar";
        only_customer: "Só o cliente pode responder", "Only the customer can answer", "Solo el cliente puede responder";
        only_customer_lead: "O Windows do cliente pede uma permissão ou está bloqueado, e não mostra isso a mais ninguém. Peça ao cliente que responda; a imagem volta em seguida.", "The customer's Windows asks for a permission or is locked, and shows that to nobody else. Ask the customer to answer; the picture comes back then.", "El Windows del cliente pide un permiso o está bloqueado, y no lo muestra a nadie más. Pida al cliente que responda; la imagen vuelve después.";
        ctrl_alt_del: "Enviar Ctrl+Alt+Del", "Send Ctrl+Alt+Del", "Enviar Ctrl+Alt+Supr";
        ctrl_alt_del_title: "Ctrl+Alt+Del não foi enviado", "Ctrl+Alt+Del was not sent", "Ctrl+Alt+Supr no se envió";
        ask_administrator: "Pedir direitos de administrador", "Ask for administrator's rights", "Pedir derechos de administrador";
        administrator_asked: "Aguardando o cliente", "Waiting for the customer", "Esperando al cliente";
        administrator_on: "Esta sessão tem direitos de administrador", "This session has administrator's rights", "Esta sesión tiene derechos de administrador";
        administrator_title: "Direitos de administrador", "Administrator's rights", "Derechos de administrador";
        administrator_windows: "Em seguida o Windows pergunta mais uma vez. Só você pode responder a ele.", "Windows then asks once more. Only you can answer it.", "Después Windows pregunta una vez más. Solo usted puede responderle.";
        refuse: "Recusar", "Refuse", "Rechazar";
        with_administrator: "Com direitos de administrador", "With administrator's rights", "Con derechos de administrador";
    }
}

table! {
    /// What is put into a page's facts. Two asterisks make words stronger where the page can show it.
    Terms {
        altered_lead: "Este arquivo foi alterado e não vai abrir. Baixe de novo pelo link que você recebeu.", "This file was changed and won't open. Download it again from your link.", "Este archivo fue modificado y no se abrirá. Descárguelo de nuevo desde el enlace que recibió.";
        altered_title: "Arquivo alterado", "File changed", "Archivo modificado";
        altered_why: "Isso acontece quando o download fica incompleto ou quando alguém muda o programa depois de feito. Nada foi compartilhado.", "This happens when a download is incomplete or when someone changes the program after it was made. Nothing was shared.", "Esto ocurre cuando la descarga queda incompleta o cuando alguien cambia el programa después de hecho. No se compartió nada.";
        clock_lead: "A data e a hora deste computador parecem erradas. Acerte o relógio e abra o programa de novo.", "The date and time of this computer look wrong. Set the clock and open the program again.", "La fecha y la hora de este equipo parecen incorrectas. Ajuste el reloj y abra el programa de nuevo.";
        clock_title: "Confira a data e a hora", "Check the date and time", "Revise la fecha y la hora";
        clock_why: "Pelo relógio deste computador, o programa ainda não foi feito. Nada foi compartilhado.", "By this computer's clock, the program has not been made yet. Nothing was shared.", "Según el reloj de este equipo, el programa todavía no se hizo. No se compartió nada.";
        expired_lead: "O prazo deste programa acabou. Peça um novo link a quem presta o suporte.", "This program's time is over. Ask whoever supports you for a new link.", "El plazo de este programa terminó. Pida un enlace nuevo a quien le da soporte.";
        expired_title: "Programa vencido", "Program expired", "Programa vencido";
        expired_why: "A empresa deu a este programa uma data final. Se ela ainda não passou, confira o relógio do computador.", "The company gave this program an end date. If it has not passed, check the computer's clock.", "La empresa dio a este programa una fecha final. Si todavía no pasó, revise el reloj del equipo.";
        foreign_profile_lead: "O arquivo amparo.profile ao lado do programa não é desta empresa. Baixe de novo pelo link que você recebeu.", "The file amparo.profile beside the program isn't this company's. Download it again from your link.", "El archivo amparo.profile junto al programa no es de esta empresa. Descárguelo de nuevo desde el enlace que recibió.";
        foreign_profile_title: "Arquivo de outra empresa", "Another company's file", "Archivo de otra empresa";
        foreign_profile_why: "Este programa só aceita o perfil assinado por quem o fez. Nada foi compartilhado.", "This program only takes a profile signed by whoever made it. Nothing was shared.", "Este programa solo acepta el perfil firmado por quien lo hizo. No se compartió nada.";
        no_profile_lead: "Este programa não sabe a quem pedir ajuda. Baixe de novo pelo link que você recebeu.", "This program doesn't know whom to ask for help. Download it again from your link.", "Este programa no sabe a quién pedir ayuda. Descárguelo de nuevo desde el enlace que recibió.";
        no_profile_title: "Falta o perfil da empresa", "The company's profile is missing", "Falta el perfil de la empresa";
        no_profile_why: "Isso acontece quando o programa é separado do arquivo amparo.profile que veio com ele.", "This happens when the program is separated from the file amparo.profile that came with it.", "Esto ocurre cuando el programa se separa del archivo amparo.profile que vino con él.";
        waiting_title: "Aguardando um atendente", "Waiting for an attendant", "Esperando a quien atiende";
        returning_title: "Voltando à fila…", "Getting back in line…", "Volviendo a la fila…";
        returning_line: "A rede mudou. Seu lugar está guardado.", "The network changed. Your place is kept.", "La red cambió. Su lugar está guardado.";
        registering_line: "Obtendo um ID…", "Getting an ID…", "Obteniendo un ID…";
        wayland: "**O atendente não vê a tela inteira deste computador.** O sistema usa Wayland: aparecem e obedecem, no máximo, programas que ainda usam X11; o resto, às vezes tudo, fica preto. Para mostrar tudo, saia do sistema e entre de novo com a opção Xorg (X11).", "**The attendant does not see all of this computer's screen.** The system uses Wayland: at most, programs that still use X11 are seen and can be controlled; the rest, sometimes all of it, stays black. To show everything, log out of the system and in again with the option Xorg (X11).", "**Quien atiende no ve toda la pantalla de este equipo.** El sistema usa Wayland: como máximo se ven y se controlan programas que aún usan X11; el resto, a veces todo, queda negro. Para mostrar todo, cierre la sesión del sistema y entre de nuevo con la opción Xorg (X11).";
        waiting_explained: "O atendente já vê estes dados. Se ele pedir por telefone, leia os dois. **Ele só entra depois que você permitir.**", "The attendant already sees these. If asked by phone, read out both. **Nobody gets in until you allow it.**", "Quien atiende ya ve estos datos. Si los pide por teléfono, lea los dos. **Solo entra después de que usted lo permita.**";
        scam_warning: "Alguém ligou sem você pedir e quer estes números? **Desligue. É golpe.**", "Did someone call you unasked and want these numbers? **Hang up. It's a scam.**", "¿Alguien llamó sin que usted lo pidiera y quiere estos números? **Cuelgue. Es una estafa.**";
        allow: "Permitir", "Allow", "Permitir";
        administrator_warning: "Você não pediu esta ajuda, ou não sabe para que é? **Recuse.** A sessão continua sem isso.", "You didn't ask for this help, or don't know what it is for? **Refuse.** The session goes on without it.", "¿No pidió esta ayuda, o no sabe para qué es? **Rechace.** La sesión sigue sin esto.";
        new_ticket: "Um novo será aberto", "A new one will be opened", "Se abrirá uno nuevo";
        field_name: "Nome", "Name", "Nombre";
        field_email: "E-mail", "E-mail", "Correo electrónico";
        field_company: "Empresa", "Company", "Empresa";
        field_phone: "Telefone", "Phone", "Teléfono";
        field_document: "CNPJ ou CPF", "CNPJ or CPF", "CNPJ o CPF";
        field_subject: "O que está acontecendo?", "What is happening?", "¿Qué está pasando?";
        optional: "(opcional)", "(optional)", "(opcional)";
        status_available: "Disponível", "Available", "Disponible";
        status_meal: "Em pausa: refeição", "On break: meal", "En pausa: comida";
        status_rest: "Em pausa: descanso", "On break: rest", "En pausa: descanso";
        status_meeting: "Em pausa: reunião", "On break: meeting", "En pausa: reunión";
        status_training: "Em pausa: treinamento", "On break: training", "En pausa: capacitación";
        status_other_work: "Em pausa: outra tarefa", "On break: other work", "En pausa: otra tarea";
        status_offline: "Fora do atendimento", "Offline", "Fuera de la atención";
        nobody_to_pull: "Ninguém aguardando por você.", "Nobody is waiting for you.", "Nadie está esperando por usted.";
        offered_elsewhere: "Quem aguarda está sendo oferecido a outro atendente agora.", "Whoever waits is being offered to another attendant right now.", "Quien espera está siendo ofrecido a otro agente ahora.";
        not_available: "Fique disponível para atender o próximo.", "Become available to take the next one.", "Póngase disponible para atender al siguiente.";
        out_of_hours: "Fora do horário de atendimento", "Out of hours", "Fuera del horario de atención";
        nobody_available: "Ninguém disponível no momento", "Nobody is available just now", "Nadie disponible en este momento";
        nobody_available_line: "Espere aqui, ou deixe um pedido e a empresa procura você.", "Wait here, or leave a request and the company will contact you.", "Espere aquí, o deje una solicitud y la empresa le contactará.";
        service_ended: "Este serviço foi encerrado", "This service has ended", "Este servicio ha terminado";
        service_ended_line: "Ninguém atende mais por aqui. Fale com a empresa para saber como receber ajuda.", "Nobody helps here any more. Ask the company how to get help now.", "Ya nadie atiende aquí. Pregunte a la empresa cómo recibir ayuda ahora.";
        closed_line: "Deixe um pedido e a empresa procura você.", "Leave a request and the company will contact you.", "Deje una solicitud y la empresa le contactará.";
        request_not_taken: "O servidor não conseguiu registrar o pedido agora. Tente de novo.", "The server could not record the request just now. Try again.", "El servidor no pudo registrar la solicitud ahora. Intente de nuevo.";
        choose_category: "Escolha uma classificação.", "Choose a category.", "Elija una clasificación.";
        field_missing: "Falta preencher.", "This is needed.", "Falta completar.";
        field_malformed: "Confira: não parece certo.", "Check this: it doesn't look right.", "Verifíquelo: no parece correcto.";
        field_too_long: "Longo demais.", "Too long.", "Demasiado largo.";
        receipt_title: "Atendimento encerrado", "Support ended", "Atención finalizada";
        receipt_lost: "A conexão caiu e não voltou", "The connection was lost", "La conexión se perdió";
        attendant: "Atendente", "Attendant", "Atiende";
        audit_record: "Registro de auditoria", "Audit record", "Registro de auditoría";
        when: "Quando", "When", "Cuándo";
        duration: "Duração", "Duration", "Duración";
        allowed: "Permitido", "Allowed", "Permitido";
        allowed_screen: "Tela", "Screen", "Pantalla";
        allowed_both: "Tela, mouse e teclado", "Screen, mouse and keyboard", "Pantalla, ratón y teclado";
        allowed_nothing: "Nada", "Nothing", "Nada";
        ticket: "Ticket", "Ticket", "Ticket";
        protocol: "Protocolo", "Protocol number", "Protocolo";
        being_opened: "sendo aberto", "being opened", "abriéndose";
        check_network: "Rede", "Network", "Red";
        check_address: "Endereço do servidor", "Server address", "Dirección del servidor";
        check_answer: "Resposta do servidor", "Server answer", "Respuesta del servidor";
        network_good: "funcionando", "working", "funcionando";
        network_bad: "sem conexão", "no connection", "sin conexión";
        address_good: "encontrado", "found", "encontrada";
        address_bad: "não encontrado", "not found", "no encontrada";
        answer_good: "recebida", "received", "recibida";
        answer_bad: "nenhuma", "none", "ninguna";
        unknown: "ainda não", "not yet", "todavía no";
        trying_line: "Não é nada que você precise consertar. Tentando agora…", "Nothing you need to fix. Trying now…", "No es nada que usted deba arreglar. Probando ahora…";
        no_name: "Sem nome", "No name", "Sin nombre";
        nobody: "Ninguém", "Nobody", "Nadie";
        status_open: "Aberto", "Open", "Abierto";
        status_waiting: "Aguardando", "Waiting", "En espera";
        status_solved: "Resolvido", "Solved", "Resuelto";
        status_closed: "Fechado", "Closed", "Cerrado";
        reaching_title: "Chegando ao cliente…", "Reaching the customer…", "Llegando al cliente…";
        reaching_line: "Protegendo a conexão de ponta a ponta.", "Protecting the connection end to end.", "Protegiendo la conexión de extremo a extremo.";
        opening_title: "Permitido", "Allowed", "Permitido";
        opening_line: "Abrindo a tela do cliente…", "Opening the customer's screen…", "Abriendo la pantalla del cliente…";
        by_customer: "O cliente encerrou.", "The customer ended it.", "El cliente finalizó.";
        by_attendant: "Você encerrou.", "You ended it.", "Usted finalizó.";
        by_lost: "A conexão caiu e não voltou a tempo.", "The connection was lost and did not come back in time.", "La conexión se perdió y no volvió a tiempo.";
        by_watched_over: "A sessão acompanhada terminou.", "The session you watched is over.", "La sesión observada terminó.";
        by_server: "O servidor do suporte encerrou.", "The support server ended it.", "El servidor de soporte finalizó.";
        by_failure: "A sessão terminou por uma falha. Os detalhes estão no registro do programa.", "The session ended because of a fault. The program's log has the details.", "La sesión terminó por un fallo. Los detalles están en el registro del programa.";
        quality_unknown: "Medindo", "Measuring", "Midiendo";
        quality_good: "Boa", "Good", "Buena";
        quality_fair: "Regular", "Fair", "Regular";
        quality_poor: "Fraca", "Poor", "Débil";
        quality_lost: "Sem sinal", "No signal", "Sin señal";
        heading_unknown: "Medindo a conexão", "Measuring the connection", "Midiendo la conexión";
        heading_good: "Conexão boa", "Good connection", "Buena conexión";
        heading_fair: "Conexão regular", "Fair connection", "Conexión regular";
        heading_poor: "Conexão fraca", "Poor connection", "Conexión débil";
        heading_lost: "Sem contato", "No contact", "Sin contacto";
        why_good: "A imagem chega assim que a tela muda.", "The picture arrives as soon as the screen changes.", "La imagen llega en cuanto la pantalla cambia.";
        why_slow: "A distância atrasa a imagem e o que você digita.", "The distance delays the picture and what you type.", "La distancia retrasa la imagen y lo que escribe.";
        why_loss: "Parte dos pacotes se perde no caminho e precisa ser enviada de novo.", "Some packets are lost on the way and have to be sent again.", "Parte de los paquetes se pierde en el camino y debe enviarse de nuevo.";
        why_lost: "A outra ponta parou de responder. Estamos tentando voltar.", "The other end stopped answering. We are trying to get back.", "El otro extremo dejó de responder. Estamos intentando volver.";
        why_unknown: "Ainda não há medidas suficientes.", "Not enough measurements yet.", "Todavía no hay suficientes medidas.";
        path: "Caminho", "Path", "Ruta";
        frames: "Quadros", "Frames", "Cuadros";
        round_trip: "Ida e volta", "Round trip", "Ida y vuelta";
        loss: "Perda", "Loss", "Pérdida";
        data: "Dados", "Data", "Datos";
        picture: "Imagem", "Picture", "Imagen";
        protection: "Proteção", "Protection", "Protección";
        picture_unknown: "Esperando", "Waiting", "Esperando";
        picture_exact: "Exata", "Exact", "Exacta";
        picture_exact_and_video: "Texto exato + H.264", "Exact text + H.264", "Texto exacto + H.264";
        picture_video: "H.264", "H.264", "H.264";
        end_to_end: "Ponta a ponta", "End to end", "De extremo a extremo";
        login_rejected: "E-mail ou senha não conferem. Confira e tente de novo.", "E-mail or password don't match. Check and try again.", "El correo o la contraseña no coinciden. Verifique e intente de nuevo.";
        code_rejected: "Este código não confere ou já foi usado. Espere o próximo e tente de novo.", "This code doesn't match or was used already. Wait for the next one and try again.", "Este código no coincide o ya fue usado. Espere el próximo e intente de nuevo.";
        factor_missing: "Sua empresa pede um segundo fator. Ative-o em Minha conta, no console, e entre de novo.", "Your company asks for a second factor. Switch it on under My account in the console, then log in again.", "Su empresa pide un segundo factor. Actívelo en Mi cuenta, en la consola, y entre de nuevo.";
        login_not_allowed: "Este usuário não atende neste programa. Fale com quem administra o aplicativo.", "This user doesn't attend with this program. Talk to the app's administrator.", "Este usuario no atiende en este programa. Hable con quien administra la aplicación.";
        login_expired: "O registro deste computador venceu. Entre de novo.", "This computer's registration expired. Log in again.", "El registro de este equipo venció. Entre de nuevo.";
        server_away: "Sem contato com o servidor. Confira a rede e tente de novo.", "Can't reach the server. Check the network and try again.", "Sin contacto con el servidor. Revise la red e intente de nuevo.";
        partner_id_incomplete: "O ID tem 9 números.", "The ID has 9 digits.", "El ID tiene 9 números.";
        credentials_unreadable: "O que foi copiado não são credenciais do console.", "What was copied isn't credentials from the console.", "Lo copiado no son credenciales de la consola.";
        enabling: "Seu acesso precisa ser habilitado pelo administrador. Leia este código para ele; assim que ele habilitar, você pode conectar.", "Your access must be enabled by the administrator. Read this code to them; as soon as they enable it, you can connect.", "Su acceso debe ser habilitado por el administrador. Léale este código; en cuanto lo habilite, podrá conectarse.";
        not_enabled: "O administrador ainda não habilitou o seu acesso.", "The administrator has not enabled your access yet.", "El administrador aún no habilitó su acceso.";
        credentials_expired: "Estas credenciais venceram. Copie de novo no console.", "These credentials expired. Copy them again in the console.", "Estas credenciales vencieron. Cópielas de nuevo en la consola.";
        cannot_enter: "Não foi possível entrar com este ID e esta senha. Confira os dois com o cliente.", "Couldn't connect with this ID and password. Check both with the customer.", "No fue posible entrar con este ID y esta contraseña. Verifique los dos con el cliente.";
        partner_busy: "Este cliente já está em atendimento.", "This customer is already being helped.", "Este cliente ya está siendo atendido.";
        watch_not_allowed: "Você não tem o papel “Acompanha sessões”. Fale com o administrador.", "You don't have the role “Watches sessions”. Talk to the administrator.", "Usted no tiene el rol “Observa sesiones”. Hable con el administrador.";
        watch_program_old: "Este cliente já está em atendimento, e o programa dele é antigo demais para ser acompanhado.", "This customer is already being helped, and their program is too old to be watched.", "Este cliente ya está siendo atendido, y su programa es demasiado antiguo para ser observado.";
        watch_taken: "Outra pessoa já acompanha esta sessão.", "Somebody else watches this session already.", "Otra persona ya observa esta sesión.";
        watch_over: "Esta sessão não está em andamento.", "This session is not in progress.", "Esta sesión no está en curso.";
        watch_no_ticket: "O ticket desta sessão ainda não foi aberto. Tente de novo em instantes.", "This session's ticket is not open yet. Try again in a moment.", "El ticket de esta sesión aún no se abrió. Intente de nuevo en un momento.";
        refused: "O cliente não permitiu. Combine por telefone e tente de novo.", "The customer didn't allow it. Talk by phone, then try again.", "El cliente no lo permitió. Acuérdelo por teléfono e intente de nuevo.";
        partner_gone: "O programa do cliente foi fechado antes da resposta.", "The customer's program was closed before answering.", "El programa del cliente se cerró antes de responder.";
        not_protected: "A proteção de ponta a ponta não pôde ser confirmada. Nada foi compartilhado.", "End-to-end protection could not be confirmed. Nothing was shared.", "No se pudo confirmar la protección de extremo a extremo. No se compartió nada.";
        version_too_old: "As versões dos dois programas não combinam. Baixe a nova e tente de novo.", "The two programs' versions don't fit. Download the new one and try again.", "Las versiones de los dos programas no coinciden. Descargue la nueva e intente de nuevo.";
        ticketing_down: "O sistema de tickets não responde. Pode continuar: registramos quando ele voltar.", "The ticketing system isn't answering. Go on: it will be recorded when it's back.", "El sistema de tickets no responde. Puede continuar: lo registramos cuando vuelva.";
        connection_lost: "A conexão caiu e não voltou a tempo.", "The connection was lost and did not come back in time.", "La conexión se perdió y no volvió a tiempo.";
        cannot_record: "O servidor não consegue registrar a sessão agora, por isso ela não começou. Avise o administrador.", "The server can't record the session now, so it did not start. Tell the administrator.", "El servidor no puede registrar la sesión ahora, por eso no empezó. Avise al administrador.";
        too_many_attempts: "Muitas tentativas seguidas. Espere um minuto.", "Too many attempts in a row. Wait a minute.", "Demasiados intentos seguidos. Espere un minuto.";
        password_renewed: "Alguém errou a senha vezes demais. Ela foi trocada: a nova está acima.", "Someone got the password wrong too often. It was changed: the new one is above.", "Alguien erró la contraseña demasiadas veces. Se cambió: la nueva está arriba.";
        portuguese: "Português", "Português", "Português";
        english: "English", "English", "English";
        spanish: "Español", "Español", "Español";
        update_again: "Tentar a atualização de novo", "Try the update again", "Intentar la actualización de nuevo";
        update_clock: "A atualização não foi instalada: a data deste computador parece errada, ou a versão é antiga demais. Este programa continua funcionando.", "The update was not installed: this computer's date looks wrong, or the version is too old. This program goes on working.", "La actualización no se instaló: la fecha de este equipo parece incorrecta, o la versión es demasiado antigua. Este programa sigue funcionando.";
        update_did_not_start: "A versão nova não abriu neste computador, então a anterior voltou. Ela continua funcionando.", "The new version did not open on this computer, so the one before is back. It goes on working.", "La versión nueva no se abrió en este equipo, así que volvió la anterior. Sigue funcionando.";
        update_disk_full: "Não há espaço no disco para a atualização. Este programa continua funcionando.", "There is no room on the disk for the update. This program goes on working.", "No hay espacio en el disco para la actualización. Este programa sigue funcionando.";
        update_folder: "A atualização não pôde ser gravada na pasta deste programa. Ele continua funcionando; se quiser, baixe de novo pelo link.", "The update could not be written to this program's folder. It goes on working; you can also download it again from your link.", "La actualización no se pudo guardar en la carpeta de este programa. Sigue funcionando; también puede descargarlo de nuevo desde su enlace.";
        update_not_trusted: "O que veio como atualização não é de quem faz este programa e não foi instalado. Este programa continua funcionando.", "What came as an update is not from who makes this program, and was not installed. This program goes on working.", "Lo que llegó como actualización no es de quien hace este programa y no se instaló. Este programa sigue funcionando.";
        update_taken_away: "A atualização foi apagada antes de abrir, talvez pelo antivírus. Este programa continua funcionando.", "The update was deleted before it could open, perhaps by the antivirus. This program goes on working.", "La actualización fue borrada antes de abrirse, quizá por el antivirus. Este programa sigue funcionando.";
        updating: "Atualizando", "Updating", "Actualizando";
        not_now: "Agora não: há uma sessão ou uma atualização em andamento.", "Not now: a session or an update is under way.", "Ahora no: hay una sesión o una actualización en curso.";
        unreachable_title: "Sem contato com o suporte", "Can't reach support", "Sin contacto con el soporte";
        program_old_title: "Este programa ficou antigo", "This program is out of date", "Este programa quedó antiguo";
        server_old_title: "O suporte ainda não foi atualizado", "Support is not up to date yet", "El soporte todavía no se actualizó";
    }
}
