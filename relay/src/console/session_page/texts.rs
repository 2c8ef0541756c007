//! What a session's page says, in each language. Written for somebody who was there and is no technician.

use super::super::words::words;

words! { Words {
    timeline: "Linha do tempo", "Timeline", "Línea de tiempo";
    until_allowed: "Até permitir", "Until allowed", "Hasta permitir";
    dialled: "{} pediu acesso ao computador de {}", "{} asked for access to {}'s computer", "{} pidió acceso al equipo de {}";
    consent: "A senha conferiu e {} permitiu: {}", "The password was right and {} allowed: {}", "La contraseña coincidió y {} permitió: {}";
    changed: "{} mudou o que permite: {}", "{} changed what is allowed: {}", "{} cambió lo que permite: {}";
    rights_on: "O mouse e o teclado de {} passaram a ter direitos de administrador", "From here on {}'s mouse and keyboard had administrator's rights", "El ratón y el teclado de {} pasaron a tener derechos de administrador";
    rights_off: "O mouse e o teclado de {} deixaram de ter direitos de administrador", "From here on {}'s mouse and keyboard had no administrator's rights", "El ratón y el teclado de {} dejaron de tener derechos de administrador";
    refused: "A senha conferiu, mas {} não permitiu", "The password was right, but {} did not allow it", "La contraseña coincidió, pero {} no lo permitió";
    no_answer: "A senha conferiu, mas ninguém respondeu à pergunta", "The password was right, but nobody answered the question", "La contraseña coincidió, pero nadie respondió la pregunta";
    wrong_password: "A senha informada não era a do cliente. Nada foi mostrado", "The password that was given was not the customer's. Nothing was shown", "La contraseña indicada no era la del cliente. No se mostró nada";
    customer_away: "A conexão do cliente caiu", "The customer's connection was lost", "Se cayó la conexión del cliente";
    attendant_away: "A conexão do atendente caiu", "The attendant's connection was lost", "Se cayó la conexión del agente";
    back: "A conexão voltou e a sessão continuou", "The connection came back and the session went on", "La conexión volvió y la sesión continuó";
    end_ordered: "{} mandou encerrar a sessão pelo console", "{} ordered the session's end in the console", "{} mandó terminar la sesión desde la consola";
    missed: "{} pediu ajuda. {}", "{} asked for help. {}", "{} pidió ayuda. {}";
    alarm: "{} deu um alerta sobre esta sessão", "{} raised an alarm about this session", "{} dio una alerta sobre esta sesión";
    wrapped_up: "{} concluiu: {}", "{} wrapped it up: {}", "{} lo cerró: {}";
    wrapped_up_plain: "{} concluiu sem categoria", "{} wrapped it up without a category", "{} lo cerró sin categoría";
    ended_by_customer: "{} encerrou. A senha foi trocada", "{} ended it. The password was renewed", "{} la terminó. La contraseña se cambió";
    ended_by_attendant: "{} encerrou. A senha foi trocada", "{} ended it. The password was renewed", "{} la terminó. La contraseña se cambió";
    ended_by_order: "A sessão terminou. A senha foi trocada", "The session was over. The password was renewed", "La sesión terminó. La contraseña se cambió";
    signed_customer: "O programa do cliente assinou o registro", "The customer's program signed the record", "El programa del cliente firmó el registro";
    signed_attendant: "O programa do atendente assinou o registro", "The attendant's program signed the record", "El programa del agente firmó el registro";
    disputed: "Contestado: {}", "Disputed: {}", "Disputado: {}";

    facts: "Dados da sessão", "Facts", "Datos de la sesión";
    start_and_end: "Início e fim", "Start and end", "Inicio y fin";
    waited: "Esperou", "Waited", "Esperó";
    wrote: "O que o cliente escreveu ao sair", "What the customer left", "Lo que dejó escrito el cliente";
    wrote_nothing: "Nada.", "Nothing.", "Nada.";
    nothing_allowed: "Nada", "Nothing", "Nada";
    wrap_up: "Conclusão", "Wrap-up", "Cierre";
    no_wrap_up: "Nada foi registrado.", "Nothing was recorded.", "No se registró nada.";
    receipt: "Recibo", "Receipt", "Recibo";
    receipt_title: "Recibo da sessão remota", "Receipt of the remote session", "Recibo de la sesión remota";
    print: "Imprimir", "Print", "Imprimir";
    receipt_of: "Emitido em {} por {}", "Issued {} by {}", "Emitido el {} por {}";
    mark: "Lugar no registro", "Place in the log", "Lugar en el registro";
    mark_why: "Quem guarda este número pode conferir mais tarde se o registro da empresa ainda é o mesmo: amparo-relay audit verify --head {}", "Whoever keeps this number can check later whether the company's log is still the same: amparo-relay audit verify --head {}", "Quien guarde este número puede comprobar más tarde si el registro de la empresa sigue siendo el mismo: amparo-relay audit verify --head {}";
    to_session: "Ver a sessão", "See the session", "Ver la sesión";

    verified: "Registro conferido", "The record is verified", "Registro verificado";
    verified_lead: "Os programas do cliente e do atendente assinaram o que aconteceu, cada um com a própria chave, e as duas assinaturas conferem com esta página.", "The customer's and the attendant's program signed what happened, each with its own key, and both signatures fit this page.", "Los programas del cliente y del agente firmaron lo que pasó, cada uno con su propia clave, y las dos firmas coinciden con esta página.";
    one_end: "Assinado por um lado só", "Signed by one side only", "Firmado por un solo lado";
    one_end_lead: "Um dos programas assinou o que aconteceu e confere. O outro não chegou a assinar: foi fechado ou ficou sem rede antes do fim.", "One of the programs signed what happened, and it fits. The other did not come to sign: it was closed or had no network before the end.", "Uno de los programas firmó lo que pasó y coincide. El otro no llegó a firmar: se cerró o quedó sin red antes del final.";
    unsigned: "Sem assinaturas", "Not signed", "Sin firmas";
    unsigned_lead: "Nenhum dos programas assinou esta sessão. O que se lê aqui é o que o servidor anotou na hora.", "Neither program signed this session. What you read here is what the server noted at the time.", "Ninguno de los programas firmó esta sesión. Lo que se lee aquí es lo que el servidor anotó en el momento.";
    in_dispute: "Os dois lados não contam o mesmo", "The two sides do not tell the same", "Los dos lados no cuentan lo mismo";
    in_dispute_lead: "Uma assinatura não confere com o que foi anotado. Guarde o recibo de quem participou e fale com as duas pessoas antes de confiar nesta página.", "A signature does not fit what was noted. Keep the receipts of those who took part and talk to both people before you trust this page.", "Una firma no coincide con lo que se anotó. Guarde el recibo de quienes participaron y hable con las dos personas antes de confiar en esta página.";
    altered: "O registro foi alterado", "The record was altered", "El registro fue alterado";
    altered_lead: "Alguém mudou, no servidor, o que tinha sido escrito sobre esta sessão. Não confie nesta página; guarde uma cópia da pasta de dados e chame quem cuida do servidor.", "Somebody changed, on the server, what had been written about this session. Do not trust this page; keep a copy of the data folder and call whoever looks after the server.", "Alguien cambió, en el servidor, lo que se había escrito sobre esta sesión. No confíe en esta página; guarde una copia de la carpeta de datos y llame a quien cuida del servidor.";
    running: "Conferido depois do fim", "Checked after the end", "Se comprueba después del final";
    running_lead: "Quando a sessão terminar, os dois programas assinam o que aconteceu e o resultado aparece aqui.", "When the session is over, both programs sign what happened, and the result appears here.", "Cuando la sesión termine, los dos programas firman lo que pasó y el resultado aparece aquí.";
    not_allowed: "Nada a assinar", "Nothing to sign", "Nada que firmar";
    not_allowed_lead: "O acesso não foi permitido: nada foi mostrado, e os programas não assinam o que não começou. O pedido está no registro.", "Access was not allowed: nothing was shown, and programs do not sign what never began. The request is in the log.", "El acceso no se permitió: no se mostró nada, y los programas no firman lo que no empezó. La solicitud está en el registro.";
    nobody_took: "Ninguém atendeu", "Nobody took it", "Nadie atendió";
    nobody_took_lead: "Esta solicitação não virou sessão: nada foi mostrado e não há o que assinar. Ela está no ticket e no registro.", "This request became no session: nothing was shown, and there is nothing to sign. It is on the ticket and in the log.", "Esta solicitud no llegó a ser una sesión: no se mostró nada y no hay nada que firmar. Está en el ticket y en el registro.";

    lines_fit: "Linhas desta sessão no registro: {}. Cada uma confere com a anterior", "Lines of this session in the log: {}. Each fits the one before it", "Líneas de esta sesión en el registro: {}. Cada una coincide con la anterior";
    lines_altered: "A linha {} do registro não é a que foi escrita", "Line {} of the log is not the one that was written", "La línea {} del registro no es la que se escribió";
    lines_gone: "Falta no registro a linha {}, anotada no fim da sessão", "Line {} of the log, noted at the session's end, is missing", "Falta en el registro la línea {}, anotada al final de la sesión";
    facts_fit: "Esta página mostra o mesmo que o registro", "This page shows the same as the log", "Esta página muestra lo mismo que el registro";
    facts_differ: "Esta página não mostra o que o registro diz", "This page does not show what the log says", "Esta página no muestra lo que dice el registro";
    customer_signed: "Assinatura do cliente: confere", "The customer's signature: valid", "Firma del cliente: coincide";
    attendant_signed: "Assinatura do atendente: confere", "The attendant's signature: valid", "Firma del agente: coincide";
    customer_missing: "Assinatura do cliente: não há", "The customer's signature: there is none", "Firma del cliente: no hay";
    attendant_missing: "Assinatura do atendente: não há", "The attendant's signature: there is none", "Firma del agente: no hay";
    customer_disputed: "Assinatura do cliente: não confere", "The customer's signature: not valid", "Firma del cliente: no coincide";
    attendant_disputed: "Assinatura do atendente: não confere", "The attendant's signature: not valid", "Firma del agente: no coincide";
    same_connection: "Os dois assinaram a mesma conexão", "Both signed the same connection", "Los dos firmaron la misma conexión";
    other_connection: "Cada lado assinou uma conexão diferente: pode ter havido alguém no meio", "Each side signed a different connection: somebody may have been in between", "Cada lado firmó una conexión distinta: pudo haber alguien en medio";

    why_no_start: "o cliente não contou que começou", "the customer has told of no start", "el cliente no contó que empezó";
    why_reason: "um lado dá outro motivo para o fim", "one side gives another reason for the end", "un lado da otro motivo para el final";
    why_granted: "um lado diz que menos foi permitido", "one side says that less was allowed", "un lado dice que se permitió menos";
    why_start: "um lado diz que começou em outra hora", "one side says that it began at another time", "un lado dice que empezó a otra hora";
    why_end: "um lado diz que terminou em outra hora", "one side says that it ended at another time", "un lado dice que terminó a otra hora";
    why_connections: "cada lado assinou uma conexão diferente", "each side signed a different connection", "cada lado firmó una conexión distinta";
    why_signature: "a assinatura não é da chave desta sessão", "the signature is not by this session's key", "la firma no es de la clave de esta sesión";
    why_certificate: "o certificado do atendente não vale para esta sessão", "the attendant's certificate is not good for this session", "el certificado del agente no vale para esta sesión";

    check_log: "Conferir o registro inteiro", "Check the whole log", "Comprobar el registro entero";
    log_is_whole: "O registro inteiro da empresa confere: {} linhas, da primeira à última", "The company's whole log is intact: {} lines, from the first to the last", "El registro entero de la empresa coincide: {} líneas, de la primera a la última";
    log_is_broken: "O registro da empresa foi alterado na linha {}", "The company's log was altered at line {}", "El registro de la empresa fue alterado en la línea {}";
    log_before: "O fim desta sessão está antes: o que se lê aqui continua conferido", "This session's end comes before it: what you read here is still verified", "El final de esta sesión está antes: lo que se lee aquí sigue verificado";
    checked_at: "Conferido às {}", "Checked at {}", "Comprobado a las {}";
} }
