//! Every text of the console, in each of its languages.
//!
//! Read by the templates. One table: a text that lacks a language does not compile. Nothing here ever comes from outside.

mod asked;
mod number;

use store::Language;

pub(super) use asked::asked_for;
pub(super) use number::number;

macro_rules! texts {
    ($($name:ident: $pt:literal, $en:literal, $es:literal;)*) => {
        /// The texts of one language.
        pub(super) struct Texts {
            /// Which.
            pub(super) language: Language,
            $(pub(super) $name: &'static str,)*
        }

        static PT_BR: Texts = Texts { language: Language::PtBr, $($name: $pt,)* };
        static EN: Texts = Texts { language: Language::En, $($name: $en,)* };
        static ES: Texts = Texts { language: Language::Es, $($name: $es,)* };

        #[cfg(test)]
        const TABLE: &[(&str, [&str; 3])] = &[$((stringify!($name), [$pt, $en, $es]),)*];
    };
}

texts! {
    // The frame of every page.
    tag: "pt-BR", "en", "es";
    skip: "Ir para o conteúdo", "Skip to content", "Ir al contenido";
    navigation: "Navegação", "Navigation", "Navegación";
    choose_language: "Idioma", "Language", "Idioma";
    attendance: "Atendimento", "Attendance", "Atención";
    attend_short: "Atender", "Attend", "Atender";
    tickets: "Tickets", "Tickets", "Tickets";
    history: "Histórico", "History", "Historial";
    administration: "Administração", "Administration", "Administración";
    users: "Usuários", "Users", "Usuarios";
    unsent: "Ações por enviar", "Unsent actions", "Acciones por enviar";
    connections: "Sistemas de tickets", "Ticketing systems", "Sistemas de tickets";
    app: "Aplicativo", "App", "Aplicación";
    more: "Mais", "More", "Más";
    logout: "Sair", "Log out", "Salir";
    actions: "Ações", "Actions", "Acciones";
    cancel: "Cancelar", "Cancel", "Cancelar";
    back: "Voltar", "Back", "Volver";
    copy: "Copiar", "Copy", "Copiar";
    copied: "Copiado", "Copied", "Copiado";
    not_copied: "O navegador não deixou copiar. Selecione o texto e use Ctrl+C.", "The browser did not allow copying. Select the text and use Ctrl+C.", "El navegador no permitió copiar. Seleccione el texto y use Ctrl+C.";
    show_more: "Mostrar mais", "Show more", "Mostrar más";
    newest: "Mais recentes", "Newest", "Más recientes";

    // Login and set-up.
    log_in: "Entrar", "Log in", "Entrar";
    login_name: "Usuário", "User", "Usuario";
    password: "Senha", "Password", "Contraseña";
    continue_: "Continuar", "Continue", "Continuar";
    wrong_login: "Usuário ou senha não confere.", "User or password is wrong.", "El usuario o la contraseña no coinciden.";
    too_many: "Muitas tentativas. Espere {} s e tente de novo.", "Too many tries. Wait {} s, then try again.", "Demasiados intentos. Espere {} s e inténtelo de nuevo.";
    no_check: "O servidor não consegue conferir agora. Tente de novo em instantes.", "The server can't check this now. Try again in a moment.", "El servidor no puede comprobarlo ahora. Inténtelo de nuevo en un momento.";
    logged_out: "Você saiu. Os programas em que você entrou também saíram.", "You are logged out, also in the programs you were logged in to.", "Ha salido, también en los programas en los que había entrado.";
    session_idle: "Você ficou mais de 30 minutos sem usar o console, e sua sessão terminou. Entre de novo para continuar.", "You did not use the console for more than 30 minutes, and your login has ended. Log in again to go on.", "Estuvo más de 30 minutos sin usar la consola y su sesión terminó. Entre de nuevo para continuar.";
    typed_stays: "O que você digitou continua aqui: envie, entre de novo e siga.", "What you typed is still here: send it, log in again and go on.", "Lo que escribió sigue aquí: envíelo, entre de nuevo y siga.";
    session_over: "Sua sessão terminou. Entre de novo para continuar.", "Your login has ended. Log in again to go on.", "Su sesión terminó. Entre de nuevo para continuar.";
    setup: "Primeira configuração", "First set-up", "Primera configuración";
    setup_lead: "Diga quem é a empresa e quem administra. Depois disso este link deixa de existir.", "Enter the company and its first administrator. After that this link stops working.", "Diga quién es la empresa y quién administra. Después este enlace deja de existir.";
    company: "Empresa", "Company", "Empresa";
    company_name: "Nome da empresa", "Company name", "Nombre de la empresa";
    company_hint: "Aparece para os clientes no pedido de acesso.", "Customers see it when access is asked for.", "Los clientes lo ven cuando se pide el acceso.";
    first_admin: "Primeiro administrador", "First administrator", "Primer administrador";
    administrator: "Administrador", "Administrator", "Administrador";
    your_name: "Seu nome", "Your name", "Su nombre";
    your_name_hint: "Clientes e colegas veem este nome.", "Customers and colleagues see this name.", "Clientes y colegas ven este nombre.";
    login_hint: "Por exemplo ana ou ana@empresa.com.br.", "For example ana or ana@company.com.", "Por ejemplo ana o ana@empresa.com.";
    password_again: "Senha outra vez", "Password again", "Contraseña otra vez";
    password_hint: "Pelo menos 10 caracteres. Uma frase curta serve bem.", "At least 10 characters. A short sentence works well.", "Al menos 10 caracteres. Una frase corta sirve bien.";
    step_company: "Como os clientes conhecem você", "How customers know you", "Cómo le conocen los clientes";
    step_admin: "Quem cuida de usuários e sessões", "Who looks after users and sessions", "Quién cuida de usuarios y sesiones";
    setup_once: "Este link de configuração vale uma vez só.", "This set-up link works once.", "Este enlace de configuración sirve una sola vez.";
    setup_key_note: "A chave dos atendentes fica na pasta de dados deste servidor. Quem invadir o servidor poderá se passar por atendente. O cliente ainda precisa permitir cada acesso.", "The attendants' key is kept in this server's data folder. Whoever breaks into the server can pose as an attendant. The customer still has to allow each access.", "La clave de los agentes está en la carpeta de datos de este servidor. Quien entre en el servidor podrá hacerse pasar por agente. El cliente aún tiene que permitir cada acceso.";
    setup_go: "Concluir", "Finish", "Terminar";
    setup_used: "Este link já foi usado", "This link has been used", "Este enlace ya fue usado";
    setup_used_lead: "A configuração inicial vale uma vez só, e já foi feita. Entre com o usuário criado nela. Se não foi você, avise quem cuida do servidor.", "The first set-up works once, and it has been done. Log in with the user made there. If that was not you, tell whoever looks after the server.", "La configuración inicial sirve una sola vez y ya fue hecha. Entre con el usuario creado en ella. Si no fue usted, avise a quien cuida del servidor.";
    bad_company: "Escreva o nome da empresa.", "Enter the company's name.", "Escriba el nombre de la empresa.";
    bad_login: "Escreva um usuário sem espaços.", "Enter a user name without spaces.", "Escriba un usuario sin espacios.";
    bad_name: "Escreva o nome.", "Enter the name.", "Escriba el nombre.";
    weak_password: "Esta senha é fraca: use pelo menos 10 caracteres, diferente do usuário.", "This password is weak: use at least 10 characters, and not your user name.", "Esta contraseña es débil: use al menos 10 caracteres, distinta del usuario.";
    not_the_same: "As duas senhas são diferentes.", "The two passwords differ.", "Las dos contraseñas son diferentes.";
    taken: "Já existe este usuário.", "This user exists already.", "Este usuario ya existe.";
    last_admin: "Este é o último administrador. Crie outro antes.", "This is the last administrator. Make another one first.", "Este es el último administrador. Cree otro antes.";

    // Attendance.
    live: "Ao vivo", "Live", "En vivo";
    no_contact: "Sem contato há {} s", "No contact for {} s", "Sin contacto desde hace {} s";
    no_contact_yet: "Sem contato", "No contact", "Sin contacto";
    waiting: "Aguardando", "Waiting", "En espera";
    waiting_now: "Aguardando agora", "Waiting now", "En espera ahora";
    longest_wait: "Maior espera", "Longest wait", "Mayor espera";
    in_progress: "Em andamento", "In progress", "En curso";
    sessions_today: "Sessões hoje", "Sessions today", "Sesiones hoy";
    customer: "Cliente", "Customer", "Cliente";
    subject: "Assunto", "Subject", "Asunto";
    wait: "Espera", "Wait", "Espera";
    id_and_password: "ID e senha", "ID and password", "ID y contraseña";
    id: "ID", "ID", "ID";
    no_name: "Sem nome", "No name", "Sin nombre";
    show_password: "Mostrar a senha (fica na auditoria)", "Show the password (this is audited)", "Mostrar la contraseña (queda en la auditoría)";
    own_password: "Sua própria senha", "Your own password", "Su propia contraseña";
    own_password_why: "Para ver a senha do cliente, confirme que é você.", "To see the customer's password, confirm that it's you.", "Para ver la contraseña del cliente, confirme que es usted.";
    own_password_wrong: "Esta não é a sua senha.", "That is not your password.", "Esa no es su contraseña.";
    show: "Mostrar", "Show", "Mostrar";
    hide_password: "Esconder a senha", "Hide the password", "Ocultar la contraseña";
    copy_credentials: "Copiar credencial: vale 60 s, uma vez, só no seu programa (fica na auditoria)", "Copy credentials: good for 60 s, once, in your own program (this is audited)", "Copiar credencial: vale 60 s, una vez, solo en su programa (queda en la auditoría)";
    copy_id: "Copiar o ID", "Copy the ID", "Copiar el ID";
    search_waiting: "Nome, empresa, assunto ou ID", "Name, company, subject or ID", "Nombre, empresa, asunto o ID";
    all_apps: "Todos os aplicativos", "All apps", "Todas las aplicaciones";
    found_of: "{} de {}", "{} of {}", "{} de {}";
    nobody_further: "Ninguém mais nesta página.", "Nobody further on this page.", "Nadie más en esta página.";
    longest_first: "Quem espera há mais tempo", "Waiting longest", "Quien espera hace más tiempo";
    nobody_waiting: "Ninguém aguardando. Quando um cliente abrir o programa, ele aparece aqui.", "Nobody is waiting. When a customer opens the program, they appear here.", "Nadie en espera. Cuando un cliente abra el programa, aparece aquí.";
    attendant: "Atendente", "Attendant", "Agente";
    ticket: "Ticket", "Ticket", "Ticket";
    state: "Situação", "State", "Estado";
    duration: "Duração", "Duration", "Duración";
    protocol: "Protocolo", "Protocol number", "Protocolo";
    dialling: "Pedindo acesso", "Asking for access", "Pidiendo acceso";
    under_way: "Em sessão", "In session", "En sesión";
    reconnecting: "Reconectando", "Reconnecting", "Reconectando";
    end: "Encerrar", "End", "Terminar";
    end_ask: "Encerrar a sessão de {}? Os dois lados são avisados.", "End the session of {}? Both sides are told.", "¿Terminar la sesión de {}? Se avisa a los dos lados.";
    no_session: "Nenhuma sessão em andamento.", "No session in progress.", "Ninguna sesión en curso.";
    ended_today: "Encerradas hoje", "Ended today", "Terminadas hoy";
    none_ended: "Nenhuma sessão terminou hoje ainda.", "No session has ended today yet.", "Ninguna sesión terminó hoy todavía.";
    customer_alarm: "Alerta do cliente", "Customer's alarm", "Alerta del cliente";
    to_be_opened: "a abrir", "to be opened", "por abrir";
    result: "Resultado", "Result", "Resultado";
    began: "Início", "Start", "Inicio";

    is_waiting: "{} está aguardando", "{} is waiting", "{} está esperando";
    see: "Ver", "See", "Ver";
    dismiss: "Fechar aviso", "Dismiss", "Cerrar aviso";
    sound_on: "Som ligado", "Sound on", "Sonido activado";
    sound_off: "Som desligado", "Sound off", "Sonido desactivado";
    notices: "Avisos", "Notices", "Avisos";

    // Indicators.
    indicators: "Indicadores", "Indicators", "Indicadores";
    range: "Período", "Range", "Período";
    yesterday: "Ontem", "Yesterday", "Ayer";
    last_7_days: "Últimos 7 dias", "Last 7 days", "Últimos 7 días";
    last_30_days: "Últimos 30 dias", "Last 30 days", "Últimos 30 días";
    own_range: "Datas escolhidas", "Chosen dates", "Fechas elegidas";
    range_wrong: "Escolha duas datas, a primeira antes da segunda e até um ano. Mostrando hoje.", "Choose two dates, the first before the second and up to a year. Showing today.", "Elija dos fechas, la primera antes de la segunda y hasta un año. Se muestra hoy.";
    in_range: "No período", "In this range", "En el período";
    sessions: "Sessões", "Sessions", "Sesiones";
    mean_duration: "Duração média", "Mean duration", "Duración media";
    mean_wait: "Espera média", "Mean wait", "Espera media";
    classification: "Classificação", "Classification", "Clasificación";
    what_they_typed: "O que o cliente escreveu", "What the customer typed", "Lo que escribió el cliente";
    connect: "Conectar", "Connect", "Conectar";
    search_everything: "Buscar em tudo", "Search everything", "Buscar en todo";
    by_app: "Por aplicativo", "By app", "Por aplicación";
    queued_and_helped: "{} na fila, {} em sessão", "{} queued, {} in session", "{} en la cola, {} en sesión";
    out_of_hours: "fora do horário", "out of hours", "fuera de horario";
    missed_many: "Não atendidas", "Missed", "No atendidas";
    not_allowed: "Não permitidas", "Not allowed", "No permitidas";
    available_now: "Disponíveis", "Available", "Disponibles";
    on_break_now: "Em pausa", "On break", "En pausa";
    without_category: "Sem categoria", "No category", "Sin categoría";
    nothing_counted: "Nada neste período.", "Nothing in this range.", "Nada en este período.";

    // Attendants' statuses.
    my_status: "Minha situação", "My status", "Mi estado";
    my_status_hint: "Entre no programa do Amparo para receber clientes.", "Log in to the Amparo program to receive customers.", "Entre en el programa de Amparo para recibir clientes.";
    change: "Mudar", "Change", "Cambiar";
    time_in_status: "Tempo", "Time", "Tiempo";
    nobody_there: "Nenhum atendente entrou no programa ainda.", "No attendant has logged in to the program yet.", "Ningún agente entró en el programa todavía.";
    status_available: "Disponível", "Available", "Disponible";
    status_meal: "Em pausa: refeição", "On break: meal", "En pausa: comida";
    status_rest: "Em pausa: descanso", "On break: rest", "En pausa: descanso";
    status_meeting: "Em pausa: reunião", "On break: meeting", "En pausa: reunión";
    status_training: "Em pausa: treinamento", "On break: training", "En pausa: capacitación";
    status_other_work: "Em pausa: outra tarefa", "On break: other work", "En pausa: otra tarea";
    status_offline: "Fora do atendimento", "Offline", "Fuera de la atención";

    // Why nobody took a request.
    missed: "Não atendida", "Missed", "No atendida";
    missed_hours: "Não atendida: fora do horário", "Missed: out of hours", "No atendida: fuera de horario";
    missed_holiday: "Não atendida: feriado", "Missed: holiday", "No atendida: día festivo";
    missed_nobody: "Não atendida: ninguém disponível", "Missed: nobody available", "No atendida: nadie disponible";
    missed_gave_up: "Não atendida: desistiu", "Missed: gave up", "No atendida: desistió";
    missed_of: "Solicitação não atendida", "Missed request", "Solicitud no atendida";

    // Why a session is over.
    by_customer: "Encerrada pelo cliente", "Ended by the customer", "Terminada por el cliente";
    by_attendant: "Encerrada pelo atendente", "Ended by the attendant", "Terminada por el agente";
    refused: "Não permitida", "Not allowed", "No permitida";
    no_answer: "Sem resposta", "No answer", "Sin respuesta";
    wrong_password: "Senha incorreta", "Wrong password", "Contraseña incorrecta";
    cancelled: "Desistência", "Cancelled", "Cancelada";
    program_gone: "Programa fechado", "Program closed", "Programa cerrado";
    connection_lost: "Conexão perdida", "Connection lost", "Conexión perdida";
    violation: "Recusada por segurança", "Refused for safety", "Rechazada por seguridad";
    failed: "Falha do programa", "Program failure", "Fallo del programa";

    // Tickets.
    new_ticket: "Novo ticket", "New ticket", "Nuevo ticket";
    all_ones: "Todos", "All", "Todos";
    search_history: "Protocolo, cliente ou ticket", "Protocol number, customer or ticket", "Protocolo, cliente o ticket";
    search: "Buscar", "Search", "Buscar";
    number: "Número", "Number", "Número";
    owner: "Responsável", "Owner", "Responsable";
    nobody: "Ninguém", "Nobody", "Nadie";
    status: "Situação", "Status", "Estado";
    opened: "Aberto", "Opened", "Abierto";
    updated: "Atualizado", "Updated", "Actualizado";
    status_new: "Novo", "New", "Nuevo";
    status_open: "Aberto", "Open", "Abierto";
    status_waiting: "Em espera", "Waiting", "En espera";
    status_resolved: "Resolvido", "Resolved", "Resuelto";
    status_closed: "Fechado", "Closed", "Cerrado";
    no_tickets: "Nenhum ticket aqui. Cada sessão remota abre ou completa um.", "No tickets here. Each remote session opens or adds to one.", "Ningún ticket aquí. Cada sesión remota abre o completa uno.";
    none_found: "Nada encontrado com “{}”.", "Nothing found with “{}”.", "No se encontró nada con “{}”.";
    requester: "Solicitante", "Requester", "Solicitante";
    email: "E-mail", "E-mail", "Correo";
    phone: "Telefone", "Telephone", "Teléfono";
    document: "CPF ou CNPJ", "Tax number", "Documento";
    name: "Nome", "Name", "Nombre";
    optional: "opcional", "optional", "opcional";
    describe: "O que aconteceu", "What happened", "Qué pasó";
    open_it: "Abrir ticket", "Open ticket", "Abrir ticket";
    reply: "Resposta", "Reply", "Respuesta";
    internal_note: "Nota interna", "Internal note", "Nota interna";
    write_here: "Escreva aqui", "Write here", "Escriba aquí";
    add: "Registrar", "Add", "Registrar";
    save: "Salvar", "Save", "Guardar";
    resolve: "Resolver", "Resolve", "Resolver";
    reopen: "Reabrir", "Reopen", "Reabrir";
    remote_access: "Acesso remoto", "Remote access", "Acceso remoto";
    remote_sessions: "Sessões remotas", "Remote sessions", "Sesiones remotas";
    no_remote: "Nenhuma ainda.", "None yet.", "Ninguna todavía.";
    session_of: "Sessão remota de {}", "Remote session of {}", "Sesión remota de {}";
    session_running: "Sessão remota em andamento", "Remote session in progress", "Sesión remota en curso";
    when: "Quando", "When", "Cuándo";
    from_to: "{} às {}", "{} to {}", "{} a {}";
    since: "desde {}", "since {}", "desde {}";
    allowed: "Permitido", "Allowed", "Permitido";
    allowed_view: "Só ver a tela", "View the screen only", "Solo ver la pantalla";
    allowed_control: "Tela, mouse e teclado", "Screen, mouse and keyboard", "Pantalla, ratón y teclado";
    reconnects: "Reconexões", "Reconnections", "Reconexiones";
    session_started: "Começou a sessão remota", "Began the remote session", "Comenzó la sesión remota";
    the_system: "Amparo", "Amparo", "Amparo";
    empty_text: "Escreva algo antes de registrar.", "Write something before adding it.", "Escriba algo antes de registrar.";
    empty_subject: "Escreva o assunto.", "Enter the subject.", "Escriba el asunto.";
    empty_customer: "Escreva o nome ou o e-mail do cliente.", "Enter the customer's name or e-mail.", "Escriba el nombre o el correo del cliente.";
    is_here: "Com o programa aberto", "Has the program open", "Con el programa abierto";

    // Users.
    add_user: "Novo usuário", "New user", "Nuevo usuario";
    roles: "Papéis", "Roles", "Roles";
    role_attend: "Atendente", "Attendant", "Agente";
    role_attend_hint: "Conecta a clientes e escreve nos tickets.", "Connects to customers and writes on tickets.", "Se conecta a clientes y escribe en los tickets.";
    role_admin_hint: "Cuida de usuários e encerra sessões de outros.", "Looks after users and ends others' sessions.", "Cuida de usuarios y termina sesiones de otros.";
    role_passwords: "Vê senhas dos clientes", "Sees customers' passwords", "Ve contraseñas de clientes";
    role_passwords_hint: "Cada vez fica na auditoria.", "Each time is audited.", "Cada vez queda en la auditoría.";
    change_user: "Mudar nome e papéis", "Change name and roles", "Cambiar nombre y roles";
    disable: "Desativar", "Disable", "Desactivar";
    enable: "Reativar", "Enable", "Reactivar";
    disable_ask: "Desativar {}? Todos os acessos dele terminam agora.", "Disable {}? All of their logins end now.", "¿Desactivar a {}? Todos sus accesos terminan ahora.";
    new_password: "Nova senha", "New password", "Nueva contraseña";
    reset_ask: "Criar uma senha nova para {}? A atual deixa de valer e todos os acessos terminam.", "Make a new password for {}? The current one stops working and all logins end.", "¿Crear una contraseña nueva para {}? La actual deja de servir y todos los accesos terminan.";
    disabled: "Desativado", "Disabled", "Desactivado";
    active: "Ativo", "Active", "Activo";
    you: "você", "you", "usted";
    once_title: "Senha inicial de {}", "Initial password of {}", "Contraseña inicial de {}";
    once_lead: "Entregue agora: ela não será mostrada de novo.", "Hand it over now: it will not be shown again.", "Entréguela ahora: no se mostrará de nuevo.";
    choose_role: "Escolha pelo menos um papel.", "Choose at least one role.", "Elija al menos un rol.";

    // Attendants' certificates.
    attendants_certificates: "Certificados dos atendentes", "Attendants' certificates", "Certificados de los agentes";
    root_on_server: "A raiz da empresa está neste servidor: quem controlar o servidor pode se passar por um atendente.", "The company's root is on this server: whoever controls the server can pose as an attendant.", "La raíz de la empresa está en este servidor: quien controle el servidor puede hacerse pasar por un agente.";
    how_to_move_root: "Para guardá-la fora daqui: “amparo-brand root new” no computador do administrador, depois “amparo-relay root use” neste servidor.", "To keep it elsewhere: “amparo-brand root new” on the administrator's computer, then “amparo-relay root use” on this server.", "Para guardarla en otro lugar: “amparo-brand root new” en el equipo del administrador y después “amparo-relay root use” en este servidor.";
    root_elsewhere: "A raiz da empresa está fora deste servidor: o servidor sozinho não consegue se passar por um atendente. Cada acesso vale até 7 dias e é habilitado pelo administrador.", "The company's root is kept off this server: the server alone cannot pose as an attendant. Each access is good for up to 7 days and enabled by the administrator.", "La raíz de la empresa está fuera de este servidor: el servidor por sí solo no puede hacerse pasar por un agente. Cada acceso vale hasta 7 días y lo habilita el administrador.";
    nobody_to_enrol: "Nenhum atendente espera ser habilitado.", "No attendant waits to be enabled.", "Ningún agente espera ser habilitado.";
    to_be_enrolled: "Esperam ser habilitados", "Waiting to be enabled", "Esperan ser habilitados";
    compare_fingerprints: "Compare cada impressão com a que o atendente vê no programa, por telefone ou ao lado dele. Baixe os pedidos, assine com amparo-brand attendant enrol e envie os certificados aqui.", "Compare each fingerprint with the one the attendant sees in the program, by telephone or side by side. Download the requests, sign them with amparo-brand attendant enrol and upload the certificates here.", "Compare cada huella con la que el agente ve en el programa, por teléfono o a su lado. Descargue las solicitudes, fírmelas con amparo-brand attendant enrol y suba los certificados aquí.";
    fingerprint: "Impressão", "Fingerprint", "Huella";
    download_requests: "Baixar pedidos", "Download requests", "Descargar solicitudes";
    certificates_file: "Arquivo de certificados", "File of certificates", "Archivo de certificados";
    or_paste: "Ou cole o conteúdo", "Or paste its content", "O pegue el contenido";
    upload_certificates: "Enviar certificados", "Upload certificates", "Subir certificados";
    enrolled: "{} habilitados.", "{} enabled.", "{} habilitados.";
    not_enrolled: "O certificado de {} não foi aceito: não corresponde ao pedido ou não foi assinado pela raiz da empresa.", "The certificate of {} was not taken: it does not match the request or was not signed by the company's root.", "El certificado de {} no fue aceptado: no corresponde a la solicitud o no fue firmado por la raíz de la empresa.";
    no_certificates: "Isto não é um arquivo de certificados do amparo-brand.", "This is not a file of certificates from amparo-brand.", "Esto no es un archivo de certificados de amparo-brand.";
    other_company: "Estes certificados são de outra empresa.", "These certificates are of another company.", "Estos certificados son de otra empresa.";

    // Unsent actions.
    unsent_lead: "A sessão nunca espera pelo sistema de tickets. O que não pôde ser enviado fica guardado e segue na ordem.", "A session never waits for the ticketing system. What could not be sent is kept and follows in order.", "La sesión nunca espera al sistema de tickets. Lo que no se pudo enviar queda guardado y sigue en orden.";
    all_sent: "Tudo enviado.", "Everything has been sent.", "Todo enviado.";
    action: "Ação", "Action", "Acción";
    why: "Motivo", "Reason", "Motivo";
    tries: "Tentativas", "Tries", "Intentos";
    next: "Próxima", "Next", "Próxima";
    start_of: "Início da sessão", "Start of session", "Inicio de la sesión";
    end_of: "Fim da sessão", "End of session", "Fin de la sesión";
    wrap_up_of: "Conclusão da sessão", "Wrap-up of session", "Cierre de la sesión";
    in_turn: "na vez", "in turn", "en su turno";
    after_stopped: "espera a que parou", "after the stopped one", "espera la detenida";
    sending: "enviando", "sending", "enviando";
    dropped: "descartada", "dropped", "descartada";
    drop: "Descartar", "Drop", "Descartar";
    drop_why: "Motivo", "Reason", "Motivo";
    retry_all: "Tentar todas", "Retry all", "Reintentar todas";
    parked: "parada", "stopped", "parada";
    not_tried: "Ainda não enviada", "Not sent yet", "Aún no enviada";
    retry: "Tentar agora", "Try now", "Intentar ahora";

    // The audit log.
    audit: "Auditoria", "Audit log", "Auditoría";
    audit_lead: "Quem fez o quê, quando e de onde. Nada é apagado: cada linha carrega um resumo de todas as anteriores, e o de uma sessão também está no ticket e no recibo do cliente.", "Who did what, when and from where. Nothing is deleted: each line carries a digest of all before it, and a session's is also on the ticket and on the customer's receipt.", "Quién hizo qué, cuándo y desde dónde. Nada se borra: cada línea lleva un resumen de todas las anteriores, y el de una sesión también está en el ticket y en el recibo del cliente.";
    log_whole: "Registro íntegro: {} linhas conferidas", "The log is whole: {} lines checked", "Registro íntegro: {} líneas comprobadas";
    log_checked_at: "Conferido por inteiro: {}", "All of it was checked: {}", "Comprobado por completo: {}";
    log_being_checked: "Conferindo o registro: {} de {} linhas", "Checking the log: {} of {} lines", "Comprobando el registro: {} de {} líneas";
    check_log: "Conferir tudo de novo", "Check all of it again", "Comprobar todo de nuevo";
    log_broken: "O registro foi alterado", "The log was tampered with", "El registro fue alterado";
    log_broken_lead: "Guarde uma cópia da pasta de dados antes de qualquer outra coisa. amparo-relay audit verify mostra o mesmo na máquina do servidor.", "Keep a copy of the data folder before anything else. amparo-relay audit verify shows the same on the server's machine.", "Guarde una copia de la carpeta de datos antes que nada. amparo-relay audit verify muestra lo mismo en la máquina del servidor.";
    line_missing: "Falta a linha {}.", "Line {} is missing.", "Falta la línea {}.";
    line_changed: "A linha {} não é a que foi escrita: foi mudada, movida ou posta depois.", "Line {} is not the one that was written: it was changed, moved or put in.", "La línea {} no es la que se escribió: fue cambiada, movida o puesta después.";
    log_cut: "O registro termina na linha {}, antes da linha {} que foi anotada.", "The log ends at line {}, before line {} that was noted.", "El registro termina en la línea {}, antes de la línea {} que fue anotada.";
    log_rewritten: "A linha {} não é a que foi anotada: o registro foi reescrito.", "Line {} is not the one that was noted: the log was written anew.", "La línea {} no es la que fue anotada: el registro fue reescrito.";
    chain_head: "Última linha", "Last line", "Última línea";
    copy_head: "Copiar número e resumo da última linha", "Copy number and digest of the last line", "Copiar número y resumen de la última línea";
    search_audit: "Quem, ação, sobre o quê, de onde", "Who, action, about what, from where", "Quién, acción, sobre qué, de dónde";
    no_lines: "Nenhuma linha ainda.", "No lines yet.", "Ninguna línea todavía.";
    line: "Linha", "Line", "Línea";
    on_what: "Sobre", "About", "Sobre";
    whom: "Quem", "Who", "Quién";
    hash: "Resumo", "Digest", "Resumen";
    audit_detail: "Detalhes", "Details", "Detalles";
    alarms: "Alarmes", "Alarms", "Alarmas";
    alarms_lately: "Alarmes nas últimas 24 horas: {}", "Alarms in the last 24 hours: {}", "Alarmas en las últimas 24 horas: {}";
    alarms_lead: "Alguém errou IDs ou senhas vezes demais. Veja quem nas linhas marcadas e fale com a pessoa; na dúvida, desative o usuário.", "Somebody was wrong about IDs or passwords too often. See who in the marked lines and talk to them; if in doubt, disable the user.", "Alguien se equivocó con ID o contraseñas demasiadas veces. Vea quién en las líneas marcadas y hable con esa persona; en caso de duda, desactive el usuario.";

    // Apps.
    download_profile: "Baixar perfil assinado", "Download signed profile", "Descargar perfil firmado";
    title: "Título", "Title", "Título";
    colour: "Cor", "Colour", "Color";
    apps: "Aplicativos", "Apps", "Aplicaciones";
    apps_lead: "Cada aplicativo é um programa com nome, logo e cores próprios, que seus clientes baixam por um link.", "Each app is a program with its own name, logo and colours, which your customers download from a link.", "Cada aplicación es un programa con nombre, logo y colores propios, que sus clientes descargan de un enlace.";
    new_app: "Novo aplicativo", "New app", "Nueva aplicación";
    make_app: "Criar aplicativo", "Create app", "Crear aplicación";
    search_apps: "Nome ou código", "Name or code", "Nombre o código";
    no_apps: "Nenhum aplicativo aqui. Um administrador pode incluir você em um.", "No apps here. An administrator can add you to one.", "Ninguna aplicación aquí. Un administrador puede incluirle en una.";
    too_many_apps: "Esta empresa já tem aplicativos demais.", "This company has too many apps already.", "Esta empresa ya tiene demasiadas aplicaciones.";
    now: "Agora", "Now", "Ahora";
    attendants: "Atendentes", "Attendants", "Agentes";
    changed: "Alterado", "Changed", "Cambiada";
    changed_by: "Alterado {}, por {}", "Changed {}, by {}", "Cambiada {}, por {}";
    code: "Código", "Code", "Código";
    always_open: "Sempre aberto", "Always open", "Siempre abierta";
    open_until: "Aberto até {}", "Open until {}", "Abierta hasta las {}";
    opens: "Abre {}", "Opens {}", "Abre {}";
    closed: "Fechado", "Closed", "Cerrada";
    on_holiday: "Feriado: {}", "Holiday: {}", "Festivo: {}";
    goes_to: "Vai a {}", "Goes to {}", "Va a {}";
    no_attendant: "Nenhum atendente", "No attendant", "Ningún agente";
    copy_app_link: "Copiar link do aplicativo", "Copy the app's link", "Copiar el enlace de la aplicación";
    tab_main: "Principal", "Main", "Principal";
    updates: "Atualizações", "Updates", "Actualizaciones";
    updates_hint: "Um ícone no programa mostra quando há versão nova; um clique atualiza. Nunca durante uma sessão.", "An icon in the program shows when there is a new version; one click updates. Never during a session.", "Un ícono en el programa muestra cuando hay una versión nueva; un clic actualiza. Nunca durante una sesión.";
    quiet_updates: "Atualizar sozinho quando ninguém estiver usando o programa", "Update by itself when nobody is using the program", "Actualizar solo cuando nadie esté usando el programa";
    tab_parameters: "Parâmetros", "Parameters", "Parámetros";
    tab_look: "Aparência", "Appearance", "Apariencia";
    tab_administrators: "Administradores", "Administrators", "Administradores";
    tab_attendants: "Atendentes", "Attendants", "Agentes";
    tab_availability: "Disponibilidade", "Availability", "Disponibilidad";
    tab_wrap_up: "Conclusão", "Wrap-up", "Cierre";
    tab_download: "Download", "Download", "Descarga";
    saved: "Alterações salvas.", "Changes saved.", "Cambios guardados.";
    saved_merged: "Alterações salvas, junto com as que outra pessoa fez enquanto isso.", "Changes saved, together with those somebody else made meanwhile.", "Cambios guardados, junto con los que otra persona hizo mientras tanto.";
    not_saved: "Nada foi salvo ainda. Corrija os campos marcados.", "Nothing is saved yet. Correct the marked fields.", "Aún no se guardó nada. Corrija los campos marcados.";
    discard: "Descartar", "Discard", "Descartar";
    clash: "{} mudou este aplicativo enquanto você editava", "{} changed this app while you were editing", "{} cambió esta aplicación mientras usted editaba";
    clash_lead: "Nada foi salvo ainda. O que você digitou continua aqui; ao lado está o que a outra pessoa escreveu. Escolha e salve.", "Nothing is saved yet. What you typed is still here; beside it is what the other person wrote. Choose and save.", "Aún no se guardó nada. Lo que escribió sigue aquí; al lado está lo que escribió la otra persona. Elija y guarde.";
    use_this: "Usar este", "Use this", "Usar este";
    nothing: "nada", "nothing", "nada";
    yes: "sim", "yes", "sí";
    no: "não", "no", "no";
    choose_one: "Escolha uma das opções.", "Choose one of the options.", "Elija una de las opciones.";
    too_long: "São textos ou linhas demais.", "There is too much text or there are too many lines.", "Hay demasiado texto o demasiadas líneas.";
    app_name: "Nome do aplicativo", "App name", "Nombre de la aplicación";
    app_name_hint: "Só aparece aqui no console. O título que os clientes veem fica em Aparência.", "Shown in this console only. The title that customers see is under Appearance.", "Solo aparece en esta consola. El título que ven los clientes está en Apariencia.";
    bad_app_name: "Escreva um nome de até 60 caracteres.", "Enter a name of up to 60 characters.", "Escriba un nombre de hasta 60 caracteres.";
    parameters_lead: "O que o programa pergunta ao cliente antes de mostrar ID e senha.", "What the program asks the customer before it shows ID and password.", "Lo que el programa pregunta al cliente antes de mostrar ID y contraseña.";
    ask_hidden: "Oculto", "Hidden", "Oculto";
    ask_optional: "Opcional", "Optional", "Opcional";
    ask_required: "Obrigatório", "Required", "Obligatorio";
    logo: "Logo", "Logo", "Logo";
    send_picture: "Enviar imagem", "Send picture", "Enviar imagen";
    remove: "Remover", "Remove", "Quitar";
    no_file: "Escolha um arquivo antes de enviar.", "Choose a file before sending.", "Elija un archivo antes de enviar.";
    logo_sides: "A imagem tem {} pixels. Cada lado pode ter de 8 a {}.", "The picture has {} pixels. Each side may have 8 to {}.", "La imagen tiene {} píxeles. Cada lado puede tener de 8 a {}.";
    too_large: "O arquivo é grande demais", "The file is too large", "El archivo es demasiado grande";
    list_too_large_lead: "Uma lista tem até 20 MB. Divida-a e envie uma parte depois da outra. Nada foi mudado.", "A list has up to 20 MB. Split it and send one part after the other. Nothing was changed.", "Una lista tiene hasta 20 MB. Divídala y envíe una parte después de otra. No se cambió nada.";
    too_large_lead: "Uma logo tem até 4 MB. Nada foi mudado; volte para ver o que digitou.", "A logo has up to 4 MB. Nothing was changed; go back to see what you typed.", "Un logo tiene hasta 4 MB. No se cambió nada; vuelva para ver lo que escribió.";
    title_hint: "No alto da janela do programa.", "At the top of the program's window.", "En lo alto de la ventana del programa.";
    bad_title: "Escreva um título de até 60 caracteres.", "Enter a title of up to 60 characters.", "Escriba un título de hasta 60 caracteres.";
    colour_hint: "Uma só. O resto é calculado para que todo texto possa ser lido.", "One only. The rest is computed so that every text can be read.", "Uno solo. El resto se calcula para que todo texto se pueda leer.";
    choose_colour: "Escolher a cor", "Choose the colour", "Elegir el color";
    bad_colour: "Uma cor tem seis dígitos hexadecimais, como #2F4FA0.", "A colour has six hexadecimal digits, as #2F4FA0.", "Un color tiene seis dígitos hexadecimales, como #2F4FA0.";
    texts: "Textos", "Texts", "Textos";
    texts_hint: "O pedido de permissão e os avisos não mudam.", "The consent question and the warnings do not change.", "La petición de permiso y los avisos no cambian.";
    welcome: "Boas-vindas", "Welcome", "Bienvenida";
    bad_welcome: "O texto pode ter até 200 caracteres, em uma linha.", "The text may have up to 200 characters, in one line.", "El texto puede tener hasta 200 caracteres, en una línea.";
    phone_and_hours: "Telefone e horário", "Telephone and hours", "Teléfono y horario";
    bad_phone: "Escreva até 40 caracteres.", "Enter up to 40 characters.", "Escriba hasta 40 caracteres.";
    preview: "Prévia", "Preview", "Vista previa";
    preview_hint: "Esta prévia usa a cor e os textos ainda não salvos.", "This preview uses the colour and texts not yet saved.", "Esta vista previa usa el color y los textos aún no guardados.";
    ratio_button: "Botão", "Button", "Botón";
    ratio_link: "Link", "Link", "Enlace";
    ratio_dark: "Tema escuro", "Dark theme", "Tema oscuro";
    pv_fields: "Dados", "Details", "Datos";
    pv_waiting: "Espera", "Waiting", "En espera";
    pv_consent: "Permissão", "Consent", "Permiso";
    pv_dark: "Escuro", "Dark", "Oscuro";
    pv_waiting_title: "Aguardando um atendente", "Waiting for an attendant", "Esperando a quien atiende";
    pv_told: "{} foi avisada", "{} has been told", "{} ha sido avisada";
    pv_only_after: "O atendente só entra depois que você permitir.", "The attendant gets in only after you allow it.", "Quien atiende solo entra después de que usted lo permita.";
    pv_wants: "{} quer ver e controlar este computador", "{} wants to see and control this computer", "{} quiere ver y controlar este equipo";
    pv_consent_fixed: "Este texto é igual em todos os programas: a marca não chega até aqui.", "This text is the same in every program: the brand does not reach it.", "Este texto es igual en todos los programas: la marca no llega hasta aquí.";
    pv_deny: "Não permitir", "Don't allow", "No permitir";
    pv_allow: "Permitir", "Allow", "Permitir";
    administrators_lead: "Veem indicadores e sessões deste aplicativo. Para conectar a clientes, a pessoa também precisa estar em Atendentes.", "See this app's indicators and sessions. To connect to customers, a person must also be among the attendants.", "Ven indicadores y sesiones de esta aplicación. Para conectarse a clientes, la persona también debe estar en Agentes.";
    attendants_lead: "Conectam aos clientes deste aplicativo, oferecidos nesta ordem. Não veem indicadores.", "Connect to this app's customers, who are offered in this order. They see no indicators.", "Se conectan a los clientes de esta aplicación, ofrecidos en este orden. No ven indicadores.";
    everyone_attends: "Todos os atendentes da empresa", "All of the company's attendants", "Todos los agentes de la empresa";
    everyone_attends_hint: "Também os que vierem depois. A lista abaixo é então só a ordem.", "Also those who come later. The list below is then only the order.", "También los que vengan después. La lista de abajo es entonces solo el orden.";
    nobody_attends: "Escolha pelo menos um atendente.", "Choose at least one attendant.", "Elija al menos un agente.";
    place: "Posição", "Place", "Posición";
    move_up: "Subir", "Move up", "Subir";
    move_down: "Descer", "Move down", "Bajar";
    hours: "Horário", "Hours", "Horario";
    hours_hint: "No fuso horário da empresa. Fora dele ninguém é chamado.", "In the company's time zone. Outside of it nobody is called.", "En la zona horaria de la empresa. Fuera de él no se llama a nadie.";
    by_hours: "Atender só neste horário", "Answer customers in these hours only", "Atender solo en este horario";
    from: "de", "from", "de";
    until: "até", "until", "hasta";
    bad_hours: "Escreva começo e fim de cada parte, em ordem e sem sobrepor.", "Enter the start and end of each part, in order and not overlapping.", "Escriba comienzo y fin de cada parte, en orden y sin superponer.";
    never_open: "Assim nunca abre. Preencha pelo menos um dia.", "Like this it never opens. Fill in at least one day.", "Así nunca abre. Complete al menos un día.";
    holidays: "Feriados", "Holidays", "Festivos";
    holidays_hint: "Nestes dias ninguém é chamado, mesmo com atendentes disponíveis.", "On these days nobody is called, even with attendants available.", "En estos días no se llama a nadie, aunque haya agentes disponibles.";
    load_holidays: "Carregar todos os feriados", "Load all holidays", "Cargar todos los festivos";
    bad_holidays: "Cada feriado precisa de uma data.", "Each holiday needs a date.", "Cada festivo necesita una fecha.";
    date: "Data", "Date", "Fecha";
    overflow: "Transbordo", "Overflow", "Desbordamiento";
    overflow_hint: "Com a distribuição ligada, os clientes que ninguém daqui atende são oferecidos a estes aplicativos, nesta ordem.", "With distribution on, customers whom nobody here takes are offered to these apps, in this order.", "Con la distribución activada, los clientes que nadie de aquí atiende se ofrecen a estas aplicaciones, en este orden.";
    no_overflow: "Nenhum", "None", "Ninguna";
    no_other_app: "Não há outro aplicativo ainda.", "There is no other app yet.", "Aún no hay otra aplicación.";
    distribution: "Distribuição", "Distribution", "Distribución";
    distribution_hint: "Sem ela todos veem a lista e escolhem quem atender.", "Without it everybody sees the list and chooses whom to attend.", "Sin ella todos ven la lista y eligen a quién atender.";
    distribute: "Oferecer cada cliente a um atendente por vez", "Offer each customer to one attendant at a time", "Ofrecer cada cliente a un agente a la vez";
    answer_within: "Tempo para responder, em segundos", "Time to answer, in seconds", "Tiempo para responder, en segundos";
    bad_answer: "Escreva de 10 a 300 segundos.", "Enter 10 to 300 seconds.", "Escriba de 10 a 300 segundos.";
    wrap_up_lead: "O que se pergunta ao atendente quando a sessão termina.", "What the attendant is asked when the session is over.", "Lo que se pregunta al agente cuando termina la sesión.";
    categories: "Categorias", "Categories", "Categorías";
    categories_hint: "Apague o texto de uma linha para tirá-la. Salve para ganhar linhas novas.", "Clear a line's text to take it away. Save to get new lines.", "Borre el texto de una línea para quitarla. Guarde para tener líneas nuevas.";
    category: "Categoria", "Category", "Categoría";
    solved: "Resolvido", "Solved", "Resuelto";
    not_solved: "Não resolvido", "Not solved", "No resuelto";
    category_required: "Escolher uma categoria é obrigatório", "Choosing a category is required", "Elegir una categoría es obligatorio";
    category_twice: "Há duas categorias com o mesmo nome.", "Two categories have the same name.", "Hay dos categorías con el mismo nombre.";
    no_category: "Para ser obrigatória, precisa de pelo menos uma categoria.", "To be required, there must be at least one category.", "Para ser obligatoria, necesita al menos una categoría.";
    note: "Nota", "Note", "Nota";
    simulation: "Simulação", "Simulation", "Simulación";
    simulation_hint: "Como o atendente vê, sem salvar.", "As the attendant sees it, without saving.", "Como lo ve el agente, sin guardar.";
    simulate: "Simular", "Simulate", "Simular";
    wrap_up_title: "Como terminou?", "How did it end?", "¿Cómo terminó?";
    finish: "Concluir", "Finish", "Terminar";
    file: "Arquivo", "File", "Archivo";
    ready: "Pronto", "Ready", "Listo";
    being_made: "Sendo feito…", "Being made…", "Haciéndose…";
    made_when_asked: "Feito quando alguém pedir", "Made when somebody asks", "Se hace cuando alguien lo pida";
    program_for: "Programa para {}", "Program for {}", "Programa para {}";
    download_for: "Baixar para {}", "Download for {}", "Descargar para {}";
    fingerprint_of_file: "SHA-256 do arquivo", "SHA-256 of the file", "SHA-256 del archivo";
    get_program_step_1: "Baixe o programa acima e abra-o. Não precisa instalar nada.", "Download the program above and open it. Nothing needs to be installed.", "Descargue el programa de arriba y ábralo. No hay que instalar nada.";
    get_program_step_2: "Preencha os seus dados e diga ao atendente o ID e a senha que aparecem.", "Fill in your details and tell the attendant the ID and password that appear.", "Complete sus datos y diga al agente el ID y la contraseña que aparecen.";
    signed_profile: "Perfil assinado", "Signed profile", "Perfil firmado";
    signed_profile_hint: "Fica ao lado do programa.", "Is put beside the program.", "Se pone al lado del programa.";
    signed_elsewhere: "A chave da marca está fora deste servidor: assine onde ela está", "The branding key is not on this server: sign where it is kept", "La clave de la marca está fuera de este servidor: firme donde está";
    send_to_customer: "Enviar ao cliente", "Send to the customer", "Enviar al cliente";
    link: "Link", "Link", "Enlace";
    by_phone: "Por telefone", "By telephone", "Por teléfono";
    say_code: "Abra {}/d e digite {}", "Open {}/d and type {}", "Abra {}/d y escriba {}";
    message: "Mensagem", "Message", "Mensaje";
    link_message: "Para que possamos ajudar, abra este link, siga os passos e aguarde um atendente: {}", "So that we can help, open this link, follow the steps and wait for an attendant: {}", "Para que podamos ayudar, abra este enlace, siga los pasos y espere a un agente: {}";
    qr: "Código QR", "QR code", "Código QR";
    qr_hint: "A página abre no idioma do cliente.", "The page opens in the customer's language.", "La página se abre en el idioma del cliente.";
    new_code: "Trocar o código", "Change the code", "Cambiar el código";
    new_code_ask: "Trocar o código? Os links antigos deixam de valer em 24 horas.", "Change the code? Old links stop working in 24 hours.", "¿Cambiar el código? Los enlaces antiguos dejan de valer en 24 horas.";
    new_code_hint: "Trocar o código invalida o link antigo em 24 horas.", "Changing the code ends the old link in 24 hours.", "Cambiar el código invalida el enlace antiguo en 24 horas.";
    have_code: "Recebeu um código?", "Were you given a code?", "¿Recibió un código?";
    get_code: "Obter o programa de suporte", "Get the support program", "Obtener el programa de soporte";
    get_code_lead: "Digite o código que o atendente disse.", "Type the code that the attendant gave you.", "Escriba el código que le dijo el agente.";
    no_such_code: "Não há programa com este código. Confira com o atendente.", "There is no program with this code. Check with the attendant.", "No hay ningún programa con este código. Confírmelo con el agente.";
    get_from: "Suporte de {}", "Support from {}", "Soporte de {}";
    get_title: "Receber ajuda neste computador", "Get help on this computer", "Recibir ayuda en este equipo";
    get_step_1: "Baixe o arquivo acima e coloque-o ao lado do programa Amparo.", "Download the file above and put it beside the Amparo program.", "Descargue el archivo de arriba y póngalo al lado del programa Amparo.";
    get_step_2: "Abra o programa e preencha os seus dados.", "Open the program and fill in your details.", "Abra el programa y complete sus datos.";
    get_step_3: "Espere um atendente. Ele só entra depois que você permitir.", "Wait for an attendant, who gets in only after you allow it.", "Espere a un agente. Solo entra después de que usted lo permita.";
    get_warning: "Alguém ligou sem você pedir e mandou abrir esta página? Desligue. É golpe.", "Did somebody call you out of the blue and send you to this page? Hang up. It is a scam.", "¿Alguien le llamó sin que lo pidiera y le mandó abrir esta página? Cuelgue. Es una estafa.";
    role_apps: "Cria aplicativos", "Makes apps", "Crea aplicaciones";
    role_apps_hint: "E muda os que administra.", "And changes those they administer.", "Y cambia las que administra.";
    weekdays: "seg. ter. qua. qui. sex. sáb. dom.", "Mon Tue Wed Thu Fri Sat Sun", "lun. mar. mié. jue. vie. sáb. dom.";
    weekdays_long: "segunda terça quarta quinta sexta sábado domingo", "Monday Tuesday Wednesday Thursday Friday Saturday Sunday", "lunes martes miércoles jueves viernes sábado domingo";

    // History.
    none_filtered: "Nada encontrado com estes filtros.", "Nothing found with these filters.", "No se encontró nada con estos filtros.";
    clear_filters: "Limpar filtros", "Clear filters", "Quitar filtros";
    filter_wrong: "Um filtro não foi entendido e ficou de fora. Corrija o campo marcado.", "A filter was not understood and was left out. Correct the marked field.", "Un filtro no se entendió y quedó fuera. Corrija el campo marcado.";
    least_minutes: "Durou de (min)", "Lasted from (min)", "Duró de (min)";
    most_minutes: "até (min)", "up to (min)", "hasta (min)";
    rows_in_file: "{} linhas no arquivo", "{} rows in the file", "{} filas en el archivo";
    one_row_in_file: "1 linha no arquivo", "1 row in the file", "1 fila en el archivo";
    more_rows_in_file: "mais de {} linhas no arquivo", "more than {} rows in the file", "más de {} filas en el archivo";
    no_history: "Nenhuma sessão ainda.", "No sessions yet.", "Ninguna sesión todavía.";
    today: "Hoje", "Today", "Hoy";

    // What went wrong.
    not_found: "Não está aqui", "Not here", "No está aquí";
    not_found_lead: "Este endereço não existe, ou o que ele mostrava não existe mais.", "This address does not exist, or what it showed is gone.", "Esta dirección no existe, o lo que mostraba ya no existe.";
    forbidden: "Você não pode ver isto", "You may not see this", "No puede ver esto";
    forbidden_lead: "Seu usuário não tem este papel. Um administrador pode mudar isso.", "Your user does not have this role. An administrator can change that.", "Su usuario no tiene este rol. Un administrador puede cambiarlo.";
    expired_form: "Esta página ficou velha", "This page is out of date", "Esta página quedó vieja";
    expired_form_lead: "Por segurança nada foi feito. Abra a página de novo e repita.", "For safety nothing was done. Open the page again and repeat.", "Por seguridad no se hizo nada. Abra la página de nuevo y repita.";
    server_trouble: "O servidor não conseguiu fazer isso agora", "The server could not do this now", "El servidor no pudo hacerlo ahora";
    server_trouble_lead: "Nada foi mudado. Tente de novo em instantes; se continuar, amparo-relay doctor diz o que falta.", "Nothing was changed. Try again in a moment; if it goes on, amparo-relay doctor says what is missing.", "No se cambió nada. Inténtelo de nuevo en un momento; si continúa, amparo-relay doctor dice qué falta.";
    full_lead: "O disco do servidor está cheio, e nada foi mudado. Libere espaço e tente de novo.", "The server's disk is full, and nothing was changed. Make room and try again.", "El disco del servidor está lleno y no se cambió nada. Libere espacio e inténtelo de nuevo.";
    wrong_address: "Endereço errado", "Wrong address", "Dirección equivocada";
    wrong_address_lead: "Este servidor atende em outro endereço. Abra o console pelo endereço que ele conhece.", "This server answers at another address. Open the console at the address it knows.", "Este servidor responde en otra dirección. Abra la consola en la dirección que conoce.";
    bad_request: "O pedido não foi entendido", "The request was not understood", "No se entendió la solicitud";
    bad_request_lead: "Nada foi mudado. Volte e tente de novo.", "Nothing was changed. Go back and try again.", "No se cambió nada. Vuelva e inténtelo de nuevo.";
    my_account: "Minha conta", "My account", "Mi cuenta";
    months: "jan fev mar abr mai jun jul ago set out nov dez", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", "ene feb mar abr may jun jul ago sep oct nov dic";
    on_day: "{} de {}", "{} {}", "{} de {}";

    // The built-in desk in the sidebar; its other words are in desk_words.rs.
    contacts: "Contatos", "Contacts", "Contactos";
    mail: "E-mail", "E-mail", "Correo";
    has_come: "{} está disponível", "{} is available", "{} está disponible";
    come_for: "Ticket {}: {}", "Ticket {}: {}", "Ticket {}: {}";
    canned_answers: "Respostas prontas", "Canned answers", "Respuestas predefinidas";
}

impl Texts {
    /// The texts of a language.
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::PtBr => &PT_BR,
            Language::En => &EN,
            Language::Es => &ES,
        }
    }
}

/// Puts values where the text says `{}`, in order.
pub(super) fn fill(text: &str, values: &[&str]) -> String {
    let mut parts = text.split("{}");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for (part, value) in parts.zip(values) {
        filled.push_str(value);
        filled.push_str(part);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_there_and_takes_the_same_values_in_each_language() {
        for (name, texts) in TABLE {
            let places: Vec<usize> = texts.iter().map(|t| t.matches("{}").count()).collect();
            assert!(texts.iter().all(|t| !t.trim().is_empty()), "{name}");
            assert!(places.iter().all(|p| *p == places[0]), "{name}: {places:?}");
            assert!(texts.iter().all(|t| !t.contains('!')), "{name} shouts");
        }
    }

    #[test]
    fn values_are_put_in_order_and_not_looked_at_again() {
        assert_eq!(fill("{} de {}", &["21 {}", "nov"]), "21 {} de nov");
        assert_eq!(fill("nada", &["x"]), "nada");
    }
}
