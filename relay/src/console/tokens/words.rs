//! The words of the page about tokens.

use store::{Language, Scope};

use super::super::phrases::phrases;

phrases! {
    tokens: "Tokens de API", "API tokens", "Tokens de API";
    lead: "Com um token, outro sistema usa a API em seu nome, só para o que você marcar e nunca mais do que você pode. Senhas de clientes não passam pela API.", "With a token another system uses the API in your name, only for what you tick and never for more than you may do. Customers' passwords do not pass through the API.", "Con un token, otro sistema usa la API en su nombre, solo para lo que usted marque y nunca más de lo que usted puede. Las contraseñas de clientes no pasan por la API.";
    how: "Como usar a API", "How to use the API", "Cómo usar la API";
    how_lead: "Cada chamada leva um token no cabeçalho e faz só o que o dono dele pode. Usuários só são alterados aqui no console, que pede a senha de novo. As descrições estão em inglês, como no documento OpenAPI.", "Each call carries a token in its header and does only what the token's user may do. Users are changed here in the console only, which asks for the password again.", "Cada llamada lleva un token en la cabecera y hace solo lo que su dueño puede. Los usuarios se cambian solo aquí en la consola, que pide la contraseña de nuevo. Las descripciones están en inglés, como en el documento OpenAPI.";
    call: "Chamada", "Call", "Llamada";
    takes: "Recebe", "Takes", "Recibe";
    scope: "Permissão", "Scope", "Permiso";
    none: "Nenhum token ainda. Crie um para o primeiro sistema que for usar a API.", "No token yet. Make one for the first system that is to use the API.", "Ningún token todavía. Cree uno para el primer sistema que use la API.";
    make: "Criar token", "Make a token", "Crear token";
    name: "Nome", "Name", "Nombre";
    name_hint: "O sistema que vai usar, por exemplo: Painel da diretoria.", "The system that will use it, for example: Board dashboard.", "El sistema que lo usará, por ejemplo: Panel de dirección.";
    scopes: "O que pode fazer", "What it may do", "Qué puede hacer";
    good_for: "Vale por", "Valid for", "Vale por";
    days: "{} dias", "{} days", "{} días";
    own: "Sua senha", "Your password", "Su contraseña";
    own_hint: "Pedida de novo porque um token vale por muito tempo.", "Asked again because a token is good for a long time.", "Se pide de nuevo porque un token vale por mucho tiempo.";
    made: "Token {} criado", "Token {} made", "Token {} creado";
    made_lead: "Copie agora: ele não aparece de novo.", "Copy it now: it is not shown again.", "Cópielo ahora: no aparece de nuevo.";
    expires: "Vale até", "Valid until", "Vale hasta";
    used: "Último uso", "Last use", "Último uso";
    never_used: "nunca", "never", "nunca";
    over: "vencido", "expired", "vencido";
    revoke: "Revogar", "Revoke", "Revocar";
    revoke_ask: "Revogar o token {}? O sistema que o usa para na hora.", "Revoke the token {}? The system that uses it stops at once.", "¿Revocar el token {}? El sistema que lo usa se detiene al instante.";
    bad_name: "Escreva um nome de até 60 caracteres.", "Enter a name of up to 60 characters.", "Escriba un nombre de hasta 60 caracteres.";
    no_scope: "Marque pelo menos uma coisa.", "Tick at least one thing.", "Marque al menos una cosa.";
    bad_days: "Escolha um prazo de até 365 dias.", "Choose up to 365 days.", "Elija un plazo de hasta 365 días.";
    too_many: "Você já tem 50 tokens. Revogue um antes.", "You have 50 tokens already. Revoke one first.", "Usted ya tiene 50 tokens. Revoque uno antes.";
    sessions_read: "Ver sessões", "Read sessions", "Ver sesiones";
    sessions_end: "Encerrar sessões em andamento", "End sessions in progress", "Terminar sesiones en curso";
    waiting_read: "Ver quem aguarda, sem senhas", "Read who waits, without passwords", "Ver quién espera, sin contraseñas";
    indicators_read: "Ver indicadores, sem clientes", "Read indicators, without customers", "Ver indicadores, sin clientes";
    status_read: "Ver a disponibilidade dos atendentes", "Read whether attendants are available", "Ver la disponibilidad de los agentes";
    status_write: "Mudar a sua própria disponibilidade", "Set whether you are available", "Cambiar su propia disponibilidad";
    tickets_read: "Ver tickets e clientes", "Read tickets and customers", "Ver tickets y clientes";
    tickets_write: "Abrir e mudar tickets e clientes", "Open and change tickets and customers", "Abrir y cambiar tickets y clientes";
    apps_read: "Ver aplicativos", "Read apps", "Ver aplicaciones";
    apps_write: "Criar e mudar aplicativos", "Make and change apps", "Crear y cambiar aplicaciones";
    users_read: "Ver usuários", "Read users", "Ver usuarios";
    ticketing_read: "Ver sistemas de tickets e ações por enviar", "Read ticketing systems and unsent actions", "Ver sistemas de tickets y acciones por enviar";
    ticketing_retry: "Reenviar ações paradas", "Send held actions again", "Reenviar acciones detenidas";
    audit_read: "Ver a auditoria", "Read the audit log", "Ver la auditoría";
    webhooks_manage: "Ver e mudar webhooks", "Read and change webhooks", "Ver y cambiar webhooks";
}

/// What a scope lets a token do.
pub(super) fn scope(language: Language, scope: Scope) -> &'static str {
    let w = Words::of(language);
    match scope {
        Scope::SessionsRead => w.sessions_read,
        Scope::SessionsEnd => w.sessions_end,
        Scope::WaitingRead => w.waiting_read,
        Scope::IndicatorsRead => w.indicators_read,
        Scope::StatusRead => w.status_read,
        Scope::StatusWrite => w.status_write,
        Scope::TicketsRead => w.tickets_read,
        Scope::TicketsWrite => w.tickets_write,
        Scope::AppsRead => w.apps_read,
        Scope::AppsWrite => w.apps_write,
        Scope::UsersRead => w.users_read,
        Scope::TicketingRead => w.ticketing_read,
        Scope::TicketingRetry => w.ticketing_retry,
        Scope::AuditRead => w.audit_read,
        Scope::WebhooksManage => w.webhooks_manage,
    }
}
