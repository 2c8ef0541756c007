//! The words of an app's pages that no other page has.

use branding::codesign::Unsigned;

use super::super::phrases::phrases;
use crate::programs::Failure;

phrases! {
    // The picture.
    logo_alone: "A logo foi salva. O que mais você mudou ainda não foi: confira e aperte Salvar.", "The logo was saved. What else you changed was not yet: look it over and press Save.", "El logo se guardó. Lo demás que cambió todavía no: revíselo y pulse Guardar.";
    logo_unsent: "Salvo, mas a imagem escolhida não foi enviada. Escolha-a de novo e aperte Enviar imagem.", "Saved, but the picture that you chose was not sent. Choose it again and press Send picture.", "Guardado, pero la imagen elegida no se envió. Elíjala de nuevo y pulse Enviar imagen.";
    logo_hint: "PNG, JPEG ou SVG de até 4 MB, de preferência quadrado. Aparece também como ícone do programa.", "PNG, JPEG or SVG of up to 4 MB, square if possible. It is the program's icon too.", "PNG, JPEG o SVG de hasta 4 MB, mejor si es cuadrado. También es el icono del programa.";
    no_picture: "Este arquivo não é PNG, JPEG nem SVG.", "This file is neither PNG, JPEG nor SVG.", "Este archivo no es PNG, JPEG ni SVG.";
    no_picture_but: "Este arquivo é {}. Salve a imagem como PNG, JPEG ou SVG e envie de novo.", "This file is {}. Save the picture as PNG, JPEG or SVG and send it again.", "Este archivo es {}. Guarde la imagen como PNG, JPEG o SVG y envíela de nuevo.";
    unreadable: "Esta imagem não pode ser lida. O arquivo pode estar incompleto: abra-o no seu computador, salve de novo e envie.", "This picture cannot be read. The file may be incomplete: open it on your computer, save it again and send it.", "Esta imagen no se puede leer. El archivo puede estar incompleto: ábralo en su equipo, guárdelo de nuevo y envíelo.";
    too_many_bytes: "O arquivo tem {} MB. O limite é 4 MB.", "The file has {} MB. The limit is 4 MB.", "El archivo tiene {} MB. El límite es 4 MB.";
    too_detailed: "Esta imagem não cabe em uma logo. Envie uma mais simples.", "This picture does not fit into a logo. Send a simpler one.", "Esta imagen no cabe en un logo. Envíe una más simple.";
    bad_drawing: "Este desenho SVG não pode ser lido. Exporte-o de novo, ou salve-o como PNG.", "This SVG drawing cannot be read. Export it again, or save it as PNG.", "Este dibujo SVG no se puede leer. Expórtelo de nuevo, o guárdelo como PNG.";
    not_in_drawing: "Este desenho SVG tem {}, o que uma logo não pode ter. Exporte-o sem isso, ou salve-o como PNG.", "This SVG drawing has {}, which a logo may not have. Export it without that, or save it as PNG.", "Este dibujo SVG tiene {}, que un logo no puede tener. Expórtelo sin eso, o guárdelo como PNG.";
    with_element: "o elemento <{}>", "the element <{}>", "el elemento <{}>";
    with_script: "um script em “{}”", "a script in “{}”", "un script en “{}”";
    with_reference: "algo que vem de fora dele em “{}”", "something from outside of it in “{}”", "algo que viene de fuera en “{}”";
    with_style: "um estilo que busca algo fora dele", "a style that loads something", "un estilo que busca algo fuera";
    with_text: "letras que dependem de uma fonte (converta-as em curvas)", "letters that depend on a font (turn them into outlines)", "letras que dependen de una fuente (conviértalas en trazados)";
    with_document_type: "um tipo de documento (DOCTYPE)", "a document type (DOCTYPE)", "un tipo de documento (DOCTYPE)";
    with_elements: "mais de {} elementos", "more than {} elements", "más de {} elementos";

    // Archived.
    current_ones: "Em uso", "In use", "En uso";
    archived_ones: "Arquivados", "Archived", "Archivadas";
    archived_mark: "{} (arquivado)", "{} (archived)", "{} (archivada)";
    archived_at: "Arquivado: {}", "Archived: {}", "Archivada: {}";
    archived_by: "Arquivado: {}, por {}", "Archived: {}, by {}", "Archivada: {}, por {}";
    archived_lead: "Quem abre o programa ou a página de download lê que este serviço foi encerrado. O histórico continua.", "Whoever opens the program or the download page reads that this service has ended. The history stays.", "Quien abre el programa o la página de descarga lee que este servicio ha terminado. El historial se conserva.";
    no_archived: "Nenhum aplicativo arquivado.", "No archived app.", "Ninguna aplicación archivada.";
    archive: "Arquivar", "Archive", "Archivar";
    archive_title: "Arquivar este aplicativo", "Archive this app", "Archivar esta aplicación";
    archive_hint: "Os clientes leem que este serviço foi encerrado, e ninguém mais é atendido por aqui. As sessões em andamento continuam até o fim, o histórico fica, e o aplicativo pode voltar quando você quiser.", "Customers read that this service has ended, and nobody is helped here any more. Sessions in progress go on to their end, the history stays, and the app can be brought back whenever you like.", "Los clientes leen que este servicio ha terminado y ya no se atiende a nadie aquí. Las sesiones en curso siguen hasta su fin, el historial se conserva y la aplicación puede volver cuando quiera.";
    archive_ask: "Arquivar {}? Quem aguarda agora será avisado de que este serviço foi encerrado.", "Archive {}? Whoever waits now is told that this service has ended.", "¿Archivar {}? A quien espera ahora se le avisa de que este servicio ha terminado.";
    bring_back: "Trazer de volta", "Bring back", "Recuperar";
    delete_for_good: "Excluir de vez", "Delete for good", "Eliminar del todo";
    delete_ask: "Excluir {} de vez? Isto não pode ser desfeito.", "Delete {} for good? This cannot be undone.", "¿Eliminar {} del todo? Esto no se puede deshacer.";
    last_app: "{} é o único aplicativo em uso e por isso não pode ser arquivado. Crie outro antes.", "{} is the only app in use, so it cannot be archived. Make another one first.", "{} es la única aplicación en uso y por eso no se puede archivar. Cree otra antes.";
    not_archived: "{} está em uso. Arquive antes de excluir.", "{} is in use. Archive it before deleting it.", "{} está en uso. Archívela antes de eliminarla.";
    has_sessions: "{} tem sessões no histórico e por isso não pode ser excluído. Arquivado ele pode ficar.", "{} has sessions in the history, so it cannot be deleted. It can stay archived.", "{} tiene sesiones en el historial y por eso no se puede eliminar. Puede seguir archivada.";
    is_overflow: "{} está no transbordo de outro aplicativo. Tire de lá antes de excluir.", "{} is in another app's overflow. Take it out there before deleting it.", "{} está en el desbordamiento de otra aplicación. Quítela de ahí antes de eliminarla.";
    overflow_ended: "Transbordo para um aplicativo arquivado é pulado: {}.", "Overflow to an archived app is skipped: {}.", "Se omite el desbordamiento a una aplicación archivada: {}.";
    service_ended: "Este serviço foi encerrado", "This service has ended", "Este servicio ha terminado";
    service_ended_lead: "{} não atende mais por este endereço. Fale com a empresa para saber como receber ajuda agora.", "{} no longer helps under this address. Ask the company how to get help now.", "{} ya no atiende en esta dirección. Pregunte a la empresa cómo recibir ayuda ahora.";

    // Programs while they are made.
    make_now: "Fazer agora", "Make now", "Hacer ahora";
    try_again: "Tentar de novo", "Try again", "Intentar de nuevo";
    stop_making: "Cancelar o programa para {}", "Cancel the program for {}", "Cancelar el programa para {}";
    make_now_for: "Fazer agora: programa para {}", "Make now: program for {}", "Hacer ahora: programa para {}";
    try_again_for: "Tentar de novo: programa para {}", "Try again: program for {}", "Intentar de nuevo: programa para {}";
    stopping: "Cancelando…", "Cancelling…", "Cancelando…";
    progress_for: "Andamento do programa para {}", "Progress of the program for {}", "Avance del programa para {}";
    stage: "Etapa {} de {}: {}", "Step {} of {}: {}", "Paso {} de {}: {}";
    stage_seat: "esperando a vez", "waiting its turn", "esperando su turno";
    stage_template: "lendo o modelo", "reading the template", "leyendo la plantilla";
    stage_branding: "aplicando a marca", "applying the brand", "aplicando la marca";
    stage_signing: "assinando", "signing", "firmando";
    stage_checking: "conferindo", "checking", "comprobando";
    stage_writing: "gravando", "saving", "guardando";

    // Their code signature.
    signed_by: "Assinado por {}", "Code-signed by {}", "Firmado por {}";
    not_signed: "Sem assinatura de código: o Windows mostra aos clientes “O Windows protegeu o computador” (SmartScreen), com fornecedor desconhecido, até que escolham “Mais informações” e “Executar assim mesmo”; quem cuida do servidor define o certificado com --sign-pkcs12, --sign-pkcs11-module ou --sign-command.", "Not code-signed: Windows shows customers “Windows protected your PC” (SmartScreen), with an unknown publisher, until they choose “More info” and “Run anyway”; whoever runs the server sets the certificate with --sign-pkcs12, --sign-pkcs11-module or --sign-command.", "Sin firma de código: Windows muestra a los clientes «Windows protegió su PC» (SmartScreen), con editor desconocido, hasta que elijan «Más información» y «Ejecutar de todas formas»; quien cuida del servidor define el certificado con --sign-pkcs12, --sign-pkcs11-module o --sign-command.";
    one_from_before: "Enquanto isso, os clientes recebem o programa anterior.", "Until then customers get the program from before.", "Mientras tanto, los clientes reciben el programa anterior.";
    signer_missing: "O programa não foi assinado: o servidor não conseguiu iniciar a ferramenta que assina. Peça a quem cuida do servidor que a instale e tente de novo.", "The program was not signed: the server could not start the tool that signs. Ask whoever runs the server to install it, then try again.", "El programa no se firmó: el servidor no pudo iniciar la herramienta que firma. Pida a quien cuida del servidor que la instale e inténtelo de nuevo.";
    signer_unreadable: "O programa não foi assinado: o servidor não consegue ler o certificado, a chave ou a senha da assinatura. Peça a quem cuida do servidor que confira os arquivos e tente de novo.", "The program was not signed: the server cannot read the certificate, the key or the password it signs with. Ask whoever runs the server to check these files, then try again.", "El programa no se firmó: el servidor no puede leer el certificado, la clave o la contraseña de la firma. Pida a quien cuida del servidor que revise los archivos e inténtelo de nuevo.";
    signer_refused: "O programa não foi assinado: a ferramenta que assina recusou, por exemplo pela senha, pela chave ou pelo serviço de carimbo de tempo. Peça a quem cuida do servidor que veja o motivo no registro dele e tente de novo.", "The program was not signed: the tool that signs said no, because of the password, the key or the time-stamp service, for example. Ask whoever runs the server to read the reason in its log, then try again.", "El programa no se firmó: la herramienta que firma se negó, por ejemplo por la contraseña, la clave o el servicio de sello de tiempo. Pida a quien cuida del servidor que vea el motivo en su registro e inténtelo de nuevo.";
    signer_hung: "O programa não foi assinado: a ferramenta que assina não terminou a tempo e foi encerrada. Peça a quem cuida do servidor que confira o token ou o serviço de assinatura e tente de novo.", "The program was not signed: the tool that signs did not finish in time and was ended. Ask whoever runs the server to check the token or the signing service, then try again.", "El programa no se firmó: la herramienta que firma no terminó a tiempo y se detuvo. Pida a quien cuida del servidor que revise el token o el servicio de firma e inténtelo de nuevo.";
    signer_not_true: "O programa não foi assinado: o que a ferramenta que assina devolveu não é este programa com uma assinatura válida, e foi descartado. Avise quem cuida do servidor.", "The program was not signed: what the tool that signs gave back is not this program with a signature that holds, and was thrown away. Tell whoever runs the server.", "El programa no se firmó: lo que devolvió la herramienta que firma no es este programa con una firma válida, y se descartó. Avise a quien cuida del servidor.";
    signer_certificate: "O programa não foi assinado: o certificado de assinatura venceu, ainda não vale, ou não serve para assinar programas. Peça a quem cuida do servidor um certificado válido e tente de novo.", "The program was not signed: the certificate has expired, is not good yet, or is not for signing programs. Ask whoever runs the server for one that is, then try again.", "El programa no se firmó: el certificado de firma venció, aún no vale, o no sirve para firmar programas. Pida a quien cuida del servidor uno válido e inténtelo de nuevo.";

    // Where they are downloaded.
    linux_runs: "No Linux, permita antes que o arquivo seja executado: botão direito, Propriedades, Permissões.", "On Linux, allow the file to be run first: right-click, Properties, Permissions.", "En Linux, permita antes que el archivo se ejecute: clic derecho, Propiedades, Permisos.";

    // Why there is none.
    no_template: "Não há modelo deste sistema no servidor. Peça a quem cuida do servidor que o coloque na pasta de modelos e tente de novo.", "There is no template for this system on the server. Ask whoever runs the server to put it into the templates folder, then try again.", "No hay plantilla de este sistema en el servidor. Pida a quien cuida del servidor que la ponga en la carpeta de plantillas e inténtelo de nuevo.";
    other_template: "O modelo no servidor não é o que está na lista dele. Peça a quem cuida do servidor que coloque o modelo e a lista da mesma versão e tente de novo.", "The template on the server is not the one on its list. Ask whoever runs the server to put template and list of the same version there, then try again.", "La plantilla del servidor no es la de su lista. Pida a quien cuida del servidor que ponga la plantilla y la lista de la misma versión e inténtelo de nuevo.";
    bad_template: "O modelo no servidor não aceita a marca do aplicativo. Peça a quem cuida do servidor o modelo original desta versão e tente de novo.", "The template on the server does not take the app's brand. Ask whoever runs the server for the original template of this version, then try again.", "La plantilla del servidor no acepta la marca de la aplicación. Pida a quien cuida del servidor la plantilla original de esta versión e inténtelo de nuevo.";
    cannot_write: "O servidor não conseguiu gravar o programa. Peça a quem cuida do servidor que libere espaço em disco e confira as permissões da pasta de dados, e tente de novo.", "The server could not save the program. Ask whoever runs the server to free disk space and to check who may write to the data folder, then try again.", "El servidor no pudo guardar el programa. Pida a quien cuida del servidor que libere espacio en disco y revise los permisos de la carpeta de datos, e inténtelo de nuevo.";
    no_read_back: "O programa feito não passou na conferência e foi descartado. Tente de novo; se acontecer outra vez, avise quem cuida do servidor.", "The finished program did not pass its check and was thrown away. Try again; if it happens once more, tell whoever runs the server.", "El programa hecho no pasó la comprobación y se descartó. Inténtelo de nuevo; si vuelve a ocurrir, avise a quien cuida del servidor.";
    was_cancelled: "Cancelado antes de ficar pronto. Tente de novo quando quiser.", "Cancelled before it was ready. Try again whenever you like.", "Cancelado antes de estar listo. Inténtelo de nuevo cuando quiera.";
    not_made: "O programa não foi feito. Tente de novo; se acontecer outra vez, avise quem cuida do servidor: o motivo está no registro dele.", "The program was not made. Try again; if it happens once more, tell whoever runs the server: the reason is in its log.", "El programa no se hizo. Inténtelo de nuevo; si vuelve a ocurrir, avise a quien cuida del servidor: el motivo está en su registro.";
}

/// Why there is no program, and what to do about it.
pub(in crate::console) fn reason(language: store::Language, why: Failure) -> &'static str {
    let w = Words::of(language);
    match why {
        Failure::NoTemplate => w.no_template,
        Failure::OtherTemplate => w.other_template,
        Failure::BadTemplate => w.bad_template,
        Failure::Disk => w.cannot_write,
        Failure::ReadBack => w.no_read_back,
        Failure::Unsigned(why) => match why {
            Unsigned::NotStarted => w.signer_missing,
            Unsigned::Unreadable => w.signer_unreadable,
            Unsigned::Refused => w.signer_refused,
            Unsigned::Hung => w.signer_hung,
            Unsigned::NotTrue => w.signer_not_true,
            Unsigned::Certificate => w.signer_certificate,
            Unsigned::Stopped => w.was_cancelled,
        },
        Failure::Cancelled => w.was_cancelled,
        Failure::Other => w.not_made,
    }
}
