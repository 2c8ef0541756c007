//! The words of the pages about webhooks.

use store::{Event, Language};

use super::super::phrases::phrases;

phrases! {
    webhooks: "Webhooks", "Webhooks", "Webhooks";
    lead: "Outro sistema fica sabendo na hora: a cada evento, uma mensagem JSON assinada (Standard Webhooks) vai ao endereço dele, de novo até ser recebida.", "Tells another system at once: each event is sent to its address as a signed JSON message (Standard Webhooks), again and again until it is received.", "Otro sistema se entera al instante: con cada evento, un mensaje JSON firmado (Standard Webhooks) va a su dirección, de nuevo hasta que se reciba.";
    none: "Nenhum webhook ainda. Informe ao lado o endereço do primeiro.", "No webhook yet. Enter the first one's address beside this.", "Ningún webhook todavía. Escriba al lado la dirección del primero.";
    add: "Criar webhook", "Make a webhook", "Crear webhook";
    address: "Endereço", "Address", "Dirección";
    address_hint: "Começa com https://. Recebe POST e responde 2xx em 15 segundos.", "Begins with https://. Takes POST and answers 2xx within 15 seconds.", "Empieza con https://. Recibe POST y responde 2xx en 15 segundos.";
    events: "Eventos", "Events", "Eventos";
    state: "Situação", "State", "Estado";
    works: "Ligado", "On", "Encendido";
    failing: "Falhando desde {}", "Failing since {}", "Falla desde {}";
    off: "Desligado", "Off", "Apagado";
    off_lead: "Nada é enviado. Um webhook que só falha por 5 dias é desligado; corrija o endereço e ligue de novo.", "Nothing is sent. A webhook that only fails for 5 days is switched off; correct the address and switch it on again.", "No se envía nada. Un webhook que solo falla durante 5 días se apaga; corrija la dirección y enciéndalo de nuevo.";
    keep_off: "Não enviar nada por enquanto", "Send nothing for now", "No enviar nada por ahora";
    save: "Salvar", "Save", "Guardar";
    saved: "Salvo.", "Saved.", "Guardado.";
    secret_title: "Segredo da assinatura", "Signing secret", "Secreto de la firma";
    secret_lead: "Copie agora: ele não aparece de novo. Quem recebe confere com ele a assinatura.", "Copy it now: it is not shown again. The receiver checks the signature with it.", "Cópielo ahora: no aparece de nuevo. Quien recibe verifica la firma con él.";
    rotate: "Trocar o segredo", "Change the secret", "Cambiar el secreto";
    rotate_hint: "Por 24 horas as mensagens levam as duas assinaturas, a nova e a antiga.", "For 24 hours messages carry both signatures, the new and the old one.", "Durante 24 horas los mensajes llevan las dos firmas, la nueva y la anterior.";
    rotate_ask: "Trocar o segredo deste webhook?", "Change this webhook's secret?", "¿Cambiar el secreto de este webhook?";
    test: "Testar", "Test", "Probar";
    test_hint: "Envia uma mensagem do tipo ping com o que está salvo e mostra a resposta.", "Sends a message of the type ping with what is saved and shows the answer.", "Envía un mensaje de tipo ping con lo guardado y muestra la respuesta.";
    test_ok: "Recebido, com status {}.", "Taken, with status {}.", "Recibido, con estado {}.";
    test_bad: "Não recebido: {}", "Not taken: {}", "No recibido: {}";
    remove: "Remover", "Remove", "Quitar";
    remove_ask: "Remover este webhook? O que ainda não foi enviado se perde.", "Remove this webhook? What is not yet sent is lost.", "¿Quitar este webhook? Lo que aún no se envió se pierde.";
    deliveries: "Mensagens", "Messages", "Mensajes";
    no_deliveries: "Nada enviado ainda. Use o teste para ver se o endereço responde.", "Nothing sent yet. Use the test to see whether the address answers.", "Nada enviado todavía. Use la prueba para ver si la dirección responde.";
    waits: "Na fila", "Queued", "En cola";
    sending: "Enviando", "Sending", "Enviando";
    taken: "Recebida", "Taken", "Recibido";
    given_up: "Desistiu", "Given up", "Se desistió";
    tries: "Tentativas", "Tries", "Intentos";
    again: "Enviar de novo", "Send again", "Enviar de nuevo";
    bad_address: "Escreva um endereço completo que comece com https://, sem usuário nem ?.", "Enter a whole address that begins with https://, without user or ?.", "Escriba una dirección completa que empiece con https://, sin usuario ni ?.";
    private_address: "Este endereço é da rede interna. Só quem cuida do servidor pode permitir isso.", "This address is within the own network. Only whoever looks after the server can allow that.", "Esta dirección es de la red interna. Solo quien cuida del servidor puede permitirlo.";
    no_event: "Marque pelo menos um evento.", "Tick at least one event.", "Marque al menos un evento.";
    too_many: "A empresa já tem 20 webhooks. Remova um antes.", "The company has 20 webhooks already. Remove one first.", "La empresa ya tiene 20 webhooks. Quite uno antes.";
    customer_waiting: "Cliente começou a aguardar", "A customer began to wait", "Un cliente empezó a esperar";
    customer_left: "Cliente que aguardava saiu", "A waiting customer left", "Un cliente que esperaba se fue";
    session_started: "Sessão permitida", "Session allowed", "Sesión permitida";
    session_ended: "Sessão encerrada", "Session over", "Sesión terminada";
    session_wrapped_up: "Sessão concluída pelo atendente", "Session wrapped up", "Sesión cerrada por el agente";
    request_missed: "Solicitação não atendida", "Request missed", "Solicitud no atendida";
    ticket_created: "Ticket aberto", "Ticket opened", "Ticket abierto";
    ticket_changed: "Ticket com ação ou mudança", "Ticket with an action or change", "Ticket con acción o cambio";
    app_changed: "Aplicativo criado ou alterado", "App made or changed", "Aplicación creada o cambiada";
    user_changed: "Usuário criado ou alterado", "User made or changed", "Usuario creado o cambiado";
}

/// What an event is.
pub(super) fn event(language: Language, event: Event) -> &'static str {
    let w = Words::of(language);
    match event {
        Event::CustomerWaiting => w.customer_waiting,
        Event::CustomerLeft => w.customer_left,
        Event::SessionStarted => w.session_started,
        Event::SessionEnded => w.session_ended,
        Event::SessionWrappedUp => w.session_wrapped_up,
        Event::RequestMissed => w.request_missed,
        Event::TicketCreated => w.ticket_created,
        Event::TicketChanged => w.ticket_changed,
        Event::AppChanged => w.app_changed,
        Event::UserChanged => w.user_changed,
    }
}
